/* SPDX-License-Identifier: Apache-2.0
 *
 * Many rows by one request, in one transaction: each is stored or refused by itself (a savepoint), and the answer says which.
 */
#include "config.h"
#include "engine/resource.h"

#include <json-c/json.h>
#include <stdlib.h>

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

/* A row of the request, and what became of it. */
struct place {
    int64_t parent; /* id of what it belongs to; 0: nothing */
    size_t at;      /* in the array */
    struct str result;
};

struct bulk {
    struct json_object *array;
    bulk_together *together;
    bulk_one *one;
    struct place *places; /* in the order in which rows are stored */
    size_t refused;
};

static int64_t parent_of(const struct exchange *x, struct json_object *object)
{
    struct json_object *id = NULL;

    if (x->resource != NULL && x->resource->parent != NULL && json_object_is_type(object, json_type_object))
        (void)json_object_object_get_ex(object, x->resource->parent, &id);
    return json_object_get_int64(id);
}

static int by_parent(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    if (p->parent != q->parent)
        return p->parent < q->parent ? -1 : 1;
    return p->at < q->at ? -1 : 1;
}

static int by_place(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    return p->at < q->at ? -1 : p->at > q->at;
}

/* *done when all are stored. Between savepoints, so that a refusal leaves the transaction as it was. */
static enum outcome run_together(struct exchange *x, struct bulk *all, size_t n, bool *done)
{
    struct bulk_row *rows = arena_zalloc(x->arena, n * sizeof(*rows));
    struct exchange own = *x;
    struct error e;
    enum outcome o = db_script(x->db, x->arena, "SAVEPOINT together", x->err);

    if (o != OUT_OK)
        return o;
    error_init(&e, x->arena);
    own.err = &e;
    o = all->together(&own, all->array, rows);
    *done = o == OUT_OK;
    for (size_t i = 0; *done && i < n; i++) {
        struct buf b;

        buf_init(&b, x->arena, 512);
        add_stored(&b, &rows[i]);
        all->places[i] = (struct place){.at = i, .result = {b.data, b.len}};
    }
    if (*done)
        return db_script(x->db, x->arena, "RELEASE together", x->err);
    if (!is_refusal(o)) {
        *x->err = e;
        return o;
    }
    x->resp->repeats = false;
    return db_script(x->db, x->arena, "ROLLBACK TO together; RELEASE together", x->err);
}

/* transaction_work. Rows are stored by what they belong to, for that is what a row locks: two requests do it in the same order, and
 * don't wait for each other in a circle. */
static enum outcome run_all(struct exchange *x, void *ctx)
{
    struct bulk *all = ctx;
    size_t n = json_object_array_length(all->array);
    enum outcome o = OUT_OK;
    bool done = false;

    x->resp->repeats = false;
    all->refused = 0;
    if (all->together != NULL && n > 1)
        o = run_together(x, all, n, &done);
    if (o != OUT_OK || done)
        return o;
    for (size_t i = 0; i < n; i++)
        all->places[i] = (struct place){.parent = parent_of(x, json_object_array_get_idx(all->array, i)), .at = i};
    qsort(all->places, n, sizeof(all->places[0]), by_parent);
    for (size_t i = 0; o == OUT_OK && i < n; i++) {
        struct buf b;
        bool stored = false;

        buf_init(&b, x->arena, 512);
        o = run_one(x, json_object_array_get_idx(all->array, all->places[i].at), all->one, &b, &stored);
        all->places[i].result = (struct str){b.data, b.len};
        all->refused += !stored;
    }
    return o;
}

static void respond(struct exchange *x, struct bulk *all, size_t n)
{
    struct buf b;

    qsort(all->places, n, sizeof(all->places[0]), by_place);
    buf_init(&b, x->arena, n * 512);
    buf_puts(&b, "{\"data\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&b, ',');
        buf_add(&b, all->places[i].result.p, all->places[i].result.n);
    }
    buf_printf(&b, "],\"summary\":{\"rows\":%zu,\"stored\":%zu,\"refused\":%zu}}", n, n - all->refused, all->refused);
    response_json(x->resp, 207, (struct str){b.data, b.len});
}

enum outcome bulk_run(struct exchange *x, struct json_object *array, bulk_together *together, bulk_one *one)
{
    struct bulk all = {.array = array, .together = together, .one = one};
    const size_t n = json_object_array_length(array);
    enum outcome o = body_check_names(x);

    if (o != OUT_OK)
        return o;
    if (n < 1 || n > BULK_MAX)
        return error_field(x->err, OUT_INVALID, "body", "must have 1 to %d rows, has %zu", BULK_MAX, n);
    all.places = arena_alloc(x->arena, n * sizeof(all.places[0]));
    o = transaction_run(x, run_all, &all);
    if (o == OUT_OK)
        respond(x, &all, n);
    return o;
}
