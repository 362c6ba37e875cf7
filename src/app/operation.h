/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler takes and gives, said once for each in a table (operation.c): for the API's description (openapi.c). The
 * engine's handlers are among them, so a resource and its routes are described by being declared.
 */
#ifndef STEVEDORES_APP_OPERATION_H
#define STEVEDORES_APP_OPERATION_H

#include "app/route.h"
#include "engine/resource.h"

enum answer {
    ANSWER_OBJECT,  /* the members of a row by themselves */
    ANSWER_ROW,     /* {"data": {…}} */
    ANSWER_ROWS,    /* {"data": [{…}]} */
    ANSWER_PAGE,    /* a list, with pagination; or CSV */
    ANSWER_TEXT,    /* text/plain */
    ANSWER_NOTHING, /* 204 */
    ANSWER_EVENTS,  /* text/event-stream, or 404 where there are none */
};

enum {
    OPERATION_ADDS = 1,      /* 201 */
    OPERATION_AGAIN = 2,     /* 200 where the same was stored before */
    OPERATION_MANY = 4,      /* an array as well; then 207 */
    OPERATION_LOCATES = 8,   /* says where to find what it added */
    OPERATION_CONFLICTS = 16, /* may be refused for what is stored: 409 */
    OPERATION_MATCHES = 32,  /* If-Match, where the resource has versions: 412 */
    OPERATION_FIELDS = 64,   /* ?fields= */
    OPERATION_LOGIN = 128,   /* 401 though anybody may */
    OPERATION_SESSION = 256, /* an API key isn't enough */
    OPERATION_UNREADY = 512, /* 503 has the form of 200 */
    OPERATION_ALONE = 1024,  /* needs no database */
    OPERATION_MORE = 2048,   /* the answer has members besides those of `row` */
    OPERATION_CSV = 4096,    /* text/csv where it is asked for: limited as an export, and not kept in the cache */
};

struct operation {
    handler_fn *handler;
    const char *tag;             /* NULL: the route's board, or "people" where it has none */
    const struct resource *body; /* what may be given; NULL: the route's resource */
    const char *content;         /* for json_constant(), of a body that columns can't describe: OpenAPI's Content */
    const struct resource *row;  /* NULL: the route's resource; where that has none, an object of any members */
    unsigned takes;              /* COL_CREATE or COL_UPDATE: which of the body's columns may be given; 0: no body */
    enum answer answer;
    unsigned flags;
};

/* Never NULL: of a handler that isn't in the table, one that takes nothing and gives an object. */
const struct operation *operation_of(const struct route *r);

/* The resource whose columns the body has, and the one whose columns the answer's rows have; NULL: none. */
const struct resource *operation_body(const struct route *r);
const struct resource *operation_row(const struct route *r);

/* True when the operation heeds If-None-Match. */
bool operation_validates(const struct route *r);

/* True when the operation heeds If-Match. */
bool operation_matches(const struct route *r);

/* True when the table says what the handler takes and gives. */
bool operation_is_declared(const struct route *r);

#endif
