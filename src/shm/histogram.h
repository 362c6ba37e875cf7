/* SPDX-License-Identifier: Apache-2.0
 *
 * How often something took how long, in buckets that grow with what they hold: four to each doubling, so a percentile is
 * right to within a quarter, from a microsecond to two minutes. What is longer is in the last one.
 */
#ifndef STEVEDORES_SHM_HISTOGRAM_H
#define STEVEDORES_SHM_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 104

struct histogram {
    int64_t counts[HISTOGRAM_BUCKETS];
    int64_t sum_us;
};

/* The same in shared memory, where many count at once. Atomics, no lock; zeroes are right to begin with. */
struct histogram_cell {
    _Atomic int64_t counts[HISTOGRAM_BUCKETS];
    _Atomic int64_t sum_us;
};

void histogram_put(struct histogram_cell *c, int64_t us);

/* Adds what was counted so far to *h. */
void histogram_take(struct histogram *h, const struct histogram_cell *c);

/* The bucket that a time belongs to, and the least time that a bucket holds. */
int histogram_bucket(int64_t us);
int64_t histogram_floor(int bucket);

int64_t histogram_count(const struct histogram *h);
void histogram_add(struct histogram *h, const struct histogram *more);
void histogram_subtract(struct histogram *h, const struct histogram *less);

/* So many of a thousand took no longer, in microseconds; -1 when there is none. */
int64_t histogram_permille(const struct histogram *h, int permille);

/* -1 when there is none. */
int64_t histogram_mean(const struct histogram *h);

#endif
