/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "http/problem.h"

#include "base/json_out.h"

static const struct {
    int status;
    const char *type; /* a name that programs can compare; the README explains each */
    const char *title;
    const char *detail; /* when the error has none of its own */
} problems[OUT_COUNT] = {
    [OUT_OK] = {200, "", "OK", ""},
    [OUT_NOT_MODIFIED] = {304, "", "Not modified", ""},
    [OUT_INVALID] = {400, "invalid", "The request is not valid", "See the fields in errors."},
    [OUT_UNAUTHENTICATED] = {401, "unauthenticated", "Log in first", "There is no valid session or API key with this request."},
    [OUT_BAD_LOGIN] = {401, "bad-login", "Not logged in", "The name or the password is wrong."},
    [OUT_DENIED] = {403, "denied", "Not allowed", "Your role does not allow this."},
    [OUT_NOT_FOUND] = {404, "not-found", "Not found", "There is nothing at this address."},
    [OUT_BAD_METHOD] = {405, "bad-method", "Method not allowed", "The Allow header lists what is."},
    [OUT_CONFLICT] = {409, "conflict", "Not possible in this state", "See the fields in errors."},
    [OUT_PRECONDITION] = {412, "changed", "Somebody else has changed it", "See current for what it is now."},
    [OUT_KEY_REUSED] = {422, "key-reused", "This Idempotency-Key was used for another request", "Use a new key for each."},
    [OUT_TOO_LARGE] = {413, "too-large", "The body is too large", "Send less at once."},
    [OUT_URI_TOO_LONG] = {414, "uri-too-long", "The address is too long", "Shorten the path or the query."},
    [OUT_BAD_MEDIA_TYPE] = {415, "bad-media-type", "The body is not JSON", "Send application/json."},
    [OUT_HEADERS_TOO_LARGE] = {431, "headers-too-large", "The headers are too large", "Send fewer or shorter headers."},
    [OUT_LIMITED] = {429, "limited", "Too many requests", "Wait as long as Retry-After says."},
    [OUT_UNAVAILABLE] = {503, "unavailable", "Not available at the moment", "Try again shortly; nothing was changed."},
    [OUT_UNCERTAIN] = {503, "uncertain", "It is not known whether this was stored",
                       "Send the same request again, with the same id: it is stored once."},
    [OUT_INTERNAL] = {500, "internal", "Something went wrong here", "It was logged under the request id."},
};

int problem_status(enum outcome outcome)
{
    return problems[outcome].status;
}

const char *problem_title(enum outcome outcome)
{
    return problems[outcome].title;
}

const char *problem_type(enum outcome outcome, struct arena *arena)
{
    return arena_printf(arena, "urn:stevedores:problem:%s", problems[outcome].type);
}

void problem_json(struct buf *b, const struct http_request *req, const struct error *e)
{
    size_t n = e->nfields < ERROR_FIELDS_MAX ? e->nfields : ERROR_FIELDS_MAX;

    buf_char(b, '{');
    json_key(b, "type");
    json_text(b, problem_type(e->outcome, e->arena));
    json_key(b, "title");
    json_text(b, problems[e->outcome].title);
    json_key(b, "status");
    buf_printf(b, "%d", problems[e->outcome].status);
    json_key(b, "detail");
    if (e->detail == NULL && n > 0)
        json_text(b, arena_printf(e->arena, "%s: %s", e->fields[0].field, e->fields[0].detail));
    else
        json_text(b, e->detail != NULL ? e->detail : problems[e->outcome].detail);
    json_key(b, "request_id");
    json_text(b, req->id);
    json_key(b, "errors");
    buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(b, ',');
        buf_char(b, '{');
        json_key(b, "field");
        json_text(b, e->fields[i].field);
        json_key(b, "detail");
        json_text(b, e->fields[i].detail);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    if (e->current != NULL) {
        json_key(b, "current");
        buf_puts(b, e->current);
    }
    buf_char(b, '}');
}

void problem_respond(struct http_response *r, const struct http_request *req, const struct error *e)
{
    struct buf b;

    buf_init(&b, e->arena, 512);
    problem_json(&b, req, e);
    r->status = problems[e->outcome].status;
    r->content_type = "application/problem+json";
    r->cache_control = "no-store";
    r->etag = NULL;
    r->body = (struct str){b.data, b.len};
    if (e->outcome == OUT_UNAVAILABLE || e->outcome == OUT_UNCERTAIN)
        response_header(r, "Retry-After", "2");
    if (problems[e->outcome].status == 401) /* RFC 9110 section 11.6.1 wants it; browsers show no dialog for Bearer */
        response_header(r, "WWW-Authenticate", "Bearer realm=\"stevedores\"");
}
