/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON body against the columns of a resource.
 */
#include "config.h"
#include "engine/resource.h"

#include <json-c/json.h>
#include <string.h>

#include "base/json_out.h"
#include "base/parse.h"

#define BODY_DEPTH 8 /* nothing that is accepted nests deeper */

static void put_object(void *object)
{
    json_object_put(object);
}

static void free_tokener(void *tokener)
{
    json_tokener_free(tokener);
}

enum outcome body_parse(struct exchange *x, struct json_object **value)
{
    struct json_tokener *tokener = json_tokener_new_ex(BODY_DEPTH);
    const struct str *body = &x->req->body;

    if (tokener == NULL)
        return error_log(x->err, OUT_INTERNAL, "no memory for a JSON parser");
    arena_cleanup(x->arena, free_tokener, tokener);
    if (body->n == 0)
        return error_field(x->err, OUT_INVALID, "body", "is missing");
    /* json-c lets overlong forms and surrogates pass; PostgreSQL doesn't. A NUL byte is refused below, as bad JSON. */
    if (!str_is_text(body->p, body->n))
        return error_field(x->err, OUT_INVALID, "body", "is not well-formed UTF-8");
    /* Strict: no trailing bytes, comments or single quotes. json-c wants the final NUL to know that the text ended. */
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *value = json_tokener_parse_ex(tokener, body->p, (int)body->n + 1);
    if (*value != NULL)
        arena_cleanup(x->arena, put_object, *value);
    if (json_tokener_get_error(tokener) != json_tokener_success || json_tokener_get_parse_end(tokener) < body->n)
        return error_field(x->err, OUT_INVALID, "body", "is not valid JSON: %s at byte %zu",
                           json_tokener_error_desc(json_tokener_get_error(tokener)),
                           json_tokener_get_parse_end(tokener));
    return OUT_OK;
}

bool body_is_array(const struct json_object *body)
{
    return json_object_is_type(body, json_type_array) != 0;
}

/* True when the JSON type is the one that the column takes. */
static bool type_fits(const struct column *c, const struct json_object *value)
{
    switch (c->type) {
    case COL_INT:
        return json_object_is_type(value, json_type_int);
    case COL_BOOL:
        return json_object_is_type(value, json_type_boolean);
    case COL_COUNTS:
        return json_object_is_type(value, json_type_object);
    case COL_WORDS:
        return json_object_is_type(value, json_type_array);
    case COL_TEXT:
    case COL_DATE:
    case COL_TIME:
    case COL_UUID:
    case COL_CHOICE:
    case COL_NUMBER:
    case COL_JSON:
        break;
    }
    return json_object_is_type(value, json_type_string);
}

static const char *const type_names[] = {
    [COL_TEXT] = "a string", [COL_INT] = "a whole number", [COL_BOOL] = "true or false",
    [COL_DATE] = "a string with a date", [COL_TIME] = "a string with a date and time",
    [COL_UUID] = "a string with a UUID", [COL_CHOICE] = "a string", [COL_COUNTS] = "an object",
    [COL_WORDS] = "an array", [COL_NUMBER] = "a number", [COL_JSON] = "JSON",
};

static enum outcome take(const struct column *c, struct json_object *value, const char **text, struct error *e)
{
    if (value == NULL) {
        *text = NULL;
        if ((c->flags & COL_NOT_NULL) != 0)
            return error_field(e, OUT_INVALID, c->name, "must not be null");
        return OUT_OK;
    }
    if (!type_fits(c, value))
        return error_field(e, OUT_INVALID, c->name, "must be %s", type_names[c->type]);
    if (json_object_is_type(value, json_type_string)) {
        *text = json_object_get_string(value);
        if (strlen(*text) != (size_t)json_object_get_string_len(value))
            return error_field(e, OUT_INVALID, c->name, "has a NUL character");
    } else {
        *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN); /* lives as long as the object */
    }
    return column_check(c, c->name, *text, e);
}

enum outcome body_take(const struct resource *r, struct json_object *object, unsigned flag, struct values *v,
                       struct error *e)
{
    enum outcome o = OUT_OK;

    memset(v, 0, sizeof(*v));
    if (!json_object_is_type(object, json_type_object))
        return error_field(e, OUT_INVALID, "body", "must be a JSON object");
    json_object_object_foreach(object, key, value)
    {
        int i = resource_column(r, key);
        enum outcome one;

        if (i < 0 || (r->columns[i].flags & flag) == 0) {
            o = error_field(e, OUT_INVALID, key, i < 0 ? "is not known" : "can't be set here");
            continue;
        }
        one = take(&r->columns[i], value, &v->text[i], e);
        if (one != OUT_OK)
            o = one;
        v->given[i] = true;
    }
    for (int i = 0; flag == COL_CREATE && r->columns[i].name != NULL; i++) {
        if ((r->columns[i].flags & COL_REQUIRED) != 0 && !v->given[i])
            o = error_field(e, OUT_INVALID, r->columns[i].name, "is required");
    }
    return o;
}

static enum outcome add_object(const struct resource *r, struct json_object *object, unsigned flag, struct buf *json,
                               struct error *e)
{
    struct values v;
    enum outcome o = body_take(r, object, flag, &v, e);

    json_item(json, "{");
    for (size_t i = 0; o == OUT_OK && r->columns[i].name != NULL; i++) {
        if (v.given[i])
            json_member(json, r->columns[i].name, v.text[i]);
    }
    buf_char(json, '}');
    return o;
}

enum outcome body_take_all(const struct resource *r, struct json_object *array, unsigned flag, struct buf *json, size_t *n,
                           struct error *e)
{
    enum outcome o = OUT_OK;

    *n = json_object_array_length(array);
    buf_char(json, '[');
    for (size_t i = 0; o == OUT_OK && i < *n; i++)
        o = add_object(r, json_object_array_get_idx(array, i), flag, json, e);
    buf_char(json, ']');
    return o;
}

/* Values with a NUL were refused; json-c's names of members end there, and would pass for shorter ones. */
enum outcome body_check_names(struct exchange *x)
{
    if (parse_has_json_nul(x->req->body.p, x->req->body.n))
        return error_field(x->err, OUT_INVALID, "body", "has a NUL character in a name");
    return OUT_OK;
}

enum outcome body_read(struct exchange *x, const struct resource *r, unsigned flag, struct values *v)
{
    struct json_object *object = NULL;
    enum outcome o = body_parse(x, &object);

    memset(v, 0, sizeof(*v));
    if (o == OUT_OK)
        o = body_take(r, object, flag, v, x->err);
    return o == OUT_OK ? body_check_names(x) : o;
}

const char *values_get(const struct resource *r, const struct values *v, const char *name)
{
    int i = resource_column(r, name);

    return i >= 0 && v->given[i] ? v->text[i] : NULL;
}
