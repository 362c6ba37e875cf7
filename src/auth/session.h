/* SPDX-License-Identifier: Apache-2.0
 *
 * Who asks: a person with a session (a cookie) or a machine with an API key (Authorization: Bearer, RFC 6750).
 *
 * Tokens are 256 random bits in base64url (RFC 4648 section 5); what is stored and looked up is their hash. What was found is
 * kept in the caches for SESSION_SECONDS, under the version of "people": whoever loses a session, a key, a role or the
 * account loses it at once on this host, and within CACHE_MAX_STALE_MS on the others; an end that was known before holds to
 * the moment. While the database is away, who was known to be somebody when it went stays so for CACHE_STALE_IF_ERROR.
 */
#ifndef STEVEDORES_AUTH_SESSION_H
#define STEVEDORES_AUTH_SESSION_H

#include "auth/role.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"

#define TOKEN_SIZE      44 /* 43 characters and the NUL */
#define TOKEN_HASH_SIZE 65 /* as hex, with the NUL: a parameter for decode($n, 'hex') */

/* "sdk_", 8 characters by which people recognise it, "_", token. */
#define API_KEY_START  "sdk_"
#define API_KEY_PREFIX 12 /* bytes of what may be shown of it */
#define API_KEY_SIZE   (API_KEY_PREFIX + 1 + TOKEN_SIZE)

enum via { VIA_NOBODY, VIA_SESSION, VIA_KEY };

struct caller {
    enum role role; /* ROLE_ANYBODY for nobody who is known */
    enum via via;
    int64_t user_id;
    const char *username;
    const char *display_name;
    int64_t credential_id; /* of the session or the key */
    int64_t ends_ms;       /* when that ends, if not used again; real time */
};

/* Who sends this request; texts on the arena. Unknown, expired and malformed credentials are nobody's. OUT_UNAVAILABLE: that
 * can't be found out now. One statement when the caches don't know. */
enum outcome session_identify(const struct conf *conf, struct db *db, struct cache *cache,
                              const struct http_request *req, struct arena *arena, struct caller *caller,
                              struct error *e) __attribute__((warn_unused_result));

/* Who it is as the audit trail notes it: JSON for db_set_actor(). */
const char *session_actor(const struct caller *caller, const struct http_request *req, struct arena *arena);

/* A new token, and its hash. */
void token_make(char token[TOKEN_SIZE]);
void token_hash(const char *token, char hash[TOKEN_HASH_SIZE]);

/* A new API key. */
void api_key_make(char key[API_KEY_SIZE]);

/* The name of the cookie that has a session's token; over plain HTTP another one. */
const char *session_cookie_name(const struct http_request *req);

/* What of the request is a credential: the session's token, or the API key (of which the whole is hashed). VIA_NOBODY when there
 * is none of a credential's form. A request with an Authorization header is a machine's: its cookies don't count. */
enum via session_credential(const struct http_request *req, struct arena *arena, const char **token);

/* Sets the cookie with the token, or takes it away (NULL). The name begins with __Host- where the connection is
 * encrypted, which browsers take for a promise (RFC 6265bis section 4.1.3.2). */
void session_cookie(const struct conf *conf, const struct http_request *req, struct http_response *resp,
                    struct arena *arena, const char *token);

#endif
