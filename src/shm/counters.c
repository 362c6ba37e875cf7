/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/counters.h"

#include <stdatomic.h>

#define ANSWERS "Answers of routes that are cached, by where they came from"
#define EVENTS  "What happened in the cache besides"
#define MISSES  "What a tier was asked for and had not, or not as it is now"
#define REFUSED "Requests refused by a rate limit, by its class"
#define REPORTS "Reports of what the Content-Security-Policy kept away, by the way they were sent"

const struct counter_info counter_infos[COUNTER_COUNT] = {
    [COUNTER_CACHE_NEAR] = {"cache_answers", "from", "near", ANSWERS, "near: shared memory in front of a tier"},
    [COUNTER_CACHE_HIT_REDIS] = {"cache_answers", "from", "redis", ANSWERS, "hit in Redis"},
    [COUNTER_CACHE_HIT_MEMCACHED] = {"cache_answers", "from", "memcached", ANSWERS, "hit in memcached"},
    [COUNTER_CACHE_HIT_LRU] = {"cache_answers", "from", "lru", ANSWERS, "hit in shared memory, the only tier up"},
    [COUNTER_CACHE_RECENT] = {"cache_answers", "from", "recent", ANSWERS, "a moment old, within CACHE_MAX_STALE_MS"},
    [COUNTER_CACHE_STALE] = {"cache_answers", "from", "stale", ANSWERS, "stale: the database was away"},
    [COUNTER_CACHE_MISS] = {"cache_answers", "from", "miss", ANSWERS, "miss: the database was asked"},
    [COUNTER_CACHE_WAITED] = {"cache_events", "event", "waited", EVENTS, "waited for another that asked the same"},
    [COUNTER_CACHE_EARLY] = {"cache_events", "event", "early", EVENTS, "made anew before its end"},
    [COUNTER_CACHE_BAD] = {"cache_events", "event", "bad", EVENTS, "a tier gave back something else than was put in"},
    [COUNTER_TIER_MISS_REDIS] = {"cache_misses", "tier", "redis", MISSES, "not in Redis"},
    [COUNTER_TIER_MISS_MEMCACHED] = {"cache_misses", "tier", "memcached", MISSES, "not in memcached"},
    [COUNTER_TIER_MISS_LRU] = {"cache_misses", "tier", "lru", MISSES, "not in shared memory"},
    [COUNTER_LIMITED_ADDRESS] = {"limited", "class", "address", REFUSED, "refused: address"},
    [COUNTER_LIMITED_READ] = {"limited", "class", "read", REFUSED, "refused: read"},
    [COUNTER_LIMITED_WRITE] = {"limited", "class", "write", REFUSED, "refused: write"},
    [COUNTER_LIMITED_LOGIN] = {"limited", "class", "login", REFUSED, "refused: login"},
    [COUNTER_LIMITED_ACCOUNT] = {"limited", "class", "account", REFUSED, "refused: account"},
    [COUNTER_LIMITED_EXPORT] = {"limited", "class", "export", REFUSED, "refused: export"},
    [COUNTER_LIMITED_REPORT] = {"limited", "class", "report", REFUSED, "refused: report"},
    [COUNTER_CSP_REPORT_URI] = {"csp_reports", "by", "report-uri", REPORTS, "browsers' reports by report-uri"},
    [COUNTER_CSP_REPORT_TO] = {"csp_reports", "by", "report-to", REPORTS, "browsers' reports by report-to"},
};

/* Atomics, no lock. */
struct counters {
    _Atomic int64_t values[COUNTER_COUNT];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct counters);
}

const struct shm_region counters_region = {"counters", 2, region_size, NULL};

struct counters *counters_open(const struct shm *shm)
{
    return shm_region(shm, &counters_region);
}

void counter_add(struct counters *c, enum counter which)
{
    (void)atomic_fetch_add_explicit(&c->values[which], 1, memory_order_relaxed);
}

int64_t counter_get(const struct counters *c, enum counter which)
{
    return atomic_load_explicit(&c->values[which], memory_order_relaxed);
}
