/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/health.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "cache/breaker.h"
#include "cache/lru.h"

static const char *const reports[] = {"healthy", "degraded", "unhealthy", NULL};
static const char *const readiness[] = {"ready", "not_ready", NULL};
static const char *const life[] = {"ok", NULL};

static const struct column report_columns[] = {
    {"status", COL_CHOICE, COL_NOT_NULL, 0, 0, reports, NULL, "Unhealthy: requests can't be served."},
    {"version", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "The program's."},
    {"checks", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Each part: its status and what it says of itself."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct column alive_columns[] = {
    {"status", COL_CHOICE, COL_NOT_NULL, 0, 0, life, NULL, "The process answers."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct column readiness_columns[] = {
    {"status", COL_CHOICE, COL_NOT_NULL, 0, 0, readiness, NULL, "Whether requests can be served."},
    {"checks", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The status of database, schema and agent."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource health_report = {.name = "health", .title = "Health", .columns = report_columns};
const struct resource health_alive = {.name = "alive", .title = "Sign of life", .columns = alive_columns};
const struct resource health_readiness = {.name = "ready", .title = "Readiness", .columns = readiness_columns};

enum outcome health_live(struct exchange *x)
{
    response_json(x->resp, 200, STR("{\"status\":\"ok\"}"));
    return OUT_OK;
}

static void add_check(struct buf *b, const char *name, const char *status)
{
    json_key(b, name);
    json_text(b, status);
}

/* The newest migration that the program's statements need, of the core and of each board that is switched on. */
static const struct {
    const char *board;
    int version;
} needed[] = {{"core", 13}, {"port", 12}, {"labour", 10}, {"delivery", 11}};

struct schema {
    bool database; /* it answers */
    bool whole;    /* all that is needed was applied */
    int64_t version; /* the newest; 0: none, or no database */
    int64_t needed;
};

static struct schema look_at_schema(struct exchange *x)
{
    struct schema s = {.database = true};
    struct db_result *result;
    struct buf list;
    int64_t n = 0;

    buf_init(&list, x->arena, 64);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (i > 0 && !conf_has_board(x->conf, needed[i].board))
            continue;
        buf_printf(&list, "%c%d", n++ == 0 ? '{' : ',', needed[i].version);
        if (needed[i].version > s.needed)
            s.needed = needed[i].version;
    }
    buf_char(&list, '}');
    if (db_query(x->db, x->arena, DB_READ,
                 "SELECT max(version), count(*) FILTER (WHERE version = ANY ($1::integer[])) FROM schema_migrations",
                 (const char *[]){list.data}, 1, &result, x->err) == OUT_OK) {
        s.version = db_get(result, 0, 0) != NULL ? db_get_i64(result, 0, 0) : 0;
        s.whole = db_get_i64(result, 0, 1) == n;
    } else {
        s.database = db_is_connected(x->db); /* it answers, but has no such table: not migrated at all */
    }
    return s;
}

static const char *schema_text(const struct schema *s)
{
    return s->whole ? "ok" : s->database ? "too_old" : "unknown";
}

static bool agent_is_there(const struct exchange *x, int64_t *age)
{
    *age = shm_agent_age_ms(x->shm);
    return *age >= 0 && *age < HEALTH_AGENT_STALE_MS;
}

/* Details stay in the log: this address is open to anybody. */
enum outcome health_ready(struct exchange *x)
{
    struct buf b;
    struct schema s = look_at_schema(x);
    int64_t age;

    buf_init(&b, x->arena, 256);
    buf_char(&b, '{');
    add_check(&b, "status", s.whole ? "ready" : "not_ready");
    json_key(&b, "checks");
    buf_char(&b, '{');
    add_check(&b, "database", s.database ? "ok" : "away");
    add_check(&b, "schema", schema_text(&s));
    add_check(&b, "agent", agent_is_there(x, &age) ? "ok" : "away");
    buf_puts(&b, "}}");
    if (!s.whole)
        response_header(x->resp, "Retry-After", "2");
    response_json(x->resp, s.whole ? 200 : 503, (struct str){b.data, b.len});
    return OUT_OK;
}

static void add_number(struct buf *b, const char *name, int64_t number)
{
    json_key(b, name);
    buf_printf(b, "%lld", (long long)number);
}

/* {"status": …, further members, "breaker": {…}} */
static void begin_part(struct buf *b, const char *name, const char *status)
{
    json_key(b, name);
    buf_char(b, '{');
    add_check(b, "status", status);
}

/* libpq's errors name hosts, users and paths, which are for the log: this address is open to anybody. Those of Redis and
 * memcached don't. */
static void add_breaker(struct buf *b, const struct breaker *breaker, bool with_error)
{
    struct breaker_status s;

    breaker_status(breaker, &s);
    json_key(b, "breaker");
    buf_char(b, '{');
    add_check(b, "state", breaker_state_text(s.state));
    add_number(b, "failures_in_a_row", s.failures);
    add_number(b, "failures", s.failed);
    add_number(b, "opened", s.opened);
    json_key(b, "last_error");
    json_text(b, with_error && s.error[0] != '\0' ? s.error : NULL);
    json_key(b, "last_error_age_ms");
    if (s.error_age_ms >= 0)
        buf_printf(b, "%lld", (long long)s.error_age_ms);
    else
        buf_puts(b, "null");
    buf_char(b, '}');
}

/* Asks a tier for something that it needn't have. True when it answers. */
static bool add_tier(struct exchange *x, struct buf *b, struct tier *t)
{
    static const struct cache_key nothing = {{0}};
    int64_t began = clock_mono_us();
    struct str value;
    bool answers = t->get(t, &nothing, x->arena, &value) != TIER_FAILED;

    begin_part(b, t->name, answers ? "ok" : "away");
    add_number(b, "us", clock_mono_us() - began);
    add_breaker(b, &t->breaker, true);
    buf_char(b, '}');
    return answers;
}

static void add_local(struct buf *b, const struct tier *lru)
{
    struct lru_status s;

    lru_status(lru, &s);
    begin_part(b, lru->name, "ok");
    add_number(b, "entries", s.entries);
    add_number(b, "used_bytes", s.used);
    add_number(b, "bytes", s.bytes);
    add_number(b, "evicted", s.evicted);
    add_number(b, "emptied", s.emptied);
    buf_char(b, '}');
}

enum outcome health_all(struct exchange *x)
{
    struct breaker database_breaker = breaker_open(x->shm, x->conf, BREAKER_DATABASE);
    struct buf b, checks;
    bool agent, healthy = true;
    int64_t age, began = clock_mono_us();
    struct schema s;

    buf_init(&checks, x->arena, 2048);
    buf_char(&checks, '{');
    s = look_at_schema(x);
    begin_part(&checks, "database", s.database ? "ok" : "away");
    add_number(&checks, "us", clock_mono_us() - began);
    add_breaker(&checks, &database_breaker, false);
    buf_char(&checks, '}');
    begin_part(&checks, "schema", schema_text(&s));
    add_number(&checks, "version", s.version);
    add_number(&checks, "needed", s.needed);
    buf_char(&checks, '}');
    agent = agent_is_there(x, &age);
    begin_part(&checks, "agent", agent ? "ok" : "away");
    add_number(&checks, "age_ms", age);
    buf_char(&checks, '}');
    begin_part(&checks, "shared_memory", shm_is_private(x->shm) ? "private" : "ok");
    add_number(&checks, "bytes", (int64_t)shm_size(x->shm, NULL));
    buf_char(&checks, '}');
    for (size_t i = 0; cache_tier(x->cache, i) != NULL; i++) {
        struct tier *t = cache_tier(x->cache, i);

        if (t->breaker.slot == NULL)
            add_local(&checks, t);
        else
            healthy = add_tier(x, &checks, t) && healthy;
    }
    buf_char(&checks, '}');
    healthy = healthy && agent && !shm_is_private(x->shm);
    buf_init(&b, x->arena, 2560);
    buf_char(&b, '{');
    add_check(&b, "status", !s.whole ? "unhealthy" : healthy ? "healthy" : "degraded");
    add_check(&b, "version", PACKAGE_VERSION);
    json_key(&b, "checks");
    buf_add(&b, checks.data, checks.len);
    buf_char(&b, '}');
    if (!s.whole)
        response_header(x->resp, "Retry-After", "2");
    response_json(x->resp, s.whole ? 200 : 503, (struct str){b.data, b.len});
    return OUT_OK;
}
