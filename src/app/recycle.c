/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/recycle.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_EVERY 256  /* requests, at the memory */
#define PAUSE_MS   2000 /* between two of the pool: the next is up, connected and warm by then */
#define MIB        ((int64_t)1024 * 1024)

struct turns {
    _Atomic int64_t next_ms;
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct turns);
}

const struct shm_region recycle_region = {"recycle", 1, region_size, NULL};

/* Pages in all, and those that are this process's alone; false when it can't be known. proc(5) */
static bool read_pages(int statm, long *all, long *own)
{
    char line[128];
    long resident, shared;
    ssize_t n = statm < 0 ? -1 : pread(statm, line, sizeof(line) - 1, 0);

    if (n <= 0)
        return false;
    line[n] = '\0';
    if (sscanf(line, "%ld %ld %ld", all, &resident, &shared) != 3)
        return false;
    *own = resident - shared;
    return true;
}

/* The sanitizers reserve terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
static void bound_memory(const struct recycle *r)
{
    (void)r;
}
#else
static void bound_memory(const struct recycle *r)
{
    int64_t more = 4 * (int64_t)r->conf->responder_memory_mb * MIB + (int64_t)r->conf->password_memory_kib * 1024;
    struct rlimit limit;
    long all, own;

    if (!read_pages(r->statm, &all, &own) || getrlimit(RLIMIT_AS, &limit) != 0)
        return;
    more += (int64_t)all * sysconf(_SC_PAGESIZE);
    if (limit.rlim_max == RLIM_INFINITY || (rlim_t)more < limit.rlim_max)
        limit.rlim_cur = limit.rlim_max = (rlim_t)more;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        log_event(LOG_WARN, "no_memory_bound", F_INT("errno", errno));
}
#endif

void recycle_begin(struct recycle *r, const struct conf *conf, const struct shm *shm)
{
    struct turns *turns = shm_region(shm, &recycle_region);
    uint32_t tenth = (uint32_t)(conf->max_requests / 10);

    *r = (struct recycle){.conf = conf, .pool_next_ms = &turns->next_ms, .statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)};
    if (conf->max_requests > 0)
        r->last = conf->max_requests - tenth + randombytes_uniform(2 * tenth + 1);
    bound_memory(r);
}

void recycle_end(struct recycle *r)
{
    if (r->statm >= 0)
        (void)close(r->statm);
    r->statm = -1;
}

static void look(struct recycle *r)
{
    long all, own;

    if (r->last > 0 && r->requests >= r->last)
        r->why = "requests";
    else if (r->requests % LOOK_EVERY == 0 && read_pages(r->statm, &all, &own) &&
             (int64_t)own * sysconf(_SC_PAGESIZE) > (int64_t)r->conf->responder_memory_mb * MIB)
        r->why = "memory";
}

/* Whoever moves the time on has the turn. */
static bool take_turn(struct recycle *r)
{
    int64_t now = clock_mono_ms(), next = atomic_load_explicit(r->pool_next_ms, memory_order_relaxed);

    return now >= next && atomic_compare_exchange_strong(r->pool_next_ms, &next, now + PAUSE_MS);
}

bool recycle_due(struct recycle *r)
{
    r->requests++;
    if (r->why == NULL)
        look(r);
    if (r->why == NULL || !take_turn(r))
        return false;
    log_event(LOG_INFO, "recycled", F_STR("because_of", r->why), F_INT("requests", r->requests));
    return true;
}
