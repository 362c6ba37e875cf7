/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "cache/lru.h"
#include "ops/alerts.h"
#include "ops/pressure.h"
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
        [ALERT_CONNECTIONS] = {12, 15},     [ALERT_BUSY] = {800, 950},            [ALERT_RESPONDERS] = {1, 0},
        [ALERT_DATABASE] = {1, 1},          [ALERT_REDIS] = {1, 0},               [ALERT_MEMCACHED] = {1, 0},
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

static void what_is_not_known_changes_nothing(void **state)
{
    const struct alert_rule *rule = &alert_rules[ALERT_MEMORY];
    struct sample sample = {.at_ms = 1, .memory_permille = 900};
    struct alert_state s = {.level = ALERT_OK};

    (void)state;
    while (s.level != ALERT_CRITICAL)
        (void)alert_step(rule, &conf, &sample, &s);
    sample.memory_permille = -1;
    for (int i = 0; i < 100; i++)
        assert_false(alert_step(rule, &conf, &sample, &s));
    assert_int_equal(s.level, ALERT_CRITICAL);
    sample.memory_permille = 100;
    for (int i = 0; i < rule->until; i++)
        (void)alert_step(rule, &conf, &sample, &s);
    assert_int_equal(s.level, ALERT_OK);
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

static void responders_are_missed_after_a_while(void **state)
{
    struct alert_state s = {.since_ms = 0};
    struct sample sample = {.at_ms = 5, .responders_missing = 2};
    const struct sample unknown = {.at_ms = 6, .responders_missing = -1}; /* WEB_WORKERS isn't set */

    (void)state;
    assert_false(alert_step(&alert_rules[ALERT_RESPONDERS], &conf, &sample, &s));
    assert_false(alert_step(&alert_rules[ALERT_RESPONDERS], &conf, &sample, &s));
    assert_true(alert_step(&alert_rules[ALERT_RESPONDERS], &conf, &sample, &s));
    assert_int_equal(s.level, ALERT_WARNING);
    sample.responders_missing = 0;
    assert_true(alert_step(&alert_rules[ALERT_RESPONDERS], &conf, &sample, &s));
    for (int i = 0; i < 10; i++)
        assert_false(alert_step(&alert_rules[ALERT_RESPONDERS], &conf, &unknown, &s));
}

/* --- what is news ------------------------------------------------------------------------------------------------- */

#define HOUR ((int64_t)3600000)

/* A level that it has at a time. */
static enum alert_news at(struct alert_state *s, int64_t now_ms, enum alert_level level, int64_t repeat_ms)
{
    const enum alert_level before = s->level;

    s->level = level;
    return alert_news(before, now_ms, repeat_ms, s);
}

static void news_is_what_rises_and_what_is_over(void **state)
{
    struct alert_state s = {.since_ms = 0};

    (void)state;
    assert_int_equal(at(&s, 1000, ALERT_OK, HOUR), ALERT_NO_NEWS);
    assert_int_equal(at(&s, 100 * HOUR, ALERT_OK, HOUR), ALERT_NO_NEWS); /* it was never told */
    assert_int_equal(at(&s, 100 * HOUR + 1, ALERT_WARNING, HOUR), ALERT_RAISED);
    assert_int_equal(at(&s, 100 * HOUR + 2, ALERT_WARNING, HOUR), ALERT_NO_NEWS);
    assert_int_equal(at(&s, 100 * HOUR + 3, ALERT_CRITICAL, HOUR), ALERT_RAISED);
    assert_int_equal(at(&s, 100 * HOUR + 4, ALERT_WARNING, HOUR), ALERT_NO_NEWS); /* better, not well */
    assert_int_equal(at(&s, 100 * HOUR + 5, ALERT_OK, HOUR), ALERT_CLEARED);
    assert_int_equal(at(&s, 200 * HOUR, ALERT_OK, HOUR), ALERT_NO_NEWS);
    assert_int_equal(at(&s, 200 * HOUR + 1, ALERT_CRITICAL, HOUR), ALERT_RAISED);
    assert_int_equal(at(&s, 200 * HOUR + 2, ALERT_OK, HOUR), ALERT_CLEARED);
}

static void what_stands_is_news_again(void **state)
{
    struct alert_state s = {.since_ms = 0}, silent = {.since_ms = 0};
    int told = 0;

    (void)state;
    assert_int_equal(at(&s, 7, ALERT_WARNING, HOUR), ALERT_RAISED);
    assert_int_equal(at(&s, HOUR + 6, ALERT_WARNING, HOUR), ALERT_NO_NEWS);
    assert_int_equal(at(&s, HOUR + 7, ALERT_WARNING, HOUR), ALERT_REPEATED);
    assert_int_equal(at(&s, HOUR + 8, ALERT_WARNING, HOUR), ALERT_NO_NEWS);
    /* Counted from when it was told last, whatever that was. */
    assert_int_equal(at(&s, HOUR * 3 / 2, ALERT_CRITICAL, HOUR), ALERT_RAISED);
    assert_int_equal(at(&s, HOUR * 5 / 2 - 1, ALERT_CRITICAL, HOUR), ALERT_NO_NEWS);
    assert_int_equal(at(&s, HOUR * 5 / 2, ALERT_CRITICAL, HOUR), ALERT_REPEATED);
    for (int64_t now = HOUR * 5 / 2; now <= HOUR * 25 / 2; now += 5000)
        told += at(&s, now, ALERT_CRITICAL, HOUR) == ALERT_REPEATED ? 1 : 0;
    assert_int_equal(told, 10);
    assert_int_equal(at(&silent, 7, ALERT_WARNING, 0), ALERT_RAISED);
    for (int64_t now = 8; now < 1000 * HOUR; now += HOUR)
        assert_int_equal(at(&silent, now, ALERT_WARNING, 0), ALERT_NO_NEWS);
    assert_int_equal(at(&silent, 1000 * HOUR, ALERT_OK, 0), ALERT_CLEARED);
}

/* --- what gives way ------------------------------------------------------------------------------------------------ */

static int parts_after(struct pressure *p, int64_t permille, int parts, int samples)
{
    const struct sample sample = {.memory_permille = permille, .memory_limit = 100 << 20};

    for (int i = 0; i < samples; i++)
        parts = pressure_parts(p, &sample, parts, 2 << 20); /* 16 of 100 MiB in all */
    return parts;
}

static void the_cache_gives_way_by_halves(void **state)
{
    struct pressure p = {0};

    (void)state;
    assert_int_equal(parts_after(&p, 749, LRU_PARTS, 100), LRU_PARTS);
    assert_int_equal(parts_after(&p, 750, LRU_PARTS, 1), 4);
    assert_int_equal(parts_after(&p, 980, 4, 1), 2);
    assert_int_equal(parts_after(&p, 980, 2, 10), 1);
    assert_int_equal(parts_after(&p, -1, 2, 100), 2);
    assert_int_equal(parts_after(&p, -1, LRU_PARTS, 100), LRU_PARTS);
}

static void it_comes_back_when_there_is_plenty(void **state)
{
    struct pressure p = {0};

    (void)state;
    assert_int_equal(parts_after(&p, 500, 1, PRESSURE_CALM_SAMPLES - 1), 1);
    assert_int_equal(parts_after(&p, 610, 1, 1), 1); /* begins again */
    assert_int_equal(parts_after(&p, 500, 1, PRESSURE_CALM_SAMPLES - 1), 1);
    assert_int_equal(parts_after(&p, 500, 1, 1), 2);
    assert_int_equal(parts_after(&p, 500, 2, PRESSURE_CALM_SAMPLES), 4);
    assert_int_equal(parts_after(&p, 500, 4, PRESSURE_CALM_SAMPLES), LRU_PARTS);
    assert_int_equal(parts_after(&p, 500, LRU_PARTS, 100), LRU_PARTS);
    /* From 4 to 8 are 8 MiB, 80 permille: at 599 they would lead to 679, at a limit of 65 MiB to more than fits. */
    assert_int_equal(parts_after(&p, 599, 4, PRESSURE_CALM_SAMPLES), LRU_PARTS);
    for (int i = 0; i < 100; i++) {
        const struct sample tight = {.memory_permille = 599, .memory_limit = 65 << 20};

        assert_int_equal(pressure_parts(&p, &tight, 4, 2 << 20), 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_those_of_the_design), cmocka_unit_test(once_is_no_reason),
        cmocka_unit_test(it_does_not_come_and_go),        cmocka_unit_test(it_gets_worse_and_better_by_steps),
        cmocka_unit_test(few_requests_say_nothing),       cmocka_unit_test(an_open_breaker_is_told_at_once),
        cmocka_unit_test(what_is_not_known_changes_nothing),
        cmocka_unit_test(responders_are_missed_after_a_while), cmocka_unit_test(news_is_what_rises_and_what_is_over),
        cmocka_unit_test(what_stands_is_news_again),      cmocka_unit_test(the_cache_gives_way_by_halves),
        cmocka_unit_test(it_comes_back_when_there_is_plenty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
