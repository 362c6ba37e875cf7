/* SPDX-License-Identifier: Apache-2.0
 *
 * One row: which of its members are wanted, its JSON, its entity tag.
 */
#include "config.h"
#include "engine/resource.h"

#include <string.h>

#include "base/parse.h"

enum outcome resource_check_id(struct exchange *x, enum column_type type, const char *id)
{
    int64_t n;
    bool fits = true;

    if (type == COL_INT)
        fits = parse_i64(id, &n) && n > 0;
    else if (type == COL_UUID)
        fits = parse_is_uuid(id);
    return fits ? OUT_OK : error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
}

static bool has_field(const struct fields *fields, const struct column *c)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (fields->columns[i] == c)
            return true;
    }
    return false;
}

enum outcome resource_read_fields(struct exchange *x, const char *text, struct fields *fields)
{
    const struct resource *r = x->resource;

    fields->n = 0;
    for (char *one = arena_strdup(x->arena, text), *next; one != NULL; one = next) {
        int i;

        next = strchr(one, ',');
        if (next != NULL)
            *next++ = '\0';
        i = resource_column(r, one);
        if (i < 0 || (r->columns[i].flags & COL_SECRET) != 0)
            return error_field(x->err, OUT_INVALID, "fields", "there is no '%s'", one);
        if (has_field(fields, &r->columns[i]))
            return error_field(x->err, OUT_INVALID, "fields", "names '%s' twice", one);
        fields->columns[fields->n++] = &r->columns[i];
    }
    return OUT_OK;
}

void resource_add_json(struct buf *sql, const struct resource *r, const struct fields *fields)
{
    buf_puts(sql, " CROSS JOIN LATERAL (SELECT to_json(r)::text AS json FROM (");
    for (size_t i = 0; i < fields->n; i++)
        buf_printf(sql, "%s%s", i == 0 ? "SELECT " : ", ", fields->columns[i]->name);
    buf_printf(sql, fields->n > 0 ? " FROM (%s) AS whole" : "%s", r->row_sql);
    buf_puts(sql, ") AS r) AS j");
}

void respond_row(struct exchange *x, int status, struct str json)
{
    struct buf b;

    buf_init(&b, x->arena, json.n + 16);
    buf_puts(&b, "{\"data\":");
    buf_add(&b, json.p, json.n);
    buf_char(&b, '}');
    response_json(x->resp, status, (struct str){b.data, b.len});
}

void resource_tag(struct exchange *x, const char *version)
{
    response_tag(x->resp, x->arena);
    x->resp->etag = arena_printf(x->arena, "\"%s.%s", version, x->resp->etag + 1);
}

enum outcome resource_if_match(struct exchange *x, const char **version)
{
    const char *text = x->req->if_match;
    int64_t number;
    size_t n;

    *version = NULL;
    if (*text == '\0' || strcmp(text, "*") == 0)
        return OUT_OK;
    if (str_starts(text, "W/")) /* a web server that compresses makes it weak; it is the version that counts */
        text += 2;
    n = *text == '"' ? strspn(text + 1, "0123456789") : 0;
    *version = arena_strndup(x->arena, text + (n > 0), n);
    if (n > 0 && (text[1 + n] == '.' || text[1 + n] == '"') && strchr(text + 1 + n, ',') == NULL &&
        parse_i64(*version, &number) && number <= INT32_MAX)
        return OUT_OK;
    return error_field(x->err, OUT_INVALID, "If-Match", "must be the row's ETag, as it came");
}

enum outcome resource_get(struct exchange *x)
{
    const struct resource *r = x->resource;
    const struct column id = {.type = r->id_type};
    struct fields fields = {.n = 0};
    struct db_result *result;
    struct buf sql;
    enum outcome o = resource_check_id(x, r->id_type, x->args[0]);

    for (size_t i = 0; i < x->req->nquery; i++) {
        enum outcome one = OUT_OK;

        if (strcmp(x->req->query[i].name, "fields") == 0)
            one = resource_read_fields(x, x->req->query[i].value, &fields);
        else
            one = error_field(x->err, OUT_INVALID, x->req->query[i].name, "is not a parameter of this resource");
        o = one != OUT_OK ? one : o;
    }
    if (o != OUT_OK)
        return o;
    buf_init(&sql, x->arena, 2048);
    buf_printf(&sql, "SELECT j.json, %s FROM %s AS v", r->versioned ? "v.version::text" : "NULL", r->table);
    resource_add_json(&sql, r, &fields);
    buf_printf(&sql, " WHERE v.%s = $1::%s", r->id, column_sql_type(&id));
    o = db_query(x->db, x->arena, DB_READ, sql.data, x->args, 1, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, r, o);
    if (db_rows(result) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    respond_row(x, 200, db_get_str(result, 0, 0));
    if (r->versioned)
        resource_tag(x, db_get(result, 0, 1));
    return OUT_OK;
}
