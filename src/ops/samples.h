/* SPDX-License-Identifier: Apache-2.0
 *
 * How the host did lately: the agent takes a sample every few seconds of what happened in the half minute before, and keeps
 * one of each half minute for an hour. In shared memory, so that any responder can tell.
 */
#ifndef STEVEDORES_OPS_SAMPLES_H
#define STEVEDORES_OPS_SAMPLES_H

#include "base/arena.h"
#include "ops/alerts.h"
#include "shm/shm.h"

#define SAMPLES_EVERY_MS 5000
#define SAMPLES_SPAN     6   /* of these make the span that a sample is of, 30 s; one of as many is kept */
#define SAMPLES_KEPT     120 /* an hour */

/* All of these are int64_t, so that one table (sample_fields) says what they are. -1: not known. */
struct sample {
    int64_t at_ms;   /* real time, of its end */
    int64_t span_ms;
    int64_t requests;
    int64_t failed;  /* 5xx */
    int64_t refused; /* 4xx */
    int64_t limited; /* of these, by a rate limit */
    int64_t failed_permille;
    int64_t p50_us, p95_us, p99_us; /* of the answers that people wait for */
    int64_t hits_near, hits_redis, hits_memcached, hits_local, hits_recent, stale, misses;
    int64_t hit_permille;
    int64_t queries, query_failures, query_mean_us, query_p95_us;
    int64_t responders, responders_missing, busy_permille; /* missing of WEB_WORKERS, where that is set */
    int64_t database_connections, redis_connections;
    int64_t memory_pool, memory_agent, memory_limit; /* bytes */
    int64_t memory_permille;                         /* of the limit */
    int64_t cpu_permille; /* of one processor */
    int64_t sessions;
    int64_t breaker_database, breaker_redis, breaker_memcached; /* enum breaker_state */
    int64_t cpu_pool_us, cpu_agent_us; /* used so far, since the segment was made */
};

struct sample_field {
    const char *name; /* in JSON; NULL ends the list */
    size_t at;        /* in struct sample */
};

extern const struct shm_region samples_region;
extern const struct sample_field sample_fields[];

int64_t sample_get(const struct sample *s, const struct sample_field *field);

struct samples; /* the region */

struct samples *samples_open(const struct shm *shm);

/* A copy of all. */
struct samples_view {
    struct sample now; /* at_ms 0: there is none yet */
    struct alert_state alerts[ALERT_COUNT];
    size_t n;
    struct sample kept[SAMPLES_KEPT]; /* the oldest first */
};

/* False when it can't be had now. */
bool samples_read(struct samples *s, struct samples_view *out) __attribute__((warn_unused_result));

/* False when the newest sample is no longer of now, as the agent is away, or when there is none. */
bool samples_are_fresh(const struct samples_view *view);

/* The newest one alone. False likewise, and when there is none yet. */
bool samples_newest(struct samples *s, struct sample *out) __attribute__((warn_unused_result));

/* For the agent, which alone writes: the newest sample, how alerts stand with it, and whether it is to be kept. */
void samples_put(struct samples *s, const struct sample *now, const struct alert_state alerts[ALERT_COUNT], bool keep);

#endif
