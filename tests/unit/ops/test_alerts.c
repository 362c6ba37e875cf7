/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "ops/alerts.h"
#include "ops/samples.h"

static const struct conf conf = {.alert_p95_ms = 200, .alert_error_percent = 1, .alert_database_connections = 12};

/* Steps on with samples of this 95th percentile; the level that follows. */
static enum alert_level slow(struct alert_state *s, int64_t p95_ms, int times)
{
    static int64_t at = 1000;

    for (int i = 0; i < times; i++) {
        const struct sample sample = {.at_ms = ++at, .requests = 100, .p95_us = p95_ms * 1000};

        (void)alert_step(&alert_rules[ALERT_RESPONSE], &conf, &sample, s);
    }
    return s->level;
}

static void limits_are_those_of_the_design(void **state)
{
    static const int64_t limits[ALERT_COUNT][2] = {
        [ALERT_MEMORY] = {750, 850},        [ALERT_RESPONSE] = {200000, 1000000}, [ALERT_ERRORS] = {10, 50},
        [ALERT_CONNECTIONS] = {12, 15},     [ALERT_BUSY] = {800, 950},            [ALERT_DATABASE] = {1, 1},
        [ALERT_REDIS] = {1, 0},             [ALERT_MEMCACHED] = {1, 0},
    };

    (void)state;
    for (int i = 0; i < ALERT_COUNT; i++) {
        assert_int_equal(alert_warning(&alert_rules[i], &conf), limits[i][0]);
        assert_int_equal(alert_critical(&alert_rules[i], &conf), limits[i][1]);
    }
}

static void once_is_no_reason(void **state)
{
    struct alert_state s = {.since_ms = 0};

    (void)state;
    assert_int_equal(slow(&s, 250, 1), ALERT_OK);
    assert_int_equal(slow(&s, 20, 1), ALERT_OK);
    assert_int_equal(slow(&s, 250, 1), ALERT_OK);
    assert_int_equal(s.since_ms, 0);
    assert_int_equal(slow(&s, 200, 1), ALERT_WARNING);
    assert_true(s.since_ms > 0);
}

static void it_does_not_come_and_go(void **state)
{
    struct alert_state s = {.since_ms = 0};
    int64_t since;

    (void)state;
    assert_int_equal(slow(&s, 250, 2), ALERT_WARNING);
    since = s.since_ms;
    assert_int_equal(slow(&s, 190, 50), ALERT_WARNING); /* below the limit, but not by a tenth */
    assert_int_equal(slow(&s, 100, 2), ALERT_WARNING);
    assert_int_equal(slow(&s, 190, 1), ALERT_WARNING);
    assert_int_equal(slow(&s, 100, 2), ALERT_WARNING);
    assert_int_equal(s.since_ms, since);
    assert_int_equal(slow(&s, 100, 1), ALERT_OK);
    assert_true(s.since_ms > since);
}

static void it_gets_worse_and_better_by_steps(void **state)
{
    struct alert_state s = {.since_ms = 0};

    (void)state;
    assert_int_equal(slow(&s, 1500, 2), ALERT_CRITICAL);
    assert_int_equal(slow(&s, 950, 10), ALERT_CRITICAL);
    assert_int_equal(slow(&s, 300, 3), ALERT_WARNING);
    assert_int_equal(slow(&s, 1500, 2), ALERT_CRITICAL);
    assert_int_equal(slow(&s, 0, 3), ALERT_OK);
}

static void few_requests_say_nothing(void **state)
{
    struct alert_state s = {.since_ms = 0};
    struct sample sample = {.at_ms = 5, .requests = 19, .p95_us = 5000000};

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_false(alert_step(&alert_rules[ALERT_RESPONSE], &conf, &sample, &s));
    sample.requests = 20;
    assert_false(alert_step(&alert_rules[ALERT_RESPONSE], &conf, &sample, &s));
    assert_true(alert_step(&alert_rules[ALERT_RESPONSE], &conf, &sample, &s));
    sample = (struct sample){.at_ms = 6, .p95_us = -1}; /* nobody asks any more */
    for (int i = 0; i < 3; i++)
        (void)alert_step(&alert_rules[ALERT_RESPONSE], &conf, &sample, &s);
    assert_int_equal(s.level, ALERT_OK);
}

static void an_open_breaker_is_told_at_once(void **state)
{
    struct alert_state redis = {.since_ms = 0}, database = {.since_ms = 0};
    struct sample sample = {.at_ms = 5, .breaker_redis = 1, .breaker_database = 2};

    (void)state;
    assert_true(alert_step(&alert_rules[ALERT_REDIS], &conf, &sample, &redis));
    assert_true(alert_step(&alert_rules[ALERT_DATABASE], &conf, &sample, &database));
    assert_int_equal(redis.level, ALERT_WARNING);
    assert_int_equal(database.level, ALERT_CRITICAL);
    sample.breaker_redis = sample.breaker_database = 0;
    assert_true(alert_step(&alert_rules[ALERT_REDIS], &conf, &sample, &redis));
    assert_true(alert_step(&alert_rules[ALERT_DATABASE], &conf, &sample, &database));
    assert_int_equal(redis.level, ALERT_OK);
    assert_int_equal(database.level, ALERT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_those_of_the_design), cmocka_unit_test(once_is_no_reason),
        cmocka_unit_test(it_does_not_come_and_go),        cmocka_unit_test(it_gets_worse_and_better_by_steps),
        cmocka_unit_test(few_requests_say_nothing),       cmocka_unit_test(an_open_breaker_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
