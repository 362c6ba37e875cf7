/* SPDX-License-Identifier: Apache-2.0
 *
 * The write engine: rows created, changed and removed, from the declarations alone. One statement each; a change that came
 * too late (If-Match) takes a second one, to show what the row is now.
 */
#include "config.h"
#include "engine/resource.h"

#include <string.h>

#include "base/log.h"

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
    /* A rule of the resource's own table that has no text here is the client's mistake all the same, and ours that we can't
     * say it better. */
    if (str_starts(f->sqlstate, "23") && r->table != NULL && strcmp(f->table, r->table) == 0) {
        log_event(LOG_ERROR, "constraint_without_text", F_STR("table", f->table), F_STR("constraint", f->constraint),
                  F_STR("detail", f->message));
        return error_field(e, OUT_INVALID, f->column[0] != '\0' ? f->column : f->constraint, "is refused by a rule of %s",
                           r->name);
    }
    return o;
}

enum outcome resource_failure(struct exchange *x, const struct resource *r, enum outcome o)
{
    return resource_explain(r, db_last_failure(x->db), o, x->err);
}

/* What a statement that wrote gives back: JSON, id, version. */
enum { W_JSON, W_ID, W_VERSION };

/* Ends a statement "WITH v AS (…" with that of the row, and runs it. */
static enum outcome run(struct exchange *x, struct buf *sql, const char *const *params, size_t nparams,
                        struct db_result **result)
{
    const struct resource *r = x->resource;
    enum outcome o;

    buf_printf(sql, ") SELECT j.json, v.%s::text, %s FROM v", r->id, r->versioned ? "v.version::text" : "NULL");
    resource_add_json(sql, r, &(struct fields){.n = 0});
    o = db_query(x->db, x->arena, DB_WRITE, sql->data, params, nparams, result, x->err);
    return o == OUT_OK ? OUT_OK : resource_failure(x, r, o);
}

static void respond(struct exchange *x, int status, const struct db_result *result)
{
    respond_row(x, status, db_get_str(result, 0, W_JSON));
    if (x->resource->versioned)
        resource_tag(x, db_get(result, 0, W_VERSION));
}

static const char *location(struct exchange *x, const struct db_result *result)
{
    return arena_printf(x->arena, "%s/%s", x->req->path, db_get(result, 0, W_ID));
}

static enum outcome insert(struct exchange *x, const struct values *v, struct db_result **result)
{
    const struct resource *r = x->resource;
    const char *params[RESOURCE_COLUMNS_MAX];
    size_t nparams = 0;
    struct buf sql, list;

    buf_init(&sql, x->arena, 2048);
    buf_init(&list, x->arena, 512);
    buf_printf(&sql, "WITH v AS (INSERT INTO %s (", r->table);
    for (int i = 0; r->columns[i].name != NULL; i++) {
        if (!v->given[i])
            continue;
        params[nparams++] = v->text[i];
        buf_printf(&sql, "%s%s", nparams > 1 ? ", " : "", r->columns[i].name);
        buf_printf(&list, "%s$%zu::%s", nparams > 1 ? ", " : "", nparams, column_sql_type(&r->columns[i]));
    }
    buf_printf(&sql, ") VALUES (%s) RETURNING *", list.data);
    return run(x, &sql, params, nparams, result);
}

/* bulk_one */
static enum outcome create_one(struct exchange *x, struct json_object *object, struct bulk_row *row)
{
    struct db_result *result;
    struct values v;
    enum outcome o = body_take(x->resource, object, COL_CREATE, &v, x->err);

    if (o == OUT_OK)
        o = insert(x, &v, &result);
    if (o == OUT_OK)
        *row = (struct bulk_row){201, db_get_str(result, 0, W_JSON), location(x, result)};
    return o;
}

enum outcome resource_create(struct exchange *x)
{
    const struct resource *r = x->resource;
    struct json_object *body = NULL;
    struct db_result *result;
    struct values v;
    enum outcome o = body_parse(x, &body);

    if (o == OUT_OK && body_is_array(body))
        return bulk_run(x, body, NULL, create_one);
    if (o == OUT_OK)
        o = body_take(r, body, COL_CREATE, &v, x->err);
    if (o == OUT_OK)
        o = body_check_names(x);
    if (o != OUT_OK)
        return o;
    o = insert(x, &v, &result);
    if (o != OUT_OK)
        return o;
    respond(x, 201, result);
    response_header(x->resp, "Location", location(x, result));
    return OUT_OK;
}

/* " WHERE …" of the row in the path, in the version that the client has seen. */
static void add_row(struct buf *sql, const struct resource *r, const char *version, const char **params,
                    size_t *nparams)
{
    const struct column id = {.type = r->id_type};

    buf_printf(sql, " WHERE %s = $1::%s", r->id, column_sql_type(&id));
    if (version != NULL) {
        params[(*nparams)++] = version;
        buf_printf(sql, " AND version = $%zu::integer", *nparams);
    }
}

/* No row was changed: because there is none, or because it isn't any more what the client has seen. */
static enum outcome explain_none(struct exchange *x, const char *version)
{
    const struct resource *r = x->resource;
    const struct column id = {.type = r->id_type};
    struct db_result *result;
    struct buf sql;
    enum outcome o;

    if (version == NULL)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    buf_init(&sql, x->arena, 2048);
    buf_printf(&sql, "SELECT j.json FROM %s AS v", r->table);
    resource_add_json(&sql, r, &(struct fields){.n = 0});
    buf_printf(&sql, " WHERE v.%s = $1::%s", r->id, column_sql_type(&id));
    o = db_query(x->db, x->arena, DB_READ, sql.data, x->args, 1, &result, x->err);
    if (o != OUT_OK)
        return o;
    if (db_rows(result) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    x->err->current = db_get(result, 0, 0);
    return x->err->outcome = OUT_PRECONDITION;
}

/* The id in the path and If-Match; what has no version has nothing to match. */
static enum outcome read_target(struct exchange *x, const char **version)
{
    enum outcome o = resource_check_id(x, x->resource->id_type, x->args[0]);

    *version = NULL;
    return o == OUT_OK && x->resource->versioned ? resource_if_match(x, version) : o;
}

enum outcome resource_update(struct exchange *x)
{
    const struct resource *r = x->resource;
    const char *params[RESOURCE_COLUMNS_MAX + 2], *version;
    size_t nparams = 0;
    struct db_result *result;
    struct values v;
    struct buf sql;
    enum outcome o = read_target(x, &version);

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
    add_row(&sql, r, version, params, &nparams);
    buf_puts(&sql, " RETURNING *");
    o = run(x, &sql, params, nparams, &result);
    if (o != OUT_OK)
        return o;
    if (db_rows(result) == 0)
        return explain_none(x, version);
    respond(x, 200, result);
    return OUT_OK;
}

enum outcome resource_delete(struct exchange *x)
{
    const struct resource *r = x->resource;
    const char *params[2] = {x->args[0]}, *version;
    size_t nparams = 1;
    struct db_result *result;
    struct buf sql;
    enum outcome o = read_target(x, &version);

    if (o != OUT_OK)
        return o;
    buf_init(&sql, x->arena, 256);
    buf_printf(&sql, "DELETE FROM %s", r->table);
    add_row(&sql, r, version, params, &nparams);
    o = db_query(x->db, x->arena, DB_WRITE, sql.data, params, nparams, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, r, o);
    if (db_affected(result) == 0)
        return explain_none(x, version);
    x->resp->status = 204;
    return OUT_OK;
}
