/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables for people: columns as wide as their widest cell, counted in characters and not in bytes.
 */
#ifndef STEVEDORES_CTL_TABLE_H
#define STEVEDORES_CTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

struct table {
    struct arena *arena;
    const char *const *heads;
    size_t columns;
    const char **cells; /* row by row */
    size_t n, cap;
};

/* `heads` ends with NULL and is borrowed; a head that begins with '>' makes its column flush right. */
void table_init(struct table *t, struct arena *arena, const char *const *heads);

/* The next cell, borrowed; rows fill up from the left. NULL is an empty cell. */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void table_print(const struct table *t, FILE *f);

#endif
