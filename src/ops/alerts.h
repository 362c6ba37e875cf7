/* SPDX-License-Identifier: Apache-2.0
 *
 * When a figure is a reason to look: one table of limits, over the samples that the agent takes. An alert is raised when a
 * limit was reached some samples in a row, and cleared when the figure stayed a tenth below it for some more, so that one at
 * its limit doesn't come and go. While it stands it is news again from time to time.
 */
#ifndef STEVEDORES_OPS_ALERTS_H
#define STEVEDORES_OPS_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct sample;

enum alert_level { ALERT_OK, ALERT_WARNING, ALERT_CRITICAL };

enum alert {
    ALERT_MEMORY,
    ALERT_RESPONSE,
    ALERT_ERRORS,
    ALERT_CONNECTIONS,
    ALERT_BUSY,
    ALERT_RESPONDERS,
    ALERT_DATABASE,
    ALERT_REDIS,
    ALERT_MEMCACHED,
    ALERT_COUNT
};

struct alert_rule {
    const char *name;
    const char *what;  /* for people */
    size_t figure;     /* in struct sample */
    int64_t warning;   /* from here on; with a setting, in percent of it */
    int64_t critical;  /* likewise; 0: it never is */
    size_t setting;    /* in struct conf; NO_SETTING: none */
    int64_t unit;      /* so many of the figure's make one of the setting's */
    int64_t least;     /* requests that the sample must have for the figure to say something */
    int after;         /* samples in a row until it is raised, */
    int until;         /* and until it is cleared */
};

#define NO_SETTING SIZE_MAX

extern const struct alert_rule alert_rules[ALERT_COUNT];

/* How it stands with one; zeroes are right to begin with. */
struct alert_state {
    enum alert_level level;
    int64_t since_ms; /* of that level; real time, 0: it was never another one */
    int64_t value;    /* last seen; -1: nothing was */
    int rising;       /* samples in a row that would have it higher, */
    int falling;      /* and lower */
    int64_t told_ms;  /* when it was news, real time */
};

enum alert_news { ALERT_NO_NEWS, ALERT_RAISED, ALERT_CLEARED, ALERT_REPEATED };

/* What somebody who is to be told needs to know. */
struct alert_notice {
    enum alert alert;
    enum alert_news news;
    enum alert_level level;
    int64_t value, warning, critical; /* as below */
    int64_t since_ms, at_ms;          /* real time */
};

int64_t alert_warning(const struct alert_rule *rule, const struct conf *conf);
int64_t alert_critical(const struct alert_rule *rule, const struct conf *conf); /* 0: none */

/* Takes a sample into account. True when the level changed. */
bool alert_step(const struct alert_rule *rule, const struct conf *conf, const struct sample *sample, struct alert_state *state);

/* Whether it is news at this moment (real time), after alert_step(); `before` is the level that it had before that. It is when
 * the level rises and when it is OK again, and after each `repeat_ms` of an alert that stands (0: never). Notes that it was. */
enum alert_news alert_news(enum alert_level before, int64_t now_ms, int64_t repeat_ms, struct alert_state *state);

const char *alert_news_text(enum alert_news news); /* "", "raised", "cleared", "repeated" */

const char *alert_level_text(enum alert_level level); /* "ok", "warning", "critical" */

#endif
