/* SPDX-License-Identifier: Apache-2.0
 *
 * A request in hand and everything a handler may use for it. Made by app/serve.c, lives as long as the request.
 */
#ifndef STEVEDORES_ENGINE_EXCHANGE_H
#define STEVEDORES_ENGINE_EXCHANGE_H

#include "auth/session.h"
#include "base/arena.h"
#include "base/err.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "db/db.h"
#include "guard/limit.h"
#include "http/request.h"
#include "http/response.h"
#include "shm/shm.h"

struct resource;

#define EXCHANGE_ARGS_MAX 4

struct exchange {
    struct arena *arena;
    const struct conf *conf;
    struct db *db;
    struct db *replica; /* for an export: it has all that the answer must have; NULL: there is none, or it has not */
    const struct shm *shm;
    struct cache *cache;
    struct limits *limits;
    const struct caller *caller; /* who asks */
    const struct http_request *req;
    const struct resource *resource; /* of the route; NULL when it has none */
    const char *args[EXCHANGE_ARGS_MAX]; /* what stood in the path for {…}, in order */
    struct http_response *resp;
    struct error *err;
};

/* A handler answers through x->resp and returns OUT_OK, or returns what went wrong with its detail in x->err. */
typedef enum outcome handler_fn(struct exchange *x);

#endif
