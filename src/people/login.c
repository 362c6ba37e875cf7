/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging in and out. An unknown name, a disabled account and a wrong password get the same answer after the same work.
 * Attempts are limited per address (by the route's class) and per account, but each browser that has logged in to the account
 * before is counted by itself: nobody who knows the name can keep its owner out.
 */
#include "config.h"
#include "people/people.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "auth/device.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "guard/gate.h"
#include "guard/limit.h"

static const struct column login_columns[] = {
    {"username", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, 64, NULL, NULL, "Name of the account."},
    {"password", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, PASSWORD_MAX, NULL, NULL, "Its password."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_login_body = {.name = "login", .title = "Login", .columns = login_columns};

static const struct column caller_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the account."},
    {"username", COL_TEXT, COL_NOT_NULL, 1, 64, NULL, NULL, "Name of the account."},
    {"display_name", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "What others read."},
    {"role", COL_CHOICE, COL_NOT_NULL, 0, 0, role_choices, NULL, "What the person may do; of a key, what it may."},
    {"session_id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, "The session; null for an API key."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource people_caller = {.name = "caller", .title = "Caller", .columns = caller_columns};

void people_done(struct exchange *x)
{
    x->resp->status = 204;
    x->resp->body = STR("");
}

static enum outcome enter(struct exchange *x, struct gate **gate)
{
    *gate = gate_open(x->shm);
    if (gate_enter(*gate, x->conf->login_concurrency, x->conf->login_wait_ms) == GATE_IN)
        return OUT_OK;
    return error_set(x->err, OUT_UNAVAILABLE, "Too many people are logging in at this moment; try again shortly.");
}

/* In the gate. hash NULL: there is no such account; costs the same. */
static enum password_result verify(const struct exchange *x, const char *hash, const char *password)
{
    if (hash != NULL)
        return password_verify(hash, password, x->conf);
    password_waste(password, x->conf);
    return PASSWORD_WRONG;
}

enum outcome people_verify(struct exchange *x, const char *hash, const char *password, enum password_result *result)
{
    struct gate *gate;
    enum outcome o = enter(x, &gate);

    if (o != OUT_OK)
        return o;
    *result = verify(x, hash, password);
    gate_leave(gate);
    return OUT_OK;
}

static bool is_good(struct exchange *x, const char *field, const char *password)
{
    size_t characters = 0;

    for (const char *p = password; *p != '\0'; p++)
        characters += ((unsigned char)*p & 0xc0) != 0x80;
    if (characters >= PASSWORD_MIN)
        return true;
    (void)error_field(x->err, OUT_INVALID, field, "must have at least %d characters", PASSWORD_MIN);
    return false;
}

enum outcome people_hash(struct exchange *x, const char *field, const char *password, char **hash)
{
    struct gate *gate;
    enum outcome o = OUT_INVALID;

    if (!is_good(x, field, password))
        return o;
    o = enter(x, &gate);
    if (o != OUT_OK)
        return o;
    *hash = password_hash(x->arena, x->conf, password);
    gate_leave(gate);
    return *hash != NULL ? OUT_OK : error_log(x->err, OUT_UNAVAILABLE, "no memory to hash a password");
}

/* Names are stored in lower case; people don't type them so. */
static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *p = copy; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* Strangers share what may be tried at an account; a browser that was in it before has its own share. */
static enum outcome limit_account(struct exchange *x, const char *username)
{
    const char *device = device_token(x->conf, x->req, username, x->arena);
    struct limit_verdict v;

    if (device != NULL)
        limit_take(x->limits, LIMIT_LOGIN, arena_printf(x->arena, "device:%s", device), clock_real_ms(), &v);
    else
        limit_take(x->limits, LIMIT_ACCOUNT, username, clock_real_ms(), &v);
    if (v.allowed)
        return OUT_OK;
    response_header(x->resp, "Retry-After", arena_printf(x->arena, "%lld", (long long)v.retry_s));
    return error_set(x->err, OUT_LIMITED, "There were too many attempts for this account; wait %lld s.",
                     (long long)v.retry_s);
}

/* In the trail stands the account, never what was typed where there is none: people type passwords there. */
static void audit_failure(struct exchange *x, const char *known, const char *id)
{
    static const char sql[] = "SELECT audit_write('login_failed', 'users', coalesce($1, '-'), NULL, NULL)";
    struct caller nobody = {.username = known != NULL ? known : "(unknown)"};
    struct db_result *r;

    db_set_actor(x->db, session_actor(&nobody, x->req, x->arena));
    if (db_query(x->db, x->arena, DB_WRITE, sql, &id, 1, &r, x->err) != OUT_OK)
        log_event(LOG_ERROR, "audit_lost", F_STR("what", "login_failed"), F_STR("detail", x->err->log));
}

/* Columns of the account's row. */
enum { A_ID, A_HASH, A_NAME, A_DISPLAY, A_ROLE };

static void respond_person(struct exchange *x, const struct caller *c, int64_t session_id)
{
    struct buf b;

    buf_init(&b, x->arena, 256);
    buf_puts(&b, "{\"data\":{");
    json_key(&b, "id");
    buf_printf(&b, "%lld", (long long)c->user_id);
    json_key(&b, "username");
    json_text(&b, c->username);
    json_key(&b, "display_name");
    json_text(&b, c->display_name);
    json_key(&b, "role");
    json_text(&b, role_text(c->role));
    json_key(&b, "session_id");
    if (session_id > 0)
        buf_printf(&b, "%lld", (long long)session_id);
    else
        buf_puts(&b, "null");
    buf_puts(&b, "}}");
    response_json(x->resp, 200, (struct str){b.data, b.len});
}

/* The session, the login's time, a fresh hash if the old one is out of date ($5), and the end of the session that the
 * browser still had ($6). Nothing, if the password that was verified ($7) isn't the account's any more. */
static const char open_sql[] =
    "WITH ended AS (UPDATE sessions SET revoked_at = now() WHERE token_hash = decode($6, 'hex') AND revoked_at IS NULL), "
    "seen AS (UPDATE users SET last_login_at = now(), password_hash = coalesce($5, password_hash)"
    "  WHERE id = $1::bigint AND status = 'active' AND password_hash = $7 RETURNING id) "
    "INSERT INTO sessions (user_id, token_hash, address, user_agent)"
    " SELECT id, decode($2, 'hex'), $3, left($4, 200) FROM seen RETURNING id";

static enum outcome open_session(struct exchange *x, struct caller *c, const char *verified_hash, const char *fresh_hash)
{
    char token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE], old[TOKEN_HASH_SIZE];
    const char *params[7], *old_token;
    struct db_result *r;
    enum outcome o;

    token_make(token);
    token_hash(token, hash);
    params[0] = arena_printf(x->arena, "%lld", (long long)c->user_id);
    params[1] = hash;
    params[2] = x->req->remote_addr;
    params[3] = str_is_text(x->req->user_agent, strlen(x->req->user_agent)) ? x->req->user_agent : "";
    params[4] = fresh_hash;
    params[5] = NULL;
    params[6] = verified_hash;
    if (session_credential(x->req, x->arena, &old_token) == VIA_SESSION) {
        token_hash(old_token, old);
        params[5] = old;
    }
    db_set_actor(x->db, session_actor(c, x->req, x->arena));
    o = db_query(x->db, x->arena, DB_WRITE, open_sql, params, 7, &r, x->err);
    if (o != OUT_OK)
        return o;
    if (db_rows(r) == 0)
        return error_set(x->err, OUT_BAD_LOGIN, "The name or the password is wrong."); /* disabled or changed meanwhile */
    c->credential_id = db_get_i64(r, 0, 0);
    device_remember(x->conf, x->req, x->resp, c->username, x->arena);
    session_cookie(x->conf, x->req, x->resp, x->arena, token);
    sodium_memzero(token, sizeof(token));
    return OUT_OK;
}

/* From 0 to 1, the same for the same name as long as the secret stays. */
static const char *share_of(struct exchange *x, const char *username)
{
    unsigned char hash[8], key[crypto_generichash_KEYBYTES];
    uint64_t n;

    (void)crypto_generichash(key, sizeof(key), (const unsigned char *)x->conf->secret_key, strlen(x->conf->secret_key),
                             (const unsigned char *)"decoy", 5);
    (void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)username, strlen(username), key, sizeof(key));
    memcpy(&n, hash, sizeof(n));
    return arena_printf(x->arena, "%.6f", (double)(n % 1000000) / 1000000);
}

/* The account and whether the password is its own; *r has no row in A_ID where there is no such account. What is verified then
 * is somebody else's hash, for naught, always the same one's for a name: so names that exist don't stand out by the time
 * that theirs takes, whatever forms of hashes there are. The limit and the gate come first: in a flood most are turned away
 * there, and cost nothing more. */
static enum outcome find_account(struct exchange *x, const char *username, const char *password, struct db_result **r,
                                 enum password_result *verdict)
{
    static const char sql[] =
        "WITH known AS (SELECT id, password_hash, username, display_name, role FROM users"
        "  WHERE username = $1 AND status = 'active') "
        "SELECT * FROM known UNION ALL (SELECT NULL, password_hash, NULL, NULL, NULL FROM users"
        "  WHERE NOT EXISTS (SELECT FROM known) AND id >= $2::float8 * (SELECT max(id) FROM users)"
        "  ORDER BY id LIMIT 1)";
    const char *params[] = {username, share_of(x, username)};
    struct gate *gate;
    enum outcome o = limit_account(x, username);

    if (o == OUT_OK)
        o = enter(x, &gate);
    if (o != OUT_OK)
        return o;
    o = db_query(x->db, x->arena, DB_READ, sql, params, 2, r, x->err);
    if (o == OUT_OK)
        *verdict = verify(x, db_rows(*r) > 0 ? db_get(*r, 0, A_HASH) : NULL, password);
    gate_leave(gate);
    return o;
}

enum outcome people_login(struct exchange *x)
{
    enum password_result verdict = PASSWORD_WRONG;
    const char *username, *password, *id;
    char *fresh_hash = NULL;
    struct caller c = {.via = VIA_SESSION};
    struct db_result *r;
    struct values v;
    enum outcome o;

    if (!x->req->https && !x->conf->plain_http)
        return error_set(x->err, OUT_DENIED, "Passwords travel over HTTPS only here.");
    o = body_read(x, &people_login_body, COL_CREATE, &v);
    if (o != OUT_OK)
        return o;
    username = lower(x->arena, values_get(&people_login_body, &v, "username"));
    password = values_get(&people_login_body, &v, "password");
    o = find_account(x, username, password, &r, &verdict);
    if (o != OUT_OK)
        return o;
    id = db_rows(r) > 0 ? db_get(r, 0, A_ID) : NULL;
    if (id == NULL || verdict == PASSWORD_WRONG) {
        audit_failure(x, id != NULL ? username : NULL, id);
        return error_set(x->err, OUT_BAD_LOGIN, "The name or the password is wrong.");
    }
    if (verdict == PASSWORD_OUTDATED && people_hash(x, "password", password, &fresh_hash) != OUT_OK)
        fresh_hash = NULL; /* too short for today, or too busy: next time */
    c.user_id = db_get_i64(r, 0, A_ID);
    c.username = db_get(r, 0, A_NAME);
    c.display_name = db_get(r, 0, A_DISPLAY);
    c.role = role_parse(db_get(r, 0, A_ROLE));
    o = open_session(x, &c, db_get(r, 0, A_HASH), fresh_hash);
    if (o == OUT_OK)
        respond_person(x, &c, c.credential_id);
    return o;
}

enum outcome people_logout(struct exchange *x)
{
    static const char sql[] = "UPDATE sessions SET revoked_at = now() WHERE id = $1::bigint AND revoked_at IS NULL";
    const char *id = arena_printf(x->arena, "%lld", (long long)x->caller->credential_id);
    struct db_result *r;
    enum outcome o = OUT_OK;

    if (x->caller->via == VIA_SESSION)
        o = db_query(x->db, x->arena, DB_WRITE, sql, &id, 1, &r, x->err);
    if (o != OUT_OK)
        return o;
    session_cookie(x->conf, x->req, x->resp, x->arena, NULL);
    people_done(x);
    return OUT_OK;
}

enum outcome people_me(struct exchange *x)
{
    respond_person(x, x->caller, x->caller->via == VIA_SESSION ? x->caller->credential_id : 0);
    return OUT_OK;
}
