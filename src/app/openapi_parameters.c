/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's description: what stands in an operation's path, query and headers.
 */
#include "config.h"
#include "app/openapi.h"

#include <string.h>

#include "app/operation.h"
#include "base/json_out.h"
#include "engine/idempotency.h"
#include "engine/list.h"

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

static void add_arguments(struct openapi *d, const struct route *r)
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

static void add_list(struct openapi *d, const struct route *r)
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

void openapi_parameters(struct openapi *d, const struct route *r)
{
    const struct operation *o = operation_of(r);

    json_open(&d->b, "parameters", '[');
    add_arguments(d, r);
    if (o->answer == ANSWER_PAGE)
        add_list(d, r);
    if ((o->flags & OPERATION_FIELDS) != 0)
        add_fields(&d->b, r->resource);
    if (operation_validates(r))
        add_ref(&d->b, "parameters", "If-None-Match");
    if (r->cache != NULL)
        add_ref(&d->b, "parameters", "X-Seen-Versions");
    if (operation_matches(r))
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

void openapi_shared_parameters(struct openapi *d)
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
    buf_puts(b, "}}");
    begin_parameter(b, "X-Seen-Versions", "header",
                    "From which versions on the answer must be, as live events told them: tallies.1763600000000000,vessels.…");
    json_constant(b, "'type':'string'}}");
    buf_char(b, '}');
}
