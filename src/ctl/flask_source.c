/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/flask_source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define CONNECT_TIMEOUT_MS 10000 /* it may be far away, and nobody waits at a page */
#define PROGRESS_MS        200

/* Row level security must refuse, and not keep rows back. In the transaction, as a pooler in between may know no sessions. */
#define SNAPSHOT_SQL                                                                                                \
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO';" \
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off"

/* A row of their catalogue. */
struct found {
    const char *name, *type;
    bool known; /* some line of the table names it */
};

struct catalogue {
    const char *table; /* quoted */
    struct found *columns;
    size_t n;
};

/* Rows on their way from one database to the other. */
struct passing {
    struct ctl *c;
    const char *what;
    int64_t rows, all;
};

void flask_progress(const char *doing, int64_t done, int64_t all)
{
    static int64_t shown_ms;
    int64_t now = clock_mono_ms();

    if (isatty(STDERR_FILENO) == 0 || (done > 0 && done < all && now - shown_ms < PROGRESS_MS))
        return;
    shown_ms = now;
    (void)fputs("\r\033[K", stderr);
    if (doing != NULL && all > 0)
        (void)fprintf(stderr, "%s: %lld of %lld", doing, (long long)done, (long long)all);
    else if (doing != NULL)
        (void)fputs(doing, stderr);
}

/* It was their database that failed. */
static enum outcome of_theirs(struct ctl *c, enum outcome o)
{
    const char *text = c->err.log != NULL ? c->err.log : c->err.detail;

    return o == OUT_OK ? o : error_log(&c->err, OUT_INTERNAL, "the Flask application's database: %s", text != NULL ? text : "failed");
}

static enum outcome ask(struct ctl *c, struct flask_source *s, const char *sql, const char *const *params, size_t nparams,
                        struct db_result **r)
{
    return of_theirs(c, db_query(s->db, c->arena, DB_READ, sql, params, nparams, r, &c->err));
}

const char *flask_url(struct arena *arena, const char *url)
{
    const char *rest = strstr(url, "://");

    if (rest != NULL && (str_starts(url, "postgresql+") || str_starts(url, "postgres+")))
        return arena_printf(arena, "postgresql%s", rest);
    return url;
}

enum outcome flask_open(struct ctl *c, struct flask_source *s, const char *url)
{
    struct db_result *r;
    enum outcome o;
    const char *why;

    *s = (struct flask_source){.conf = *c->conf};
    if (!db_check_url(url, &why))
        return error_set(&c->err, OUT_INVALID, "the URL of the Flask application's database %s", why);
    s->conf.database_url = arena_strdup(c->arena, url); /* the member isn't const */
    s->conf.database_connect_timeout_ms = CONNECT_TIMEOUT_MS;
    s->conf.database_prepare = false;
    s->db = db_new(&s->conf, "stevedoresctl");
    db_unlimited(s->db);
    o = of_theirs(c, db_begin(s->db, c->arena, &c->err));
    if (o == OUT_OK)
        o = of_theirs(c, db_script(s->db, c->arena, SNAPSHOT_SQL, &c->err));
    if (o == OUT_OK)
        o = ask(c, s, "SELECT to_regclass('schema_migrations') IS NOT NULL AND to_regclass('cache_versions') IS NOT NULL", NULL, 0, &r);
    if (o == OUT_OK && db_get(r, 0, 0)[0] == 't')
        o = error_set(&c->err, OUT_INVALID, "that is a database of this program, and not the Flask application's");
    return o;
}

void flask_close(struct flask_source *s)
{
    db_free(&s->db);
}

/* --- what is there ------------------------------------------------------------------------------------------------- */

/* Takes the next of the names, which blanks separate, off the front; NULL: there is none. */
static const char *next_name(const char **names, struct arena *arena)
{
    size_t n = strcspn(*names, " ");
    const char *name = n > 0 ? arena_strndup(arena, *names, n) : NULL;

    *names += n;
    *names += strspn(*names, " ");
    return name;
}

static struct found *find(struct catalogue *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++) {
        if (strcmp(k->columns[i].name, name) == 0)
            return &k->columns[i];
    }
    return NULL;
}

/* The table's columns; k->n is 0 when it isn't there. */
static enum outcome look(struct ctl *c, struct flask_source *s, const struct flask_table *t, struct catalogue *k)
{
    const char *names = t->theirs, *name;
    struct db_result *r;
    enum outcome o = OUT_OK;

    *k = (struct catalogue){.n = 0};
    while (o == OUT_OK && k->n == 0 && (name = next_name(&names, c->arena)) != NULL) {
        k->table = arena_printf(c->arena, "\"%s\"", name);
        o = ask(c, s,
                "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
                " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                &k->table, 1, &r);
        k->n = o == OUT_OK ? db_rows(r) : 0;
    }
    if (k->n == 0)
        return o == OUT_OK ? error_set(&c->err, OUT_INVALID, "there is no table of %s in the Flask application's database", t->what) : o;
    k->columns = arena_zalloc(c->arena, k->n * sizeof(*k->columns));
    for (size_t i = 0; i < k->n; i++)
        k->columns[i] = (struct found){.name = db_get(r, i, 0), .type = db_get(r, i, 1)};
    return OUT_OK;
}

/* --- how it is asked for ------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *type, const char *types)
{
    size_t n = strlen(type);

    for (const char *p = types; (p = strstr(p, type)) != NULL; p += n) {
        if ((p == types || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* Types that a kind of column is made of; NULL: of any. */
static const char *types_of(enum flask_take take)
{
    switch (take) {
    case TAKE_KEY:
        return "int2 int4 int8 uuid text varchar bpchar";
    case TAKE_COUNT:
    case TAKE_NUMBER:
        return "int2 int4 int8";
    case TAKE_BOOL:
        return "bool";
    case TAKE_TIME:
    case TAKE_TIME_END:
        return "timestamp timestamptz date";
    default:
        return NULL;
    }
}

/* One of their columns as the text that ours is made of. `zone` is a quoted literal. */
static void put_value(struct buf *b, const struct flask_column *column, const struct found *f, const char *zone)
{
    bool is_time = column->take == TAKE_TIME || column->take == TAKE_TIME_END;

    if (column->take == TAKE_NOTE)
        buf_printf(b, "CASE WHEN btrim(\"%s\"::text) NOT IN ('', '0', '{}', '[]', 'null', 'good', 'normal') THEN '%s%s' || btrim(\"%s\"::text) END",
                   f->name, column->ours, *column->ours != '\0' ? ": " : "", f->name);
    else if (column->take == TAKE_NUMBER)
        buf_printf(b, "nullif(\"%s\", 0)::text", f->name);
    else if (is_time && strcmp(f->type, "timestamptz") != 0)
        buf_printf(b, "((\"%s\"%s)::timestamp AT TIME ZONE %s)::text", f->name,
                   column->take == TAKE_TIME_END && strcmp(f->type, "date") == 0 ? " + 1" : "", zone);
    else
        buf_printf(b, "nullif(btrim(\"%s\"::text), '')", f->name);
}

/* Puts "coalesce(…)" of those of a column's names that are there; *any: whether there is one. */
static enum outcome put_column(struct ctl *c, struct buf *b, const struct flask_column *column, struct catalogue *k,
                               const char *zone, bool *any)
{
    const char *names = column->theirs, *types = types_of(column->take), *name;

    *any = false;
    while ((name = next_name(&names, c->arena)) != NULL) {
        struct found *f = find(k, name);

        if (f == NULL)
            continue;
        f->known = true;
        if (types != NULL && !is_one_of(f->type, types))
            return error_set(&c->err, OUT_INVALID, "the column %s.%s of the Flask application is of type %s; what is understood is %s",
                             k->table, name, f->type, types);
        buf_puts(b, *any ? ", " : "coalesce(");
        put_value(b, column, f, zone);
        *any = true;
    }
    if (*any)
        buf_char(b, ')');
    else if (column->needed)
        return error_set(&c->err, OUT_INVALID, "the table %s of the Flask application has no column %s", k->table, column->theirs);
    return OUT_OK;
}

/* Ends both statements with the notes, of which there may be many for one column of ours. */
static enum outcome put_notes(struct ctl *c, struct buf *ours, struct buf *theirs, const struct flask_column *columns,
                              struct catalogue *k, const char *zone)
{
    enum outcome o = OUT_OK;
    bool any;

    buf_puts(ours, ", notes");
    buf_puts(theirs, ", nullif(concat_ws(E'\\n', NULL");
    for (const struct flask_column *column = columns; o == OUT_OK && column->ours != NULL; column++) {
        struct buf value;

        if (column->take != TAKE_NOTE)
            continue;
        buf_init(&value, c->arena, 128);
        o = put_column(c, &value, column, k, zone, &any);
        if (any)
            buf_printf(theirs, ", %s", value.data);
    }
    buf_puts(theirs, "), '')");
    return o;
}

/* The statements that the rows leave and arrive by. */
static enum outcome write_copies(struct ctl *c, const struct flask_table *t, struct catalogue *k, const char *zone, struct buf *ours,
                                 struct buf *theirs)
{
    enum outcome o = OUT_OK;
    bool any;

    buf_init(ours, c->arena, 512);
    buf_init(theirs, c->arena, 4096);
    buf_printf(ours, "COPY %s (", t->stage);
    buf_puts(theirs, "COPY (SELECT ");
    for (const struct flask_column *column = t->columns; o == OUT_OK && column->ours != NULL; column++) {
        struct buf value;

        if (column->take == TAKE_NOTE || column->take == TAKE_NOTHING)
            continue;
        buf_init(&value, c->arena, 128);
        o = put_column(c, &value, column, k, zone, &any);
        if (any) {
            buf_printf(ours, "%s%s", column == t->columns ? "" : ", ", column->ours);
            buf_printf(theirs, "%s%s", column == t->columns ? "" : ", ", value.data);
        }
    }
    if (o == OUT_OK)
        o = put_notes(c, ours, theirs, t->columns, k, zone);
    buf_puts(ours, ") FROM STDIN");
    buf_printf(theirs, " FROM %s) TO STDOUT", k->table);
    return o;
}

/* --- on the way ---------------------------------------------------------------------------------------------------- */

static bool pass_on(void *ctx, const char *data, size_t n)
{
    struct passing *p = ctx;

    flask_progress(p->what, ++p->rows, p->all);
    return db_copy_in_put(p->c->db, data, n, &p->c->err) == OUT_OK;
}

/* COPY's text format is the same in both, so its bytes are. */
static enum outcome copy(struct ctl *c, struct flask_source *s, const char *theirs, const char *ours, struct passing *p)
{
    enum outcome o = db_copy_in_begin(c->db, c->arena, ours, &c->err);
    int64_t rows;

    if (o != OUT_OK)
        return o;
    o = of_theirs(c, db_copy_out(s->db, c->arena, theirs, pass_on, p, &c->err));
    if (o == OUT_OK && c->err.outcome != OUT_OK)
        o = c->err.outcome; /* it was ours that took no more */
    if (o == OUT_OK)
        o = db_copy_in_end(c->db, &rows, &c->err);
    else
        db_disconnect(c->db); /* it still waits for rows: only that ends it */
    flask_progress(NULL, 0, 0);
    return o;
}

/* What stays behind: of which column, in how many rows, and why. */
static enum outcome note_left(struct ctl *c, struct flask_source *s, const struct flask_table *t, const char *table, const char *column,
                              const char *why)
{
    const char *params[] = {t->what, column, NULL, why};
    struct db_result *r;
    enum outcome o = ask(c, s, arena_printf(c->arena, "SELECT count(\"%s\") FROM %s", column, table), NULL, 0, &r);

    if (o != OUT_OK)
        return o;
    params[2] = db_get(r, 0, 0);
    return db_query(c->db, c->arena, DB_WRITE, "INSERT INTO flask_left VALUES ($1, $2, $3::bigint, $4)", params, 4, &r, &c->err);
}

static enum outcome note_all_left(struct ctl *c, struct flask_source *s, const struct flask_table *t, struct catalogue *k)
{
    enum outcome o = OUT_OK;

    for (const struct flask_column *column = t->columns; o == OUT_OK && column->ours != NULL; column++) {
        const char *names = column->theirs, *name;

        while (o == OUT_OK && column->take == TAKE_NOTHING && (name = next_name(&names, c->arena)) != NULL) {
            struct found *f = find(k, name);

            if (f == NULL)
                continue;
            f->known = true;
            o = note_left(c, s, t, k->table, name, column->ours);
        }
    }
    for (size_t i = 0; o == OUT_OK && i < k->n; i++) {
        if (!k->columns[i].known && strchr(k->columns[i].name, '"') == NULL)
            o = note_left(c, s, t, k->table, k->columns[i].name, "is not known");
    }
    return o;
}

enum outcome flask_fetch(struct ctl *c, struct flask_source *s, const struct flask_table *t, const char *zone)
{
    struct passing p = {.c = c, .what = arena_printf(c->arena, "reading %s", t->what)};
    const char *quoted = db_quote(s->db, c->arena, zone);
    const char *params[] = {t->what, NULL};
    struct buf ours, theirs;
    struct catalogue k;
    struct db_result *r;
    enum outcome o = look(c, s, t, &k);

    if (o == OUT_OK)
        o = write_copies(c, t, &k, quoted != NULL ? quoted : "'UTC'", &ours, &theirs);
    if (o == OUT_OK)
        o = note_all_left(c, s, t, &k);
    if (o == OUT_OK)
        o = ask(c, s, arena_printf(c->arena, "SELECT count(*) FROM %s", k.table), NULL, 0, &r);
    if (o != OUT_OK)
        return o;
    params[1] = db_get(r, 0, 0);
    p.all = db_get_i64(r, 0, 0);
    o = db_query(c->db, c->arena, DB_WRITE, "INSERT INTO flask_there VALUES ($1, $2::bigint)", params, 2, &r, &c->err);
    return o == OUT_OK ? copy(c, s, theirs.data, ours.data, &p) : o;
}

enum outcome flask_fetch_sums(struct ctl *c, struct flask_source *s)
{
    static const struct flask_column columns[] = {
        {"vessel", TAKE_KEY, true, "vessel_id"},
        {"tally_type", TAKE_TEXT, false, "tally_type"},
    };
    struct passing p = {.c = c, .what = "adding up"};
    struct buf sql, type;
    struct catalogue k;
    enum outcome o = look(c, s, &flask_tallies, &k);
    bool any = false;

    if (o != OUT_OK)
        return o;
    buf_init(&sql, c->arena, 512);
    buf_init(&type, c->arena, 128);
    buf_puts(&sql, "COPY (SELECT ");
    o = put_column(c, &sql, &columns[0], &k, "", &any);
    if (o == OUT_OK)
        o = put_column(c, &type, &columns[1], &k, "", &any);
    buf_printf(&sql, ", %s, count(*), coalesce(sum(\"cargo_count\"), 0) FROM %s GROUP BY 1, 2) TO STDOUT", any ? type.data : "NULL", k.table);
    return o == OUT_OK ? copy(c, s, sql.data, "COPY flask_sums FROM STDIN", &p) : o;
}
