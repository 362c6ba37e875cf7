/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/str.h"
#include "ctl/csv_reader.h"

/* What was read: "line:field|field;" for each row. An empty field in quotes is shown as "". */
struct seen {
    struct buf text;
    size_t stop_after; /* 0: never */
    size_t rows;
};

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct seen *s = ctx;

    buf_printf(&s->text, "%lld:", (long long)row->line);
    for (size_t i = 0; i < row->n; i++) {
        assert_int_equal(row->fields[i][row->lengths[i]], '\0');
        buf_puts(&s->text, i > 0 ? "|" : "");
        buf_puts(&s->text, row->quoted_empty[i] ? "\"\"" : row->fields[i]);
    }
    buf_char(&s->text, ';');
    return ++s->rows != s->stop_after;
}

static bool read_bytes(struct unit *u, const char *bytes, size_t n, struct seen *s, const char **why, int64_t *line)
{
    FILE *f = tmpfile();
    int64_t read = 0;
    bool ok;

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    rewind(f);
    buf_init(&s->text, u->arena, 256);
    s->rows = 0;
    ok = csv_read(f, on_row, s, &read, line, why);
    if (ok)
        assert_int_equal(read, n);
    assert_int_equal(fclose(f), 0);
    return ok;
}

static const char *rows_of(struct unit *u, const char *text)
{
    struct seen s = {.stop_after = 0};
    const char *why;
    int64_t line;

    assert_true(read_bytes(u, text, strlen(text), &s, &why, &line));
    assert_null(why);
    return s.text.data;
}

static void rows_are_read(void **state)
{
    assert_string_equal(rows_of(*state, ""), "");
    assert_string_equal(rows_of(*state, "a,b\nc,d\n"), "1:a|b;2:c|d;");
    assert_string_equal(rows_of(*state, "a,b\r\nc,d"), "1:a|b;2:c|d;");
    assert_string_equal(rows_of(*state, "\xef\xbb\xbf" "a,b\n"), "1:a|b;");
    assert_string_equal(rows_of(*state, "a\n\n\nb\n"), "1:a;4:b;");
    assert_string_equal(rows_of(*state, "\"a,\"\"b\"\"\",c\n"), "1:a,\"b\"|c;");
    assert_string_equal(rows_of(*state, "Größe,船\n"), "1:Größe|船;");
}

/* RFC 4180: spaces are part of a field. PostgreSQL writes them without quotes. */
static void spaces_are_kept(void **state)
{
    assert_string_equal(rows_of(*state, " a ,\tb\t, \n"), "1: a |\tb\t| ;");
}

/* PostgreSQL writes NULL as nothing and an empty text as "". */
static void nothing_is_not_an_empty_text(void **state)
{
    assert_string_equal(rows_of(*state, ",\"\",x\n"), "1:|\"\"|x;");
}

static void lines_are_counted_within_quotes(void **state)
{
    assert_string_equal(rows_of(*state, "h\n\"1\n2\r\n3\"\nlast\n"), "1:h;2:1\n2\r\n3;5:last;");
}

static void what_is_no_csv_is_refused(void **state)
{
    static const char *const wrong[] = {"a\n\"b", "a\nb\"c\n", "a\n\"b\"c\n", "a\n\"b\" ,c\n"};
    struct seen s = {.stop_after = 0};
    const char *why;
    int64_t line;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(read_bytes(*state, wrong[i], strlen(wrong[i]), &s, &why, &line));
        assert_non_null(why);
        assert_int_equal(line, 2);
        assert_string_equal(s.text.data, "1:a;");
    }
}

static void the_reader_stops_when_told(void **state)
{
    struct seen s = {.stop_after = 2};
    const char *why;
    int64_t line;

    assert_false(read_bytes(*state, "a\nb\nc\n", 6, &s, &why, &line));
    assert_null(why);
    assert_string_equal(s.text.data, "1:a;2:b;");
}

static void rows_have_bounds(void **state)
{
    struct unit *u = *state;
    struct seen s = {.stop_after = 0};
    char *text = arena_alloc(u->arena, CSV_ROW_MAX + 16);
    const char *why;
    int64_t line;

    memset(text, 'x', CSV_ROW_MAX + 16);
    assert_true(read_bytes(u, text, CSV_ROW_MAX - 1, &s, &why, &line));
    assert_false(read_bytes(u, text, CSV_ROW_MAX, &s, &why, &line));
    assert_non_null(why);
    memset(text, ',', CSV_FIELDS_MAX);
    assert_true(read_bytes(u, text, CSV_FIELDS_MAX - 1, &s, &why, &line));
    assert_false(read_bytes(u, text, CSV_FIELDS_MAX, &s, &why, &line));
}

/* A NUL byte does not cut a field short unseen. */
static void a_nul_shows_in_the_length(void **state)
{
    FILE *f = tmpfile();
    struct seen s = {.stop_after = 1};
    const char *why;
    int64_t line, bytes = 0;

    assert_non_null(f);
    assert_int_equal(fwrite("a\0b\n", 1, 4, f), 4);
    rewind(f);
    buf_init(&s.text, ((struct unit *)*state)->arena, 64);
    assert_false(csv_read(f, on_row, &s, &bytes, &line, &why)); /* on_row looked at fields[0][3] */
    assert_string_equal(s.text.data, "1:a;");
    assert_int_equal(fclose(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(rows_are_read),
        a_test(spaces_are_kept),
        a_test(nothing_is_not_an_empty_text),
        a_test(lines_are_counted_within_quotes),
        a_test(what_is_no_csv_is_refused),
        a_test(the_reader_stops_when_told),
        a_test(rows_have_bounds),
        a_test(a_nul_shows_in_the_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
