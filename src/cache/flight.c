/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/flight.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/lock.h"

#define SLOTS  256   /* a responder has one at a time */
#define MAX_MS 60000 /* longer than any statement may take: its process id is somebody else's by now */

struct slot {
    struct cache_key key;
    int32_t pid; /* 0: free */
    int64_t since_ms;
};

/* While the lock is free: a key stands here once at most. Its owner died: all are forgotten, so a query may run twice. */
struct flights {
    struct shm_lock lock;
    struct slot slots[SLOTS];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct flights);
}

static void region_init(void *region, size_t size)
{
    struct flights *f = region;

    (void)size;
    shm_lock_init(&f->lock);
}

const struct shm_region flight_region = {"flights", 1, region_size, region_init};

struct flights *flights_open(const struct shm *shm)
{
    return shm_region(shm, &flight_region);
}

static void forget(void *arg)
{
    struct flights *f = arg;

    memset(f->slots, 0, sizeof(f->slots));
}

/* A process has one request in hand: a flight of our own is one that we couldn't end. */
static bool is_over(const struct slot *s)
{
    return s->pid == 0 || s->pid == (int32_t)getpid() || clock_mono_ms() - s->since_ms > MAX_MS || (kill(s->pid, 0) < 0 && errno == ESRCH);
}

/* The key's slot, or NULL; *free_slot is one that can be taken, or NULL. */
static struct slot *find(struct flights *f, const struct cache_key *key, struct slot **free_slot)
{
    *free_slot = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &f->slots[i];

        if (s->pid != 0 && memcmp(&s->key, key, sizeof(*key)) == 0)
            return s;
        if (s->pid == 0 && *free_slot == NULL)
            *free_slot = s;
    }
    for (size_t i = 0; i < SLOTS && *free_slot == NULL; i++) {
        if (is_over(&f->slots[i]))
            *free_slot = &f->slots[i];
    }
    return NULL;
}

enum flight flight_begin(struct flights *f, const struct cache_key *key)
{
    enum flight result = FLIGHT_NONE;
    struct slot *s, *free_slot;

    if (!shm_lock(&f->lock, forget, f))
        return FLIGHT_NONE;
    s = find(f, key, &free_slot);
    if (s != NULL && !is_over(s)) {
        result = FLIGHT_BUSY;
    } else if (s != NULL || free_slot != NULL) {
        s = s != NULL ? s : free_slot;
        *s = (struct slot){.key = *key, .pid = (int32_t)getpid(), .since_ms = clock_mono_ms()};
        result = FLIGHT_LEADS;
    }
    shm_unlock(&f->lock);
    return result;
}

void flight_end(struct flights *f, const struct cache_key *key)
{
    struct slot *s, *free_slot;

    if (!shm_lock(&f->lock, forget, f))
        return; /* it is over when this process ends or MAX_MS has passed */
    s = find(f, key, &free_slot);
    if (s != NULL && s->pid == (int32_t)getpid())
        s->pid = 0;
    shm_unlock(&f->lock);
}
