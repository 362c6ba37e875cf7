/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedores-agent: one per host, for what is not an answer to a request. It says in shared memory that it is alive, and
 * brings what the database's versions are by now, so that responders needn't ask; it takes samples of how the host does, and
 * has people told of alerts.
 */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "agent/events.h"
#include "agent/notifier.h"
#include "app/regions.h"
#include "app/sandbox.h"
#include "app/start.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "engine/idempotency.h"
#include "ops/sampler.h"
#include "ops/verdict.h"
#include "shm/shm.h"

#define SWEEP_MS        60000
#define SWEEP_PIECE     10000 /* rows at once, to begin with */
#define SWEEP_PIECE_MIN 100
#define WAIT_MS         1000 /* for anybody */
#define NOTIFIER_LEAST_MS 60000 /* one that ends earlier would do so again */

struct agent {
    struct conf conf;
    struct shm *shm;
    struct db *db;
    struct cache *cache;
    struct sampler *sampler;
    struct events *events; /* NULL: there are no live events */
    struct notifier *notifier; /* NULL: nobody is to be told of alerts */
    int64_t started_ms;        /* monotonic */
    struct arena *arena;
    int64_t next_sweep_ms; /* monotonic */
    int64_t next_look_ms;
    int64_t sweep_piece;
};

/* Runs a statement that removes a piece at most; how many rows went. A piece that takes too long is halved for the next time,
 * and a statement that fails for whatever else is said. */
static int64_t sweep_one(struct agent *a, const char *what, const char *sql, const char **params, size_t n)
{
    struct db_result *r;
    struct error e;
    int64_t swept;

    error_init(&e, a->arena);
    params[0] = arena_printf(a->arena, "%lld", (long long)a->sweep_piece);
    if (db_query(a->db, a->arena, DB_WRITE, sql, params, n, &r, &e) != OUT_OK) {
        log_event(LOG_WARN, "sweep_failed", F_STR("what", what), F_INT("piece", (long long)a->sweep_piece),
                  F_STR("detail", e.log != NULL ? e.log : "no answer"));
        if (a->sweep_piece > SWEEP_PIECE_MIN)
            a->sweep_piece /= 2;
        return 0;
    }
    swept = db_get_i64(r, 0, 0);
    if (swept > 0)
        log_event(LOG_INFO, "swept", F_STR("what", what), F_INT("rows", (long long)swept));
    return swept;
}

/* Sessions and idempotency keys that are over, and the audit trail's old end; a piece at a time, again at the next turn while there is more. */
static void sweep(struct agent *a)
{
    static const char sessions_sql[] =
        "WITH gone AS (DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
        "  WHERE last_used_at < now() - $2::integer * interval '1 second'"
        "     OR created_at < now() - $3::integer * interval '1 second'"
        "     OR revoked_at < now() - interval '1 day' LIMIT $1::integer) RETURNING 1) SELECT count(*) FROM gone";
    const char *session_params[] = {NULL, arena_printf(a->arena, "%lld", (long long)a->conf.session_idle_s),
                                    arena_printf(a->arena, "%lld", (long long)a->conf.session_absolute_s)};
    const char *audit_params[] = {NULL}, *key_params[] = {NULL};
    int64_t piece = a->sweep_piece;
    bool more = sweep_one(a, "sessions", sessions_sql, session_params, 3) >= piece;

    more = sweep_one(a, "idempotency keys", idempotency_sweep_sql, key_params, 1) >= piece || more;
    more = sweep_one(a, "audit", "SELECT audit_sweep($1::integer)", audit_params, 1) >= piece || more;
    a->next_sweep_ms = more ? 0 : clock_mono_ms() + SWEEP_MS;
}

/* For /health/quick. */
static void look(struct agent *a)
{
    const struct checks_of of = {.arena = a->arena, .conf = &a->conf, .shm = a->shm, .db = a->db, .cache = a->cache};
    const int64_t now = clock_mono_ms();
    struct check found[CHECK_COUNT];

    if (now < a->next_look_ms)
        return;
    a->next_look_ms = now + VERDICT_EVERY_MS;
    checks_run(&of, found);
    verdict_put(verdict_open(a->shm), found);
}

static void tell(void *ctx, const struct alert_notice *notice)
{
    notifier_tell(((struct agent *)ctx)->notifier, notice);
}

/* Only another agent can have another notifier. One that ends at once is gone on without, as samples are worth more. */
static bool has_lost_notifier(struct agent *a)
{
    if (notifier_is_alive(a->notifier))
        return false;
    notifier_free(&a->notifier);
    return clock_mono_ms() - a->started_ms >= NOTIFIER_LEAST_MS;
}

/* False when the segment is no longer the one. A pool with another configuration has made a new one then, and this process has
 * the configuration of before: whoever starts it anew gives it the new one. Making a segment of the old layout here would
 * take the pool's away. False, too, when the notifier has ended. */
static bool turn(struct agent *a)
{
    if (!shm_is_private(a->shm) && !shm_is_current(a->shm)) {
        log_event(LOG_INFO, "shm_gone", F_STR("name", a->conf.shm_name));
        return false;
    }
    if (has_lost_notifier(a))
        return false;
    shm_agent_beat(a->shm);
    if (a->conf.cache)
        (void)cache_refresh(a->cache, a->arena); /* failing, it has told the breaker */
    events_turn(a->events, a->arena);
    if (clock_mono_ms() >= a->next_sweep_ms)
        sweep(a);
    sampler_turn(a->sampler, a->db, a->cache, a->arena);
    look(a);
    arena_reset(a->arena);
    return true;
}

/* Until a stop signal, or until another process is needed. */
static void run(struct agent *a, const sigset_t *stop)
{
    const struct timespec pause = {.tv_sec = a->conf.cache_poll_ms / 1000,
                                   .tv_nsec = a->conf.cache_poll_ms % 1000 * 1000000};

    while (turn(a) && sigtimedwait(stop, NULL, &pause) < 0)
        continue;
}

/* What it asks is small, and it must not hang for as long as a request may: that it is silent means that it is away. Nor may it
 * be late to see that the database is back. */
static void hurry(struct conf *conf)
{
    int64_t *const bounds[] = {&conf->database_statement_timeout_ms, &conf->database_connect_timeout_ms,
                               &conf->database_reconnect_max_ms, &conf->cache_connect_timeout_ms, &conf->cache_command_timeout_ms};

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (*bounds[i] > WAIT_MS)
            *bounds[i] = WAIT_MS;
    }
}

int main(int argc, char **argv)
{
    struct agent a = {.sweep_piece = SWEEP_PIECE, .started_ms = clock_mono_ms()};
    sigset_t stop;
    int status;

    if (!start(argc, argv, "stevedores-agent", "Works beside the responders of a host.", &a.conf, &status))
        return status;
    a.notifier = notifier_start(&a.conf);
    status = sandbox_enter();
    if (status != 0) {
        notifier_free(&a.notifier);
        conf_deinit(&a.conf);
        return status;
    }
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGUSR1); /* multiwatch's way to say stop */
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    hurry(&a.conf);
    a.arena = arena_new((size_t)16 * 1024);
    a.db = db_new(&a.conf, "stevedores-agent");
    a.shm = shm_open_segment(&a.conf, regions);
    a.cache = cache_new(&a.conf, a.shm, a.db);
    a.sampler = sampler_new(&a.conf, a.shm);
    a.events = events_new(&a.conf, a.shm);
    sampler_on_alert(a.sampler, tell, &a);
    log_event(LOG_INFO, "started", F_STR("version", PACKAGE_VERSION));
    run(&a, &stop);
    log_event(LOG_INFO, "stopped");
    events_free(&a.events);
    sampler_free(&a.sampler);
    notifier_free(&a.notifier);
    cache_free(&a.cache);
    shm_close(&a.shm);
    db_free(&a.db);
    arena_free(&a.arena);
    conf_deinit(&a.conf);
    return 0;
}
