/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/breaker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/lock.h"

#define DATABASE_FAILURES 3
#define DATABASE_OPEN_MS  1000
#define PAUSE_MS          100   /* between a failure and the next trial: no request waits for a dead server twice */
#define TRIAL_MS          10000 /* a trial of which nothing was heard for so long is over: who made it died */

/* What breaker_allow() reads are atomics; all is written under the lock. Its owner died: the numbers may be off by the one
 * failure that was being counted, which does no harm. */
struct breaker_slot {
    struct shm_lock lock;
    _Atomic int64_t failures;
    _Atomic int64_t opened_ms;   /* 0: closed */
    _Atomic int64_t trial_until; /* no trial before */
    int64_t failed;
    int64_t opened;
    int64_t changed_ms;
    int64_t error_ms;
    char error[128];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct breaker_slot) * BREAKER_COUNT;
}

static void region_init(void *region, size_t size)
{
    struct breaker_slot *slots = region;

    (void)size;
    for (int i = 0; i < BREAKER_COUNT; i++)
        shm_lock_init(&slots[i].lock);
}

const struct shm_region breaker_region = {"breakers", 1, region_size, region_init};

struct breaker breaker_open(const struct shm *shm, const struct conf *conf, enum breaker_of of)
{
    static const char *const names[] = {
        [BREAKER_DATABASE] = "database", [BREAKER_REDIS] = "redis", [BREAKER_MEMCACHED] = "memcached"};
    bool database = of == BREAKER_DATABASE;

    return (struct breaker){
        .slot = (struct breaker_slot *)shm_region(shm, &breaker_region) + of,
        .name = names[of],
        .threshold = database ? DATABASE_FAILURES : conf->breaker_failures,
        .open_ms = database ? DATABASE_OPEN_MS : conf->breaker_open_ms,
        .one_by_one = !database,
    };
}

static void nothing_to_repair(void *arg)
{
    (void)arg;
}

bool breaker_is_closed(const struct breaker *b)
{
    return atomic_load_explicit(&b->slot->failures, memory_order_relaxed) == 0;
}

bool breaker_allow(const struct breaker *b)
{
    int64_t now, opened, until;

    if (breaker_is_closed(b))
        return true;
    now = clock_mono_ms();
    opened = atomic_load(&b->slot->opened_ms);
    if (opened == 0 && !b->one_by_one)
        return true;
    if (opened != 0 && now - opened < b->open_ms)
        return false;
    until = atomic_load(&b->slot->trial_until);
    return until <= now && atomic_compare_exchange_strong(&b->slot->trial_until, &until, now + TRIAL_MS);
}

void breaker_success(const struct breaker *b)
{
    struct breaker_slot *s = b->slot;

    if (breaker_is_closed(b))
        return;
    if (!shm_lock(&s->lock, nothing_to_repair, NULL))
        return;
    if (s->opened_ms != 0) {
        s->changed_ms = clock_mono_ms();
        log_event(LOG_INFO, "breaker_closed", F_STR("name", b->name),
                  F_INT("open_ms", (long long)(s->changed_ms - s->opened_ms)));
    }
    s->opened_ms = 0;
    s->failures = 0;
    s->trial_until = 0;
    shm_unlock(&s->lock);
}

void breaker_failure(const struct breaker *b, const char *why)
{
    struct breaker_slot *s = b->slot;

    if (!shm_lock(&s->lock, nothing_to_repair, NULL))
        return;
    s->error_ms = clock_mono_ms();
    (void)snprintf(s->error, sizeof(s->error), "%s", why);
    s->failed++;
    s->failures++;
    s->trial_until = s->error_ms + PAUSE_MS;
    if (s->opened_ms != 0) {
        s->opened_ms = s->error_ms; /* the trial failed */
    } else if (s->failures >= b->threshold) {
        s->opened_ms = s->changed_ms = s->error_ms;
        s->opened++;
        log_event(LOG_WARN, "breaker_open", F_STR("name", b->name), F_INT("failures", (long long)s->failures),
                  F_INT("for_ms", (long long)b->open_ms), F_STR("detail", why));
    }
    shm_unlock(&s->lock);
}

void breaker_status(const struct breaker *b, struct breaker_status *out)
{
    struct breaker_slot *s = b->slot;
    int64_t now = clock_mono_ms();

    memset(out, 0, sizeof(*out));
    out->state_age_ms = out->error_age_ms = -1;
    out->state = BREAKER_UNKNOWN;
    if (!shm_lock(&s->lock, nothing_to_repair, NULL))
        return;
    out->state = BREAKER_CLOSED;
    if (s->opened_ms != 0)
        out->state = now - s->opened_ms < b->open_ms ? BREAKER_OPEN : BREAKER_HALF_OPEN;
    out->failures = s->failures;
    out->failed = s->failed;
    out->opened = s->opened;
    if (s->changed_ms != 0)
        out->state_age_ms = now - s->changed_ms;
    if (s->error_ms != 0)
        out->error_age_ms = now - s->error_ms;
    memcpy(out->error, s->error, sizeof(out->error));
    shm_unlock(&s->lock);
}

const char *breaker_state_text(enum breaker_state state)
{
    static const char *const texts[] = {
        [BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF_OPEN] = "half_open", [BREAKER_UNKNOWN] = "unknown"};

    return texts[state];
}
