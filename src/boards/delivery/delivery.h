/* SPDX-License-Identifier: Apache-2.0
 *
 * The delivery board: projects with their features and backlog, the people who work on them, and the dashboard over them.
 */
#ifndef STEVEDORES_BOARDS_DELIVERY_DELIVERY_H
#define STEVEDORES_BOARDS_DELIVERY_DELIVERY_H

#include "engine/resource.h"

extern const struct resource delivery_projects;
extern const struct resource delivery_features;    /* under /api/projects/{id} too */
extern const struct resource delivery_backlog;     /* under /api/projects/{id} too */
extern const struct resource delivery_resources;
extern const struct resource delivery_allocations; /* under /api/projects/{id} too */

/* The same rows under another parent. */
extern const struct resource delivery_feature_backlog;      /* /api/features/{id}/backlog */
extern const struct resource delivery_resource_allocations; /* /api/resources/{id}/allocations */

/* The values that columns of this board can have; NULL-terminated. The schema says the same. */
extern const char *const delivery_project_statuses[];
extern const char *const delivery_feature_statuses[];
extern const char *const delivery_backlog_statuses[];
extern const char *const delivery_backlog_kinds[];
extern const char *const delivery_priorities[];
extern const char *const delivery_availabilities[];

handler_fn delivery_dashboard; /* GET /api/delivery/dashboard */
extern const struct resource delivery_dashboard_row; /* what it answers with: declared, not listed */

#endif
