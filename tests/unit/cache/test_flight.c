/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/flight.c" /* to let time pass */
#include "tests/unit/processes.h"

#include <sched.h>

#include "base/log.h"
#include "base/random.h"

static const struct shm_region *const only_flights[] = {&flight_region, NULL};
static struct conf conf;
static struct shm *segment;

static struct flights *new_flights(void)
{
    segment = segment_new(&conf, only_flights);
    return flights_open(segment);
}

static struct cache_key key_of(int i)
{
    struct cache_key key = {{0}};

    memcpy(key.hash, &i, sizeof(i));
    return key;
}

static enum flight begin(struct flights *f, int i)
{
    const struct cache_key key = key_of(i);

    return flight_begin(f, &key);
}

static void finish(struct flights *f, int i)
{
    const struct cache_key key = key_of(i);

    flight_end(f, &key);
}

static int begin_it(void *arg, int i)
{
    return (int)begin(arg, i);
}

/* What another process gets, which is gone afterwards. */
static enum flight begin_elsewhere(struct flights *f, int i)
{
    return (enum flight)child_end(child_start(begin_it, f, i));
}

static size_t slots_taken(const struct flights *f)
{
    size_t n = 0;

    for (size_t i = 0; i < SLOTS; i++)
        n += f->slots[i].pid != 0;
    return n;
}

static void one_leads_and_the_others_wait(void **state)
{
    struct flights *f = new_flights();

    (void)state;
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    for (int i = 0; i < 5; i++)
        assert_int_equal(begin_elsewhere(f, 1), FLIGHT_BUSY);
    assert_int_equal(begin_elsewhere(f, 2), FLIGHT_LEADS); /* another key */
    finish(f, 1);
    assert_int_equal(begin_elsewhere(f, 1), FLIGHT_LEADS);
    shm_close(&segment);
}

static int end_it(void *arg, int i)
{
    finish(arg, i);
    return 0;
}

static void who_does_not_lead_ends_nothing(void **state)
{
    struct flights *f = new_flights();

    (void)state;
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    assert_int_equal(child_end(child_start(end_it, f, 1)), 0);
    assert_int_equal(begin_elsewhere(f, 1), FLIGHT_BUSY);
    finish(f, 2);
    assert_int_equal(slots_taken(f), 1);
    finish(f, 1);
    assert_int_equal(slots_taken(f), 0);
    shm_close(&segment);
}

/* A process has one request at a time: what it finds of itself it could not end. */
static void ones_own_old_flight_is_over(void **state)
{
    struct flights *f = new_flights();

    (void)state;
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    assert_int_equal(slots_taken(f), 1);
    shm_close(&segment);
}

#define RACERS      3
#define RACE_ROUNDS 1000

struct race {
    struct flights *f;
    _Atomic int round, asked[RACE_ROUNDS + 1], leading[RACE_ROUNDS + 1];
};

static int race(void *arg, int i)
{
    struct race *r = arg;

    (void)i;
    for (int round = 1; round <= RACE_ROUNDS; round++) {
        while (atomic_load(&r->round) < round)
            (void)sched_yield();
        atomic_fetch_add(&r->leading[round], begin(r->f, round) == FLIGHT_LEADS ? 1 : 0);
        atomic_fetch_add(&r->asked[round], 1);
        while (atomic_load(&r->asked[round]) < RACERS) /* who leads does so until all have asked */
            (void)sched_yield();
        finish(r->f, round);
    }
    return 0;
}

/* At the same moment, again and again. None may lead when a lock was not had in time; two never do. */
static void of_several_at_once_one_leads(void **state)
{
    struct flights *f = new_flights();
    struct race *r = shared_new(sizeof(*r));
    pid_t children[RACERS];
    int led = 0;

    (void)state;
    r->f = f;
    for (int i = 0; i < RACERS; i++)
        children[i] = child_start(race, r, i);
    for (int round = 1; round <= RACE_ROUNDS; round++) {
        atomic_store(&r->round, round);
        while (atomic_load(&r->asked[round]) < RACERS)
            (void)sched_yield();
        assert_in_range(r->leading[round], 0, 1);
        led += r->leading[round];
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(child_end(children[i]), 0);
    print_message("    %d processes, %d keys: %d times one led, never two\n", RACERS, RACE_ROUNDS, led);
    assert_true(led > RACE_ROUNDS * 9 / 10);
    assert_int_equal(munmap(r, sizeof(*r)), 0);
    shm_close(&segment);
}

static int begin_and_stop(void *arg, int i)
{
    if (begin(arg, i) != FLIGHT_LEADS)
        return 1;
    (void)raise(SIGSTOP);
    return 0;
}

static void a_leader_that_died_is_replaced(void **state)
{
    struct flights *f = new_flights();
    pid_t leader;

    (void)state;
    leader = child_start(begin_and_stop, f, 1);
    child_await_stop(leader);
    assert_int_equal(begin(f, 1), FLIGHT_BUSY); /* stopped isn't dead */
    child_kill(leader);
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    assert_int_equal(slots_taken(f), 1);
    assert_int_equal(begin_elsewhere(f, 1), FLIGHT_BUSY);
    shm_close(&segment);
}

/* As long as no statement can take: the process id is somebody else's by now. */
static void a_leader_of_long_ago_is_replaced(void **state)
{
    struct flights *f = new_flights();
    pid_t leader;

    (void)state;
    leader = child_start(begin_and_stop, f, 1);
    child_await_stop(leader);
    f->slots[0].since_ms -= MAX_MS / 2;
    assert_int_equal(begin(f, 1), FLIGHT_BUSY);
    f->slots[0].since_ms -= MAX_MS / 2 + 1;
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    child_kill(leader);
    shm_close(&segment);
}

static int begin_all_and_stop(void *arg, int i)
{
    (void)i;
    for (int key = 0; key < SLOTS; key++) {
        if (begin(arg, key) != FLIGHT_LEADS)
            return 1;
    }
    (void)raise(SIGSTOP);
    finish(arg, 7);
    (void)raise(SIGSTOP);
    return 0;
}

static void a_full_table_leaves_everybody_for_themselves(void **state)
{
    struct flights *f = new_flights();
    pid_t holder;

    (void)state;
    holder = child_start(begin_all_and_stop, f, 0);
    child_await_stop(holder);
    assert_int_equal(begin(f, SLOTS), FLIGHT_NONE);
    assert_int_equal(begin(f, 7), FLIGHT_BUSY);
    finish(f, SLOTS);
    assert_int_equal(slots_taken(f), SLOTS);
    assert_int_equal(kill(holder, SIGCONT), 0); /* ends one of them */
    child_await_stop(holder);
    assert_int_equal(begin(f, SLOTS), FLIGHT_LEADS);
    assert_int_equal(begin_elsewhere(f, SLOTS + 1), FLIGHT_NONE);
    child_kill(holder);
    for (int i = 1; i < 10; i++) /* the places of who died are taken */
        assert_int_equal(begin_elsewhere(f, SLOTS + i), FLIGHT_LEADS);
    assert_int_equal(begin_elsewhere(f, SLOTS), FLIGHT_BUSY);
    shm_close(&segment);
}

static int lock_and(void *arg, int signal_number)
{
    struct flights *f = arg;

    if (!shm_lock(&f->lock, forget, f))
        return 1;
    (void)raise(signal_number);
    shm_unlock(&f->lock);
    return 0;
}

static void a_table_that_is_held_is_done_without(void **state)
{
    struct flights *f = new_flights();
    pid_t holder;
    int status;

    (void)state;
    assert_int_equal(begin(f, 1), FLIGHT_LEADS);
    holder = child_start(lock_and, f, SIGSTOP);
    child_await_stop(holder);
    assert_int_equal(begin(f, 2), FLIGHT_NONE);
    finish(f, 1); /* can't, */
    assert_int_equal(kill(holder, SIGCONT), 0);
    assert_int_equal(child_end(holder), 0);
    assert_int_equal(slots_taken(f), 1);
    assert_int_equal(begin(f, 1), FLIGHT_LEADS); /* and is not held up by it */
    holder = child_start(lock_and, f, SIGKILL);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(begin(f, 2), FLIGHT_LEADS);
    assert_int_equal(slots_taken(f), 1); /* the others are forgotten */
    shm_close(&segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(one_leads_and_the_others_wait),
        a_shared_test(who_does_not_lead_ends_nothing),
        a_shared_test(ones_own_old_flight_is_over),
        a_shared_test(of_several_at_once_one_leads),
        a_shared_test(a_leader_that_died_is_replaced),
        a_shared_test(a_leader_of_long_ago_is_replaced),
        a_shared_test(a_full_table_leaves_everybody_for_themselves),
        a_shared_test(a_table_that_is_held_is_done_without),
    };

    random_init();
    log_init("test_flight", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
