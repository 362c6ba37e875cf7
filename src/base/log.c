/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 4096 /* a longer line loses the end of its last field, not its form */
#define REPEAT_WINDOW_MS 10000
#define REPEAT_LIMIT 20
#define REPEAT_EVENTS 32

static struct {
    const char *program;
    const char *request_id;
    const char *route;
    enum log_level least;
    struct {
        const char *event; /* compared as a pointer: names are constants */
        int64_t since_ms;
        int written;
        int suppressed;
    } repeat[REPEAT_EVENTS];
} state = {.program = "stevedores", .least = LOG_INFO};

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
};

void log_init(const char *program, enum log_level least)
{
    state.program = program;
    state.least = least;
}

void log_set_request(const char *id)
{
    state.request_id = id;
    state.route = NULL;
}

void log_set_route(const char *pattern)
{
    state.route = pattern;
}

/* Room is kept for the closing of a string and of the object. */
static bool has_room(const struct line *l, size_t n)
{
    return l->len + n < sizeof(l->data) - 8;
}

static void put(struct line *l, const char *s)
{
    size_t n = strlen(s);

    if (has_room(l, n)) {
        memcpy(l->data + l->len, s, n);
        l->len += n;
    }
}

static void put_escaped(struct line *l, const char *s)
{
    for (; *s != '\0' && has_room(l, 6); s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            l->data[l->len++] = '\\';
            l->data[l->len++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            l->len += (size_t)snprintf(l->data + l->len, 7, "\\u%04x", c);
        } else {
            l->data[l->len++] = (char)c;
        }
    }
}

static void put_text(struct line *l, const char *key, const char *value)
{
    if (!has_room(l, strlen(key) + 8))
        return;
    put(l, l->len == 1 ? "\"" : ",\"");
    put(l, key);
    put(l, "\":\"");
    put_escaped(l, value);
    l->data[l->len++] = '"';
}

static void put_number(struct line *l, const char *key, long long value)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%lld", value);
    if (!has_room(l, strlen(key) + strlen(text) + 8))
        return;
    put(l, ",\"");
    put(l, key);
    put(l, "\":");
    put(l, text);
}

/* False when this event has been written often enough. *left_out: what was suppressed before. */
static bool repeat_allows(const char *event, int *left_out)
{
    int64_t now = clock_mono_ms();

    *left_out = 0;
    for (size_t i = 0; i < REPEAT_EVENTS; i++) {
        if (state.repeat[i].event != NULL && state.repeat[i].event != event)
            continue;
        if (state.repeat[i].event == NULL || now - state.repeat[i].since_ms >= REPEAT_WINDOW_MS) {
            *left_out = state.repeat[i].suppressed;
            state.repeat[i].event = event;
            state.repeat[i].since_ms = now;
            state.repeat[i].written = 0;
            state.repeat[i].suppressed = 0;
        }
        if (state.repeat[i].written >= REPEAT_LIMIT) {
            state.repeat[i].suppressed++;
            return false;
        }
        state.repeat[i].written++;
        return true;
    }
    return true;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct line l = {.len = 0};
    int saved_errno = errno;
    int left_out = 0;
    char stamp[CLOCK_TEXT_SIZE];

    if (level < state.least || (level >= LOG_WARN && !repeat_allows(event, &left_out)))
        return;
    clock_text(clock_real_ms(), stamp);
    put(&l, "{");
    put_text(&l, "time", stamp);
    put_text(&l, "level", names[level]);
    put_text(&l, "program", state.program);
    put_number(&l, "pid", getpid());
    if (state.request_id != NULL)
        put_text(&l, "request_id", state.request_id);
    if (state.route != NULL)
        put_text(&l, "route", state.route);
    put_text(&l, "event", event);
    for (size_t i = 1; i < n; i++) {
        if (fields[i].text != NULL)
            put_text(&l, fields[i].key, fields[i].text);
        else
            put_number(&l, fields[i].key, fields[i].number);
    }
    if (left_out > 0)
        put_number(&l, "suppressed", left_out);
    l.data[l.len++] = '}';
    l.data[l.len++] = '\n';
    /* A log that can't be written (disk full, reader gone) must not stop the work. */
    if (write(STDERR_FILENO, l.data, l.len) < 0)
        errno = saved_errno;
    errno = saved_errno;
}
