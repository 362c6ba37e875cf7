/* SPDX-License-Identifier: Apache-2.0
 *
 * A request, parsed once into a struct that nobody changes afterwards. What isn't a well-formed request never gets
 * further than request_read().
 */
#ifndef STEVEDORES_HTTP_REQUEST_H
#define STEVEDORES_HTTP_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PATCH, HTTP_PUT, HTTP_DELETE, HTTP_OTHER };

#define REQUEST_SEGMENTS_MAX 16
#define REQUEST_PARAMS_MAX   64

struct http_param {
    const char *name;
    const char *value;
};

struct http_request {
    const char *id; /* from the web server if it has the form of one, else made here */
    enum http_method method;
    const char *method_text; /* as it came: for the log */
    const char *path;        /* decoded, begins with a slash */
    const char *segments[REQUEST_SEGMENTS_MAX];
    size_t nsegments;
    struct http_param query[REQUEST_PARAMS_MAX]; /* decoded, in the order they came */
    size_t nquery;
    const char *query_text; /* as it came */
    const char *content_type;   /* "" when there is none; likewise below */
    const char *if_none_match;
    const char *if_match;
    const char *idempotency_key;
    const char *remote_addr;
    const char *cookie;
    const char *authorization;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *origin;
    const char *host;
    const char *user_agent;
    const char *accept;
    const char *seen_versions; /* X-Seen-Versions: of what an event told (app/events.h) */
    bool https;
    struct str body;
    bool is_report; /* the body: a browser's report, of one of the two types that those have; else it is JSON */
};

/* Where a request comes from: parameters as "NAME=value" (RFC 3875 names) and the body's bytes. They are copied. */
struct request_source {
    char *const *env;
    /* Up to n bytes; 0 at the end; negative when the peer broke off or fell silent. */
    ssize_t (*read)(void *ctx, char *out, size_t n);
    void *ctx;
};

/* Reads and checks everything, within the limits of `conf`. *req is filled as far as it was understood even when
 * the outcome isn't OUT_OK, so that it can be logged; id, method_text and path are never NULL. */
enum outcome request_read(struct http_request *req, const struct request_source *source, const struct conf *conf,
                          struct arena *arena, struct error *e) __attribute__((warn_unused_result));

/* The value of the query's parameter, or NULL. */
const char *request_param(const struct http_request *req, const char *name);

/* The value of the cookie (RFC 6265 section 5.4), on the arena, or NULL. The first wins where there are two. */
const char *request_cookie(const struct http_request *req, const char *name, struct arena *arena);

/* Parses "a=1&b=2" (WHATWG URL, application/x-www-form-urlencoded) into params. Fails on malformed escapes, NUL, bytes
 * that aren't UTF-8, a name given twice, and more than `max` of them. Exposed for tests and fuzzing. */
enum outcome query_parse(const char *text, struct http_param *params, size_t max, size_t *n, struct arena *arena,
                         struct error *e);

/* Splits and decodes "/api/vessels/7" into segments. An encoded slash, NUL or control character, an empty or a dot
 * segment are refused: nobody sends them who means well. Exposed for tests and fuzzing. */
enum outcome path_parse(const char *text, size_t n, struct http_request *req, struct arena *arena, struct error *e);

#endif
