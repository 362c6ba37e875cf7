/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "ctl/times.h"

static void percentiles_are_times_that_there_were(void **state)
{
    struct times t = {.us = NULL};

    (void)state;
    assert_int_equal(times_permille(&t, 950), -1);
    for (int64_t us = 100; us > 0; us--)
        times_add(&t, us);
    times_sort(t.us, t.n);
    assert_int_equal(times_permille(&t, 0), 1);
    assert_int_equal(times_permille(&t, 500), 50);
    assert_int_equal(times_permille(&t, 950), 95);
    assert_int_equal(times_permille(&t, 951), 96); /* 95.1 of a hundred are more than 95 */
    assert_int_equal(times_permille(&t, 1000), 100);
    times_free(&t);
    assert_int_equal(t.n, 0);
}

static void one_is_every_percentile(void **state)
{
    struct times t = {.us = NULL};

    (void)state;
    times_add(&t, 7);
    times_sort(t.us, t.n);
    assert_int_equal(times_permille(&t, 1), 7);
    assert_int_equal(times_permille(&t, 990), 7);
    times_free(&t);
}

static void assert_corrected(int64_t us, int64_t interval_us, const int64_t *wanted, size_t n)
{
    struct times t = {.us = NULL};

    times_add_corrected(&t, us, interval_us);
    assert_int_equal(t.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(t.us[i], wanted[i]);
    times_free(&t);
}

static void what_was_kept_waiting_counts(void **state)
{
    (void)state;
    assert_corrected(999, 1000, (const int64_t[]){999}, 1);
    assert_corrected(1999, 1000, (const int64_t[]){1999}, 1); /* 999 would be less than the interval */
    assert_corrected(2000, 1000, (const int64_t[]){2000, 1000}, 2);
    assert_corrected(4500, 1000, (const int64_t[]){4500, 3500, 2500, 1500}, 4);
    assert_corrected(4500, 0, (const int64_t[]){4500}, 1);
}

/* A stall of 10 s of a client that asks once a second: without the correction one slow time of a hundred. */
static void a_stall_is_seen_in_the_95th(void **state)
{
    struct times t = {.us = NULL};

    (void)state;
    for (int i = 0; i < 99; i++)
        times_add_corrected(&t, 1000, 1000000);
    times_add_corrected(&t, 10000000, 1000000);
    times_sort(t.us, t.n);
    assert_int_equal(t.n, 109);
    assert_int_equal(times_permille(&t, 500), 1000);
    assert_int_equal(times_permille(&t, 950), 5000000);
    times_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_times_that_there_were),
        cmocka_unit_test(one_is_every_percentile),
        cmocka_unit_test(what_was_kept_waiting_counts),
        cmocka_unit_test(a_stall_is_seen_in_the_95th),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
