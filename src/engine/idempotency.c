/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "engine/idempotency.h"

#include <sodium.h>
#include <string.h>

#include "engine/transaction.h"

const char idempotency_sweep_sql[] =
    "WITH gone AS (DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency_keys"
    " WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT $1::integer) RETURNING 1)"
    " SELECT count(*) FROM gone";

static enum outcome check_key(struct exchange *x, const char *key)
{
    bool fits = strlen(key) <= IDEMPOTENCY_KEY_MAX;

    for (const char *p = key; *p != '\0'; p++)
        fits = fits && *p > ' ' && *p <= '~';
    if (!fits)
        return error_field(x->err, OUT_INVALID, "Idempotency-Key", "must have 1 to %d ASCII characters without spaces", IDEMPOTENCY_KEY_MAX);
    return OUT_OK;
}

/* What the key is for, as PostgreSQL's bytea. */
static const char *hash_request(struct exchange *x)
{
    const struct http_request *req = x->req;
    unsigned char hash[crypto_generichash_BYTES];
    char *text = arena_alloc(x->arena, 2 * sizeof(hash) + 3);
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    (void)crypto_generichash_update(&state, (const unsigned char *)req->method_text, strlen(req->method_text) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)req->path, strlen(req->path) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)req->query_text, strlen(req->query_text) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)req->body.p, req->body.n);
    (void)crypto_generichash_final(&state, hash, sizeof(hash));
    text[0] = '\\';
    text[1] = 'x';
    (void)sodium_bin2hex(text + 2, 2 * sizeof(hash) + 1, hash, sizeof(hash));
    return text;
}

/* Takes the key for this transaction. *fresh: nobody has had it today. Waits for whoever has it and isn't done. */
static enum outcome claim(struct exchange *x, const char *const params[3], bool *fresh)
{
    struct db_result *r;
    enum outcome o = db_query(x->db, x->arena, DB_WRITE,
                              "INSERT INTO idempotency_keys (user_id, key, request) VALUES ($1::bigint, $2, $3::bytea)"
                              " ON CONFLICT (user_id, key) DO UPDATE SET request = excluded.request, status = NULL,"
                              " location = NULL, etag = NULL, body = NULL, created_at = now()"
                              " WHERE idempotency_keys.created_at < now() - interval '1 day'",
                              params, 3, &r, x->err);

    *fresh = o == OUT_OK && db_affected(r) == 1;
    return o;
}

/* Answers as the first time. */
static enum outcome repeat(struct exchange *x, const char *const params[3])
{
    struct db_result *r;
    int64_t status;
    enum outcome o = db_query(x->db, x->arena, DB_READ,
                              "SELECT request = $3::bytea, status, location, etag, body FROM idempotency_keys"
                              " WHERE user_id = $1::bigint AND key = $2",
                              params, 3, &r, x->err);

    if (o != OUT_OK)
        return o;
    if (db_rows(r) == 0 || db_get(r, 0, 1) == NULL) /* swept at this moment */
        return error_log(x->err, OUT_UNAVAILABLE, "the idempotency key went away");
    if (db_get(r, 0, 0)[0] != 't')
        return error_set(x->err, OUT_KEY_REUSED, "This key was used for another method, address or body.");
    status = db_get_i64(r, 0, 1);
    if (db_get(r, 0, 4) != NULL)
        response_json(x->resp, (int)status, db_get_str(r, 0, 4));
    x->resp->status = (int)status;
    x->resp->etag = db_get(r, 0, 3);
    if (db_get(r, 0, 2) != NULL)
        response_header(x->resp, "Location", db_get(r, 0, 2));
    response_header(x->resp, "Idempotency-Replayed", "true");
    x->resp->repeats = true;
    return OUT_OK;
}

static const char *location_of(const struct http_response *resp)
{
    for (size_t i = 0; i < resp->nheaders; i++) {
        if (strcmp(resp->headers[i].name, "Location") == 0)
            return resp->headers[i].value;
    }
    return NULL;
}

static enum outcome keep(struct exchange *x, const char *const params[3])
{
    const char *all[] = {params[0], params[1], arena_printf(x->arena, "%d", x->resp->status), location_of(x->resp),
                         x->resp->etag,
                         x->resp->body.n > 0 ? arena_strndup(x->arena, x->resp->body.p, x->resp->body.n) : NULL};
    struct db_result *r;

    return db_query(x->db, x->arena, DB_WRITE,
                    "UPDATE idempotency_keys SET status = $3::integer, location = $4, etag = $5, body = $6"
                    " WHERE user_id = $1::bigint AND key = $2",
                    all, 6, &r, x->err);
}

struct keyed {
    handler_fn *handler;
    const char *params[3]; /* user, key, hash of the request */
};

/* transaction_work */
static enum outcome run_keyed(struct exchange *x, void *ctx)
{
    const struct keyed *k = ctx;
    bool fresh = false;
    enum outcome o = claim(x, k->params, &fresh);

    if (o == OUT_OK)
        o = fresh ? k->handler(x) : repeat(x, k->params);
    if (o == OUT_OK && fresh)
        o = keep(x, k->params);
    return o;
}

enum outcome idempotency_run(struct exchange *x, handler_fn *handler)
{
    struct keyed k = {handler, {NULL, x->req->idempotency_key, NULL}};
    enum outcome o;

    if (*x->req->idempotency_key == '\0')
        return handler(x);
    o = check_key(x, x->req->idempotency_key);
    if (o != OUT_OK)
        return o;
    k.params[0] = arena_printf(x->arena, "%lld", (long long)x->caller->user_id);
    k.params[2] = hash_request(x);
    return transaction_run(x, run_keyed, &k);
}
