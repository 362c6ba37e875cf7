/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer, collected while a request is worked on and sent at its end.
 */
#ifndef STEVEDORES_HTTP_RESPONSE_H
#define STEVEDORES_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/request.h"

#define RESPONSE_HEADERS_MAX 24

struct http_header {
    const char *name;
    const char *value;
};

/* Sends a piece of the body; false: the client is gone. */
typedef bool response_write(void *to, struct str piece);

struct http_response {
    int status;               /* 0: not answered yet */
    const char *content_type; /* of the body */
    const char *cache_control;
    struct http_header headers[RESPONSE_HEADERS_MAX];
    size_t nheaders;
    struct str body;          /* on the request's arena */
    const char *etag;         /* with its quotes; NULL: none */
    bool repeats;             /* the write had been done already, by a request whose answer may have got lost */

    /* A body that is made while it is sent, in place of `body`; false: it is not whole, and the client must be shown so. */
    bool (*stream)(void *ctx, response_write *write, void *to);
    void *stream_ctx;
};

void response_init(struct http_response *r);

/* Adds a header; name and value must live as long as the request. */
void response_header(struct http_response *r, const char *name, const char *value);

/* A JSON body. */
void response_json(struct http_response *r, int status, struct str body);

/* Gives the answer an ETag made from its body, unless it has one. */
void response_tag(struct http_response *r, struct arena *arena);

/* Gives a 200 answer to GET or HEAD an ETag and turns it into 304 when the request has it
 * already (RFC 9110 sections 8.8.3 and 13.1.2, weak comparison). */
void response_validate(struct http_response *r, const struct http_request *req, struct arena *arena);

/* The whole answer in CGI form (RFC 3875 section 6): "Status: …", headers (http/headers.h's among them), empty line. HEAD
 * gets everything but the body. */
struct str response_head(const struct http_response *r, const struct http_request *req, struct arena *arena);

#endif
