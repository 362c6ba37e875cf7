/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole requests as the web server passes them on: "NAME=value" lines, an empty line, the body.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "http/response.h"

#define ENV_MAX 64

/* The body comes in pieces, as a socket gives it. */
struct body {
    const uint8_t *p;
    size_t n;
};

static ssize_t read_piece(void *ctx, char *out, size_t n)
{
    struct body *b = ctx;
    size_t piece = b->n < 7 ? b->n : b->n / 2;

    if (piece > n)
        piece = n;
    if (piece > 0)
        memcpy(out, b->p, piece);
    b->p += piece;
    b->n -= piece;
    return (ssize_t)piece;
}

/* The last one of that name, as request_read() takes it. */
static const char *find(char *const *env, const char *name)
{
    const char *found = "";

    for (; *env != NULL; env++) {
        if (str_starts(*env, name) && (*env)[strlen(name)] == '=')
            found = *env + strlen(name) + 1;
    }
    return found;
}

static void check_accepted(struct fuzz *f, const struct http_request *req, char *const *env, const uint8_t *body,
                           size_t size)
{
    const struct conf *conf = fuzz_conf();
    struct http_response resp;

    PROMISE(req->path[0] == '/');
    PROMISE(req->nsegments <= REQUEST_SEGMENTS_MAX && req->nquery <= REQUEST_PARAMS_MAX);
    PROMISE(strcspn(find(env, "REQUEST_URI"), "?") <= (size_t)conf->max_path_bytes);
    PROMISE(strlen(req->query_text) <= (size_t)conf->max_query_bytes);
    for (size_t i = 0; i < req->nquery; i++)
        PROMISE(request_param(req, req->query[i].name) == req->query[i].value);
    /* Exactly what was announced; what came beyond it belongs to nobody. */
    PROMISE(req->body.n == strtoull(find(env, "CONTENT_LENGTH"), NULL, 10));
    PROMISE(req->body.n <= size && req->body.n <= (size_t)conf->max_body_bytes);
    PROMISE(req->body.n == 0 || memcmp(req->body.p, body, req->body.n) == 0);
    PROMISE(req->body.n == 0 || req->body.p[req->body.n] == '\0');

    response_init(&resp);
    response_json(&resp, 200, STR("{}"));
    response_validate(&resp, req, f->arena);
    PROMISE(resp.status == 200 || resp.status == 304);
    /* Only who names the tag, or all of them, has it already. */
    PROMISE(resp.status == 200 || strchr(req->if_none_match, '*') != NULL ||
            strstr(req->if_none_match, resp.etag) != NULL);
    fuzz_head(response_head(&resp, req, f->arena));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *env[ENV_MAX + 1];
    struct http_request req;
    struct body body;
    struct request_source source = {.env = env, .read = read_piece, .ctx = &body};
    struct fuzz f;
    size_t n = 0;

    fuzz_begin(&f);
    while (size > 0 && n < ENV_MAX) {
        env[n] = fuzz_line(&f, &data, &size);
        if (*env[n] == '\0')
            break;
        n++;
    }
    env[n] = NULL;
    body = (struct body){data, size};
    if (request_read(&req, &source, fuzz_conf(), f.arena, &f.err) == OUT_OK)
        check_accepted(&f, &req, env, data, size);
    else
        fuzz_problem(&f, req.id);
    PROMISE(req.id != NULL && req.method_text != NULL && req.path != NULL);
    PROMISE(strlen(req.id) >= 8 && strlen(req.id) <= 64);
    for (const char *p = req.id; *p != '\0'; p++)
        PROMISE(*p > ' ' && *p < 0x7f && *p != '"' && *p != '\\');
    fuzz_end(&f);
    return 0;
}
