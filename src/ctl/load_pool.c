/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/load.h"

#include <stdlib.h>

#include "app/regions.h"
#include "base/mem.h"
#include "ops/health.h"
#include "ops/process.h"
#include "ops/samples.h"
#include "shm/counters.h"
#include "shm/pool.h"
#include "shm/timings.h"

struct load_pool {
    struct shm *shm;
    struct load_counts before;
    struct samples_view view; /* where a look puts what it reads */
    struct {
        int32_t pid;
        int64_t cpu_us; /* when last looked at */
    } seen[POOL_PLACES];
    int64_t cpu_us;  /* of all, since the beginning; -1: can't be known */
    int64_t memory;  /* the most; -1 likewise */
};

static void take_counts(const struct shm *shm, struct load_counts *out)
{
    const struct counters *counters = counters_open(shm);
    const struct timings *timings = timings_open(shm);
    struct histogram all = {.sum_us = 0}, queries = {.sum_us = 0};

    *out = (struct load_counts){.requests = 0};
    for (int group = 0; group < GROUP_COUNT; group++) {
        for (int status = 0; status < STATUS_COUNT; status++)
            timings_add_requests(timings, (enum request_group)group, (enum status_class)status, &all);
    }
    timings_add_queries(timings, &queries);
    out->requests = histogram_count(&all);
    out->queries = histogram_count(&queries);
    out->query_us = queries.sum_us;
    for (enum counter i = COUNTER_CACHE_NEAR; i <= COUNTER_CACHE_MISS; i++) { /* as the agent's samples have it */
        out->answers += counter_get(counters, i);
        if (i != COUNTER_CACHE_STALE && i != COUNTER_CACHE_MISS)
            out->hits += counter_get(counters, i);
    }
}

struct load_pool *load_pool_new(const struct conf *conf)
{
    struct shm *shm = shm_open_existing(conf, regions);
    struct load_pool *p;

    if (shm == NULL)
        return NULL;
    p = mem_zalloc(sizeof(*p));
    p->shm = shm;
    take_counts(shm, &p->before);
    load_pool_look(p);
    p->cpu_us = p->cpu_us < 0 ? -1 : 0; /* what they had used before */
    return p;
}

void load_pool_free(struct load_pool **p)
{
    if (*p == NULL)
        return;
    shm_close(&(*p)->shm);
    free(*p);
    *p = NULL;
}

/* Adds what the responder of a place has used since it was last looked at; a new one began with nothing. */
static void look_at_cpu(struct load_pool *p, int place, int32_t pid)
{
    const int64_t used = process_cpu_us(pid);

    if (used < 0 || p->cpu_us < 0) {
        p->cpu_us = -1;
        return;
    }
    p->cpu_us += used - (p->seen[place].pid == pid ? p->seen[place].cpu_us : 0);
    p->seen[place].pid = pid;
    p->seen[place].cpu_us = used;
}

void load_pool_look(struct load_pool *p)
{
    const struct pool *pool = pool_open(p->shm);
    struct pool_member m;
    int64_t memory = 0, one, age;

    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool, i, &m))
            continue;
        one = process_memory(m.pid);
        memory = one < 0 || memory < 0 ? -1 : memory + one;
        look_at_cpu(p, i, m.pid);
    }
    if (memory >= 0 && shm_agent_is_there(p->shm, &age) && samples_read(samples_open(p->shm), &p->view) &&
        p->view.now.at_ms != 0 && p->view.now.memory_agent > 0)
        memory += p->view.now.memory_agent; /* only the agent itself knows which process it is */
    if (memory < 0)
        p->memory = -1;
    else if (p->memory >= 0 && memory > p->memory)
        p->memory = memory;
}

void load_pool_counts(const struct load_pool *p, struct load_counts *since)
{
    take_counts(p->shm, since);
    since->requests -= p->before.requests;
    since->hits -= p->before.hits;
    since->answers -= p->before.answers;
    since->queries -= p->before.queries;
    since->query_us -= p->before.query_us;
}

int64_t load_pool_memory(const struct load_pool *p)
{
    return p->memory;
}

int64_t load_pool_cpu_us(const struct load_pool *p)
{
    return p->cpu_us;
}
