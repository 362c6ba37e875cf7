/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, and the route that they lead to. The first byte says how long the path is within the text, as a query behind it
 * would.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "app/route.h"
#include "http/request.h"

static void check_segment(const char *s)
{
    PROMISE(*s != '\0' && strcmp(s, ".") != 0 && strcmp(s, "..") != 0);
    PROMISE(str_is_text(s, strlen(s)));
    for (; *s != '\0'; s++)
        PROMISE(*s != '/' && (unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void check_same(struct fuzz *f, const struct http_request *req)
{
    struct http_request again = {.id = "12345678"};
    struct buf joined, path;

    buf_init(&joined, f->arena, 64);
    buf_init(&path, f->arena, 64);
    for (size_t i = 0; i < req->nsegments; i++) {
        check_segment(req->segments[i]);
        buf_char(&joined, '/');
        buf_puts(&joined, req->segments[i]);
        buf_char(&path, '/');
        fuzz_percent(&path, req->segments[i]);
    }
    if (req->nsegments == 0) {
        buf_char(&joined, '/');
        buf_char(&path, '/');
    }
    PROMISE(strcmp(req->path, joined.data) == 0);
    PROMISE(path_parse(path.data, path.len, &again, f->arena, &f->err) == OUT_OK);
    PROMISE(again.nsegments == req->nsegments && strcmp(again.path, req->path) == 0);
}

static void check_route(struct fuzz *f, struct http_request *req)
{
    for (int method = HTTP_GET; method <= HTTP_OTHER; method++) {
        const char *args[EXCHANGE_ARGS_MAX] = {NULL}, *allow = NULL;
        const struct route *route;
        size_t n = 0;

        req->method = (enum http_method)method;
        route = route_find(req, fuzz_conf(), args, f->arena, &allow);
        if (route == NULL)
            continue;
        PROMISE(route->method == req->method || (route->method == HTTP_GET && req->method == HTTP_HEAD));
        for (const char *p = route->pattern; (p = strchr(p, '{')) != NULL; p++)
            n++;
        for (size_t i = 0; i < n; i++)
            check_segment(args[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {.id = "12345678"};
    struct fuzz f;
    char *text;
    size_t n;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    text = fuzz_text(&f, data + 1, size - 1);
    n = data[0] < strlen(text) ? data[0] : strlen(text);
    if (path_parse(text, n, &req, f.arena, &f.err) != OUT_OK) {
        fuzz_problem(&f, "12345678");
    } else {
        PROMISE(req.nsegments <= REQUEST_SEGMENTS_MAX);
        check_same(&f, &req);
        check_route(&f, &req);
    }
    fuzz_end(&f);
    return 0;
}
