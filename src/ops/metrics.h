/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of the whole pool, whichever responder answers, out of shared memory. app_…, db_… and cache_hit_ratio are called as
 * they are in other applications too; the names of all others begin with stevedores_.
 */
#ifndef STEVEDORES_OPS_METRICS_H
#define STEVEDORES_OPS_METRICS_H

#include "engine/exchange.h"

/* Adds all but the times by route, which are app/route_metrics.h's. What isn't known now is left out: while the agent is
 * away, what it measures; a counter whose lock can't be had. */
void metrics_add(struct exchange *x, struct buf *b);

#endif
