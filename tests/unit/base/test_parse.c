/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "base/parse.h"

static void integers(void **state)
{
    static const char *const wrong[] = {"", " 1", "1 ", "+1", "-", "0x10", "1.0", "9223372036854775808", "1e3", "٣"};
    int64_t n;

    (void)state;
    assert_true(parse_i64("0", &n) && n == 0);
    assert_true(parse_i64("-12", &n) && n == -12);
    assert_true(parse_i64("9223372036854775807", &n) && n == INT64_MAX);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(parse_i64(wrong[i], &n));
}

static void times(void **state)
{
    static const char *const right[] = {
        "2026-11-20T22:00:00Z",         "2026-11-20T22:00:00.123456Z", "2026-11-20T22:00:00+01:00",
        "2024-02-29T00:00:00-05:30",    "2000-02-29t00:00:00z",        "9999-12-31T23:59:59Z",
    };
    static const char *const wrong[] = {
        "",
        "2026-11-20",
        "2026-11-20 22:00:00Z",
        "2026-11-20T22:00:00",
        "2026-13-20T22:00:00Z",
        "2026-02-29T22:00:00Z",
        "2100-02-29T22:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T22:60:00Z",
        "2026-11-20T22:00:60Z",
        "2026-11-20T22:00:00.Z",
        "2026-11-20T22:00:00+15:00",
        "2026-11-20T22:00:00+01",
        "2026-11-20T22:00:00Zjunk",
        "1969-11-20T22:00:00Z",
        "infinity",
        "now",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(parse_is_time(right[i]));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(parse_is_time(wrong[i]));
}

static void uuids(void **state)
{
    (void)state;
    assert_true(parse_is_uuid("11111111-1111-4111-8111-11111111AbCd"));
    assert_false(parse_is_uuid("11111111-1111-4111-8111-11111111AbC"));
    assert_false(parse_is_uuid("11111111-1111-4111-8111-11111111AbCg"));
    assert_false(parse_is_uuid("{1111111-1111-4111-8111-11111111AbC}"));
    assert_false(parse_is_uuid("111111111111141118111111111111AbCd1a"));
    assert_false(parse_is_uuid(""));
}

static void escapes_for_nul(void **state)
{
    static const char *const with[] = {"\\u0000", "{\"a\\u0000\":1}", "\"\\\\\\u0000\""};
    static const char *const without[] = {"", "\\", "\\u000", "\"\\u0001\"", "\"\\\\u0000\"", "\"u0000\""};

    (void)state;
    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
        assert_true(parse_has_json_nul(with[i], strlen(with[i])));
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
        assert_false(parse_has_json_nul(without[i], strlen(without[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {a_test(integers), a_test(times), a_test(uuids), a_test(escapes_for_nul)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
