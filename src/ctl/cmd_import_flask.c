/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl import-flask: a Stevedores Dashboard 3.0, the Flask application, comes over. Its rows are copied into temporary
 * tables (flask_source.c); the flask_*.sql files make ours of them, in one transaction, which is rolled back unless --apply was
 * said and the counts and sums of both agree. So the rehearsal does all that the real one does.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "ctl/flask_form.sql.h"
#include "ctl/flask_source.h"
#include "ctl/flask_stage.sql.h"
#include "ctl/flask_tallies.sql.h"
#include "ctl/flask_tallies_store.sql.h"
#include "ctl/flask_users.sql.h"
#include "ctl/flask_vessel_step.sql.h"
#include "ctl/flask_vessels.sql.h"
#include "ctl/flask_vessels_changed.sql.h"
#include "ctl/flask_vessels_end.sql.h"
#include "ctl/flask_vessels_new.sql.h"
#include "ctl/table.h"

#define URL_MAX          4096
#define DIFFERENCES_MAX  20 /* that are printed; "differences" below says the same */
#define BERTH_LENGTH_MIN 10
#define BERTH_LENGTH_MAX 2000

/* What is told in the end: a query each, whose columns are called in JSON as here and on paper as `heads` says. */
static const struct section {
    const char *title, *name, *sql;
    const char *heads[10];
} sections[] = {
    {"Rows", "rows",
     "SELECT t.what, t.rows AS there, n.new, n.changed, n.same AS already_here, n.left_out FROM flask_there t JOIN ("
     "SELECT 'users' AS what, count(*) FILTER (WHERE reason IS NULL AND NOT known) AS new, 0 AS changed,"
     " count(*) FILTER (WHERE reason IS NULL AND known) AS same, count(reason) AS left_out FROM flask_users"
     " UNION ALL SELECT 'vessels', count(*) FILTER (WHERE state = 'new'), count(*) FILTER (WHERE state = 'changed'),"
     " count(*) FILTER (WHERE state IN ('same', 'edited')), count(reason) FROM flask_vessels"
     " UNION ALL SELECT 'tallies', count(*) - count(reason) - (SELECT count(*) FROM flask_known),"
     " (SELECT count(*) FROM flask_known WHERE differs), (SELECT count(*) FROM flask_known WHERE NOT differs), count(reason)"
     " FROM flask_rows) AS n USING (what) ORDER BY array_position(ARRAY['users', 'vessels', 'tallies'], what)",
     {"", ">there", ">new", ">changed", ">already here", ">left out"}},
    {"New berths", "new_berths", "SELECT b.name, CASE WHEN current_setting('flask.berth_length') <> '' THEN b.length_m END AS length_m FROM berths b"
     " JOIN flask_berths USING (name) ORDER BY name",
     {"berth", ">metres"}},
    {"Words and what they are taken for", "words",
     "SELECT what, theirs, ours, sum(rows)::bigint AS rows FROM ("
     "SELECT 'role' AS what, role AS theirs, our_role AS ours, count(*) AS rows FROM flask_users WHERE reason IS NULL AND NOT known"
     " GROUP BY 2, 3"
     " UNION ALL SELECT 'vessel type', vessel_type, our_type, count(*) FROM flask_vessels WHERE reason IS NULL GROUP BY 2, 3"
     " UNION ALL SELECT 'status', status, our_status, count(*) FROM flask_vessels f WHERE reason IS NULL"
     " AND NOT EXISTS (SELECT FROM flask_shifted s WHERE s.key = f.key) GROUP BY 2, 3"
     " UNION ALL SELECT 'tally type', their_type, tally_type, count(*) FROM flask_rows WHERE reason IS NULL GROUP BY 2, 3"
     " UNION ALL SELECT 'cargo type', their_cargo, cargo_type, count(*) FROM flask_rows WHERE reason IS NULL GROUP BY 2, 3) AS w"
     " WHERE theirs IS DISTINCT FROM ours GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
     {"what", "there", "here", ">rows"}},
    {"Left out, or not as it was there", "remarks",
     "SELECT what, count(*) AS rows, CASE WHEN left_out THEN 'left out' ELSE '' END AS left_out, reason,"
     " array_to_string((array_agg(name ORDER BY key))[1:3], ', ') || CASE WHEN count(*) > 3 THEN ', …' ELSE '' END AS which"
     " FROM flask_said GROUP BY what, flask_said.left_out, reason"
     " ORDER BY array_position(ARRAY['users', 'vessels', 'tallies'], what), flask_said.left_out DESC, reason",
     {"what", ">rows", "", "why", "which"}},
    {"Columns that stay behind", "left_behind", "SELECT what, field, rows AS filled, why FROM flask_left ORDER BY what, field",
     {"of", "column", ">filled", "why"}},
    {"Tallies of each vessel: there = here + left out", "compared",
     "SELECT vessel, number, tally_type, rows_there, rows_here, rows_left_out, sum_there, sum_here, sum_left_out FROM flask_compared"
     " ORDER BY vessel, number, tally_type",
     {"vessel", ">number", "type", ">rows there", ">here", ">left out", ">sum there", ">here", ">left out"}},
};

#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

/* Whatever doesn't add up, a line each. */
static const char differences[] =
    "SELECT format('%s, %s: %s rows and %s in all there, %s and %s here, %s and %s left out', vessel, tally_type, rows_there, sum_there,"
    " rows_here, sum_here, rows_left_out, sum_left_out) FROM flask_compared"
    " WHERE (rows_there, sum_there) <> (rows_here + rows_left_out, sum_here + sum_left_out)"
    " UNION ALL SELECT format('vessel %s: %s tallies are kept as %s, their sum %s as %s', id, rows, kept_rows, total, kept_total)"
    " FROM flask_kept"
    " UNION ALL SELECT format('%s: %s rows there, %s came', t.what, t.rows, c.rows) FROM flask_there t JOIN ("
    "SELECT 'users' AS what, count(*) AS rows FROM flask_users UNION ALL SELECT 'vessels', count(*) FROM flask_vessels"
    " UNION ALL SELECT 'tallies', count(*) FROM flask_rows) AS c USING (what) WHERE t.rows <> c.rows LIMIT 20";

struct flask_import {
    struct ctl *c;
    const char *url, *source, *zone, *role, *berth_length, *report;
    bool apply, json;
    struct db_result *told[NSECTIONS];
    bool is_told; /* all of them are there */
};

static enum outcome script(struct ctl *c, const char *doing, const char *sql)
{
    flask_progress(doing, 0, 0);
    return db_script(c->db, c->arena, sql, &c->err);
}

/* --- into the transaction ------------------------------------------------------------------------------------------- */

static enum outcome begin(const struct flask_import *im)
{
    struct ctl *c = im->c;
    const char *settings[] = {im->source, im->role, im->berth_length != NULL ? im->berth_length : ""};
    struct db_result *r;
    enum outcome o;

    ctl_sign(c);
    o = db_begin(c->db, c->arena, &c->err);
    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ, "SELECT pg_try_advisory_xact_lock(7239468122573563)", NULL, 0, &r, &c->err);
    if (o == OUT_OK && db_get(r, 0, 0)[0] != 't')
        o = error_set(&c->err, OUT_CONFLICT, "another import from a Flask application is running");
    if (o == OUT_OK && db_query(c->db, c->arena, DB_READ, "SELECT now() AT TIME ZONE $1", &im->zone, 1, &r, &c->err) != OUT_OK)
        o = error_log(&c->err, OUT_INVALID, "--timezone: %s", db_last_failure(c->db)->message);
    if (o == OUT_OK)
        o = db_query(c->db, c->arena, DB_READ,
                     "SELECT set_config('flask.source', $1, true), set_config('flask.role', $2, true),"
                     " set_config('flask.berth_length', $3, true)",
                     settings, 3, &r, &c->err);
    return o == OUT_OK ? script(c, "looking", ctl_flask_stage_sql) : o;
}

/* All of theirs, from one snapshot. */
static enum outcome fetch(const struct flask_import *im)
{
    static const struct flask_table *const tables[] = {&flask_users, &flask_vessels, &flask_tallies};
    struct flask_source theirs;
    enum outcome o = flask_open(im->c, &theirs, im->url);

    for (size_t i = 0; o == OUT_OK && i < sizeof(tables) / sizeof(tables[0]); i++)
        o = flask_fetch(im->c, &theirs, tables[i], im->zone);
    if (o == OUT_OK)
        o = flask_fetch_sums(im->c, &theirs);
    flask_close(&theirs);
    return o;
}

/* A statement again and again, until it finds nothing more to do. */
static enum outcome repeat(struct ctl *c, const char *sql, const char *const *params, size_t nparams)
{
    int64_t affected = 1;
    enum outcome o = OUT_OK;

    while (o == OUT_OK && affected > 0) {
        struct db_result *r;

        o = db_query(c->db, c->arena, DB_WRITE, sql, params, nparams, &r, &c->err);
        affected = o == OUT_OK ? db_affected(r) : 0;
    }
    return o;
}

/* How long a berth is, the Flask application doesn't know. */
static enum outcome check_berths(const struct flask_import *im)
{
    struct ctl *c = im->c;
    struct db_result *r;
    enum outcome o = db_query(c->db, c->arena, DB_READ, "SELECT string_agg(name, ', ' ORDER BY name) FROM flask_berths", NULL, 0, &r,
                              &c->err);

    if (o != OUT_OK || db_get(r, 0, 0) == NULL || im->berth_length != NULL)
        return o;
    if (im->apply)
        return error_set(&c->err, OUT_INVALID, "these berths are not here: %s. Make them first, or say how long they are with "
                                               "--berth-length METRES",
                         db_get(r, 0, 0));
    (void)fprintf(stderr, "These berths are not here, and --apply will need --berth-length METRES: %s\n", db_get(r, 0, 0));
    return OUT_OK;
}

static enum outcome store_vessels(const struct flask_import *im)
{
    static const char *const leaving[] = {"true"}, *const others[] = {"false"};
    struct ctl *c = im->c;
    enum outcome o = script(c, "vessels", ctl_flask_vessels_sql);

    if (o == OUT_OK)
        o = check_berths(im);
    if (o == OUT_OK)
        o = repeat(c, ctl_flask_vessel_step_sql, leaving, 1);
    if (o == OUT_OK)
        o = script(c, "vessels", ctl_flask_vessels_changed_sql);
    if (o == OUT_OK)
        o = script(c, "vessels", ctl_flask_vessels_new_sql);
    if (o == OUT_OK)
        o = repeat(c, ctl_flask_vessel_step_sql, others, 1);
    return o == OUT_OK ? script(c, "vessels", ctl_flask_vessels_end_sql) : o;
}

static enum outcome store(const struct flask_import *im)
{
    struct ctl *c = im->c;
    enum outcome o = script(c, "users", ctl_flask_users_sql);

    if (o == OUT_OK)
        o = store_vessels(im);
    if (o == OUT_OK)
        o = script(c, "checking tallies", ctl_flask_tallies_sql);
    if (o == OUT_OK)
        o = repeat(c, ctl_flask_form_sql, NULL, 0);
    return o == OUT_OK ? script(c, "storing and comparing tallies", ctl_flask_tallies_store_sql) : o;
}

/* --- what is told --------------------------------------------------------------------------------------------------- */

static enum outcome collect(struct flask_import *im)
{
    struct ctl *c = im->c;
    enum outcome o = OUT_OK;

    for (size_t i = 0; o == OUT_OK && i < NSECTIONS; i++) {
        const char *sql = sections[i].sql;

        if (im->json)
            sql = arena_printf(c->arena, "SELECT coalesce(json_agg(q), '[]') FROM (%s) AS q", sql);
        o = db_query(c->db, c->arena, DB_READ, sql, NULL, 0, &im->told[i], &c->err);
    }
    im->is_told = o == OUT_OK;
    return o;
}

/* Says what doesn't add up; that is a failure. */
static enum outcome compare(struct ctl *c)
{
    struct db_result *r;
    enum outcome o = db_query(c->db, c->arena, DB_READ, differences, NULL, 0, &r, &c->err);

    if (o != OUT_OK || db_rows(r) == 0)
        return o;
    flask_progress(NULL, 0, 0);
    for (size_t i = 0; i < db_rows(r); i++)
        (void)fprintf(stderr, "%s\n", db_get(r, i, 0));
    return error_set(&c->err, OUT_CONFLICT, "what is here now is not what is there%s: nothing was kept",
                     db_rows(r) == DIFFERENCES_MAX ? " (the first differences are shown)" : "");
}

static bool write_piece(void *ctx, const char *data, size_t n)
{
    return fwrite(data, 1, n, ctx) == n;
}

/* Every row that there is something to say of, as CSV. */
static enum outcome write_report(const struct flask_import *im)
{
    struct ctl *c = im->c;
    enum outcome o;
    bool ok;
    FILE *f;

    if (im->report == NULL)
        return OUT_OK;
    f = fopen(im->report, "we");
    if (f == NULL)
        return error_set(&c->err, OUT_INVALID, "%s: %m", im->report);
    o = db_copy_out(c->db, c->arena,
                    "COPY (SELECT what, key, name, left_out, reason FROM flask_said ORDER BY what, left_out DESC, reason, key) TO STDOUT"
                    " (FORMAT csv, HEADER)",
                    write_piece, f, &c->err);
    ok = ferror(f) == 0;
    ok = fclose(f) == 0 && ok;
    return o == OUT_OK && !ok ? error_set(&c->err, OUT_INTERNAL, "%s: can't be written", im->report) : o;
}

static void print_section(struct ctl *c, const struct section *section, const struct db_result *r)
{
    struct table t;

    if (db_rows(r) == 0)
        return;
    table_init(&t, c->arena, section->heads);
    for (size_t i = 0; i < db_rows(r); i++) {
        for (size_t k = 0; k < t.columns; k++)
            table_cell(&t, db_get(r, i, (int)k));
    }
    (void)printf("%s\n\n", section->title);
    table_print(&t, stdout);
    (void)printf("\n");
}

static void print_all(const struct flask_import *im, bool kept)
{
    struct buf b;

    if (!im->json) {
        for (size_t i = 0; i < NSECTIONS; i++)
            print_section(im->c, &sections[i], im->told[i]);
        (void)printf("%s\n", kept ? "All of this is here now." : "Nothing of this was kept. --apply does it.");
        return;
    }
    buf_init(&b, im->c->arena, 4096);
    buf_char(&b, '{');
    json_key(&b, "kept");
    buf_puts(&b, kept ? "true" : "false");
    for (size_t i = 0; i < NSECTIONS; i++) {
        json_key(&b, sections[i].name);
        buf_puts(&b, db_get(im->told[i], 0, 0));
    }
    (void)printf("%s}\n", b.data);
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

static enum outcome run(struct flask_import *im)
{
    struct ctl *c = im->c;
    enum outcome o = begin(im);

    if (o == OUT_OK)
        o = fetch(im);
    if (o == OUT_OK)
        o = store(im);
    if (o == OUT_OK)
        o = collect(im);
    if (o == OUT_OK)
        o = write_report(im);
    if (o == OUT_OK)
        o = compare(c);
    flask_progress(im->apply && o == OUT_OK ? "keeping it" : NULL, 0, 0);
    if (o == OUT_OK && im->apply)
        o = db_commit(c->db, c->arena, &c->err);
    else
        db_rollback(c->db, c->arena);
    flask_progress(NULL, 0, 0);
    return o;
}

/* Where the Flask application's database is: the argument, a line of standard input, or the settings. NULL with a message. */
static const char *find_url(struct ctl *c, int argc, char **argv)
{
    char *line;

    if (argc == 2 && strcmp(argv[1], "-") != 0) {
        if (db_url_has_password(flask_url(c->arena, argv[1])))
            (void)fprintf(stderr, "warning: others on this machine can see a password on a command line; FLASK_DATABASE_URL, its _FILE "
                                  "and '-' keep it\n");
        return argv[1];
    }
    if (argc == 1)
        return *c->conf->flask_database_url != '\0' ? c->conf->flask_database_url : NULL;
    line = arena_alloc(c->arena, URL_MAX);
    if (fgets(line, URL_MAX, stdin) == NULL)
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

static bool is_role(const char *role)
{
    static const char *const roles[] = {"viewer", "clerk", "supervisor", "manager", "admin"};

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(role, roles[i]) == 0)
            return true;
    }
    return false;
}

static const char *or_default(const char *value, const char *otherwise)
{
    return value != NULL ? value : otherwise;
}

int cmd_import_flask(struct ctl *c, int argc, char **argv)
{
    struct flask_import im = {.c = c, .apply = ctl_flag(&argc, argv, "--apply"), .json = ctl_flag(&argc, argv, "--json")};
    int64_t metres;
    enum outcome o;

    im.source = or_default(ctl_option(&argc, argv, "--source"), "flask");
    im.zone = or_default(ctl_option(&argc, argv, "--timezone"), "UTC");
    im.role = or_default(ctl_option(&argc, argv, "--role"), "clerk");
    im.berth_length = ctl_option(&argc, argv, "--berth-length");
    im.report = ctl_option(&argc, argv, "--report");
    if (argc > 2)
        return ctl_usage(c, "takes one DSN");
    if (!is_role(im.role))
        return ctl_usage(c, "--role is one of viewer, clerk, supervisor, manager, admin");
    if (!ctl_number(im.berth_length, BERTH_LENGTH_MIN, BERTH_LENGTH_MAX, &metres))
        return ctl_usage(c, "--berth-length takes metres, from 10 to 2000");
    im.url = find_url(c, argc, argv);
    if (im.url == NULL)
        return ctl_usage(c, "takes the DSN of the Flask application's database, '-' for a line of standard input, or FLASK_DATABASE_URL");
    if (!conf_has_board(c->conf, "port")) {
        (void)error_set(&c->err, OUT_INVALID, "the board port is switched off (BOARDS)");
        return ctl_failed(c, &c->err);
    }
    im.url = flask_url(c->arena, im.url);
    o = run(&im);
    if (im.is_told)
        print_all(&im, o == OUT_OK && im.apply);
    return o == OUT_OK ? 0 : ctl_failed(c, &c->err);
}
