/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of what processes share: a segment of the test's own, children that never outlive it, and random numbers
 * whose seed is printed. STEVEDORES_TEST_SEED repeats a run, STEVEDORES_TEST_LONG asks for more rounds.
 */
#ifndef STEVEDORES_TESTS_PROCESSES_H
#define STEVEDORES_TESTS_PROCESSES_H

#include "tests/unit/unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shm/shm.h"

/* --- a segment ---------------------------------------------------------------------------------------------------- */

/* Of this name, which is this program's alone. */
static inline char *segment_name(void)
{
    static char name[64];

    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    return name;
}

/* Opens it afresh; conf->shm_name is set. */
static inline struct shm *segment_new(struct conf *conf, const struct shm_region *const *regions)
{
    struct shm *shm;

    conf->shm_name = segment_name();
    (void)shm_unlink(conf->shm_name);
    shm = shm_open_segment(conf, regions);
    assert_false(shm_is_private(shm));
    return shm;
}

/* Also when the test broke off before its end. */
static inline int segment_forget(void **state)
{
    (void)shm_unlink(segment_name());
    return state != NULL ? unit_teardown(state) : 0;
}

#define a_shared_test(fn) cmocka_unit_test_setup_teardown(fn, unit_setup, segment_forget)

/* --- children ----------------------------------------------------------------------------------------------------- */

/* Zeroed memory that children share with the test. */
static inline void *shared_new(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(p != MAP_FAILED);
    return p;
}

/* Calls fn(arg, i) in a child, whose exit status is what it returns. No asserts there: they are the test's. */
static inline pid_t child_start(int (*fn)(void *arg, int i), void *arg, int i)
{
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static const int fatal[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS}; /* cmocka would go on with its tests */

        for (size_t s = 0; s < sizeof(fatal) / sizeof(fatal[0]); s++)
            (void)signal(fatal[s], SIG_DFL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(fn(arg, i));
    }
    return child;
}

/* Its exit status; the test fails when it was killed. */
static inline int child_end(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static inline void child_kill(pid_t child)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

/* Returns when it has stopped itself. */
static inline void child_await_stop(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
}

static inline void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* splitmix64: the next of a sequence that *seed stands for. */
static inline uint64_t rnd(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline size_t rnd_below(uint64_t *seed, size_t n)
{
    return (size_t)(rnd(seed) % n);
}

/* Another one each time, unless it was given. */
static inline uint64_t seed_new(void)
{
    const char *given = getenv("STEVEDORES_TEST_SEED");
    struct timespec now;
    uint64_t seed;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec + (uint64_t)now.tv_sec * 1000000000;
    print_message("    STEVEDORES_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static inline size_t rounds(size_t usual, size_t many)
{
    return getenv("STEVEDORES_TEST_LONG") != NULL ? many : usual;
}

#endif
