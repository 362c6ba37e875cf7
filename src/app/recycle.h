/* SPDX-License-Identifier: Apache-2.0
 *
 * When a responder ends to be replaced by a fresh one: after MAX_REQUESTS (a tenth more or less, so that a pool which began
 * together doesn't end together), or when its own memory passed RESPONDER_MEMORY_MB. Only between requests, and only one of
 * the pool at a time.
 */
#ifndef STEVEDORES_APP_RECYCLE_H
#define STEVEDORES_APP_RECYCLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "shm/shm.h"

extern const struct shm_region recycle_region;

struct recycle {
    const struct conf *conf;
    _Atomic int64_t *pool_next_ms; /* in shared memory: no responder ends before (monotonic) */
    int64_t requests, last;        /* so far, and with which one it ends; last 0: never */
    int statm;                     /* /proc/self/statm, kept open; -1: not to be had */
    const char *why;               /* it is to end; NULL: not yet */
};

/* Begins to count. The address space is bounded from here on (RLIMIT_AS), which stops a responder that runs away in the middle
 * of a request: what it has now, and four times RESPONDER_MEMORY_MB. End with recycle_end(). */
void recycle_begin(struct recycle *r, const struct conf *conf, const struct shm *shm);
void recycle_end(struct recycle *r);

/* After each request: is this the time to end? A system call in 256 requests. */
bool recycle_due(struct recycle *r);

#endif
