/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/pool.h"
#include "shm/timings.h"

static const struct shm_region *const regions[] = {&pool_region, &timings_region, NULL};
static char name[64];
static struct conf conf = {.shm_name = name};

static int forget(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    (void)shm_unlink(name);
    return 0;
}

static int members(const struct pool *pool, struct pool_member *last)
{
    struct pool_member m;
    int n = 0;

    for (int i = 0; i < POOL_PLACES; i++) {
        if (pool_look(pool, i, &m)) {
            *last = m;
            n++;
        }
    }
    return n;
}

static void a_responder_says_what_it_does(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct pool *pool = pool_open(shm);
    struct pool_place *place = pool_join(pool);
    struct pool_member m = {.pid = 0};

    (void)state;
    pool_begin(place, 5000000);
    assert_int_equal(members(pool, &m), 1);
    assert_int_equal(m.pid, getpid());
    assert_int_equal(m.requests, 0);
    assert_int_equal(m.busy_since_ms, 5000);
    pool_end(place, true, false);
    assert_int_equal(members(pool, &m), 1);
    assert_int_equal(m.requests, 1);
    assert_int_equal(m.busy_since_ms, 0);
    assert_true(m.database && !m.redis);
    pool_leave(place);
    assert_int_equal(members(pool, &m), 0);
    shm_close(&shm);
}

/* Killed, so without a word; what it counted stays. */
static void a_dead_one_gives_its_place_back(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct pool *pool = pool_open(shm);
    struct pool_member m = {.pid = 0};
    int64_t joined, died;

    (void)state;
    for (int i = 0; i < POOL_PLACES + 3; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            struct pool_place *place = pool_join(pool);

            timings_request(timings_open(shm), GROUP_LIST, 200, 1000);
            (void)kill(getpid(), place != NULL ? SIGKILL : SIGTERM);
        }
        assert_true(pid > 0);
        {
            int status = 0;

            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_int_equal(WTERMSIG(status), SIGKILL);
        }
        assert_int_equal(members(pool, &m), 0);
    }
    {
        struct histogram h = {.sum_us = 0};

        timings_add_requests(timings_open(shm), GROUP_LIST, STATUS_2XX, &h);
        assert_int_equal(histogram_count(&h), POOL_PLACES + 3);
        assert_int_equal(h.sum_us, 1000 * (POOL_PLACES + 3));
    }
    pool_totals(pool, &joined, &died);
    assert_int_equal(joined, POOL_PLACES + 3);
    assert_int_equal(died, POOL_PLACES + 2); /* nobody has taken the last one's place yet */
    pool_leave(pool_join(pool));
    pool_leave(pool_join(pool));
    pool_totals(pool, &joined, &died);
    assert_int_equal(joined, POOL_PLACES + 5);
    assert_int_equal(died, POOL_PLACES + 3); /* who leaves has not died */
    shm_close(&shm);
}

static void without_a_place_it_works_on(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct pool *pool = pool_open(shm);
    struct pool_place *last = NULL;

    (void)state;
    for (int i = 0; i < POOL_PLACES; i++) {
        last = pool_join(pool);
        assert_non_null(last);
    }
    assert_null(pool_join(pool));
    pool_begin(NULL, 1);
    pool_end(NULL, true, true);
    pool_leave(NULL);
    pool_leave(last);
    assert_non_null(pool_join(pool));
    shm_close(&shm);
}

static void statuses_have_their_class(void **state)
{
    static const int statuses[] = {200, 204, 304, 404, 429, 500, 503, 599};
    static const int expected[STATUS_COUNT] = {2, 1, 2, 3};
    struct shm *shm = shm_open_segment(&conf, regions);
    struct timings *t = timings_open(shm);

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        timings_request(t, GROUP_ROW, statuses[i], 10);
    for (int i = 0; i < STATUS_COUNT; i++) {
        struct histogram h = {.sum_us = 0};

        timings_add_requests(t, GROUP_ROW, (enum status_class)i, &h);
        assert_int_equal(histogram_count(&h), expected[i]);
    }
    shm_close(&shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_responder_says_what_it_does, forget, forget),
        cmocka_unit_test_setup_teardown(a_dead_one_gives_its_place_back, forget, forget),
        cmocka_unit_test_setup_teardown(without_a_place_it_works_on, forget, forget),
        cmocka_unit_test_setup_teardown(statuses_have_their_class, forget, forget),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
