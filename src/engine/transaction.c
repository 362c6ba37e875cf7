/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "engine/transaction.h"

#include <string.h>

#include "engine/resource.h"

#define TRIES 4

static enum outcome run_once(struct exchange *x, transaction_work *work, void *ctx, bool *deadlock)
{
    enum outcome o = db_begin(x->db, x->arena, x->err);

    if (o != OUT_OK)
        return o;
    o = work(x, ctx);
    if (o == OUT_OK)
        o = db_commit(x->db, x->arena, x->err);
    if (o != OUT_OK && x->resource != NULL) /* what is looked at only at the commit is refused then */
        o = resource_failure(x, x->resource, o);
    *deadlock = o == OUT_UNAVAILABLE && strcmp(db_last_failure(x->db)->sqlstate, "40P01") == 0;
    if (db_in_transaction(x->db))
        db_rollback(x->db, x->arena);
    return o;
}

enum outcome transaction_run(struct exchange *x, transaction_work *work, void *ctx)
{
    bool deadlock = true;
    enum outcome o = OUT_OK;

    if (db_in_transaction(x->db))
        return work(x, ctx);
    for (int try = 0; deadlock && try < TRIES; try++) {
        deadlock = false;
        error_init(x->err, x->arena);
        o = run_once(x, work, ctx, &deadlock);
    }
    return o;
}
