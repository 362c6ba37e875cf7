/* SPDX-License-Identifier: Apache-2.0
 *
 * The local tier: a table of values in shared memory, bounded in bytes, least recently used out first.
 *
 * It is cut into shards by key, each with a lock of its own. A shard is an array of equal chunks; a value is a chain of
 * them, so there is nothing to fragment, and room is made by freeing chains from the cold end. All steps are O(1), apart
 * from copying the value. A shard whose owner died in the middle of a change is emptied, never served.
 */
#ifndef STEVEDORES_CACHE_LRU_H
#define STEVEDORES_CACHE_LRU_H

#include "cache/tier.h"
#include "shm/shm.h"

extern const struct shm_region lru_region;

/* The tier over the segment's region; end with tier->free(). */
struct tier *lru_open(const struct shm *shm);

struct lru_status {
    int64_t bytes;   /* of memory for values */
    int64_t used;    /* taken by values, chunks counted whole */
    int64_t entries;
    int64_t evicted; /* to make room, since the segment was made */
    int64_t emptied; /* shards, after their owner died */
};

/* False when a shard could not be had now, and *out is without it. */
bool lru_status(const struct tier *lru, struct lru_status *out);

/* Throws everything out. */
void lru_clear(struct tier *lru);

#endif
