/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl demo: a port to look at and to measure with. Only into a database without vessels, in one transaction. The
 * same seed makes the same port, at another time.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "ctl/demo_tallies.sql.h"
#include "ctl/demo_units.sql.h"
#include "ctl/demo_vessels.sql.h"
#include "ctl/demo_voids.sql.h"
#include "ctl/table.h"

#define TALLIES_DEFAULT "8000"
#define TALLIES_MAX     20000000

/* Only for a terminal: a line that is written over by the next. */
static void progress(const char *what, size_t done, size_t all)
{
    if (isatty(STDERR_FILENO) == 0)
        return;
    (void)fprintf(stderr, "\r\033[K");
    if (done < all)
        (void)fprintf(stderr, "%s: %zu of %zu", what, done, all);
}

/* Nobody adds a vessel between the look whether there is none and the commit. */
static enum outcome take_empty_port(struct ctl *c, const char *seed, const char *tallies)
{
    const char *params[] = {seed, tallies, c->conf->port_timezone};
    struct db_result *r;
    enum outcome o = db_script(c->db, c->arena, "LOCK TABLE vessels IN SHARE ROW EXCLUSIVE MODE", &c->err);

    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ,
                     "SELECT EXISTS (SELECT FROM vessels), set_config('demo.seed', $1, true),"
                     " set_config('demo.tallies', $2, true), set_config('demo.timezone', $3, true)",
                     params, 3, &r, &c->err);
    if (o == OUT_OK && db_get(r, 0, 0)[0] == 't')
        o = error_set(&c->err, OUT_CONFLICT, "there are vessels already; the demo only fills an empty port");
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

static enum outcome fill(struct ctl *c, const char *seed, const char *tallies)
{
    enum outcome o;

    ctl_sign(c);
    o = db_begin(c->db, c->arena, &c->err);
    if (o == OUT_OK)
        o = take_empty_port(c, seed, tallies);
    if (o == OUT_OK)
        o = db_script(c->db, c->arena, ctl_demo_vessels_sql, &c->err);
    if (o == OUT_OK)
        o = add_tallies(c);
    if (o == OUT_OK)
        return db_commit(c->db, c->arena, &c->err);
    db_rollback(c->db, c->arena);
    return o;
}

int cmd_demo(struct ctl *c, int argc, char **argv)
{
    static const char *const heads[] = {">berths", ">vessels", ">tallies", ">seconds", NULL};
    const char *tallies = ctl_option(&argc, argv, "--tallies");
    const char *seed = ctl_option(&argc, argv, "--seed");
    int64_t started = clock_mono_ms();
    struct db_result *r;
    struct table t;
    int64_t n;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (tallies != NULL && (!parse_i64(tallies, &n) || n < 0 || n > TALLIES_MAX))
        return ctl_usage(c, "--tallies takes a number from 0 to 20000000");
    /* What autovacuum would do in a minute, the first visitor should have at once. */
    if (fill(c, seed != NULL ? seed : "1", tallies != NULL ? tallies : TALLIES_DEFAULT) != OUT_OK ||
        db_script(c->db, c->arena, "VACUUM ANALYZE berths, vessels, cargo_tallies, vessel_totals, vessel_hours",
                  &c->err) != OUT_OK ||
        db_query(c->db, c->arena, DB_READ,
                 "SELECT (SELECT count(*) FROM berths), (SELECT count(*) FROM vessels),"
                 " (SELECT sum(tallies) FROM vessel_totals)",
                 NULL, 0, &r, &c->err) != OUT_OK)
        return ctl_failed(c, &c->err);
    table_init(&t, c->arena, heads);
    for (int i = 0; i < 3; i++)
        table_cell(&t, db_get(r, 0, i));
    table_cellf(&t, "%.1f", (double)(clock_mono_ms() - started) / 1000);
    table_print(&t, stdout);
    (void)printf("The port has %s vessels and %s tallies.\n", db_get(r, 0, 1), db_get(r, 0, 2));
    return 0;
}
