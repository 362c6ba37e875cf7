/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedores-agent: one per host, for what is not an answer to a request. It says in shared memory that it is alive, and
 * brings what the database's versions are by now, so that responders needn't ask.
 */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "app/regions.h"
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

/* False when the segment is no longer the one. A pool with another configuration has made a new one then, and this process has
 * the configuration of before: whoever starts it anew gives it the new one. Making a segment of the old layout here would
 * take the pool's away. */
static bool turn(struct agent *a)
{
    if (!shm_is_private(a->shm) && !shm_is_current(a->shm)) {
        log_event(LOG_INFO, "shm_gone", F_STR("name", a->conf.shm_name));
        return false;
    }
    shm_agent_beat(a->shm);
    if (a->conf.cache)
        (void)cache_refresh(a->cache, a->arena); /* failing, it has told the breaker */
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

int main(int argc, char **argv)
{
    struct agent a;
    sigset_t stop;
    int status;

    if (!start(argc, argv, "stevedores-agent", "Works beside the responders of a host.", &a.conf, &status))
        return status;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGUSR1); /* multiwatch's way to say stop */
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    if (a.conf.database_statement_timeout_ms > STATEMENT_TIMEOUT_MS)
        a.conf.database_statement_timeout_ms = STATEMENT_TIMEOUT_MS;
    a.arena = arena_new((size_t)16 * 1024);
    a.db = db_new(&a.conf, "stevedores-agent");
    a.shm = shm_open_segment(&a.conf, regions);
    a.cache = cache_new(&a.conf, a.shm, a.db);
    log_event(LOG_INFO, "started", F_STR("version", PACKAGE_VERSION));
    run(&a, &stop);
    log_event(LOG_INFO, "stopped");
    cache_free(&a.cache);
    shm_close(&a.shm);
    db_free(&a.db);
    arena_free(&a.arena);
    conf_deinit(&a.conf);
    return 0;
}
