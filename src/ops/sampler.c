/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/sampler.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/mem.h"
#include "cache/breaker.h"
#include "cache/lru.h"
#include "cache/redis.h"
#include "ops/pressure.h"
#include "ops/process.h"
#include "ops/samples.h"
#include "shm/counters.h"
#include "shm/pool.h"
#include "shm/timings.h"

/* What was counted up to a moment. A sample is the difference of two. */
struct totals {
    int64_t at_us; /* monotonic; 0: not taken */
    int64_t requests, failed, refused, limited, busy_us, cpu_us;
    int64_t cache[COUNTER_CACHE_MISS + 1];
    int64_t query_failures;
    struct histogram answers, queries;
};

struct sampler {
    const struct conf *conf;
    const struct shm *shm;
    struct samples *samples;
    struct tier *lru;
    struct pressure pressure;
    bool resizing; /* what was asked of the LRU is perhaps not done */
    void (*tell)(void *ctx, const struct alert_notice *notice); /* NULL: nobody wants to know */
    void *tell_ctx;
    int64_t memory_limit; /* bytes */
    int64_t next_ms;
    int64_t taken;
    int64_t sessions;
    struct totals totals[SAMPLES_SPAN + 1]; /* of the last ones, in turn */
    struct alert_state alerts[ALERT_COUNT];
    struct {
        int32_t pid;
        int64_t cpu_us;
    } seen[POOL_PLACES]; /* what each responder had used when it was last looked at */
    int64_t cpu_us;        /* of all, ever */
    int64_t agents_cpu_us; /* of the agents before this one */
};

struct sampler *sampler_new(const struct conf *conf, const struct shm *shm)
{
    struct sampler *s = mem_zalloc(sizeof(*s));
    struct samples_view *before = mem_zalloc(sizeof(*before));
    struct machine machine;

    s->conf = conf;
    s->shm = shm;
    s->samples = samples_open(shm);
    s->lru = lru_open(shm);
    s->resizing = true; /* an agent before this one may have died about it */
    s->sessions = -1;
    machine_look(&machine);
    s->memory_limit = machine_memory_mb(&machine, conf->memory_limit_mb) * 1048576;
    if (samples_read(s->samples, before)) { /* an agent before this one may have raised some, and counted */
        memcpy(s->alerts, before->alerts, sizeof(s->alerts));
        s->cpu_us = before->now.cpu_pool_us;
        s->agents_cpu_us = before->now.cpu_agent_us;
    }
    free(before);
    return s;
}

void sampler_free(struct sampler **s)
{
    (*s)->lru->free((*s)->lru);
    free(*s);
    *s = NULL;
}

void sampler_on_alert(struct sampler *s, void (*tell)(void *ctx, const struct alert_notice *notice), void *ctx)
{
    s->tell = tell;
    s->tell_ctx = ctx;
}

/* --- what was counted --------------------------------------------------------------------------------------------- */

static void count_requests(const struct timings *t, struct totals *out)
{
    for (int group = 0; group < GROUP_COUNT; group++) {
        for (int status = 0; status < STATUS_COUNT; status++) {
            struct histogram h = {.sum_us = 0};
            int64_t n;

            timings_add_requests(t, (enum request_group)group, (enum status_class)status, &h);
            n = histogram_count(&h);
            out->requests += n;
            out->failed += status == STATUS_5XX ? n : 0;
            out->refused += status == STATUS_4XX ? n : 0;
            out->busy_us += h.sum_us;
            if (group_infos[group].answers)
                histogram_add(&out->answers, &h);
        }
    }
}

/* Adds what the responder of a place has used since it was last looked at; of one that came since then, all of it. */
static void count_cpu(struct sampler *s, int place, int32_t pid)
{
    const int64_t used = process_cpu_us(pid);

    if (used < 0)
        return;
    if (s->seen[place].pid == pid)
        s->cpu_us += used - s->seen[place].cpu_us;
    else if (s->taken > 0)
        s->cpu_us += used;
    s->seen[place].pid = pid;
    s->seen[place].cpu_us = used;
}

static void count_all(struct sampler *s, struct totals *out)
{
    const struct counters *counters = counters_open(s->shm);
    const struct timings *timings = timings_open(s->shm);

    memset(out, 0, sizeof(*out));
    out->at_us = clock_mono_us();
    count_requests(timings, out);
    for (enum counter i = 0; i <= COUNTER_CACHE_MISS; i++)
        out->cache[i] = counter_get(counters, i);
    for (enum counter i = COUNTER_LIMITED_ADDRESS; i <= COUNTER_LIMITED_REPORT; i++)
        out->limited += counter_get(counters, i);
    timings_add_queries(timings, &out->queries);
    out->query_failures = timings_query_failures(timings);
    out->cpu_us = s->cpu_us;
}

/* --- what is now -------------------------------------------------------------------------------------------------- */

/* The agent's processor time, and that of those before it. */
static void count_agent(const struct sampler *s, struct sample *out)
{
    const int64_t used = process_cpu_us((int32_t)getpid());

    out->cpu_agent_us = s->agents_cpu_us + (used > 0 ? used : 0);
}

/* Adds what a process takes to *sum, which is -1 from the first one on that can't be known. */
static void add_memory(int32_t pid, int64_t *sum, int64_t *shared)
{
    struct process_memory m;

    if (!process_memory_look(pid, &m) || *sum < 0) {
        *sum = -1;
        return;
    }
    *sum += m.all;
    *shared += m.shared;
}

/* The kernel counts a page of the segment with those processes that have touched it. What nobody alive has is taken all the same,
 * and is the pool's. */
static void look_at_memory(const struct sampler *s, int64_t touched, struct sample *out)
{
    const int64_t segment = shm_memory(s->shm);

    if (segment > touched && out->memory_pool >= 0)
        out->memory_pool += segment - touched;
    out->memory_limit = s->memory_limit;
    out->memory_permille = -1;
    if (out->memory_agent >= 0 && out->memory_pool >= 0)
        out->memory_permille = (out->memory_agent + out->memory_pool) * 1000 / s->memory_limit;
}

static void look_at_pool(struct sampler *s, const struct db *db, const struct cache *cache, struct sample *out)
{
    const struct pool *pool = pool_open(s->shm);
    struct pool_member m;
    int64_t shared = 0;

    add_memory((int32_t)getpid(), &out->memory_agent, &shared);
    out->database_connections = db_is_connected(db) ? 1 : 0;
    out->redis_connections = redis_is_connected(cache_redis(cache)) ? 1 : 0;
    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        add_memory(m.pid, &out->memory_pool, &shared);
        out->responders++;
        out->database_connections += m.database ? 1 : 0;
        out->redis_connections += m.redis ? 1 : 0;
        count_cpu(s, i, m.pid);
    }
    out->responders_missing = s->conf->web_workers > 0 ? 0 : -1;
    if (s->conf->web_workers > out->responders)
        out->responders_missing = s->conf->web_workers - out->responders;
    count_agent(s, out);
    out->cpu_pool_us = s->cpu_us;
    look_at_memory(s, shared, out);
}

static void look_at_breakers(const struct sampler *s, struct sample *out)
{
    int64_t *const states[BREAKER_COUNT] = {[BREAKER_DATABASE] = &out->breaker_database,
                                            [BREAKER_REDIS] = &out->breaker_redis,
                                            [BREAKER_MEMCACHED] = &out->breaker_memcached};

    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker b = breaker_open(s->shm, s->conf, (enum breaker_of)i);
        struct breaker_status status;

        breaker_status(&b, &status);
        *states[i] = status.state != BREAKER_UNKNOWN ? (int64_t)status.state : -1;
    }
}

/* -1 while the database is away. */
static int64_t count_sessions(const struct sampler *s, struct db *db, struct arena *arena)
{
    static const char sql[] =
        "SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND last_used_at > now() - $1::integer * interval '1 second'";
    const char *params[] = {arena_printf(arena, "%lld", (long long)s->conf->session_idle_s)};
    struct db_result *r;
    struct error e;

    error_init(&e, arena);
    if (!db_is_connected(db) || db_query(db, arena, DB_READ, sql, params, 1, &r, &e) != OUT_OK)
        return -1;
    return db_get_i64(r, 0, 0);
}

/* --- the sample --------------------------------------------------------------------------------------------------- */

static int64_t permille(int64_t part, int64_t whole)
{
    return whole > 0 ? part * 1000 / whole : -1;
}

static void take_cache(const struct totals *from, const struct totals *to, struct sample *out)
{
    int64_t n[COUNTER_CACHE_MISS + 1], hits;

    for (int i = 0; i <= COUNTER_CACHE_MISS; i++)
        n[i] = to->cache[i] - from->cache[i];
    out->hits_near = n[COUNTER_CACHE_NEAR];
    out->hits_redis = n[COUNTER_CACHE_HIT_REDIS];
    out->hits_memcached = n[COUNTER_CACHE_HIT_MEMCACHED];
    out->hits_local = n[COUNTER_CACHE_HIT_LRU];
    out->hits_recent = n[COUNTER_CACHE_RECENT];
    out->stale = n[COUNTER_CACHE_STALE];
    out->misses = n[COUNTER_CACHE_MISS];
    hits = out->hits_near + out->hits_redis + out->hits_memcached + out->hits_local + out->hits_recent;
    out->hit_permille = permille(hits, hits + out->stale + out->misses);
}

static void take_difference(const struct totals *from, const struct totals *to, struct sample *out)
{
    struct histogram answers = to->answers, queries = to->queries;
    const int64_t span_us = to->at_us - from->at_us;

    histogram_subtract(&answers, &from->answers);
    histogram_subtract(&queries, &from->queries);
    out->span_ms = span_us / 1000;
    out->requests = to->requests - from->requests;
    out->failed = to->failed - from->failed;
    out->refused = to->refused - from->refused;
    out->limited = to->limited - from->limited;
    out->failed_permille = permille(out->failed, out->requests);
    out->p50_us = histogram_permille(&answers, 500);
    out->p95_us = histogram_permille(&answers, 950);
    out->p99_us = histogram_permille(&answers, 990);
    out->queries = histogram_count(&queries);
    out->query_failures = to->query_failures - from->query_failures;
    out->query_mean_us = histogram_mean(&queries);
    out->query_p95_us = histogram_permille(&queries, 950);
    out->busy_permille = permille(to->busy_us - from->busy_us, span_us * out->responders);
    out->cpu_permille = permille(to->cpu_us - from->cpu_us, span_us);
    take_cache(from, to, out);
}

static void log_alert(const struct alert_rule *rule, const struct alert_state *state)
{
    static const enum log_level levels[] = {[ALERT_OK] = LOG_INFO, [ALERT_WARNING] = LOG_WARN, [ALERT_CRITICAL] = LOG_ERROR};
    static const char *const words[] = {[ALERT_OK] = "cleared", [ALERT_WARNING] = "WARNING", [ALERT_CRITICAL] = "CRITICAL"};

    log_event(levels[state->level], "alert", F_STR("alert", rule->name), F_STR("state", words[state->level]),
              F_INT("value", (long long)state->value), F_STR("detail", rule->what));
}

static void step_alert(struct sampler *s, enum alert which, const struct sample *now)
{
    const struct alert_rule *rule = &alert_rules[which];
    struct alert_state *state = &s->alerts[which];
    const enum alert_level before = state->level;
    struct alert_notice notice = {.alert = which, .at_ms = now->at_ms};

    if (alert_step(rule, s->conf, now, state))
        log_alert(rule, state);
    notice.news = alert_news(before, now->at_ms, s->conf->alert_repeat_minutes * 60000, state);
    if (notice.news == ALERT_NO_NEWS || s->tell == NULL)
        return;
    notice.level = state->level;
    notice.value = state->value;
    notice.warning = alert_warning(rule, s->conf);
    notice.critical = alert_critical(rule, s->conf);
    notice.since_ms = state->since_ms;
    s->tell(s->tell_ctx, &notice);
}

/* The local cache gives way, or takes its room back. */
static void step_pressure(struct sampler *s, const struct sample *now)
{
    const int parts = lru_parts(s->lru);
    struct lru_status status;
    int wanted;

    if (shm_is_private(s->shm)) /* that cache is this process's, and empty */
        return;
    lru_status(s->lru, &status);
    wanted = pressure_parts(&s->pressure, now, parts, status.whole / LRU_PARTS);
    if (wanted == parts && !s->resizing)
        return;
    s->resizing = !lru_resize(s->lru, wanted);
    if (wanted == parts)
        return;
    lru_status(s->lru, &status);
    log_event(wanted < parts ? LOG_WARN : LOG_INFO, wanted < parts ? "lru_shrunk" : "lru_grown",
              F_INT("bytes", (long long)status.bytes), F_INT("of_bytes", (long long)status.whole),
              F_INT("memory_permille", (long long)now->memory_permille));
}

static void take(struct sampler *s, struct db *db, const struct cache *cache, struct arena *arena)
{
    struct totals *to = &s->totals[s->taken % (SAMPLES_SPAN + 1)];
    const struct totals *from = &s->totals[(s->taken + 1) % (SAMPLES_SPAN + 1)]; /* the oldest */
    const bool keep = s->taken > 0 && s->taken % SAMPLES_SPAN == 0;
    struct sample now = {.at_ms = clock_real_ms()};

    if (from->at_us == 0) /* the agent is younger than a span */
        from = &s->totals[0];
    look_at_pool(s, db, cache, &now);
    look_at_breakers(s, &now);
    count_all(s, to);
    if (keep || s->taken == 0)
        s->sessions = count_sessions(s, db, arena);
    now.sessions = s->sessions;
    take_difference(from, to, &now);
    for (int i = 0; i < ALERT_COUNT; i++)
        step_alert(s, (enum alert)i, &now);
    step_pressure(s, &now);
    samples_put(s->samples, &now, s->alerts, keep);
    s->taken++;
}

void sampler_turn(struct sampler *s, struct db *db, const struct cache *cache, struct arena *arena)
{
    const int64_t now = clock_mono_ms();

    if (now < s->next_ms)
        return;
    s->next_ms = now + SAMPLES_EVERY_MS;
    take(s, db, cache, arena);
}
