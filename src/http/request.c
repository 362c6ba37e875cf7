/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "http/request.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/random.h"

/* The parameters that are looked at; one walk over the environment finds them all. */
enum {
    P_METHOD,
    P_URI,
    P_CONTENT_LENGTH,
    P_CONTENT_TYPE,
    P_REQUEST_ID,
    P_IF_NONE_MATCH,
    P_IF_MATCH,
    P_IDEMPOTENCY_KEY,
    P_REMOTE_ADDR,
    P_SCHEME,
    P_COOKIE,
    P_AUTHORIZATION,
    P_FETCH_SITE,
    P_ORIGIN,
    P_HOST,
    P_USER_AGENT,
    P_ACCEPT,
    P_SEEN_VERSIONS,
    P_COUNT
};

static const struct str wanted[P_COUNT] = {
    [P_METHOD] = STR("REQUEST_METHOD"),
    [P_URI] = STR("REQUEST_URI"),
    [P_CONTENT_LENGTH] = STR("CONTENT_LENGTH"),
    [P_CONTENT_TYPE] = STR("CONTENT_TYPE"),
    [P_REQUEST_ID] = STR("REQUEST_ID"),
    [P_IF_NONE_MATCH] = STR("HTTP_IF_NONE_MATCH"),
    [P_IF_MATCH] = STR("HTTP_IF_MATCH"),
    [P_IDEMPOTENCY_KEY] = STR("HTTP_IDEMPOTENCY_KEY"),
    [P_REMOTE_ADDR] = STR("REMOTE_ADDR"),
    [P_SCHEME] = STR("REQUEST_SCHEME"),
    [P_COOKIE] = STR("HTTP_COOKIE"),
    [P_AUTHORIZATION] = STR("HTTP_AUTHORIZATION"),
    [P_FETCH_SITE] = STR("HTTP_SEC_FETCH_SITE"),
    [P_ORIGIN] = STR("HTTP_ORIGIN"),
    [P_HOST] = STR("HTTP_HOST"),
    [P_USER_AGENT] = STR("HTTP_USER_AGENT"),
    [P_ACCEPT] = STR("HTTP_ACCEPT"),
    [P_SEEN_VERSIONS] = STR("HTTP_X_SEEN_VERSIONS"),
};

static const char *const methods[] = {
    [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
    [HTTP_PATCH] = "PATCH", [HTTP_PUT] = "PUT",   [HTTP_DELETE] = "DELETE",
};

/* Fills values[] ("" for what is missing) and returns the bytes of headers and of what is looked at together; what Apache adds
 * of its own is no matter of the client's. The values are copied: the originals go with the connection, which ends before
 * the request is logged. */
static size_t read_env(char *const *env, const char *values[P_COUNT], struct arena *arena)
{
    size_t bytes = 0;

    for (int i = 0; i < P_COUNT; i++)
        values[i] = "";
    for (; *env != NULL; env++) {
        const char *eq = strchr(*env, '=');
        bool counts = strncmp(*env, "HTTP_", 5) == 0;

        if (eq == NULL)
            continue;
        for (int i = 0; i < P_COUNT; i++) {
            if ((size_t)(eq - *env) == wanted[i].n && memcmp(*env, wanted[i].p, wanted[i].n) == 0) {
                values[i] = arena_strdup(arena, eq + 1);
                counts = true;
            }
        }
        if (counts)
            bytes += strlen(*env) + 1;
    }
    return bytes;
}

/* An id that a web server made: up to 64 letters, digits, '-' and '_'. Anything else could forge the log. */
static bool is_id(const char *s)
{
    size_t n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_");

    return n >= 8 && n <= 64 && s[n] == '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes %XX (and '+' when `plus`) of n bytes. NULL when an escape is malformed or the result isn't text. */
static const char *decode(const char *s, size_t n, bool plus, struct arena *arena)
{
    char *out = arena_alloc(arena, n + 1);
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%') {
            int hi = n - i > 2 ? hex_value(s[i + 1]) : -1;
            int lo = n - i > 2 ? hex_value(s[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return NULL;
            out[len++] = (char)(hi * 16 + lo);
            i += 2;
        } else {
            out[len++] = plus && s[i] == '+' ? ' ' : s[i];
        }
    }
    out[len] = '\0';
    return str_is_text(out, len) ? out : NULL;
}

enum outcome path_parse(const char *text, size_t n, struct http_request *req, struct arena *arena, struct error *e)
{
    struct buf path;
    const char *end = text + n;

    buf_init(&path, arena, n + 2);
    req->nsegments = 0;
    if (n == 0 || *text != '/')
        return error_field(e, OUT_INVALID, "path", "does not begin with a slash");
    if (n == 1)
        buf_char(&path, '/');
    for (const char *p = text + 1; p < end || (p == end && n > 1);) {
        size_t len = strcspn(p, "/") < (size_t)(end - p) ? strcspn(p, "/") : (size_t)(end - p);
        const char *segment = decode(p, len, false, arena);

        if (segment == NULL)
            return error_field(e, OUT_INVALID, "path", "is not well-formed UTF-8 in percent-encoding");
        for (const char *c = segment; *c != '\0'; c++) {
            if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
                return error_field(e, OUT_INVALID, "path", "has an encoded slash or control character");
        }
        if (*segment == '\0' || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return error_field(e, OUT_INVALID, "path", "has an empty or a dot segment");
        if (req->nsegments == REQUEST_SEGMENTS_MAX)
            return error_field(e, OUT_INVALID, "path", "has more than %d segments", REQUEST_SEGMENTS_MAX);
        req->segments[req->nsegments++] = segment;
        buf_char(&path, '/');
        buf_puts(&path, segment);
        p += len + 1;
    }
    req->path = path.data;
    return OUT_OK;
}

enum outcome query_parse(const char *text, struct http_param *params, size_t max, size_t *n, struct arena *arena,
                         struct error *e)
{
    *n = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "&");
        const char *eq = memchr(text, '=', len);
        size_t name_len = eq != NULL ? (size_t)(eq - text) : len;
        const char *name, *value;

        if (len > 0) {
            name = decode(text, name_len, true, arena);
            value = eq != NULL ? decode(eq + 1, len - name_len - 1, true, arena) : "";
            if (name == NULL || value == NULL || *name == '\0')
                return error_field(e, OUT_INVALID, name != NULL && *name != '\0' ? name : "query",
                                   "is not well-formed UTF-8 in percent-encoding");
            for (size_t i = 0; i < *n; i++) {
                if (strcmp(params[i].name, name) == 0)
                    return error_field(e, OUT_INVALID, name, "is given more than once");
            }
            if (*n == max)
                return error_field(e, OUT_INVALID, "query", "has more than %zu parameters", max);
            params[*n] = (struct http_param){name, value};
            (*n)++;
        }
        text += len + (text[len] == '&');
    }
    return OUT_OK;
}

const char *request_param(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->nquery; i++) {
        if (strcmp(req->query[i].name, name) == 0)
            return req->query[i].value;
    }
    return NULL;
}

/* True for the types that browsers' reports have (CSP Level 2 section 4.4, Reporting API section 7). */
static bool is_report(const char *type)
{
    size_t n = strcspn(type, "; \t");

    return (n == 22 && strncasecmp(type, "application/csp-report", n) == 0) ||
           (n == 24 && strncasecmp(type, "application/reports+json", n) == 0);
}

/* True for application/json and any "application/…+json", whatever parameters follow. */
static bool is_json(const char *type)
{
    size_t n = strcspn(type, "; \t");

    if (strncasecmp(type, "application/", 12) != 0)
        return false;
    return (n == 16 && strncasecmp(type + 12, "json", 4) == 0) ||
           (n > 17 && strncasecmp(type + n - 5, "+json", 5) == 0);
}

static enum outcome read_body(struct http_request *req, const struct request_source *source, const char *length_text,
                              const struct conf *conf, struct arena *arena, struct error *e)
{
    int64_t length = 0;
    size_t got = 0;
    char *body;

    if (*length_text != '\0' && (!parse_i64(length_text, &length) || length < 0))
        return error_field(e, OUT_INVALID, "Content-Length", "is not a number of bytes");
    if (length > conf->max_body_bytes)
        return error_field(e, OUT_TOO_LARGE, "body", "has %lld bytes; at most %lld are taken", (long long)length,
                           (long long)conf->max_body_bytes);
    if (length == 0)
        return OUT_OK;
    req->is_report = is_report(req->content_type);
    if (!req->is_report && !is_json(req->content_type))
        return error_field(e, OUT_BAD_MEDIA_TYPE, "Content-Type", "must be application/json");
    body = arena_alloc(arena, (size_t)length + 1);
    while (got < (size_t)length) {
        ssize_t n = source->read(source->ctx, body + got, (size_t)length - got);

        if (n <= 0)
            return error_field(e, OUT_INVALID, "body", "ended after %zu of %lld bytes", got, (long long)length);
        got += (size_t)n;
    }
    body[got] = '\0';
    req->body = (struct str){body, got};
    return OUT_OK;
}

const char *request_cookie(const struct http_request *req, const char *name, struct arena *arena)
{
    size_t length = strlen(name);

    for (const char *p = req->cookie; *p != '\0';) {
        size_t n;

        p += strspn(p, "; \t");
        n = strcspn(p, ";");
        if (n > length && p[length] == '=' && memcmp(p, name, length) == 0)
            return arena_strndup(arena, p + length + 1, n - length - 1);
        p += n;
    }
    return NULL;
}

enum outcome request_read(struct http_request *req, const struct request_source *source, const struct conf *conf,
                          struct arena *arena, struct error *e)
{
    const char *env[P_COUNT];
    size_t bytes = read_env(source->env, env, arena);
    size_t path_len;
    enum outcome o;

    memset(req, 0, sizeof(*req));
    req->id = is_id(env[P_REQUEST_ID]) ? env[P_REQUEST_ID] : random_hex(arena, 16);
    req->method_text = env[P_METHOD];
    req->method = HTTP_OTHER;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(env[P_METHOD], methods[i]) == 0)
            req->method = (enum http_method)i;
    }
    req->content_type = env[P_CONTENT_TYPE];
    req->if_none_match = env[P_IF_NONE_MATCH];
    req->if_match = env[P_IF_MATCH];
    req->idempotency_key = env[P_IDEMPOTENCY_KEY];
    req->remote_addr = env[P_REMOTE_ADDR];
    req->https = strcmp(env[P_SCHEME], "https") == 0;
    req->cookie = env[P_COOKIE];
    req->authorization = env[P_AUTHORIZATION];
    req->fetch_site = env[P_FETCH_SITE];
    req->origin = env[P_ORIGIN];
    req->host = env[P_HOST];
    req->user_agent = env[P_USER_AGENT];
    req->accept = env[P_ACCEPT];
    req->seen_versions = env[P_SEEN_VERSIONS];
    path_len = strcspn(env[P_URI], "?");
    req->query_text = env[P_URI][path_len] == '?' ? env[P_URI] + path_len + 1 : "";
    req->path = arena_strndup(arena, env[P_URI], path_len);
    req->body = STR("");

    if (bytes > (size_t)conf->max_header_bytes)
        return error_set(e, OUT_HEADERS_TOO_LARGE, "the headers have %zu bytes; at most %lld are taken", bytes,
                         (long long)conf->max_header_bytes);
    if (path_len > (size_t)conf->max_path_bytes)
        return error_field(e, OUT_URI_TOO_LONG, "path", "has %zu bytes; at most %lld are taken", path_len,
                           (long long)conf->max_path_bytes);
    if (strlen(req->query_text) > (size_t)conf->max_query_bytes)
        return error_field(e, OUT_URI_TOO_LONG, "query", "has %zu bytes; at most %lld are taken",
                           strlen(req->query_text), (long long)conf->max_query_bytes);
    o = path_parse(env[P_URI], path_len, req, arena, e);
    if (o == OUT_OK)
        o = query_parse(req->query_text, req->query, REQUEST_PARAMS_MAX, &req->nquery, arena, e);
    if (o == OUT_OK)
        o = read_body(req, source, env[P_CONTENT_LENGTH], conf, arena, e);
    return o;
}
