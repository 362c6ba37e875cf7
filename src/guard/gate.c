/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "guard/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/lock.h"

#define INSIDE_MAX_MS 60000 /* longer than any hash takes: the process id is somebody else's by now */
#define LOOK_EVERY_MS 2     /* of those who wait, `limit` at most; a hash takes some 10 ms */

/* A process in the gate or before it. Taken under the lock, given back without: only who it belongs to does that. */
struct place {
    _Atomic int32_t pid;      /* 0: free; written last */
    _Atomic int64_t until_ms; /* then it is free whatever became of the process; monotonic */
    _Atomic int64_t ticket;   /* smaller: came earlier */
};

/* While the lock is free: a process stands once at most in each. Its owner died: the place that it was taking is its
 * own, and it is dead, so there is nothing to repair. */
struct gate {
    struct shm_lock lock;
    int64_t tickets;
    struct place inside[GATE_LIMIT_MAX];
    struct place waiting[GATE_LIMIT_MAX];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct gate);
}

static void region_init(void *region, size_t size)
{
    struct gate *g = region;

    (void)size;
    shm_lock_init(&g->lock);
}

const struct shm_region gate_region = {"gate", 1, region_size, region_init};

struct gate *gate_open(const struct shm *shm)
{
    return shm_region(shm, &gate_region);
}

static void nothing_to_repair(void *arg)
{
    (void)arg;
}

static bool is_free(const struct place *p, int64_t now)
{
    int32_t pid = atomic_load(&p->pid);

    return pid == 0 || now > p->until_ms || (kill(pid, 0) < 0 && errno == ESRCH);
}

/* Those in the places whose ticket is smaller. */
static int64_t count(const struct place *places, int64_t now, int64_t ticket)
{
    int64_t n = 0;

    for (int i = 0; i < GATE_LIMIT_MAX; i++)
        n += !is_free(&places[i], now) && places[i].ticket < ticket;
    return n;
}

/* NULL when all are taken. */
static struct place *take(struct place *places, int64_t now, int64_t for_ms, int64_t ticket)
{
    for (int i = 0; i < GATE_LIMIT_MAX; i++) {
        struct place *p = &places[i];

        if (!is_free(p, now))
            continue;
        atomic_store(&p->pid, 0);
        p->until_ms = now + for_ms;
        p->ticket = ticket;
        atomic_store(&p->pid, (int32_t)getpid());
        return p;
    }
    return NULL;
}

/* Not what somebody else has taken because it was ours for too long. */
static void give_back(struct place *p)
{
    int32_t own = (int32_t)getpid();

    (void)atomic_compare_exchange_strong(&p->pid, &own, 0);
}

static void give_all_back(struct place *places)
{
    for (int i = 0; i < GATE_LIMIT_MAX; i++)
        give_back(&places[i]);
}

/* With the lock: in, if there is room for all who came before and one more. */
static bool try_in(struct gate *g, int64_t limit, int64_t ticket)
{
    int64_t now = clock_mono_ms();

    return count(g->inside, now, INT64_MAX) + count(g->waiting, now, ticket) < limit &&
           take(g->inside, now, INSIDE_MAX_MS, ticket) != NULL;
}

/* The place is ours until then; later it may be somebody else's. */
static enum gate_result wait_for_turn(struct gate *g, int64_t limit, struct place *place, int64_t until, int64_t ticket)
{
    static const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    bool in = false;

    while (!in && clock_mono_ms() < until) {
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL); /* a signal only makes it look earlier */
        if (shm_lock(&g->lock, nothing_to_repair, NULL)) {
            in = try_in(g, limit, ticket);
            shm_unlock(&g->lock);
        }
    }
    give_back(place);
    return in ? GATE_IN : GATE_FULL;
}

enum gate_result gate_enter(struct gate *g, int64_t limit, int64_t wait_ms)
{
    struct place *place = NULL;
    int64_t now, ticket;
    bool in;

    give_all_back(g->inside); /* what an earlier request of this process couldn't give back */
    give_all_back(g->waiting);
    if (!shm_lock(&g->lock, nothing_to_repair, NULL))
        return GATE_FULL;
    ticket = ++g->tickets;
    in = try_in(g, limit, ticket);
    now = clock_mono_ms();
    if (!in && wait_ms > 0 && count(g->waiting, now, ticket) < limit)
        place = take(g->waiting, now, wait_ms, ticket);
    shm_unlock(&g->lock);
    if (in)
        return GATE_IN;
    return place != NULL ? wait_for_turn(g, limit, place, now + wait_ms, ticket) : GATE_FULL;
}

void gate_leave(struct gate *g)
{
    give_all_back(g->inside);
}

void gate_count(const struct gate *g, int64_t *inside, int64_t *waiting)
{
    int64_t now = clock_mono_ms();

    *inside = count(g->inside, now, INT64_MAX);
    *waiting = count(g->waiting, now, INT64_MAX);
}
