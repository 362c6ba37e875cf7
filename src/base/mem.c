/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

void mem_exhausted(size_t n)
{
    log_event(LOG_ERROR, "out_of_memory", F_INT("bytes", (long long)n));
    _exit(EX_TEMPFAIL);
}

void *mem_alloc(size_t n)
{
    void *p = malloc(n == 0 ? 1 : n);

    if (p == NULL)
        mem_exhausted(n);
    return p;
}

void *mem_zalloc(size_t n)
{
    void *p = calloc(1, n == 0 ? 1 : n);

    if (p == NULL)
        mem_exhausted(n);
    return p;
}

char *mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(mem_alloc(n), s, n);
}
