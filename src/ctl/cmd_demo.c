/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl demo: something to look at and to measure with, for each board that is switched on. Only into a database
 * where none of these has anything yet, in one transaction. The same seed makes the same, at another time.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/demo_delivery.sql.h"
#include "ctl/demo_labour.sql.h"
#include "ctl/demo_tallies.sql.h"
#include "ctl/demo_units.sql.h"
#include "ctl/demo_vessels.sql.h"
#include "ctl/demo_voids.sql.h"
#include "ctl/table.h"

#define TALLIES_DEFAULT "8000"
#define TALLIES_MAX     20000000
#define FACTOR_MAX      10000

static enum outcome fill_port(struct ctl *c);
static enum outcome fill_labour(struct ctl *c);
static enum outcome fill_delivery(struct ctl *c);

/* Kept of every board. */
#define OF_ALL "row_counts, cache_versions, audit"

static const struct demo {
    const char *board;
    const char *table; /* is empty where nothing is yet */
    enum outcome (*fill)(struct ctl *c);
    const char *tables; /* for VACUUM ANALYZE: what autovacuum would do in a minute, the first visitor should have at once */
    const char *counts; /* names and numbers of what there is now */
} demos[] = {
    {"port", "vessels", fill_port, "berths, vessels, cargo_tallies, vessel_totals, vessel_hours, " OF_ALL,
     "SELECT 'berths', count(*) FROM berths UNION ALL SELECT 'vessels', count(*) FROM vessels"
     " UNION ALL SELECT 'tallies', coalesce(sum(tallies), 0) FROM vessel_totals"},
    {"labour", "clients", fill_labour,
     "clients, workers, jobs, contracts, contract_totals, payments, labour_sums, labour_pending, " OF_ALL,
     "SELECT 'clients', count(*) FROM clients UNION ALL SELECT 'workers', count(*) FROM workers"
     " UNION ALL SELECT 'jobs', count(*) FROM jobs UNION ALL SELECT 'contracts', count(*) FROM contracts"
     " UNION ALL SELECT 'payments', count(*) FROM payments"},
    {"delivery", "projects", fill_delivery,
     "projects, features, backlog_items, resources, allocations, project_totals, feature_totals, project_days, delivery_counts, "
     OF_ALL,
     "SELECT 'projects', count(*) FROM projects UNION ALL SELECT 'features', count(*) FROM features"
     " UNION ALL SELECT 'backlog items', count(*) FROM backlog_items UNION ALL SELECT 'people', count(*) FROM resources"
     " UNION ALL SELECT 'allocations', count(*) FROM allocations"},
};

#define NDEMOS (sizeof(demos) / sizeof(demos[0]))

/* Only for a terminal: a line that is written over by the next. */
static void progress(const char *what, size_t done, size_t all)
{
    if (isatty(STDERR_FILENO) == 0)
        return;
    (void)fprintf(stderr, "\r\033[K");
    if (done < all)
        (void)fprintf(stderr, "%s: %zu of %zu", what, done, all);
}

/* Nobody adds a row between the look whether there is none and the commit. */
static enum outcome take_empty(struct ctl *c, const struct demo *d)
{
    struct db_result *r;
    enum outcome o = db_script(c->db, c->arena,
                               arena_printf(c->arena, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", d->table), &c->err);

    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ, arena_printf(c->arena, "SELECT EXISTS (SELECT FROM %s)", d->table), NULL, 0,
                     &r, &c->err);
    if (o == OUT_OK && db_get(r, 0, 0)[0] == 't')
        o = error_set(&c->err, OUT_CONFLICT, "there are %s already; the demo only fills what is empty", d->table);
    return o;
}

/* A statement for each call, so that the memory it takes doesn't grow with the number of tallies so much. */
static enum outcome add_tallies(struct ctl *c)
{
    struct db_result *calls, *r;
    enum outcome o = db_script(c->db, c->arena, ctl_demo_units_sql, &c->err);

    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ, "SELECT DISTINCT i FROM demo_unit ORDER BY i", NULL, 0, &calls, &c->err);
    for (size_t i = 0; o == OUT_OK && i < db_rows(calls); i++) {
        const char *params[] = {db_get(calls, i, 0)};

        progress("tallies of calls", i, db_rows(calls));
        o = db_query(c->db, c->arena, DB_WRITE, ctl_demo_tallies_sql, params, 1, &r, &c->err);
    }
    progress("", 0, 0);
    if (o == OUT_OK)
        o = db_script(c->db, c->arena, ctl_demo_voids_sql, &c->err);
    return o;
}

static enum outcome fill_port(struct ctl *c)
{
    enum outcome o = db_script(c->db, c->arena, ctl_demo_vessels_sql, &c->err);

    return o == OUT_OK ? add_tallies(c) : o;
}

static enum outcome fill_labour(struct ctl *c)
{
    return db_script(c->db, c->arena, ctl_demo_labour_sql, &c->err);
}

static enum outcome fill_delivery(struct ctl *c)
{
    return db_script(c->db, c->arena, ctl_demo_delivery_sql, &c->err);
}

static enum outcome fill(struct ctl *c, const char *seed, const char *tallies, const char *factor)
{
    const char *params[] = {seed, tallies, factor, c->conf->port_timezone};
    struct db_result *r;
    enum outcome o;

    ctl_sign(c);
    o = db_begin(c->db, c->arena, &c->err);
    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ,
                     "SELECT set_config('demo.seed', $1, true), set_config('demo.tallies', $2, true),"
                     " set_config('demo.factor', $3, true), set_config('demo.timezone', $4, true)",
                     params, 4, &r, &c->err);
    for (size_t i = 0; o == OUT_OK && i < NDEMOS; i++) {
        if (!conf_has_board(c->conf, demos[i].board))
            continue;
        progress(demos[i].board, i, NDEMOS);
        o = take_empty(c, &demos[i]);
        if (o == OUT_OK)
            o = demos[i].fill(c);
    }
    progress("", 0, 0);
    if (o == OUT_OK)
        return db_commit(c->db, c->arena, &c->err);
    db_rollback(c->db, c->arena);
    return o;
}

/* What there is now, of all boards that are on: a table, and in one line. */
static enum outcome report(struct ctl *c, int64_t started_ms)
{
    static const char *const heads[] = {"what", ">rows", NULL};
    enum outcome o = OUT_OK;
    struct table t;
    struct buf line;

    table_init(&t, c->arena, heads);
    buf_init(&line, c->arena, 256);
    for (size_t i = 0; o == OUT_OK && i < NDEMOS; i++) {
        struct db_result *r;

        if (!conf_has_board(c->conf, demos[i].board))
            continue;
        o = db_script(c->db, c->arena, arena_printf(c->arena, "VACUUM ANALYZE %s", demos[i].tables), &c->err);
        if (o == OUT_OK)
            o = db_query(c->db, c->arena, DB_READ, demos[i].counts, NULL, 0, &r, &c->err);
        for (size_t k = 0; o == OUT_OK && k < db_rows(r); k++) {
            table_cell(&t, db_get(r, k, 0));
            table_cell(&t, db_get(r, k, 1));
            buf_printf(&line, "%s%s %s", line.len > 0 ? ", " : "", db_get(r, k, 1), db_get(r, k, 0));
        }
    }
    if (o != OUT_OK)
        return o;
    table_print(&t, stdout);
    (void)printf("In %.1f s: %s.\n", (double)(clock_mono_ms() - started_ms) / 1000, line.data);
    return OUT_OK;
}

int cmd_demo(struct ctl *c, int argc, char **argv)
{
    const char *tallies = ctl_option(&argc, argv, "--tallies");
    const char *seed = ctl_option(&argc, argv, "--seed");
    const char *factor = ctl_option(&argc, argv, "--factor");
    int64_t started = clock_mono_ms();
    int64_t n;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (!ctl_number(tallies, 0, TALLIES_MAX, &n))
        return ctl_usage(c, "--tallies takes a number from 0 to 20000000");
    if (!ctl_number(factor, 1, FACTOR_MAX, &n))
        return ctl_usage(c, "--factor takes a number from 1 to 10000");
    if (fill(c, seed != NULL ? seed : "1", tallies != NULL ? tallies : TALLIES_DEFAULT, factor != NULL ? factor : "1") !=
            OUT_OK ||
        report(c, started) != OUT_OK)
        return ctl_failed(c, &c->err);
    return 0;
}
