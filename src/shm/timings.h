/* SPDX-License-Identifier: Apache-2.0
 *
 * How long requests and statements took, for the whole pool: whichever process measured, all see the sum, and one that was
 * killed leaves behind what it counted. Atomics, no lock; they begin at 0 with the segment.
 */
#ifndef STEVEDORES_SHM_TIMINGS_H
#define STEVEDORES_SHM_TIMINGS_H

#include <stdbool.h>

#include "shm/histogram.h"
#include "shm/shm.h"

/* Kinds of requests, few, as each is kept apart. */
enum request_group {
    GROUP_DASHBOARD,
    GROUP_LIST,
    GROUP_ROW,
    GROUP_WRITE,
    GROUP_LOGIN,
    GROUP_EXPORT,
    GROUP_HEALTH,
    GROUP_OTHER,
    GROUP_COUNT
};

enum status_class { STATUS_2XX, STATUS_3XX, STATUS_4XX, STATUS_5XX, STATUS_COUNT };

struct group_info {
    const char *name; /* "dashboard" */
    const char *what; /* for people */
    bool answers;     /* somebody waits for it: its times count for the percentiles of all */
};

extern const struct shm_region timings_region;
extern const struct group_info group_infos[GROUP_COUNT];
extern const char *const status_class_names[STATUS_COUNT]; /* "2xx" */

struct timings;

struct timings *timings_open(const struct shm *shm);

enum status_class timings_class(int status);

void timings_request(struct timings *t, enum request_group group, int status, int64_t us);

/* A statement; `failed`: for the database's sake, not for what was asked. */
void timings_query(struct timings *t, int64_t us, bool failed);

/* Adds what was counted so far to *h. */
void timings_add_requests(const struct timings *t, enum request_group group, enum status_class status, struct histogram *h);
void timings_add_queries(const struct timings *t, struct histogram *h);
int64_t timings_query_failures(const struct timings *t);

#endif
