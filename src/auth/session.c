/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/parse.h"

#define COOKIE_SECURE "__Host-stevedores"
#define COOKIE_PLAIN  "stevedores_plain" /* over plain HTTP browsers refuse the other one */

#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static const struct cache_policy policy = {CACHE_SESSION, {"people"}};

void token_make(char token[TOKEN_SIZE])
{
    unsigned char bytes[32];

    randombytes_buf(bytes, sizeof(bytes));
    (void)sodium_bin2base64(token, TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

void token_hash(const char *token, char hash[TOKEN_HASH_SIZE])
{
    unsigned char bytes[32];

    (void)crypto_generichash(bytes, sizeof(bytes), (const unsigned char *)token, strlen(token), NULL, 0);
    (void)sodium_bin2hex(hash, TOKEN_HASH_SIZE, bytes, sizeof(bytes));
}

void api_key_make(char key[API_KEY_SIZE])
{
    unsigned char bytes[4];
    char hex[9], token[TOKEN_SIZE];

    randombytes_buf(bytes, sizeof(bytes));
    (void)sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    token_make(token);
    (void)snprintf(key, API_KEY_SIZE, API_KEY_START "%s_%s", hex, token);
    sodium_memzero(token, sizeof(token));
}

static bool is_token(const char *text)
{
    return strlen(text) == TOKEN_SIZE - 1 && strspn(text, TOKEN_CHARACTERS) == TOKEN_SIZE - 1;
}

static bool is_api_key(const char *text)
{
    return strlen(text) == API_KEY_SIZE - 1 && strncmp(text, API_KEY_START, strlen(API_KEY_START)) == 0 &&
           text[API_KEY_PREFIX] == '_' && is_token(text + API_KEY_PREFIX + 1);
}

const char *session_cookie_name(const struct http_request *req)
{
    return req->https ? COOKIE_SECURE : COOKIE_PLAIN;
}

enum via session_credential(const struct http_request *req, struct arena *arena, const char **token)
{
    if (*req->authorization != '\0') {
        const char *key = req->authorization + 6;

        if (strncasecmp(req->authorization, "Bearer", 6) != 0 || (*key != ' ' && *key != '\t'))
            return VIA_NOBODY;
        *token = key + strspn(key, " \t");
        return is_api_key(*token) ? VIA_KEY : VIA_NOBODY;
    }
    *token = request_cookie(req, session_cookie_name(req), arena);
    return *token != NULL && is_token(*token) ? VIA_SESSION : VIA_NOBODY;
}

/* As the caches keep it: texts with NUL at their ends. */
static struct str pack(const struct caller *c, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 256);
    buf_printf(&b, "%d", c->role);
    buf_add(&b, "", 1);
    buf_printf(&b, "%lld", (long long)c->user_id);
    buf_add(&b, "", 1);
    buf_printf(&b, "%lld", (long long)c->credential_id);
    buf_add(&b, "", 1);
    buf_printf(&b, "%lld", (long long)c->ends_ms);
    buf_add(&b, "", 1);
    buf_add(&b, c->username, strlen(c->username) + 1);
    buf_add(&b, c->display_name, strlen(c->display_name) + 1);
    return (struct str){b.data, b.len};
}

/* What pack() made; entry_check() has vouched for it. False also when the session or key has ended since. */
static bool unpack(struct str s, enum via via, struct caller *c)
{
    const char *texts[6], *p = s.p, *end = s.p + s.n;
    int64_t role;

    for (size_t i = 0; i < 6; i++) {
        const char *nul = memchr(p, '\0', (size_t)(end - p));

        if (nul == NULL)
            return false;
        texts[i] = p;
        p = nul + 1;
    }
    if (!parse_i64(texts[0], &role) || role < ROLE_VIEWER || role > ROLE_ADMIN || !parse_i64(texts[1], &c->user_id) ||
        !parse_i64(texts[2], &c->credential_id) || !parse_i64(texts[3], &c->ends_ms) || c->ends_ms <= clock_real_ms())
        return false;
    c->role = (enum role)role;
    c->via = via;
    c->username = texts[4];
    c->display_name = texts[5];
    return true;
}

/* Both find the row by its hash, if it is still good, and note once a minute that it was used: by asking twice nothing is
 * lost. Columns: role, user, credential, username, display name, and when it ends if it isn't used again (ms). */
static const char session_sql[] =
    "WITH s AS (SELECT s.id, s.last_used_at, u.id AS user_id, u.role, u.username, u.display_name,"
    "   least(now() + $2::integer * interval '1 second', s.created_at + $3::integer * interval '1 second') AS ends_at"
    "  FROM sessions s JOIN users u ON u.id = s.user_id"
    " WHERE s.token_hash = decode($1, 'hex') AND s.revoked_at IS NULL AND u.status = 'active'"
    "   AND s.last_used_at > now() - $2::integer * interval '1 second'"
    "   AND s.created_at > now() - $3::integer * interval '1 second'), "
    "used AS (UPDATE sessions SET last_used_at = now()"
    "  WHERE id = (SELECT id FROM s WHERE last_used_at < now() - interval '1 minute')) "
    "SELECT role, user_id, id, username, display_name, (extract(epoch FROM ends_at) * 1000)::bigint FROM s";

static const char key_sql[] =
    "WITH k AS (SELECT k.id, k.last_used_at, u.id AS user_id, u.username, u.display_name,"
    "   coalesce(k.expires_at, now() + interval '1 day') AS ends_at,"
    "   CASE WHEN role_rank(k.role) < role_rank(u.role) THEN k.role ELSE u.role END AS role"
    "  FROM api_keys k JOIN users u ON u.id = k.user_id"
    " WHERE k.token_hash = decode($1, 'hex') AND k.revoked_at IS NULL AND u.status = 'active'"
    "   AND (k.expires_at IS NULL OR k.expires_at > now())), "
    "used AS (UPDATE api_keys SET last_used_at = now()"
    "  WHERE id = (SELECT id FROM k WHERE coalesce(last_used_at, '-infinity') < now() - interval '1 minute')) "
    "SELECT role, user_id, id, username, display_name, (extract(epoch FROM ends_at) * 1000)::bigint FROM k";

static enum outcome ask(const struct conf *conf, struct db *db, enum via via, const char *hash, struct arena *arena,
                        struct caller *c, struct error *e)
{
    const char *params[] = {hash, arena_printf(arena, "%lld", (long long)conf->session_idle_s),
                            arena_printf(arena, "%lld", (long long)conf->session_absolute_s)};
    struct db_result *r;
    enum outcome o = via == VIA_SESSION ? db_query(db, arena, DB_READ, session_sql, params, 3, &r, e)
                                        : db_query(db, arena, DB_READ, key_sql, params, 1, &r, e);

    if (o != OUT_OK || db_rows(r) == 0)
        return o;
    c->role = role_parse(db_get(r, 0, 0));
    c->via = via;
    c->user_id = db_get_i64(r, 0, 1);
    c->credential_id = db_get_i64(r, 0, 2);
    c->username = db_get(r, 0, 3);
    c->display_name = db_get(r, 0, 4);
    c->ends_ms = db_get_i64(r, 0, 5);
    return OUT_OK;
}

enum outcome session_identify(const struct conf *conf, struct db *db, struct cache *cache,
                              const struct http_request *req, struct arena *arena, struct caller *caller,
                              struct error *e)
{
    char hash[TOKEN_HASH_SIZE];
    const char *token;
    struct lookup l;
    struct str value;
    enum cache_value known;
    enum outcome o;
    enum via via;

    *caller = (struct caller){.role = ROLE_ANYBODY, .username = "", .display_name = ""};
    via = session_credential(req, arena, &token);
    if (via == VIA_NOBODY)
        return OUT_OK;
    token_hash(token, hash);
    known = cache_value_get(cache, &l, &policy, via == VIA_SESSION ? "session" : "key", hash, arena, &value);
    if ((known == CACHE_VALUE_CURRENT || known == CACHE_VALUE_LAST_KNOWN) && unpack(value, via, caller))
        return OUT_OK;
    o = ask(conf, db, via, hash, arena, caller, e);
    if (o == OUT_OK && caller->via != VIA_NOBODY)
        cache_value_set(cache, &l, pack(caller, arena));
    else if (o == OUT_UNAVAILABLE && known == CACHE_VALUE_EXPIRED && unpack(value, via, caller))
        o = OUT_OK;
    return o;
}

const char *session_actor(const struct caller *caller, const struct http_request *req, struct arena *arena)
{
    static const char *const texts[] = {[VIA_NOBODY] = "login", [VIA_SESSION] = "session", [VIA_KEY] = "key"};
    struct buf b;

    buf_init(&b, arena, 256);
    buf_char(&b, '{');
    if (caller->user_id != 0) {
        json_key(&b, "id");
        buf_printf(&b, "%lld", (long long)caller->user_id);
    }
    json_key(&b, "name");
    json_text(&b, caller->username);
    json_key(&b, "via");
    json_text(&b, texts[caller->via]);
    json_key(&b, "address");
    json_text(&b, req->remote_addr);
    json_key(&b, "request_id");
    json_text(&b, req->id);
    buf_char(&b, '}');
    return b.data;
}

void session_cookie(const struct conf *conf, const struct http_request *req, struct http_response *resp,
                    struct arena *arena, const char *token)
{
    response_header(resp, "Set-Cookie",
                    arena_printf(arena, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", session_cookie_name(req),
                                 token != NULL ? token : "", token != NULL ? (long long)conf->session_absolute_s : 0LL,
                                 req->https ? "; Secure" : ""));
}
