/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/metrics.h"

#include <stddef.h>
#include <string.h>

#include "cache/breaker.h"
#include "cache/lru.h"
#include "guard/gate.h"
#include "ops/exposition.h"
#include "ops/samples.h"
#include "shm/counters.h"
#include "shm/pool.h"
#include "shm/timings.h"

static void add_build(struct buf *b)
{
    exposition_family(b, "stevedores_build_info", "gauge", "Always 1; the label says which version of the program it is");
    exposition_sample(b, "stevedores_build_info", LABELS({"version", PACKAGE_VERSION}), 1, 0);
}

static void add_counters(struct buf *b, const struct counters *counters)
{
    const char *family = "", *name = "";

    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        const struct counter_info *info = &counter_infos[i];

        if (strcmp(family, info->family) != 0) {
            family = info->family;
            name = arena_printf(b->arena, "stevedores_%s_total", family);
            exposition_family(b, name, "counter", info->help);
        }
        exposition_sample(b, name, LABELS({info->label, info->value}), counter_get(counters, i), 0);
    }
}

/* --- breakers ----------------------------------------------------------------------------------------------------- */

struct breaker_view {
    const char *name;
    struct breaker_status status;
};

static int64_t is_open(const struct breaker_status *s)
{
    return s->state != BREAKER_CLOSED;
}

static int64_t state_of(const struct breaker_status *s)
{
    static const int states[] = {[BREAKER_CLOSED] = 0, [BREAKER_HALF_OPEN] = 1, [BREAKER_OPEN] = 2};

    return states[s->state];
}

static int64_t failed(const struct breaker_status *s)
{
    return s->failed;
}

static int64_t opened(const struct breaker_status *s)
{
    return s->opened;
}

static const struct {
    const char *name, *type, *help;
    int64_t (*value)(const struct breaker_status *s);
} breaker_families[] = {
    {"stevedores_breaker_open", "gauge", "1 while the dependency is left alone", is_open},
    {"stevedores_breaker_state", "gauge", "0: closed, 1: half open, the next request tries, 2: open", state_of},
    {"stevedores_breaker_failures_total", "counter", "Failures of the dependency", failed},
    {"stevedores_breaker_opened_total", "counter", "How often the breaker opened", opened},
};

static void add_breakers(struct exchange *x, struct buf *b)
{
    struct breaker_view views[BREAKER_COUNT];

    for (int i = 0; i < BREAKER_COUNT; i++) {
        const struct breaker breaker = breaker_open(x->shm, x->conf, (enum breaker_of)i);

        views[i].name = breaker.name;
        breaker_status(&breaker, &views[i].status);
    }
    for (size_t f = 0; f < sizeof(breaker_families) / sizeof(breaker_families[0]); f++) {
        exposition_family(b, breaker_families[f].name, breaker_families[f].type, breaker_families[f].help);
        for (int i = 0; i < BREAKER_COUNT; i++) {
            if (views[i].status.state != BREAKER_UNKNOWN)
                exposition_sample(b, breaker_families[f].name, LABELS({"of", views[i].name}),
                                  breaker_families[f].value(&views[i].status), 0);
        }
    }
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

static void add_local(struct exchange *x, struct buf *b)
{
    struct lru_status s;
    size_t last = 0;

    while (cache_tier(x->cache, last + 1) != NULL)
        last++;
    if (!lru_status(cache_tier(x->cache, last), &s))
        return;
    exposition_single(b, "stevedores_cache_local_bytes", "gauge", "Memory that the local cache may take now", s.bytes, 0);
    exposition_single(b, "stevedores_cache_local_whole_bytes", "gauge", "The same while memory isn't short", s.whole, 0);
    exposition_single(b, "stevedores_cache_local_used_bytes", "gauge", "Memory of the local cache that is taken", s.used, 0);
    exposition_single(b, "stevedores_cache_local_entries", "gauge", "Entries of the local cache", s.entries, 0);
    exposition_single(b, "stevedores_cache_local_evicted_total", "counter", "Entries that made room for others", s.evicted, 0);
    exposition_single(b, "stevedores_cache_local_emptied_total", "counter",
                      "Shards emptied because a process died in one", s.emptied, 0);
}

static void add_gate(struct exchange *x, struct buf *b)
{
    int64_t inside, waiting;

    gate_count(gate_open(x->shm), &inside, &waiting);
    exposition_single(b, "stevedores_passwords_in_hand", "gauge", "Responders that are checking a password", inside, 0);
    exposition_single(b, "stevedores_passwords_waiting", "gauge", "Responders that wait for their turn to check one",
                      waiting, 0);
}

/* By route they are elsewhere, but only from the first one on. These are always here, so that the first failure of all shows as
 * one more, too. */
static void add_requests(struct exchange *x, struct buf *b)
{
    const struct timings *t = timings_open(x->shm);

    exposition_family(b, "stevedores_requests_total", "counter", "Requests by kind and class of the answer's status");
    for (int group = 0; group < GROUP_COUNT; group++) {
        for (int status = 0; status < STATUS_COUNT; status++) {
            struct histogram h = {.sum_us = 0};

            timings_add_requests(t, (enum request_group)group, (enum status_class)status, &h);
            exposition_sample(b, "stevedores_requests_total",
                              LABELS({"kind", group_infos[group].name}, {"status", status_class_names[status]}),
                              histogram_count(&h), 0);
        }
    }
}

static void add_queries(struct exchange *x, struct buf *b)
{
    const struct timings *t = timings_open(x->shm);
    struct histogram h = {.sum_us = 0};

    timings_add_queries(t, &h);
    exposition_family(b, "db_query_duration_seconds", "histogram", "How long the responders' statements took");
    exposition_histogram(b, "db_query_duration_seconds", NULL, &h);
    exposition_single(b, "db_query_errors_total", "counter",
                      "Statements that failed for the database's sake, not for what was asked", timings_query_failures(t), 0);
}

static void add_pool(struct exchange *x, struct buf *b)
{
    const struct pool *pool = pool_open(x->shm);
    int64_t responders = 0, busy = 0, joined, died;
    struct pool_member m;

    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        responders++;
        busy += m.busy_since_ms != 0 ? 1 : 0;
    }
    pool_totals(pool, &joined, &died);
    exposition_single(b, "stevedores_responders", "gauge", "Responders of the pool", responders, 0);
    if (x->conf->web_workers > 0)
        exposition_single(b, "stevedores_responders_expected", "gauge", "How many there should be (WEB_WORKERS)",
                          x->conf->web_workers, 0);
    exposition_single(b, "stevedores_responders_busy", "gauge", "Those that have a request in hand, this one's among them",
                      busy, 0);
    exposition_single(b, "stevedores_responder_starts_total", "counter", "Responders that were started", joined, 0);
    exposition_single(b, "stevedores_responder_deaths_total", "counter",
                      "Responders that died instead of ending, counted when the next one takes the place", died, 0);
}

/* --- what the agent measures -------------------------------------------------------------------------------------- */

/* Figures of the newest sample; those that are -1 aren't known. */
static const struct {
    const char *name, *help;
    size_t at;
    int digits;
} sampled[] = {
    {"app_memory_limit_bytes", "The memory that pool and agent may have", offsetof(struct sample, memory_limit), 0},
    {"cache_hit_ratio", "Of the answers of cached routes in the last half minute, the share that came out of a cache",
     offsetof(struct sample, hit_permille), 3},
    {"db_connections", "Connections to the database, of responders and agent", offsetof(struct sample, database_connections), 0},
    {"stevedores_redis_connections", "Connections to Redis", offsetof(struct sample, redis_connections), 0},
    {"stevedores_sessions_active", "Sessions that are not over", offsetof(struct sample, sessions), 0},
};

static void add_sampled(struct buf *b, const struct sample *now)
{
    for (size_t i = 0; i < sizeof(sampled) / sizeof(sampled[0]); i++) {
        const int64_t value = *(const int64_t *)((const char *)now + sampled[i].at);

        if (value >= 0)
            exposition_single(b, sampled[i].name, "gauge", sampled[i].help, value, sampled[i].digits);
    }
    exposition_family(b, "app_cpu_seconds_total", "counter", "Processor time used, as the agent saw it every few seconds");
    exposition_sample(b, "app_cpu_seconds_total", LABELS({"process", "pool"}), now->cpu_pool_us, 6);
    exposition_sample(b, "app_cpu_seconds_total", LABELS({"process", "agent"}), now->cpu_agent_us, 6);
}

/* `now` may be NULL. */
static void add_memory(struct exchange *x, struct buf *b, const struct sample *now)
{
    static const char name[] = "app_memory_usage_bytes";
    const int64_t shared = shm_memory(x->shm);

    exposition_family(b, name, "gauge",
                      "Memory in use (PSS) of all responders and of the agent; shared: of that, what the shared memory segment takes");
    if (now != NULL && now->memory_pool >= 0)
        exposition_sample(b, name, LABELS({"process", "pool"}), now->memory_pool, 0);
    if (now != NULL && now->memory_agent >= 0)
        exposition_sample(b, name, LABELS({"process", "agent"}), now->memory_agent, 0);
    if (shared >= 0)
        exposition_sample(b, name, LABELS({"process", "shared"}), shared, 0);
}

static void add_alerts(struct buf *b, const struct samples_view *view)
{
    exposition_family(b, "stevedores_agent_alert", "gauge", "The agent's own alerts; 0: ok, 1: warning, 2: critical");
    for (int i = 0; i < ALERT_COUNT; i++)
        exposition_sample(b, "stevedores_agent_alert", LABELS({"alert", alert_rules[i].name}), (int64_t)view->alerts[i].level, 0);
}

static void add_agent(struct exchange *x, struct buf *b)
{
    struct samples_view *view = arena_alloc(x->arena, sizeof(*view));
    const bool fresh = samples_read(samples_open(x->shm), view) && samples_are_fresh(view);
    int64_t age;

    (void)shm_agent_is_there(x->shm, &age);
    exposition_single(b, "stevedores_agent_age_seconds", "gauge", "Since the agent's last beat; -1: never",
                      age < 0 ? -1000 : age, 3);
    add_memory(x, b, fresh ? &view->now : NULL);
    if (!fresh)
        return;
    add_sampled(b, &view->now);
    add_alerts(b, view);
}

void metrics_add(struct exchange *x, struct buf *b)
{
    add_build(b);
    add_counters(b, counters_open(x->shm));
    add_breakers(x, b);
    add_local(x, b);
    add_gate(x, b);
    add_requests(x, b);
    add_queries(x, b);
    add_pool(x, b);
    add_agent(x, b);
}
