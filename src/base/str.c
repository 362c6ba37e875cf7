/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

static void grow(struct buf *b, size_t more)
{
    size_t cap = b->cap;
    char *data;

    if (b->cap - b->len > more) /* one byte stays for the NUL */
        return;
    while (cap - b->len <= more)
        cap *= 2;
    data = arena_alloc(b->arena, cap);
    memcpy(data, b->data, b->len);
    b->data = data;
    b->cap = cap;
}

void buf_init(struct buf *b, struct arena *arena, size_t cap)
{
    b->arena = arena;
    b->cap = cap < 16 ? 16 : cap;
    b->data = arena_alloc(arena, b->cap);
    b->data[0] = '\0';
    b->len = 0;
}

void buf_add(struct buf *b, const char *p, size_t n)
{
    grow(b, n);
    if (n > 0)
        memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    if ((size_t)n >= b->cap - b->len) {
        grow(b, (size_t)n);
        va_start(ap, fmt);
        (void)vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_is_text(const char *p, size_t n)
{
    return memchr(p, '\0', n) == NULL && u8_check((const uint8_t *)p, n) == NULL;
}
