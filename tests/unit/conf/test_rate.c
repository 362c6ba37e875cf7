/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "conf/rate.h"

static void rates_are_read(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        int64_t numbers[RATES_MAX * 2]; /* count and window of each */
    } cases[] = {
        {"off", 0, {0}},
        {"1/second", 1, {1, 1}},
        {"100/minute", 1, {100, 60}},
        {"1000000/day", 1, {1000000, 86400}},
        {"1000/hour;100/minute", 2, {1000, 3600, 100, 60}},
        {"5/second;100/minute;1000/hour", 3, {5, 1, 100, 60, 1000, 3600}},
        {"007/minute", 1, {7, 60}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rate rates[RATES_MAX];
        const char *why = "";
        size_t n = 77;

        if (!rate_parse(cases[i].text, rates, &n, &why))
            fail_msg("%s %s", cases[i].text, why);
        assert_int_equal(n, cases[i].n);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(rates[k].count, cases[i].numbers[k * 2]);
            assert_int_equal(rates[k].window_s, cases[i].numbers[k * 2 + 1]);
        }
    }
}

static void units_have_their_names(void **state)
{
    struct rate rates[RATES_MAX];
    const char *why;
    size_t n;

    (void)state;
    assert_true(rate_parse("5/second;100/minute;1000/hour", rates, &n, &why));
    assert_string_equal(rates[0].unit, "second");
    assert_string_equal(rates[1].unit, "minute");
    assert_string_equal(rates[2].unit, "hour");
    assert_true(rate_parse("1/day", rates, &n, &why));
    assert_string_equal(rates[0].unit, "day");
}

static void what_is_no_rate_is_refused_with_its_reason(void **state)
{
    static const char form[] = "is not of the form", twice[] = "limits the same unit twice", many[] = "has too many";
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", form},
        {"OFF", form},
        {"off;1/minute", form},
        {"1/minute;off", form},
        {"100", form},
        {"/minute", form},
        {"100/", form},
        {"100/minutes", form},
        {"100/min", form},
        {"100/Minute", form},
        {"100/week", form},
        {"100/minute ", form},
        {" 100/minute", form},
        {"100 /minute", form},
        {"100/ minute", form},
        {"0/minute", form},
        {"-1/minute", form},
        {"+1/minute", form},
        {"1.5/minute", form},
        {"1e3/minute", form},
        {"0x10/minute", form},
        {"1000001/minute", form},
        {"99999999999999999999/minute", form},
        {"100/minute;", form},
        {";100/minute", form},
        {"100/minute;;1/hour", form},
        {"100;/minute", form},
        {"100/minute,1/hour", form},
        {"100/minute/hour", form},
        {"1/minute;2/minute", twice},
        {"1/minute;2/hour;3/minute", twice},
        {"1/second;2/minute;3/hour;4/day", many},
        {"1/second;2/minute;3/hour;", many},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rate rates[RATES_MAX];
        const char *why = "";
        size_t n;

        if (rate_parse(cases[i].text, rates, &n, &why))
            fail_msg("'%s' was taken", cases[i].text);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("'%s' %s; expected: %s", cases[i].text, why, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(rates_are_read),
        a_test(units_have_their_names),
        a_test(what_is_no_rate_is_refused_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
