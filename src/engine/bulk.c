/* SPDX-License-Identifier: Apache-2.0
 *
 * Many rows by one request, in one transaction: each is stored or refused by itself (a savepoint), and the answer says which.
 */
#include "config.h"
#include "engine/resource.h"

#include <json-c/json.h>

#include "base/json_out.h"
#include "engine/transaction.h"
#include "http/problem.h"

/* What the client did wrong about one row; whatever else goes wrong ends them all. */
static bool is_refusal(enum outcome o)
{
    return o == OUT_INVALID || o == OUT_CONFLICT || o == OUT_NOT_FOUND || o == OUT_DENIED;
}

static void add_stored(struct buf *b, const struct bulk_row *row)
{
    buf_printf(b, "{\"status\":%d", row->status);
    if (row->location != NULL) {
        json_key(b, "location");
        json_text(b, row->location);
    }
    json_key(b, "data");
    buf_add(b, row->json.p, row->json.n);
    buf_char(b, '}');
}

static void add_refused(struct buf *b, const struct http_request *req, const struct error *e)
{
    buf_printf(b, "{\"status\":%d", problem_status(e->outcome));
    json_key(b, "problem");
    problem_json(b, req, e);
    buf_char(b, '}');
}

/* One row between savepoints; its result goes to *b. */
static enum outcome run_one(struct exchange *x, struct json_object *object, bulk_one *one, struct buf *b, bool *stored)
{
    struct exchange own = *x;
    struct error e;
    struct bulk_row row = {0};
    enum outcome o = db_script(x->db, x->arena, "SAVEPOINT one", x->err);

    if (o != OUT_OK)
        return o;
    error_init(&e, x->arena);
    own.err = &e;
    o = one(&own, object, &row);
    *stored = o == OUT_OK;
    if (o == OUT_OK) {
        add_stored(b, &row);
        return db_script(x->db, x->arena, "RELEASE one", x->err);
    }
    e.outcome = o;
    if (!is_refusal(o)) {
        *x->err = e;
        return o;
    }
    add_refused(b, x->req, &e);
    return db_script(x->db, x->arena, "ROLLBACK TO one; RELEASE one", x->err);
}

struct bulk {
    struct json_object *array;
    bulk_one *one;
    struct buf answer;
};

/* transaction_work */
static enum outcome run_all(struct exchange *x, void *ctx)
{
    struct bulk *all = ctx;
    size_t n = json_object_array_length(all->array), refused = 0;
    struct buf *b = &all->answer;
    enum outcome o = OUT_OK;

    x->resp->repeats = false;
    buf_init(b, x->arena, n * 512);
    buf_puts(b, "{\"data\":[");
    for (size_t i = 0; o == OUT_OK && i < n; i++) {
        bool stored = false;

        if (i > 0)
            buf_char(b, ',');
        o = run_one(x, json_object_array_get_idx(all->array, i), all->one, b, &stored);
        refused += !stored;
    }
    buf_printf(b, "],\"summary\":{\"rows\":%zu,\"stored\":%zu,\"refused\":%zu}}", n, n - refused, refused);
    return o;
}

enum outcome bulk_run(struct exchange *x, struct json_object *array, bulk_one *one)
{
    struct bulk all = {.array = array, .one = one};
    const size_t n = json_object_array_length(array);
    enum outcome o = body_check_names(x);

    if (o != OUT_OK)
        return o;
    if (n < 1 || n > BULK_MAX)
        return error_field(x->err, OUT_INVALID, "body", "must have 1 to %d rows, has %zu", BULK_MAX, n);
    o = transaction_run(x, run_all, &all);
    if (o == OUT_OK)
        response_json(x->resp, 207, (struct str){all.answer.data, all.answer.len});
    return o;
}
