/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two forms of a list, pages of JSON (list.c) and CSV as a stream (list_csv.c), have in common. For this folder.
 */
#ifndef STEVEDORES_ENGINE_LIST_H
#define STEVEDORES_ENGINE_LIST_H

#include "engine/cursor.h"
#include "engine/resource.h"

#define FILTERS_MAX 16

/* What the query asks for, checked. */
struct list_query {
    int64_t page;
    int64_t per_page;
    const struct sort_key *sort;
    const char *sort_text;
    bool descending;
    bool count;
    bool by_cursor;
    struct cursor cursor;
    const char *scope; /* resource, filters and their values: what a cursor is bound to */
    size_t nfilters;
    const struct filter *filters[FILTERS_MAX];
    const char *values[FILTERS_MAX]; /* as parameters */
};

/* A statement while it is joined. */
struct statement {
    struct buf sql;
    const char *params[FILTERS_MAX + 8];
    size_t nparams;
};

/* Reads the request's query; OUT_INVALID names what is wrong in it. */
enum outcome list_read_query(struct exchange *x, struct list_query *q) __attribute__((warn_unused_result));

/* The statement, on the arena, of the page and one row more, which tells whether there is a next one. Columns: JSON, sort key,
 * id. */
void list_make_page(struct exchange *x, const struct list_query *q, struct arena *arena, struct statement *s);

/* OUT_NOT_FOUND when the list is one of a parent's who doesn't exist. One statement, or none. */
enum outcome list_check_parent(struct exchange *x) __attribute__((warn_unused_result));

/* Answers with all rows as CSV. */
enum outcome list_csv(struct exchange *x, const struct list_query *q) __attribute__((warn_unused_result));

#endif
