/* SPDX-License-Identifier: Apache-2.0
 *
 * The hosts that DATABASE_URL names, each to be connected to by itself: of several, libpq would wait for one that is silent until all
 * the time is over.
 */
#ifndef STEVEDORES_DB_HOSTS_H
#define STEVEDORES_DB_HOSTS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#define HOSTS_MAX 8 /* further ones are not asked */

struct hosts {
    PQconninfoOption *options; /* owned: what the URL says */
    size_t n;                  /* 1 or more */
};

/* False when the URL is none. End with hosts_deinit(). */
bool hosts_read(const char *url, struct hosts *h) __attribute__((warn_unused_result));
void hosts_deinit(struct hosts *h);

/* The n-th member, from 0, of a list "a,b,c"; a list of one is the same for all hosts. "" behind the last. Cut to fit. */
void hosts_member(const char *list, size_t n, char *out, size_t size);

/* Connecting to the n-th host, from 0, which has begun (PQconnectStartParams): the caller's to poll and to PQfinish(). NULL when out of
 * memory. A network that falls silent is noticed within some seconds, unless the URL says otherwise. */
PGconn *hosts_connect(const struct hosts *h, size_t n, const char *application) __attribute__((warn_unused_result));

#endif
