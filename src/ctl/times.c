/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/times.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void times_free(struct times *t)
{
    free(t->us);
    *t = (struct times){.us = NULL};
}

void times_add(struct times *t, int64_t us)
{
    if (t->n == t->cap) {
        size_t cap = t->cap == 0 ? 4096 : 2 * t->cap;
        int64_t *more = mem_alloc(cap * sizeof(*more));

        if (t->n > 0)
            memcpy(more, t->us, t->n * sizeof(*more));
        free(t->us);
        t->us = more;
        t->cap = cap;
    }
    t->us[t->n++] = us;
}

void times_add_corrected(struct times *t, int64_t us, int64_t interval_us)
{
    times_add(t, us);
    if (interval_us <= 0)
        return;
    for (int64_t rest = us - interval_us; rest >= interval_us; rest -= interval_us)
        times_add(t, rest);
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

void times_sort(int64_t *us, size_t n)
{
    if (n > 0)
        qsort(us, n, sizeof(*us), by_size);
}

int64_t times_permille(const struct times *t, int permille)
{
    size_t nth = (t->n * (size_t)permille + 999) / 1000; /* that many are no longer */

    return t->n == 0 ? -1 : t->us[nth > 0 ? nth - 1 : 0];
}
