/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "db/slow_query.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"

#define TEXT_MAX   300 /* bytes; enough to find it again in the sources */
#define SHAPES_MAX 600

const char *slow_query_text(const char *sql, struct arena *arena)
{
    struct buf b;
    bool blank = false;

    buf_init(&b, arena, TEXT_MAX + 4);
    for (; *sql != '\0' && b.len < TEXT_MAX; sql++) {
        if (isspace((unsigned char)*sql)) {
            blank = b.len > 0;
            continue;
        }
        if (blank)
            buf_char(&b, ' ');
        blank = false;
        buf_char(&b, *sql);
    }
    while (*sql != '\0' && b.len > 0 && ((unsigned char)*sql & 0xc0) == 0x80) { /* not within a character */
        sql--;
        b.data[--b.len] = '\0';
    }
    if (*sql != '\0')
        buf_puts(&b, "…");
    return b.data;
}

/* Members of a JSON array or object, or elements of an array as PostgreSQL writes it; what opens inside counts as one. */
static size_t count_members(const char *text)
{
    bool quoted = false, any = false;
    size_t n = 0;
    int depth = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (depth == 1 && !any && !isspace((unsigned char)*p) && *p != '}' && *p != ']')
            any = true;
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && (*p == '{' || *p == '['))
            depth++;
        else if (!quoted && (*p == '}' || *p == ']'))
            depth--;
        else if (!quoted && *p == ',' && depth == 1)
            n++;
    }
    return any ? n + 1 : 0;
}

/* {"name":…}, which is no array's element in quotes. */
static bool is_object(const char *text)
{
    const char *p = text + 1;

    if (*text != '{' || *p != '"')
        return false;
    for (p++; *p != '\0' && *p != '"'; p++)
        p += *p == '\\' && p[1] != '\0' ? 1 : 0;
    return *p == '"' && p[1 + strspn(p + 1, " ")] == ':';
}

static void add_shape(struct buf *b, const char *value)
{
    int64_t number;

    if (value == NULL)
        buf_puts(b, "null");
    else if (parse_i64(value, &number))
        buf_puts(b, "int");
    else if (*value == '{' || *value == '[')
        buf_printf(b, "%s(%zu)", is_object(value) ? "object" : "array", count_members(value));
    else
        buf_printf(b, "text(%zu)", strlen(value));
}

const char *slow_query_shapes(const char *const *params, size_t n, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 64);
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i > 0 ? " " : "");
        if (b.len >= SHAPES_MAX) {
            buf_printf(&b, "and %zu more", n - i);
            break;
        }
        add_shape(&b, params[i]);
    }
    return b.data;
}

void slow_query_log(const struct slow_query *q, struct arena *arena)
{
    log_event(LOG_WARN, "slow_query", F_INT("us", (long long)q->us), F_INT("rows", (long long)q->rows),
              F_STR("statement", slow_query_text(q->sql, arena)), F_STR("parameters", slow_query_shapes(q->params, q->nparams, arena)),
              F_STR("sqlstate", q->sqlstate));
}
