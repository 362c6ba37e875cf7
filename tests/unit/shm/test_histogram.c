/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "shm/histogram.h"

static void buckets_follow_each_other(void **state)
{
    (void)state;
    assert_int_equal(histogram_floor(0), 0);
    for (int i = 1; i < HISTOGRAM_BUCKETS; i++) {
        assert_true(histogram_floor(i) > histogram_floor(i - 1));
        assert_int_equal(histogram_bucket(histogram_floor(i)), i);
        assert_int_equal(histogram_bucket(histogram_floor(i) - 1), i - 1);
    }
    assert_int_equal(histogram_bucket(-5), 0); /* no clock goes back, and if: nothing is written beside it */
    assert_int_equal(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void a_bucket_is_narrow(void **state)
{
    (void)state;
    for (int i = 4; i + 1 < HISTOGRAM_BUCKETS; i++)
        assert_true((histogram_floor(i + 1) - histogram_floor(i)) * 4 <= histogram_floor(i));
    assert_true(histogram_floor(HISTOGRAM_BUCKETS - 1) > 60 * INT64_C(1000000));
}

static void percentiles_are_near(void **state)
{
    static const int permilles[] = {1, 10, 500, 950, 990, 1000};
    struct histogram h = {.sum_us = 0};

    (void)state;
    for (int64_t us = 1; us <= 100000; us++) {
        h.counts[histogram_bucket(us)]++;
        h.sum_us += us;
    }
    assert_int_equal(histogram_count(&h), 100000);
    assert_int_equal(histogram_mean(&h), 50000);
    for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++) {
        const int64_t right = 100 * permilles[i], got = histogram_permille(&h, permilles[i]);

        assert_in_range(got, right - right / 4, right + right / 4);
    }
}

static void the_few_slow_ones_show(void **state)
{
    struct histogram h = {.sum_us = 0};

    (void)state;
    h.counts[histogram_bucket(1000)] = 94;
    h.counts[histogram_bucket(400000)] = 6;
    assert_in_range(histogram_permille(&h, 500), 800, 1300);
    assert_in_range(histogram_permille(&h, 940), 800, 1300);
    assert_in_range(histogram_permille(&h, 950), 300000, 500000);
}

static void of_nothing_nothing_is_known(void **state)
{
    struct histogram h = {.sum_us = 0};

    (void)state;
    assert_int_equal(histogram_permille(&h, 950), -1);
    assert_int_equal(histogram_mean(&h), -1);
}

static void a_difference_is_what_came_between(void **state)
{
    struct histogram before = {.sum_us = 30}, after = before;

    (void)state;
    before.counts[10] = after.counts[10] = 1000; /* fast, long ago */
    after.counts[60] = 3;
    after.sum_us = 90;
    histogram_subtract(&after, &before);
    assert_int_equal(histogram_count(&after), 3);
    assert_int_equal(histogram_mean(&after), 20);
    assert_in_range(histogram_permille(&after, 1), histogram_floor(60), histogram_floor(61));
    histogram_add(&after, &before);
    assert_int_equal(histogram_count(&after), 1003);
}

static void what_many_count_is_read_as_one(void **state)
{
    static struct histogram_cell cell;
    struct histogram h = {.sum_us = 7};

    (void)state;
    h.counts[0] = 2;
    histogram_put(&cell, 0);
    histogram_put(&cell, 1000);
    histogram_put(&cell, 1001);
    histogram_take(&h, &cell);
    assert_int_equal(histogram_count(&h), 5);
    assert_int_equal(h.counts[0], 3);
    assert_int_equal(h.counts[histogram_bucket(1000)], 2);
    assert_int_equal(h.sum_us, 2008);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_follow_each_other),   cmocka_unit_test(a_bucket_is_narrow),
        cmocka_unit_test(percentiles_are_near),        cmocka_unit_test(the_few_slow_ones_show),
        cmocka_unit_test(of_nothing_nothing_is_known), cmocka_unit_test(a_difference_is_what_came_between),
        cmocka_unit_test(what_many_count_is_read_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
