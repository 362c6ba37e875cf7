/* SPDX-License-Identifier: Apache-2.0
 *
 * How PostgreSQL would go about a list: every combination of filters, order and direction that the list allows, first page and
 * page by cursor, and its count, through EXPLAIN with values that the table has. Nothing is executed, so it costs a millisecond
 * each, however big the table is.
 *
 * A plan is bad when it reads a big table from end to end, sorts many rows, or is expected to cost more than a share of reading
 * the table whole.
 */
#ifndef STEVEDORES_ENGINE_LIST_PLANS_H
#define STEVEDORES_ENGINE_LIST_PLANS_H

#include <stdio.h>

#include "engine/resource.h"

struct list_plans {
    const struct resource *resource;
    int64_t rows;      /* as the planner knows it */
    size_t filters, orders;
    size_t combinations; /* of filters, order and direction that are allowed */
    size_t refused;    /* sets of filters that lack one which they need */
    size_t statements; /* that were explained */
    size_t bad;
    double worst;      /* highest cost of a page, as a share of reading the table whole */
    const char *why;   /* the first bad one: what is wrong, */
    const char *query; /* its filters and order, as in an address */
};

/* Of the sets of three filters and more only each n-th, from the k-th on; {0, 1} is all of them. */
struct list_plans_part {
    unsigned k, n;
};

/* Texts are on the arena. `tell` is told of each bad plan at once; may be NULL. On failure *e tells why. */
enum outcome list_plans_check(struct db *db, struct arena *arena, const struct resource *r, struct list_plans_part part,
                              FILE *tell, struct list_plans *report, struct error *e) __attribute__((warn_unused_result));

#endif
