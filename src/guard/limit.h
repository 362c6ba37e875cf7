/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate limits: one for the whole pool, and with Redis one for all hosts.
 *
 * Sliding windows by two counters (the running window and the one before it, which counts for as much of it as still lies
 * within the window's length; Cloudflare, "Counting things, a lot of different things", 2017). A refused request isn't
 * counted. In each window of the clock the limit is never passed. In a span of that length across two of them it can be, up
 * to twice the limit when all of the first one's came at its end: what came in a window is taken for evenly spread.
 *
 * The decision is always made in shared memory. With Redis, which counts for all hosts, shared memory holds an advance that
 * Redis has counted already; when that is used up the next is fetched, larger while much is left and a single one towards
 * the limit's end, so that no round trip is spent on each read and the limit is still never passed. One fetch of a caller at
 * a time is under way on a host; others that need it wait, as long as it may take. Each brings Redis's counters here and
 * takes ours there where they are higher: whichever of the two goes away or comes back empty, the other one's count goes on.
 */
#ifndef STEVEDORES_GUARD_LIMIT_H
#define STEVEDORES_GUARD_LIMIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "cache/tier.h"
#include "conf/conf.h"
#include "conf/rate.h"
#include "shm/shm.h"

enum limit_class { LIMIT_ADDRESS, LIMIT_READ, LIMIT_WRITE, LIMIT_LOGIN, LIMIT_ACCOUNT, LIMIT_EXPORT, LIMIT_REPORT, LIMIT_COUNT };

extern const struct shm_region limit_region;

struct limits;

/* `redis` is borrowed; NULL: shared memory counts alone. */
struct limits *limits_new(const struct conf *conf, const struct shm *shm, struct tier *redis);
void limits_free(struct limits **l);

/* What a limit says of a request. */
struct limit_verdict {
    bool allowed;
    size_t n;                     /* rates of the class; 0: it has none */
    struct rate rates[RATES_MAX];
    int64_t remaining[RATES_MAX]; /* requests that would be allowed now */
    int64_t reset_s[RATES_MAX];   /* until the running window ends */
    int64_t retry_s;              /* when not allowed: until one will be */
};

/* Counts a request of `who` ("address:10.0.0.7") against the class. `now_ms`: real time, which hosts share. Never fails: where
 * counting isn't possible, LIMIT_LOGIN and LIMIT_ACCOUNT refuse and the others allow. */
void limit_take(struct limits *l, enum limit_class class, const char *who, int64_t now_ms, struct limit_verdict *v);

/* Whom an address stands for: an IPv4 address, or the /64 of an IPv6 address. */
const char *limit_address(const char *remote_addr, struct arena *arena);

/* "RateLimit-Policy" and "RateLimit" (draft-ietf-httpapi-ratelimit-headers-10). */
const char *limit_policy_header(const struct limit_verdict *v, struct arena *arena);
const char *limit_header(const struct limit_verdict *v, struct arena *arena);

const char *limit_class_text(enum limit_class class);

#endif
