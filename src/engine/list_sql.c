/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements of a list, joined from what the resource declares. A page by number is found with OFFSET, a page by cursor by
 * its keyset, (terms…, id) > (…), so that it costs the same wherever it lies (Winand, "Paging Through Results").
 */
#include "config.h"
#include "engine/list.h"

#include <string.h>

static void add_param(struct statement *s, const char *value, const char *type)
{
    s->params[s->nparams++] = value;
    buf_printf(&s->sql, "$%zu::%s", s->nparams, type);
}

size_t list_terms(const struct sort_key *sort)
{
    size_t n = 0;

    while (n < SORT_TERMS_MAX && sort->terms[n].sql != NULL)
        n++;
    return n;
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

/* The rows behind the cursor's. */
static void add_keyset(struct statement *s, const struct resource *r, const struct list_query *q, bool descending)
{
    const struct column id = {.type = r->id_type};

    buf_puts(&s->sql, q->nfilters > 0 ? " AND (" : " WHERE (");
    for (size_t i = 0; i < q->cursor.nkeys; i++)
        buf_printf(&s->sql, "%s, ", q->sort->terms[i].sql);
    buf_printf(&s->sql, "v.%s) %c (", r->id, descending ? '<' : '>');
    for (size_t i = 0; i < q->cursor.nkeys; i++) {
        add_param(s, q->cursor.keys[i], q->sort->terms[i].type);
        buf_puts(&s->sql, ", ");
    }
    add_param(s, q->cursor.id, column_sql_type(&id));
    buf_char(&s->sql, ')');
}

static void add_order(struct statement *s, const struct resource *r, const struct sort_key *sort, bool descending)
{
    const char *direction = descending ? "DESC" : "ASC";

    buf_puts(&s->sql, " ORDER BY ");
    for (size_t i = 0; i < list_terms(sort); i++)
        buf_printf(&s->sql, "%s %s, ", sort->terms[i].sql, direction);
    buf_printf(&s->sql, "v.%s %s", r->id, direction);
}

void list_make_page(const struct resource *r, const struct list_query *q, struct arena *arena, struct statement *s)
{
    const bool backwards = q->by_cursor && q->cursor.backwards;
    const bool descending = q->descending != backwards;
    const bool skips = !q->by_cursor && q->page > 1;

    s->nparams = 0;
    buf_init(&s->sql, arena, 2048);
    buf_printf(&s->sql, "SELECT j.json, v.%s::text", r->id);
    for (size_t i = 0; i < list_terms(q->sort); i++)
        buf_printf(&s->sql, ", (%s)::text", q->sort->terms[i].sql);
    /* Rows that are only skipped are not read as far as the index has what is asked of them. */
    if (skips)
        buf_printf(&s->sql, " FROM (SELECT v.%s FROM %s AS v", r->id, r->table);
    else
        buf_printf(&s->sql, " FROM (SELECT * FROM %s AS v", r->table);
    add_where(s, q);
    if (q->by_cursor)
        add_keyset(s, r, q, descending);
    add_order(s, r, q->sort, descending);
    /* Filters' values differ so much that each wants a plan of its own, which PostgreSQL makes as long as it doesn't know the
     * limit. Without any, one plan fits all, wherever the cursor leads: with the limit known, it is kept. */
    buf_puts(&s->sql, " LIMIT ");
    if (q->nfilters > 0)
        add_param(s, arena_printf(arena, "%lld", (long long)q->per_page + 1), "bigint");
    else
        buf_printf(&s->sql, "%lld", (long long)q->per_page + 1);
    if (skips) {
        buf_puts(&s->sql, " OFFSET ");
        add_param(s, arena_printf(arena, "%lld", ((long long)q->page - 1) * q->per_page), "bigint");
        buf_printf(&s->sql, ") AS found JOIN %s AS v USING (%s)", r->table, r->id);
    } else {
        buf_puts(&s->sql, ") AS v");
    }
    resource_add_json(&s->sql, r, &q->fields);
    add_order(s, r, q->sort, descending);
}

static bool is_of_parent_only(const struct resource *r, const struct list_query *q)
{
    return r->count_parent_sql != NULL && q->nfilters == 1 && strcmp(q->filters[0]->name, r->parent) == 0;
}

bool list_count_is_bounded(const struct resource *r, const struct list_query *q)
{
    return q->count == LIST_COUNT_EXACT && q->nfilters > 0 && !r->few && !is_of_parent_only(r, q);
}

void list_make_count(const struct resource *r, const struct list_query *q, bool of_parent, struct arena *arena,
                     struct statement *s)
{
    s->nparams = 0;
    buf_init(&s->sql, arena, 512);
    if (q->count == LIST_COUNT_ESTIMATED && q->nfilters > 0) {
        buf_printf(&s->sql, "EXPLAIN (FORMAT JSON) SELECT FROM %s AS v", r->table);
        add_where(s, q);
        return;
    }
    if (of_parent)
        buf_puts(&s->sql, "SELECT (");
    if (is_of_parent_only(r, q)) {
        buf_puts(&s->sql, r->count_parent_sql);
        s->params[s->nparams++] = q->values[0];
    } else if (r->few) {
        buf_printf(&s->sql, "SELECT count(*) FROM %s AS v", r->table);
        add_where(s, q);
    } else if (q->nfilters == 0) {
        if (r->count_sql != NULL)
            buf_puts(&s->sql, r->count_sql);
        else
            buf_printf(&s->sql, "SELECT coalesce(sum(rows), 0)::bigint FROM row_counts WHERE table_name = '%s'", r->table);
    } else { /* in an index's order: no row is read twice, and none that isn't needed */
        buf_printf(&s->sql, "SELECT count(*) FROM (SELECT FROM %s AS v", r->table);
        add_where(s, q);
        add_order(s, r, r->sorts, r->sort_descending);
        buf_printf(&s->sql, " LIMIT %d) AS counted", COUNT_BOUND + 1);
    }
    if (of_parent)
        buf_printf(&s->sql, ") FROM (%s) AS parent", r->parent_exists_sql);
}
