/* SPDX-License-Identifier: Apache-2.0
 *
 * The Redis tier, and Redis scripts for whoever counts there. With sentinel.c the only file that sees
 * hiredis. One connection, made when it is first needed, thrown away after any failure: a late answer must never be taken for another
 * one's. Where REDIS_URL names sentinels each connection is to whichever is the master then.
 *
 * Every wait is bounded by CACHE_CONNECT_TIMEOUT_MS and CACHE_COMMAND_TIMEOUT_MS, except looking up a host name, which is
 * the resolver's; a numeric address or a unix socket needs none.
 */
#ifndef STEVEDORES_CACHE_REDIS_H
#define STEVEDORES_CACHE_REDIS_H

#include "cache/tier.h"
#include "conf/conf.h"

/* NULL when REDIS_URL is empty. End with tier->free(). */
struct tier *redis_open(const struct conf *conf, const struct shm *shm);

/* A script, and its SHA-1 as Redis knows it, once it has told. */
struct redis_script {
    const char *text;
    char sha[41];
};

/* True while a connection is held; NULL: no Redis, no connection. */
bool redis_is_connected(const struct tier *redis);

#define REDIS_ARGS_MAX 32

/* Runs the script (EVALSHA; EVAL when Redis doesn't know it yet) with `nkeys` keys and then other arguments, all
 * texts, and takes its answer, a list of `n` integers. The breaker decides whether Redis is asked at all. */
enum tier_result redis_run(struct tier *redis, struct redis_script *script, const char *const *args, size_t nargs,
                           size_t nkeys, int64_t *out, size_t n) __attribute__((warn_unused_result));

#endif
