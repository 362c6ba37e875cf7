/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/breaker.c" /* to let time pass */
#include "tests/unit/processes.h"

#include <sched.h>

#include "base/random.h"

static const struct shm_region *const only_breakers[] = {&breaker_region, NULL};
static struct conf conf = {.breaker_failures = 5, .breaker_open_ms = 60000};
static struct shm *segment;

static struct breaker new_breaker(enum breaker_of of)
{
    segment = segment_new(&conf, only_breakers);
    return breaker_open(segment, &conf, of);
}

/* As if so much time had gone by: everything that has happened happened so much earlier. */
static void pass(const struct breaker *b, int64_t ms)
{
    struct breaker_slot *s = b->slot;

    s->opened_ms -= s->opened_ms != 0 ? ms : 0;
    s->trial_until -= s->trial_until != 0 ? ms : 0;
    s->changed_ms -= s->changed_ms != 0 ? ms : 0;
    s->error_ms -= s->error_ms != 0 ? ms : 0;
}

/* Right after what happened last, however long this process was kept waiting since. */
static bool refuses_now(const struct breaker *b)
{
    bool allowed;

    pass(b, -60000);
    allowed = breaker_allow(b);
    pass(b, 60000);
    return !allowed;
}

static struct breaker_status status_of(const struct breaker *b)
{
    struct breaker_status s;

    breaker_status(b, &s);
    return s;
}

/* Fails as often as it takes, each trial after its pause. */
static void open_it(const struct breaker *b)
{
    for (int64_t i = 0; i < b->threshold; i++) {
        assert_true(breaker_allow(b));
        breaker_failure(b, "connection refused");
        pass(b, PAUSE_MS);
    }
}

static void it_opens_after_so_many_failures_in_a_row(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);
    struct breaker_status s = status_of(&b);

    (void)state;
    assert_int_equal(s.state, BREAKER_CLOSED);
    assert_int_equal(s.state_age_ms, -1);
    assert_int_equal(s.error_age_ms, -1);
    assert_string_equal(s.error, "");
    assert_true(breaker_is_closed(&b));
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(status_of(&b).state, BREAKER_CLOSED);
        assert_true(breaker_allow(&b));
        breaker_failure(&b, i < 5 ? "timeout" : "connection refused");
        assert_false(breaker_is_closed(&b));
        assert_true(refuses_now(&b)); /* nobody at once again */
        assert_int_equal(status_of(&b).failures, i);
        pass(&b, PAUSE_MS);
    }
    s = status_of(&b);
    assert_int_equal(s.state, BREAKER_OPEN);
    assert_int_equal(s.failed, 5);
    assert_int_equal(s.opened, 1);
    assert_in_range(s.state_age_ms, PAUSE_MS, 30000);
    assert_in_range(s.error_age_ms, PAUSE_MS, 30000);
    assert_string_equal(s.error, "connection refused");
    assert_false(breaker_allow(&b));
    shm_close(&segment);
}

static void after_a_failure_one_tries_and_then_the_next(void **state)
{
    struct breaker b = new_breaker(BREAKER_MEMCACHED);

    (void)state;
    assert_true(breaker_allow(&b));
    assert_true(breaker_allow(&b));
    breaker_failure(&b, "timeout");
    assert_true(refuses_now(&b));
    pass(&b, PAUSE_MS);
    assert_true(breaker_allow(&b)); /* has the trial; */
    assert_false(breaker_allow(&b));
    pass(&b, PAUSE_MS * 2);
    assert_false(breaker_allow(&b)); /* has it still */
    breaker_success(&b);
    assert_true(breaker_allow(&b));
    assert_true(breaker_allow(&b));
    shm_close(&segment);
}

static void a_success_begins_the_count_anew(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(breaker_allow(&b));
        if (i % 5 == 4)
            breaker_success(&b);
        else
            breaker_failure(&b, "timeout");
        pass(&b, PAUSE_MS);
    }
    assert_int_equal(status_of(&b).opened, 0);
    assert_int_equal(status_of(&b).failures, 0);
    assert_int_equal(status_of(&b).failed, 16);
    shm_close(&segment);
}

static void a_failed_trial_opens_it_for_as_long_again(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);
    int64_t margin = 30000; /* that this test can take, of the minute */

    (void)state;
    open_it(&b);
    for (int i = 0; i < 3; i++) {
        pass(&b, conf.breaker_open_ms - margin);
        assert_false(breaker_allow(&b));
        assert_int_equal(status_of(&b).state, BREAKER_OPEN);
        pass(&b, margin);
        assert_int_equal(status_of(&b).state, BREAKER_HALF_OPEN);
        assert_true(breaker_allow(&b));
        assert_false(breaker_allow(&b));
        breaker_failure(&b, "still away");
    }
    pass(&b, conf.breaker_open_ms);
    assert_int_equal(status_of(&b).opened, 1);
    assert_int_equal(status_of(&b).failed, 8);
    assert_true(breaker_allow(&b));
    breaker_success(&b);
    assert_int_equal(status_of(&b).state, BREAKER_CLOSED);
    assert_int_equal(status_of(&b).failures, 0);
    assert_in_range(status_of(&b).state_age_ms, 0, margin);
    assert_string_equal(status_of(&b).error, "still away"); /* for whoever asks what it was */
    assert_true(breaker_allow(&b));
    assert_true(breaker_allow(&b));
    open_it(&b); /* and it takes as many failures as at first */
    assert_int_equal(status_of(&b).opened, 2);
    shm_close(&segment);
}

struct crowd {
    const struct breaker *b;
    _Atomic int round, asked, allowed;
};

/* As many as really run at once on a small machine, and often enough that they meet. */
#define CROWD        3
#define CROWD_ROUNDS 10000

static int ask_in_every_round(void *arg, int i)
{
    struct crowd *c = arg;

    (void)i;
    for (int round = 1; round <= CROWD_ROUNDS; round++) {
        while (atomic_load(&c->round) < round)
            (void)sched_yield();
        atomic_fetch_add(&c->allowed, breaker_allow(c->b) ? 1 : 0);
        atomic_fetch_add(&c->asked, 1);
    }
    return 0;
}

static void of_several_processes_one_has_the_trial(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);
    struct crowd *c = shared_new(sizeof(*c));
    pid_t children[CROWD];

    (void)state;
    open_it(&b);
    c->b = &b;
    for (int i = 0; i < CROWD; i++)
        children[i] = child_start(ask_in_every_round, c, i);
    for (int round = 1; round <= CROWD_ROUNDS; round++) {
        pass(&b, b.open_ms);
        atomic_store(&c->asked, 0);
        atomic_store(&c->allowed, 0);
        atomic_store(&c->round, round);
        while (atomic_load(&c->asked) < CROWD)
            (void)sched_yield();
        assert_int_equal(c->allowed, 1);
        breaker_failure(&b, "still away");
    }
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(child_end(children[i]), 0);
    assert_int_equal(munmap(c, sizeof(*c)), 0);
    shm_close(&segment);
}

static int take_the_trial_and_die(void *arg, int i)
{
    (void)i;
    return breaker_allow(arg) ? 7 : 0;
}

static void a_trial_that_is_never_reported_is_given_on(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);

    (void)state;
    open_it(&b);
    pass(&b, b.open_ms);
    assert_int_equal(child_end(child_start(take_the_trial_and_die, &b, 0)), 7);
    assert_false(breaker_allow(&b));
    pass(&b, TRIAL_MS / 2);
    assert_false(breaker_allow(&b));
    pass(&b, TRIAL_MS / 2);
    assert_true(breaker_allow(&b));
    assert_false(breaker_allow(&b));
    shm_close(&segment);
}

static void the_database_is_asked_by_all_until_it_opens(void **state)
{
    struct breaker b = new_breaker(BREAKER_DATABASE);

    (void)state;
    for (int i = 0; i < DATABASE_FAILURES; i++) {
        assert_true(breaker_allow(&b));
        assert_true(breaker_allow(&b));
        breaker_failure(&b, "connection cut");
    }
    assert_int_equal(status_of(&b).opened, 1);
    assert_true(refuses_now(&b));
    pass(&b, DATABASE_OPEN_MS);
    assert_true(breaker_allow(&b)); /* from now on it is one, as with the others */
    assert_false(breaker_allow(&b));
    breaker_success(&b);
    assert_true(breaker_allow(&b));
    shm_close(&segment);
}

static void each_dependency_has_its_own(void **state)
{
    struct breaker redis = new_breaker(BREAKER_REDIS);
    struct breaker memcached = breaker_open(segment, &conf, BREAKER_MEMCACHED);
    struct breaker database = breaker_open(segment, &conf, BREAKER_DATABASE);

    (void)state;
    open_it(&redis);
    assert_true(breaker_is_closed(&memcached));
    assert_true(breaker_is_closed(&database));
    assert_string_equal(redis.name, "redis");
    assert_string_equal(memcached.name, "memcached");
    assert_string_equal(database.name, "database");
    shm_close(&segment);
}

static void texts_are_what_people_read(void **state)
{
    struct breaker b = new_breaker(BREAKER_REDIS);
    char why[400];

    (void)state;
    assert_string_equal(breaker_state_text(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_text(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_text(BREAKER_HALF_OPEN), "half_open");
    memset(why, 'w', sizeof(why));
    why[sizeof(why) - 1] = '\0';
    breaker_failure(&b, why);
    assert_int_equal(strlen(status_of(&b).error), sizeof(b.slot->error) - 1);
    shm_close(&segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(it_opens_after_so_many_failures_in_a_row),
        a_shared_test(after_a_failure_one_tries_and_then_the_next),
        a_shared_test(a_success_begins_the_count_anew),
        a_shared_test(a_failed_trial_opens_it_for_as_long_again),
        a_shared_test(of_several_processes_one_has_the_trial),
        a_shared_test(a_trial_that_is_never_reported_is_given_on),
        a_shared_test(the_database_is_asked_by_all_until_it_opens),
        a_shared_test(each_dependency_has_its_own),
        a_shared_test(texts_are_what_people_read),
    };

    random_init();
    log_init("test_breaker", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
