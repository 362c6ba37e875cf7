/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl db-audit indexes, tables, statements: what PostgreSQL's own statistics say. A part is one statement whose
 * columns are the table's; "remark" is empty for what is as it should be.
 */
#include "config.h"
#include "ctl/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "ctl/table.h"
#include "db/migrate.h"

/* Of the migrations' texts ($1): every index that they create, if what they do last to its name is not to drop it. The indexes of constraints are created with
 * them, so of these only whether they are valid is looked at. Small ones are left out: they cost nothing. */
static const char indexes_sql[] =
    "WITH expected AS ("
    "    SELECT name FROM (SELECT DISTINCT ON (m[2]) m[2] AS name, m[1] AS deed"
    "      FROM regexp_matches($1, '(CREATE|DROP) (?:UNIQUE )?INDEX (?:IF EXISTS )?([a-z_0-9]+)', 'g')"
    "           WITH ORDINALITY AS f (m, nth) ORDER BY m[2], nth DESC) AS last WHERE deed = 'CREATE'"
    "), there AS ("
    "    SELECT s.indexrelname AS name, s.relname AS table_name, s.idx_scan AS scans, pg_relation_size(s.indexrelid) AS bytes,"
    "           i.indisvalid AND i.indisready AS valid, i.indisunique OR i.indisexclusion AS rules"
    "      FROM pg_stat_user_indexes AS s JOIN pg_index AS i USING (indexrelid)"
    "     WHERE s.schemaname = current_schema()"
    "), looked_at AS ("
    "    SELECT name, table_name, scans, bytes,"
    "           CASE WHEN valid IS NULL THEN 'missing' WHEN NOT valid THEN 'not valid'"
    "                WHEN scans = 0 AND NOT rules AND bytes > 1048576 THEN 'unused since '"
    "                     || coalesce((SELECT to_char(stats_reset, 'YYYY-MM-DD') FROM pg_stat_database"
    "                                   WHERE datname = current_database()), 'the database was made')"
    "                ELSE '' END AS remark"
    "      FROM expected FULL JOIN there USING (name))"
    "SELECT name, table_name, scans, bytes / 1024 AS kib, remark FROM looked_at"
    " ORDER BY remark = '', remark LIKE 'unused%', bytes DESC NULLS FIRST, name";

/* spare: what the pages hold beside rows of the width that ANALYZE found, 24 bytes of head and 4 of a pointer to each. */
static const char tables_sql[] =
    "SELECT * FROM ("
    "SELECT t.relname AS name, n_live_tup AS rows, n_dead_tup AS dead, pg_total_relation_size(relid) / 1048576 AS mib, spare,"
    "       seq_scan AS scans_whole, CASE WHEN seq_scan > 0 THEN seq_tup_read / seq_scan END AS rows_each, idx_scan AS by_index,"
    "       to_char(greatest(last_vacuum, last_autovacuum), 'YYYY-MM-DD HH24:MI') AS vacuumed,"
    "       concat_ws('; ', CASE WHEN n_dead_tup > 10000 AND n_dead_tup > n_live_tup / 4 THEN 'much is dead: vacuum it' END,"
    "                 CASE WHEN seq_scan > 100 AND seq_tup_read / seq_scan > 10000 THEN 'often read from end to end' END,"
    "                 CASE WHEN n_live_tup > 1000 AND greatest(last_analyze, last_autoanalyze) IS NULL"
    "                      THEN 'never analysed' END,"
    "                 CASE WHEN spare > 60 AND relpages > 1000 THEN 'mostly empty pages: VACUUM FULL gives them back' END) AS remark"
    "  FROM pg_stat_user_tables AS t JOIN pg_class AS c ON c.oid = relid, LATERAL ("
    "       SELECT CASE WHEN relpages > 10 AND reltuples >= 0"
    "                   THEN round(100 * greatest(0, 1 - reltuples * (28 + sum((1 - null_frac) * avg_width)) / (relpages * 8192.0)))::integer END"
    "         FROM pg_stats AS s WHERE s.schemaname = current_schema() AND s.tablename = t.relname) AS w (spare)"
    " WHERE t.schemaname = current_schema()) AS t ORDER BY remark = '', mib DESC, name";

static const char statements_sql[] =
    "SELECT calls, round(total_exec_time::numeric, 0) AS ms, round(mean_exec_time::numeric, 2) AS ms_each,"
    "       round(max_exec_time::numeric, 1) AS ms_longest, rows, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) AS statement,"
    "       CASE WHEN mean_exec_time > 50 THEN 'slow' ELSE '' END AS remark"
    "  FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " ORDER BY mean_exec_time > 50 DESC, total_exec_time DESC LIMIT 20"; /* a slow one that is rare, too */

static void print_json(struct ctl *c, const struct db_result *r)
{
    struct buf b;

    buf_init(&b, c->arena, 8192);
    buf_char(&b, '[');
    for (size_t row = 0; row < db_rows(r); row++) {
        buf_puts(&b, row > 0 ? ",\n {" : "\n {");
        for (int i = 0; db_column(r, i) != NULL; i++)
            json_member(&b, db_column(r, i), db_get(r, row, i));
        buf_char(&b, '}');
    }
    (void)printf("%s\n]\n", b.data);
}

static void print_table(struct ctl *c, const struct db_result *r, const char *const *heads)
{
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t row = 0; row < db_rows(r); row++) {
        for (int i = 0; heads[i] != NULL; i++)
            table_cell(&t, db_get(r, row, i));
    }
    table_print(&t, stdout);
}

static void print(struct ctl *c, bool json, const struct db_result *r, const char *const *heads)
{
    if (json)
        print_json(c, r);
    else
        print_table(c, r, heads);
}

/* Shows what the statement answers. */
static enum outcome show(struct ctl *c, bool json, const char *sql, const char *const *heads)
{
    struct db_result *r;
    enum outcome o = db_query(c->db, c->arena, DB_READ, sql, NULL, 0, &r, &c->err);

    if (o == OUT_OK)
        print(c, json, r, heads);
    return o;
}

/* Wrong is an index that is missing or not valid. An unused one is only said: it may be needed tomorrow. */
enum outcome audit_look_at_indexes(struct ctl *c, struct db_result **r, size_t *wrong)
{
    struct migration *list;
    struct buf texts;
    size_t n;
    enum outcome o = migrate_read(c->conf, c->arena, &list, &n, &c->err);

    *wrong = 0;
    if (o != OUT_OK)
        return o;
    buf_init(&texts, c->arena, 65536);
    for (size_t i = 0; i < n; i++) {
        if (list[i].wanted)
            buf_puts(&texts, list[i].sql);
    }
    o = db_query(c->db, c->arena, DB_READ, indexes_sql, (const char *const[]){texts.data}, 1, r, &c->err);
    for (size_t i = 0; o == OUT_OK && i < db_rows(*r); i++)
        *wrong += strcmp(db_get(*r, i, 4), "missing") == 0 || strcmp(db_get(*r, i, 4), "not valid") == 0;
    return o;
}

int audit_indexes(struct ctl *c, int argc, char **argv)
{
    static const char *const heads[] = {"index", "table", ">scans", ">KiB", "remark", NULL};
    bool json = ctl_flag(&argc, argv, "--json");
    struct db_result *r;
    size_t wrong;

    if (argc > 1)
        return ctl_usage(c, "indexes takes no arguments");
    if (audit_look_at_indexes(c, &r, &wrong) != OUT_OK)
        return ctl_failed(c, &c->err);
    print(c, json, r, heads);
    return wrong == 0 ? 0 : 1;
}

int audit_tables(struct ctl *c, int argc, char **argv)
{
    static const char *const heads[] = {"table", ">rows", ">dead", ">MiB", ">spare %", ">read whole", ">rows each", ">by index", "vacuumed",
                                        "remark", NULL};
    bool json = ctl_flag(&argc, argv, "--json");

    if (argc > 1)
        return ctl_usage(c, "tables takes no arguments");
    return show(c, json, tables_sql, heads) == OUT_OK ? 0 : ctl_failed(c, &c->err);
}

int audit_statements(struct ctl *c, int argc, char **argv)
{
    static const char *const heads[] = {">calls", ">ms in all", ">each", ">longest", ">rows", "statement", "remark", NULL};
    bool json = ctl_flag(&argc, argv, "--json");
    struct db_result *r;
    enum outcome o;

    if (argc > 1)
        return ctl_usage(c, "statements takes no arguments");
    o = db_query(c->db, c->arena, DB_READ, "SELECT FROM pg_extension WHERE extname = 'pg_stat_statements'", NULL, 0, &r, &c->err);
    if (o == OUT_OK && db_rows(r) == 0) {
        (void)fprintf(stderr, "PostgreSQL keeps no account of statements here. To have one: shared_preload_libraries ="
                              " 'pg_stat_statements' in postgresql.conf, a restart, and in this database as its owner"
                              " CREATE EXTENSION pg_stat_statements.\n");
        if (json)
            (void)printf("[]\n");
        return 0;
    }
    if (o == OUT_OK)
        o = show(c, json, statements_sql, heads);
    return o == OUT_OK ? 0 : ctl_failed(c, &c->err);
}
