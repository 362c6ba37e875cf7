/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"

struct pool_place {
    _Atomic int32_t pid; /* 0: free */
    _Atomic bool database;
    _Atomic bool redis;
    _Atomic int64_t joined_ms;
    _Atomic int64_t requests;
    _Atomic int64_t busy_since_ms;
};

struct pool {
    struct pool_place places[POOL_PLACES];
    _Atomic int64_t joined, died;
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct pool);
}

const struct shm_region pool_region = {"pool", 2, region_size, NULL};

struct pool *pool_open(const struct shm *shm)
{
    return shm_region(shm, &pool_region);
}

static bool is_dead(int32_t pid)
{
    return pid == 0 || (kill(pid, 0) < 0 && errno == ESRCH);
}

struct pool_place *pool_join(struct pool *pool)
{
    (void)atomic_fetch_add(&pool->joined, 1);
    for (int i = 0; i < POOL_PLACES; i++) {
        struct pool_place *p = &pool->places[i];
        int32_t pid = atomic_load(&p->pid);

        if (!is_dead(pid) || !atomic_compare_exchange_strong(&p->pid, &pid, (int32_t)getpid()))
            continue;
        if (pid != 0) /* of one that didn't leave */
            (void)atomic_fetch_add(&pool->died, 1);
        atomic_store(&p->database, false);
        atomic_store(&p->redis, false);
        atomic_store(&p->requests, 0);
        atomic_store(&p->busy_since_ms, 0);
        atomic_store(&p->joined_ms, clock_mono_ms());
        return p;
    }
    return NULL;
}

void pool_leave(struct pool_place *place)
{
    if (place != NULL)
        atomic_store(&place->pid, 0);
}

void pool_begin(struct pool_place *place, int64_t now_us)
{
    if (place != NULL)
        atomic_store_explicit(&place->busy_since_ms, now_us / 1000, memory_order_relaxed);
}

void pool_end(struct pool_place *place, bool database, bool redis)
{
    if (place == NULL)
        return;
    atomic_store_explicit(&place->database, database, memory_order_relaxed);
    atomic_store_explicit(&place->redis, redis, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&place->requests, 1, memory_order_relaxed);
    atomic_store_explicit(&place->busy_since_ms, 0, memory_order_relaxed);
}

bool pool_look(const struct pool *pool, int place, struct pool_member *out)
{
    const struct pool_place *p = &pool->places[place];

    out->pid = atomic_load(&p->pid);
    if (is_dead(out->pid))
        return false;
    out->joined_ms = atomic_load_explicit(&p->joined_ms, memory_order_relaxed);
    out->requests = atomic_load_explicit(&p->requests, memory_order_relaxed);
    out->busy_since_ms = atomic_load_explicit(&p->busy_since_ms, memory_order_relaxed);
    out->database = atomic_load_explicit(&p->database, memory_order_relaxed);
    out->redis = atomic_load_explicit(&p->redis, memory_order_relaxed);
    return true;
}

void pool_totals(const struct pool *pool, int64_t *joined, int64_t *died)
{
    *joined = atomic_load(&pool->joined);
    *died = atomic_load(&pool->died);
}
