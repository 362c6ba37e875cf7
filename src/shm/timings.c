/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/timings.h"

#include <stdatomic.h>

const struct group_info group_infos[GROUP_COUNT] = {
    [GROUP_DASHBOARD] = {"dashboard", "a board's dashboard", true},
    [GROUP_LIST] = {"list", "a page of a list", true},
    [GROUP_ROW] = {"row", "a single row, and other reads", true},
    [GROUP_WRITE] = {"write", "a write", true},
    [GROUP_LOGIN] = {"login", "logging in, and new passwords", true},
    [GROUP_EXPORT] = {"export", "a whole list as CSV", false},
    [GROUP_HEALTH] = {"health", "health and metrics", false},
    [GROUP_OTHER] = {"other", "whatever is refused before its route is known, and browsers' reports", false},
};

const char *const status_class_names[STATUS_COUNT] = {"2xx", "3xx", "4xx", "5xx"};

struct cell {
    _Atomic int64_t counts[HISTOGRAM_BUCKETS];
    _Atomic int64_t sum_us;
};

struct timings {
    struct cell requests[GROUP_COUNT][STATUS_COUNT];
    struct cell queries;
    _Atomic int64_t query_failures;
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct timings);
}

const struct shm_region timings_region = {"timings", 1, region_size, NULL};

struct timings *timings_open(const struct shm *shm)
{
    return shm_region(shm, &timings_region);
}

static void count(struct cell *c, int64_t us)
{
    (void)atomic_fetch_add_explicit(&c->counts[histogram_bucket(us)], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&c->sum_us, us, memory_order_relaxed);
}

static void add(const struct cell *c, struct histogram *h)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] += atomic_load_explicit(&c->counts[i], memory_order_relaxed);
    h->sum_us += atomic_load_explicit(&c->sum_us, memory_order_relaxed);
}

void timings_request(struct timings *t, enum request_group group, int status, int64_t us)
{
    const int class = status < 300 ? STATUS_2XX : status >= 500 ? STATUS_5XX : status / 100 - 2;

    count(&t->requests[group][class], us);
}

void timings_query(struct timings *t, int64_t us, bool failed)
{
    count(&t->queries, us);
    if (failed)
        (void)atomic_fetch_add_explicit(&t->query_failures, 1, memory_order_relaxed);
}

void timings_add_requests(const struct timings *t, enum request_group group, enum status_class status, struct histogram *h)
{
    add(&t->requests[group][status], h);
}

void timings_add_queries(const struct timings *t, struct histogram *h)
{
    add(&t->queries, h);
}

int64_t timings_query_failures(const struct timings *t)
{
    return atomic_load_explicit(&t->query_failures, memory_order_relaxed);
}
