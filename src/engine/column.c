/* SPDX-License-Identifier: Apache-2.0
 *
 * Values against their columns.
 */
#include "config.h"
#include "engine/resource.h"

#include <json-c/json.h>
#include <string.h>

#include "base/parse.h"

const char *column_sql_type(const struct column *c)
{
    switch (c->type) {
    case COL_INT:
        return "bigint";
    case COL_BOOL:
        return "boolean";
    case COL_DATE:
        return "date";
    case COL_NUMBER:
        return "numeric";
    case COL_TIME:
        return "timestamptz";
    case COL_UUID:
        return "uuid";
    case COL_COUNTS:
    case COL_WORDS:
    case COL_JSON:
        return "jsonb";
    case COL_TEXT:
    case COL_CHOICE:
        break;
    }
    return "text";
}

int resource_column(const struct resource *r, const char *name)
{
    for (int i = 0; r->columns[i].name != NULL; i++) {
        if (strcmp(r->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* Unicode characters of well-formed UTF-8: all bytes but the continuing ones. */
static int64_t characters(const char *s)
{
    int64_t n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* Tabs and line ends are text; the rest of the control characters is not. */
static bool has_control(const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return true;
    }
    return false;
}

static const char *join(struct arena *arena, const char *const *choices)
{
    struct buf b;

    buf_init(&b, arena, 128);
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (i > 0)
            buf_puts(&b, ", ");
        buf_puts(&b, choices[i]);
    }
    return b.data;
}

static bool is_choice(const char *const *choices, const char *text)
{
    for (; *choices != NULL; choices++) {
        if (strcmp(*choices, text) == 0)
            return true;
    }
    return false;
}

/* The text's JSON; NULL when it is none, or has a NUL. To be put back. */
static enum outcome parse_json(const char *text, struct json_object **value, struct error *e)
{
    struct json_tokener *tokener = json_tokener_new();

    if (tokener == NULL)
        return error_log(e, OUT_INTERNAL, "no memory for a JSON parser");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    json_tokener_free(tokener);
    if (parse_has_json_nul(text, strlen(text))) {
        json_object_put(*value);
        *value = NULL;
    }
    return OUT_OK;
}

static enum outcome check_counts(const struct column *c, const char *name, const char *text, struct error *e)
{
    struct json_object *object = NULL;
    enum outcome o = parse_json(text, &object, e);

    if (o != OUT_OK)
        return o;
    if (!json_object_is_type(object, json_type_object)) {
        o = error_field(e, OUT_INVALID, name, "must be an object such as {\"%s\": 10}", c->choices[0]);
    } else {
        json_object_object_foreach(object, key, value)
        {
            int64_t n = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

            if (!is_choice(c->choices, key))
                o = error_field(e, OUT_INVALID, name, "has no '%s'; it can have %s", key, join(e->arena, c->choices));
            else if (n < 0 || n > c->max)
                o = error_field(e, OUT_INVALID, name, "%s must be a whole number from 0 to %lld", key,
                                (long long)c->max);
        }
    }
    json_object_put(object);
    return o;
}

bool column_is_word(const char *text, const char **why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789 _+/-";
    size_t n = strlen(text);

    *why = "must be of a-z, 0-9, space, '_', '+', '/' and '-', a letter or digit first";
    return n >= 1 && n <= WORD_MAX && strspn(text, allowed) == n && strchr(" _+/-", text[0]) == NULL;
}

/* Each a word, none twice, c->max at most. */
static enum outcome check_words(const struct column *c, const char *name, const char *text, struct error *e)
{
    struct json_object *array = NULL;
    enum outcome o = parse_json(text, &array, e);
    size_t n;

    if (o != OUT_OK)
        return o;
    n = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
    if (!json_object_is_type(array, json_type_array) || n > (size_t)c->max)
        o = error_field(e, OUT_INVALID, name, "must be an array of up to %lld words such as [\"crane\"]", (long long)c->max);
    for (size_t i = 0; o == OUT_OK && i < n; i++) {
        struct json_object *word = json_object_array_get_idx(array, i);
        const char *why;

        if (!json_object_is_type(word, json_type_string))
            o = error_field(e, OUT_INVALID, name, "must be an array of words");
        else if (c->choices != NULL && !is_choice(c->choices, json_object_get_string(word)))
            o = error_field(e, OUT_INVALID, name, "can have %s", join(e->arena, c->choices));
        else if (!column_is_word(json_object_get_string(word), &why))
            o = error_field(e, OUT_INVALID, name, "a word %s, and have %d characters at most", why, WORD_MAX);
        for (size_t k = 0; o == OUT_OK && k < i; k++) {
            if (json_object_equal(word, json_object_array_get_idx(array, k)))
                o = error_field(e, OUT_INVALID, name, "has '%s' twice", json_object_get_string(word));
        }
    }
    json_object_put(array);
    return o;
}

enum outcome column_check(const struct column *c, const char *name, const char *text, struct error *e)
{
    const char *why;
    int64_t n;

    switch (c->type) {
    case COL_TEXT:
        n = characters(text);
        if (n < c->min || n > c->max)
            return error_field(e, OUT_INVALID, name, "must have %lld to %lld characters, has %lld",
                               (long long)c->min, (long long)c->max, (long long)n);
        if (has_control(text))
            return error_field(e, OUT_INVALID, name, "has a control character");
        break;
    case COL_INT:
        if (!parse_i64(text, &n) || n < c->min || n > c->max)
            return error_field(e, OUT_INVALID, name, "must be a whole number from %lld to %lld", (long long)c->min,
                               (long long)c->max);
        break;
    case COL_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return error_field(e, OUT_INVALID, name, "must be true or false");
        break;
    case COL_DATE:
        if (!parse_is_date(text))
            return error_field(e, OUT_INVALID, name, "must be a date such as 2026-11-20");
        break;
    case COL_TIME:
        if (!parse_is_time(text))
            return error_field(e, OUT_INVALID, name, "must be a date and time such as 2026-11-20T14:30:00Z");
        break;
    case COL_UUID:
        if (!parse_is_uuid(text))
            return error_field(e, OUT_INVALID, name, "must be a UUID");
        break;
    case COL_CHOICE:
        if (!is_choice(c->choices, text))
            return error_field(e, OUT_INVALID, name, "must be one of %s", join(e->arena, c->choices));
        break;
    case COL_COUNTS:
        return check_counts(c, name, text, e);
    case COL_WORDS:
        return check_words(c, name, text, e);
    case COL_NUMBER:
    case COL_JSON: /* only shown */
        return error_field(e, OUT_INVALID, name, "can't be set");
    }
    if (c->check != NULL && !c->check(text, &why))
        return error_field(e, OUT_INVALID, name, "%s", why);
    return OUT_OK;
}
