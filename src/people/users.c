/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts and the audit trail, for admins. The engine lists and changes them; only what has to do with a password is
 * done here. The schema keeps the last admin, and ends the sessions of whoever gets another role.
 */
#include "config.h"
#include "people/people.h"

#include <string.h>

#include "auth/role.h"
#include "people/audit_row.sql.h"
#include "people/user_row.sql.h"

static const char *const statuses[] = {"active", "disabled", NULL};

static bool is_username(const char *value, const char **why)
{
    *why = "must begin with a letter or digit and go on with a-z, 0-9, '.', '_' and '-'";
    return strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(value) && strchr("._-", value[0]) == NULL;
}

static const struct column user_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the account."},
    {"username", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 2, 64, NULL, is_username, "To log in with."},
    {"display_name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL,
     "What others read."},
    {"role", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, role_choices, NULL,
     "What the person may do."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, statuses, NULL, "Whether the person may log in."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When the account was made."},
    {"last_login_at", COL_TIME, 0, 0, 0, NULL, NULL, "When the person last logged in."},
    {"password", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL | COL_SECRET, PASSWORD_MIN, PASSWORD_MAX,
     NULL, NULL, "The first one."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter user_filters[] = {
    {"role", FILTER_IN, COL_CHOICE, role_choices, "v.role = ANY (?::text[])", NULL},
    {"status", FILTER_IN, COL_CHOICE, statuses, "v.status = ANY (?::text[])", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.username || ' ' || v.display_name ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key user_sorts[] = {
    {"username", {{"v.username", "text"}}},
    {"created_at", {{"v.created_at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint user_constraints[] = {
    {"users_username_unique", "username", OUT_CONFLICT, "there is an account of this name already"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource people_users = {
    .name = "users",
    .title = "Account",
    .table = "users",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = people_user_row_sql,
    .columns = user_columns,
    .filters = user_filters,
    .sorts = user_sorts,
    .versioned = true,
    .few = true,
    .constraints = user_constraints,
};

static const struct column audit_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the entry."},
    {"at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was done."},
    {"actor_id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, "Account of who did it."},
    {"actor", COL_TEXT, COL_NOT_NULL, 0, 1000, NULL, NULL, "Who did it."},
    {"via", COL_TEXT, COL_NOT_NULL, 0, 1000, NULL, NULL, "How: session, key, login, ctl, agent, sql."},
    {"address", COL_TEXT, 0, 0, 1000, NULL, NULL, "From where."},
    {"request_id", COL_TEXT, 0, 0, 1000, NULL, NULL, "By which request."},
    {"action", COL_TEXT, COL_NOT_NULL, 0, 1000, NULL, NULL, "What was done."},
    {"object_type", COL_TEXT, COL_NOT_NULL, 0, 1000, NULL, NULL, "To what kind of thing."},
    {"object_id", COL_TEXT, COL_NOT_NULL, 0, 1000, NULL, NULL, "To which."},
    {"before", COL_JSON, 0, 0, 0, NULL, NULL, "What it was; of a change, only what changed."},
    {"after", COL_JSON, 0, 0, 0, NULL, NULL, "What it became."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter audit_filters[] = {
    {"actor", FILTER_EQ, COL_TEXT, NULL, "v.actor = ?::text", NULL},
    {"action", FILTER_EQ, COL_TEXT, NULL, "v.action = ?::text", NULL},
    {"object_type", FILTER_EQ, COL_TEXT, NULL, "v.object_type = ?::text", NULL},
    {"object_id", FILTER_EQ, COL_TEXT, NULL, "v.object_id = ?::text", "object_type"},
    {"at_from", FILTER_EQ, COL_TIME, NULL, "v.at >= ?::timestamptz", NULL},
    {"at_to", FILTER_EQ, COL_TIME, NULL, "v.at < ?::timestamptz", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key audit_sorts[] = {
    {"at", {{"v.at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

const struct resource people_audit = {
    .name = "audit",
    .title = "Entry of the audit trail",
    .table = "audit",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = people_audit_row_sql,
    .columns = audit_columns,
    .filters = audit_filters,
    .sorts = audit_sorts,
    .sort_descending = true,
};

enum outcome people_user_create(struct exchange *x)
{
    const struct resource *r = &people_users;
    struct values v;
    const char *params[4];
    struct db_result *result;
    char *hash = NULL;
    struct buf sql;
    enum outcome o = body_read(x, r, COL_CREATE, &v);

    if (o == OUT_OK)
        o = people_hash(x, "password", values_get(r, &v, "password"), &hash);
    if (o != OUT_OK)
        return o;
    params[0] = values_get(r, &v, "username");
    params[1] = values_get(r, &v, "display_name");
    params[2] = values_get(r, &v, "role");
    params[3] = hash;
    buf_init(&sql, x->arena, 1024);
    buf_puts(&sql, "WITH v AS (INSERT INTO users (username, display_name, role, password_hash)"
                   " VALUES ($1, $2, $3, $4) RETURNING *) SELECT j.json, v.version::text FROM v");
    resource_add_json(&sql, r, &(struct fields){.n = 0});
    o = db_query(x->db, x->arena, DB_WRITE, sql.data, params, 4, &result, x->err);
    if (o != OUT_OK)
        return resource_failure(x, r, o);
    respond_row(x, 201, db_get_str(result, 0, 0));
    resource_tag(x, db_get(result, 0, 1));
    return OUT_OK;
}

static const struct column password_columns[] = {
    {"password", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL,
     "The new one."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_new_password = {
    .name = "password", .title = "New password", .columns = password_columns};

/* Whoever used the old one is out, by session or by a key that was made with it. */
enum outcome people_user_password(struct exchange *x)
{
    static const char sql[] =
        "WITH u AS (UPDATE users SET password_hash = $2 WHERE id = $1::bigint RETURNING id), "
        "ended AS (UPDATE sessions SET revoked_at = now() WHERE user_id = $1::bigint AND revoked_at IS NULL), "
        "revoked AS (UPDATE api_keys SET revoked_at = now() WHERE user_id = $1::bigint AND revoked_at IS NULL) "
        "SELECT audit_write('password', 'users', id::text, NULL, NULL) FROM u";
    const char *params[2] = {x->args[0], NULL};
    struct db_result *r;
    struct values v;
    char *hash = NULL;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o == OUT_OK)
        o = body_read(x, &people_new_password, COL_CREATE, &v);
    if (o == OUT_OK)
        o = people_hash(x, "password", values_get(&people_new_password, &v, "password"), &hash);
    params[1] = hash;
    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_WRITE, sql, params, 2, &r, x->err);
    if (o != OUT_OK)
        return o;
    if (db_rows(r) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    people_done(x);
    return OUT_OK;
}
