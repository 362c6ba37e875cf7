/* SPDX-License-Identifier: Apache-2.0
 *
 * Circuit breakers (Nygard, Release It!), one per dependency, shared by the pool.
 *
 * closed   the dependency is asked. After a failure only one request at a time is, with a pause between two, until one
 *          succeeds: a server that hangs costs the pool one timeout each, not one per responder and failure.
 * open     after so many failures in a row: nobody asks it.
 * half open  after a while one request tries. It closes the breaker, or opens it for as long again.
 *
 * Monotonic clock throughout.
 */
#ifndef STEVEDORES_CACHE_BREAKER_H
#define STEVEDORES_CACHE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/shm.h"

enum breaker_of { BREAKER_DATABASE, BREAKER_REDIS, BREAKER_MEMCACHED, BREAKER_COUNT };
enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN, BREAKER_UNKNOWN };

extern const struct shm_region breaker_region;

/* Which one, and what opens it; borrowed from the segment. */
struct breaker {
    struct breaker_slot *slot;
    const char *name;
    int64_t threshold; /* failures in a row */
    int64_t open_ms;
    bool one_by_one;   /* after a first failure; see above */
};

/* For the database the bounds are constants, and after a first failure everybody asks on: its answers can't be done
 * without for a minute, nor because of one connection that was cut. */
struct breaker breaker_open(const struct shm *shm, const struct conf *conf, enum breaker_of of);

/* True when the dependency may be asked now. Who then asks it must say what became of it. */
bool breaker_allow(const struct breaker *b) __attribute__((warn_unused_result));

/* True when breaker_allow() may be true: for choosing, without taking the place of a trial. */
bool breaker_is_closed(const struct breaker *b);

void breaker_success(const struct breaker *b);
void breaker_failure(const struct breaker *b, const char *why);

struct breaker_status {
    enum breaker_state state;
    int64_t failures;     /* in a row, now */
    int64_t failed;       /* all there were */
    int64_t opened;       /* how often it opened */
    int64_t state_age_ms; /* since it opened or closed; -1: it never has */
    int64_t error_age_ms; /* since the last failure; -1: there was none */
    char error[128];      /* the last one; "" */
};

/* The state is BREAKER_UNKNOWN, and the rest as of one that never did anything, when its lock can't be had now. */
void breaker_status(const struct breaker *b, struct breaker_status *out);
const char *breaker_state_text(enum breaker_state state);

#endif
