/* SPDX-License-Identifier: Apache-2.0
 *
 * How long each route took, by the class of its answers' statuses, for the whole pool; and the page for Prometheus, which ends
 * with it.
 *
 * In shared memory a route has the first place that its method and pattern found free. So a program with another table of routes,
 * as an upgrade brings one, goes on counting in the same segment, beside responders that still have the old one.
 */
#ifndef STEVEDORES_APP_ROUTE_METRICS_H
#define STEVEDORES_APP_ROUTE_METRICS_H

#include "app/route.h"
#include "shm/timings.h"

extern const struct shm_region route_metrics_region;

/* The region, and which place in it each of routes[] has. */
struct route_metrics {
    struct route_places *places;
    size_t place[ROUTES_MAX];
};

/* *m is good for as long as the segment is. */
void route_metrics_init(struct route_metrics *m, const struct shm *shm);

/* `r`: one of routes[]; NULL: no route was found. */
void route_metrics_count(const struct route_metrics *m, const struct route *r, int status, int64_t us);

/* Adds what was counted so far to *h. */
void route_metrics_read(const struct route_metrics *m, const struct route *r, enum status_class status, struct histogram *h);

handler_fn route_metrics_get; /* GET /metrics */

#endif
