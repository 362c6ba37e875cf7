/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's description: how an operation can end.
 */
#include "config.h"
#include "app/openapi.h"

#include <string.h>

#include "app/operation.h"
#include "base/json_out.h"
#include "http/problem.h"

static void begin_answer(struct buf *b, const char *status, const char *description)
{
    json_open(b, status, '{');
    json_member(b, "description", description);
}

static void add_header(struct buf *b, const char *name)
{
    json_open(b, name, '{');
    json_member(b, "$ref", arena_printf(b->arena, "#/components/headers/%s", name));
    buf_char(b, '}');
}

static void add_headers(struct buf *b, const struct route *r, const char *status)
{
    const struct operation *o = operation_of(r);
    const struct resource *of = operation_row(r);
    const bool one = status[0] == '2' && strcmp(status, "207") != 0;

    json_open(b, "headers", '{');
    add_header(b, "X-Request-Id");
    if (r->rate != RATE_EXEMPT) {
        add_header(b, "RateLimit-Policy");
        add_header(b, "RateLimit");
    }
    if (one && (operation_validates(r) || (of != NULL && of->versioned)))
        add_header(b, "ETag");
    if (one && r->cache != NULL)
        add_header(b, "X-Changes-With");
    if (o->answer == ANSWER_PAGE)
        add_header(b, "Link");
    if (strcmp(status, "201") == 0 && (o->flags & OPERATION_LOCATES) != 0)
        add_header(b, "Location");
    if (route_is_repeatable(r))
        add_header(b, "Idempotency-Replayed");
    buf_char(b, '}');
}

static void add_row(struct openapi *d, const struct route *r)
{
    const struct resource *of = operation_row(r);
    const unsigned flags = operation_of(r)->flags;

    if (of == NULL) {
        json_constant(&d->b, "{'type':'object'}");
    } else if ((flags & OPERATION_FIELDS) != 0) {
        json_constant(&d->b, "{'anyOf':[");
        openapi_refer(d, of, SCHEMA_ROW, false);
        buf_char(&d->b, ',');
        openapi_refer(d, of, SCHEMA_PART, false);
        buf_puts(&d->b, "]}");
    } else {
        openapi_refer(d, of, SCHEMA_ROW, (flags & OPERATION_MORE) != 0);
    }
}

static void add_answer_schema(struct openapi *d, const struct route *r)
{
    switch (operation_of(r)->answer) {
    case ANSWER_PAGE:
        openapi_refer(d, r->resource, SCHEMA_PAGE, false);
        break;
    case ANSWER_ROW:
        json_constant(&d->b, "{'type':'object','required':['data'],'additionalProperties':false,'properties':{'data':");
        add_row(d, r);
        buf_puts(&d->b, "}}");
        break;
    case ANSWER_ROWS:
        json_constant(&d->b, "{'type':'object','required':['data'],'additionalProperties':false,"
                             "'properties':{'data':{'type':'array','items':");
        add_row(d, r);
        buf_puts(&d->b, "}}}");
        break;
    case ANSWER_OBJECT:
    case ANSWER_TEXT:
    case ANSWER_NOTHING:
    case ANSWER_EVENTS:
        add_row(d, r);
        break;
    }
}

static void add_content(struct openapi *d, const struct route *r)
{
    const enum answer answer = operation_of(r)->answer;

    if (answer == ANSWER_NOTHING)
        return;
    if (answer == ANSWER_TEXT) {
        json_constant(&d->b, ",'content':{'text/plain':{'schema':{'type':'string'}}}");
        return;
    }
    if (answer == ANSWER_EVENTS) {
        json_constant(&d->b, ",'content':{'text/event-stream':{'schema':{'type':'string','description':'Each message is JSON: "
                             "changed has the version of each thing that has a new one, which X-Changes-With of an answer "
                             "names and X-Seen-Versions of a request asks for; again: ask for everything; renew: connect "
                             "anew within so many seconds.'}}}");
        return;
    }
    json_constant(&d->b, ",'content':{'application/json':{'schema':");
    add_answer_schema(d, r);
    buf_char(&d->b, '}');
    if (answer == ANSWER_PAGE)
        json_constant(&d->b, ",'text/csv':{'schema':{'type':'string','description':'With Accept: text/csv: the whole list, "
                             "with a line of names; page, per_page, cursor and count have no meaning then.'}}");
    else if ((operation_of(r)->flags & OPERATION_CSV) != 0)
        json_constant(&d->b, ",'text/csv':{'schema':{'type':'string','description':'With Accept: text/csv: what it counts, "
                             "with a line of names.'}}");
    buf_char(&d->b, '}');
}

static void add_answer(struct openapi *d, const struct route *r, const char *status, const char *description)
{
    begin_answer(&d->b, status, description);
    add_headers(&d->b, r, status);
    add_content(d, r);
    buf_char(&d->b, '}');
}

static void add_results(struct openapi *d, const struct route *r)
{
    begin_answer(&d->b, "207", "Of each row of the array what became of it; those that are refused undo no other.");
    add_headers(&d->b, r, "207");
    json_constant(&d->b, ",'content':{'application/json':{'schema':");
    openapi_refer(d, operation_row(r), SCHEMA_RESULTS, false);
    buf_puts(&d->b, "}}}");
}

static void add_successes(struct openapi *d, const struct route *r)
{
    const struct operation *o = operation_of(r);

    if (o->answer == ANSWER_NOTHING)
        add_answer(d, r, "204", "Done.");
    else if ((o->flags & OPERATION_ADDS) != 0)
        add_answer(d, r, "201", "Stored.");
    else
        add_answer(d, r, "200", r->method == HTTP_GET ? "Here it is." : "Done.");
    if ((o->flags & OPERATION_AGAIN) != 0)
        add_answer(d, r, "200", "It was stored before; nothing was changed.");
    if ((o->flags & OPERATION_MANY) != 0)
        add_results(d, r);
    if (operation_validates(r))
        json_constant(&d->b, ",'304':{'description':'The client has it already.'}");
    if ((o->flags & OPERATION_UNREADY) != 0)
        add_answer(d, r, "503", "Requests can't be served.");
}

/* The outcomes that an operation can have, by status; the name that the components have it by. */
static const struct {
    const char *status;
    enum outcome outcomes[2];
} problem_answers[] = {
    {"400", {OUT_INVALID}},   {"401", {OUT_UNAUTHENTICATED, OUT_BAD_LOGIN}},
    {"403", {OUT_DENIED}},    {"404", {OUT_NOT_FOUND}},
    {"409", {OUT_CONFLICT}},  {"412", {OUT_PRECONDITION}},
    {"413", {OUT_TOO_LARGE}}, {"415", {OUT_BAD_MEDIA_TYPE}},
    {"422", {OUT_KEY_REUSED}}, {"429", {OUT_LIMITED}},
    {"503", {OUT_UNAVAILABLE, OUT_UNCERTAIN}},
};

/* True when one of the constraints of what it writes means that. */
static bool has_constraint(const struct route *r, enum outcome outcome)
{
    const struct resource *of = r->resource != NULL ? r->resource : operation_body(r);
    const struct constraint *c = of != NULL && route_is_write(r) ? of->constraints : NULL;

    for (; c != NULL && c->name != NULL; c++) {
        if (c->outcome == outcome)
            return true;
    }
    return false;
}

static bool can_end(const struct route *r, enum outcome outcome)
{
    const struct operation *o = operation_of(r);
    const bool has_body = o->takes != 0 || o->content != NULL;

    switch (outcome) {
    case OUT_INVALID:
        return true;
    case OUT_UNAUTHENTICATED:
        return r->role > ROLE_ANYBODY || (o->flags & OPERATION_LOGIN) != 0;
    case OUT_DENIED:
        return r->role > ROLE_ANYBODY || route_is_write(r);
    case OUT_NOT_FOUND:
        return strchr(r->pattern, '{') != NULL || has_constraint(r, outcome) || o->answer == ANSWER_EVENTS;
    case OUT_CONFLICT:
        return (o->flags & OPERATION_CONFLICTS) != 0 || has_constraint(r, outcome);
    case OUT_PRECONDITION:
        return operation_matches(r);
    case OUT_TOO_LARGE:
    case OUT_BAD_MEDIA_TYPE:
        return has_body;
    case OUT_KEY_REUSED:
        return route_is_repeatable(r);
    case OUT_LIMITED:
        return r->rate != RATE_EXEMPT;
    case OUT_UNAVAILABLE:
        return (o->flags & (OPERATION_ALONE | OPERATION_UNREADY)) == 0;
    default:
        return false;
    }
}

void openapi_answers(struct openapi *d, const struct route *r)
{
    json_open(&d->b, "responses", '{');
    add_successes(d, r);
    for (size_t i = 0; i < sizeof(problem_answers) / sizeof(problem_answers[0]); i++) {
        if (!can_end(r, problem_answers[i].outcomes[0]))
            continue;
        json_open(&d->b, problem_answers[i].status, '{');
        json_member(&d->b, "$ref",
                    arena_printf(d->b.arena, "#/components/responses/Problem%s", problem_answers[i].status));
        buf_char(&d->b, '}');
    }
    json_constant(&d->b, ",'default':{'$ref':'#/components/responses/Problem'}}");
}

static void add_problem_content(struct buf *b)
{
    json_constant(b, ",'content':{'application/problem+json':{'schema':{'$ref':'#/components/schemas/Problem'}}}}");
}

static void add_problem_headers(struct buf *b, enum outcome outcome)
{
    json_open(b, "headers", '{');
    add_header(b, "X-Request-Id");
    if (outcome == OUT_UNAUTHENTICATED)
        add_header(b, "WWW-Authenticate");
    if (outcome == OUT_LIMITED || outcome == OUT_UNAVAILABLE)
        add_header(b, "Retry-After");
    if (outcome == OUT_LIMITED) {
        add_header(b, "RateLimit-Policy");
        add_header(b, "RateLimit");
    }
    buf_char(b, '}');
}

void openapi_shared_answers(struct buf *b)
{
    json_open(b, "responses", '{');
    for (size_t i = 0; i < sizeof(problem_answers) / sizeof(problem_answers[0]); i++) {
        const enum outcome *o = problem_answers[i].outcomes;
        const char *text = problem_title(o[0]);

        if (o[1] != OUT_OK)
            text = arena_printf(b->arena, "%s; or: %s", text, problem_title(o[1]));
        begin_answer(b, arena_printf(b->arena, "Problem%s", problem_answers[i].status), text);
        add_problem_headers(b, o[0]);
        add_problem_content(b);
    }
    begin_answer(b, "Problem", "Whatever else is wrong, such as an address that is too long.");
    add_problem_headers(b, OUT_OK);
    add_problem_content(b);
    buf_char(b, '}');
}

void openapi_shared_headers(struct buf *b)
{
    static const char *const headers[][2] = {
        {"ETag", "Of a row with a version: what If-Match compares. Of any answer but CSV: what If-None-Match compares."},
        {"Idempotency-Replayed", "true: this is the answer that the same write got the first time."},
        {"Link", "Other pages of the list (RFC 8288): next, prev, first."},
        {"Location", "Where what was added is."},
        {"RateLimit", "What is left of the limit, and when it begins anew."},
        {"RateLimit-Policy", "The limits that this request counts against."},
        {"Retry-After", "Seconds to wait."},
        {"WWW-Authenticate", "Bearer: an API key will do."},
        {"X-Changes-With", "Where there are live events: by what they call it when the answer is no longer the one."},
        {"X-Request-Id", "Under which the request is in the log."},
    };

    json_open(b, "headers", '{');
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        json_open(b, headers[i][0], '{');
        json_member(b, "description", headers[i][1]);
        json_constant(b, ",'schema':{'type':'string'}}");
    }
    buf_char(b, '}');
}
