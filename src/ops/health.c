/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/health.h"

#include "base/json_out.h"

enum outcome health_live(struct exchange *x)
{
    response_json(x->resp, 200, STR("{\"status\":\"ok\"}"));
    return OUT_OK;
}

static void add_check(struct buf *b, const char *name, const char *status)
{
    json_key(b, name);
    json_text(b, status);
}

/* Details stay in the log: this address is open to anybody. */
enum outcome health_ready(struct exchange *x)
{
    struct db_result *result;
    struct buf b;
    bool database, schema = false;
    int64_t age = shm_agent_age_ms(x->shm);

    database = db_query(x->db, x->arena, DB_READ, "SELECT max(version) FROM schema_migrations", NULL, 0, &result,
                        x->err) == OUT_OK;
    if (database)
        schema = db_get_i64(result, 0, 0) >= HEALTH_SCHEMA_VERSION;
    else if (db_is_connected(x->db)) /* it answers, but has no such table: not migrated at all */
        database = true;
    buf_init(&b, x->arena, 256);
    buf_char(&b, '{');
    add_check(&b, "status", database && schema ? "ready" : "not_ready");
    json_key(&b, "checks");
    buf_char(&b, '{');
    add_check(&b, "database", database ? "ok" : "away");
    add_check(&b, "schema", schema ? "ok" : database ? "too_old" : "unknown");
    add_check(&b, "agent", age >= 0 && age < HEALTH_AGENT_STALE_MS ? "ok" : "away");
    buf_puts(&b, "}}");
    if (!schema)
        response_header(x->resp, "Retry-After", "2");
    response_json(x->resp, database && schema ? 200 : 503, (struct str){b.data, b.len});
    return OUT_OK;
}
