/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl import. The file streams through the checks of the engine's columns into a temporary table (COPY); what
 * only the database can tell is checked there, set by set; then one INSERT … SELECT stores what is good. One
 * transaction: all, or with --skip-bad all that is good.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "boards/port/port.h"
#include "ctl/csv_reader.h"

#define PROBLEMS_SHOWN 20
#define COPY_BUFFER    (256 * 1024)

/* A set-based check: its SELECT gives line, field and reason of what is wrong in "staged". */
struct check {
    const char *sql;
    const char *needs; /* only when the file has this column; NULL: always */
};

struct kind {
    const char *name;
    const struct resource *resource;
    const struct column *more; /* what an import may set beyond the resource's own columns; they win */
    const char *required;      /* column names, separated by spaces */
    const char *staged;        /* definition of the temporary table's columns */
    const struct check *checks;
    const char *store;         /* all at once; or */
    const char *store_line;    /* line $1, where each row can be refused for its own reason */
    const char *afterwards;    /* NULL: nothing */
};

static const struct column vessel_more[] = {
    {"id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, "Number of the vessel; given anew when it is missing."},
    {"arrived_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"berthed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"operations_started_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"operations_completed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"departed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct check vessel_checks[] = {
    {"SELECT s.row_line, 'id', 'another vessel has this id' FROM staged s JOIN vessels v ON v.id = s.id"
     " WHERE (v.name, v.imo, v.eta) IS DISTINCT FROM (s.name, s.imo, s.eta)",
     "id"},
    {"SELECT row_line, 'id', 'stands in an earlier line already' FROM"
     " (SELECT row_line, row_number() OVER (PARTITION BY id ORDER BY row_line) AS nth FROM staged WHERE id IS NOT NULL) AS d"
     " WHERE nth > 1",
     "id"},
    {NULL, NULL},
};

static const struct column tally_more[] = {
    {"vessel_id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, ""},
    {"vessel_imo", COL_TEXT, 0, 7, 7, NULL, port_imo_is_valid, "Instead of vessel_id: the ship's latest call."},
    {"count", COL_INT, 0, -10000, 10000, NULL, NULL, "Negative in a row that voids another."},
    {"recorded_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"voids", COL_UUID, 0, 0, 0, NULL, NULL, ""},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct check tally_checks[] = {
    {"SELECT s.row_line, 'vessel_id', 'there is no such vessel' FROM staged s LEFT JOIN vessels v ON v.id = s.vessel_id"
     " WHERE v.id IS NULL",
     NULL},
    {"SELECT row_line, 'count', 'must be positive, or negative in a row that voids another' FROM staged"
     " WHERE count = 0 OR (voids IS NULL) <> (count > 0)",
     NULL},
    {"SELECT row_line, 'tallied_at', 'is more than a day in the future' FROM staged"
     " WHERE tallied_at > coalesce(recorded_at, now()) + interval '24 hours'",
     NULL},
    {"SELECT row_line, 'id', 'stands in an earlier line already' FROM"
     " (SELECT row_line, row_number() OVER (PARTITION BY id ORDER BY row_line) AS nth FROM staged WHERE id IS NOT NULL) AS d"
     " WHERE nth > 1",
     "id"},
    {"SELECT s.row_line, 'id', 'another tally has this id' FROM staged s JOIN cargo_tallies t ON t.id = s.id"
     " WHERE (t.vessel_id, t.tally_type, t.cargo_type::text, t.count, t.location, t.shift, t.tallied_at, t.tallied_by,"
     " t.note, t.voids) IS DISTINCT FROM (s.vessel_id, s.tally_type, s.cargo_type, s.count, s.location, s.shift,"
     " s.tallied_at, s.tallied_by, s.note, s.voids)",
     "id"},
    {"SELECT s.row_line, 'voids', 'does not name a tally of this vessel with the opposite count' FROM staged s"
     " WHERE s.voids IS NOT NULL"
     " AND NOT EXISTS (SELECT FROM cargo_tallies t WHERE t.id = s.voids AND t.vessel_id = s.vessel_id"
     "                 AND t.count = -s.count AND t.voids IS NULL)"
     " AND NOT EXISTS (SELECT FROM staged t WHERE t.id = s.voids AND t.vessel_id = s.vessel_id"
     "                 AND t.count = -s.count AND t.voids IS NULL AND NOT EXISTS (SELECT FROM refused r WHERE r.line = t.row_line))",
     "voids"},
    {"SELECT row_line, 'voids', 'this tally was voided already' FROM"
     " (SELECT s.row_line, row_number() OVER (PARTITION BY s.voids ORDER BY s.row_line) AS nth, t.id"
     "    FROM staged s LEFT JOIN cargo_tallies t ON t.voids = s.voids AND t.id IS DISTINCT FROM s.id"
     "   WHERE s.voids IS NOT NULL) AS d"
     " WHERE nth > 1 OR id IS NOT NULL",
     "voids"},
    {NULL, NULL},
};

static const struct kind kinds[] = {
    {
        .name = "vessels",
        .resource = &port_vessels,
        .more = vessel_more,
        .required = "name vessel_type",
        .staged = "id bigint, name text, imo text, vessel_type text, line text, status text, berth text,"
                  " eta timestamptz, etd timestamptz, cargo_capacity jsonb, gangs int, drivers int, vans int,"
                  " wagons int, notes text, arrived_at timestamptz, berthed_at timestamptz,"
                  " operations_started_at timestamptz, operations_completed_at timestamptz, departed_at timestamptz",
        .checks = vessel_checks,
        .store_line =
            "INSERT INTO vessels (id, name, imo, vessel_type, line, status, berth, eta, etd, cargo_capacity, gangs,"
            " drivers, vans, wagons, notes, arrived_at, berthed_at, operations_started_at, operations_completed_at,"
            " departed_at) OVERRIDING SYSTEM VALUE"
            " SELECT coalesce(id, nextval(pg_get_serial_sequence('vessels', 'id'))), name, imo, vessel_type, s.line,"
            " coalesce(status, 'expected'), berth, eta, etd, coalesce(cargo_capacity, '{}'), coalesce(gangs, 0),"
            " coalesce(drivers, 0), coalesce(vans, 0), coalesce(wagons, 0), notes, arrived_at, berthed_at,"
            " operations_started_at, operations_completed_at, departed_at"
            " FROM staged s WHERE s.row_line = $1::bigint AND NOT EXISTS (SELECT FROM vessels v WHERE v.name = s.name"
            " AND (v.imo, v.eta) IS NOT DISTINCT FROM (s.imo, s.eta))",
        .afterwards = "SELECT setval(pg_get_serial_sequence('vessels', 'id'), greatest(max(id),"
                      " nextval(pg_get_serial_sequence('vessels', 'id')))) FROM vessels",
    },
    {
        .name = "tallies",
        .resource = &port_tallies,
        .more = tally_more,
        .required = "tally_type cargo_type count tallied_at",
        .staged = "id uuid, vessel_id bigint, vessel_imo text, tally_type text, cargo_type text, count int,"
                  " location text, shift text, tallied_at timestamptz, recorded_at timestamptz, tallied_by text,"
                  " note text, voids uuid",
        .checks = tally_checks,
        .store = "INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at,"
                 " recorded_at, tallied_by, note, voids)"
                 " SELECT coalesce(id, gen_random_uuid()), vessel_id, tally_type, cargo_type, count, location, shift,"
                 " tallied_at, coalesce(recorded_at, greatest(now(), tallied_at)), tallied_by, note, voids FROM staged"
                 " ON CONFLICT (id) DO NOTHING",
    },
};

struct import {
    struct ctl *ctl;
    const struct kind *kind;
    bool skip_bad, show_progress;
    const char *report_path;
    FILE *report; /* opened with the first refused row */

    size_t ncolumns; /* of the file; 0: the header was not read yet */
    const struct column *columns[CSV_FIELDS_MAX];
    bool copying;
    char *buffer; /* rows on their way, COPY's text format */
    size_t buffered;

    int64_t size, bytes;      /* of the file, and read so far */
    int64_t started_ms, shown_ms;
    int64_t read, stored, known, refused;
    struct arena *row_arena; /* reset after each row */
};

static const struct column *find_column(const struct kind *k, const char *name)
{
    int i = resource_column(k->resource, name);

    for (const struct column *c = k->more; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return i >= 0 ? &k->resource->columns[i] : NULL;
}

static bool has_column(const struct import *im, const char *name)
{
    for (size_t i = 0; i < im->ncolumns; i++) {
        if (strcmp(im->columns[i]->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_required(const struct kind *k, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = k->required; (p = strstr(p, name)) != NULL; p += n) {
        if ((p == k->required || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

static void write_cell(FILE *f, const char *text, bool last)
{
    (void)csv_fwrite(f, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
    (void)fputs(last ? "\r\n" : ",", f);
}

/* Counts a refused row, and tells of it: the first ones on the terminal, with --skip-bad all in the report. */
static bool refuse(struct import *im, int64_t line, const char *field, const char *reason, const char *const *cells,
                   size_t ncells)
{
    char number[32];

    im->refused++;
    if (im->refused <= PROBLEMS_SHOWN)
        (void)fprintf(stderr, "line %lld: %s: %s\n", (long long)line, field, reason);
    if (!im->skip_bad)
        return true;
    if (im->report == NULL) {
        im->report = fopen(im->report_path, "we");
        if (im->report == NULL) {
            (void)fprintf(stderr, "%s: %s\n", im->report_path, strerror(errno));
            return false;
        }
        (void)fputs("\"line\",\"field\",\"reason\",", im->report);
        for (size_t i = 0; i < im->ncolumns; i++)
            write_cell(im->report, im->columns[i]->name, i + 1 == im->ncolumns);
    }
    (void)snprintf(number, sizeof(number), "%lld", (long long)line);
    write_cell(im->report, number, false);
    write_cell(im->report, field, false);
    write_cell(im->report, reason, ncells == 0);
    for (size_t i = 0; i < ncells; i++)
        write_cell(im->report, cells[i], i + 1 == ncells);
    return true;
}

static bool read_header(struct import *im, const struct csv_row *row)
{
    char missing[64] = "";

    for (size_t i = 0; i < row->n; i++) {
        const struct column *c = find_column(im->kind, row->fields[i]);

        if (c == NULL || has_column(im, row->fields[i])) {
            (void)fprintf(stderr, "line %lld: column '%s' is %s. Columns are:", (long long)row->line, row->fields[i],
                          c == NULL ? "not known" : "there twice");
            for (c = im->kind->resource->columns; c->name != NULL; c++)
                (void)fprintf(stderr, " %s", c->name);
            for (c = im->kind->more; c->name != NULL; c++)
                (void)fprintf(stderr, " %s", resource_column(im->kind->resource, c->name) < 0 ? c->name : "");
            (void)fputc('\n', stderr);
            im->ncolumns = 0;
            return false;
        }
        im->columns[im->ncolumns++] = c;
    }
    for (const char *p = im->kind->required; *p != '\0';) {
        size_t n = strcspn(p, " ");

        (void)snprintf(missing, sizeof(missing), "%.*s", (int)n, p);
        if (!has_column(im, missing)) {
            (void)fprintf(stderr, "line %lld: the column '%s' is missing\n", (long long)row->line, missing);
            im->ncolumns = 0;
            return false;
        }
        p += n + (p[n] == ' ');
    }
    return true;
}

static void show_progress(struct import *im, bool last)
{
    int64_t now = clock_mono_ms(), ms = now - im->started_ms;

    if (!im->show_progress || (!last && now - im->shown_ms < 200))
        return;
    im->shown_ms = now;
    (void)fprintf(stderr, "\r%3d %%  %lld rows  %lld rows/s ",
                  im->size > 0 ? (int)(100 * im->bytes / im->size) : last ? 100 : 0, (long long)im->read,
                  (long long)(ms > 0 ? im->read * 1000 / ms : 0));
    if (last)
        (void)fputc('\n', stderr);
}

static enum outcome flush(struct import *im)
{
    enum outcome o = db_copy_in_put(im->ctl->db, im->buffer, im->buffered, &im->ctl->err);

    im->buffered = 0;
    return o;
}

/* One cell in COPY's text format (PostgreSQL manual, COPY, "Text Format"). The buffer has room for a whole row. */
static void put_cell(struct import *im, const char *text)
{
    char *p = im->buffer + im->buffered;

    *p++ = '\t';
    if (*text == '\0') {
        *p++ = '\\';
        *p++ = 'N';
    }
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\\':
            *p++ = '\\';
            *p++ = '\\';
            break;
        case '\n':
            *p++ = '\\';
            *p++ = 'n';
            break;
        case '\r':
            *p++ = '\\';
            *p++ = 'r';
            break;
        case '\t':
            *p++ = '\\';
            *p++ = 't';
            break;
        default:
            *p++ = *text;
        }
    }
    im->buffered = (size_t)(p - im->buffer);
}

static enum outcome begin_copy(struct import *im)
{
    struct buf sql;

    buf_init(&sql, im->ctl->arena, 512);
    buf_puts(&sql, "COPY staged (row_line");
    for (size_t i = 0; i < im->ncolumns; i++)
        buf_printf(&sql, ", %s", im->columns[i]->name);
    buf_puts(&sql, ") FROM STDIN");
    im->copying = true;
    return db_copy_in_begin(im->ctl->db, im->ctl->arena, sql.data, &im->ctl->err);
}

/* Checks a row's cells; *e names the first wrong one. */
static bool check_row(const struct import *im, const struct csv_row *row, struct error *e)
{
    bool ok = true;

    if (row->n != im->ncolumns)
        return error_field(e, OUT_INVALID, "row", "has %zu fields, the header has %zu", row->n, im->ncolumns) == OUT_OK;
    for (size_t i = 0; ok && i < row->n; i++) {
        const struct column *c = im->columns[i];

        if (!str_is_text(row->fields[i], row->lengths[i]))
            ok = error_field(e, OUT_INVALID, c->name, "is not UTF-8") == OUT_OK;
        else if (row->fields[i][0] != '\0')
            ok = column_check(c, c->name, row->fields[i], e) == OUT_OK;
        else if (is_required(im->kind, c->name))
            ok = error_field(e, OUT_INVALID, c->name, "is empty") == OUT_OK;
    }
    return ok;
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct import *im = ctx;
    struct error e;
    bool ok;

    if (im->ncolumns == 0)
        return read_header(im, row) && begin_copy(im) == OUT_OK;
    im->read++;
    show_progress(im, false);
    error_init(&e, im->row_arena);
    ok = check_row(im, row, &e);
    if (!ok)
        ok = refuse(im, row->line, e.fields[0].field, e.fields[0].detail, row->fields, row->n);
    else {
        if (im->buffered + 2 * CSV_ROW_MAX + 512 > COPY_BUFFER && flush(im) != OUT_OK)
            return false;
        im->buffered += (size_t)snprintf(im->buffer + im->buffered, 32, "%lld", (long long)row->line);
        for (size_t i = 0; i < row->n; i++)
            put_cell(im, row->fields[i]);
        im->buffer[im->buffered++] = '\n';
    }
    arena_reset(im->row_arena);
    return ok;
}

/* Reads the file into "staged". */
static enum outcome stage(struct import *im, FILE *f)
{
    struct ctl *c = im->ctl;
    char *sql = arena_printf(c->arena,
                             "CREATE TEMPORARY TABLE staged (row_line bigint, %s) ON COMMIT DROP;"
                             "CREATE TEMPORARY TABLE refused (line bigint, field text, reason text) ON COMMIT DROP",
                             im->kind->staged);
    const char *why;
    int64_t line, rows;
    enum outcome o = db_script(c->db, c->arena, sql, &c->err);

    if (o != OUT_OK)
        return o;
    if (!csv_read(f, on_row, im, &im->bytes, &line, &why)) {
        if (why != NULL)
            return error_set(&c->err, OUT_INVALID, "line %lld: %s", (long long)line, why);
        return c->err.outcome != OUT_OK ? c->err.outcome : error_set(&c->err, OUT_INVALID, "nothing was stored");
    }
    if (im->ncolumns == 0)
        return error_set(&c->err, OUT_INVALID, "the file is empty: a header row is needed");
    o = flush(im);
    if (o == OUT_OK)
        o = db_copy_in_end(c->db, &rows, &c->err);
    im->copying = false;
    show_progress(im, true);
    return o;
}

/* Tells of the rows that a check found, with their cells as the file had them. */
static enum outcome report_refused(struct import *im)
{
    struct ctl *c = im->ctl;
    struct db_result *r;
    struct buf sql;
    enum outcome o;

    buf_init(&sql, c->arena, 512);
    buf_puts(&sql, "SELECT r.line, r.field, r.reason");
    for (size_t i = 0; i < im->ncolumns; i++)
        buf_printf(&sql, ", s.%s::text", im->columns[i]->name);
    buf_puts(&sql, " FROM refused r JOIN staged s ON s.row_line = r.line ORDER BY r.line");
    o = db_query(c->db, c->arena, DB_READ, sql.data, NULL, 0, &r, &c->err);
    for (size_t i = 0; o == OUT_OK && i < db_rows(r); i++) {
        const char *cells[CSV_FIELDS_MAX];

        for (size_t k = 0; k < im->ncolumns; k++)
            cells[k] = db_get(r, i, 3 + (int)k);
        if (!refuse(im, db_get_i64(r, i, 0), db_get(r, i, 1), db_get(r, i, 2), cells, im->ncolumns))
            o = error_set(&c->err, OUT_INTERNAL, "the report can't be written");
    }
    return o;
}

/* The checks that only the database can make. A row is told of once, by the first that finds it. */
static enum outcome check_staged(struct import *im)
{
    struct ctl *c = im->ctl;
    enum outcome o = db_script(c->db, c->arena, "ANALYZE staged", &c->err);

    if (o == OUT_OK && has_column(im, "vessel_imo"))
        o = db_script(c->db, c->arena,
                      "UPDATE staged SET vessel_id = v.id FROM (SELECT DISTINCT ON (imo) imo, id FROM vessels"
                      " ORDER BY imo, eta DESC NULLS LAST) AS v"
                      " WHERE v.imo = staged.vessel_imo AND staged.vessel_id IS NULL",
                      &c->err);
    for (const struct check *k = im->kind->checks; o == OUT_OK && k->sql != NULL; k++) {
        if (k->needs != NULL && !has_column(im, k->needs))
            continue;
        o = db_script(c->db, c->arena,
                      arena_printf(c->arena,
                                   "INSERT INTO refused SELECT * FROM (%s) AS c (line, field, reason)"
                                   " WHERE NOT EXISTS (SELECT FROM refused r WHERE r.line = c.line)",
                                   k->sql),
                      &c->err);
    }
    if (o == OUT_OK)
        o = report_refused(im);
    if (o == OUT_OK)
        o = db_script(c->db, c->arena, "DELETE FROM staged USING refused WHERE staged.row_line = refused.line", &c->err);
    return o;
}

/* One row that may be refused for its own reason, which must not undo the others. */
static enum outcome store_line(struct import *im, const struct db_result *lines, size_t i)
{
    struct ctl *c = im->ctl;
    const char *params[] = {db_get(lines, i, 0)};
    struct db_result *r;
    struct error e;
    enum outcome o = db_script(c->db, c->arena, "SAVEPOINT one", &c->err);

    if (o != OUT_OK)
        return o;
    error_init(&e, c->arena);
    o = db_query(c->db, c->arena, DB_WRITE, im->kind->store_line, params, 1, &r, &e);
    if (o == OUT_OK) {
        im->stored += db_affected(r);
        im->known += db_affected(r) == 0;
        return db_script(c->db, c->arena, "RELEASE one", &c->err);
    }
    o = resource_explain(im->kind->resource, db_last_failure(c->db), o, &e);
    if (o != OUT_INVALID && o != OUT_CONFLICT)
        return error_log(&c->err, o, "line %s: %s", params[0], e.log != NULL ? e.log : "failed");
    o = db_script(c->db, c->arena, "ROLLBACK TO one", &c->err);
    if (o == OUT_OK &&
        db_query(c->db, c->arena, DB_WRITE, "INSERT INTO refused VALUES ($1::bigint, $2, $3)",
                 (const char *[]){params[0], e.fields[0].field, e.fields[0].detail}, 3, &r, &c->err) != OUT_OK)
        o = c->err.outcome;
    return o;
}

static enum outcome store(struct import *im)
{
    struct ctl *c = im->ctl;
    struct db_result *r;
    enum outcome o = db_query(c->db, c->arena, DB_READ,
                              im->kind->store != NULL ? "SELECT count(*) FROM staged"
                                                      : "SELECT row_line FROM staged ORDER BY row_line",
                              NULL, 0, &r, &c->err);

    if (o != OUT_OK)
        return o;
    if (im->kind->store != NULL) {
        int64_t rows = db_get_i64(r, 0, 0);

        o = db_query(c->db, c->arena, DB_WRITE, im->kind->store, NULL, 0, &r, &c->err);
        if (o != OUT_OK)
            return o;
        im->stored = db_affected(r);
        im->known = rows - im->stored;
        return OUT_OK;
    }
    o = db_script(c->db, c->arena, "TRUNCATE refused", &c->err);
    for (size_t i = 0; o == OUT_OK && i < db_rows(r); i++)
        o = store_line(im, r, i);
    if (o == OUT_OK)
        o = report_refused(im);
    if (o == OUT_OK && im->kind->afterwards != NULL)
        o = db_query(c->db, c->arena, DB_WRITE, im->kind->afterwards, NULL, 0, &r, &c->err);
    return o;
}

static enum outcome run(struct import *im, FILE *f, bool dry_run)
{
    struct ctl *c = im->ctl;
    enum outcome o = db_begin(c->db, c->arena, &c->err);

    if (o == OUT_OK)
        o = stage(im, f);
    if (o == OUT_OK)
        o = check_staged(im);
    if (o == OUT_OK && (im->refused == 0 || im->skip_bad))
        o = store(im);
    if (o == OUT_OK && im->refused > 0 && !im->skip_bad)
        o = error_set(&c->err, OUT_INVALID, "%lld rows are not good, so nothing was stored. Correct them, or use --skip-bad.",
                      (long long)im->refused);
    if (o == OUT_OK && !dry_run)
        return db_commit(c->db, c->arena, &c->err);
    if (im->copying) /* the server still waits for rows: only dropping the connection ends that */
        db_disconnect(c->db);
    else
        db_rollback(c->db, c->arena);
    return o;
}

static void print_result(const struct import *im, bool json, bool dry_run)
{
    double s = (double)(clock_mono_ms() - im->started_ms) / 1000;

    if (json)
        (void)printf("{\"read\":%lld,\"stored\":%lld,\"already_there\":%lld,\"refused\":%lld,\"seconds\":%.2f,"
                     "\"rows_per_second\":%.0f,\"dry_run\":%s}\n",
                     (long long)im->read, (long long)im->stored, (long long)im->known, (long long)im->refused, s,
                     s > 0 ? (double)im->read / s : 0, dry_run ? "true" : "false");
    else
        (void)printf("%-14s %10lld\n%-14s %10lld%s\n%-14s %10lld\n%-14s %10lld%s%s\n%-14s %10.2f\n%-14s %10.0f\n", "read",
                     (long long)im->read, "stored", (long long)im->stored, dry_run ? "  (not kept: --dry-run)" : "",
                     "already there", (long long)im->known, "refused", (long long)im->refused,
                     im->report != NULL ? "  see " : "", im->report != NULL ? im->report_path : "", "seconds", s,
                     "rows/s", s > 0 ? (double)im->read / s : 0);
}

int cmd_import(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json"), dry_run = ctl_flag(&argc, argv, "--dry-run");
    struct import im = {.ctl = c, .skip_bad = ctl_flag(&argc, argv, "--skip-bad"), .started_ms = clock_mono_ms()};
    const char *report = ctl_option(&argc, argv, "--report");
    struct stat st;
    enum outcome o;
    FILE *f;

    for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0)
            im.kind = &kinds[i];
    }
    if (im.kind == NULL)
        return ctl_usage(c, "takes vessels or tallies, and a FILE ('-' is standard input).\n"
                            "Only rows with an id can be imported twice and are stored once");
    f = strcmp(argv[2], "-") == 0 ? stdin : fopen(argv[2], "re");
    if (f == NULL) {
        (void)fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    im.size = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
    im.report_path = report != NULL ? report : arena_printf(c->arena, "%s.refused.csv", f == stdin ? "import" : argv[2]);
    im.show_progress = isatty(STDERR_FILENO) != 0;
    im.row_arena = arena_new(16 * 1024);
    im.buffer = arena_alloc(c->arena, COPY_BUFFER);
    o = run(&im, f, dry_run);
    if (f != stdin)
        (void)fclose(f); /* was only read */
    if (im.report != NULL && fclose(im.report) != 0 && o == OUT_OK)
        (void)fprintf(stderr, "%s: %s\n", im.report_path, strerror(errno));
    arena_free(&im.row_arena);
    if (im.refused > PROBLEMS_SHOWN)
        (void)fprintf(stderr, "… and %lld more\n", (long long)im.refused - PROBLEMS_SHOWN);
    if (o != OUT_OK)
        return ctl_failed(c, &c->err);
    print_result(&im, json, dry_run);
    return 0;
}
