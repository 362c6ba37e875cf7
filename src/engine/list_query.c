/* SPDX-License-Identifier: Apache-2.0
 *
 * What a list's query asks for, against what the resource declares.
 */
#include "config.h"
#include "engine/list.h"

#include <string.h>

#include "base/json_out.h"
#include "base/parse.h"

#define SEARCH_MIN 3 /* characters: what a trigram index can look for */
#define SEARCH_MAX 100

bool list_has_parent(const struct exchange *x)
{
    return x->resource->parent != NULL && x->args[0] != NULL;
}

static const struct filter *find_filter(const struct resource *r, const char *name)
{
    for (const struct filter *f = r->filters; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

struct column list_filter_column(const struct resource *r, const struct filter *f)
{
    struct column c = {.name = f->name, .type = f->type, .choices = f->choices, .max = INT64_MAX};

    switch (f->op) {
    case FILTER_EQ:
        c.min = f->type == COL_TEXT;
        break;
    case FILTER_SEARCH:
        c.min = r->few ? 1 : SEARCH_MIN;
        c.max = SEARCH_MAX;
        break;
    case FILTER_WORDS:
        c.type = COL_TEXT;
        c.check = column_is_word;
        /* fall through */
    case FILTER_IN:
        c.min = 1;
        c.max = WORD_MAX;
        break;
    }
    return c;
}

/* "a,b", each checked, as an array: PostgreSQL's "{a,b}" of choices, of which none needs quoting, or JSON's of words. */
static enum outcome read_several(struct exchange *x, const struct filter *f, const char *value, const char **out)
{
    const bool words = f->op == FILTER_WORDS;
    const struct column c = list_filter_column(x->resource, f);
    struct buf b;
    char *list = arena_strdup(x->arena, value);

    buf_init(&b, x->arena, strlen(value) + 3);
    buf_char(&b, words ? '[' : '{');
    for (char *one = list, *next; one != NULL; one = next) {
        next = strchr(one, ',');
        if (next != NULL)
            *next++ = '\0';
        if (column_check(&c, f->name, one, x->err) != OUT_OK)
            return OUT_INVALID;
        if (words)
            json_text(&b, one);
        else
            buf_puts(&b, one);
        if (next != NULL)
            buf_char(&b, ',');
    }
    buf_char(&b, words ? ']' : '}');
    *out = b.data;
    return OUT_OK;
}

/* "%text%" with LIKE's own characters escaped. */
static const char *like_pattern(struct arena *arena, const char *text)
{
    struct buf b;

    buf_init(&b, arena, strlen(text) + 8);
    buf_char(&b, '%');
    for (; *text != '\0'; text++) {
        if (strchr("%_\\", *text) != NULL)
            buf_char(&b, '\\');
        buf_char(&b, *text);
    }
    buf_char(&b, '%');
    return b.data;
}

static enum outcome add_filter(struct exchange *x, struct list_query *q, const struct filter *f, const char *value)
{
    const struct column c = list_filter_column(x->resource, f);
    const char *param = value;
    enum outcome o;

    if (f->op == FILTER_IN || f->op == FILTER_WORDS)
        o = read_several(x, f, value, &param);
    else
        o = column_check(&c, f->name, value, x->err);
    if (o != OUT_OK)
        return o;
    q->filters[q->nfilters] = f;
    q->values[q->nfilters++] = f->op == FILTER_SEARCH ? like_pattern(x->arena, value) : param;
    return OUT_OK;
}

/* "a,b" becomes the order "a,b", and "-a,-b" the same reversed. False when only some of the terms have the sign. */
static bool read_direction(struct arena *arena, const char *value, const char **name, bool *descending)
{
    struct buf b;

    *descending = value[0] == '-';
    buf_init(&b, arena, strlen(value) + 1);
    for (const char *p = value;;) {
        size_t n = strcspn(p, ",");

        if ((*p == '-') != *descending)
            return false;
        buf_add(&b, p + *descending, n - *descending);
        p += n;
        if (*p++ == '\0')
            break;
        buf_char(&b, ',');
    }
    *name = b.data;
    return true;
}

static const char *order_names(const struct resource *r, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 128);
    for (const struct sort_key *k = r->sorts; k->name != NULL; k++)
        buf_printf(&b, "%s%s", k > r->sorts ? "; " : "", k->name);
    return b.data;
}

static enum outcome read_sort(struct exchange *x, struct list_query *q, const char *value)
{
    const char *name;

    if (read_direction(x->arena, value, &name, &q->descending)) {
        q->sort_text = value;
        for (q->sort = x->resource->sorts; q->sort->name != NULL; q->sort++) {
            if (strcmp(q->sort->name, name) == 0)
                return OUT_OK;
        }
    }
    q->sort = x->resource->sorts;
    return error_field(x->err, OUT_INVALID, "sort", "must be one of %s; or the same with '-' before each name",
                       order_names(x->resource, x->arena));
}

static enum outcome read_number(struct exchange *x, const char *name, const char *value, int64_t max, int64_t *out)
{
    if (parse_i64(value, out) && *out >= 1 && *out <= max)
        return OUT_OK;
    return error_field(x->err, OUT_INVALID, name, "must be a whole number from 1 to %lld", (long long)max);
}

const char *const list_count_texts[] = {
    [LIST_COUNT_EXACT] = "exact", [LIST_COUNT_ESTIMATED] = "estimated", [LIST_COUNT_NONE] = "none", NULL};

static enum outcome read_count(struct exchange *x, struct list_query *q, const char *value)
{
    for (size_t i = 0; list_count_texts[i] != NULL; i++) {
        if (strcmp(list_count_texts[i], value) == 0) {
            q->count = (enum list_count)i;
            return OUT_OK;
        }
    }
    return error_field(x->err, OUT_INVALID, "count", "must be exact, estimated or none");
}

static enum outcome read_param(struct exchange *x, struct list_query *q, const struct http_param *p)
{
    const struct filter *f;

    if (strcmp(p->name, "page") == 0)
        return read_number(x, p->name, p->value, PAGE_MAX, &q->page);
    if (strcmp(p->name, "per_page") == 0)
        return read_number(x, p->name, p->value, x->conf->per_page_max, &q->per_page);
    if (strcmp(p->name, "sort") == 0)
        return read_sort(x, q, p->value);
    if (strcmp(p->name, "cursor") == 0)
        return OUT_OK; /* read when all filters are known, which it is bound to */
    if (strcmp(p->name, "count") == 0)
        return read_count(x, q, p->value);
    if (strcmp(p->name, "fields") == 0)
        return resource_read_fields(x, p->value, &q->fields);
    f = find_filter(x->resource, p->name);
    if (f == NULL)
        return error_field(x->err, OUT_INVALID, p->name, "is not a parameter of this list");
    if (list_has_parent(x) && strcmp(f->name, x->resource->parent) == 0)
        return error_field(x->err, OUT_INVALID, p->name, "stands in the path already");
    return add_filter(x, q, f, p->value);
}

static bool has_filter(const struct list_query *q, const char *name, size_t n)
{
    for (size_t i = 0; i < q->nfilters; i++) {
        if (strlen(q->filters[i]->name) == n && memcmp(q->filters[i]->name, name, n) == 0)
            return true;
    }
    return false;
}

enum outcome list_check_needs(const struct list_query *q, struct error *e)
{
    for (size_t i = 0; i < q->nfilters; i++) {
        const char *needs = q->filters[i]->needs;
        bool met = needs == NULL;

        for (const char *p = needs; !met && *p != '\0';) {
            size_t n = strcspn(p, "|");

            met = has_filter(q, p, n);
            p += n + (p[n] == '|');
        }
        if (!met)
            return error_field(e, OUT_INVALID, q->filters[i]->name, "can only be used together with %s", needs);
    }
    return OUT_OK;
}

static const char *make_scope(struct exchange *x, const struct list_query *q)
{
    struct buf b;

    buf_init(&b, x->arena, 128);
    buf_puts(&b, x->resource->name);
    for (size_t i = 0; i < q->nfilters; i++)
        buf_printf(&b, "\x1f%s\x1f%s", q->filters[i]->name, q->values[i]);
    return b.data;
}

static enum outcome read_cursor(struct exchange *x, struct list_query *q)
{
    const char *text = request_param(x->req, "cursor");

    q->scope = make_scope(x, q);
    if (text == NULL)
        return OUT_OK;
    if (request_param(x->req, "page") != NULL)
        return error_field(x->err, OUT_INVALID, "cursor", "can't be used together with page");
    if (!cursor_open(&q->cursor, text, q->scope, x->conf->secret_key, x->conf->secret_key_previous, x->arena))
        return error_field(x->err, OUT_INVALID, "cursor", "is not a cursor of this list with these filters");
    if (request_param(x->req, "sort") != NULL && strcmp(q->sort_text, q->cursor.sort) != 0)
        return error_field(x->err, OUT_INVALID, "cursor", "was made for sort=%s", q->cursor.sort);
    q->by_cursor = true;
    q->page = q->cursor.page;
    if (read_sort(x, q, q->cursor.sort) != OUT_OK || list_terms(q->sort) != q->cursor.nkeys)
        return error_field(x->err, OUT_INVALID, "cursor", "is of an order that this list doesn't have any more");
    return OUT_OK;
}

const char *list_sort_text(const struct sort_key *sort, bool descending, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 64);
    for (const char *p = sort->name; *p != '\0'; p++) {
        if (descending && (p == sort->name || p[-1] == ','))
            buf_char(&b, '-');
        buf_char(&b, *p);
    }
    return b.data;
}

enum outcome list_read_query(struct exchange *x, struct list_query *q)
{
    const struct resource *r = x->resource;
    enum outcome o = OUT_OK;

    *q = (struct list_query){.page = 1, .per_page = x->conf->per_page_default, .sort = r->sorts};
    q->descending = r->sort_descending;
    q->sort_text = list_sort_text(r->sorts, r->sort_descending, x->arena);
    if (list_has_parent(x) && add_filter(x, q, find_filter(r, r->parent), x->args[0]) != OUT_OK)
        return OUT_NOT_FOUND; /* what can't be an id names nothing */
    for (size_t i = 0; i < x->req->nquery; i++) {
        enum outcome one = read_param(x, q, &x->req->query[i]);

        if (one != OUT_OK)
            o = one;
    }
    if (o == OUT_OK)
        o = list_check_needs(q, x->err);
    return o == OUT_OK ? read_cursor(x, q) : o;
}
