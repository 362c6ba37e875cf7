/* SPDX-License-Identifier: Apache-2.0
 *
 * CSV files, and their first row as an import's header. The first byte picks what is imported.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "ctl/csv_reader.h"
#include "ctl/import_kinds.h"

/* Rows as they came, as bytes: line, then per field its length, whether it is a quoted empty one, and its bytes. */
struct rows {
    struct fuzz *f;
    struct buf all, quoted;
    const struct kind *kind;
    size_t n;
};

static void add_field(struct buf *b, const char *p, size_t n, bool quoted_empty)
{
    buf_add(b, (const char *)&n, sizeof(n));
    buf_char(b, quoted_empty ? '"' : ' ');
    buf_add(b, p, n);
}

static void check_header(struct rows *r, const struct csv_row *row)
{
    const struct column *columns[CSV_FIELDS_MAX];

    if (kind_read_header(r->kind, row->fields, row->n, columns, &r->f->err) != OUT_OK) {
        if (str_is_text(row->fields[0], strlen(row->fields[0])) && r->f->err.nfields == 1 &&
            str_is_text(r->f->err.fields[0].field, strlen(r->f->err.fields[0].field)))
            fuzz_problem(r->f, "12345678");
        return;
    }
    for (size_t i = 0; i < row->n; i++)
        PROMISE(columns[i] == kind_column(r->kind, row->fields[i]) && columns[i] != NULL);
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct rows *r = ctx;

    PROMISE(row->n >= 1 && row->n <= CSV_FIELDS_MAX && row->line >= 1);
    if (r->n++ == 0 && r->kind != NULL)
        check_header(r, row);
    for (size_t i = 0; i < row->n; i++) {
        PROMISE(row->fields[i][row->lengths[i]] == '\0');
        PROMISE(!row->quoted_empty[i] || row->lengths[i] == 0);
        add_field(&r->all, row->fields[i], row->lengths[i], row->quoted_empty[i]);
        /* The same once more, quoted wherever that means the same. */
        if (i > 0)
            buf_char(&r->quoted, ',');
        if (row->lengths[i] == 0 && !row->quoted_empty[i])
            continue;
        buf_char(&r->quoted, '"');
        for (size_t j = 0; j < row->lengths[i]; j++) {
            if (row->fields[i][j] == '"')
                buf_char(&r->quoted, '"');
            buf_char(&r->quoted, row->fields[i][j]);
        }
        buf_char(&r->quoted, '"');
    }
    buf_char(&r->all, '\n');
    buf_char(&r->quoted, '\n');
    return true;
}

static bool read_all(struct fuzz *f, const void *p, size_t n, const struct kind *kind, struct rows *r)
{
    FILE *file = fmemopen((void *)p, n, "rb"); /* the pointer is not written through */
    int64_t bytes = 0, line = 0;
    const char *why;
    bool ok;

    *r = (struct rows){.f = f, .kind = kind};
    buf_init(&r->all, f->arena, 256);
    buf_init(&r->quoted, f->arena, 256);
    PROMISE(file != NULL);
    ok = csv_read(file, on_row, r, &bytes, &line, &why);
    (void)fclose(file);
    PROMISE(ok == (why == NULL) && line >= 1);
    PROMISE(!ok || bytes == (int64_t)n);
    return ok;
}

/* Without quotes every file can be read, field by field between commas, row by row between line ends. */
static void read_simple(struct buf *b, const char *p, size_t n)
{
    size_t begin = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool in_row = false;

    for (size_t i = begin; i <= n; i++) {
        bool end = i == n || p[i] == '\n' || p[i] == '\r';

        if (!end && p[i] != ',')
            continue;
        if (!end || i > begin || in_row)
            add_field(b, p + begin, i - begin, false);
        if (end && (i > begin || in_row))
            buf_char(b, '\n');
        in_row = !end;
        begin = i + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows rows, again;
    struct fuzz f;
    size_t kind;
    bool ok;

    if (size < 2 || size > 16384)
        return 0;
    fuzz_begin(&f);
    kind = data[0] % 3;
    ok = read_all(&f, data + 1, size - 1, &import_kinds[kind], &rows);
    if (ok) {
        PROMISE(rows.quoted.len == 0 || read_all(&f, rows.quoted.data, rows.quoted.len, NULL, &again));
        PROMISE(rows.quoted.len == 0 ||
                (again.all.len == rows.all.len && memcmp(again.all.data, rows.all.data, rows.all.len) == 0));
    }
    if (memchr(data + 1, '"', size - 1) == NULL) {
        struct buf simple;

        buf_init(&simple, f.arena, 256);
        read_simple(&simple, (const char *)data + 1, size - 1);
        if (ok)
            PROMISE(simple.len == rows.all.len && memcmp(simple.data, rows.all.data, simple.len) == 0);
        else
            PROMISE(memchr(data + 1, ',', size - 1) != NULL); /* a row of more fields than there may be */
    }
    fuzz_end(&f);
    return 0;
}
