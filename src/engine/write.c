/* SPDX-License-Identifier: Apache-2.0
 *
 * The write engine: one row read, created or changed, from the declarations alone. One statement each.
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

static const struct constraint *find_constraint(const struct resource *r, const char *name)
{
    for (const struct constraint *c = r->constraints; c != NULL && c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

enum outcome resource_explain(const struct resource *r, const struct db_failure *f, enum outcome o, struct error *e)
{
    const struct constraint *c = find_constraint(r, f->constraint);

    if (o != OUT_INTERNAL)
        return o;
    if (str_starts(f->sqlstate, "SD"))
        return error_field(e, strcmp(f->sqlstate, "SD409") == 0 ? OUT_CONFLICT : OUT_INVALID,
                           f->column[0] != '\0' ? f->column : r->name, "%s", f->message);
    if (c != NULL)
        return error_field(e, c->outcome, c->field, "%s", c->detail);
    return o;
}

enum outcome resource_failure(struct exchange *x, const struct resource *r, enum outcome o)
{
    return resource_explain(r, db_last_failure(x->db), o, x->err);
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

/* Ends a statement "WITH v AS (…" with the row's JSON and id, runs it and answers with the row. */
static enum outcome run(struct exchange *x, enum db_access access, struct buf *sql, const char *const *params,
                        size_t nparams, int status)
{
    struct db_result *result;
    enum outcome o;

    buf_printf(sql, ") SELECT j.json, v.%s::text FROM v" RESOURCE_JSON_FROM, x->resource->id, x->resource->row_sql);
    o = db_query(x->db, x->arena, access, sql->data, params, nparams, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, x->resource, o);
    if (db_rows(result) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    respond_row(x, status, db_get_str(result, 0, 0));
    if (status == 201)
        response_header(x->resp, "Location", arena_printf(x->arena, "%s/%s", x->req->path, db_get(result, 0, 1)));
    return OUT_OK;
}

enum outcome resource_get(struct exchange *x)
{
    const struct resource *r = x->resource;
    const struct column id = {.type = r->id_type};
    struct buf sql;
    enum outcome o = resource_check_id(x, r->id_type, x->args[0]);

    if (o != OUT_OK)
        return o;
    buf_init(&sql, x->arena, 2048);
    buf_printf(&sql, "WITH v AS (SELECT * FROM %s WHERE %s = $1::%s", r->table, r->id, column_sql_type(&id));
    return run(x, DB_READ, &sql, x->args, 1, 200);
}

enum outcome resource_create(struct exchange *x)
{
    const struct resource *r = x->resource;
    struct values v;
    const char *params[RESOURCE_COLUMNS_MAX];
    size_t nparams = 0;
    struct buf sql, list;
    enum outcome o = body_read(x, r, COL_CREATE, &v);

    if (o != OUT_OK)
        return o;
    buf_init(&sql, x->arena, 2048);
    buf_init(&list, x->arena, 512);
    buf_printf(&sql, "WITH v AS (INSERT INTO %s (", r->table);
    for (int i = 0; r->columns[i].name != NULL; i++) {
        if (!v.given[i])
            continue;
        params[nparams++] = v.text[i];
        buf_printf(&sql, "%s%s", nparams > 1 ? ", " : "", r->columns[i].name);
        buf_printf(&list, "%s$%zu::%s", nparams > 1 ? ", " : "", nparams, column_sql_type(&r->columns[i]));
    }
    buf_printf(&sql, ") VALUES (%s) RETURNING *", list.data);
    return run(x, DB_WRITE, &sql, params, nparams, 201);
}

enum outcome resource_update(struct exchange *x)
{
    const struct resource *r = x->resource;
    const struct column id = {.type = r->id_type};
    struct values v;
    const char *params[RESOURCE_COLUMNS_MAX + 1];
    size_t nparams = 0;
    struct buf sql;
    enum outcome o = resource_check_id(x, r->id_type, x->args[0]);

    if (o == OUT_OK)
        o = body_read(x, r, COL_UPDATE, &v);
    if (o != OUT_OK)
        return o;
    params[nparams++] = x->args[0];
    buf_init(&sql, x->arena, 2048);
    buf_printf(&sql, "WITH v AS (UPDATE %s SET ", r->table);
    for (int i = 0; r->columns[i].name != NULL; i++) {
        if (!v.given[i])
            continue;
        params[nparams++] = v.text[i];
        buf_printf(&sql, "%s%s = $%zu::%s", nparams > 2 ? ", " : "", r->columns[i].name, nparams,
                   column_sql_type(&r->columns[i]));
    }
    if (nparams == 1)
        return error_field(x->err, OUT_INVALID, "body", "has nothing to change");
    buf_printf(&sql, " WHERE %s = $1::%s RETURNING *", r->id, column_sql_type(&id));
    return run(x, DB_WRITE, &sql, params, nparams, 200);
}
