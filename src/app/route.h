/* SPDX-License-Identifier: Apache-2.0
 *
 * The route table: the whole API in one place (routes.c), and finding a request's route in it.
 */
#ifndef STEVEDORES_APP_ROUTE_H
#define STEVEDORES_APP_ROUTE_H

#include "auth/role.h"
#include "engine/exchange.h"
#include "shm/timings.h"

enum rate_class { RATE_EXEMPT, RATE_READ, RATE_WRITE, RATE_LOGIN, RATE_EXPORT, RATE_REPORT };

struct route {
    enum http_method method;
    const char *pattern; /* "/api/vessels/{id}"; NULL ends the table */
    handler_fn *handler;
    const struct resource *resource; /* for the engine's handlers */
    const char *board;               /* exists only where this board is switched on; NULL: always */
    enum role role;
    enum rate_class rate;
    const struct cache_policy *cache; /* NULL: always asked anew */
    const char *summary;
};

#define ROUTES_MAX 160 /* in the table; there is memory to count so many (app/route_metrics.h) */

extern const struct route routes[];

const char *route_method_text(enum http_method method);
const char *route_rate_text(enum rate_class rate);

/* Writes to the database: a browser's report doesn't, and comes as it pleases the browser. */
bool route_is_write(const struct route *r);

/* Whose answer may be kept under an Idempotency-Key: not what is a secret, as a new API key is. */
bool route_is_repeatable(const struct route *r);

/* The kind of requests that it is counted among. `r` NULL: no route was found. `whole`: the list was asked for whole, as CSV. */
enum request_group route_group(const struct route *r, bool whole);

/* False where its board is switched off. */
bool route_is_on(const struct route *r, const struct conf *conf);

/* The route of the request; the path's arguments go to args. HEAD finds GET's. NULL: there is none; then *allow lists the
 * methods that the path has (on `arena`), or is NULL when the path has none. Fixed segments win over arguments by
 * standing first in the table. */
const struct route *route_find(const struct http_request *req, const struct conf *conf,
                               const char *args[EXCHANGE_ARGS_MAX], struct arena *arena, const char **allow);

/* Ends the process with a log line when the table is not sound (a route without role, handler or summary; two equal;
 * too many). Once, at
 * the start. */
void route_check(void);

/* The same for any table that ends as `routes` does. */
void route_check_table(const struct route *table);

#endif
