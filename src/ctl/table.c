/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

void table_init(struct table *t, struct arena *arena, const char *const *heads)
{
    *t = (struct table){.arena = arena, .heads = heads};
    while (heads[t->columns] != NULL)
        t->columns++;
}

void table_cell(struct table *t, const char *text)
{
    if (t->n == t->cap) {
        size_t cap = t->cap == 0 ? 16 * t->columns : 2 * t->cap;
        const char **cells = arena_alloc(t->arena, cap * sizeof(*cells));

        if (t->n > 0)
            memcpy(cells, t->cells, t->n * sizeof(*cells));
        t->cells = cells;
        t->cap = cap;
    }
    t->cells[t->n++] = text != NULL ? text : "";
}

void table_cellf(struct table *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    table_cell(t, arena_vprintf(t->arena, fmt, ap));
    va_end(ap);
}

/* Characters of a UTF-8 text: every byte that doesn't continue one. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Blanks are owed until something follows them, so that no line ends in blanks. */
static void print_cell(FILE *f, const char *text, size_t width, bool right, size_t *owed)
{
    size_t pad = width - width_of(text);

    if (*text != '\0') {
        (void)fprintf(f, "%*s%s", (int)(*owed + (right ? pad : 0)), "", text);
        *owed = right ? 0 : pad;
    } else {
        *owed += width;
    }
    *owed += 2; /* between two columns */
}

void table_print(const struct table *t, FILE *f)
{
    size_t *widths = arena_zalloc(t->arena, t->columns * sizeof(*widths));
    size_t owed = 0;

    for (size_t i = 0; i < t->columns + t->n; i++) {
        size_t column = i % t->columns;
        const char *text = i < t->columns ? t->heads[i] + (t->heads[i][0] == '>') : t->cells[i - t->columns];
        size_t width = width_of(text);

        if (width > widths[column])
            widths[column] = width;
    }
    for (size_t i = 0; i < t->columns + t->n; i++) {
        size_t column = i % t->columns;
        bool right = t->heads[column][0] == '>';
        const char *text = i < t->columns ? t->heads[i] + right : t->cells[i - t->columns];

        print_cell(f, text, widths[column], right, &owed);
        if (column + 1 == t->columns) {
            (void)fputc('\n', f);
            owed = 0;
        }
    }
}
