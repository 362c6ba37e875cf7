/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/verdict.h"

#include <string.h>

#include "base/clock.h"
#include "shm/lock.h"

/* While the lock is free all is of one look. The agent died in the middle of a write: nothing is known until its next one. */
struct verdicts {
    struct shm_lock lock;
    int64_t looked_ms; /* monotonic; 0: never */
    struct verdict last;
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct verdicts);
}

static void region_init(void *region, size_t size)
{
    struct verdicts *v = region;

    (void)size;
    shm_lock_init(&v->lock);
}

const struct shm_region verdict_region = {"verdict", 1, region_size, region_init};

static void forget(void *arg)
{
    struct verdicts *v = arg;

    v->looked_ms = 0;
    memset(&v->last, 0, sizeof(v->last));
}

struct verdicts *verdict_open(const struct shm *shm)
{
    return shm_region(shm, &verdict_region);
}

void verdict_put(struct verdicts *v, const struct check found[CHECK_COUNT])
{
    struct verdict now = {.at_ms = clock_real_ms(), .sum = checks_sum(found)};

    for (int i = 0; i < CHECK_COUNT; i++)
        now.status[i] = found[i].status;
    if (!shm_lock(&v->lock, forget, v))
        return; /* the next one comes soon */
    v->last = now;
    v->looked_ms = clock_mono_ms();
    shm_unlock(&v->lock);
}

int64_t verdict_get(struct verdicts *v, struct verdict *out)
{
    int64_t looked;

    memset(out, 0, sizeof(*out));
    if (!shm_lock(&v->lock, forget, v))
        return -1;
    *out = v->last;
    looked = v->looked_ms;
    shm_unlock(&v->lock);
    return looked != 0 ? clock_mono_ms() - looked : -1;
}
