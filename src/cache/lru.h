/* SPDX-License-Identifier: Apache-2.0
 *
 * The local tier: a table of values in shared memory, bounded in bytes, least recently used out first.
 *
 * It is cut into shards by key, each with a lock of its own. A shard is an array of equal chunks; a value is a chain of
 * them, so there is nothing to fragment, and room is made by freeing chains from the cold end. All steps are O(1), apart
 * from copying the value. A shard whose owner died in the middle of a change is emptied, never served.
 *
 * Its room can be made smaller and larger again while everybody uses it: chunks behind a shard's limit are not used, and their
 * memory is the system's meanwhile.
 */
#ifndef STEVEDORES_CACHE_LRU_H
#define STEVEDORES_CACHE_LRU_H

#include "cache/tier.h"
#include "shm/shm.h"

extern const struct shm_region lru_region;

/* The tier over the segment's region; end with tier->free(). */
struct tier *lru_open(const struct shm *shm);

struct lru_status {
    int64_t bytes;   /* of memory for values, as things are (lru_resize) */
    int64_t whole;   /* of memory for values, if it had all its room */
    int64_t used;    /* taken by values, chunks counted whole */
    int64_t entries;
    int64_t evicted; /* to make room, since the segment was made */
    int64_t emptied; /* shards, after their owner died */
};

/* False when a shard could not be had now, and *out is without it. */
bool lru_status(const struct tier *lru, struct lru_status *out);

/* Its room is counted in eighths of what was configured. */
#define LRU_PARTS 8

/* Gives it so many of them, 1 to LRU_PARTS: room that goes is given back to the system, with what was used longest ago (what is
 * used most moves to where it may stay); room that comes is taken first. All processes see it at once. For the agent alone.
 * False when a shard could not be had, or there was no memory: to be asked again. False, too, and nothing has changed, where
 * the segment is this process's alone. */
bool lru_resize(struct tier *lru, int parts) __attribute__((warn_unused_result));

/* The number last asked for; lasts as long as the segment. */
int lru_parts(const struct tier *lru);

/* Throws everything out. */
void lru_clear(struct tier *lru);

#endif
