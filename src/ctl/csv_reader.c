/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/csv_reader.h"

#include <csv.h>
#include <string.h>

#define CHUNK 65536

struct reader {
    bool (*fn)(void *ctx, const struct csv_row *row);
    void *ctx;
    struct csv_row row;
    int64_t line;
    size_t used;
    const char *why;
    bool stopped;
    char data[CSV_ROW_MAX];
};

static void on_field(void *text, size_t n, void *ctx)
{
    struct reader *r = ctx;

    if (r->stopped || r->why != NULL)
        return;
    if (r->row.n == 0)
        r->row.line = r->line;
    if (r->row.n == CSV_FIELDS_MAX || n + 1 > sizeof(r->data) - r->used) {
        r->why = "the row has too many or too long fields";
        return;
    }
    if (n > 0)
        memcpy(r->data + r->used, text, n);
    r->data[r->used + n] = '\0';
    r->row.fields[r->row.n] = r->data + r->used;
    r->row.quoted_empty[r->row.n] = text != NULL && n == 0;
    r->row.lengths[r->row.n++] = n;
    for (const char *p = r->data + r->used; (p = memchr(p, '\n', n - (size_t)(p - (r->data + r->used)))) != NULL; p++)
        r->line++;
    r->used += n + 1;
}

/* c is the character that ended the row, -1 at the end of the file. "\r\n" comes as two ends, the second of an empty row. */
static void on_row(int c, void *ctx)
{
    struct reader *r = ctx;

    if (r->row.n > 0 && !r->stopped && r->why == NULL)
        r->stopped = !r->fn(r->ctx, &r->row);
    r->row.n = 0;
    r->used = 0;
    if (c == '\n')
        r->line++;
}

/* libcsv would trim them; RFC 4180 section 2.4: "Spaces are considered part of a field and should not be ignored." */
static int no_character_is_space(unsigned char c)
{
    (void)c;
    return 0;
}

bool csv_read(FILE *f, bool (*fn)(void *ctx, const struct csv_row *row), void *ctx, int64_t *bytes, int64_t *line,
              const char **why)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader r = {.fn = fn, .ctx = ctx, .line = 1};
    struct csv_parser parser;
    char chunk[CHUNK];
    bool first = true;
    size_t n;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_EMPTY_IS_NULL) != 0) {
        *why = "there is no memory for a CSV parser";
        return false;
    }
    csv_set_space_func(&parser, no_character_is_space);
    while (r.why == NULL && !r.stopped && (n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        size_t skip = first && n >= 3 && memcmp(chunk, mark, 3) == 0 ? 3 : 0;

        first = false;
        *bytes += (int64_t)n;
        if (csv_parse(&parser, chunk + skip, n - skip, on_field, on_row, &r) != n - skip)
            r.why = "the quotes don't match";
    }
    if (r.why == NULL && !r.stopped && csv_fini(&parser, on_field, on_row, &r) != 0)
        r.why = "a quoted field does not end";
    csv_free(&parser);
    if (r.why == NULL && ferror(f) != 0)
        r.why = "the file can't be read";
    *line = r.line;
    *why = r.why;
    return r.why == NULL && !r.stopped;
}
