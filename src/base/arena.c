/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *blocks; /* the first one is the one we hand out from */
    struct cleanup *cleanups;
    size_t block_size;
    size_t used;
};

static struct block *block_new(size_t size)
{
    struct block *b = mem_alloc(sizeof(*b) + size);

    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(size_t block_size)
{
    struct arena *a = mem_zalloc(sizeof(*a));

    a->block_size = block_size;
    return a;
}

static void run_cleanups(struct arena *a)
{
    while (a->cleanups != NULL) {
        struct cleanup *c = a->cleanups;

        a->cleanups = c->next;
        c->fn(c->arg);
    }
}

void arena_free(struct arena **ap)
{
    struct arena *a = *ap;

    if (a == NULL)
        return;
    run_cleanups(a);
    while (a->blocks != NULL) {
        struct block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    free(a);
    *ap = NULL;
}

void arena_reset(struct arena *a)
{
    struct block *kept = NULL;

    run_cleanups(a);
    while (a->blocks != NULL) {
        struct block *b = a->blocks;

        a->blocks = b->next;
#ifndef ARENA_DEBUG
        if (kept == NULL && b->size == a->block_size) {
            b->used = 0;
            b->next = NULL;
            kept = b;
            continue;
        }
#endif
        free(b);
    }
    a->blocks = kept;
    a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    size_t need;
    struct block *b = a->blocks;
    void *p;

    if (n > SIZE_MAX / 2)
        mem_exhausted(n);
    need = (n + align - 1) & ~(align - 1);
    if (need == 0)
        need = align;
    a->used += need;
#ifdef ARENA_DEBUG
    b = block_new(n == 0 ? 1 : n); /* exactly what was asked for: one byte more is an overrun */
    b->next = a->blocks;
    a->blocks = b;
    return b->data;
#endif
    if (b == NULL || b->size - b->used < need) {
        struct block *fresh = block_new(need > a->block_size ? need : a->block_size);

        /* A piece larger than a block gets its own one behind the current, whose rest stays usable. */
        if (need > a->block_size && b != NULL) {
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            a->blocks = fresh;
        }
        b = fresh;
    }
    p = b->data + b->used;
    b->used += need;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
    void *p = arena_alloc(a, n);

    memset(p, 0, n);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);

    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char text[256]; /* most fit, and are formatted once */
    va_list again;
    char *p;
    int n;

    va_copy(again, ap);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    if (n < 0) /* only an invalid format or a length over INT_MAX: our own mistake */
        abort();
    if ((size_t)n < sizeof(text)) {
        p = arena_strndup(a, text, (size_t)n);
    } else {
        p = arena_alloc(a, (size_t)n + 1);
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *p;

    va_start(ap, fmt);
    p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}

void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg)
{
    struct cleanup *c = arena_alloc(a, sizeof(*c));

    c->next = a->cleanups;
    c->fn = fn;
    c->arg = arg;
    a->cleanups = c;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
