/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/process.h"
#include "ops/samples.h"

static const struct shm_region *const regions[] = {&samples_region, NULL};
static char name[64];
static struct conf conf = {.shm_name = name};
static struct samples_view view;
static const struct alert_state quiet[ALERT_COUNT];

static int forget(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    (void)shm_unlink(name);
    return 0;
}

static void put(struct samples *s, int64_t at, bool keep)
{
    const struct sample sample = {.at_ms = at, .requests = at * 10};

    samples_put(s, &sample, quiet, keep);
}

static void an_hour_is_kept_in_order(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct samples *s = samples_open(shm);

    (void)state;
    assert_true(samples_read(s, &view));
    assert_int_equal(view.now.at_ms, 0);
    assert_int_equal(view.n, 0);
    for (int64_t at = 1; at <= 300; at++) {
        put(s, 1000 + at, at % 2 == 0);
        assert_true(samples_read(s, &view));
        assert_int_equal(view.now.at_ms, 1000 + at);
        assert_int_equal(view.n, at / 2 < SAMPLES_KEPT ? at / 2 : SAMPLES_KEPT);
    }
    for (size_t i = 0; i < view.n; i++) {
        assert_int_equal(view.kept[i].at_ms, 1300 - 2 * (int64_t)(view.n - 1 - i));
        assert_int_equal(view.kept[i].requests, view.kept[i].at_ms * 10);
    }
    shm_close(&shm);
}

static void what_was_raised_is_known_to_the_next_agent(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct alert_state alerts[ALERT_COUNT] = {[ALERT_REDIS] = {.level = ALERT_WARNING, .since_ms = 77}};
    const struct sample sample = {.at_ms = 5};

    (void)state;
    samples_put(samples_open(shm), &sample, alerts, false);
    shm_close(&shm);
    shm = shm_open_segment(&conf, regions);
    assert_true(samples_read(samples_open(shm), &view));
    assert_int_equal(view.alerts[ALERT_REDIS].level, ALERT_WARNING);
    assert_int_equal(view.alerts[ALERT_REDIS].since_ms, 77);
    assert_int_equal(view.alerts[ALERT_DATABASE].level, ALERT_OK);
    shm_close(&shm);
}

/* Agents that are killed while they write, at whatever moment: what a reader gets is whole, or nothing. */
static void a_killed_agent_leaves_nothing_torn(void **state)
{
    struct shm *shm = shm_open_segment(&conf, regions);
    struct samples *s = samples_open(shm);

    (void)state;
    for (int round = 0; round < 200; round++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            for (int64_t at = 1;; at++)
                put(s, at, true);
        }
        assert_true(pid > 0);
        (void)usleep((useconds_t)(100 + round * 7));
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(samples_read(s, &view));
        for (size_t i = 0; i < view.n; i++)
            assert_int_equal(view.kept[i].requests, view.kept[i].at_ms * 10);
    }
    shm_close(&shm);
}

static void fields_have_names_of_their_own(void **state)
{
    size_t n = 0;

    (void)state;
    for (const struct sample_field *f = sample_fields; f->name != NULL; f++, n++) {
        assert_true(f->at % sizeof(int64_t) == 0 && f->at < sizeof(struct sample));
        for (const struct sample_field *other = sample_fields; other != f; other++)
            assert_true(other->at != f->at && strcmp(other->name, f->name) != 0);
    }
    /* All but the time, the limit, the totals, and what is told by itself: the breakers, and responders that are missing. */
    assert_int_equal(n, sizeof(struct sample) / sizeof(int64_t) - 8);
}

static void the_kernel_says_what_a_process_uses(void **state)
{
    static char much[32 * 1048576];
    int64_t before = process_memory((int32_t)getpid()), cpu;
    volatile unsigned spin = 0;

    (void)state;
    memset(much, 1, sizeof(much));
    assert_in_range(process_memory((int32_t)getpid()) - before, (int64_t)sizeof(much) * 9 / 10, (int64_t)sizeof(much) * 2);
    cpu = process_cpu_us((int32_t)getpid());
    assert_true(cpu >= 0);
    for (int i = 0; i < 300000000 && process_cpu_us((int32_t)getpid()) < cpu + 50000; i++)
        spin += much[i % sizeof(much)];
    assert_true(process_cpu_us((int32_t)getpid()) >= cpu + 50000);
    assert_int_equal(process_memory(0x7ffffffe), -1);
    assert_int_equal(process_cpu_us(0x7ffffffe), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_hour_is_kept_in_order, forget, forget),
        cmocka_unit_test_setup_teardown(what_was_raised_is_known_to_the_next_agent, forget, forget),
        cmocka_unit_test_setup_teardown(a_killed_agent_leaves_nothing_torn, forget, forget),
        cmocka_unit_test(fields_have_names_of_their_own),
        cmocka_unit_test(the_kernel_says_what_a_process_uses),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
