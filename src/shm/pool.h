/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is in the pool: a place for each responder, which it alone writes. A responder that died gives its place back by
 * being dead.
 */
#ifndef STEVEDORES_SHM_POOL_H
#define STEVEDORES_SHM_POOL_H

#include <stdbool.h>

#include "shm/shm.h"

#define POOL_PLACES 128 /* WEB_WORKERS goes to 64; when they are replaced, old and new ones are there for a moment */

extern const struct shm_region pool_region;

struct pool;
struct pool_place;

struct pool *pool_open(const struct shm *shm);

/* Takes a place for this process; NULL when there is none left, which the functions below take for nothing to do. */
struct pool_place *pool_join(struct pool *pool);
void pool_leave(struct pool_place *place);

/* Around each request. */
void pool_begin(struct pool_place *place, int64_t now_us);
void pool_end(struct pool_place *place, bool database, bool redis);

/* What a place says of its responder; times are monotonic milliseconds. */
struct pool_member {
    int32_t pid;
    int64_t joined_ms;
    int64_t requests;
    int64_t busy_since_ms; /* 0: it waits for a request */
    bool database;         /* it holds a connection */
    bool redis;
};

/* False when nobody alive has the place (0 to POOL_PLACES - 1). */
bool pool_look(const struct pool *pool, int place, struct pool_member *out);

/* How many ever joined, and how many of them died without leaving, which is known when another one takes the place. */
void pool_totals(const struct pool *pool, int64_t *joined, int64_t *died);

#endif
