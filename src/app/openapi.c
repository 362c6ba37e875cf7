/* SPDX-License-Identifier: Apache-2.0
 *
 * The document is made for each request, which takes a few milliseconds; its ETag spares the transfer.
 */
#include "config.h"
#include "app/openapi.h"

#include <ctype.h>
#include <string.h>

#include "app/operation.h"
#include "base/json_out.h"
#include "engine/idempotency.h"
#include "engine/list.h"
#include "http/problem.h"

#define USES_MAX 256

/* A document while it is made. */
struct document {
    struct buf b;
    const struct conf *conf;
    size_t nuses; /* resources that paths refer to, with the forms of theirs */
    struct {
        const struct resource *resource;
        unsigned forms; /* 1 << enum schema_form */
        bool more;
    } uses[USES_MAX];
};

/* --- resources among the components ------------------------------------------------------------------------------- */

/* Two resources with the same columns differ in nothing that is described. */
static void use(struct document *d, const struct resource *r, enum schema_form form, bool more)
{
    size_t i = 0;

    while (i < d->nuses && d->uses[i].resource->columns != r->columns)
        i++;
    if (i == USES_MAX)
        return;
    if (i == d->nuses) {
        d->uses[d->nuses++].resource = r;
        d->uses[i].forms = 0;
        d->uses[i].more = false;
    }
    d->uses[i].forms |= 1U << form;
    d->uses[i].more = d->uses[i].more || more;
    if (form == SCHEMA_PART || form == SCHEMA_PAGE || form == SCHEMA_RESULTS) /* these refer to it */
        d->uses[i].forms |= 1U << SCHEMA_ROW;
    if (form == SCHEMA_PAGE)
        d->uses[i].forms |= 1U << SCHEMA_PART;
}

static void refer(struct document *d, const struct resource *r, enum schema_form form, bool more)
{
    use(d, r, form, more);
    schema_ref(&d->b, r, form);
}

static void add_schemas(struct document *d)
{
    json_open(&d->b, "schemas", '{');
    schema_common(&d->b);
    for (size_t i = 0; i < d->nuses; i++) {
        for (int form = 0; form < SCHEMA_FORMS; form++) {
            if ((d->uses[i].forms & (1U << form)) != 0)
                schema_component(&d->b, d->uses[i].resource, (enum schema_form)form, d->uses[i].more);
        }
    }
    buf_char(&d->b, '}');
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

static void add_ref(struct buf *b, const char *kind, const char *name)
{
    json_item(b, "{");
    json_member(b, "$ref", arena_printf(b->arena, "#/components/%s/%s", kind, name));
    buf_char(b, '}');
}

/* The resource that a collection's path lists; NULL: none. */
static const struct resource *collection(const char *path, size_t n)
{
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        const enum answer answer = operation_of(r)->answer;

        if (r->method == HTTP_GET && (answer == ANSWER_PAGE || answer == ANSWER_ROWS) && strlen(r->pattern) == n &&
            memcmp(r->pattern, path, n) == 0)
            return operation_row(r);
    }
    return NULL;
}

/* The column that the path's argument at p (its brace) stands for: the id of what the path before it lists. */
static struct column argument(const struct route *r, const char *p)
{
    const struct resource *of = collection(r->pattern, (size_t)(p - r->pattern) - 1);
    int i;

    if (of == NULL && r->resource != NULL && strcmp(p, "{id}") == 0)
        of = r->resource;
    i = of != NULL && of->id != NULL ? resource_column(of, of->id) : -1;
    if (i < 0)
        return (struct column){.type = COL_TEXT, .flags = COL_NOT_NULL, .min = 1, .max = INT64_MAX};
    return of->columns[i];
}

static void add_arguments(struct document *d, const struct route *r)
{
    for (const char *p = strchr(r->pattern, '{'); p != NULL; p = strchr(p + 1, '{')) {
        const struct column c = argument(r, p);

        json_item(&d->b, "{");
        json_member(&d->b, "name", arena_strndup(d->b.arena, p + 1, strcspn(p + 1, "}")));
        json_constant(&d->b, ",'in':'path','required':true,'schema':");
        schema_column(&d->b, &c, true);
        buf_char(&d->b, '}');
    }
}

static void begin_query(struct buf *b, const char *name)
{
    json_item(b, "{");
    json_member(b, "name", name);
    json_member(b, "in", "query");
}

/* ?name=a,b */
static void add_several(struct buf *b, const struct column *each)
{
    json_constant(b, ",'style':'form','explode':false,'schema':{'type':'array','minItems':1,'items':");
    schema_column(b, each, true);
    buf_char(b, '}');
}

static void add_fields(struct buf *b, const struct resource *r)
{
    begin_query(b, "fields");
    json_member(b, "description", "The members that are wanted, in this order; all, if not given.");
    json_constant(b, ",'style':'form','explode':false,'schema':"
                     "{'type':'array','minItems':1,'uniqueItems':true,'items':{'type':'string','enum':[");
    for (const struct column *c = r->columns; c->name != NULL; c++) {
        if ((c->flags & COL_SECRET) != 0)
            continue;
        json_item(b, "");
        json_text(b, c->name);
    }
    buf_puts(b, "]}}}");
}

static void add_sort(struct buf *b, const struct resource *r)
{
    begin_query(b, "sort");
    json_constant(b, ",'schema':{'type':'string','enum':[");
    for (const struct sort_key *k = r->sorts; k->name != NULL; k++) {
        for (int descending = 0; descending < 2; descending++) {
            json_item(b, "");
            json_text(b, list_sort_text(k, descending != 0, b->arena));
        }
    }
    buf_char(b, ']');
    json_member(b, "default", list_sort_text(r->sorts, r->sort_descending, b->arena));
    buf_puts(b, "}}");
}

static bool names(const char *list, const char *name)
{
    const size_t n = strlen(name);

    while (*list != '\0') {
        size_t one = strcspn(list, "|");

        if (one == n && memcmp(list, name, n) == 0)
            return true;
        list += one + (list[one] == '|');
    }
    return false;
}

/* x-needs: one of these filters must be there too. */
static void add_needs(struct buf *b, const char *needs)
{
    json_open(b, "x-needs", '[');
    while (*needs != '\0') {
        size_t n = strcspn(needs, "|");

        json_item(b, "");
        json_text(b, arena_strndup(b->arena, needs, n));
        needs += n + (needs[n] == '|');
    }
    buf_char(b, ']');
}

static void add_filter(struct buf *b, const struct resource *r, const struct filter *f, const char *parent)
{
    struct column each = list_filter_column(r, f);

    each.flags = COL_NOT_NULL;
    begin_query(b, f->name);
    if (f->op == FILTER_WORDS)
        json_member(b, "description", "Has all of these words.");
    else if (f->op == FILTER_SEARCH)
        json_member(b, "description", "Has this text somewhere, whatever the case.");
    if (f->op == FILTER_IN || f->op == FILTER_WORDS) {
        add_several(b, &each);
    } else {
        json_key(b, "schema");
        schema_column(b, &each, true);
    }
    if (f->needs != NULL && (parent == NULL || !names(f->needs, parent)))
        add_needs(b, f->needs);
    buf_char(b, '}');
}

static void add_list(struct document *d, const struct route *r)
{
    static const char *const of_pages[] = {"page", "per_page", "cursor", "count"};
    const struct resource *of = r->resource;
    const char *parent = strchr(r->pattern, '{') != NULL ? of->parent : NULL; /* stands in the path */

    for (size_t i = 0; i < sizeof(of_pages) / sizeof(of_pages[0]); i++)
        add_ref(&d->b, "parameters", of_pages[i]);
    add_sort(&d->b, of);
    for (const struct filter *f = of->filters; f->name != NULL; f++) {
        if (parent == NULL || strcmp(f->name, parent) != 0)
            add_filter(&d->b, of, f, parent);
    }
}

static bool matches(const struct route *r)
{
    return (operation_of(r)->flags & OPERATION_MATCHES) != 0 && r->resource->versioned;
}

static void add_parameters(struct document *d, const struct route *r)
{
    const struct operation *o = operation_of(r);

    json_open(&d->b, "parameters", '[');
    add_arguments(d, r);
    if (o->answer == ANSWER_PAGE)
        add_list(d, r);
    if ((o->flags & OPERATION_FIELDS) != 0)
        add_fields(&d->b, r->resource);
    if (r->method == HTTP_GET)
        add_ref(&d->b, "parameters", "If-None-Match");
    if (matches(r))
        add_ref(&d->b, "parameters", "If-Match");
    if (route_is_repeatable(r))
        add_ref(&d->b, "parameters", "Idempotency-Key");
    buf_char(&d->b, ']');
}

static void begin_parameter(struct buf *b, const char *name, const char *in, const char *description)
{
    json_open(b, name, '{');
    json_member(b, "name", name);
    json_member(b, "in", in);
    json_member(b, "description", description);
    json_open(b, "schema", '{');
}

static void add_number_parameter(struct buf *b, const char *name, const char *description, int64_t max, int64_t value)
{
    begin_parameter(b, name, "query", description);
    json_constant(b, "'type':'integer','minimum':1");
    json_number(b, "maximum", (long long)max);
    json_number(b, "default", (long long)value);
    buf_puts(b, "}}");
}

static void add_shared_parameters(struct document *d)
{
    struct buf *b = &d->b;

    json_open(b, "parameters", '{');
    add_number_parameter(b, "page", "Number of the page; not together with cursor.", PAGE_MAX, 1);
    add_number_parameter(b, "per_page", "Rows of a page.", d->conf->per_page_max, d->conf->per_page_default);
    begin_parameter(b, "cursor", "query",
                    "next_cursor or prev_cursor of the list's last answer, with the same filters: costs the same "
                    "wherever the page is.");
    json_constant(b, "'type':'string','minLength':1}}");
    begin_parameter(b, "count", "query",
                    arena_printf(b->arena, "How the total is found: exactly (filtered, up to %d rows, then at_least), as "
                                 "the database's planner sees it, or not at all.", COUNT_BOUND));
    json_member(b, "type", "string");
    json_texts(b, "enum", list_count_texts);
    json_member(b, "default", list_count_texts[LIST_COUNT_EXACT]);
    buf_puts(b, "}}");
    begin_parameter(b, "If-None-Match", "header", "ETags of answers that are there: 304 when one of them still holds.");
    json_constant(b, "'type':'string'}}");
    begin_parameter(b, "If-Match", "header",
                    "ETag of the row as it was seen: 412 when somebody else has changed it since.");
    json_constant(b, "'type':'string'}}");
    begin_parameter(b, "Idempotency-Key", "header",
                    "A name for this write. Sent again within a day with the same key it changes nothing and is answered "
                    "as the first time; another request with the same key is answered 422.");
    json_constant(b, "'type':'string','pattern':'^[!-~]+$','minLength':1");
    json_number(b, "maxLength", IDEMPOTENCY_KEY_MAX);
    buf_puts(b, "}}}");
}

/* --- bodies ------------------------------------------------------------------------------------------------------- */

static void add_body(struct document *d, const struct route *r)
{
    static const char *const types[] = {"application/json", "application/merge-patch+json", NULL};
    const struct operation *o = operation_of(r);
    const struct resource *of = operation_body(r);
    const bool changes = o->takes == COL_UPDATE;
    struct buf *b = &d->b;

    if (o->content != NULL) {
        json_constant(b, ",'requestBody':{'required':true,'content':");
        json_constant(b, o->content);
        buf_char(b, '}');
    }
    if (of == NULL)
        return;
    json_constant(b, ",'requestBody':{'required':true,'content':{");
    for (const char *const *type = types; *type != NULL && (type == types || changes); type++) {
        json_open(b, *type, '{');
        json_key(b, "schema");
        if ((o->flags & OPERATION_MANY) != 0)
            json_constant(b, "{'oneOf':[");
        refer(d, of, changes ? SCHEMA_CHANGE : SCHEMA_INPUT, false);
        if ((o->flags & OPERATION_MANY) != 0) {
            buf_printf(b, ",{\"type\":\"array\",\"minItems\":1,\"maxItems\":%d,\"items\":", BULK_MAX);
            refer(d, of, SCHEMA_INPUT, false);
            buf_puts(b, "}]}");
        }
        buf_char(b, '}');
    }
    buf_puts(b, "}}");
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

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
    if (one && (r->method == HTTP_GET || (of != NULL && of->versioned)))
        add_header(b, "ETag");
    if (o->answer == ANSWER_PAGE)
        add_header(b, "Link");
    if (strcmp(status, "201") == 0 && (o->flags & OPERATION_LOCATES) != 0)
        add_header(b, "Location");
    if (route_is_repeatable(r))
        add_header(b, "Idempotency-Replayed");
    buf_char(b, '}');
}

static void add_row(struct document *d, const struct route *r)
{
    const struct resource *of = operation_row(r);
    const unsigned flags = operation_of(r)->flags;

    if (of == NULL) {
        json_constant(&d->b, "{'type':'object'}");
    } else if ((flags & OPERATION_FIELDS) != 0) {
        json_constant(&d->b, "{'anyOf':[");
        refer(d, of, SCHEMA_ROW, false);
        buf_char(&d->b, ',');
        refer(d, of, SCHEMA_PART, false);
        buf_puts(&d->b, "]}");
    } else {
        refer(d, of, SCHEMA_ROW, (flags & OPERATION_MORE) != 0);
    }
}

static void add_answer_schema(struct document *d, const struct route *r)
{
    switch (operation_of(r)->answer) {
    case ANSWER_PAGE:
        refer(d, r->resource, SCHEMA_PAGE, false);
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
        add_row(d, r);
        break;
    }
}

static void add_content(struct document *d, const struct route *r)
{
    const enum answer answer = operation_of(r)->answer;

    if (answer == ANSWER_NOTHING)
        return;
    if (answer == ANSWER_TEXT) {
        json_constant(&d->b, ",'content':{'text/plain':{'schema':{'type':'string'}}}");
        return;
    }
    json_constant(&d->b, ",'content':{'application/json':{'schema':");
    add_answer_schema(d, r);
    buf_char(&d->b, '}');
    if (answer == ANSWER_PAGE)
        json_constant(&d->b, ",'text/csv':{'schema':{'type':'string','description':'With Accept: text/csv: the whole list, "
                             "with a line of names; page, per_page, cursor and count have no meaning then.'}}");
    buf_char(&d->b, '}');
}

static void add_answer(struct document *d, const struct route *r, const char *status, const char *description)
{
    begin_answer(&d->b, status, description);
    add_headers(&d->b, r, status);
    add_content(d, r);
    buf_char(&d->b, '}');
}

static void add_results(struct document *d, const struct route *r)
{
    begin_answer(&d->b, "207", "Of each row of the array what became of it; those that are refused undo no other.");
    add_headers(&d->b, r, "207");
    json_constant(&d->b, ",'content':{'application/json':{'schema':");
    refer(d, operation_row(r), SCHEMA_RESULTS, false);
    buf_puts(&d->b, "}}}");
}

static void add_successes(struct document *d, const struct route *r)
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
    if (r->method == HTTP_GET)
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
        return strchr(r->pattern, '{') != NULL || has_constraint(r, outcome);
    case OUT_CONFLICT:
        return (o->flags & OPERATION_CONFLICTS) != 0 || has_constraint(r, outcome);
    case OUT_PRECONDITION:
        return matches(r);
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

static void add_answers(struct document *d, const struct route *r)
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

static void add_shared_answers(struct buf *b)
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

static void add_shared_headers(struct buf *b)
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

/* --- operations --------------------------------------------------------------------------------------------------- */

/* GET /api/vessels/{id}/cargo-tally is get_vessels_id_cargo_tally. */
static const char *operation_id(const struct route *r, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 64);
    for (const char *p = route_method_text(r->method); *p != '\0'; p++)
        buf_char(&b, (char)tolower((unsigned char)*p));
    for (const char *p = r->pattern + (str_starts(r->pattern, "/api/") ? 4 : 0); *p != '\0'; p++) {
        if (isalnum((unsigned char)*p) || *p == '_')
            buf_char(&b, *p);
        else if (*p != '}' && b.data[b.len - 1] != '_')
            buf_char(&b, '_');
    }
    return b.data;
}

static const char *tag_of(const struct route *r)
{
    const struct operation *o = operation_of(r);

    if (o->tag != NULL)
        return o->tag;
    return r->board != NULL ? r->board : "people";
}

static void add_security(struct buf *b, const struct route *r)
{
    if (r->role == ROLE_ANYBODY)
        json_constant(b, ",'security':[]");
    else if ((operation_of(r)->flags & OPERATION_SESSION) != 0)
        json_constant(b, ",'security':[{'session':[]}]");
    else
        json_constant(b, ",'security':[{'session':[]},{'key':[]}]");
}

static void add_operation(struct document *d, const struct route *r)
{
    struct buf *b = &d->b;
    char method[8] = "";

    for (size_t i = 0; i + 1 < sizeof(method) && route_method_text(r->method)[i] != '\0'; i++)
        method[i] = (char)tolower((unsigned char)route_method_text(r->method)[i]);
    json_open(b, method, '{');
    json_member(b, "operationId", operation_id(r, b->arena));
    json_texts(b, "tags", (const char *const[]){tag_of(r), NULL});
    json_member(b, "summary", r->summary);
    json_member(b, "x-role", role_text(r->role));
    json_member(b, "x-rate", route_rate_text(r->rate));
    add_security(b, r);
    add_parameters(d, r);
    add_body(d, r);
    add_answers(d, r);
    buf_char(b, '}');
}

/* True when an earlier route that is on has the same path. */
static bool is_described(const struct document *d, const struct route *r)
{
    for (const struct route *other = routes; other < r; other++) {
        if (route_is_on(other, d->conf) && strcmp(other->pattern, r->pattern) == 0)
            return true;
    }
    return false;
}

static void add_paths(struct document *d)
{
    json_open(&d->b, "paths", '{');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (!route_is_on(r, d->conf) || is_described(d, r))
            continue;
        json_open(&d->b, r->pattern, '{');
        for (const struct route *same = r; same->pattern != NULL; same++) {
            if (route_is_on(same, d->conf) && strcmp(same->pattern, r->pattern) == 0)
                add_operation(d, same);
        }
        buf_char(&d->b, '}');
    }
    buf_char(&d->b, '}');
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static void add_info(struct buf *b)
{
    json_constant(b, "{'openapi':'3.1.0','info':{'title':'Stevedores Dashboard'");
    json_member(b, "version", PACKAGE_VERSION);
    json_constant(b, ",'license':{'name':'Apache-2.0','identifier':'Apache-2.0'}");
    json_member(b, "description",
                "Made from the tables that the program itself works by. Texts are UTF-8 without control characters but tab "
                "and line ends; times are RFC 3339, of years from 1970 on; numbers that are whole have no fraction and no "
                "exponent. A member is known or refused. `x-role`: the least role that may; `x-rate`: the limit that a "
                "request counts against; `x-needs`: a filter that is only taken together with one of these; `x-checked`: "
                "more must hold than the schema can say. Every GET is a HEAD as well.");
    json_constant(b, "},'servers':[{'url':'/'}]");
}

static void add_tags(struct document *d)
{
    struct buf *b = &d->b;

    json_open(b, "tags", '[');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        bool known = !route_is_on(r, d->conf);

        for (const struct route *other = routes; other < r && !known; other++)
            known = route_is_on(other, d->conf) && strcmp(tag_of(other), tag_of(r)) == 0;
        if (known)
            continue;
        json_item(b, "{");
        json_member(b, "name", tag_of(r));
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_security_schemes(struct buf *b, const char *cookie)
{
    json_open(b, "securitySchemes", '{');
    json_open(b, "session", '{');
    json_constant(b, "'type':'apiKey','in':'cookie'");
    json_member(b, "name", cookie);
    json_member(b, "description", "Set by POST /api/login. Writes that another site's page makes a browser send are refused.");
    json_constant(b, "},'key':{'type':'http','scheme':'bearer'");
    json_member(b, "description", "An API key, made by POST /api/me/keys; over HTTPS.");
    buf_puts(b, "}}");
}

struct str openapi_document(const struct conf *conf, const char *cookie, struct arena *arena)
{
    struct document *d = arena_zalloc(arena, sizeof(*d));
    struct buf *b = &d->b;

    d->conf = conf;
    buf_init(b, arena, (size_t)512 * 1024);
    add_info(b);
    add_tags(d);
    add_paths(d);
    json_open(b, "components", '{');
    add_schemas(d);
    add_shared_parameters(d);
    add_shared_headers(b);
    add_shared_answers(b);
    add_security_schemes(b, cookie);
    buf_puts(b, "}}");
    return (struct str){b->data, b->len};
}

enum outcome openapi_get(struct exchange *x)
{
    response_json(x->resp, 200, openapi_document(x->conf, session_cookie_name(x->req), x->arena));
    return OUT_OK;
}
