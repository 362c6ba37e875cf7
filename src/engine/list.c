/* SPDX-License-Identifier: Apache-2.0
 *
 * The list engine: GET of any collection. Two statements at most: the page, and how many there are.
 *
 * The rows come from PostgreSQL as JSON texts and are joined here.
 */
#include "config.h"
#include "engine/list.h"

#include <json-c/json.h>
#include <string.h>

#include "base/json_out.h"

enum outcome list_check_parent(struct exchange *x)
{
    struct db_result *r;
    enum outcome o;

    if (!list_has_parent(x))
        return OUT_OK;
    o = db_query(x->db, x->arena, DB_READ, x->resource->parent_exists_sql, x->args, 1, &r, x->err);
    if (o == OUT_OK && db_rows(r) == 0)
        o = error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    return o;
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

/* How many rows there are in all. */
struct total {
    int64_t rows;
    const char *is; /* exact, at_least, estimated; NULL: nobody asked */
};

/* The cursor that leads away from row i of the page. */
static const char *cursor_at(struct exchange *x, const struct list_query *q, const struct page_rows *rows, size_t i,
                             bool backwards)
{
    size_t row = row_at(rows, i);
    struct cursor c = {.backwards = backwards, .sort = q->sort_text, .page = q->page + (backwards ? -1 : 1)};

    if (c.page < 1) /* rows were added in front meanwhile */
        c.page = 1;
    c.id = db_get(rows->result, row, 1);
    for (c.nkeys = 0; c.nkeys < list_terms(q->sort); c.nkeys++)
        c.keys[c.nkeys] = db_get(rows->result, row, 2 + (int)c.nkeys);
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

static void add_total(struct buf *b, const struct list_query *q, const struct total *total)
{
    if (total->is != NULL)
        buf_printf(b, ",\"total\":%lld,\"pages\":%lld,\"total_is\":\"%s\"", (long long)total->rows,
                   (long long)((total->rows + q->per_page - 1) / q->per_page), total->is);
    else
        buf_puts(b, ",\"total\":null,\"pages\":null,\"total_is\":\"not_counted\"");
}

static void respond(struct exchange *x, const struct list_query *q, const struct page_rows *rows,
                    const struct total *total)
{
    struct buf b;
    bool has_next = rows->backwards ? true : rows->more;
    bool has_prev = rows->backwards ? rows->more : q->page > 1;
    const char *next = has_next && rows->n > 0 ? cursor_at(x, q, rows, rows->n - 1, false) : NULL;
    const char *prev = has_prev && rows->n > 0 ? cursor_at(x, q, rows, 0, true) : NULL;

    buf_init(&b, x->arena, 512 + rows->n * 1024);
    buf_puts(&b, "{\"data\":[");
    for (size_t i = 0; i < rows->n; i++) {
        struct str json = db_get_str(rows->result, row_at(rows, i), 0);

        if (i > 0)
            buf_char(&b, ',');
        buf_add(&b, json.p, json.n);
    }
    buf_printf(&b, "],\"pagination\":{\"page\":%lld,\"per_page\":%lld", (long long)q->page, (long long)q->per_page);
    add_total(&b, q, total);
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

/* The rows that the planner expects, out of EXPLAIN's JSON. */
static enum outcome read_estimate(struct exchange *x, const char *plan, int64_t *rows)
{
    struct json_object *all = json_tokener_parse(plan), *top = NULL, *number = NULL;
    bool found = all != NULL && json_object_is_type(all, json_type_array) &&
                 json_object_object_get_ex(json_object_array_get_idx(all, 0), "Plan", &top) &&
                 json_object_object_get_ex(top, "Plan Rows", &number);

    *rows = found ? json_object_get_int64(number) : 0;
    (void)json_object_put(all);
    return found ? OUT_OK : error_log(x->err, OUT_INTERNAL, "EXPLAIN's answer has no \"Plan Rows\"");
}

/* Asks the database how many there are. */
static enum outcome ask_total(struct exchange *x, const struct list_query *q, const struct page_rows *rows,
                              struct total *total)
{
    const struct resource *r = x->resource;
    struct statement count;
    struct db_result *result;
    int64_t seen = (q->page - 1) * q->per_page + (int64_t)rows->n + rows->more;
    enum outcome o;

    list_make_count(r, q, list_has_parent(x), x->arena, &count);
    o = db_query(x->db, x->arena, DB_READ, count.sql.data, count.params, count.nparams, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, r, o);
    if (db_rows(result) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    total->is = "exact";
    if (q->count == LIST_COUNT_ESTIMATED && q->nfilters > 0) {
        total->is = "estimated";
        o = read_estimate(x, db_get(result, 0, 0), &total->rows);
        if (total->rows < seen && !q->by_cursor)
            total->rows = seen;
        return o;
    }
    total->rows = db_get_i64(result, 0, 0);
    if (list_count_is_bounded(r, q) && total->rows > COUNT_BOUND)
        *total = (struct total){COUNT_BOUND, "at_least"};
    return OUT_OK;
}

static enum outcome find_total(struct exchange *x, const struct list_query *q, const struct page_rows *rows,
                               struct total *total)
{
    struct list_query exact = *q;
    int64_t before = (q->page - 1) * q->per_page;

    *total = (struct total){0, q->count == LIST_COUNT_NONE ? NULL : "exact"};
    if (rows->n == 0 && q->page == 1 && !q->by_cursor) /* nothing; is there a parent? */
        return list_check_parent(x);
    if (rows->n == 0) { /* beyond the end, of which the planner knows nothing; or of no parent at all */
        if (q->count == LIST_COUNT_NONE)
            return list_check_parent(x);
        exact.count = LIST_COUNT_EXACT;
        return ask_total(x, &exact, rows, total);
    }
    if (q->count == LIST_COUNT_NONE)
        return OUT_OK;
    if (!rows->more && !q->by_cursor) { /* the last page's number says it */
        total->rows = before + (int64_t)rows->n;
        return OUT_OK;
    }
    return ask_total(x, q, rows, total);
}

enum outcome list_get(struct exchange *x)
{
    struct list_query q;
    struct statement page;
    struct db_result *result;
    struct page_rows rows;
    struct total total;
    enum outcome o = list_read_query(x, &q);

    if (o != OUT_OK)
        return o;
    if (list_wants_csv(x->req))
        return list_csv(x, &q);
    list_make_page(x->resource, &q, x->arena, &page);
    o = db_query(x->db, x->arena, DB_READ, page.sql.data, page.params, page.nparams, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, x->resource, o);
    rows.result = result;
    rows.more = db_rows(result) > (size_t)q.per_page;
    rows.n = rows.more ? (size_t)q.per_page : db_rows(result);
    rows.backwards = q.by_cursor && q.cursor.backwards;
    o = find_total(x, &q, &rows, &total);
    if (o != OUT_OK)
        return o;
    respond(x, &q, &rows, &total);
    return OUT_OK;
}
