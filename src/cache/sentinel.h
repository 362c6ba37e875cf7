/* SPDX-License-Identifier: Apache-2.0
 *
 * Redis Sentinel: which Redis is the master at the moment. The sentinels are asked without a password.
 */
#ifndef STEVEDORES_CACHE_SENTINEL_H
#define STEVEDORES_CACHE_SENTINEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/endpoint.h"

/* Asks e's sentinels, each once, beginning with number *first, until one knows; *first becomes that one. All together take
 * `timeout_ms` at most (looking up names apart), which is divided among those that are left, so that one that is silent leaves some to the
 * next. False with the last one's reason in `why`. Whether it is the master is for its own ROLE to say: a sentinel
 * may not have heard of a fail-over yet. */
bool sentinel_find(const struct redis_endpoint *e, int64_t timeout_ms, size_t *first, struct endpoint *master, char *why,
                   size_t size) __attribute__((warn_unused_result));

#endif
