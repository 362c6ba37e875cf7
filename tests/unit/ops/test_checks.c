/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/verdict.h"

static const struct shm_region *const regions[] = {&verdict_region, NULL};
static char name[64];
static struct conf conf = {.shm_name = name};

static int forget(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    (void)shm_unlink(name);
    return 0;
}

/* All parts well but for one, which failed. */
static struct checks_summary without(int failed)
{
    struct check found[CHECK_COUNT];

    for (int i = 0; i < CHECK_COUNT; i++)
        found[i] = (struct check){.status = i == failed ? CHECK_IS_AWAY : CHECK_IS_OK, .passed = i != failed};
    return checks_sum(found);
}

static void only_database_and_schema_make_it_unhealthy(void **state)
{
    (void)state;
    assert_int_equal(without(-1).health, HEALTH_HEALTHY);
    for (int i = 0; i < CHECK_COUNT; i++) {
        const bool vital = i == CHECK_DATABASE || i == CHECK_SCHEMA;

        assert_int_equal(without(i).health, vital ? HEALTH_UNHEALTHY : HEALTH_DEGRADED);
        assert_int_equal(without(i).failed, 1);
        assert_int_equal(without(i).passed, CHECK_COUNT - 1);
        assert_int_equal(without(i).total, CHECK_COUNT);
    }
}

static void the_worst_counts(void **state)
{
    struct check found[CHECK_COUNT] = {[CHECK_DATABASE] = {.status = CHECK_IS_AWAY}, [CHECK_POOL] = {.status = CHECK_IS_SHORT}};
    const struct checks_summary sum = checks_sum(found);

    (void)state;
    assert_int_equal(sum.health, HEALTH_UNHEALTHY);
    assert_int_equal(sum.failed, 2);
}

static void what_is_absent_does_not_count(void **state)
{
    struct check found[CHECK_COUNT] = {[CHECK_DATABASE] = {.status = CHECK_IS_OK, .passed = true},
                                       [CHECK_MEMORY] = {.status = CHECK_IS_WARNING, .passed = true}};
    const struct checks_summary sum = checks_sum(found);

    (void)state;
    assert_int_equal(sum.health, HEALTH_HEALTHY);
    assert_int_equal(sum.total, 2);
    assert_int_equal(sum.passed, 2);
    assert_int_equal(sum.failed, 0);
}

static void each_has_a_name_and_each_status_a_word_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < CHECK_COUNT; i++) {
        for (int j = 0; j < i; j++)
            assert_string_not_equal(check_name((enum check_of)i), check_name((enum check_of)j));
    }
    for (int i = 0; i < CHECK_IS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            assert_string_not_equal(check_status_text((enum check_status)i), check_status_text((enum check_status)j));
    }
}

static void a_verdict_is_what_was_found(void **state)
{
    struct check found[CHECK_COUNT] = {[CHECK_DATABASE] = {.status = CHECK_IS_OK, .passed = true},
                                       [CHECK_REDIS] = {.status = CHECK_IS_AWAY}};
    struct shm *shm = shm_open_segment(&conf, regions);
    struct verdicts *v = verdict_open(shm);
    struct verdict got;

    (void)state;
    assert_int_equal(verdict_get(v, &got), -1);
    verdict_put(v, found);
    (void)usleep(30000);
    assert_in_range(verdict_get(v, &got), 30, 20000);
    assert_int_equal(got.sum.health, HEALTH_DEGRADED);
    assert_int_equal(got.sum.total, 2);
    assert_int_equal(got.status[CHECK_REDIS], CHECK_IS_AWAY);
    assert_int_equal(got.status[CHECK_MEMCACHED], CHECK_IS_ABSENT);
    assert_true(got.at_ms > 0);
    shm_close(&shm);
}

/* Agents that are killed while they write: what a reader gets is of one look, or nothing. */
static void a_killed_agent_leaves_no_mixture(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct verdicts *v = verdict_open(shm);

    (void)state;
    for (int round = 0; round < 200; round++) {
        pid_t pid = fork();
        struct verdict got;
        int status;

        if (pid == 0) {
            for (int n = 0;; n++) {
                struct check found[CHECK_COUNT] = {{.status = CHECK_IS_ABSENT}};

                for (int i = 0; i < CHECK_COUNT; i++)
                    found[i] = (struct check){.status = n % 2 == 0 ? CHECK_IS_OK : CHECK_IS_AWAY, .passed = n % 2 == 0};
                verdict_put(v, found);
            }
        }
        assert_true(pid > 0);
        (void)usleep((useconds_t)(100 + round * 7));
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (verdict_get(v, &got) < 0)
            continue;
        for (int i = 0; i < CHECK_COUNT; i++)
            assert_int_equal(got.status[i], got.sum.failed == 0 ? CHECK_IS_OK : CHECK_IS_AWAY);
        assert_int_equal(got.sum.passed + got.sum.failed, CHECK_COUNT);
    }
    shm_close(&shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_database_and_schema_make_it_unhealthy),
        cmocka_unit_test(the_worst_counts),
        cmocka_unit_test(what_is_absent_does_not_count),
        cmocka_unit_test(each_has_a_name_and_each_status_a_word_of_its_own),
        cmocka_unit_test_setup_teardown(a_verdict_is_what_was_found, forget, forget),
        cmocka_unit_test_setup_teardown(a_killed_agent_leaves_no_mixture, forget, forget),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
