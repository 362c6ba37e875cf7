/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits counted in shared memory alone. What Redis adds is for the tests that have one.
 */
#include "config.h"
#include "guard/limit.c" /* to hold its locks and to look at its windows */
#include "tests/unit/processes.h"

#include "base/random.h"

#define DAY_MS   INT64_C(86400000)
#define MIDNIGHT (INT64_C(20782) * DAY_MS) /* all windows begin at once */

static const struct shm_region *const both_regions[] = {&counters_region, &limit_region, NULL};
static struct conf defaults, conf;
static struct shm *segment;

/* The same for reads and logins; "off" for the others. */
static struct limits *new_limits(const char *rates)
{
    static char off[] = "off";

    conf = defaults;
    conf.rate_limit_address = conf.rate_limit_write = conf.rate_limit_export = off;
    conf.rate_limit_read = conf.rate_limit_login = (char *)(uintptr_t)rates;
    segment = segment_new(&conf, both_regions);
    return limits_new(&conf, segment, NULL);
}

static void end(struct limits *l)
{
    limits_free(&l);
    assert_null(l);
    shm_close(&segment);
}

static struct limit_verdict take_as(struct limits *l, enum limit_class class, const char *who, int64_t now_ms)
{
    struct limit_verdict v;

    limit_take(l, class, who, now_ms, &v);
    return v;
}

static struct limit_verdict read_at(struct limits *l, int64_t now_ms)
{
    return take_as(l, LIMIT_READ, "address:10.0.0.7", now_ms);
}

/* How many of n are let through. */
static int allowed_of(struct limits *l, int n, int64_t now_ms)
{
    int allowed = 0;

    while (n-- > 0)
        allowed += read_at(l, now_ms).allowed ? 1 : 0;
    return allowed;
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

static void so_many_pass_and_no_more(void **state)
{
    struct limits *l = new_limits("10/minute");
    struct counters *counters = counters_open(segment);
    struct limit_verdict v;

    (void)state;
    for (int i = 1; i <= 10; i++) {
        v = read_at(l, MIDNIGHT + i * 1000);
        assert_true(v.allowed);
        assert_int_equal(v.n, 1);
        assert_int_equal(v.remaining[0], 10 - i);
        assert_int_equal(v.reset_s[0], 60 - i);
        assert_int_equal(v.retry_s, 0);
    }
    assert_int_equal(counter_get(counters, COUNTER_LIMITED_READ), 0);
    for (int i = 11; i <= 15; i++) {
        v = read_at(l, MIDNIGHT + i * 1000);
        assert_false(v.allowed);
        assert_int_equal(v.remaining[0], 0);
        assert_int_equal(v.retry_s, 60 - i + 1); /* the next window's first moment lets none through yet */
    }
    assert_int_equal(counter_get(counters, COUNTER_LIMITED_READ), 5);
    assert_int_equal(counter_get(counters, COUNTER_LIMITED_LOGIN), 0);
    end(l);
}

static void callers_and_classes_have_their_own(void **state)
{
    struct limits *l = new_limits("3/minute");

    (void)state;
    assert_int_equal(allowed_of(l, 5, MIDNIGHT), 3);
    for (int i = 0; i < 3; i++) {
        assert_true(take_as(l, LIMIT_READ, "address:10.0.0.8", MIDNIGHT).allowed);
        assert_true(take_as(l, LIMIT_LOGIN, "address:10.0.0.7", MIDNIGHT).allowed);
    }
    assert_false(take_as(l, LIMIT_READ, "address:10.0.0.8", MIDNIGHT).allowed);
    assert_false(take_as(l, LIMIT_LOGIN, "address:10.0.0.7", MIDNIGHT).allowed);
    end(l);
}

static void what_is_off_limits_nothing(void **state)
{
    struct limits *l = new_limits("1/day");
    struct limit_verdict v;

    (void)state;
    for (int i = 0; i < 20; i++) {
        v = take_as(l, LIMIT_WRITE, "address:10.0.0.7", MIDNIGHT);
        assert_true(v.allowed);
        assert_int_equal(v.n, 0);
    }
    assert_int_equal(allowed_of(l, 20, MIDNIGHT), 1);
    limits_free(&l);
    conf.rate_limit = false;
    l = limits_new(&conf, segment, NULL);
    assert_int_equal(allowed_of(l, 20, MIDNIGHT), 20);
    end(l);
}

/* The window before counts for as much of it as lies within the last minute. */
static void the_window_slides(void **state)
{
    struct limits *l = new_limits("100/minute");

    (void)state;
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 30000), 100);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 59999), 0);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 60000), 0);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 75000), 25);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 90000), 25);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 119999), 50); /* rounded for the caller, by less than one */
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 120000), 0);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 240000), 100); /* a whole window without any */
    end(l);
}

static void refused_requests_are_not_counted(void **state)
{
    struct limits *l = new_limits("10/minute");

    (void)state;
    assert_int_equal(allowed_of(l, 10, MIDNIGHT), 10);
    assert_int_equal(allowed_of(l, 1000, MIDNIGHT + 1000), 0);
    assert_int_equal(allowed_of(l, 1000, MIDNIGHT + 90000), 5); /* of these ten half are over */
    assert_int_equal(allowed_of(l, 1000, MIDNIGHT + 150000), 8); /* 10 - 5/2, rounded for the caller */
    end(l);
}

static void of_several_rates_all_count_it_or_none(void **state)
{
    struct limits *l = new_limits("5/second;8/minute");
    struct limit_verdict v;

    (void)state;
    assert_int_equal(allowed_of(l, 50, MIDNIGHT), 5);
    v = read_at(l, MIDNIGHT);
    assert_int_equal(v.n, 2);
    assert_false(v.allowed);
    assert_int_equal(v.remaining[0], 0);
    assert_int_equal(v.remaining[1], 3);
    assert_int_equal(v.retry_s, 2);
    assert_int_equal(allowed_of(l, 50, MIDNIGHT + 2000), 3);
    v = read_at(l, MIDNIGHT + 2000);
    assert_false(v.allowed);
    assert_int_equal(v.remaining[0], 2); /* what the minute refused the second has not counted */
    assert_int_equal(v.remaining[1], 0);
    assert_int_equal(v.retry_s, 59);
    end(l);
}

/* --- the bound ---------------------------------------------------------------------------------------------------- */

#define TRACE_MAX 200000

static int64_t granted[TRACE_MAX];
static size_t ngranted;

/* What is promised of any trace of grants, in order, at `count` per `window` ms:
 * - in each of the windows that the clock makes, no more than the limit;
 * - in any span of a window's length, which begins in one of them at a share e of its length: no more than the limit
 *   and the share e of what was granted in that whole window, rounded up; so at most twice the limit. It is the price
 *   of counting windows and not requests: what came in a window is taken for evenly spread.
 * Returns the most there was in a span. */
static size_t assert_bounded(size_t count, int64_t window)
{
    size_t last = 0, first = 0, most = 0, in_window = 0;

    for (size_t i = 0; i < ngranted; i++) {
        size_t elapsed = (size_t)(granted[i] % window), n;

        if (i == 0 || granted[i] / window != granted[i - 1] / window) {
            first = i;
            for (in_window = 0; first + in_window < ngranted; in_window++) {
                if (granted[first + in_window] / window != granted[i] / window)
                    break;
            }
            assert_in_range(in_window, 1, count);
        }
        while (last < ngranted && granted[last] < granted[i] + window)
            last++;
        n = last - i;
        assert_true(n <= count + (in_window * elapsed + (size_t)window - 1) / (size_t)window);
        assert_true(n <= 2 * count);
        most = n > most ? n : most;
    }
    return most;
}

/* Floods, silences and bursts, and requests that come a moment late because others overtook them. */
static void no_trace_passes_the_bound(void **state)
{
    static const int64_t windows[] = {1000, 60000};
    uint64_t seed = seed_new();
    size_t total = 0, refused = 0;
    double most = 0;

    (void)state;
    for (size_t run = 0; run < rounds(40, 1000); run++) {
        int64_t window = windows[run % 2], now = MIDNIGHT + (int64_t)rnd_below(&seed, 100000), latest = 0;
        size_t count = 1 + rnd_below(&seed, 50), longest;
        char rates[40];
        struct limits *l;

        (void)snprintf(rates, sizeof(rates), "%zu/%s", count, window == 1000 ? "second" : "minute");
        l = new_limits(rates);
        ngranted = 0;
        for (int phase = 0; phase < 40; phase++) {
            size_t n = 1 + rnd_below(&seed, 4 * count);
            int64_t step = (int64_t)rnd_below(&seed, 3) * (int64_t)rnd_below(&seed, (size_t)window / count);

            switch (rnd_below(&seed, 5)) {
            case 0: /* just before a window's end, where it hurts most */
                now += window - now % window - 1 - (int64_t)rnd_below(&seed, 3);
                break;
            case 1:
                now += (int64_t)rnd_below(&seed, 3 * (size_t)window);
                break;
            default:
                break;
            }
            for (size_t i = 0; i < n; i++, now += step) {
                int64_t at = now - (int64_t)(rnd_below(&seed, 4) == 0 ? rnd_below(&seed, 200) : 0);

                latest = at > latest ? at : latest; /* which is when it counts */
                if (read_at(l, at).allowed)
                    granted[ngranted++] = latest;
                else
                    refused++;
            }
        }
        longest = assert_bounded(count, window);
        total += ngranted;
        if ((double)longest / (double)count > most && count > 10)
            most = (double)longest / (double)count;
        end(l);
    }
    print_message("    %zu granted, %zu refused; at most %.2f times the limit in a window's length\n", total, refused,
                  most);
    assert_true(refused > total / 4);
}

/* Who sends everything at a window's end and goes on. Then the same, evenly. */
static void the_worst_trace_and_the_usual_one(void **state)
{
    struct limits *l = new_limits("100/minute");
    size_t worst, even;

    (void)state;
    ngranted = 0;
    for (int64_t now = MIDNIGHT + 59999; now < MIDNIGHT + 300000; now += now == MIDNIGHT + 59999 ? 1 : 10) {
        for (int i = 0; i < (now == MIDNIGHT + 59999 ? 100 : 1); i++) {
            if (read_at(l, now).allowed)
                granted[ngranted++] = now;
        }
    }
    worst = assert_bounded(100, 60000);
    end(l);
    l = new_limits("100/minute");
    ngranted = 0;
    for (int64_t now = MIDNIGHT; now < MIDNIGHT + 600000; now += 300) { /* twice as many as may be */
        if (read_at(l, now).allowed)
            granted[ngranted++] = now;
    }
    even = assert_bounded(100, 60000);
    print_message("    of 100/minute: at most %zu in 60 s when all come at a window's end, %zu when they come evenly; "
                  "%zu in 10 minutes\n",
                  worst, even, ngranted);
    assert_true(worst > 150); /* else the bound says more than it must */
    assert_true(even < 130);
    assert_in_range(ngranted, 900, 1000);
    end(l);
}

/* --- when to come back -------------------------------------------------------------------------------------------- */

/* The only caller there is. */
static struct caller *the_caller(const struct limits *l)
{
    for (int i = 0; i < STRIPES; i++) {
        for (int j = 0; j < BUCKETS; j++) {
            if (l->stripes[i].callers[j][0].used_ms != 0)
                return &l->stripes[i].callers[j][0];
        }
    }
    return NULL;
}

/* Whatever the counters say, also more than the limit, as Redis may know it: who waits as told is let through, and who
 * waits a second less isn't. */
static void who_waits_as_told_is_let_through(void **state)
{
    enum { STATES = 20000 };
    struct limits *l = new_limits("10/minute;40/hour");
    uint64_t seed = seed_new();
    size_t refused = 0;
    struct limit_verdict v;
    struct caller *c, was;

    (void)state;
    (void)read_at(l, MIDNIGHT);
    c = the_caller(l);
    assert_non_null(c);
    for (size_t n = 0; n < STATES; n++) {
        int64_t now = MIDNIGHT + (int64_t)rnd_below(&seed, (size_t)DAY_MS);

        c->advance = 0;
        c->used_ms = now;
        c->windows[0] = (struct window){now / 60000, (int64_t)rnd_below(&seed, 14), (int64_t)rnd_below(&seed, 14)};
        c->windows[1] = (struct window){now / 3600000, (int64_t)rnd_below(&seed, 60), (int64_t)rnd_below(&seed, 60)};
        was = *c;
        v = read_at(l, now);
        if (v.allowed)
            continue;
        refused++;
        assert_in_range(v.retry_s, 1, 7201);
        if (v.retry_s > 1) {
            assert_false(read_at(l, now + (v.retry_s - 1) * 1000 - 2).allowed);
            *c = was;
        }
        assert_true(read_at(l, now + v.retry_s * 1000).allowed);
    }
    print_message("    %zu refusals out of %d states of the counters\n", refused, STATES);
    assert_true(refused > STATES / 4);
    end(l);
}

/* --- time that doesn't go by evenly ------------------------------------------------------------------------------- */

/* It read the clock before the window's end and was kept waiting, for a lock or for Redis, while others went on. */
static void who_was_overtaken_turns_nothing_back(void **state)
{
    struct limits *l = new_limits("100/minute");
    struct limit_verdict v;

    (void)state;
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 59000), 100);
    assert_int_equal(allowed_of(l, 9, MIDNIGHT + 60001), 1);
    assert_int_equal(allowed_of(l, 9, MIDNIGHT + 59999), 0);
    assert_int_equal(allowed_of(l, 9, MIDNIGHT + 60002), 0);
    assert_int_equal(allowed_of(l, 150, MIDNIGHT + 90000), 49);
    v = read_at(l, MIDNIGHT + 89000);
    assert_false(v.allowed);
    assert_int_equal(v.reset_s[0], 30);
    end(l);
}

/* By an hour: the limit doesn't wait until it has caught up. */
static void a_clock_that_is_set_back_holds_up_nobody(void **state)
{
    struct limits *l = new_limits("10/minute");

    (void)state;
    assert_int_equal(allowed_of(l, 20, MIDNIGHT + 3600000), 10);
    assert_int_equal(allowed_of(l, 20, MIDNIGHT), 10);
    assert_int_equal(allowed_of(l, 20, MIDNIGHT + 90000), 5);
    end(l);
}

/* --- room --------------------------------------------------------------------------------------------------------- */

/* Many more callers than there is room for: who asks all the time keeps his count, who was silent makes room. */
static void who_was_silent_for_longest_makes_room(void **state)
{
    struct limits *l = new_limits("1/day");
    size_t room = (size_t)STRIPES * BUCKETS * WAYS, back = 0;
    int64_t now = MIDNIGHT;
    char who[40];

    (void)state;
    assert_true(take_as(l, LIMIT_READ, "address:silent", now).allowed);
    assert_true(take_as(l, LIMIT_READ, "address:busy", now).allowed);
    for (size_t i = 0; i < room * 4; i++) {
        (void)snprintf(who, sizeof(who), "address:%zu", i);
        assert_true(take_as(l, LIMIT_READ, who, ++now).allowed);
        assert_false(take_as(l, LIMIT_READ, "address:busy", now).allowed);
        assert_false(take_as(l, LIMIT_READ, who, now).allowed);
    }
    assert_true(take_as(l, LIMIT_READ, "address:silent", now).allowed);
    for (size_t i = room * 4 - room / 2; i < room * 4; i++) { /* of the last half of what fits most are still known */
        (void)snprintf(who, sizeof(who), "address:%zu", i);
        back += take_as(l, LIMIT_READ, who, now).allowed ? 1 : 0;
    }
    print_message("    room for %zu callers; of the last %zu of %zu, %zu were forgotten\n", room, room / 2, room * 4,
                  back);
    assert_true(back < room / 2 / 10);
    end(l);
}

/* --- several processes -------------------------------------------------------------------------------------------- */

#define SHARED_LIMIT 500
#define TAKERS       5

struct rush {
    struct limits *l;
    _Atomic int allowed, refused;
};

static int take_a_share(void *arg, int i)
{
    struct rush *r = arg;

    (void)i;
    for (int n = 0; n < (SHARED_LIMIT + 50) / TAKERS;) {
        struct limit_verdict v = read_at(r->l, MIDNIGHT);

        if (v.n == 0) /* not counted: somebody was put to sleep with the lock in hand */
            continue;
        atomic_fetch_add(v.allowed ? &r->allowed : &r->refused, 1);
        n++;
    }
    return 0;
}

static void one_limit_for_all_processes(void **state)
{
    pid_t children[TAKERS];
    struct rush *r = shared_new(sizeof(*r));

    (void)state;
    r->l = new_limits("500/minute");
    for (int i = 0; i < TAKERS; i++)
        children[i] = child_start(take_a_share, r, i);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(child_end(children[i]), 0);
    print_message("    %d processes, %d requests, limit %d: %d passed\n", TAKERS, SHARED_LIMIT + 50, SHARED_LIMIT,
                  r->allowed);
    assert_int_equal(r->allowed, SHARED_LIMIT);
    assert_int_equal(r->refused, 50);
    end(r->l);
    assert_int_equal(munmap(r, sizeof(*r)), 0);
}

static int lock_all_and(void *arg, int signal_number)
{
    struct limits *l = arg;

    for (int i = 0; i < STRIPES; i++) {
        if (!shm_lock(&l->stripes[i].lock, nothing_to_repair, NULL))
            return 1;
    }
    (void)raise(signal_number);
    for (int i = 0; i < STRIPES; i++)
        shm_unlock(&l->stripes[i].lock);
    return 0;
}

static void without_the_lock_only_logins_are_refused(void **state)
{
    struct limits *l = new_limits("2/minute");
    struct counters *counters = counters_open(segment);
    struct limit_verdict v;
    pid_t holder = child_start(lock_all_and, l, SIGSTOP);
    int status;

    (void)state;
    child_await_stop(holder);
    for (int i = 0; i < 4; i++) {
        v = take_as(l, LIMIT_LOGIN, "address:10.0.0.7", MIDNIGHT);
        assert_false(v.allowed);
        assert_int_equal(v.n, 0);
        assert_int_equal(v.retry_s, 1);
        v = read_at(l, MIDNIGHT);
        assert_true(v.allowed);
        assert_int_equal(v.n, 0); /* says nothing of what remains, for it doesn't know */
    }
    assert_int_equal(counter_get(counters, COUNTER_LIMITED_LOGIN), 4);
    assert_int_equal(counter_get(counters, COUNTER_LIMITED_READ), 0);
    assert_int_equal(kill(holder, SIGCONT), 0);
    assert_int_equal(child_end(holder), 0);
    assert_int_equal(allowed_of(l, 5, MIDNIGHT), 2);
    holder = child_start(lock_all_and, l, SIGKILL); /* and who died with it in hand is as if he had let go */
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(allowed_of(l, 5, MIDNIGHT), 0);
    assert_true(take_as(l, LIMIT_LOGIN, "address:10.0.0.7", MIDNIGHT).allowed);
    end(l);
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

static void addresses_stand_for_whom_they_belong_to(void **state)
{
    static const char *const same[][2] = {
        {"10.0.0.7", "::ffff:10.0.0.7"},
        {"10.0.0.7", "::ffff:a00:7"},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"},
        {"2001:db8:1:2::", "2001:0DB8:0001:0002:0000:0000:0000:0007"},
        {"::1", "::2"},
    };
    static const char *const different[][2] = {
        {"10.0.0.7", "10.0.0.8"},
        {"::ffff:10.0.0.7", "::ffff:10.0.0.8"},
        {"2001:db8:1:2::1", "2001:db8:1:3::1"},
        {"::1", "::ffff:0.0.0.1"},
        {"", "10.0.0.7"},
    };
    struct unit *u = *state;

    assert_string_equal(limit_address("10.0.0.7", u->arena), "address:10.0.0.7");
    assert_string_equal(limit_address("::ffff:192.168.255.1", u->arena), "address:192.168.255.1");
    assert_string_equal(limit_address("2001:db8:1:2::1", u->arena), "address:20010db800010002");
    assert_string_equal(limit_address("", u->arena), "address:"); /* a web server that tells none */
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_string_equal(limit_address(same[i][0], u->arena), limit_address(same[i][1], u->arena));
    for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
        assert_string_not_equal(limit_address(different[i][0], u->arena), limit_address(different[i][1], u->arena));
}

static void headers_say_what_is_left(void **state)
{
    struct unit *u = *state;
    struct limits *l = new_limits("1000/hour;100/minute");
    struct limit_verdict v = read_at(l, MIDNIGHT + 90001);

    assert_string_equal(limit_policy_header(&v, u->arena), "\"hour\";q=1000;w=3600, \"minute\";q=100;w=60");
    assert_string_equal(limit_header(&v, u->arena), "\"hour\";r=999;t=3510, \"minute\";r=99;t=30");
    assert_int_equal(allowed_of(l, 200, MIDNIGHT + 90001), 99);
    v = read_at(l, MIDNIGHT + 90001);
    assert_string_equal(limit_header(&v, u->arena), "\"hour\";r=900;t=3510, \"minute\";r=0;t=30");
    end(l);
    l = new_limits("5/second");
    v = read_at(l, MIDNIGHT);
    assert_string_equal(limit_policy_header(&v, u->arena), "\"second\";q=5;w=1");
    assert_string_equal(limit_header(&v, u->arena), "\"second\";r=4;t=1");
    v = take_as(l, LIMIT_WRITE, "address:10.0.0.7", MIDNIGHT);
    assert_string_equal(limit_policy_header(&v, u->arena), "");
    assert_string_equal(limit_header(&v, u->arena), "");
    assert_string_equal(limit_class_text(LIMIT_ADDRESS), "address");
    assert_string_equal(limit_class_text(LIMIT_EXPORT), "export");
    end(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(so_many_pass_and_no_more),
        a_shared_test(callers_and_classes_have_their_own),
        a_shared_test(what_is_off_limits_nothing),
        a_shared_test(the_window_slides),
        a_shared_test(refused_requests_are_not_counted),
        a_shared_test(of_several_rates_all_count_it_or_none),
        a_shared_test(no_trace_passes_the_bound),
        a_shared_test(the_worst_trace_and_the_usual_one),
        a_shared_test(who_waits_as_told_is_let_through),
        a_shared_test(who_was_overtaken_turns_nothing_back),
        a_shared_test(a_clock_that_is_set_back_holds_up_nobody),
        a_shared_test(who_was_silent_for_longest_makes_room),
        a_shared_test(one_limit_for_all_processes),
        a_shared_test(without_the_lock_only_logins_are_refused),
        a_test(addresses_stand_for_whom_they_belong_to),
        a_shared_test(headers_say_what_is_left),
    };
    char *const env[] = {(char[]){"SECRET_KEY=0123456789abcdef0123456789abcdef"},
                         (char[]){"DATABASE_URL=host=/nowhere"}, NULL};
    int failed;

    random_init();
    log_init("test_limit", LOG_ERROR);
    if (!conf_load(&defaults, CONF_DAEMON, NULL, env, stderr))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    conf_deinit(&defaults);
    return failed;
}
