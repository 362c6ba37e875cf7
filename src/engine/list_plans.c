/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "engine/list_plans.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "engine/list.h"

#define SAMPLES     5
#define BIG_ROWS    10000 /* a table with fewer may be read whole; */
#define COUNT_ROWS  (20 * (int64_t)COUNT_BOUND) /* with fewer than that, to count as far as the bound */
#define PAGE_SORT   10000 /* so many rows may be sorted for a page */
#define COUNT_SORT  50000 /* and to count */
#define PAGE_FLOOR  2000  /* in the planner's units; a cheap plan is good whatever the table costs */
#define COUNT_FLOOR 20000 /* what counting to COUNT_BOUND may cost */
#define PAGE_SHARE  1.0   /* of reading the table whole, that a page may cost at most: else an index is no help */
#define COUNT_SHARE 1.5   /* a count stops at its bound; by an index its rows are dearer than in a row */

/* What is the same for all combinations of a list. */
struct walk {
    struct db *db;
    struct arena *kept; /* texts that outlive a combination */
    struct error *err;
    const struct resource *r;
    struct list_plans_part part;
    struct list_plans *report;
    FILE *tell; /* of each bad one; NULL: nobody */
    struct arena *arena; /* of one set of filters */
    struct db_result *big; /* names of big tables */
    double whole; /* cost of reading the table */
    size_t nfilters;
    struct {
        size_t n;
        const char *values[SAMPLES];
    } samples[FILTERS_MAX];
    struct cursor cursors[16]; /* by order: a row in the middle */
};

/* Columns of rows here and there in the table. */
#define SOME_ROWS "((SELECT * FROM %s TABLESAMPLE SYSTEM (1) REPEATABLE (1) LIMIT 1000) UNION ALL (SELECT * FROM %s LIMIT 200)) AS v"

/* --- values ------------------------------------------------------------------------------------------------------- */

/* What the filter's condition compares its value with: "v.eta" of "v.status = 'x' AND v.eta >= ?". */
static const char *left_side(struct arena *arena, const struct filter *f)
{
    static const char *const operators[] = {" = ", " @> ", " ILIKE ", " >= ", " <= ", " < ", " > "};
    char *left = arena_strndup(arena, f->sql, strcspn(f->sql, "?")), *last = NULL;

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        for (char *p = left; (p = strstr(p, operators[i])) != NULL; p++)
            last = last == NULL || p > last ? p : last;
    }
    if (last == NULL)
        return "NULL";
    *last = '\0';
    for (char *p; (p = strstr(left, " AND ")) != NULL;)
        left = p + strlen(" AND ");
    return left;
}

static const char *fallback(const struct filter *f)
{
    if (f->op == FILTER_IN)
        return "{}";
    if (f->op == FILTER_WORDS)
        return "[\"none\"]";
    switch (f->type) {
    case COL_INT:
        return "1";
    case COL_DATE:
        return "2026-01-01";
    case COL_TIME:
        return "2026-01-01T00:00:00Z";
    case COL_UUID:
        return "00000000-0000-4000-8000-000000000000";
    default:
        return "none";
    }
}

/* Values that the filter could be given, out of the table. */
static enum outcome take_samples(struct walk *w, size_t i)
{
    const struct filter *f = &w->r->filters[i];
    struct arena *a = w->kept;
    const char *left = left_side(a, f), *value, *from = "";
    struct db_result *rows;
    enum outcome o;

    if (f->type == COL_BOOL) {
        w->samples[i].n = 2;
        w->samples[i].values[0] = "true";
        w->samples[i].values[1] = "false";
        return OUT_OK;
    }
    if (f->op == FILTER_IN) {
        value = arena_printf(a, "'{' || (%s) || '}'", left);
    } else if (f->op == FILTER_WORDS) {
        value = "jsonb_build_array(w.value)::text";
        from = arena_printf(a, " CROSS JOIN LATERAL jsonb_array_elements(%s) AS w", left);
    } else if (f->type == COL_DATE && strstr(f->sql, " @> ") != NULL) { /* a day within a range */
        value = "(current_date + (10 * random())::integer)::text";
    } else if (f->op == FILTER_SEARCH) {
        value = arena_printf(a, "'%%' || replace(substr(%s, 2, 5), '\\', '') || '%%'", left);
    } else {
        value = arena_printf(a, "(%s)::text", left);
    }
    o = db_query(w->db, a, DB_READ,
                 arena_printf(a, "SELECT value FROM (SELECT %s AS value, count(*) FROM " SOME_ROWS "%s GROUP BY 1) AS s"
                                 " WHERE value IS NOT NULL ORDER BY md5(value) LIMIT %d",
                              value, w->r->table, w->r->table, from, SAMPLES),
                 NULL, 0, &rows, w->err);
    if (o != OUT_OK)
        return o;
    for (w->samples[i].n = 0; w->samples[i].n < db_rows(rows); w->samples[i].n++)
        w->samples[i].values[w->samples[i].n] = db_get(rows, w->samples[i].n, 0);
    if (w->samples[i].n == 0)
        w->samples[i].values[w->samples[i].n++] = fallback(f);
    return OUT_OK;
}

/* A cursor to somewhere in each order. */
static enum outcome take_cursors(struct walk *w)
{
    struct arena *a = w->kept;
    enum outcome o = OUT_OK;

    for (size_t i = 0; o == OUT_OK && w->r->sorts[i].name != NULL; i++) {
        const struct sort_key *sort = &w->r->sorts[i];
        struct db_result *rows;
        struct buf sql;

        buf_init(&sql, a, 512);
        buf_printf(&sql, "SELECT v.%s::text", w->r->id);
        for (size_t t = 0; t < list_terms(sort); t++)
            buf_printf(&sql, ", (%s)::text", sort->terms[t].sql);
        buf_printf(&sql, " FROM " SOME_ROWS " ORDER BY md5(v.%s::text) LIMIT 1", w->r->table, w->r->table, w->r->id);
        o = db_query(w->db, a, DB_READ, sql.data, NULL, 0, &rows, w->err);
        if (o != OUT_OK || db_rows(rows) == 0)
            continue;
        w->cursors[i] = (struct cursor){.sort = sort->name, .page = 2, .id = db_get(rows, 0, 0)};
        for (size_t t = 0; t < list_terms(sort); t++)
            w->cursors[i].keys[w->cursors[i].nkeys++] = db_get(rows, 0, 1 + (int)t);
    }
    return o;
}

/* --- plans -------------------------------------------------------------------------------------------------------- */

static double number(struct json_object *node, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(node, name, &value) ? json_object_get_double(value) : 0;
}

static const char *text(struct json_object *node, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(node, name, &value) ? json_object_get_string(value) : "";
}

static bool is_big(const struct walk *w, const char *table)
{
    for (size_t i = 0; i < db_rows(w->big); i++) {
        if (strcmp(db_get(w->big, i, 0), table) == 0)
            return true;
    }
    return false;
}

/* What is wrong with a node or with those below it; NULL: nothing. */
static const char *find_fault(const struct walk *w, struct json_object *node, double sortable)
{
    const char *type = text(node, "Node Type"), *why;
    struct json_object *below = NULL;

    if (strcmp(type, "Seq Scan") == 0 && (sortable <= PAGE_SORT || w->report->rows >= COUNT_ROWS) && is_big(w, text(node, "Relation Name")))
        return arena_printf(w->kept, "reads %s from end to end", text(node, "Relation Name"));
    if (!json_object_object_get_ex(node, "Plans", &below))
        return NULL;
    for (size_t i = 0; i < json_object_array_length(below); i++) {
        struct json_object *one = json_object_array_get_idx(below, i);

        if (strstr(type, "Sort") != NULL && number(one, "Plan Rows") > sortable)
            return arena_printf(w->kept, "sorts %.0f rows", number(one, "Plan Rows"));
        why = find_fault(w, one, sortable);
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* Explains the statement; a bad plan goes into the report. */
static enum outcome explain(struct walk *w, const struct statement *s, const struct list_query *q, bool is_page)
{
    struct json_object *all, *top = NULL;
    struct db_result *rows;
    struct buf query;
    const char *why;
    double cost;
    enum outcome o = db_query(w->db, w->arena, DB_READ,
                              arena_printf(w->arena, "EXPLAIN (FORMAT JSON) %s", s->sql.data), s->params, s->nparams, &rows,
                              w->err);

    if (o != OUT_OK)
        return o;
    w->report->statements++;
    all = json_tokener_parse(db_get(rows, 0, 0));
    if (json_object_is_type(all, json_type_array))
        (void)json_object_object_get_ex(json_object_array_get_idx(all, 0), "Plan", &top);
    why = top != NULL ? find_fault(w, top, is_page ? PAGE_SORT : COUNT_SORT) : "EXPLAIN's answer can't be read";
    cost = top != NULL ? number(top, "Total Cost") : 0;
    (void)json_object_put(all);
    if (is_page && w->whole > 0 && cost > PAGE_FLOOR && cost / w->whole > w->report->worst)
        w->report->worst = cost / w->whole;
    if (why == NULL && cost > (is_page ? PAGE_FLOOR : COUNT_FLOOR) && cost > w->whole * (is_page ? PAGE_SHARE : COUNT_SHARE))
        why = arena_printf(w->kept, "costs %.0f, the whole table %.0f", cost, w->whole);
    if (why == NULL)
        return OUT_OK;
    w->report->bad++;
    if (w->report->why != NULL && w->tell == NULL)
        return OUT_OK;
    buf_init(&query, w->kept, 256);
    for (size_t i = 0; i < q->nfilters; i++)
        buf_printf(&query, "%s=%s&", q->filters[i]->name, q->values[i]);
    buf_printf(&query, "sort=%s%s%s", q->descending ? "-" : "", q->sort->name,
               !is_page ? " (its count)" : q->by_cursor ? "&cursor=…" : "");
    if (w->tell != NULL)
        (void)fprintf(w->tell, "%s?%s\n  %s\n", w->r->name, query.data, why);
    w->report->why = why;
    w->report->query = query.data;
    return OUT_OK;
}

/* --- the walk ----------------------------------------------------------------------------------------------------- */

/* All orders of one set of filters. */
static enum outcome walk_orders(struct walk *w, struct list_query *q)
{
    struct statement s;
    enum outcome o;

    q->sort = w->r->sorts;
    list_make_count(w->r, q, false, w->arena, &s);
    o = q->nfilters > 0 ? explain(w, &s, q, false) : OUT_OK;
    for (size_t i = 0; o == OUT_OK && i < w->report->orders; i++) {
        for (int variant = 0; o == OUT_OK && variant < 6; variant++) { /* first page, third, by cursor; either way */
            q->sort = &w->r->sorts[i];
            q->descending = variant % 2 == 1;
            q->page = variant / 2 == 1 ? 3 : 1;
            q->by_cursor = variant / 2 == 2;
            q->cursor = w->cursors[i];
            w->report->combinations += variant / 2 == 0;
            if (q->by_cursor && q->cursor.nkeys == 0) /* no rows */
                continue;
            list_make_page(w->r, q, w->arena, &s);
            o = explain(w, &s, q, true);
        }
    }
    return o;
}

static enum outcome walk_filters(struct walk *w)
{
    enum outcome o = OUT_OK;

    for (size_t set = 0; o == OUT_OK && set < (size_t)1 << w->nfilters; set++) {
        struct list_query q = {.page = 1, .per_page = 20};
        struct error e;

        arena_reset(w->arena);
        error_init(&e, w->arena);
        for (size_t i = 0; i < w->nfilters; i++) {
            if ((set >> i & 1) == 0)
                continue;
            q.filters[q.nfilters] = &w->r->filters[i];
            q.values[q.nfilters++] = w->samples[i].values[(set + i) % w->samples[i].n];
        }
        if (q.nfilters > 2 && set % w->part.n != w->part.k)
            continue;
        if (list_check_needs(&q, &e) != OUT_OK)
            w->report->refused++;
        else
            o = walk_orders(w, &q);
    }
    return o;
}

enum outcome list_plans_check(struct db *db, struct arena *arena, const struct resource *r, struct list_plans_part part,
                              FILE *tell, struct list_plans *report, struct error *e)
{
    struct walk w = {.db = db, .kept = arena, .err = e, .r = r, .part = part, .report = report, .tell = tell};
    struct db_result *table;
    enum outcome o;

    *report = (struct list_plans){.resource = r};
    while (r->filters[report->filters].name != NULL && report->filters < FILTERS_MAX)
        report->filters++;
    w.nfilters = report->filters;
    while (r->sorts[report->orders].name != NULL && report->orders < sizeof(w.cursors) / sizeof(w.cursors[0]))
        report->orders++;
    o = db_query(db, arena, DB_READ,
                 "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND reltuples > $1::integer",
                 (const char *[]){arena_printf(arena, "%d", BIG_ROWS)}, 1, &w.big, e);
    if (o == OUT_OK)
        o = db_query(db, arena, DB_READ,
                     "SELECT greatest(reltuples, 0)::bigint, relpages * current_setting('seq_page_cost')::float8"
                     " + reltuples * current_setting('cpu_tuple_cost')::float8 FROM pg_class WHERE oid = $1::regclass",
                     &r->table, 1, &table, e);
    if (o != OUT_OK)
        return o;
    report->rows = db_get_i64(table, 0, 0);
    w.whole = strtod(db_get(table, 0, 1), NULL);
    for (size_t i = 0; o == OUT_OK && i < w.nfilters; i++)
        o = take_samples(&w, i);
    if (o == OUT_OK)
        o = take_cursors(&w);
    w.arena = arena_new((size_t)64 * 1024);
    if (o == OUT_OK)
        o = walk_filters(&w);
    arena_free(&w.arena);
    return o;
}
