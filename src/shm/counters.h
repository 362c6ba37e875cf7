/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of the whole pool: whichever process counts, all see the sum. They begin at 0 with the segment.
 */
#ifndef STEVEDORES_SHM_COUNTERS_H
#define STEVEDORES_SHM_COUNTERS_H

#include <stdint.h>

#include "shm/shm.h"

enum counter {
    COUNTER_CACHE_NEAR,
    COUNTER_CACHE_HIT_REDIS,
    COUNTER_CACHE_HIT_MEMCACHED,
    COUNTER_CACHE_HIT_LRU,
    COUNTER_CACHE_RECENT,
    COUNTER_CACHE_STALE,
    COUNTER_CACHE_MISS,
    COUNTER_CACHE_WAITED,
    COUNTER_CACHE_EARLY,
    COUNTER_CACHE_BAD,
    COUNTER_TIER_MISS_REDIS,
    COUNTER_TIER_MISS_MEMCACHED,
    COUNTER_TIER_MISS_LRU,
    COUNTER_LIMITED_ADDRESS,
    COUNTER_LIMITED_READ,
    COUNTER_LIMITED_WRITE,
    COUNTER_LIMITED_LOGIN,
    COUNTER_LIMITED_ACCOUNT,
    COUNTER_LIMITED_EXPORT,
    COUNTER_LIMITED_REPORT,
    COUNTER_CSP_REPORT_URI,
    COUNTER_CSP_REPORT_TO,
    COUNTER_COUNT
};

/* What each is called: family, label and what it means. Those of a family stand together. */
struct counter_info {
    const char *family; /* "cache_answers" */
    const char *label;  /* "kind" */
    const char *value;  /* "near" */
    const char *help;   /* of the family */
    const char *what;   /* this one, for people */
};

extern const struct shm_region counters_region;
extern const struct counter_info counter_infos[COUNTER_COUNT];

struct counters;

struct counters *counters_open(const struct shm *shm);
void counter_add(struct counters *c, enum counter which);
int64_t counter_get(const struct counters *c, enum counter which);

#endif
