/* SPDX-License-Identifier: Apache-2.0
 *
 * The memcached tier: a ring of servers by consistent hashing (ketama). The only file that sees libmemcached.
 */
#ifndef STEVEDORES_CACHE_MEMCACHED_H
#define STEVEDORES_CACHE_MEMCACHED_H

#include "cache/tier.h"
#include "conf/conf.h"

/* NULL when MEMCACHED_SERVERS is empty. End with tier->free(). */
struct tier *memcached_open(const struct conf *conf, const struct shm *shm);

#endif
