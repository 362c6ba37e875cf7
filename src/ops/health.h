/* SPDX-License-Identifier: Apache-2.0
 *
 * Health, for whoever restarts or routes around a host. Anybody may ask, and is told how each part is; an admin is also told
 * why.
 */
#ifndef STEVEDORES_OPS_HEALTH_H
#define STEVEDORES_OPS_HEALTH_H

#include "engine/resource.h"

/* What the four answer, in this order. */
extern const struct resource health_report;
extern const struct resource health_glance;
extern const struct resource health_alive;
extern const struct resource health_readiness;

handler_fn health_all;   /* GET /health: looks at each part; 503 only when requests can't be served */
handler_fn health_quick; /* GET /health/quick: as the agent last found them; asks nobody */
handler_fn health_live;  /* GET /health/live: asks nobody, and shares nothing */
handler_fn health_ready; /* GET /health/ready: 503 while the database is away or its schema too old */

#endif
