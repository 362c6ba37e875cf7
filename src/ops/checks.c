/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/checks.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "cache/breaker.h"
#include "cache/lru.h"
#include "ops/alerts.h"
#include "ops/health.h"
#include "ops/samples.h"
#include "shm/pool.h"

/* The newest migration that the program's statements need, of the core and of each board that is switched on. */
static const struct {
    const char *board;
    int version;
} needed[] = {{"core", 13}, {"port", 14}, {"labour", 10}, {"delivery", 11}};

/* What one statement says of the database, for three checks. */
struct database {
    bool answers;
    bool is_away;      /* known without asking */
    const char *error; /* NULL: none */
    int64_t needed;    /* migration */
    int64_t version;   /* the newest; 0: none, or no database */
    bool whole;        /* all that is needed was applied */
    bool role_known;
    bool is_superuser, is_owner;
    struct breaker_status breaker;
};

/* The checks of one time. */
struct run {
    const struct checks_of *of;
    struct database database; /* as the first check has found it */
};

static void say(struct check *c, enum check_status status, bool passed, const char *error)
{
    c->status = status;
    c->passed = passed;
    c->error = error;
}

static void add_number(struct check *c, const char *name, int64_t number)
{
    c->facts[c->nfacts++] = (struct check_fact){.name = name, .number = number};
}

static void add_text(struct check *c, const char *name, const char *text)
{
    c->facts[c->nfacts++] = (struct check_fact){.name = name, .is_text = true, .text = text};
}

/* Six facts: as many as there is room for. */
static void add_breaker(struct arena *arena, struct check *c, const struct breaker_status *s)
{
    add_text(c, "circuit_breaker_state", breaker_state_text(s->state));
    add_number(c, "failures_in_a_row", s->failures);
    add_number(c, "failures", s->failed);
    add_number(c, "opened", s->opened);
    add_text(c, "last_error", s->error[0] != '\0' ? arena_strdup(arena, s->error) : NULL);
    add_number(c, "last_error_age_ms", s->error_age_ms);
}

/* --- database, schema, security ----------------------------------------------------------------------------------- */

/* The migrations as an array for PostgreSQL; how many there are. */
static int64_t list_needed(const struct conf *conf, struct buf *list, int64_t *newest)
{
    int64_t n = 0;

    *newest = 0;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (i > 0 && !conf_has_board(conf, needed[i].board))
            continue;
        buf_printf(list, "%c%d", n++ == 0 ? '{' : ',', needed[i].version);
        if (needed[i].version > *newest)
            *newest = needed[i].version;
    }
    buf_char(list, '}');
    return n;
}

/* Who owns the list of migrations owns what they made. */
static void ask_database(const struct checks_of *of, struct database *d)
{
    static const char sql[] =
        "SELECT max(version), count(*) FILTER (WHERE version = ANY ($1::integer[])), current_setting('is_superuser') = 'on',"
        " (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'schema_migrations'::regclass)"
        " FROM schema_migrations";
    struct db_result *r;
    struct error e;
    struct buf list;
    int64_t n;

    error_init(&e, of->arena);
    buf_init(&list, of->arena, 64);
    n = list_needed(of->conf, &list, &d->needed);
    if (db_query(of->db, of->arena, DB_READ, sql, (const char *[]){list.data}, 1, &r, &e) != OUT_OK) {
        d->answers = db_is_connected(of->db); /* it answers, but has no such table: not migrated at all */
        d->error = e.log != NULL ? e.log : "no answer";
        return;
    }
    d->answers = d->role_known = true;
    d->version = db_get_i64(r, 0, 0); /* NULL, of an empty table, is 0 */
    d->whole = db_get_i64(r, 0, 1) == n;
    d->is_superuser = strcmp(db_get(r, 0, 2), "t") == 0;
    d->is_owner = strcmp(db_get(r, 0, 3), "t") == 0;
}

static void judge_database(const struct checks_of *of, const struct database *d, struct check *c)
{
    say(c, d->answers ? CHECK_IS_OK : CHECK_IS_AWAY, d->answers, d->answers ? NULL : d->error);
    add_breaker(of->arena, c, &d->breaker);
}

static void judge_schema(const struct checks_of *of, const struct database *d, struct check *c)
{
    const char *error = d->answers ? arena_printf(of->arena, "%s; \"stevedoresctl migrate\" brings it up to date",
                                                  d->error != NULL ? d->error : "migrations are missing")
                                   : "the database is away";

    say(c, d->whole ? CHECK_IS_OK : d->answers ? CHECK_IS_TOO_OLD : CHECK_IS_UNKNOWN, d->whole, d->whole ? NULL : error);
    add_number(c, "version", d->version);
    add_number(c, "needed", d->needed);
}

static void check_database(struct run *run, struct check *c)
{
    const struct checks_of *of = run->of;
    struct database *d = &run->database;
    const struct breaker breaker = breaker_open(of->shm, of->conf, BREAKER_DATABASE);

    breaker_status(&breaker, &d->breaker);
    if (d->breaker.state == BREAKER_OPEN && !db_is_connected(of->db))
        d->error = arena_strdup(of->arena, d->breaker.error); /* what is found outlives the run */
    else
        ask_database(of, d);
    judge_database(of, d, c);
}

static void check_schema(struct run *run, struct check *c)
{
    judge_schema(run->of, &run->database, c);
}

/* What a deployment must not be. It serves all the same, so it is a warning. */
static void check_security(struct run *run, struct check *c)
{
    const struct database *d = &run->database;
    const struct {
        bool is_so;
        const char *what;
    } faults[] = {
        {run->of->conf->plain_http, "PLAIN_HTTP is on: sessions and API keys travel unencrypted"},
        {geteuid() == 0, "the program runs as root"},
        {d->is_superuser, "the database role is a superuser"},
        {d->is_owner && !d->is_superuser, "the database role owns the tables, and can change the schema and the audit trail"},
    };
    struct buf b;
    int64_t n = 0;

    buf_init(&b, run->of->arena, 128);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].is_so)
            buf_printf(&b, "%s%s", n++ > 0 ? "; " : "", faults[i].what);
    }
    if (n > 0)
        say(c, CHECK_IS_WARNING, true, b.data);
    else
        say(c, d->role_known ? CHECK_IS_OK : CHECK_IS_UNKNOWN, true, NULL);
    add_number(c, "warnings", n);
}

/* --- what lies in shared memory ----------------------------------------------------------------------------------- */

static void check_agent(struct run *run, struct check *c)
{
    int64_t age;
    const bool there = shm_agent_is_there(run->of->shm, &age);

    say(c, there ? CHECK_IS_OK : CHECK_IS_AWAY, there,
        there     ? NULL
        : age < 0 ? "it has never been there"
                  : arena_printf(run->of->arena, "no sign of life for %lld ms", (long long)age));
    add_number(c, "age_ms", age);
}

static void check_shared_memory(struct run *run, struct check *c)
{
    const struct shm *shm = run->of->shm;
    const bool private = shm_is_private(shm);

    say(c, private ? CHECK_IS_PRIVATE : CHECK_IS_OK, !private,
        private ? "this process has none with the others: each has its own cache and its own limits" : NULL);
    add_number(c, "bytes", (int64_t)shm_size(shm, NULL));
}

/* By the limits of the alert, but at once. */
static void check_memory(struct run *run, struct check *c)
{
    const struct alert_rule *rule = &alert_rules[ALERT_MEMORY];
    struct sample s;
    int64_t age;

    if (!shm_agent_is_there(run->of->shm, &age) || !samples_newest(samples_open(run->of->shm), &s) || s.memory_permille < 0) {
        say(c, CHECK_IS_UNKNOWN, true, "the agent has taken no sample of it");
        s.memory_permille = s.memory_limit = -1;
    } else if (s.memory_permille >= alert_critical(rule, run->of->conf)) {
        say(c, CHECK_IS_CRITICAL, false, "the pool has nearly all of the memory that it may have");
    } else if (s.memory_permille >= alert_warning(rule, run->of->conf)) {
        say(c, CHECK_IS_WARNING, true, "the pool has most of the memory that it may have");
    } else {
        say(c, CHECK_IS_OK, true, NULL);
    }
    add_number(c, "memory_usage_percent", s.memory_permille < 0 ? -1 : s.memory_permille / 10);
    add_number(c, "used_bytes", s.memory_permille < 0 ? -1 : s.memory_pool + s.memory_agent);
    add_number(c, "limit_bytes", s.memory_limit);
}

/* Without WEB_WORKERS nobody has said how many there should be. */
static void check_pool(struct run *run, struct check *c)
{
    const struct pool *pool = pool_open(run->of->shm);
    const int64_t wanted = run->of->conf->web_workers;
    int64_t alive = 0, busy = 0;
    struct pool_member m;

    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        alive++;
        busy += m.busy_since_ms != 0 ? 1 : 0;
    }
    if (shm_is_private(run->of->shm)) {
        say(c, CHECK_IS_UNKNOWN, true, "without shared memory nobody knows the others");
        alive = busy = -1;
    } else if (alive < wanted) {
        say(c, CHECK_IS_SHORT, false,
            arena_printf(run->of->arena, "%lld responders of %lld are there", (long long)alive, (long long)wanted));
    } else {
        say(c, CHECK_IS_OK, true, NULL);
    }
    add_number(c, "responders", alive);
    add_number(c, "busy", busy);
    add_number(c, "wanted", wanted > 0 ? wanted : -1);
}

/* --- caches ------------------------------------------------------------------------------------------------------- */

static struct tier *find_tier(const struct cache *cache, const char *name)
{
    struct tier *t = NULL;

    for (size_t i = 0; (t = cache_tier(cache, i)) != NULL && strcmp(t->name, name) != 0; i++)
        continue;
    return t;
}

/* Has a tier remove something that it hasn't got: it changes nothing, and one that takes no writes refuses. A tier asks nobody while
 * its breaker is open. A deployment without it has no such tier, and the check stays absent. */
static void check_tier(struct run *run, const char *name, struct check *c)
{
    static const struct cache_key nothing = {{0}};
    struct tier *t = find_tier(run->of->cache, name);
    struct breaker_status s;
    bool answers;

    if (t == NULL)
        return;
    answers = t->remove(t, &nothing) != TIER_FAILED;
    breaker_status(&t->breaker, &s);
    say(c, answers ? CHECK_IS_OK : CHECK_IS_AWAY, answers, answers ? NULL : "no answer");
    if (!answers && s.error[0] != '\0')
        c->error = arena_strdup(run->of->arena, s.error);
    add_breaker(run->of->arena, c, &s);
}

static void check_redis(struct run *run, struct check *c)
{
    check_tier(run, "redis", c);
}

static void check_memcached(struct run *run, struct check *c)
{
    check_tier(run, "memcached", c);
}

static void check_local_cache(struct run *run, struct check *c)
{
    const struct tier *lru = find_tier(run->of->cache, "lru");
    struct lru_status s;

    if (lru == NULL)
        return;
    lru_status(lru, &s);
    say(c, CHECK_IS_OK, true, NULL);
    add_number(c, "entries", s.entries);
    add_number(c, "used_bytes", s.used);
    add_number(c, "bytes", s.bytes);
    add_number(c, "evicted", s.evicted);
    add_number(c, "emptied", s.emptied);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* The database first: others go by what it has found out. */
static const struct {
    const char *name;
    bool vital; /* no request does without it */
    void (*run)(struct run *run, struct check *c);
} checks[CHECK_COUNT] = {
    [CHECK_DATABASE] = {"database", true, check_database},
    [CHECK_SCHEMA] = {"schema", true, check_schema},
    [CHECK_AGENT] = {"agent", false, check_agent},
    [CHECK_SHARED_MEMORY] = {"shared_memory", false, check_shared_memory},
    [CHECK_REDIS] = {"redis", false, check_redis},
    [CHECK_MEMCACHED] = {"memcached", false, check_memcached},
    [CHECK_LOCAL_CACHE] = {"local_cache", false, check_local_cache},
    [CHECK_MEMORY] = {"memory", false, check_memory},
    [CHECK_POOL] = {"pool", false, check_pool},
    [CHECK_SECURITY] = {"security", false, check_security},
};

void checks_run(const struct checks_of *of, struct check found[CHECK_COUNT])
{
    struct run run = {.of = of};

    memset(found, 0, sizeof(*found) * CHECK_COUNT);
    for (int i = 0; i < CHECK_COUNT; i++) {
        const int64_t began = clock_mono_us();

        checks[i].run(&run, &found[i]);
        found[i].us = clock_mono_us() - began;
    }
}

/* Whatever the breaker says: whoever waits for the database to be back must see at once that it is. */
void checks_run_vital(const struct checks_of *of, struct check *database, struct check *schema)
{
    struct database d = {.answers = false};

    *database = *schema = (struct check){.status = CHECK_IS_ABSENT};
    ask_database(of, &d);
    judge_database(of, &d, database);
    judge_schema(of, &d, schema);
}

struct checks_summary checks_sum(const struct check found[CHECK_COUNT])
{
    struct checks_summary sum = {.health = HEALTH_HEALTHY};

    for (int i = 0; i < CHECK_COUNT; i++) {
        const enum health without = checks[i].vital ? HEALTH_UNHEALTHY : HEALTH_DEGRADED;

        if (found[i].status == CHECK_IS_ABSENT)
            continue;
        sum.total++;
        if (found[i].passed) {
            sum.passed++;
            continue;
        }
        sum.failed++;
        if (without > sum.health)
            sum.health = without;
    }
    return sum;
}

const char *check_name(enum check_of of)
{
    return checks[of].name;
}

const char *check_status_text(enum check_status s)
{
    static const char *const words[CHECK_IS_COUNT] = {
        [CHECK_IS_ABSENT] = "absent", [CHECK_IS_OK] = "ok",           [CHECK_IS_AWAY] = "away",
        [CHECK_IS_TOO_OLD] = "too_old", [CHECK_IS_PRIVATE] = "private", [CHECK_IS_SHORT] = "short",
        [CHECK_IS_WARNING] = "warning", [CHECK_IS_CRITICAL] = "critical", [CHECK_IS_UNKNOWN] = "unknown",
    };

    return words[s];
}

const char *health_text(enum health h)
{
    static const char *const words[] = {
        [HEALTH_HEALTHY] = "healthy", [HEALTH_DEGRADED] = "degraded", [HEALTH_UNHEALTHY] = "unhealthy"};

    return words[h];
}
