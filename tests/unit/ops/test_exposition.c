/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "ops/exposition.h"

static struct buf page(const struct unit *u)
{
    struct buf b;

    buf_init(&b, u->arena, 64);
    return b;
}

static void numbers_are_exact(void **state)
{
    struct buf b = page(*state);

    exposition_single(&b, "a", "gauge", "A", 12, 0);
    exposition_sample(&b, "b", NULL, 1002003, 3);
    exposition_sample(&b, "c", NULL, 5, 6);
    exposition_sample(&b, "d", NULL, -1000, 3);
    exposition_sample(&b, "e", NULL, -1, 3);
    exposition_sample(&b, "f", NULL, INT64_MAX, 6);
    assert_string_equal(b.data, "# HELP a A.\n# TYPE a gauge\na 12\nb 1002.003\nc 0.000005\nd -1.000\ne -0.001\n"
                                "f 9223372036854.775807\n");
}

/* Nothing in a label ends it. */
static void labels_are_escaped(void **state)
{
    struct buf b = page(*state);

    exposition_sample(&b, "a", LABELS({"b", "c\"} 1\nd{e=\"\\"}, {"f", ""}), 3, 0);
    assert_string_equal(b.data, "a{b=\"c\\\"} 1\\nd{e=\\\"\\\\\",f=\"\"} 3\n");
}

static const char *line_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    assert_non_null(line);
    return line + strlen(name);
}

/* A time on a bound belongs behind it (it is cut to whole microseconds), and nothing is lost behind the last. */
static void buckets_are_exact(void **state)
{
    static const int64_t times[] = {0, 15, 16, 63, 64, 1023, 1024, 1500, 131071, 131072, 16777215, 16777216, INT64_C(1) << 40};
    static const struct {
        const char *name;
        const char *count;
    } expected[] = {
        {"a_bucket{le=\"0.000016\"} ", "2\n"},   {"a_bucket{le=\"0.000064\"} ", "4\n"},
        {"a_bucket{le=\"0.000256\"} ", "5\n"},   {"a_bucket{le=\"0.001024\"} ", "6\n"},
        {"a_bucket{le=\"0.002048\"} ", "8\n"},   {"a_bucket{le=\"0.131072\"} ", "9\n"},
        {"a_bucket{le=\"0.262144\"} ", "10\n"},  {"a_bucket{le=\"8.388608\"} ", "10\n"},
        {"a_bucket{le=\"16.777216\"} ", "11\n"}, {"a_bucket{le=\"+Inf\"} ", "13\n"},
        {"a_count ", "13\n"},                    {"a_sum ", "1099545.448055\n"},
    };
    struct buf b = page(*state);
    struct histogram h = {.sum_us = 0};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        h.counts[histogram_bucket(times[i])]++;
        h.sum_us += times[i];
    }
    exposition_histogram(&b, "a", NULL, &h);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_memory_equal(line_of(b.data, expected[i].name), expected[i].count, strlen(expected[i].count));
}

static void buckets_keep_the_labels(void **state)
{
    struct buf b = page(*state);
    const struct histogram h = {.sum_us = 0};

    exposition_histogram(&b, "a", LABELS({"b", "c"}), &h);
    assert_int_equal(strncmp(b.data, "a_bucket{b=\"c\",le=\"0.000016\"} 0\n", 32), 0);
    assert_non_null(strstr(b.data, "\na_sum{b=\"c\"} 0.000000\na_count{b=\"c\"} 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(numbers_are_exact),
        a_test(labels_are_escaped),
        a_test(buckets_are_exact),
        a_test(buckets_keep_the_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
