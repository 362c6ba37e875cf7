/* SPDX-License-Identifier: Apache-2.0
 *
 * Arena: the memory of one request. Pieces are handed out and never freed singly; arena_reset() takes them
 * all back at once and keeps the blocks, so that a warmed-up responder does not call malloc().
 *
 * Configured with --enable-arena-debug every piece is its own malloc() block, so that AddressSanitizer and
 * valgrind see what an arena would hide.
 *
 * Out of memory ends the process (base/mem.h says why).
 */
#ifndef STEVEDORES_BASE_ARENA_H
#define STEVEDORES_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new arena whose blocks hold `block_size` bytes. The caller ends it with arena_free(). */
struct arena *arena_new(size_t block_size);

/* Runs the cleanups, frees everything and sets *a to NULL. NULL inside is fine. */
void arena_free(struct arena **a);

/* Runs the cleanups (last registered first) and takes all pieces back. One block is kept for the next request;
 * blocks that a single large request needed go back to malloc. */
void arena_reset(struct arena *a);

/* `n` bytes, aligned for any type, not initialised; never NULL. Valid until the next reset. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* The same, zeroed. */
void *arena_zalloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* Copies, with a NUL behind. */
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));

/* Formatted text. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/* Calls fn(arg) at the next reset: for what is not memory (a database result, a file). */
void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#endif
