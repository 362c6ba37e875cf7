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

struct timings {
    struct histogram_cell requests[GROUP_COUNT][STATUS_COUNT];
    struct histogram_cell queries;
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

enum status_class timings_class(int status)
{
    if (status >= 500)
        return STATUS_5XX;
    return status < 300 ? STATUS_2XX : (enum status_class)(status / 100 - 2);
}

void timings_request(struct timings *t, enum request_group group, int status, int64_t us)
{
    histogram_put(&t->requests[group][timings_class(status)], us);
}

void timings_query(struct timings *t, int64_t us, bool failed)
{
    histogram_put(&t->queries, us);
    if (failed)
        (void)atomic_fetch_add_explicit(&t->query_failures, 1, memory_order_relaxed);
}

void timings_add_requests(const struct timings *t, enum request_group group, enum status_class status, struct histogram *h)
{
    histogram_take(h, &t->requests[group][status]);
}

void timings_add_queries(const struct timings *t, struct histogram *h)
{
    histogram_take(h, &t->queries);
}

int64_t timings_query_failures(const struct timings *t)
{
    return atomic_load_explicit(&t->query_failures, memory_order_relaxed);
}
