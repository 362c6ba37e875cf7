/* SPDX-License-Identifier: Apache-2.0
 *
 * A place that keeps values for a while: Redis, memcached, or the memory that this host's processes share. What a tier
 * gives back need not be what was put in; cache/entry.h finds that out.
 */
#ifndef STEVEDORES_CACHE_TIER_H
#define STEVEDORES_CACHE_TIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "cache/breaker.h"

/* A key is a hash, so it fits everywhere and says nothing to whoever reads it. Text where a tier wants text. */
struct cache_key {
    unsigned char hash[16];
};

#define TIER_KEY_TEXT_SIZE (3 + 32 + 1) /* "sd:" and hex */

void tier_key_text(const struct cache_key *key, char out[TIER_KEY_TEXT_SIZE]);

enum tier_result {
    TIER_OK,
    TIER_MISS,   /* it is not there; or, for a set, not wanted (too large) */
    TIER_FAILED, /* nobody answered, in time; the breaker has been told */
};

struct tier {
    const char *name;
    struct breaker breaker; /* slot is NULL where there is none: memory doesn't fail */

    /* The value, on `arena`. */
    enum tier_result (*get)(struct tier *t, const struct cache_key *key, struct arena *arena, struct str *value);
    enum tier_result (*set)(struct tier *t, const struct cache_key *key, struct str value, int64_t ttl_ms);
    enum tier_result (*remove)(struct tier *t, const struct cache_key *key);
    void (*free)(struct tier *t); /* connections and memory */
};

#endif
