/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/regions.h"

#include "app/recycle.h"
#include "app/route_metrics.h"
#include "cache/breaker.h"
#include "cache/flight.h"
#include "cache/lru.h"
#include "cache/versions.h"
#include "guard/gate.h"
#include "guard/limit.h"
#include "ops/samples.h"
#include "ops/verdict.h"
#include "shm/counters.h"
#include "shm/pool.h"
#include "shm/timings.h"

const struct shm_region *const regions[] = {
    &breaker_region, &counters_region, &flight_region,  &gate_region,    &limit_region, &pool_region,
    &recycle_region, &route_metrics_region, &samples_region, &timings_region, &verdict_region, &versions_region, &lru_region,
    NULL,
};
