/* SPDX-License-Identifier: Apache-2.0
 *
 * The list engine: GET of any collection. Two statements at most: the page, and how many there are.
 *
 * The rows come from PostgreSQL as JSON texts and are joined here. A page by number is found with OFFSET; a page by
 * cursor by its keyset, (sort key, id) > (…), so that it costs the same wherever it lies.
 */
#include "config.h"
#include "engine/list.h"

#include <string.h>

#include "base/json_out.h"
#include "base/parse.h"

#define PAGE_MAX    1000000
#define COUNT_BOUND 10000 /* rows that a filtered list counts at most, where rows are many */

static void add_param(struct statement *s, const char *value, const char *type)
{
    s->params[s->nparams++] = value;
    buf_printf(&s->sql, "$%zu::%s", s->nparams, type);
}

/* True when the list is one of a parent's, which is then the first filter. */
static bool has_parent(const struct exchange *x)
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

/* "a,b" as an array literal; each is one of the filter's choices, so nothing needs quoting. */
static enum outcome read_choices(struct exchange *x, const struct filter *f, const char *value, const char **out)
{
    const struct column c = {.name = f->name, .type = f->type, .choices = f->choices};
    struct buf b;
    char *list = arena_strdup(x->arena, value);

    buf_init(&b, x->arena, strlen(value) + 3);
    buf_char(&b, '{');
    for (char *one = list, *next; one != NULL; one = next) {
        next = strchr(one, ',');
        if (next != NULL)
            *next++ = '\0';
        if (column_check(&c, f->name, one, x->err) != OUT_OK)
            return OUT_INVALID;
        buf_puts(&b, one);
        if (next != NULL)
            buf_char(&b, ',');
    }
    buf_char(&b, '}');
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
    const struct column c = {.name = f->name, .type = f->type, .min = 1, .max = INT64_MAX, .choices = f->choices};
    const char *param = value;

    if (f->op == FILTER_IN) {
        if (read_choices(x, f, value, &param) != OUT_OK)
            return OUT_INVALID;
    } else if (column_check(&c, f->name, value, x->err) != OUT_OK) {
        return OUT_INVALID;
    } else if (f->op == FILTER_SEARCH) {
        param = like_pattern(x->arena, value);
    }
    q->filters[q->nfilters] = f;
    q->values[q->nfilters++] = param;
    return OUT_OK;
}

static enum outcome read_sort(struct exchange *x, struct list_query *q, const char *value)
{
    q->descending = value[0] == '-';
    q->sort_text = value;
    for (q->sort = x->resource->sorts; q->sort->name != NULL; q->sort++) {
        if (strcmp(q->sort->name, value + (q->descending ? 1 : 0)) == 0)
            return OUT_OK;
    }
    return error_field(x->err, OUT_INVALID, "sort", "there is no such sort key");
}

static enum outcome read_number(struct exchange *x, const char *name, const char *value, int64_t max, int64_t *out)
{
    if (parse_i64(value, out) && *out >= 1 && *out <= max)
        return OUT_OK;
    return error_field(x->err, OUT_INVALID, name, "must be a whole number from 1 to %lld", (long long)max);
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
    if (strcmp(p->name, "count") == 0) {
        q->count = strcmp(p->value, "none") != 0;
        if (q->count && strcmp(p->value, "exact") != 0)
            return error_field(x->err, OUT_INVALID, p->name, "must be exact or none");
        return OUT_OK;
    }
    f = find_filter(x->resource, p->name);
    if (f == NULL)
        return error_field(x->err, OUT_INVALID, p->name, "is not a parameter of this list");
    if (has_parent(x) && strcmp(f->name, x->resource->parent) == 0)
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

/* A filter that no index serves alone must come with one that does. */
static enum outcome check_needs(struct exchange *x, const struct list_query *q)
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
            return error_field(x->err, OUT_INVALID, q->filters[i]->name, "can only be used together with %s", needs);
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
    return read_sort(x, q, q->cursor.sort);
}

enum outcome list_read_query(struct exchange *x, struct list_query *q)
{
    const struct resource *r = x->resource;
    enum outcome o = OUT_OK;

    *q = (struct list_query){.page = 1, .per_page = x->conf->per_page_default, .sort = r->sorts, .count = true};
    q->descending = r->sort_descending;
    q->sort_text = arena_printf(x->arena, "%s%s", q->descending ? "-" : "", q->sort->name);
    if (has_parent(x) && add_filter(x, q, find_filter(r, r->parent), x->args[0]) != OUT_OK)
        return OUT_NOT_FOUND; /* what can't be an id names nothing */
    for (size_t i = 0; i < x->req->nquery; i++) {
        enum outcome one = read_param(x, q, &x->req->query[i]);

        if (one != OUT_OK)
            o = one;
    }
    if (o == OUT_OK)
        o = check_needs(x, q);
    return o == OUT_OK ? read_cursor(x, q) : o;
}

/* " WHERE …" of all filters. */
static void add_where(struct statement *s, const struct list_query *q)
{
    for (size_t i = 0; i < q->nfilters; i++) {
        const char *sql = q->filters[i]->sql;
        size_t n = strcspn(sql, "?");

        s->params[s->nparams++] = q->values[i];
        buf_puts(&s->sql, i == 0 ? " WHERE " : " AND ");
        buf_add(&s->sql, sql, n);
        buf_printf(&s->sql, "$%zu%s", s->nparams, sql + n + 1);
    }
}

static void add_order(struct statement *s, const char *key, const char *id, bool descending)
{
    const char *direction = descending ? "DESC" : "ASC";

    buf_printf(&s->sql, " ORDER BY %s %s, v.%s %s", key, direction, id, direction);
}

void list_make_page(struct exchange *x, const struct list_query *q, struct arena *arena, struct statement *s)
{
    const struct resource *r = x->resource;
    const struct column id = {.type = r->id_type};
    bool backwards = q->by_cursor && q->cursor.backwards;
    bool descending = q->descending != backwards;

    s->nparams = 0;
    buf_init(&s->sql, arena, 2048);
    buf_printf(&s->sql, "SELECT j.json, v.sort_key::text, v.%s::text FROM (SELECT v.*, %s AS sort_key FROM %s AS v",
               r->id, q->sort->sql, r->table);
    add_where(s, q);
    if (q->by_cursor) {
        buf_printf(&s->sql, " %s (%s, v.%s) %c (", q->nfilters > 0 ? "AND" : "WHERE", q->sort->sql, r->id,
                   descending ? '<' : '>');
        add_param(s, q->cursor.key, q->sort->type);
        buf_puts(&s->sql, ", ");
        add_param(s, q->cursor.id, column_sql_type(&id));
        buf_char(&s->sql, ')');
    }
    add_order(s, q->sort->sql, r->id, descending);
    buf_puts(&s->sql, " LIMIT ");
    add_param(s, arena_printf(arena, "%lld", (long long)q->per_page + 1), "bigint");
    if (!q->by_cursor && q->page > 1) {
        buf_puts(&s->sql, " OFFSET ");
        add_param(s, arena_printf(arena, "%lld", ((long long)q->page - 1) * q->per_page), "bigint");
    }
    buf_puts(&s->sql, ") AS v");
    buf_printf(&s->sql, RESOURCE_JSON_FROM, r->row_sql);
    add_order(s, "v.sort_key", r->id, descending);
}

enum outcome list_check_parent(struct exchange *x)
{
    struct db_result *r;
    enum outcome o;

    if (!has_parent(x))
        return OUT_OK;
    o = db_query(x->db, x->arena, DB_READ, x->resource->parent_exists_sql, x->args, 1, &r, x->err);
    if (o == OUT_OK && db_rows(r) == 0)
        o = error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    return o;
}

/* How many rows the filters leave. Where rows are many (count_sql is there) the number is kept, or counted up to a bound
 * in index order. No row comes back when the parent doesn't exist. */
static void make_count(struct exchange *x, const struct list_query *q, struct statement *s)
{
    const struct resource *r = x->resource;

    buf_init(&s->sql, x->arena, 512);
    if (has_parent(x))
        buf_puts(&s->sql, "SELECT (");
    if (r->count_sql != NULL && q->nfilters == 0) {
        buf_puts(&s->sql, r->count_sql);
    } else if (r->count_parent_sql != NULL && q->nfilters == 1 && strcmp(q->filters[0]->name, r->parent) == 0) {
        buf_puts(&s->sql, r->count_parent_sql);
        s->params[s->nparams++] = q->values[0];
    } else if (r->count_sql != NULL) {
        buf_printf(&s->sql, "SELECT count(*) FROM (SELECT FROM %s AS v", r->table);
        add_where(s, q);
        add_order(s, r->sorts->sql, r->id, r->sort_descending);
        buf_printf(&s->sql, " LIMIT %d) AS counted", COUNT_BOUND + 1);
    } else {
        buf_printf(&s->sql, "SELECT count(*) FROM %s AS v", r->table);
        add_where(s, q);
    }
    if (has_parent(x))
        buf_printf(&s->sql, ") FROM (%s) AS parent", r->parent_exists_sql);
}

struct page_rows {
    const struct db_result *result;
    size_t n;       /* without the extra row */
    bool backwards; /* the rows came in reverse */
    bool more;      /* there was an extra row */
};

static size_t row_at(const struct page_rows *rows, size_t i)
{
    return rows->backwards ? rows->n - 1 - i : i;
}

/* The cursor that leads away from row i of the page. */
static const char *cursor_at(struct exchange *x, const struct list_query *q, const struct page_rows *rows, size_t i,
                             bool backwards)
{
    size_t row = row_at(rows, i);
    struct cursor c = {.backwards = backwards, .sort = q->sort_text, .page = q->page + (backwards ? -1 : 1)};

    if (c.page < 1) /* rows were added in front meanwhile */
        c.page = 1;
    c.key = db_get(rows->result, row, 1);
    c.id = db_get(rows->result, row, 2);
    return cursor_seal(&c, q->scope, x->conf->secret_key, x->arena);
}

/* The address of another page of the same list, for the Link header (RFC 8288). */
static const char *link_to(struct exchange *x, const char *rel, const char *name, const char *value)
{
    struct buf b;

    buf_init(&b, x->arena, 256);
    buf_printf(&b, "<%s?", x->req->path);
    for (const char *p = x->req->query_text; *p != '\0';) {
        size_t n = strcspn(p, "&");

        if (n > 0 && strncmp(p, "page=", 5) != 0 && strncmp(p, "cursor=", 7) != 0) {
            buf_add(&b, p, n);
            buf_char(&b, '&');
        }
        p += n + (p[n] == '&');
    }
    buf_printf(&b, "%s=%s>; rel=\"%s\"", name, value, rel);
    return b.data;
}

static void respond(struct exchange *x, const struct list_query *q, const struct page_rows *rows, int64_t total)
{
    struct buf b;
    bool bounded = x->resource->count_sql != NULL && total > COUNT_BOUND && q->nfilters > 0 &&
                   !(q->nfilters == 1 && strcmp(q->filters[0]->name, x->resource->parent) == 0);
    bool has_next = rows->backwards ? true : rows->more;
    bool has_prev = rows->backwards ? rows->more : q->page > 1;
    const char *next = has_next && rows->n > 0 ? cursor_at(x, q, rows, rows->n - 1, false) : NULL;
    const char *prev = has_prev && rows->n > 0 ? cursor_at(x, q, rows, 0, true) : NULL;

    if (bounded)
        total = COUNT_BOUND;
    buf_init(&b, x->arena, 512 + rows->n * 1024);
    buf_puts(&b, "{\"data\":[");
    for (size_t i = 0; i < rows->n; i++) {
        struct str json = db_get_str(rows->result, row_at(rows, i), 0);

        if (i > 0)
            buf_char(&b, ',');
        buf_add(&b, json.p, json.n);
    }
    buf_printf(&b, "],\"pagination\":{\"page\":%lld,\"per_page\":%lld", (long long)q->page, (long long)q->per_page);
    if (q->count)
        buf_printf(&b, ",\"total\":%lld,\"pages\":%lld,\"total_is\":\"%s\"", (long long)total,
                   (long long)((total + q->per_page - 1) / q->per_page), bounded ? "at_least" : "exact");
    else
        buf_puts(&b, ",\"total\":null,\"pages\":null,\"total_is\":\"not_counted\"");
    buf_printf(&b, ",\"has_next\":%s,\"has_prev\":%s", has_next ? "true" : "false", has_prev ? "true" : "false");
    json_key(&b, "next_cursor");
    json_text(&b, next);
    json_key(&b, "prev_cursor");
    json_text(&b, prev);
    buf_puts(&b, "}}");
    if (next != NULL)
        response_header(x->resp, "Link", link_to(x, "next", "cursor", next));
    if (prev != NULL)
        response_header(x->resp, "Link", link_to(x, "prev", "cursor", prev));
    if (has_prev)
        response_header(x->resp, "Link", link_to(x, "first", "page", "1"));
    response_json(x->resp, 200, (struct str){b.data, b.len});
}

enum outcome list_get(struct exchange *x)
{
    struct list_query q;
    struct statement page = {.nparams = 0}, count = {.nparams = 0};
    struct db_result *result, *count_result;
    struct page_rows rows;
    int64_t total = 0;
    enum outcome o = list_read_query(x, &q);

    if (o != OUT_OK)
        return o;
    if (list_wants_csv(x->req))
        return list_csv(x, &q);
    list_make_page(x, &q, x->arena, &page);
    o = db_query(x->db, x->arena, DB_READ, page.sql.data, page.params, page.nparams, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, x->resource, o);
    rows.result = result;
    rows.more = db_rows(result) > (size_t)q.per_page;
    rows.n = rows.more ? (size_t)q.per_page : db_rows(result);
    rows.backwards = q.by_cursor && q.cursor.backwards;
    /* An empty first page needs no counting, unless to tell an empty parent from none. */
    if (rows.n > 0 || q.page > 1 ? q.count : has_parent(x)) {
        make_count(x, &q, &count);
        o = db_query(x->db, x->arena, DB_READ, count.sql.data, count.params, count.nparams, &count_result, x->err);
        if (o != OUT_OK)
            return resource_failure(x, x->resource, o);
        if (db_rows(count_result) == 0)
            return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
        total = db_get_i64(count_result, 0, 0);
    }
    respond(x, &q, &rows, total);
    return OUT_OK;
}
