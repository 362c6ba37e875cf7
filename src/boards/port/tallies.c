/* SPDX-License-Identifier: Apache-2.0
 *
 * Cargo tallies: their declaration, and the two ways to add one. A client names each tally by a UUID of its own, so
 * that sending it twice stores it once.
 */
#include "config.h"
#include "boards/port/port.h"

#include <string.h>

#include "boards/port/tally_create.sql.h"
#include "boards/port/tally_create_many.sql.h"
#include "boards/port/tally_row.sql.h"
#include "boards/port/tally_void.sql.h"

const char *const port_tally_types[] = {"loaded", "discharged", "damaged", NULL};

const char *const port_shifts[] = {"morning", "afternoon", "night", NULL};

static const struct column tally_columns[] = {
    {"id", COL_UUID, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "UUID made by the client."},
    {"vessel_id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "The vessel."},
    {"tally_type", COL_CHOICE, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, port_tally_types, NULL,
     "What was done with the cargo."},
    {"cargo_type", COL_CHOICE, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, port_cargo_types, NULL,
     "Kind of cargo."},
    {"count", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, 10000, NULL, NULL,
     "Units; of a void, those of the voided tally with a minus."},
    {"location", COL_TEXT, COL_CREATE, 1, 50, NULL, NULL, "Deck, hatch or zone."},
    {"shift", COL_CHOICE, COL_CREATE, 0, 0, port_shifts, NULL, "Shift that did it."},
    {"tallied_at", COL_TIME, COL_CREATE, 0, 0, NULL, NULL, "When it was counted; now, if not given."},
    {"recorded_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was stored."},
    {"tallied_by", COL_TEXT, COL_CREATE, 1, 100, NULL, NULL, "Who counted."},
    {"note", COL_TEXT, COL_CREATE, 1, 500, NULL, NULL, "Remark."},
    {"voids", COL_UUID, 0, 0, 0, NULL, NULL, "The tally that this one voids."},
    {"voided_by", COL_UUID, 0, 0, 0, NULL, NULL, "The one that voids this tally."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

/* What a void may say for itself; the rest is the voided tally's. */
static const struct column void_columns[] = {
    {"id", COL_UUID, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "UUID made by the client."},
    {"tallied_by", COL_TEXT, COL_CREATE, 1, 100, NULL, NULL, "Who corrects."},
    {"note", COL_TEXT, COL_CREATE, 1, 500, NULL, NULL, "Why."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter tally_filters[] = {
    {"vessel_id", FILTER_EQ, COL_INT, NULL, "v.vessel_id = ?::bigint", NULL},
    {"tallied_at_from", FILTER_EQ, COL_TIME, NULL, "v.tallied_at >= ?::timestamptz", NULL},
    {"tallied_at_to", FILTER_EQ, COL_TIME, NULL, "v.tallied_at < ?::timestamptz", NULL},
    {"tally_type", FILTER_IN, COL_CHOICE, port_tally_types, "v.tally_type = ANY (?::text[])",
     "vessel_id|tallied_at_from"},
    {"cargo_type", FILTER_IN, COL_CHOICE, port_cargo_types, "v.cargo_type::text = ANY (?::text[])",
     "vessel_id|tallied_at_from"},
    {"shift", FILTER_IN, COL_CHOICE, port_shifts, "v.shift = ANY (?::text[])", "vessel_id|tallied_at_from"},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key tally_sorts[] = {
    {"tallied_at", {{"v.tallied_at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint tally_constraints[] = {
    {"tallies_voided_once", "id", OUT_CONFLICT, "this tally was voided already"},
    {"tallies_not_future", "tallied_at", OUT_INVALID, "is more than a day in the future"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource port_tallies = {
    .name = "tallies",
    .title = "Tally",
    .table = "cargo_tallies",
    .id = "id",
    .id_type = COL_UUID,
    .row_sql = port_tally_row_sql,
    .columns = tally_columns,
    .filters = tally_filters,
    .sorts = tally_sorts,
    .sort_descending = true,
    .parent = "vessel_id",
    .parent_exists_sql = "SELECT FROM vessels WHERE id = $1::bigint",
    .count_sql = "SELECT coalesce(sum(tallies), 0) FROM vessel_totals",
    .count_parent_sql = "SELECT coalesce(sum(tallies), 0) FROM vessel_totals WHERE vessel_id = $1::bigint",
    .constraints = tally_constraints,
};

const struct resource port_void_body = {.name = "void", .title = "Void", .columns = void_columns};

/* Columns of both statements' results; the .sql files list them. */
enum { R_FOUND, R_STATE, R_FRESH, R_SAME, R_JSON, R_MAY };

static bool is_true(const struct db_result *r, int column)
{
    const char *text = db_get(r, 0, column);

    return text != NULL && text[0] == 't';
}

/* Runs a statement that stores a row under a client's id; once more when it neither stored nor found one: then somebody
 * else stored the id between the statement's snapshot and its insert, and the second time it is found. */
static enum outcome store(struct exchange *x, const char *sql_text, const char *const *params, size_t nparams,
                          struct db_result **result)
{
    struct buf sql;
    enum outcome o = OUT_OK;

    *result = NULL;
    buf_init(&sql, x->arena, 4096);
    buf_puts(&sql, sql_text);
    resource_add_json(&sql, &port_tallies, &(struct fields){.n = 0});
    for (int try = 0; try < 2; try++) {
        o = db_query(x->db, x->arena, DB_WRITE, sql.data, params, nparams, result, x->err);
        if (o != OUT_OK)
            return resource_failure(x, &port_tallies, o);
        if (db_get(*result, 0, R_FRESH) != NULL)
            break;
    }
    return OUT_OK;
}

static const char *user_id(struct exchange *x)
{
    return arena_printf(x->arena, "%lld", (long long)x->caller->user_id);
}

enum outcome port_tally_store(struct exchange *x, const char *vessel_id, const struct values *v, bool *fresh,
                              struct str *json)
{
    const struct resource *r = &port_tallies;
    const char *by = values_get(r, v, "tallied_by");
    const char *params[] = {
        values_get(r, v, "id"),       vessel_id,
        values_get(r, v, "tally_type"), values_get(r, v, "cargo_type"),
        values_get(r, v, "count"),    values_get(r, v, "location"),
        values_get(r, v, "shift"),    values_get(r, v, "tallied_at"),
        by != NULL ? by : x->caller->display_name, values_get(r, v, "note"),
        user_id(x),
    };
    struct db_result *result;
    enum outcome o = store(x, port_tally_create_sql, params, sizeof(params) / sizeof(params[0]), &result);

    if (o != OUT_OK)
        return o;
    if (!is_true(result, R_FOUND))
        return error_field(x->err, OUT_NOT_FOUND, "vessel_id", "there is no such vessel");
    if (db_get(result, 0, R_FRESH) == NULL)
        return error_field(x->err, OUT_CONFLICT, "vessel_id",
                           "the vessel is %s; tallies are taken while it is operations_active",
                           db_get(result, 0, R_STATE));
    if (!is_true(result, R_SAME))
        return error_field(x->err, OUT_CONFLICT, "id", "another tally has this id");
    *fresh = is_true(result, R_FRESH);
    *json = db_get_str(result, 0, R_JSON);
    return OUT_OK;
}

static enum outcome create_checked(struct exchange *x, const struct values *v, struct bulk_row *row)
{
    bool fresh = false;
    enum outcome o = port_tally_store(x, x->args[0], v, &fresh, &row->json);

    row->status = fresh ? 201 : 200;
    x->resp->repeats = x->resp->repeats || (o == OUT_OK && !fresh);
    return o;
}

/* bulk_one */
static enum outcome create_one(struct exchange *x, struct json_object *object, struct bulk_row *row)
{
    struct values v;
    enum outcome o = body_take(&port_tallies, object, COL_CREATE, &v, x->err);

    return o == OUT_OK ? create_checked(x, &v, row) : o;
}

/* bulk_together */
static enum outcome create_together(struct exchange *x, struct json_object *array, struct bulk_row *rows)
{
    enum { R_FRESH_ONE, R_SAME_ONE, R_JSON_ONE };
    size_t n;
    const char *params[] = {NULL, x->args[0], x->caller->display_name, user_id(x)};
    struct db_result *result;
    struct buf sql, body;
    bool repeats = false;
    enum outcome o;

    buf_init(&body, x->arena, 8192);
    o = body_take_all(&port_tallies, array, COL_CREATE, &body, &n, x->err);
    if (o != OUT_OK)
        return o;
    params[0] = body.data;
    buf_init(&sql, x->arena, 4096);
    buf_puts(&sql, port_tally_create_many_sql);
    resource_add_json(&sql, &port_tallies, &(struct fields){.n = 0});
    buf_puts(&sql, " ORDER BY given.nth");
    o = db_query(x->db, x->arena, DB_WRITE, sql.data, params, 4, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, &port_tallies, o);
    if (db_rows(result) != n)
        return OUT_CONFLICT;
    for (size_t i = 0; i < n; i++) {
        bool fresh = strcmp(db_get(result, i, R_FRESH_ONE), "t") == 0;

        if (strcmp(db_get(result, i, R_SAME_ONE), "t") != 0)
            return OUT_CONFLICT;
        rows[i] = (struct bulk_row){.status = fresh ? 201 : 200, .json = db_get_str(result, i, R_JSON_ONE)};
        repeats = repeats || !fresh;
    }
    x->resp->repeats = repeats;
    return OUT_OK;
}

enum outcome port_tally_create(struct exchange *x)
{
    struct json_object *body = NULL;
    struct bulk_row row = {0};
    struct values v;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o == OUT_OK)
        o = body_parse(x, &body);
    if (o == OUT_OK && body_is_array(body))
        return bulk_run(x, body, create_together, create_one);
    if (o == OUT_OK)
        o = body_take(&port_tallies, body, COL_CREATE, &v, x->err);
    if (o == OUT_OK)
        o = body_check_names(x);
    if (o == OUT_OK)
        o = create_checked(x, &v, &row);
    if (o == OUT_OK)
        respond_row(x, row.status, row.json);
    return o;
}

enum outcome port_tally_void(struct exchange *x)
{
    const char *params[8];
    struct values v;
    struct db_result *result;
    enum outcome o = resource_check_id(x, COL_UUID, x->args[0]);

    if (o == OUT_OK)
        o = body_read(x, &port_void_body, COL_CREATE, &v);
    if (o != OUT_OK)
        return o;
    params[0] = values_get(&port_void_body, &v, "id");
    params[1] = x->args[0];
    params[2] = values_get(&port_void_body, &v, "tallied_by");
    if (params[2] == NULL)
        params[2] = x->caller->display_name;
    params[3] = values_get(&port_void_body, &v, "note");
    params[4] = x->caller->role < ROLE_SUPERVISOR ? user_id(x) : NULL;
    params[5] = x->conf->port_timezone;
    params[6] = arena_printf(x->arena, "{%s}", x->conf->shifts);
    params[7] = user_id(x);
    o = store(x, port_tally_void_sql, params, 8, &result);
    if (o != OUT_OK)
        return o;
    if (!is_true(result, R_FOUND))
        return error_set(x->err, OUT_NOT_FOUND, "There is no such tally.");
    if (is_true(result, R_STATE))
        return error_field(x->err, OUT_CONFLICT, "id", "this tally is a void itself");
    if (db_get(result, 0, R_FRESH) == NULL && !is_true(result, R_MAY))
        return error_set(x->err, OUT_DENIED, "A clerk voids own tallies of the running shift; ask a supervisor.");
    if (db_get(result, 0, R_FRESH) == NULL || !is_true(result, R_SAME))
        return error_field(x->err, OUT_CONFLICT, "id", "another tally has this id");
    x->resp->repeats = !is_true(result, R_FRESH);
    respond_row(x, x->resp->repeats ? 200 : 201, db_get_str(result, 0, R_JSON));
    return OUT_OK;
}
