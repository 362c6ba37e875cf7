/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/alerts.h"

#include "ops/samples.h"

#define FIGURE(member)  offsetof(struct sample, member)
#define SETTING(member) offsetof(struct conf, member)
#define FEW             20 /* requests: of fewer, one slow answer makes a bad percentile */

const struct alert_rule alert_rules[ALERT_COUNT] = {
    [ALERT_MEMORY] = {"memory", "memory of pool and agent, in permille of the limit",
                      FIGURE(memory_permille), 750, 850, NO_SETTING, 0, 0, 2, 3},
    [ALERT_RESPONSE] = {"response_time", "95th percentile of the answers' times, in microseconds",
                        FIGURE(p95_us), 100, 500, SETTING(alert_p95_ms), 1000, FEW, 2, 3},
    [ALERT_ERRORS] = {"errors", "failed requests, in permille",
                      FIGURE(failed_permille), 100, 500, SETTING(alert_error_percent), 10, FEW, 2, 3},
    [ALERT_CONNECTIONS] = {"database_connections", "connections to the database",
                           FIGURE(database_connections), 100, 125, SETTING(alert_database_connections), 1, 0, 2, 3},
    [ALERT_BUSY] = {"busy", "time that responders are busy, in permille",
                    FIGURE(busy_permille), 800, 950, NO_SETTING, 0, FEW, 2, 3},
    [ALERT_RESPONDERS] = {"responders", "responders that are missing of WEB_WORKERS",
                          FIGURE(responders_missing), 1, 0, NO_SETTING, 0, 0, 3, 1},
    [ALERT_DATABASE] = {"database", "the database is away", FIGURE(breaker_database), 1, 1, NO_SETTING, 0, 0, 1, 1},
    [ALERT_REDIS] = {"redis", "Redis is away", FIGURE(breaker_redis), 1, 0, NO_SETTING, 0, 0, 1, 1},
    [ALERT_MEMCACHED] = {"memcached", "memcached is away", FIGURE(breaker_memcached), 1, 0, NO_SETTING, 0, 0, 1, 1},
};

static int64_t limit(const struct alert_rule *rule, const struct conf *conf, int64_t n)
{
    if (rule->setting == NO_SETTING)
        return n;
    return n * rule->unit * *(const int64_t *)((const char *)conf + rule->setting) / 100;
}

int64_t alert_warning(const struct alert_rule *rule, const struct conf *conf)
{
    return limit(rule, conf, rule->warning);
}

int64_t alert_critical(const struct alert_rule *rule, const struct conf *conf)
{
    return limit(rule, conf, rule->critical);
}

/* Of a figure, with limits at so many tenths. */
static enum alert_level level_of(const struct alert_rule *rule, const struct conf *conf, int64_t value, int tenths)
{
    const int64_t critical = alert_critical(rule, conf);

    if (critical > 0 && value * 10 >= critical * tenths)
        return ALERT_CRITICAL;
    return value * 10 >= alert_warning(rule, conf) * tenths ? ALERT_WARNING : ALERT_OK;
}

bool alert_step(const struct alert_rule *rule, const struct conf *conf, const struct sample *sample, struct alert_state *state)
{
    const int64_t value = *(const int64_t *)((const char *)sample + rule->figure);
    const bool says = sample->requests >= rule->least;
    const enum alert_level high = says ? level_of(rule, conf, value, 10) : ALERT_OK;
    const enum alert_level low = says ? level_of(rule, conf, value, 9) : ALERT_OK;
    const enum alert_level before = state->level;

    state->value = value;
    if (says && value < 0) /* not known now: that is no news, neither way */
        return false;
    state->rising = high > state->level ? state->rising + 1 : 0;
    state->falling = low < state->level ? state->falling + 1 : 0;
    if (state->rising >= rule->after)
        state->level = high;
    else if (state->falling >= rule->until)
        state->level = low;
    if (state->level == before)
        return false;
    state->rising = state->falling = 0;
    state->since_ms = sample->at_ms;
    return true;
}

enum alert_news alert_news(enum alert_level before, int64_t now_ms, int64_t repeat_ms, struct alert_state *state)
{
    enum alert_news news = ALERT_NO_NEWS;

    if (state->level > before)
        news = ALERT_RAISED;
    else if (state->level == ALERT_OK)
        news = before != ALERT_OK ? ALERT_CLEARED : ALERT_NO_NEWS;
    else if (repeat_ms > 0 && now_ms - state->told_ms >= repeat_ms)
        news = ALERT_REPEATED;
    if (news != ALERT_NO_NEWS)
        state->told_ms = now_ms;
    return news;
}

const char *alert_news_text(enum alert_news news)
{
    static const char *const texts[] = {
        [ALERT_NO_NEWS] = "", [ALERT_RAISED] = "raised", [ALERT_CLEARED] = "cleared", [ALERT_REPEATED] = "repeated"};

    return texts[news];
}

const char *alert_level_text(enum alert_level level)
{
    static const char *const texts[] = {[ALERT_OK] = "ok", [ALERT_WARNING] = "warning", [ALERT_CRITICAL] = "critical"};

    return texts[level];
}
