/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl db-audit totals: every sum that triggers keep, against the rows that it is the sum of. All of it in one snapshot,
 * so that what is written meanwhile is no difference.
 */
#include "config.h"
#include "ctl/audit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json_out.h"
#include "ctl/table.h"

/* What is kept and what it should be: two SELECTs of (key text, sums text). A key that only one of them has is equal to `none`:
 * sums that came back to nothing may stay. */
struct kept {
    const char *name;
    const char *board; /* NULL: every deployment has it */
    const char *none;
    const char *kept_sql, *true_sql;
};

#define BY_TALLY_TYPE \
    "coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0), " \
    "coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0), " \
    "coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0), count(*)"

#define ITEM_SUMS \
    "concat_ws(' ', count(*), count(*) FILTER (WHERE status = 'done'), sum(points), " \
    "coalesce(sum(points) FILTER (WHERE status = 'done'), 0))"

/* As the table above labour_sums in schema/0010_labour_hire.sql has them. */
#define LABOUR_ROWS \
    "SELECT 'jobs' AS counted, '-infinity'::timestamptz AS quarter, status AS kind, places::bigint AS amount," \
    "       filled::bigint AS part FROM jobs" \
    " UNION ALL SELECT 'starts', labour_quarter(starts_at), status, places, filled FROM jobs" \
    " UNION ALL SELECT 'ends', labour_quarter(ends_at - interval '1 microsecond'), status, places, filled FROM jobs" \
    " UNION ALL SELECT 'workers', '-infinity', availability, 0, 0 FROM workers" \
    " UNION ALL SELECT t.counted, labour_quarter(t.at), ''," \
    "       (extract(epoch FROM t.at - labour_quarter(t.at)) * 1000000)::bigint, 0" \
    "  FROM contracts AS c CROSS JOIN LATERAL (VALUES ('begins', c.starts_at), ('leaves', c.ends_at)) AS t (counted, at)" \
    " WHERE c.status IN ('accepted', 'active', 'completed')" \
    " UNION ALL SELECT 'worked', labour_quarter(completed_at), currency, minutes_worked, earned_minor FROM contracts" \
    " WHERE completed_at IS NOT NULL AND minutes_worked IS NOT NULL" \
    " UNION ALL SELECT status, CASE WHEN status = 'paid' THEN labour_quarter(paid_at)" \
    "       ELSE due_on::timestamp AT TIME ZONE 'UTC' END, currency, amount_minor, 0 FROM payments" \
    " WHERE status IN ('due', 'approved', 'paid')"

static const struct kept kept_sums[] = {
    /* The trigger that counts a table is called so on each that is counted. */
    {"row_counts", NULL, "0", "SELECT table_name, sum(rows)::text FROM row_counts GROUP BY table_name",
     "SELECT c.relname::text, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass),"
     " false, true, '')))[1]::text FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid"
     " WHERE t.tgname = 'row_counts_insert'"},
    {"vessel_totals", "port", "0 0 0 0",
     "SELECT concat_ws(' ', vessel_id, cargo_type), concat_ws(' ', loaded, discharged, damaged, tallies) FROM vessel_totals",
     "SELECT concat_ws(' ', vessel_id, cargo_type), concat_ws(' ', " BY_TALLY_TYPE ") FROM cargo_tallies"
     " GROUP BY vessel_id, cargo_type"},
    {"vessel_hours", "port", "0 0 0 0",
     "SELECT concat_ws(' ', vessel_id, hour), concat_ws(' ', loaded, discharged, damaged, tallies) FROM vessel_hours",
     "SELECT concat_ws(' ', vessel_id, date_trunc('hour', tallied_at, 'UTC')), concat_ws(' ', " BY_TALLY_TYPE ")"
     " FROM cargo_tallies GROUP BY vessel_id, date_trunc('hour', tallied_at, 'UTC')"},
    {"labour_sums", "labour", "0 0 0",
     "SELECT concat_ws(' ', counted, quarter, kind), concat_ws(' ', rows, amount, part) FROM labour_sums",
     "SELECT concat_ws(' ', counted, quarter, kind), concat_ws(' ', count(*), sum(amount), sum(part))"
     " FROM (" LABOUR_ROWS ") AS r GROUP BY counted, quarter, kind"},
    {"labour_pending", "labour", "0", "SELECT 'left behind', count(*)::text FROM labour_pending", "SELECT 'left behind', '0'"},
    {"contract_totals", "labour", "0 0",
     "SELECT contract_id::text, concat_ws(' ', payable_minor, paid_minor) FROM contract_totals",
     "SELECT contract_id::text, concat_ws(' ', coalesce(sum(amount_minor) FILTER (WHERE status IN ('due', 'approved')), 0),"
     " coalesce(sum(amount_minor) FILTER (WHERE status = 'paid'), 0)) FROM payments GROUP BY contract_id"},
    {"delivery_counts", "delivery", "0",
     "SELECT concat_ws(' ', table_name, value), rows::text FROM delivery_counts",
     "SELECT concat_ws(' ', 'projects', status, priority), count(*)::text FROM projects GROUP BY status, priority"
     " UNION ALL SELECT concat_ws(' ', 'resources', availability), count(*)::text FROM resources GROUP BY availability"},
    {"delivery_pending", "delivery", "0", "SELECT 'left behind', count(*)::text FROM delivery_pending",
     "SELECT 'left behind', '0'"},
    {"project_totals", "delivery", "0 0 0 0",
     "SELECT project_id::text, concat_ws(' ', items, items_done, points, points_done) FROM project_totals",
     "SELECT project_id::text, " ITEM_SUMS " FROM backlog_items GROUP BY project_id"},
    {"feature_totals", "delivery", "0 0 0 0",
     "SELECT feature_id::text, concat_ws(' ', items, items_done, points, points_done) FROM feature_totals",
     "SELECT feature_id::text, " ITEM_SUMS " FROM backlog_items WHERE feature_id IS NOT NULL GROUP BY feature_id"},
    {"project_days", "delivery", "0 0",
     "SELECT concat_ws(' ', project_id, day), concat_ws(' ', points, points_done) FROM project_days",
     "SELECT concat_ws(' ', project_id, day), concat_ws(' ', sum(points), sum(points_done))"
     " FROM (SELECT project_id, utc_day(created_at) AS day, points, 0 AS points_done FROM backlog_items"
     "        UNION ALL SELECT project_id, utc_day(done_at), 0, points FROM backlog_items WHERE done_at IS NOT NULL) AS d"
     " GROUP BY project_id, day"},
    {"resources, days", "delivery", "",
     "SELECT id::text, concat_ws(' ', allocated_until, free, half_free) FROM resources",
     "SELECT id::text, concat_ws(' ', (SELECT max(ends_on) FROM allocations WHERE resource_id = r.id),"
     " resource_free(id, capacity_percent, 1), resource_free(id, capacity_percent, 50)) FROM resources AS r"},
};

#define KEPT (sizeof(kept_sums) / sizeof(kept_sums[0]))

struct finding {
    const struct kept *kept;
    int64_t rows, wrong;
    const char *key, *is, *should_be; /* of the first that is wrong; NULL */
};

/* Texts of the finding are on the arena. */
static enum outcome compare(struct ctl *c, const struct kept *kept, struct finding *found)
{
    const char *params[] = {kept->none};
    struct db_result *result;
    struct buf sql;
    enum outcome o;

    buf_init(&sql, c->arena, 4096);
    buf_printf(&sql,
               "SELECT (count(*) OVER all_rows)::text, (count(*) FILTER (WHERE wrong) OVER all_rows)::text,"
               " CASE WHEN wrong THEN key END, is_kept, should_be"
               "  FROM (SELECT key, coalesce(k.sums, $1) AS is_kept, coalesce(t.sums, $1) AS should_be,"
               "               coalesce(k.sums, $1) <> coalesce(t.sums, $1) AS wrong"
               "          FROM (%s) AS k (key, sums) FULL JOIN (%s) AS t (key, sums) USING (key)) AS both_of_them"
               " WINDOW all_rows AS () ORDER BY wrong DESC, key LIMIT 1",
               kept->kept_sql, kept->true_sql);
    o = db_query(c->db, c->arena, DB_READ, sql.data, params, 1, &result, &c->err);
    if (o != OUT_OK)
        return o;
    *found = (struct finding){.kept = kept};
    if (db_rows(result) > 0) {
        found->rows = db_get_i64(result, 0, 0);
        found->wrong = db_get_i64(result, 0, 1);
        found->key = db_get(result, 0, 2);
        found->is = db_get(result, 0, 3);
        found->should_be = db_get(result, 0, 4);
    }
    return OUT_OK;
}

static enum outcome compare_all(struct ctl *c, struct finding found[KEPT], size_t *n)
{
    const bool shows = isatty(STDERR_FILENO) != 0;
    enum outcome o = db_begin(c->db, c->arena, &c->err);

    *n = 0;
    if (o == OUT_OK)
        o = db_script(c->db, c->arena, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL TimeZone = 'UTC'",
                      &c->err);
    for (size_t i = 0; o == OUT_OK && i < KEPT; i++) {
        if (kept_sums[i].board != NULL && !conf_has_board(c->conf, kept_sums[i].board))
            continue;
        if (shows)
            (void)fprintf(stderr, "\r\033[K%s", kept_sums[i].name);
        o = compare(c, &kept_sums[i], &found[*n]);
        *n += o == OUT_OK;
    }
    if (shows)
        (void)fputs("\r\033[K", stderr);
    db_rollback(c->db, c->arena);
    return o;
}

static void print_json(struct ctl *c, const struct finding *found, size_t n)
{
    struct buf b;

    buf_init(&b, c->arena, 4096);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i > 0 ? ",\n {" : "\n {");
        json_member(&b, "kept", found[i].kept->name);
        json_key(&b, "rows");
        buf_printf(&b, "%lld", (long long)found[i].rows);
        json_key(&b, "wrong");
        buf_printf(&b, "%lld", (long long)found[i].wrong);
        if (found[i].wrong > 0) {
            json_member(&b, "first", found[i].key);
            json_member(&b, "is", found[i].is);
            json_member(&b, "should_be", found[i].should_be);
        }
        buf_char(&b, '}');
    }
    (void)printf("%s\n]\n", b.data);
}

static void print_table(struct ctl *c, const struct finding *found, size_t n)
{
    static const char *const heads[] = {"kept", ">sums", ">wrong", "first", "is", "should be", NULL};
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        bool wrong = found[i].wrong > 0;

        table_cell(&t, found[i].kept->name);
        table_cellf(&t, "%lld", (long long)found[i].rows);
        table_cellf(&t, "%lld", (long long)found[i].wrong);
        table_cell(&t, wrong ? found[i].key : NULL);
        table_cell(&t, wrong ? found[i].is : NULL);
        table_cell(&t, wrong ? found[i].should_be : NULL);
    }
    table_print(&t, stdout);
}

int audit_totals(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    struct finding found[KEPT];
    size_t n;
    int64_t wrong = 0;

    if (argc > 1)
        return ctl_usage(c, "totals takes no arguments");
    if (compare_all(c, found, &n) != OUT_OK)
        return ctl_failed(c, &c->err);
    for (size_t i = 0; i < n; i++)
        wrong += found[i].wrong;
    if (json)
        print_json(c, found, n);
    else
        print_table(c, found, n);
    return wrong == 0 ? 0 : 1;
}
