/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the list engine: what a query asks for (list_query.c), the statements that find it (list_sql.c), and the two
 * forms of the answer, pages of JSON (list.c) and CSV as a stream (list_csv.c). For this folder, and for whoever checks the
 * statements' plans or describes what lists take (app/openapi.c).
 */
#ifndef STEVEDORES_ENGINE_LIST_H
#define STEVEDORES_ENGINE_LIST_H

#include "engine/cursor.h"
#include "engine/resource.h"

#define FILTERS_MAX 16
#define PAGE_MAX    1000000
#define COUNT_BOUND 10000 /* rows that a filtered list counts at most */

enum list_count {
    LIST_COUNT_EXACT,     /* as far as COUNT_BOUND, unless a number is kept */
    LIST_COUNT_ESTIMATED, /* as the planner sees it */
    LIST_COUNT_NONE,
};

/* As they stand in a query; NULL-terminated. */
extern const char *const list_count_texts[];

/* What a value of the filter must be; of one that takes several, each of them. */
struct column list_filter_column(const struct resource *r, const struct filter *f);

/* The order as it stands in a query, "eta" or "-status,-eta". */
const char *list_sort_text(const struct sort_key *sort, bool descending, struct arena *arena);

/* What the query asks for, checked. */
struct list_query {
    int64_t page;
    int64_t per_page;
    const struct sort_key *sort;
    const char *sort_text;
    bool descending;
    enum list_count count;
    bool by_cursor;
    struct cursor cursor;
    const char *scope; /* resource, filters and their values: what a cursor is bound to */
    size_t nfilters;
    const struct filter *filters[FILTERS_MAX];
    const char *values[FILTERS_MAX]; /* as parameters */
    struct fields fields;
};

/* A statement while it is joined. */
struct statement {
    struct buf sql;
    const char *params[FILTERS_MAX + SORT_TERMS_MAX + 4];
    size_t nparams;
};

/* Reads the request's query; OUT_INVALID names what is wrong in it. */
enum outcome list_read_query(struct exchange *x, struct list_query *q) __attribute__((warn_unused_result));

/* OUT_INVALID when a filter of q needs another one that isn't there. */
enum outcome list_check_needs(const struct list_query *q, struct error *e) __attribute__((warn_unused_result));

/* True when the list is one of a parent's, which is then the first filter. */
bool list_has_parent(const struct exchange *x);

/* How many terms the order has. */
size_t list_terms(const struct sort_key *sort);

/* The statement, on the arena, of the page and one row more, which tells whether there is a next one. Columns: JSON, id, the
 * order's terms. */
void list_make_page(const struct resource *r, const struct list_query *q, struct arena *arena, struct statement *s);

/* The statement that says how many rows there are, by q->count; LIST_COUNT_ESTIMATED: the plan as JSON. With `of_parent` no
 * row comes when the parent doesn't exist. */
void list_make_count(const struct resource *r, const struct list_query *q, bool of_parent, struct arena *arena,
                     struct statement *s);

/* True when list_make_count() stops at COUNT_BOUND. */
bool list_count_is_bounded(const struct resource *r, const struct list_query *q);

/* OUT_NOT_FOUND when the list is one of a parent's who doesn't exist. One statement, or none. */
enum outcome list_check_parent(struct exchange *x) __attribute__((warn_unused_result));

/* Answers with all rows as CSV. */
enum outcome list_csv(struct exchange *x, const struct list_query *q) __attribute__((warn_unused_result));

#endif
