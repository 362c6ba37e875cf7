/* SPDX-License-Identifier: Apache-2.0
 *
 * validate: caches, shared memory, agent, pool and memory of this host. The caches are asked through the program's own tiers, with
 * circuit breakers of this process's own, so that nothing here opens the pool's.
 */
#include "config.h"
#include "ctl/validate.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "app/regions.h"
#include "base/clock.h"
#include "base/machine.h"
#include "cache/breaker.h"
#include "cache/memcached.h"
#include "cache/redis.h"
#include "ops/alerts.h"
#include "ops/health.h"
#include "ops/samples.h"
#include "shm/pool.h"

#define SHM_DIR        "/dev/shm"
#define PROBE_TTL_MS   10000
#define PROBE_TRIES    3
#define PROBE_PAUSE_MS 200
#define STUCK_MS       30000 /* nginx has given up on it by then */
#define START_POOL     "Start the pool and the agent as fcgi-conf/README.md has it; run this with their settings and as their user"

/* --- caches ------------------------------------------------------------------------------------------------------- */

/* Puts a value in, takes it out and removes it. NULL: it went well; else what did not. */
static const char *probe(struct tier *t, struct arena *arena)
{
    static const char text[] = "stevedoresctl validate";
    const struct str value = {text, sizeof(text) - 1};
    struct cache_key key;
    struct str got;

    randombytes_buf(key.hash, sizeof(key.hash));
    if (t->set(t, &key, value, PROBE_TTL_MS) != TIER_OK)
        return "it does not take a value";
    if (t->get(t, &key, arena, &got) != TIER_OK || got.n != value.n || memcmp(got.p, text, got.n) != 0)
        return "it does not give back what it was given";
    return t->remove(t, &key) == TIER_OK ? NULL : "it does not remove a value";
}

/* A few times: a machine that is busy may once take longer than CACHE_COMMAND_TIMEOUT_MS. *tries: how many it took. */
static const char *probe_patiently(struct tier *t, struct arena *arena, int *tries)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = PROBE_PAUSE_MS * 1000000L};
    const char *wrong = probe(t, arena);

    for (*tries = 1; wrong != NULL && *tries < PROBE_TRIES; (*tries)++) {
        (void)nanosleep(&pause, NULL);
        wrong = probe(t, arena);
    }
    return wrong;
}

static void check_tier(struct validate *v, const char *setting, struct tier *(*open)(const struct conf *, const struct shm *))
{
    static const struct shm_region *const own[] = {&breaker_region, NULL};
    struct conf conf = *v->conf;
    struct shm *shm;
    struct tier *t;
    struct breaker_status status;
    const char *wrong;
    int tries;

    conf.breaker_failures = 2L * PROBE_TRIES; /* ours shall not open either */
    shm = shm_open_private(&conf, own);
    t = open(&conf, shm);
    if (t == NULL) {
        check_skip(v, "%s is not set", setting);
    } else {
        wrong = probe_patiently(t, v->arena, &tries);
        breaker_status(&t->breaker, &status);
        if (wrong != NULL)
            check_fail(v, arena_printf(v->arena, "Is it running, and is %s right? The pool goes on without it, slower", setting), "%s%s%s", wrong,
                       *status.error != '\0' ? ": " : "", status.error);
        else if (tries > 1)
            check_warn(v, "Is the machine too busy, or the network slow? CACHE_COMMAND_TIMEOUT_MS is how long it may take",
                       "it answered only when asked again: %s", status.error);
        else
            check_ok(v, "connected, set, got and removed a value");
        t->free(t);
    }
    shm_close(&shm);
}

static void check_redis(struct validate *v)
{
    check_tier(v, "REDIS_URL", redis_open);
}

static void check_memcached(struct validate *v)
{
    check_tier(v, "MEMCACHED_SERVERS", memcached_open);
}

/* What the pool itself thinks of them. */
static void check_breakers(struct validate *v)
{
    struct buf open;

    if (v->shm == NULL) {
        check_skip(v, "no shared memory");
        return;
    }
    buf_init(&open, v->arena, 64);
    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker b = breaker_open(v->shm, v->conf, (enum breaker_of)i);
        struct breaker_status s;

        breaker_status(&b, &s);
        if (s.state != BREAKER_CLOSED)
            buf_printf(&open, "%s%s is %s", open.len > 0 ? ", " : "", b.name, breaker_state_text(s.state));
    }
    if (open.len > 0)
        check_fail(v, "stevedoresctl cache stats has the last error", "%s", open.data);
    else
        check_ok(v, "all are closed");
}

/* --- shared memory ------------------------------------------------------------------------------------------------ */

static void check_segment(struct validate *v)
{
    const char *path = arena_printf(v->arena, SHM_DIR "%s%s", v->conf->shm_name[0] == '/' ? "" : "/", v->conf->shm_name);
    struct stat st;

    if (v->shm != NULL)
        check_ok(v, "%s, %zu KiB", v->conf->shm_name, shm_size(v->shm, NULL) / 1024);
    else if (stat(path, &st) < 0 && errno == ENOENT)
        check_fail(v, START_POOL, "there is no segment %s", v->conf->shm_name);
    else
        check_fail(v, "Restart pool and agent with these settings, and run this as their user",
                   "segment %s can't be opened, or is of another release or other settings", v->conf->shm_name);
}

static void check_room(struct validate *v)
{
    struct shm *own = shm_open_private(v->conf, regions); /* only to know its size: its memory comes when it is touched */
    const uint64_t needed = shm_size(own, NULL);
    struct statvfs fs;
    uint64_t there;

    shm_close(&own);
    if (statvfs(SHM_DIR, &fs) < 0) {
        check_fail(v, "Mount a tmpfs there: without it each responder has a cache and limits of its own", SHM_DIR ": %s", strerror(errno));
        return;
    }
    there = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (v->shm == NULL && there < needed)
        check_fail(v, "Make " SHM_DIR " larger (docker run --shm-size), or CACHE_LOCAL_MB smaller",
                   "the segment needs %" PRIu64 " KiB of " SHM_DIR ", which has %" PRIu64, needed / 1024, there / 1024);
    else
        check_ok(v, "%" PRIu64 " MiB free in " SHM_DIR "%s", there / 1048576, v->shm != NULL ? ", and the segment has its own" : "");
}

/* --- agent and pool ----------------------------------------------------------------------------------------------- */

static void check_agent(struct validate *v)
{
    static const char todo[] = "Start stevedores-agent; without it nobody samples or warns, and writes of other hosts show later";
    int64_t age;

    if (v->shm == NULL)
        check_skip(v, "no shared memory");
    else if (shm_agent_is_there(v->shm, &age))
        check_ok(v, "its last sign of life is %lld ms old", (long long)age);
    else if (age < 0)
        check_fail(v, todo, "it never ran");
    else
        check_fail(v, todo, "its last sign of life is %lld s old", (long long)age / 1000);
}

/* How many are alive; *stuck: one of them has been at a request for too long. */
static int count_pool(const struct shm *shm, int32_t *stuck)
{
    const struct pool *pool = pool_open(shm);
    const int64_t now = clock_mono_ms();
    struct pool_member m;
    int n = 0;

    *stuck = 0;
    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        n++;
        if (m.busy_since_ms != 0 && now - m.busy_since_ms > STUCK_MS)
            *stuck = m.pid;
    }
    return n;
}

static void check_pool(struct validate *v)
{
    const int64_t wanted = ctl_workers(v->conf);
    int32_t stuck;
    int n;

    if (v->shm == NULL) {
        check_skip(v, "no shared memory");
        return;
    }
    n = count_pool(v->shm, &stuck);
    if (n == 0)
        check_fail(v, START_POOL, "no responder is running");
    else if (stuck != 0)
        check_fail(v, "See what it waits for (pg_stat_activity, strace), and kill it: another one takes its place",
                   "responder %d has been at one request for more than %d s", (int)stuck, STUCK_MS / 1000);
    else if (v->conf->web_workers > 0 && n < wanted)
        check_fail(v, "Look at the pool's log, and restart it", "%d responders of %lld (WEB_WORKERS)", n, (long long)wanted);
    else if (n != wanted)
        check_warn(v, "Restart the pool with the size that stevedoresctl workers computes, or set WEB_WORKERS",
                   "%d responders, and %lld would fit this host", n, (long long)wanted);
    else
        check_ok(v, "%d responders, as computed", n);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static int64_t limit_mb(const struct validate *v)
{
    struct machine machine;

    machine_look(&machine);
    return machine_memory_mb(&machine, v->conf->memory_limit_mb);
}

static void check_memory(struct validate *v)
{
    static const char todo[] = "stevedoresctl monitor shows how it goes; fewer WEB_WORKERS or a smaller CACHE_LOCAL_MB take less";
    const struct alert_rule *rule = &alert_rules[ALERT_MEMORY];
    struct samples_view *view;
    int64_t age, used, permille;

    if (v->shm == NULL || !shm_agent_is_there(v->shm, &age)) {
        check_skip(v, "nobody samples it while the agent is away");
        return;
    }
    view = arena_alloc(v->arena, sizeof(*view));
    if (!samples_read(samples_open(v->shm), view) || view->now.at_ms == 0 || view->now.memory_permille < 0) {
        check_skip(v, "there is no sample of it yet");
        return;
    }
    used = (view->now.memory_pool + view->now.memory_agent) / 1048576;
    permille = view->now.memory_permille;
    if (permille >= alert_critical(rule, v->conf))
        check_fail(v, todo, "pool and agent have %lld MiB, %lld %% of the limit", (long long)used, (long long)permille / 10);
    else if (permille >= alert_warning(rule, v->conf))
        check_warn(v, todo, "pool and agent have %lld MiB, %lld %% of the limit", (long long)used, (long long)permille / 10);
    else
        check_ok(v, "pool and agent have %lld MiB of %lld", (long long)used, (long long)limit_mb(v));
}

/* If each responder grew to where it is replaced. */
static void check_memory_reserve(struct validate *v)
{
    const int64_t workers = ctl_workers(v->conf), limit = limit_mb(v);
    const int64_t most = workers * v->conf->responder_memory_mb + v->conf->cache_local_mb;

    if (most > limit)
        check_fail(v, "Lower WEB_WORKERS or RESPONDER_MEMORY_MB, or raise MEMORY_LIMIT_MB",
                   "%lld responders of RESPONDER_MEMORY_MB %lld and the cache may come to %lld MiB, and the limit is %lld",
                   (long long)workers, (long long)v->conf->responder_memory_mb, (long long)most, (long long)limit);
    else
        check_ok(v, "at most %lld MiB of %lld", (long long)most, (long long)limit);
}

const struct check checks_of_host[] = {
    {"caches", "Redis", check_redis},
    {"caches", "memcached", check_memcached},
    {"caches", "circuit breakers", check_breakers},
    {"shared memory", "segment", check_segment},
    {"shared memory", "room", check_room},
    {"agent", "sign of life", check_agent},
    {"pool", "responders", check_pool},
    {"memory", "in use", check_memory},
    {"memory", "at most", check_memory_reserve},
    {NULL, NULL, NULL},
};
