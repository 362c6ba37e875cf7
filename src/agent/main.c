/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedores-agent: one per host, for what is not an answer to a request. It says in shared memory that it is alive, and
 * brings what the database's versions are by now, so that responders needn't ask.
 */
#include "config.h"

#include <signal.h>
#include <time.h>

#include "app/regions.h"
#include "app/sandbox.h"
#include "app/start.h"
#include "base/log.h"
#include "cache/cache.h"
#include "shm/shm.h"

#define STATEMENT_TIMEOUT_MS 1000 /* its own statements are small; it must not hang for as long as a request may */

struct agent {
    struct conf conf;
    struct shm *shm;
    struct db *db;
    struct cache *cache;
    struct arena *arena;
};

static void attach(struct agent *a)
{
    a->shm = shm_open_segment(&a->conf, regions);
    a->cache = cache_new(&a->conf, a->shm, a->db);
}

static void detach(struct agent *a)
{
    cache_free(&a->cache);
    shm_close(&a->shm);
}

static void turn(struct agent *a)
{
    if (!shm_is_private(a->shm) && !shm_is_current(a->shm)) {
        detach(a); /* a pool with another configuration has made a new one */
        attach(a);
    }
    shm_agent_beat(a->shm);
    if (a->conf.cache)
        (void)cache_refresh(a->cache, a->arena); /* failing, it has told the breaker */
    arena_reset(a->arena);
}

/* Until a stop signal. */
static void run(struct agent *a, const sigset_t *stop)
{
    const struct timespec pause = {.tv_sec = a->conf.cache_poll_ms / 1000,
                                   .tv_nsec = a->conf.cache_poll_ms % 1000 * 1000000};

    do
        turn(a);
    while (sigtimedwait(stop, NULL, &pause) < 0);
}

int main(int argc, char **argv)
{
    struct agent a;
    sigset_t stop;
    int status;

    if (!start(argc, argv, "stevedores-agent", "Works beside the responders of a host.", &a.conf, &status))
        return status;
    status = sandbox_enter();
    if (status != 0) {
        conf_deinit(&a.conf);
        return status;
    }
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGUSR1); /* multiwatch's way to say stop */
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    if (a.conf.database_statement_timeout_ms > STATEMENT_TIMEOUT_MS)
        a.conf.database_statement_timeout_ms = STATEMENT_TIMEOUT_MS;
    a.arena = arena_new((size_t)16 * 1024);
    a.db = db_new(&a.conf, "stevedores-agent");
    attach(&a);
    log_event(LOG_INFO, "started", F_STR("version", PACKAGE_VERSION));
    run(&a, &stop);
    log_event(LOG_INFO, "stopped");
    detach(&a);
    db_free(&a.db);
    arena_free(&a.arena);
    conf_deinit(&a.conf);
    return 0;
}
