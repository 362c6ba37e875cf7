/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of caches, as REDIS_URL and MEMCACHED_SERVERS have them.
 */
#ifndef STEVEDORES_CONF_ENDPOINT_H
#define STEVEDORES_CONF_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#define SENTINELS_MAX 8

struct endpoint {
    char host[256]; /* name or numeric address; or the path of a unix socket, when port is 0 */
    int port;
};

struct redis_endpoint {
    struct endpoint at; /* host is "" where sentinels are to be asked for it */
    char user[128]; /* "" for none; likewise below */
    char password[256];
    int database;
    struct endpoint sentinels[SENTINELS_MAX];
    size_t nsentinels;
    char master[64]; /* what they call it; "" without them */
};

/* redis://[[user]:password@]host[:port][/database], unix://[[user]:password@]/path[?db=database] or
 * redis+sentinel://[[user]:password@]host[:port][,host[:port]…][/database]?master=NAME, escapes as in RFC 3986 section 2.1; the
 * credentials are the master's. False with a reason that fits behind "REDIS_URL: ". */
bool endpoint_redis(const char *url, struct redis_endpoint *e, const char **why) __attribute__((warn_unused_result));

/* The next of "host[:port],[address]:port,/path". *list moves on; false at its end. After a false, *why is NULL at the
 * end of a sound list. */
bool endpoint_memcached(const char **list, struct endpoint *e, const char **why) __attribute__((warn_unused_result));

#endif
