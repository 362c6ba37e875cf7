/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/table.h"

static const char *const heads[] = {"name", ">n", "note", NULL};

static void assert_printed(const struct table *t, const char *wanted)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    assert_non_null(f);
    table_print(t, f);
    assert_int_equal(fclose(f), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    struct unit *u = *state;
    struct table t;

    table_init(&t, u->arena, heads);
    table_cell(&t, "a");
    table_cellf(&t, "%d", 1000);
    table_cell(&t, "x");
    table_cell(&t, "longer");
    table_cellf(&t, "%d", 7);
    table_cell(&t, "y");
    assert_printed(&t, "name       n  note\n"
                       "a       1000  x\n"
                       "longer     7  y\n");
}

static void characters_count_and_not_bytes(void **state)
{
    struct unit *u = *state;
    struct table t;

    table_init(&t, u->arena, heads);
    table_cell(&t, "Inés ü");
    table_cell(&t, "1");
    table_cell(&t, "x");
    assert_printed(&t, "name    n  note\n"
                       "Inés ü  1  x\n");
}

static void no_line_ends_in_blanks(void **state)
{
    struct unit *u = *state;
    struct table t;

    table_init(&t, u->arena, heads);
    table_cell(&t, "a");
    table_cell(&t, NULL);
    table_cell(&t, "");
    table_cell(&t, NULL);
    table_cell(&t, "5");
    table_cell(&t, "z");
    assert_printed(&t, "name  n  note\n"
                       "a\n"
                       "      5  z\n");
}

static void a_table_may_be_long(void **state)
{
    struct unit *u = *state;
    struct table t;

    table_init(&t, u->arena, heads);
    for (int i = 0; i < 3000; i++)
        table_cellf(&t, "%d", i);
    assert_int_equal(t.n, 3000);
    assert_string_equal(t.cells[0], "0");
    assert_string_equal(t.cells[2999], "2999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(columns_are_as_wide_as_their_widest_cell),
        a_test(characters_count_and_not_bytes),
        a_test(no_line_ends_in_blanks),
        a_test(a_table_may_be_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
