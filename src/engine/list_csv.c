/* SPDX-License-Identifier: Apache-2.0
 *
 * A list as CSV (RFC 4180), from its first row to its last, in constant memory: rows are fetched in pieces by keyset, each
 * piece on an arena of its own, and written while the client reads. A row that is there all the time is there once.
 *
 * Cells have the same texts as the members of the JSON; what is no text or number there is JSON in its cell. A text that a
 * spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV Injection").
 *
 * When the database goes away in the middle, the connection is cut off without an end: the client must not take what it has
 * for the whole.
 */
#include "config.h"
#include "engine/list.h"

#include <json-c/json.h>
#include <string.h>

#include "base/log.h"

#define PIECE_ROWS  500
#define PIECE_ARENA ((size_t)256 * 1024)

struct csv_stream {
    struct exchange x; /* a copy: the handler's own is gone when the rows are written */
    struct list_query q;
    struct arena *piece;
    struct db *db; /* the primary's, or a replica's as long as that goes well */
    struct db_result *rows; /* the first piece, fetched before the answer's head */
};

static void add_text(struct buf *b, const char *text, bool is_text)
{
    bool quoted = text[strcspn(text, ",\"\r\n")] != '\0' || *text == ' ';

    if (quoted)
        buf_char(b, '"');
    if (is_text && *text != '\0' && strchr("=+-@\t\r", *text) != NULL)
        buf_char(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_char(b, '"');
        buf_char(b, *text);
    }
    if (quoted)
        buf_char(b, '"');
}

static void add_cell(struct buf *b, struct json_object *value)
{
    if (value != NULL)
        add_text(b,
                 json_object_is_type(value, json_type_string)
                     ? json_object_get_string(value)
                     : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                 json_object_is_type(value, json_type_string));
}

/* A line of the row's members' names, or of its values. */
static void add_line(struct buf *b, struct json_object *row, bool names)
{
    size_t begun = b->len;

    json_object_object_foreach(row, key, value)
    {
        if (b->len > begun)
            buf_char(b, ',');
        if (names)
            add_text(b, key, false);
        else
            add_cell(b, value);
        if (b->len == begun) /* the first cell is empty: its comma is still to come */
            buf_puts(b, "\"\"");
    }
    buf_puts(b, "\r\n");
}

/* What a replica breaks off, because it has gone or had to replay what was in the way, goes on at the primary. */
static enum outcome fetch(struct csv_stream *s)
{
    struct statement page;
    enum outcome o;

    list_make_page(s->x.resource, &s->q, s->piece, &page);
    o = db_query(s->db, s->piece, DB_READ, page.sql.data, page.params, page.nparams, &s->rows, s->x.err);
    if (o == OUT_OK || s->db == s->x.db)
        return o;
    log_event(LOG_WARN, "replica_left", F_STR("list", s->x.resource->name), F_STR("detail", s->x.err->log));
    s->db = s->x.db;
    error_init(s->x.err, s->piece);
    return db_query(s->db, s->piece, DB_READ, page.sql.data, page.params, page.nparams, &s->rows, s->x.err);
}

/* The piece's rows as text; the next one begins behind its last. */
static bool make_text(struct csv_stream *s, bool first, struct buf *b)
{
    size_t n = db_rows(s->rows) < PIECE_ROWS ? db_rows(s->rows) : PIECE_ROWS;

    buf_init(b, s->piece, n * 256 + 64);
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_tokener_parse(db_get(s->rows, i, 0));

        if (row == NULL)
            return false;
        if (first && i == 0)
            add_line(b, row, true);
        add_line(b, row, false);
        (void)json_object_put(row);
    }
    return true;
}

/* Fetches what follows on a fresh arena. */
static bool advance(struct csv_stream *s, struct arena *spare)
{
    size_t last = PIECE_ROWS - 1;

    s->q.by_cursor = true;
    s->q.cursor.id = arena_strdup(spare, db_get(s->rows, last, 1));
    for (s->q.cursor.nkeys = 0; s->q.cursor.nkeys < list_terms(s->q.sort); s->q.cursor.nkeys++)
        s->q.cursor.keys[s->q.cursor.nkeys] = arena_strdup(spare, db_get(s->rows, last, 2 + (int)s->q.cursor.nkeys));
    arena_reset(s->piece);
    error_init(s->x.err, s->piece);
    if (fetch(s) == OUT_OK)
        return true;
    log_event(LOG_ERROR, "csv_cut", F_STR("list", s->x.resource->name), F_STR("detail", s->x.err->log));
    return false;
}

static bool write_rows(void *ctx, response_write *write, void *to)
{
    struct csv_stream *s = ctx;
    struct arena *keys = arena_new(1024);
    bool whole = false, going = true;

    for (bool first = true; going; first = false) {
        struct buf b;

        going = make_text(s, first, &b) && write(to, (struct str){b.data, b.len});
        whole = going && db_rows(s->rows) <= PIECE_ROWS;
        arena_reset(keys);
        going = going && !whole && advance(s, keys);
    }
    arena_free(&keys);
    return whole;
}

static void free_arena(void *arena)
{
    struct arena *a = arena;

    arena_free(&a);
}

bool list_wants_csv(const struct http_request *req)
{
    return strncmp(req->accept, "text/csv", 8) == 0;
}

/* The names alone, where there is no row to have them from. */
static void only_names(struct exchange *x, const struct fields *fields)
{
    struct buf b;

    buf_init(&b, x->arena, 256);
    for (size_t i = 0; i < fields->n; i++)
        buf_printf(&b, "%s%s", i > 0 ? "," : "", fields->columns[i]->name);
    for (const struct column *c = x->resource->columns; fields->n == 0 && c->name != NULL; c++) {
        if ((c->flags & COL_SECRET) == 0)
            buf_printf(&b, "%s%s", b.len > 0 ? "," : "", c->name);
    }
    buf_puts(&b, "\r\n");
    x->resp->body = (struct str){b.data, b.len};
}

static enum outcome check_query(struct exchange *x)
{
    static const char *const of_pages[] = {"page", "per_page", "cursor", "count"};
    enum outcome o = OUT_OK;

    for (size_t i = 0; i < sizeof(of_pages) / sizeof(of_pages[0]); i++) {
        if (request_param(x->req, of_pages[i]) != NULL)
            o = error_field(x->err, OUT_INVALID, of_pages[i], "has no meaning for CSV, which is the whole list");
    }
    return o;
}

enum outcome list_csv(struct exchange *x, const struct list_query *q)
{
    struct csv_stream *s = arena_alloc(x->arena, sizeof(*s));
    enum outcome o = check_query(x);

    if (o != OUT_OK)
        return o;
    *s = (struct csv_stream){.x = *x, .q = *q, .piece = arena_new(PIECE_ARENA)};
    s->db = x->replica != NULL ? x->replica : x->db;
    arena_cleanup(x->arena, free_arena, s->piece);
    s->q.per_page = PIECE_ROWS;
    o = fetch(s);
    if (o != OUT_OK)
        return resource_failure(x, x->resource, o);
    if (db_rows(s->rows) == 0) {
        o = list_check_parent(x);
        only_names(x, &q->fields);
    }
    if (o != OUT_OK)
        return o;
    x->resp->status = 200;
    x->resp->content_type = "text/csv; charset=utf-8; header=present";
    response_header(x->resp, "Content-Disposition",
                    arena_printf(x->arena, "attachment; filename=\"%s.csv\"", x->resource->name));
    if (db_rows(s->rows) > 0) {
        x->resp->stream = write_rows;
        x->resp->stream_ctx = s;
    }
    return OUT_OK;
}
