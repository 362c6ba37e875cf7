/* SPDX-License-Identifier: Apache-2.0
 *
 * A statement that took too long, for the log: its text, which is the program's own, and of its parameters what they are like,
 * never what they are. The request and its route are in each line of a request (base/log.h).
 */
#ifndef STEVEDORES_DB_SLOW_QUERY_H
#define STEVEDORES_DB_SLOW_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* What became of it. */
struct slow_query {
    const char *sql;
    const char *const *params;
    size_t nparams;
    int64_t us;
    int64_t rows;         /* that it gave, or touched */
    const char *sqlstate; /* "" unless the server refused it or gave it up */
};

/* The event slow_query. */
void slow_query_log(const struct slow_query *q, struct arena *arena);

/* The parts of the line, exposed for the tests: the text in one line, cut off where it gets long; and the shapes of parameters:
 * null, int, array(elements), object(members), text(bytes). */
const char *slow_query_text(const char *sql, struct arena *arena);
const char *slow_query_shapes(const char *const *params, size_t n, struct arena *arena);

#endif
