/* SPDX-License-Identifier: Apache-2.0
 *
 * Times of many requests, each kept: percentiles that are exact.
 */
#ifndef STEVEDORES_CTL_TIMES_H
#define STEVEDORES_CTL_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* Microseconds. Zeroes are an empty one; end with times_free(). */
struct times {
    int64_t *us;
    size_t n, cap;
};

void times_free(struct times *t);
void times_add(struct times *t, int64_t us);

/* Of a client that asks once in `interval_us` and doesn't ask while it waits: what those whom it kept waiting would have seen counts
 * too, so a time of d adds d - i, d - 2i and so on while that is at least i (coordinated omission; Gil Tene, HdrHistogram). 0: no
 * interval, nothing is added. */
void times_add_corrected(struct times *t, int64_t us, int64_t interval_us);

/* Ascending. */
void times_sort(int64_t *us, size_t n);

/* So many of a thousand took no longer; -1 when there is none. They are sorted. */
int64_t times_permille(const struct times *t, int permille);

#endif
