/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/operations.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "cache/breaker.h"
#include "cache/lru.h"
#include "ops/health.h"
#include "ops/samples.h"
#include "shm/pool.h"
#include "shm/timings.h"

static const struct column operations_columns[] = {
    {"version", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "The program's."},
    {"at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The server's clock."},
    {"agent", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Whether the agent is at work (it takes the samples) and how long ago it said so."},
    {"memory", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The limit that counts, and the shared memory segment, in bytes."},
    {"now", COL_JSON, 0, 0, 0, NULL, NULL,
     "The newest sample, of the half minute before it: requests, times in microseconds, shares in permille; null: not known."},
    {"history", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Samples of each half minute of the last hour, the oldest first: for each member of a sample, a list."},
    {"alerts", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Each limit that is watched: its level (ok, warning, critical), since when, the value, the limits."},
    {"breakers", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Circuit breakers: their state (closed, open, half_open; unknown for a moment), since when, failures, the last error."},
    {"tiers", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The caches in the order in which they are asked; of the local one its size."},
    {"pool", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The responders: since when, how many requests, for how long at one."},
    {"requests", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Kinds of requests since the shared memory was made: how many, how many failed, times in microseconds."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource operations_row = {.name = "operations", .title = "Operations", .columns = operations_columns};

static void add_known(struct buf *b, const char *name, int64_t value)
{
    json_key(b, name);
    if (value < 0)
        buf_puts(b, "null");
    else
        buf_printf(b, "%lld", (long long)value);
}

static void add_bool(struct buf *b, const char *name, bool value)
{
    json_key(b, name);
    buf_puts(b, value ? "true" : "false");
}

/* 0: null. */
static void add_time(struct buf *b, const char *name, int64_t real_ms)
{
    char text[CLOCK_TEXT_SIZE];

    clock_text(real_ms, text);
    json_key(b, name);
    json_text(b, real_ms != 0 ? text : NULL);
}

static void add_time_ago(struct buf *b, const char *name, int64_t age_ms)
{
    add_time(b, name, age_ms >= 0 ? clock_real_ms() - age_ms : 0);
}

static void add_now(struct buf *b, const struct sample *now)
{
    json_key(b, "now");
    if (now->at_ms == 0) {
        buf_puts(b, "null");
        return;
    }
    buf_char(b, '{');
    add_time(b, "at", now->at_ms);
    for (const struct sample_field *f = sample_fields; f->name != NULL; f++)
        add_known(b, f->name, sample_get(now, f));
    buf_char(b, '}');
}

static void add_history(struct buf *b, const struct samples_view *view)
{
    char text[CLOCK_TEXT_SIZE];

    json_open(b, "history", '{');
    json_open(b, "at", '[');
    for (size_t i = 0; i < view->n; i++) {
        clock_text(view->kept[i].at_ms, text);
        json_item(b, "");
        json_text(b, text);
    }
    buf_char(b, ']');
    for (const struct sample_field *f = sample_fields; f->name != NULL; f++) {
        json_open(b, f->name, '[');
        for (size_t i = 0; i < view->n; i++) {
            const int64_t value = sample_get(&view->kept[i], f);

            json_item(b, value < 0 ? "null" : "");
            if (value >= 0)
                buf_printf(b, "%lld", (long long)value);
        }
        buf_char(b, ']');
    }
    buf_char(b, '}');
}

/* The deployment has what the breaker is of. */
static bool is_there(const struct conf *conf, enum breaker_of of)
{
    return of == BREAKER_DATABASE || *(of == BREAKER_REDIS ? conf->redis_url : conf->memcached_servers) != '\0';
}

/* An alert of what this deployment hasn't got says nothing. */
static bool can_be_raised(const struct conf *conf, int alert)
{
    switch (alert) {
    case ALERT_REDIS:
        return is_there(conf, BREAKER_REDIS);
    case ALERT_MEMCACHED:
        return is_there(conf, BREAKER_MEMCACHED);
    case ALERT_RESPONDERS:
        return conf->web_workers > 0;
    default:
        return true;
    }
}

static void add_alerts(struct exchange *x, struct buf *b, const struct samples_view *view)
{
    json_open(b, "alerts", '[');
    for (int i = 0; i < ALERT_COUNT; i++) {
        const struct alert_rule *rule = &alert_rules[i];
        const struct alert_state *s = &view->alerts[i];
        const int64_t critical = alert_critical(rule, x->conf);

        if (!can_be_raised(x->conf, i))
            continue;
        json_item(b, "{");
        json_member(b, "name", rule->name);
        json_member(b, "level", alert_level_text(s->level));
        add_time(b, "since", s->since_ms);
        add_known(b, "value", view->now.at_ms != 0 ? s->value : -1);
        json_number(b, "warning", (long long)alert_warning(rule, x->conf));
        add_known(b, "critical", critical > 0 ? critical : -1);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_breakers(struct exchange *x, struct buf *b)
{
    json_open(b, "breakers", '[');
    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker breaker = breaker_open(x->shm, x->conf, (enum breaker_of)i);
        struct breaker_status s;

        if (!is_there(x->conf, (enum breaker_of)i))
            continue;
        breaker_status(&breaker, &s);
        json_item(b, "{");
        json_member(b, "name", breaker.name);
        json_member(b, "state", breaker_state_text(s.state));
        add_time_ago(b, "since", s.state_age_ms);
        json_number(b, "failures_in_a_row", (long long)s.failures);
        json_number(b, "failures", (long long)s.failed);
        json_number(b, "opened", (long long)s.opened);
        json_member(b, "last_error", s.error[0] != '\0' ? s.error : NULL);
        add_time_ago(b, "last_error_at", s.error_age_ms);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_tiers(struct exchange *x, struct buf *b)
{
    const struct tier *t;

    json_open(b, "tiers", '[');
    for (size_t i = 0; (t = cache_tier(x->cache, i)) != NULL; i++) {
        json_item(b, "{");
        json_member(b, "name", t->name);
        if (t->breaker.slot == NULL) {
            struct lru_status s;

            lru_status(t, &s);
            json_number(b, "entries", (long long)s.entries);
            json_number(b, "used_bytes", (long long)s.used);
            json_number(b, "bytes", (long long)s.bytes);
            json_number(b, "evicted", (long long)s.evicted);
        }
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_pool(struct exchange *x, struct buf *b)
{
    const struct pool *pool = pool_open(x->shm);
    const int64_t now = clock_mono_ms();
    struct pool_member m;

    json_open(b, "pool", '[');
    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        json_item(b, "{");
        json_number(b, "pid", m.pid);
        add_time_ago(b, "since", now - m.joined_ms);
        json_number(b, "requests", (long long)m.requests);
        add_known(b, "busy_ms", m.busy_since_ms != 0 ? now - m.busy_since_ms : -1);
        add_bool(b, "database", m.database);
        add_bool(b, "redis", m.redis);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_requests(struct exchange *x, struct buf *b)
{
    const struct timings *timings = timings_open(x->shm);

    json_open(b, "requests", '[');
    for (int group = 0; group < GROUP_COUNT; group++) {
        struct histogram all = {.sum_us = 0};
        int64_t n[STATUS_COUNT], before = 0;

        for (int status = 0; status < STATUS_COUNT; status++) {
            timings_add_requests(timings, (enum request_group)group, (enum status_class)status, &all);
            n[status] = histogram_count(&all) - before;
            before += n[status];
        }
        json_item(b, "{");
        json_member(b, "group", group_infos[group].name);
        json_number(b, "requests", (long long)before);
        json_number(b, "refused", (long long)n[STATUS_4XX]);
        json_number(b, "failed", (long long)n[STATUS_5XX]);
        add_known(b, "p50_us", histogram_permille(&all, 500));
        add_known(b, "p95_us", histogram_permille(&all, 950));
        add_known(b, "p99_us", histogram_permille(&all, 990));
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_head(struct exchange *x, struct buf *b, const struct sample *now)
{
    int64_t age;
    const bool there = shm_agent_is_there(x->shm, &age);

    json_member(b, "version", PACKAGE_VERSION);
    add_time(b, "at", clock_real_ms());
    json_open(b, "agent", '{');
    add_bool(b, "ok", there);
    add_known(b, "age_ms", age);
    buf_char(b, '}');
    json_open(b, "memory", '{');
    add_known(b, "limit_bytes", now->at_ms != 0 ? now->memory_limit : -1);
    json_number(b, "segment_bytes", (long long)shm_size(x->shm, NULL));
    add_bool(b, "shared", !shm_is_private(x->shm));
    buf_char(b, '}');
}

enum outcome operations_get(struct exchange *x)
{
    struct samples_view *view = arena_zalloc(x->arena, sizeof(*view));
    struct buf b;

    if (!samples_read(samples_open(x->shm), view))
        return error_log(x->err, OUT_UNAVAILABLE, "the samples are locked");
    buf_init(&b, x->arena, (size_t)64 * 1024);
    buf_puts(&b, "{\"data\":{");
    add_head(x, &b, &view->now);
    add_now(&b, &view->now);
    add_history(&b, view);
    add_alerts(x, &b, view);
    add_breakers(x, &b);
    add_tiers(x, &b);
    add_pool(x, &b);
    add_requests(x, &b);
    buf_puts(&b, "}}");
    response_json(x->resp, 200, (struct str){b.data, b.len});
    return OUT_OK;
}
