/* SPDX-License-Identifier: Apache-2.0
 *
 * What opens the door, of everybody, for admins: sessions and API keys, to look at and to end. Neither tokens nor their
 * hashes are shown. The schema writes the audit trail, and makes caches forget whoever lost something.
 */
#include "config.h"
#include "people/people.h"

#include "auth/role.h"
#include "people/key_row.sql.h"
#include "people/session_row.sql.h"

/* Whose it is: found once, not for each row. Written so that list_plans.c sees what the value is compared with. */
#define OF_USER "v.user_id = (SELECT u.id FROM users AS u WHERE u.username IN (?::text))"
#define OF_USERS_LIKE \
    "v.user_id::text = ANY (ARRAY(SELECT u.id::text FROM users AS u WHERE u.username || ' ' || u.display_name ~~* ?::text))"

static const char *const session_states[] = {"open", "ended", NULL};
static const char *const key_states[] = {"valid", "expired", "revoked", NULL};

static const struct column session_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the session."},
    {"username", COL_TEXT, COL_NOT_NULL, 2, 64, NULL, NULL, "Whose it is."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When the person logged in."},
    {"last_used_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last used, to some minutes."},
    {"address", COL_TEXT, 0, 0, 1000, NULL, NULL, "From where."},
    {"user_agent", COL_TEXT, 0, 0, 200, NULL, NULL, "What the browser calls itself."},
    {"revoked_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was ended."},
    {"state", COL_CHOICE, COL_NOT_NULL, 0, 0, session_states, NULL, "Whether it is open; one that ended is shown for a day."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter session_filters[] = {
    {"state", FILTER_IN, COL_CHOICE, session_states,
     "CASE WHEN v.revoked_at IS NULL THEN 'open' ELSE 'ended' END = ANY (?::text[])", NULL},
    {"username", FILTER_EQ, COL_TEXT, NULL, OF_USER, NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, OF_USERS_LIKE, NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key session_sorts[] = {
    {"last_used_at", {{"v.last_used_at", "timestamptz"}}},
    {"created_at", {{"v.created_at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

const struct resource people_all_sessions = {
    .name = "sessions",
    .title = "Anybody's session",
    .table = "sessions",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = people_session_row_sql,
    .columns = session_columns,
    .filters = session_filters,
    .sorts = session_sorts,
    .sort_descending = true,
    .few = true,
};

static const struct column key_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the key."},
    {"username", COL_TEXT, COL_NOT_NULL, 2, 64, NULL, NULL, "Whose it is."},
    {"name", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "What it is for."},
    {"prefix", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "What it begins with."},
    {"role", COL_CHOICE, COL_NOT_NULL, 0, 0, role_choices, NULL, "What it may do."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was made."},
    {"last_used_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was last used, to some minutes."},
    {"expires_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it ends."},
    {"revoked_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was revoked."},
    {"state", COL_CHOICE, COL_NOT_NULL, 0, 0, key_states, NULL, "Whether it opens anything."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter key_filters[] = {
    {"state", FILTER_IN, COL_CHOICE, key_states,
     "CASE WHEN v.revoked_at IS NOT NULL THEN 'revoked' WHEN v.expires_at <= now() THEN 'expired' ELSE 'valid' END"
     " = ANY (?::text[])",
     NULL},
    {"username", FILTER_EQ, COL_TEXT, NULL, OF_USER, NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, OF_USERS_LIKE, NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key key_sorts[] = {
    {"created_at", {{"v.created_at", "timestamptz"}}},
    {"name", {{"v.name", "text"}}},
    {NULL, {{NULL, NULL}}},
};

const struct resource people_all_keys = {
    .name = "keys",
    .title = "Anybody's API key",
    .table = "api_keys",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = people_key_row_sql,
    .columns = key_columns,
    .filters = key_filters,
    .sorts = key_sorts,
    .sort_descending = true,
    .few = true,
};

/* Of one that has ended already there is nothing. */
static enum outcome end_one(struct exchange *x, const char *sql)
{
    struct db_result *r;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_WRITE, sql, x->args, 1, &r, x->err);
    if (o != OUT_OK)
        return o;
    if (db_affected(r) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    people_done(x);
    return OUT_OK;
}

enum outcome people_any_session_end(struct exchange *x)
{
    return end_one(x, "UPDATE sessions SET revoked_at = now() WHERE id = $1::bigint AND revoked_at IS NULL");
}

enum outcome people_any_key_revoke(struct exchange *x)
{
    return end_one(x, "UPDATE api_keys SET revoked_at = now() WHERE id = $1::bigint AND revoked_at IS NULL");
}
