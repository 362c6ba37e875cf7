/* SPDX-License-Identifier: Apache-2.0
 *
 * What health is made of: one table of checks, which a responder runs for GET /health and the agent runs once a second for
 * GET /health/quick. A check never fails as a function: whatever is wrong is what it has found out.
 */
#ifndef STEVEDORES_OPS_CHECKS_H
#define STEVEDORES_OPS_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "db/db.h"
#include "shm/shm.h"

enum check_of {
    CHECK_DATABASE,
    CHECK_SCHEMA,
    CHECK_AGENT,
    CHECK_SHARED_MEMORY,
    CHECK_REDIS,
    CHECK_MEMCACHED,
    CHECK_LOCAL_CACHE,
    CHECK_MEMORY,
    CHECK_POOL,
    CHECK_SECURITY,
    CHECK_COUNT
};

enum check_status {
    CHECK_IS_ABSENT, /* the deployment has no such part: it isn't told of, and doesn't count */
    CHECK_IS_OK,
    CHECK_IS_AWAY,
    CHECK_IS_TOO_OLD,
    CHECK_IS_PRIVATE, /* shared memory: this process is alone with it */
    CHECK_IS_SHORT,   /* pool: fewer responders than there should be */
    CHECK_IS_WARNING,
    CHECK_IS_CRITICAL,
    CHECK_IS_UNKNOWN,
    CHECK_IS_COUNT
};

#define CHECK_FACTS_MAX 6

/* Something that a check has found out besides, for an admin. */
struct check_fact {
    const char *name;
    bool is_text;
    const char *text; /* NULL: null */
    int64_t number;   /* below 0: null, not known */
};

struct check {
    enum check_status status;
    bool passed;
    int64_t us;        /* that finding out took */
    const char *error; /* what is wrong, with names of hosts and users: for an admin; NULL: nothing is */
    size_t nfacts;
    struct check_fact facts[CHECK_FACTS_MAX];
};

/* What the checks look at; borrowed. Texts of what they find are on the arena. */
struct checks_of {
    struct arena *arena;
    const struct conf *conf;
    const struct shm *shm;
    struct db *db;
    struct cache *cache;
};

enum health { HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_UNHEALTHY };

/* Unhealthy: something failed that no request does without. Degraded: something else did. */
struct checks_summary {
    enum health health;
    int total, passed, failed;
};

/* Runs all of them. One statement at most; blocks for that and for the timeouts of the caches, and not at all for what is known to
 * be away (an open breaker). */
void checks_run(const struct checks_of *of, struct check found[CHECK_COUNT]);

struct checks_summary checks_sum(const struct check found[CHECK_COUNT]);

/* The two that decide whether requests can be served, by the same statement. */
void checks_run_vital(const struct checks_of *of, struct check *database, struct check *schema);

const char *check_name(enum check_of of);            /* "database" */
const char *check_status_text(enum check_status s);  /* "too_old" */
const char *health_text(enum health h);              /* "degraded" */

#endif
