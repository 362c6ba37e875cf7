/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do with their own: password, sessions, API keys. Each statement names the owner, so nobody reaches into what
 * is somebody else's.
 */
#include "config.h"
#include "people/people.h"

#include <string.h>

#include "auth/session.h"

static const struct column password_columns[] = {
    {"current", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, PASSWORD_MAX, NULL, NULL, "The present one."},
    {"password", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL,
     "The new one."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct column key_columns[] = {
    {"name", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "What it is for."},
    {"role", COL_CHOICE, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, role_choices, NULL, "Not above one's own."},
    {"expires_at", COL_TIME, COL_CREATE, 0, 0, NULL, NULL, "When it ends; never, if not given."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_password_change = {
    .name = "password", .title = "Password change", .columns = password_columns};

static const struct constraint key_constraints[] = {
    {"api_keys_end_later", "expires_at", OUT_INVALID, "is past"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource people_key_body = {
    .name = "key", .title = "Wanted API key", .columns = key_columns, .constraints = key_constraints};

static const struct column session_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the session."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When the person logged in."},
    {"last_used_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last used, to some minutes."},
    {"address", COL_TEXT, 0, 0, 1000, NULL, NULL, "From where."},
    {"user_agent", COL_TEXT, 0, 0, 200, NULL, NULL, "What the browser calls itself."},
    {"current", COL_BOOL, COL_NOT_NULL, 0, 0, NULL, NULL, "It is the one that asks."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_session = {.name = "sessions", .title = "Session", .id = "id", .columns = session_columns};

#define SHOWN_OF_A_KEY                                                                                     \
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the key."},                         \
        {"name", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "What it is for."},                           \
        {"prefix", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "What it begins with."},                    \
        {"role", COL_CHOICE, COL_NOT_NULL, 0, 0, role_choices, NULL, "What it may do."},                   \
        {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was made."},                     \
        {"last_used_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was last used, to some minutes."},        \
        {"expires_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it ends."}

static const struct column shown_key_columns[] = {
    SHOWN_OF_A_KEY,
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct column made_key_columns[] = {
    SHOWN_OF_A_KEY,
    {"key", COL_TEXT, COL_NOT_NULL, 1, API_KEY_SIZE, NULL, NULL, "The key itself, which is never shown again."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_key = {.name = "keys", .title = "API key", .id = "id", .columns = shown_key_columns};
const struct resource people_key_made = {.name = "key", .title = "Made API key", .columns = made_key_columns};

static const char *text_of(struct exchange *x, int64_t n)
{
    return arena_printf(x->arena, "%lld", (long long)n);
}

/* A machine's key must not be able to make itself others, nor to outlive its revocation by a new password. */
static enum outcome only_by_session(struct exchange *x)
{
    if (x->caller->via == VIA_SESSION)
        return OUT_OK;
    return error_set(x->err, OUT_DENIED, "This takes a person who is logged in; an API key isn't enough.");
}

/* Answers {"data": …} with the JSON array that the statement makes. */
static enum outcome respond_list(struct exchange *x, const char *sql, const char *const *params, size_t nparams)
{
    struct db_result *r;
    enum outcome o = db_query(x->db, x->arena, DB_READ, sql, params, nparams, &r, x->err);

    if (o == OUT_OK)
        respond_row(x, 200, db_get_str(r, 0, 0));
    return o;
}

/* One row of one's own is changed, or there is none. */
static enum outcome change_one(struct exchange *x, const char *sql)
{
    const char *params[] = {x->args[0], text_of(x, x->caller->user_id)};
    struct db_result *r;
    enum outcome o = only_by_session(x);

    if (o == OUT_OK)
        o = resource_check_id(x, COL_INT, x->args[0]);
    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_WRITE, sql, params, 2, &r, x->err);
    if (o != OUT_OK)
        return o;
    if (db_affected(r) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is nothing under this id.");
    people_done(x);
    return OUT_OK;
}

enum outcome people_my_password(struct exchange *x)
{
    static const char read_sql[] = "SELECT password_hash FROM users WHERE id = $1::bigint";
    static const char write_sql[] =
        "WITH u AS (UPDATE users SET password_hash = $2 WHERE id = $1::bigint AND password_hash = $4 RETURNING id), "
        "ended AS (UPDATE sessions SET revoked_at = now()"
        "  WHERE user_id = $1::bigint AND id <> $3::bigint AND revoked_at IS NULL) "
        "SELECT audit_write('password', 'users', id::text, NULL, NULL) FROM u";
    const char *params[4] = {text_of(x, x->caller->user_id), NULL, text_of(x, x->caller->credential_id), NULL};
    enum password_result verdict = PASSWORD_WRONG;
    struct db_result *r;
    struct values v;
    char *hash = NULL;
    enum outcome o = only_by_session(x);

    if (o == OUT_OK)
        o = body_read(x, &people_password_change, COL_CREATE, &v);
    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_READ, read_sql, params, 1, &r, x->err);
    if (o == OUT_OK)
        o = people_verify(x, db_rows(r) > 0 ? db_get(r, 0, 0) : NULL, values_get(&people_password_change, &v, "current"),
                          &verdict);
    if (o != OUT_OK)
        return o;
    if (verdict == PASSWORD_WRONG)
        return error_field(x->err, OUT_INVALID, "current", "is not your password");
    params[3] = db_get(r, 0, 0);
    o = people_hash(x, "password", values_get(&people_password_change, &v, "password"), &hash);
    params[1] = hash;
    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_WRITE, write_sql, params, 4, &r, x->err);
    if (o == OUT_OK && db_rows(r) == 0) /* changed meanwhile */
        o = error_field(x->err, OUT_INVALID, "current", "is not your password");
    if (o == OUT_OK)
        people_done(x);
    return o;
}

enum outcome people_sessions(struct exchange *x)
{
    static const char sql[] =
        "SELECT coalesce(json_agg(s ORDER BY s.last_used_at DESC), '[]') FROM ("
        "SELECT id, created_at, last_used_at, address, user_agent, id = $2::bigint AS current FROM sessions"
        " WHERE user_id = $1::bigint AND revoked_at IS NULL AND last_used_at > now() - $3::integer * interval '1 second'"
        "   AND created_at > now() - $4::integer * interval '1 second') AS s";
    const char *params[] = {text_of(x, x->caller->user_id),
                            text_of(x, x->caller->via == VIA_SESSION ? x->caller->credential_id : 0),
                            text_of(x, x->conf->session_idle_s), text_of(x, x->conf->session_absolute_s)};

    return respond_list(x, sql, params, 4);
}

enum outcome people_session_end(struct exchange *x)
{
    return change_one(x, "UPDATE sessions SET revoked_at = now()"
                         " WHERE id = $1::bigint AND user_id = $2::bigint AND revoked_at IS NULL");
}

enum outcome people_sessions_end(struct exchange *x)
{
    static const char sql[] = "UPDATE sessions SET revoked_at = now()"
                              " WHERE user_id = $1::bigint AND id <> $2::bigint AND revoked_at IS NULL";
    const char *params[] = {text_of(x, x->caller->user_id), text_of(x, x->caller->credential_id)};
    struct db_result *r;
    enum outcome o = only_by_session(x);

    if (o == OUT_OK)
        o = db_query(x->db, x->arena, DB_WRITE, sql, params, 2, &r, x->err);
    if (o == OUT_OK)
        people_done(x);
    return o;
}

enum outcome people_keys(struct exchange *x)
{
    static const char sql[] =
        "SELECT coalesce(json_agg(k ORDER BY k.id), '[]') FROM ("
        "SELECT id, name, prefix, role, created_at, last_used_at, expires_at FROM api_keys"
        " WHERE user_id = $1::bigint AND revoked_at IS NULL) AS k";
    const char *params[] = {text_of(x, x->caller->user_id)};

    return respond_list(x, sql, params, 1);
}

enum outcome people_key_create(struct exchange *x)
{
    static const char sql[] =
        "WITH k AS (INSERT INTO api_keys (user_id, name, role, expires_at, prefix, token_hash)"
        " VALUES ($1::bigint, $2, $3, $4::timestamptz, $5, decode($6, 'hex'))"
        " RETURNING id, name, prefix, role, created_at, last_used_at, expires_at) "
        "SELECT to_json(k) FROM k";
    char text[API_KEY_SIZE], hash[TOKEN_HASH_SIZE];
    const char *params[6];
    struct db_result *r;
    struct values v;
    struct str json;
    enum outcome o = only_by_session(x);

    if (o == OUT_OK)
        o = body_read(x, &people_key_body, COL_CREATE, &v);
    if (o != OUT_OK)
        return o;
    if (role_parse(values_get(&people_key_body, &v, "role")) > x->caller->role)
        return error_field(x->err, OUT_INVALID, "role", "is above your own, which is %s", role_text(x->caller->role));
    api_key_make(text);
    token_hash(text, hash);
    params[0] = text_of(x, x->caller->user_id);
    params[1] = values_get(&people_key_body, &v, "name");
    params[2] = values_get(&people_key_body, &v, "role");
    params[3] = values_get(&people_key_body, &v, "expires_at");
    params[4] = arena_strndup(x->arena, text, API_KEY_PREFIX);
    params[5] = hash;
    o = db_query(x->db, x->arena, DB_WRITE, sql, params, 6, &r, x->err);
    if (o != OUT_OK)
        return resource_failure(x, &people_key_body, o);
    json = db_get_str(r, 0, 0);
    json.p = arena_printf(x->arena, "%.*s,\"key\":\"%s\"}", (int)json.n - 1, json.p, text); /* inside its braces */
    json.n = strlen(json.p);
    respond_row(x, 201, json);
    return OUT_OK;
}

enum outcome people_key_revoke(struct exchange *x)
{
    return change_one(x, "UPDATE api_keys SET revoked_at = now()"
                         " WHERE id = $1::bigint AND user_id = $2::bigint AND revoked_at IS NULL");
}
