/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/health.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "ops/checks.h"
#include "ops/verdict.h"

#define RETRY_AFTER "2" /* seconds */

static const char *const reports[] = {"healthy", "degraded", "unhealthy", NULL};
static const char *const readiness[] = {"ready", "not_ready", NULL};
static const char *const life[] = {"ok", NULL};

static const struct column report_columns[] = {
    {"status", COL_CHOICE, COL_NOT_NULL, 0, 0, reports, NULL,
     "Unhealthy: requests can't be served. Degraded: something has failed that they do without."},
    {"timestamp", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The server's clock."},
    {"version", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "The program's."},
    {"checks", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Each part: its status (ok, away, too_old, private, short, warning, critical, unknown); for an admin also whether it passed, the "
     "time that the check took in microseconds, what is wrong, and figures such as circuit_breaker_state."},
    {"summary", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "total_checks, passed and failed; a warning has passed."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct column glance_columns[] = {
    {"status", COL_CHOICE, COL_NOT_NULL, 0, 0, reports, NULL,
     "As the agent found it, which looks once a second; degraded when it has not looked lately."},
    {"timestamp", COL_TIME, 0, 0, 0, NULL, NULL, "When the agent looked; null: it never did."},
    {"age_ms", COL_INT, 0, 0, INT64_MAX, NULL, NULL, "How long ago that was."},
    {"checks", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "The status of each part. When the agent has not looked lately only its own, which is away then."},
    {"summary", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "total_checks, passed and failed; a warning has passed."},
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
const struct resource health_glance = {.name = "glance", .title = "Health at a glance", .columns = glance_columns};
const struct resource health_alive = {.name = "alive", .title = "Sign of life", .columns = alive_columns};
const struct resource health_readiness = {.name = "ready", .title = "Readiness", .columns = readiness_columns};

static void respond(struct exchange *x, bool can_serve, const struct buf *b)
{
    if (!can_serve)
        response_header(x->resp, "Retry-After", RETRY_AFTER);
    response_json(x->resp, can_serve ? 200 : 503, (struct str){b->data, b->len});
}

enum outcome health_live(struct exchange *x)
{
    response_json(x->resp, 200, STR("{\"status\":\"ok\"}"));
    return OUT_OK;
}

static struct checks_of parts(const struct exchange *x)
{
    return (struct checks_of){.arena = x->arena, .conf = x->conf, .shm = x->shm, .db = x->db, .cache = x->cache};
}

enum outcome health_ready(struct exchange *x)
{
    const struct checks_of of = parts(x);
    struct check database, schema;
    struct buf b;
    int64_t age;

    checks_run_vital(&of, &database, &schema);
    buf_init(&b, x->arena, 256);
    buf_char(&b, '{');
    json_member(&b, "status", schema.passed ? "ready" : "not_ready");
    json_open(&b, "checks", '{');
    json_member(&b, check_name(CHECK_DATABASE), check_status_text(database.status));
    json_member(&b, check_name(CHECK_SCHEMA), check_status_text(schema.status));
    json_member(&b, check_name(CHECK_AGENT), shm_agent_is_there(x->shm, &age) ? "ok" : "away");
    buf_puts(&b, "}}");
    respond(x, schema.passed, &b);
    return OUT_OK;
}

/* --- /health ------------------------------------------------------------------------------------------------------ */

/* Who can't be found out is a stranger, as is an API key that came unencrypted: health answers everybody. */
static bool is_for_admin(const struct exchange *x)
{
    struct caller caller;
    struct error ignored;

    if (*x->req->authorization != '\0' && !x->req->https && !x->conf->plain_http)
        return false;
    error_init(&ignored, x->arena);
    return session_identify(x->conf, x->db, x->cache, x->req, x->arena, &caller, &ignored) == OUT_OK &&
           caller.role >= ROLE_ADMIN;
}

static void add_time(struct buf *b, int64_t real_ms)
{
    char text[CLOCK_TEXT_SIZE];

    clock_text(real_ms, text);
    json_member(b, "timestamp", text);
}

static void add_summary(struct buf *b, const struct checks_summary *sum)
{
    json_open(b, "summary", '{');
    json_number(b, "total_checks", sum->total);
    json_number(b, "passed", sum->passed);
    json_number(b, "failed", sum->failed);
    buf_char(b, '}');
}

static void add_status(struct buf *b, enum check_of of, enum check_status status)
{
    json_open(b, check_name(of), '{');
    json_member(b, "status", check_status_text(status));
}

static void add_details(struct buf *b, const struct check *c)
{
    json_key(b, "passed");
    buf_puts(b, c->passed ? "true" : "false");
    json_number(b, "us", (long long)c->us);
    json_member(b, "error", c->error);
    for (size_t i = 0; i < c->nfacts; i++) {
        const struct check_fact *f = &c->facts[i];

        if (f->is_text || f->number < 0)
            json_member(b, f->name, f->text);
        else
            json_number(b, f->name, (long long)f->number);
    }
}

static void add_checks(struct buf *b, const struct check found[CHECK_COUNT], bool details)
{
    json_open(b, "checks", '{');
    for (int i = 0; i < CHECK_COUNT; i++) {
        if (found[i].status == CHECK_IS_ABSENT)
            continue;
        add_status(b, (enum check_of)i, found[i].status);
        if (details)
            add_details(b, &found[i]);
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

enum outcome health_all(struct exchange *x)
{
    const struct checks_of of = parts(x);
    const bool details = is_for_admin(x);
    struct check found[CHECK_COUNT];
    struct checks_summary sum;
    struct buf b;

    checks_run(&of, found);
    sum = checks_sum(found);
    buf_init(&b, x->arena, 4096);
    buf_char(&b, '{');
    json_member(&b, "status", health_text(sum.health));
    add_time(&b, clock_real_ms());
    json_member(&b, "version", PACKAGE_VERSION);
    add_checks(&b, found, details);
    add_summary(&b, &sum);
    buf_char(&b, '}');
    respond(x, sum.health != HEALTH_UNHEALTHY, &b);
    return OUT_OK;
}

/* --- /health/quick ------------------------------------------------------------------------------------------------ */

/* Of a verdict that is too old only its age still holds: the database may have gone since, or come back. */
static struct verdict of_silence(int64_t at_ms)
{
    struct check found[CHECK_COUNT] = {[CHECK_AGENT] = {.status = CHECK_IS_AWAY}};
    struct verdict v = {.at_ms = at_ms, .sum = checks_sum(found)};

    v.status[CHECK_AGENT] = CHECK_IS_AWAY;
    return v;
}

enum outcome health_quick(struct exchange *x)
{
    struct verdict v;
    const int64_t age = verdict_get(verdict_open(x->shm), &v);
    struct buf b;

    if (age < 0 || age >= SHM_AGENT_SILENT_MS)
        v = of_silence(v.at_ms);
    buf_init(&b, x->arena, 1024);
    buf_char(&b, '{');
    json_member(&b, "status", health_text(v.sum.health));
    if (age >= 0) {
        add_time(&b, v.at_ms);
        json_number(&b, "age_ms", (long long)age);
    } else {
        json_member(&b, "timestamp", NULL);
        json_member(&b, "age_ms", NULL);
    }
    json_open(&b, "checks", '{');
    for (int i = 0; i < CHECK_COUNT; i++) {
        if (v.status[i] == CHECK_IS_ABSENT)
            continue;
        add_status(&b, (enum check_of)i, v.status[i]);
        buf_char(&b, '}');
    }
    buf_char(&b, '}');
    add_summary(&b, &v.sum);
    buf_char(&b, '}');
    respond(x, v.sum.health != HEALTH_UNHEALTHY, &b);
    return OUT_OK;
}
