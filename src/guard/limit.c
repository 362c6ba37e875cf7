/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "guard/limit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cache/redis.h"
#include "shm/counters.h"
#include "shm/lock.h"

#define STRIPES     16 /* each with its own lock */
#define BUCKETS     32 /* of a stripe */
#define WAYS        8  /* callers of a bucket; the one that has been silent for longest makes room */
#define ADVANCE_OF  20 /* an advance is 1/20 of what is left, */
#define ADVANCE_MAX 50 /* and no more than this: what isn't used up when the window ends is lost */
#define LATE_MAX_MS 5000 /* a request may be overtaken by so much; when it is more, the clock was set back */
#define WAIT_STEP_US 200 /* of those who wait for another's fetch */

/* A caller's requests against one rate. */
struct window {
    int64_t index; /* the running window: real time divided by its length */
    int64_t now;   /* in it, the advance included */
    int64_t before;
};

struct caller {
    unsigned char hash[16]; /* of class and name */
    int64_t used_ms;        /* real time; 0: free */
    int64_t advance;        /* counted in Redis already, not yet used */
    int64_t fetch;          /* number of the fetch that is under way; 0: none */
    int64_t fetch_until_ms; /* monotonic clock; who has it is dead or too late then */
    struct window windows[RATES_MAX];
};

/* While the lock is free: a caller stands in a bucket once at most, and one fetch of it is under way at most. Its owner died:
 * one request may be counted in one window and not in the other, which does no harm. */
struct stripe {
    struct shm_lock lock;
    int64_t fetches; /* begun so far */
    struct caller callers[BUCKETS][WAYS];
};

struct limits {
    struct stripe *stripes;
    struct counters *counters;
    struct tier *redis;
    struct redis_script script;
    unsigned char fingerprint[32];
    int64_t fetch_ms; /* that a fetch takes at most */
    bool on;
    struct {
        struct rate rates[RATES_MAX];
        size_t n;
    } classes[LIMIT_COUNT];
};

/* Takes up to `want` requests out of every rate, or none.
 * KEYS: of each rate the running window's counter and the one's before. ARGV: want, then of each rate limit, length of the
 * window, elapsed (ms), and the two counters as the caller's host knows them. Returns how many were granted and the counters. */
static const char take_lua[] =
    "local grant, now, before = tonumber(ARGV[1]), {}, {}\n"
    "for i = 1, #KEYS / 2 do\n"
    "  local limit, window, elapsed, n, b = unpack(ARGV, i * 5 - 3, i * 5 + 1)\n"
    "  now[i] = math.max(tonumber(redis.call('GET', KEYS[i * 2 - 1]) or 0), tonumber(n))\n"
    "  before[i] = math.max(tonumber(redis.call('GET', KEYS[i * 2]) or 0), tonumber(b))\n"
    "  grant = math.min(grant, limit - now[i] - math.floor(before[i] * (window - elapsed) / window))\n"
    "end\n"
    "grant = math.max(grant, 0)\n"
    "local answer = {grant}\n"
    "for i = 1, #KEYS / 2 do\n"
    "  local window, elapsed = tonumber(ARGV[i * 5 - 2]), tonumber(ARGV[i * 5 - 1])\n"
    "  now[i] = now[i] + grant\n"
    "  redis.call('SET', KEYS[i * 2 - 1], now[i], 'PX', window * 2 - elapsed)\n"
    "  redis.call('SET', KEYS[i * 2], before[i], 'PX', window - elapsed)\n"
    "  answer[i * 2] = now[i]\n"
    "  answer[i * 2 + 1] = before[i]\n"
    "end\n"
    "return answer\n";

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct stripe) * STRIPES;
}

static void region_init(void *region, size_t size)
{
    struct stripe *stripes = region;

    (void)size;
    for (int i = 0; i < STRIPES; i++)
        shm_lock_init(&stripes[i].lock);
}

const struct shm_region limit_region = {"limits", 2, region_size, region_init};

static void nothing_to_repair(void *arg)
{
    (void)arg;
}

const char *limit_class_text(enum limit_class class)
{
    static const char *const texts[] = {[LIMIT_ADDRESS] = "address",
                                        [LIMIT_READ] = "read",
                                        [LIMIT_WRITE] = "write",
                                        [LIMIT_LOGIN] = "login",
                                        [LIMIT_ACCOUNT] = "account",
                                        [LIMIT_EXPORT] = "export",
                                        [LIMIT_REPORT] = "report"};

    return texts[class];
}

struct limits *limits_new(const struct conf *conf, const struct shm *shm, struct tier *redis)
{
    const char *const texts[LIMIT_COUNT] = {[LIMIT_ADDRESS] = conf->rate_limit_address,
                                            [LIMIT_READ] = conf->rate_limit_read,
                                            [LIMIT_WRITE] = conf->rate_limit_write,
                                            [LIMIT_LOGIN] = conf->rate_limit_login,
                                            [LIMIT_ACCOUNT] = conf->rate_limit_account,
                                            [LIMIT_EXPORT] = conf->rate_limit_export,
                                            [LIMIT_REPORT] = conf->rate_limit_report};
    struct limits *l = mem_zalloc(sizeof(*l));
    const char *why;

    l->stripes = shm_region(shm, &limit_region);
    l->counters = counters_open(shm);
    l->redis = redis;
    l->script.text = take_lua;
    /* AUTH, SELECT, SCRIPT LOAD, and EVALSHA twice. */
    l->fetch_ms = conf->cache_connect_timeout_ms + 5 * conf->cache_command_timeout_ms;
    l->on = conf->rate_limit;
    conf_fingerprint(conf, l->fingerprint);
    for (int i = 0; i < LIMIT_COUNT; i++) {
        if (!rate_parse(texts[i], l->classes[i].rates, &l->classes[i].n, &why))
            l->classes[i].n = 0; /* conf_load() has checked it */
    }
    return l;
}

void limits_free(struct limits **l)
{
    free(*l);
    *l = NULL;
}

/* --- a caller's windows ------------------------------------------------------------------------------------------ */

struct request {
    struct limits *l;
    enum limit_class class;
    const struct rate *rates;
    size_t n;
    unsigned char hash[16];
    int64_t now_ms;
};

static int64_t window_ms(const struct rate *r)
{
    return r->window_s * 1000;
}

static int64_t elapsed_ms(const struct request *q, size_t i)
{
    return q->now_ms % window_ms(&q->rates[i]);
}

/* The caller's place, with its windows moved on to the present. A request that others overtook, here or while Redis was
 * asked, counts as if it came now: it must not turn the windows back, which would forget what is in them. */
static struct caller *find_caller(struct request *q, struct stripe *s)
{
    struct caller *bucket = s->callers[q->hash[1] % BUCKETS], *c = &bucket[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (memcmp(bucket[i].hash, q->hash, sizeof(q->hash)) == 0) {
            c = &bucket[i];
            break;
        }
        if (bucket[i].used_ms < c->used_ms)
            c = &bucket[i];
    }
    if (memcmp(c->hash, q->hash, sizeof(q->hash)) != 0) {
        memset(c, 0, sizeof(*c));
        memcpy(c->hash, q->hash, sizeof(q->hash));
    }
    if (q->now_ms < c->used_ms && c->used_ms - q->now_ms <= LATE_MAX_MS)
        q->now_ms = c->used_ms;
    c->used_ms = q->now_ms;
    for (size_t i = 0; i < q->n; i++) {
        struct window *w = &c->windows[i];
        int64_t index = q->now_ms / window_ms(&q->rates[i]);

        if (index == w->index)
            continue;
        w->before = index == w->index + 1 ? w->now - c->advance : 0;
        w->now = 0;
        w->index = index;
        c->advance = 0; /* was counted in the window that is over */
    }
    return c;
}

/* Requests that the rate still allows. */
static int64_t left_of(const struct request *q, const struct caller *c, size_t i)
{
    const struct window *w = &c->windows[i];
    int64_t window = window_ms(&q->rates[i]);

    return q->rates[i].count - w->now - w->before * (window - elapsed_ms(q, i)) / window;
}

static int64_t left(const struct request *q, const struct caller *c)
{
    int64_t least = left_of(q, c, 0);

    for (size_t i = 1; i < q->n; i++) {
        if (left_of(q, c, i) < least)
            least = left_of(q, c, i);
    }
    return least;
}

/* Milliseconds until one more is allowed, nothing else happening meanwhile. */
static int64_t wait_of(const struct request *q, const struct caller *c, size_t i)
{
    const struct window *w = &c->windows[i];
    int64_t window = window_ms(&q->rates[i]), count = q->rates[i].count, elapsed = elapsed_ms(q, i);

    if (left_of(q, c, i) > 0)
        return 0;
    if (w->now < count) /* when enough of the window before has left */
        return window - (count - w->now) * window / w->before - elapsed + 1;
    /* In the next window, in which this one is the one before. */
    return window - elapsed + (w->now > count ? window - count * window / w->now : 0) + 1;
}

static void tell(const struct request *q, const struct caller *c, bool allowed, struct limit_verdict *v)
{
    int64_t wait = 0;

    v->allowed = allowed;
    for (size_t i = 0; i < q->n; i++) {
        int64_t n = left_of(q, c, i) + c->advance;

        v->remaining[i] = n > 0 ? n : 0;
        v->reset_s[i] = (window_ms(&q->rates[i]) - elapsed_ms(q, i) + 999) / 1000;
        if (wait_of(q, c, i) > wait)
            wait = wait_of(q, c, i);
    }
    v->retry_s = allowed ? 0 : wait > 1000 ? (wait + 999) / 1000 : 1;
}

/* --- Redis ------------------------------------------------------------------------------------------------------- */

/* Redis's counters, as far as they are of the same windows as ours, and what it granted. */
struct fetched {
    int64_t granted;
    struct window windows[RATES_MAX];
};

static enum tier_result fetch(const struct request *q, const struct caller *known, int64_t want, struct fetched *f)
{
    char keys[RATES_MAX * 2][96], numbers[RATES_MAX * 5 + 1][24], hex[33];
    const char *args[RATES_MAX * 7 + 1];
    int64_t answer[RATES_MAX * 2 + 1];
    size_t nargs = 0, nnumbers = 0;
    enum tier_result result;

    (void)sodium_bin2hex(hex, sizeof(hex), q->hash, sizeof(q->hash));
    for (size_t i = 0; i < q->n; i++) {
        for (int back = 0; back < 2; back++) {
            char *key = keys[i * 2 + (size_t)back];

            (void)snprintf(key, sizeof(keys[0]), "sd:limit:{%s}:%lld:%lld", hex, (long long)q->rates[i].window_s,
                           (long long)known->windows[i].index - back);
            args[nargs++] = key;
        }
    }
    (void)snprintf(numbers[nnumbers++], sizeof(numbers[0]), "%lld", (long long)want);
    for (size_t i = 0; i < q->n; i++) {
        const int64_t values[] = {q->rates[i].count, window_ms(&q->rates[i]), elapsed_ms(q, i),
                                  known->windows[i].now, known->windows[i].before};

        for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++)
            (void)snprintf(numbers[nnumbers++], sizeof(numbers[0]), "%lld", (long long)values[j]);
    }
    for (size_t i = 0; i < nnumbers; i++)
        args[nargs++] = numbers[i];
    result = redis_run(q->l->redis, &q->l->script, args, nargs, q->n * 2, answer, q->n * 2 + 1);
    if (result != TIER_OK)
        return result;
    f->granted = answer[0];
    for (size_t i = 0; i < q->n; i++)
        f->windows[i] = (struct window){known->windows[i].index, answer[i * 2 + 1], answer[i * 2 + 2]};
    return TIER_OK;
}

static void merge(const struct request *q, struct caller *c, const struct fetched *f)
{
    for (size_t i = 0; i < q->n; i++) {
        struct window *w = &c->windows[i];

        if (w->index != f->windows[i].index)
            return; /* a new window began while Redis was asked: nothing of this is of use any more */
        if (f->windows[i].now > w->now)
            w->now = f->windows[i].now;
        if (f->windows[i].before > w->before)
            w->before = f->windows[i].before;
    }
    c->advance += f->granted;
}

/* --- taking ------------------------------------------------------------------------------------------------------ */

static bool take_here(const struct request *q, struct caller *c)
{
    if (c->advance > 0) {
        c->advance--;
        return true;
    }
    if (left(q, c) < 1)
        return false;
    for (size_t i = 0; i < q->n; i++)
        c->windows[i].now++;
    return true;
}

static bool guards_passwords(enum limit_class class)
{
    return class == LIMIT_LOGIN || class == LIMIT_ACCOUNT;
}

/* How many to fetch from Redis; 0: none is needed, or it can't be asked. */
static int64_t advance_wanted(const struct request *q, const struct caller *c)
{
    int64_t n = left(q, c);

    if (q->l->redis == NULL || q->class == LIMIT_ADDRESS || c->advance > 0 || n < 1)
        return 0;
    if (guards_passwords(q->class))
        return 1;
    n /= ADVANCE_OF;
    return n < 1 ? 1 : n > ADVANCE_MAX ? ADVANCE_MAX : n;
}

/* Asks Redis. The lock is held before and after, but not meanwhile. False: it isn't held.
 *
 * While an advance is under way nobody else may count this caller's requests: Redis doesn't know of them, and of two counts
 * the higher one stands. While Redis is in doubt nobody shall wait for it; then no advance is asked for, Redis is only told
 * what was counted here. *asked: there is no use in asking again for this request. */
static bool fetch_advance(struct request *q, struct stripe *s, struct caller **c, int64_t want, bool *asked)
{
    bool in_doubt = !breaker_is_closed(&q->l->redis->breaker);
    struct caller known = **c;
    struct fetched f = {0};
    enum tier_result result;
    int64_t number = 0;

    if (!in_doubt) {
        number = ++s->fetches;
        (*c)->fetch = number;
        (*c)->fetch_until_ms = clock_mono_ms() + q->l->fetch_ms;
    }
    shm_unlock(&s->lock);
    result = fetch(q, &known, in_doubt ? 0 : want, &f);
    *asked = !in_doubt || result != TIER_OK;
    if (!shm_lock(&s->lock, nothing_to_repair, NULL))
        return false;
    *c = find_caller(q, s);
    if (!in_doubt && (*c)->fetch != number)
        return true; /* too late: others have counted on */
    if (!in_doubt)
        (*c)->fetch = 0;
    if (result == TIER_OK)
        merge(q, *c, &f);
    return true;
}

static bool another_fetches(const struct caller *c)
{
    return c->fetch != 0 && clock_mono_ms() < c->fetch_until_ms;
}

/* Makes sure that the caller's request may be counted here: there is an advance, or nothing is left, or Redis can't be asked.
 * The lock as above. */
static bool prepare(struct request *q, struct stripe *s, struct caller **c)
{
    bool asked = false;
    int64_t want;

    while ((want = advance_wanted(q, *c)) > 0 && (!asked || another_fetches(*c))) {
        if (!another_fetches(*c)) {
            if (!fetch_advance(q, s, c, want, &asked))
                return false;
            continue;
        }
        shm_unlock(&s->lock);
        (void)usleep(WAIT_STEP_US);
        if (!shm_lock(&s->lock, nothing_to_repair, NULL))
            return false;
        *c = find_caller(q, s);
    }
    return true;
}

/* Takes one; false when it can't be counted. */
static bool take(struct request *q, struct stripe *s, struct limit_verdict *v)
{
    struct caller *c;

    if (!shm_lock(&s->lock, nothing_to_repair, NULL))
        return false;
    c = find_caller(q, s);
    if (!prepare(q, s, &c))
        return false;
    tell(q, c, take_here(q, c), v);
    shm_unlock(&s->lock);
    return true;
}

void limit_take(struct limits *l, enum limit_class class, const char *who, int64_t now_ms, struct limit_verdict *v)
{
    static const enum counter refused[] = {[LIMIT_ADDRESS] = COUNTER_LIMITED_ADDRESS,
                                           [LIMIT_READ] = COUNTER_LIMITED_READ,
                                           [LIMIT_WRITE] = COUNTER_LIMITED_WRITE,
                                           [LIMIT_LOGIN] = COUNTER_LIMITED_LOGIN,
                                           [LIMIT_ACCOUNT] = COUNTER_LIMITED_ACCOUNT,
                                           [LIMIT_EXPORT] = COUNTER_LIMITED_EXPORT,
                                           [LIMIT_REPORT] = COUNTER_LIMITED_REPORT};
    struct request q = {.l = l, .class = class, .rates = l->classes[class].rates, .n = l->classes[class].n,
                        .now_ms = now_ms};
    crypto_generichash_state state;
    unsigned char kind = (unsigned char)class;

    memset(v, 0, sizeof(*v));
    v->allowed = true;
    if (!l->on || q.n == 0)
        return;
    v->n = q.n;
    memcpy(v->rates, q.rates, sizeof(v->rates));
    (void)crypto_generichash_init(&state, l->fingerprint, sizeof(l->fingerprint), sizeof(q.hash));
    (void)crypto_generichash_update(&state, &kind, 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)who, strlen(who));
    (void)crypto_generichash_final(&state, q.hash, sizeof(q.hash));
    if (!take(&q, &l->stripes[q.hash[0] % STRIPES], v)) {
        v->n = 0;
        v->allowed = !guards_passwords(class);
        v->retry_s = 1;
    }
    if (!v->allowed)
        counter_add(l->counters, refused[class]);
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

const char *limit_address(const char *remote_addr, struct arena *arena)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    unsigned char a[16];
    char hex[17];

    if (inet_pton(AF_INET6, remote_addr, a) != 1)
        return arena_printf(arena, "address:%s", remote_addr);
    if (memcmp(a, mapped, sizeof(mapped)) == 0)
        return arena_printf(arena, "address:%d.%d.%d.%d", a[12], a[13], a[14], a[15]);
    return arena_printf(arena, "address:%s", sodium_bin2hex(hex, sizeof(hex), a, 8));
}

const char *limit_policy_header(const struct limit_verdict *v, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < v->n; i++)
        text = arena_printf(arena, "%s%s\"%s\";q=%lld;w=%lld", text, i > 0 ? ", " : "", v->rates[i].unit,
                            (long long)v->rates[i].count, (long long)v->rates[i].window_s);
    return text;
}

const char *limit_header(const struct limit_verdict *v, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < v->n; i++)
        text = arena_printf(arena, "%s%s\"%s\";r=%lld;t=%lld", text, i > 0 ? ", " : "", v->rates[i].unit,
                            (long long)v->remaining[i], (long long)v->reset_s[i]);
    return text;
}
