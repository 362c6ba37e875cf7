/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl import. The file streams through the checks of the engine's columns into a temporary table (COPY); what
 * only the database can tell is checked there, set by set; then one INSERT … SELECT stores what is good. One
 * transaction: all, or with --skip-bad all that is good. Memory is constant, whatever the file's size.
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
#include "ctl/csv_reader.h"
#include "ctl/import_kinds.h"

#define PROBLEMS_SHOWN 20
#define COPY_BUFFER    ((size_t)256 * 1024)
#define BATCH          1000 /* rows that are fetched at once; the FETCH statements below say the same */
#define BAR_WIDTH      30

/* What the server may use for this one transaction: enough to hash the ids of a million rows at once. */
#define SESSION_SQL "SET LOCAL work_mem = '64MB'; SET temp_buffers = '64MB'"

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
    struct arena *row_arena;   /* reset after each row */
    struct arena *batch_arena; /* reset after each BATCH */
};

static bool has_column(const struct import *im, const char *name)
{
    for (size_t i = 0; i < im->ncolumns; i++) {
        if (strcmp(im->columns[i]->name, name) == 0)
            return true;
    }
    return false;
}

/* --- what people see ---------------------------------------------------------------------------------------------- */

static void show_progress(struct import *im, const char *doing, bool now)
{
    int64_t at = clock_mono_ms(), ms = at - im->started_ms;
    int done = im->size > 0 ? (int)(BAR_WIDTH * im->bytes / im->size) : 0;

    if (!im->show_progress || (!now && at - im->shown_ms < 200))
        return;
    im->shown_ms = at;
    (void)fprintf(stderr, "\r%-9s [%.*s%*s] %10lld rows %8lld rows/s ", doing, done,
                  "##############################", BAR_WIDTH - done, "", (long long)im->read,
                  (long long)(ms > 0 ? im->read * 1000 / ms : 0));
}

static void write_cell(FILE *f, const char *text, bool last)
{
    (void)csv_fwrite(f, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
    (void)fputs(last ? "\r\n" : ",", f); /* what could not be written shows when the report is closed */
}

/* Counts a refused row, and tells of it: the first ones on the terminal, with --skip-bad all in the report. */
static bool refuse(struct import *im, int64_t line, const char *field, const char *reason, const char *const *cells,
                   size_t ncells)
{
    char number[32];

    if (++im->refused <= PROBLEMS_SHOWN)
        (void)fprintf(stderr, "%sline %lld: %s: %s\n", im->show_progress ? "\r\033[K" : "", (long long)line, field, reason);
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

/* --- from the file into "staged" ---------------------------------------------------------------------------------- */

static enum outcome flush(struct import *im)
{
    enum outcome o = db_copy_in_put(im->ctl->db, im->buffer, im->buffered, &im->ctl->err);

    im->buffered = 0;
    return o;
}

/* One cell in COPY's text format (PostgreSQL manual, COPY, "Text Format"). The buffer has room for a whole row. */
static void put_cell(struct import *im, const char *text, bool is_null)
{
    char *p = im->buffer + im->buffered;

    *p++ = '\t';
    if (is_null) {
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

static enum outcome read_header(struct import *im, const struct csv_row *row)
{
    struct error *e = &im->ctl->err, header;

    error_init(&header, im->row_arena);
    if (kind_read_header(im->kind, row->fields, row->n, im->columns, &header) != OUT_OK)
        return error_set(e, OUT_INVALID, "line %lld: %s: %s", (long long)row->line, header.fields[0].field,
                         header.fields[0].detail);
    im->ncolumns = row->n;
    return begin_copy(im);
}

/* Only a text that may be empty can be; any other empty cell is nothing. */
static bool is_null(const struct column *c, const struct csv_row *row, size_t i)
{
    return row->lengths[i] == 0 && !(row->quoted_empty[i] && c->type == COL_TEXT && c->min == 0);
}

/* Checks a row's cells; *e names the first wrong one. */
static enum outcome check_row(const struct import *im, const struct csv_row *row, struct error *e)
{
    enum outcome o = OUT_OK;

    if (row->n != im->ncolumns)
        return error_field(e, OUT_INVALID, "row", "has %zu fields, the header has %zu", row->n, im->ncolumns);
    for (size_t i = 0; o == OUT_OK && i < row->n; i++) {
        const struct column *c = im->columns[i];

        if (!str_is_text(row->fields[i], row->lengths[i]))
            o = error_field(e, OUT_INVALID, c->name, "is not UTF-8");
        else if (row->lengths[i] > 0)
            o = column_check(c, c->name, row->fields[i], e);
        else if (kind_requires(im->kind, c->name))
            o = error_field(e, OUT_INVALID, c->name, "is empty");
    }
    return o;
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct import *im = ctx;
    struct error e;
    bool ok = true;

    if (im->ncolumns == 0)
        return read_header(im, row) == OUT_OK;
    im->read++;
    show_progress(im, "reading", false);
    error_init(&e, im->row_arena);
    if (check_row(im, row, &e) != OUT_OK) {
        ok = refuse(im, row->line, e.fields[0].field, e.fields[0].detail, row->fields, row->n);
    } else {
        /* A cell's every byte may become two, and an empty one becomes \N. */
        if (im->buffered + (size_t)2 * CSV_ROW_MAX + 512 > COPY_BUFFER && flush(im) != OUT_OK)
            return false;
        im->buffered += (size_t)snprintf(im->buffer + im->buffered, 32, "%lld", (long long)row->line);
        for (size_t i = 0; i < row->n; i++)
            put_cell(im, row->fields[i], is_null(im->columns[i], row, i));
        im->buffer[im->buffered++] = '\n';
    }
    arena_reset(im->row_arena);
    return ok;
}

static enum outcome stage(struct import *im, FILE *f)
{
    struct ctl *c = im->ctl;
    char *sql = arena_printf(c->arena,
                             SESSION_SQL "; CREATE TEMPORARY TABLE staged (row_line bigint, %s) ON COMMIT DROP;"
                             "CREATE TEMPORARY TABLE refused (line bigint PRIMARY KEY, field text, reason text)"
                             " ON COMMIT DROP",
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
    return o;
}

/* --- checks in the database --------------------------------------------------------------------------------------- */

/* Calls fn for each row of the cursor that `declare` makes and `fetch` reads, BATCH at a time. */
static enum outcome walk(struct import *im, const char *declare, const char *fetch, const char *close,
                         enum outcome (*fn)(struct import *im, const struct db_result *r, size_t i))
{
    struct ctl *c = im->ctl;
    enum outcome o = db_script(c->db, c->arena, declare, &c->err);
    size_t n = BATCH;

    while (o == OUT_OK && n == BATCH) {
        struct db_result *r;

        o = db_query(c->db, im->batch_arena, DB_READ, fetch, NULL, 0, &r, &c->err);
        n = o == OUT_OK ? db_rows(r) : 0;
        for (size_t i = 0; o == OUT_OK && i < n; i++)
            o = fn(im, r, i);
        arena_reset(im->batch_arena);
    }
    return o == OUT_OK ? db_script(c->db, c->arena, close, &c->err) : o;
}

static enum outcome report_one(struct import *im, const struct db_result *r, size_t i)
{
    const char *cells[CSV_FIELDS_MAX];

    for (size_t k = 0; k < im->ncolumns; k++)
        cells[k] = db_get(r, i, 3 + (int)k);
    return refuse(im, db_get_i64(r, i, 0), db_get(r, i, 1), db_get(r, i, 2), cells, im->ncolumns)
               ? OUT_OK
               : error_set(&im->ctl->err, OUT_INTERNAL, "the report can't be written");
}

/* Tells of the rows that a check found, with their cells in a form that import reads again. */
static enum outcome report_refused(struct import *im)
{
    struct buf sql;

    buf_init(&sql, im->ctl->arena, 512);
    buf_puts(&sql, "DECLARE refused_rows CURSOR FOR SELECT r.line, r.field, r.reason");
    for (size_t i = 0; i < im->ncolumns; i++)
        buf_printf(&sql,
                   im->columns[i]->type == COL_TIME
                       ? ", to_char(s.%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                       : ", s.%s::text",
                   im->columns[i]->name);
    buf_puts(&sql, " FROM refused r JOIN staged s ON s.row_line = r.line ORDER BY r.line");
    return walk(im, sql.data, "FETCH 1000 FROM refused_rows", "CLOSE refused_rows", report_one);
}

/* The checks that only the database can make. A row is told of once, by the first that finds it: the primary key sees to
 * that, because a join with "refused" would read, for each row, all that this statement has put there so far. */
static enum outcome check_staged(struct import *im)
{
    struct ctl *c = im->ctl;
    enum outcome o = db_script(c->db, c->arena, "CREATE INDEX ON staged (row_line); ANALYZE staged", &c->err);

    show_progress(im, "checking", true);
    if (o == OUT_OK && im->kind->resolve != NULL && has_column(im, im->kind->resolve_needs))
        o = db_script(c->db, c->arena, im->kind->resolve, &c->err);
    for (const struct check *k = im->kind->checks; o == OUT_OK && k->sql != NULL; k++) {
        if (k->needs != NULL && !has_column(im, k->needs))
            continue;
        o = db_script(c->db, c->arena,
                      arena_printf(c->arena, "INSERT INTO refused %s ON CONFLICT (line) DO NOTHING", k->sql),
                      &c->err);
    }
    if (o == OUT_OK)
        o = report_refused(im);
    if (o == OUT_OK)
        o = db_script(c->db, c->arena, "DELETE FROM staged USING refused WHERE staged.row_line = refused.line", &c->err);
    return o;
}

/* --- from "staged" into the table --------------------------------------------------------------------------------- */

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
    show_progress(im, "storing", false);
    error_init(&e, im->batch_arena);
    o = db_query(c->db, im->row_arena, DB_WRITE, im->kind->store_line, params, 1, &r, &e);
    if (o == OUT_OK) {
        im->stored += db_affected(r);
        im->known += db_affected(r) == 0;
        arena_reset(im->row_arena);
        return db_script(c->db, c->arena, "RELEASE one", &c->err);
    }
    o = resource_explain(im->kind->resource, db_last_failure(c->db), o, &e);
    if (o != OUT_INVALID && o != OUT_CONFLICT)
        return error_log(&c->err, o, "line %s: %s", params[0], e.log != NULL ? e.log : "failed");
    o = db_script(c->db, c->arena, "ROLLBACK TO one; RELEASE one", &c->err);
    if (o == OUT_OK)
        o = db_query(c->db, im->batch_arena, DB_WRITE, "INSERT INTO refused VALUES ($1::bigint, $2, $3)",
                     (const char *[]){params[0], e.fields[0].field, e.fields[0].detail}, 3, &r, &c->err);
    return o;
}

static enum outcome store_all(struct import *im)
{
    struct ctl *c = im->ctl;
    struct db_result *r;
    int64_t rows;
    enum outcome o = db_query(c->db, c->arena, DB_READ, "SELECT count(*) FROM staged", NULL, 0, &r, &c->err);

    if (o != OUT_OK)
        return o;
    rows = db_get_i64(r, 0, 0);
    o = db_query(c->db, c->arena, DB_WRITE, im->kind->store, NULL, 0, &r, &c->err);
    if (o != OUT_OK)
        return o;
    im->stored = db_affected(r);
    im->known = rows - im->stored;
    return OUT_OK;
}

static enum outcome store(struct import *im)
{
    struct ctl *c = im->ctl;
    enum outcome o = OUT_OK;

    show_progress(im, "storing", true);
    if (im->kind->before != NULL)
        o = db_script(c->db, c->arena, im->kind->before, &c->err);
    if (o != OUT_OK)
        return o;
    if (im->kind->store != NULL)
        return store_all(im);
    o = db_script(c->db, c->arena, "TRUNCATE refused", &c->err);
    if (o == OUT_OK)
        o = walk(im, "DECLARE staged_lines CURSOR FOR SELECT row_line FROM staged ORDER BY row_line",
                 "FETCH 1000 FROM staged_lines", "CLOSE staged_lines", store_line);
    return o == OUT_OK ? report_refused(im) : o;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static enum outcome close_report(struct import *im)
{
    FILE *report = im->report;
    bool ok;

    im->report = NULL;
    if (report == NULL)
        return OUT_OK;
    ok = ferror(report) == 0;
    ok = fclose(report) == 0 && ok;
    return ok ? OUT_OK : error_set(&im->ctl->err, OUT_INTERNAL, "%s: can't be written", im->report_path);
}

static enum outcome run(struct import *im, FILE *f, bool dry_run)
{
    struct ctl *c = im->ctl;
    enum outcome o;

    ctl_sign(c);
    o = db_begin(c->db, c->arena, &c->err);
    if (o == OUT_OK)
        o = stage(im, f);
    if (o == OUT_OK)
        o = check_staged(im);
    if (o == OUT_OK && (im->refused == 0 || im->skip_bad))
        o = store(im);
    if (o == OUT_OK && im->refused > 0 && !im->skip_bad)
        o = error_set(&c->err, OUT_INVALID, "%lld rows are not good, so nothing was stored. Correct them, or use --skip-bad.",
                      (long long)im->refused);
    if (o == OUT_OK)
        o = close_report(im); /* before the commit: rows must not be missing in both */
    if (o == OUT_OK && !dry_run)
        o = db_commit(c->db, c->arena, &c->err);
    else if (im->copying) /* the server still waits for rows: only dropping the connection ends that */
        db_disconnect(c->db);
    else
        db_rollback(c->db, c->arena);
    return o;
}

static void print_result(const struct import *im, bool json, bool dry_run)
{
    double s = (double)(clock_mono_ms() - im->started_ms) / 1000;
    bool reported = im->skip_bad && im->refused > 0;

    if (json)
        (void)printf("{\"read\":%lld,\"stored\":%lld,\"already_there\":%lld,\"refused\":%lld,\"seconds\":%.2f,"
                     "\"rows_per_second\":%.0f,\"dry_run\":%s}\n",
                     (long long)im->read, (long long)im->stored, (long long)im->known, (long long)im->refused, s,
                     s > 0 ? (double)im->read / s : 0, dry_run ? "true" : "false");
    else
        (void)printf("%-14s %10lld\n%-14s %10lld%s\n%-14s %10lld\n%-14s %10lld%s%s\n%-14s %10.2f\n%-14s %10.0f\n", "read",
                     (long long)im->read, "stored", (long long)im->stored, dry_run ? "  (not kept: --dry-run)" : "",
                     "already there", (long long)im->known, "refused", (long long)im->refused,
                     reported ? "  see " : "", reported ? im->report_path : "", "seconds", s,
                     "rows/s", s > 0 ? (double)im->read / s : 0);
}

/* Opens what `path` names and runs; `im` has kind and options. */
static enum outcome import_file(struct import *im, const char *path, bool dry_run)
{
    struct ctl *c = im->ctl;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    enum outcome o, closed;
    struct stat st;

    if (f == NULL)
        return error_set(&c->err, OUT_INVALID, "%s: %s", path, strerror(errno));
    im->size = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
    im->row_arena = arena_new(16384);
    im->batch_arena = arena_new(16384);
    im->buffer = arena_alloc(c->arena, COPY_BUFFER);
    o = run(im, f, dry_run);
    closed = close_report(im);
    if (im->show_progress)
        (void)fputs("\r\033[K", stderr);
    if (im->refused > PROBLEMS_SHOWN)
        (void)fprintf(stderr, "… and %lld more\n", (long long)im->refused - PROBLEMS_SHOWN);
    if (f != stdin)
        (void)fclose(f); /* was only read */
    arena_free(&im->row_arena);
    arena_free(&im->batch_arena);
    return o != OUT_OK ? o : closed;
}

static const struct kind *find_kind(const char *name)
{
    static const struct kind *const boards[] = {import_kinds, import_labour_kinds, import_delivery_kinds};

    for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
        for (const struct kind *k = boards[i]; k->name != NULL; k++) {
            if (strcmp(k->name, name) == 0)
                return k;
        }
    }
    return NULL;
}

int cmd_import(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json"), dry_run = ctl_flag(&argc, argv, "--dry-run");
    struct import im = {.ctl = c, .skip_bad = ctl_flag(&argc, argv, "--skip-bad"), .started_ms = clock_mono_ms()};
    const char *report = ctl_option(&argc, argv, "--report");

    im.kind = argc == 3 ? find_kind(argv[1]) : NULL;
    if (im.kind == NULL)
        return ctl_usage(c, "takes what to import, and a FILE ('-' is standard input).\n"
                            "Only rows with an id can be imported twice and are stored once");
    if (!conf_has_board(c->conf, im.kind->board)) {
        (void)error_set(&c->err, OUT_INVALID, "the board %s is switched off (BOARDS)", im.kind->board);
        return ctl_failed(c, &c->err);
    }
    if (report != NULL && !im.skip_bad)
        return ctl_usage(c, "--report tells of rows that were left out, which only --skip-bad does");
    im.report_path = report != NULL ? report
                                    : arena_printf(c->arena, "%s.refused.csv", strcmp(argv[2], "-") == 0 ? "import" : argv[2]);
    im.show_progress = isatty(STDERR_FILENO) != 0;
    if (import_file(&im, argv[2], dry_run) != OUT_OK) {
        if (json)
            print_result(&im, true, true);
        return ctl_failed(c, &c->err);
    }
    print_result(&im, json, dry_run);
    return 0;
}
