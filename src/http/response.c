/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "http/response.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "http/headers.h"

void response_init(struct http_response *r)
{
    *r = (struct http_response){.content_type = "application/json", .cache_control = "no-store"};
}

void response_header(struct http_response *r, const char *name, const char *value)
{
    assert(r->nheaders < RESPONSE_HEADERS_MAX);
    r->headers[r->nheaders++] = (struct http_header){name, value};
}

void response_json(struct http_response *r, int status, struct str body)
{
    r->status = status;
    r->content_type = "application/json";
    r->body = body;
}

/* True when the list of entity tags has ours, or is "*". */
static bool has_etag(const char *list, const char *etag)
{
    size_t n = strlen(etag);

    if (strcmp(list, "*") == 0)
        return true;
    while (*list != '\0') {
        list += strspn(list, ", \t");
        if (list[0] == 'W' && list[1] == '/')
            list += 2;
        if (strncmp(list, etag, n) == 0 && (list[n] == '\0' || strchr(", \t", list[n]) != NULL))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

void response_tag(struct http_response *r, struct arena *arena)
{
    unsigned char hash[16];
    char hex[sizeof(hash) * 2 + 1];

    if (r->etag != NULL)
        return;
    (void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)r->body.p, r->body.n, NULL, 0);
    r->etag = arena_printf(arena, "\"%s\"", sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)));
}

void response_validate(struct http_response *r, const struct http_request *req, struct arena *arena)
{
    if (r->status != 200 || r->stream != NULL || (req->method != HTTP_GET && req->method != HTTP_HEAD))
        return;
    response_tag(r, arena);
    /* "Ask again, and it costs little": each use is checked with the ETag. */
    r->cache_control = "private, no-cache";
    if (has_etag(req->if_none_match, r->etag)) {
        r->status = 304;
        r->body = STR("");
    }
}

/* RFC 9110 section 15. A status line without a phrase is allowed, but there are clients that take it for no status at all. */
static const char *reason(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {207, "Multi-Status"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].phrase;
    }
    return "";
}

struct str response_head(const struct http_response *r, const struct http_request *req, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 1024);
    buf_printf(&b, "Status: %d %s\r\n", r->status, reason(r->status));
    if (r->status != 304 && r->status != 204) {
        headers_add(&b, "Content-Type", r->content_type);
        if (r->stream == NULL)
            buf_printf(&b, "Content-Length: %zu\r\n", r->body.n);
    }
    headers_add(&b, "Cache-Control", r->cache_control);
    if (r->etag != NULL)
        headers_add(&b, "ETag", r->etag);
    headers_add(&b, "X-Request-Id", req->id);
    for (size_t i = 0; i < r->nheaders; i++)
        headers_add(&b, r->headers[i].name, r->headers[i].value);
    headers_answer(&b, req->https);
    buf_puts(&b, "Vary: Accept-Encoding\r\n\r\n");
    return (struct str){b.data, b.len};
}
