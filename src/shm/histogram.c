/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/histogram.h"

/* 0 to 3 have a bucket each; from there on, the highest bit says which doubling it is, the two behind it which quarter. */
int histogram_bucket(int64_t us)
{
    int doubling, bucket;

    if (us < 4)
        return us > 0 ? (int)us : 0;
    doubling = 63 - __builtin_clzll((unsigned long long)us);
    bucket = (doubling - 1) * 4 + (int)(us >> (doubling - 2) & 3);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

void histogram_put(struct histogram_cell *c, int64_t us)
{
    (void)atomic_fetch_add_explicit(&c->counts[histogram_bucket(us)], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&c->sum_us, us, memory_order_relaxed);
}

void histogram_take(struct histogram *h, const struct histogram_cell *c)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] += atomic_load_explicit(&c->counts[i], memory_order_relaxed);
    h->sum_us += atomic_load_explicit(&c->sum_us, memory_order_relaxed);
}

int64_t histogram_floor(int bucket)
{
    if (bucket < 4)
        return bucket;
    return (int64_t)(4 + bucket % 4) << (bucket / 4 - 1);
}

int64_t histogram_count(const struct histogram *h)
{
    int64_t n = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        n += h->counts[i];
    return n;
}

void histogram_add(struct histogram *h, const struct histogram *more)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] += more->counts[i];
    h->sum_us += more->sum_us;
}

void histogram_subtract(struct histogram *h, const struct histogram *less)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] -= less->counts[i];
    h->sum_us -= less->sum_us;
}

/* Within a bucket times are taken for evenly spread. */
int64_t histogram_permille(const struct histogram *h, int permille)
{
    const int64_t n = histogram_count(h);
    int64_t rank = (n * permille + 999) / 1000;

    if (n <= 0)
        return -1;
    for (int i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        const int64_t floor = histogram_floor(i);

        if (rank <= h->counts[i])
            return floor + (histogram_floor(i + 1) - floor) * rank / h->counts[i];
        rank -= h->counts[i];
    }
    return histogram_floor(HISTOGRAM_BUCKETS - 1);
}

int64_t histogram_mean(const struct histogram *h)
{
    const int64_t n = histogram_count(h);

    return n > 0 ? h->sum_us / n : -1;
}
