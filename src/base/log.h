/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured log: one JSON object a line on standard error, written with one write(2).
 *
 *   {"time":"2026-11-20T22:00:00.123Z","level":"warn","program":"stevedores-fcgi","pid":71,
 *    "request_id":"…","route":"/api/vessels","event":"db_lost","detail":"…"}
 *
 * Levels: error = someone must act; warn = degraded, going on; info = what happened; debug = for a developer.
 * Event names are constants, so that they can be searched and counted. Of one warning or error, at most
 * 20 in 10 s are written; the next one says how many were left out.
 */
#ifndef STEVEDORES_BASE_LOG_H
#define STEVEDORES_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key;
    const char *text; /* NULL: it is a number */
    long long number;
};

#define F_STR(k, v) ((struct log_field){.key = (k), .text = (v) != NULL ? (v) : ""})
#define F_INT(k, v) ((struct log_field){.key = (k), .number = (v)})

/* log_event(LOG_WARN, "db_lost", F_STR("detail", text), F_INT("retry_ms", 250)); */
#define log_event(level, event, ...)                                                                         \
    log_write((level), (event), (const struct log_field[]){{.key = event}, ##__VA_ARGS__},                   \
              sizeof((const struct log_field[]){{.key = event}, ##__VA_ARGS__}) / sizeof(struct log_field))

/* Once, at the start. `program` is borrowed. Before it everything from info up is written. */
void log_init(const char *program, enum log_level least);

/* The request that lines belong to from now on; borrowed until the next call. NULL: none. Its route isn't known yet. */
void log_set_request(const char *id);

/* Its route, likewise: what lines are counted by. */
void log_set_route(const char *pattern);

/* What log_event() calls. The first field only holds the place of those that follow. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

#endif
