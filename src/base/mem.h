/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that lives longer than a request: malloc() that does not return NULL.
 *
 * A responder that can't get memory says so in one log line and ends with status 75 (EX_TEMPFAIL); its
 * supervisor starts another. Limits on everything a client sends bound what one request can ask for, so this is
 * the machine's shortage, and a process that limps on with half a request in hand helps nobody.
 */
#ifndef STEVEDORES_BASE_MEM_H
#define STEVEDORES_BASE_MEM_H

#include <stddef.h>

/* The caller frees with free(). */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *mem_zalloc(size_t n) __attribute__((malloc, returns_nonnull, alloc_size(1)));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));

/* Logs and ends the process. */
void mem_exhausted(size_t n) __attribute__((noreturn));

#endif
