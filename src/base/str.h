/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices and the string builder.
 */
#ifndef STEVEDORES_BASE_STR_H
#define STEVEDORES_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Bytes with a length; borrowed, and not necessarily NUL-terminated. */
struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* A text that grows in an arena. `data` is NUL-terminated after every call and moves when it grows. */
struct buf {
    struct arena *arena;
    char *data;
    size_t len;
    size_t cap;
};

/* An empty text with room for `cap` bytes. */
void buf_init(struct buf *b, struct arena *arena, size_t cap);
void buf_add(struct buf *b, const char *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* True when `s` starts with `prefix`. */
bool str_starts(const char *s, const char *prefix);

/* True when the bytes are well-formed UTF-8 (Unicode 15, table 3-7) without NUL. */
bool str_is_text(const char *p, size_t n);

#endif
