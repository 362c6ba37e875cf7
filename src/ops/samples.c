/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/samples.h"

#include <string.h>

#include "shm/lock.h"

#define FIELD(name)          {#name, offsetof(struct sample, name)}
#define FIELD_AS(text, name) {text, offsetof(struct sample, name)}

const struct sample_field sample_fields[] = {
    FIELD(span_ms),
    FIELD(requests),
    FIELD(failed),
    FIELD(refused),
    FIELD(limited),
    FIELD(failed_permille),
    FIELD(p50_us),
    FIELD(p95_us),
    FIELD(p99_us),
    FIELD(hits_near),
    FIELD(hits_redis),
    FIELD(hits_memcached),
    FIELD(hits_local),
    FIELD(hits_recent),
    FIELD(stale),
    FIELD(misses),
    FIELD(hit_permille),
    FIELD(queries),
    FIELD(query_failures),
    FIELD(query_mean_us),
    FIELD(query_p95_us),
    FIELD(responders),
    FIELD(busy_permille),
    FIELD(database_connections),
    FIELD(redis_connections),
    FIELD_AS("memory_pool_bytes", memory_pool),
    FIELD_AS("memory_agent_bytes", memory_agent),
    FIELD(memory_permille),
    FIELD(cpu_permille),
    FIELD(sessions),
    {NULL, 0},
};

/* While the lock is free all is whole. The agent died in the middle of a write: its next one begins anew. */
struct samples {
    struct shm_lock lock;
    struct sample now;
    struct alert_state alerts[ALERT_COUNT];
    int64_t written; /* kept ones, ever: the next goes to written % SAMPLES_KEPT */
    struct sample kept[SAMPLES_KEPT];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct samples);
}

static void region_init(void *region, size_t size)
{
    struct samples *s = region;

    (void)size;
    shm_lock_init(&s->lock);
}

const struct shm_region samples_region = {"samples", 2, region_size, region_init};

static void forget(void *arg)
{
    struct samples *s = arg;

    memset(&s->now, 0, sizeof(s->now));
    memset(s->alerts, 0, sizeof(s->alerts));
    s->written = 0;
}

struct samples *samples_open(const struct shm *shm)
{
    return shm_region(shm, &samples_region);
}

int64_t sample_get(const struct sample *s, const struct sample_field *field)
{
    return *(const int64_t *)((const char *)s + field->at);
}

bool samples_read(struct samples *s, struct samples_view *out)
{
    int64_t first;

    memset(out, 0, sizeof(*out));
    if (!shm_lock(&s->lock, forget, s))
        return false;
    out->now = s->now;
    memcpy(out->alerts, s->alerts, sizeof(out->alerts));
    out->n = s->written < SAMPLES_KEPT ? (size_t)s->written : SAMPLES_KEPT;
    first = s->written - (int64_t)out->n;
    for (size_t i = 0; i < out->n; i++)
        out->kept[i] = s->kept[(first + (int64_t)i) % SAMPLES_KEPT];
    shm_unlock(&s->lock);
    return true;
}

void samples_put(struct samples *s, const struct sample *now, const struct alert_state alerts[ALERT_COUNT], bool keep)
{
    if (!shm_lock(&s->lock, forget, s))
        return;
    s->now = *now;
    memcpy(s->alerts, alerts, sizeof(s->alerts));
    if (keep)
        s->kept[s->written++ % SAMPLES_KEPT] = *now;
    shm_unlock(&s->lock);
}
