/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl demo: a port to look at and to measure with. Only into a database without vessels, in one transaction.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/parse.h"
#include "ctl/demo_tallies.sql.h"
#include "ctl/demo_vessels.sql.h"

#define TALLIES_MAX 20000000

/* Runs one part and says how long it took. */
static enum outcome part(struct ctl *c, const char *what, const char *sql)
{
    int64_t started = clock_mono_ms();
    enum outcome o;

    (void)fprintf(stderr, "%-28s", what);
    o = db_script(c->db, c->arena, sql, &c->err);
    (void)fprintf(stderr, "%s %6.1f s\n", o == OUT_OK ? "done  " : "failed", (double)(clock_mono_ms() - started) / 1000);
    return o;
}

static enum outcome fill(struct ctl *c, const char *seed, const char *tallies)
{
    const char *params[] = {seed, tallies};
    struct db_result *r;
    enum outcome o = db_begin(c->db, c->arena, &c->err);

    if (o == OUT_OK) /* nobody adds a vessel while we look whether there is none */
        o = db_script(c->db, c->arena, "LOCK TABLE vessels IN SHARE ROW EXCLUSIVE MODE", &c->err);
    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ,
                     "SELECT EXISTS (SELECT FROM vessels) OR EXISTS (SELECT FROM berths),"
                     " set_config('demo.seed', $1, true), set_config('demo.tallies', $2, true)",
                     params, 2, &r, &c->err);
    if (o == OUT_OK && db_get(r, 0, 0)[0] == 't')
        o = error_log(&c->err, OUT_CONFLICT, "there are vessels or berths already; the demo only fills an empty port");
    if (o == OUT_OK)
        o = part(c, "berths and vessels", ctl_demo_vessels_sql);
    if (o == OUT_OK)
        o = part(c, "tallies", ctl_demo_tallies_sql);
    if (o == OUT_OK)
        return db_commit(c->db, c->arena, &c->err);
    db_rollback(c->db, c->arena);
    return o;
}

int cmd_demo(struct ctl *c, int argc, char **argv)
{
    const char *tallies = ctl_option(&argc, argv, "--tallies");
    const char *seed = ctl_option(&argc, argv, "--seed");
    struct db_result *r;
    int64_t n;

    if (argc > 1 || (tallies != NULL && (!parse_i64(tallies, &n) || n < 0 || n > TALLIES_MAX)))
        return ctl_usage(c, "--tallies takes a number from 0 to 20000000");
    if (fill(c, seed != NULL ? seed : "1", tallies != NULL ? tallies : "0") != OUT_OK ||
        part(c, "statistics for the planner", "VACUUM ANALYZE cargo_tallies, vessels, vessel_totals, vessel_hours") != OUT_OK)
        return ctl_failed(c, &c->err);
    if (db_query(c->db, c->arena, DB_READ,
                 "SELECT (SELECT count(*) FROM berths), (SELECT count(*) FROM vessels),"
                 " (SELECT sum(tallies) FROM vessel_totals)",
                 NULL, 0, &r, &c->err) != OUT_OK)
        return ctl_failed(c, &c->err);
    (void)printf("%s berths, %s vessels, %s tallies.\n", db_get(r, 0, 0), db_get(r, 0, 1), db_get(r, 0, 2));
    return 0;
}
