/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes of their own go through one gate. What they say of themselves lies in a second region beside it.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/gate.h"
#include "shm/shm.h"

#define LONG_MS    30000
#define FOREVER_MS 600000 /* longer than any test: who waits so long is waiting for its turn */

struct board {
    _Atomic int inside, most, entered, refused, order[GATE_LIMIT_MAX];
};

static size_t board_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct board);
}

static const struct shm_region board_region = {"board", 1, board_size, NULL};
static const struct shm_region *const both[] = {&gate_region, &board_region, NULL};
static char name[64];
static const struct conf conf = {.shm_name = name};
static struct shm *shm;
static struct gate *gate;
static struct board *board;

static int begin(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-gate-%d", (int)getpid());
    (void)shm_unlink(name);
    shm = shm_open_segment(&conf, both);
    gate = gate_open(shm);
    board = shm_region(shm, &board_region);
    return shm_is_private(shm) ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    shm_close(&shm);
    (void)shm_unlink(name);
    return 0;
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

/* fork(), but the child ends with the test, however that ends. */
static pid_t begin_child(void)
{
    pid_t parent = getpid(), child;

    (void)fflush(stdout); /* or the child writes it again */
    child = fork();
    assert_true(child >= 0);
    if (child == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
        _exit(1);
    return child;
}

/* For a child to come so far; it ends early when it doesn't get in. */
static void look_again(pid_t child)
{
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    pause_ms(1);
}

/* A process that enters and stays, having said so, until it is killed. */
static pid_t hold(int64_t limit)
{
    pid_t child;
    int before = atomic_load(&board->entered);

    child = begin_child();
    if (child == 0) {
        if (gate_enter(gate, limit, 0) != GATE_IN)
            _exit(1);
        atomic_fetch_add(&board->entered, 1);
        for (;;)
            (void)pause();
    }
    while (atomic_load(&board->entered) == before)
        look_again(child);
    return child;
}

static void end_child(pid_t child, int sig)
{
    int status;

    (void)kill(child, sig);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void go_through(int64_t limit, int times, unsigned seed)
{
    for (int i = 0; i < times; i++) {
        if (gate_enter(gate, limit, 50) == GATE_IN) {
            int n = atomic_fetch_add(&board->inside, 1) + 1, most = atomic_load(&board->most);

            while (n > most && !atomic_compare_exchange_weak(&board->most, &most, n))
                continue;
            atomic_fetch_add(&board->entered, 1);
            pause_ms(rand_r(&seed) % 3);
            atomic_fetch_sub(&board->inside, 1);
            gate_leave(gate);
        } else {
            atomic_fetch_add(&board->refused, 1);
        }
    }
}

static void never_more_than_the_limit_are_inside(void **state)
{
    static const int64_t limits[] = {1, 3, 7};

    (void)state;
    for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
        pid_t children[12];
        int status;

        atomic_store(&board->most, 0);
        atomic_store(&board->entered, 0);
        atomic_store(&board->refused, 0);
        for (int i = 0; i < 12; i++) {
            children[i] = begin_child();
            if (children[i] == 0) {
                go_through(limits[k], 60, (unsigned)i);
                _exit(0);
            }
        }
        for (int i = 0; i < 12; i++) {
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        print_message("limit %d: most %d inside, %d entered, %d refused\n", (int)limits[k], board->most, board->entered,
                      board->refused);
        assert_in_range(board->most, 1, limits[k]);
        assert_int_equal(board->entered + board->refused, 12 * 60);
        assert_int_equal(board->inside, 0);
    }
}

static void a_dead_holder_is_replaced(void **state)
{
    pid_t a = hold(2), b = hold(2);

    (void)state;
    assert_int_equal(gate_enter(gate, 2, 0), GATE_FULL);
    end_child(a, SIGKILL);
    assert_int_equal(gate_enter(gate, 2, 0), GATE_IN);
    gate_leave(gate);
    end_child(b, SIGKILL);
    for (int i = 0; i < 3 * GATE_LIMIT_MAX; i++) { /* places don't run out */
        end_child(hold(1), SIGKILL);
        assert_int_equal(gate_enter(gate, 1, 0), GATE_IN);
        gate_leave(gate);
    }
}

/* One that is stopped is not dead: its place stays its own. */
static void a_stopped_holder_keeps_its_place(void **state)
{
    pid_t a = hold(1);
    int status;

    (void)state;
    (void)kill(a, SIGSTOP);
    assert_int_equal(waitpid(a, &status, WUNTRACED), a);
    assert_int_equal(gate_enter(gate, 1, 20), GATE_FULL);
    end_child(a, SIGKILL);
}

static void waiting_ends(void **state)
{
    pid_t a = hold(1);
    int64_t began = clock_mono_ms(), inside, waiting;

    (void)state;
    assert_int_equal(gate_enter(gate, 1, 80), GATE_FULL);
    assert_true(clock_mono_ms() - began >= 80);
    gate_count(gate, &inside, &waiting);
    assert_int_equal(inside, 1);
    assert_int_equal(waiting, 0);
    end_child(a, SIGKILL);
    assert_int_equal(gate_enter(gate, 1, 0), GATE_IN); /* who waited in vain is in nobody's way */
    gate_leave(gate);
}

/* The number'th child that waits, from 0 on; they tell in which order they got in. */
static pid_t wait_in_line(int number, int64_t limit)
{
    int64_t inside, waiting;
    pid_t child = begin_child();

    if (child == 0) {
        if (gate_enter(gate, limit, FOREVER_MS) != GATE_IN)
            _exit(1);
        atomic_store(&board->order[number], atomic_fetch_add(&board->entered, 1));
        pause_ms(10);
        gate_leave(gate);
        _exit(0);
    }
    do {
        look_again(child);
        gate_count(gate, &inside, &waiting);
    } while (waiting != number + 1);
    return child;
}

/* The limit's number of places to wait in is taken: whoever comes now doesn't wait, though it would for ever. */
static void beyond_those_who_wait_one_is_told_at_once(void **state)
{
    pid_t inside[2] = {hold(2), hold(2)}, waiting[2];
    int64_t began = clock_mono_ms();
    int status;

    (void)state;
    waiting[0] = wait_in_line(0, 2);
    waiting[1] = wait_in_line(1, 2);
    assert_int_equal(gate_enter(gate, 2, LONG_MS), GATE_FULL);
    assert_true(clock_mono_ms() - began < LONG_MS);
    for (int i = 0; i < 100; i++)
        assert_int_equal(gate_enter(gate, 2, FOREVER_MS), GATE_FULL);
    /* One who died waiting makes room for another. */
    end_child(waiting[1], SIGKILL);
    waiting[1] = wait_in_line(1, 2);
    assert_int_equal(gate_enter(gate, 2, FOREVER_MS), GATE_FULL);
    end_child(inside[0], SIGKILL);
    end_child(inside[1], SIGKILL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(waiting[i], &status, 0), waiting[i]);
        assert_int_equal(status, 0);
    }
}

/* Who came first goes first. (With two inside, two can wait.) */
static void turns_are_taken_in_order(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        pid_t inside[2], waiting[2];
        int status;

        inside[0] = hold(2);
        inside[1] = hold(2);
        waiting[0] = wait_in_line(0, 2);
        waiting[1] = wait_in_line(1, 2);
        atomic_store(&board->entered, 0);
        end_child(inside[0], SIGKILL);
        assert_int_equal(waitpid(waiting[0], &status, 0), waiting[0]);
        end_child(inside[1], SIGKILL);
        assert_int_equal(waitpid(waiting[1], &status, 0), waiting[1]);
        assert_int_equal(board->order[0], 0);
        assert_int_equal(board->order[1], 1);
    }
}

/* A place that has just become free belongs to those who wait, even when they haven't looked yet. */
static void newcomers_dont_push_in(void **state)
{
    pid_t inside = hold(1), waiting = wait_in_line(0, 1);
    int status;

    (void)state;
    (void)kill(waiting, SIGSTOP); /* so that it doesn't look */
    assert_int_equal(waitpid(waiting, &status, WUNTRACED), waiting);
    end_child(inside, SIGKILL);
    assert_int_equal(gate_enter(gate, 1, 0), GATE_FULL);
    (void)kill(waiting, SIGCONT);
    assert_int_equal(waitpid(waiting, &status, 0), waiting);
    assert_int_equal(status, 0);
    assert_int_equal(gate_enter(gate, 1, 0), GATE_IN);
    gate_leave(gate);
}

static void entering_again_leaves_first(void **state)
{
    (void)state;
    assert_int_equal(gate_enter(gate, 1, 0), GATE_IN);
    assert_int_equal(gate_enter(gate, 1, 0), GATE_IN); /* a request that couldn't leave must not lock its process out */
    gate_leave(gate);
    gate_leave(gate);
    end_child(hold(1), SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(never_more_than_the_limit_are_inside, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_holder_is_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_holder_keeps_its_place, begin, end),
        cmocka_unit_test_setup_teardown(waiting_ends, begin, end),
        cmocka_unit_test_setup_teardown(beyond_those_who_wait_one_is_told_at_once, begin, end),
        cmocka_unit_test_setup_teardown(turns_are_taken_in_order, begin, end),
        cmocka_unit_test_setup_teardown(newcomers_dont_push_in, begin, end),
        cmocka_unit_test_setup_teardown(entering_again_leaves_first, begin, end),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
