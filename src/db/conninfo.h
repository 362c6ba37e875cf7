/* SPDX-License-Identifier: Apache-2.0
 *
 * What a database URL says (libpq, section 34.1.1): for another database of the same server, and for other programs, as PostgreSQL's
 * own are, which take it from their environment. Asks nobody. The URLs are such: db_check_urls().
 */
#ifndef STEVEDORES_DB_CONNINFO_H
#define STEVEDORES_DB_CONNINFO_H

#include "base/arena.h"
#include "base/str.h"

/* The same connection to the database of that name, as keyword=value pairs on the arena. NULL when out of memory. It may hold a
 * password. */
char *conninfo_with_database(const char *url, const char *database, struct arena *arena);

/* Puts it into this process's environment (PGHOST, PGPASSWORD, …), in which what the URL doesn't name stays as it is. What has no
 * such variable (keepalives, sslpassword) is left out, and its name added to `left_out`, with a blank in front. False when out of
 * memory. */
bool conninfo_to_environment(const char *url, struct buf *left_out) __attribute__((warn_unused_result));

#endif
