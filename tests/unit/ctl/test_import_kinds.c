/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "ctl/csv_reader.h"
#include "ctl/import_kinds.h"

static const struct kind *kind(const char *name)
{
    const struct kind *k = import_kinds;

    while (k->name != NULL && strcmp(k->name, name) != 0)
        k++;
    assert_non_null(k->name);
    return k;
}

/* NULL when the header is fine, else the field that is wrong. `names` are separated by commas. */
static const char *wrong_in(struct unit *u, const char *of, const char *text)
{
    const struct column *columns[CSV_FIELDS_MAX];
    const char *names[CSV_FIELDS_MAX];
    size_t n = 0;

    error_init(&u->err, u->arena);
    for (const char *p = text; n == 0 || p[-1] == ','; n++) {
        size_t len = strcspn(p, ",");

        names[n] = arena_strndup(u->arena, p, len);
        p += len + 1;
    }
    if (kind_read_header(kind(of), names, n, columns, &u->err) != OUT_OK) {
        assert_int_equal(u->err.outcome, OUT_INVALID);
        return u->err.fields[0].field;
    }
    for (size_t i = 0; i < n; i++)
        assert_string_equal(columns[i]->name, names[i]);
    return NULL;
}

static void headers_in_any_order_are_taken(void **state)
{
    assert_null(wrong_in(*state, "vessels", "vessel_type,name"));
    assert_null(wrong_in(*state, "vessels", "departed_at,name,id,vessel_type"));
    assert_null(wrong_in(*state, "tallies", "tallied_at,count,cargo_type,tally_type,vessel_id"));
    assert_null(wrong_in(*state, "tallies", "vessel_imo,tallied_at,count,cargo_type,tally_type,voids"));
    assert_null(wrong_in(*state, "berths", "length_m,name"));
}

static void what_is_wrong_is_named(void **state)
{
    struct unit *u = *state;

    assert_string_equal(wrong_in(u, "vessels", "name,vessel_type,colour"), "colour");
    assert_non_null(strstr(u->err.fields[0].detail, "vessel_type"));
    assert_string_equal(wrong_in(u, "vessels", "name,vessel_type,name"), "name");
    assert_string_equal(wrong_in(u, "vessels", "name"), "vessel_type");
    assert_string_equal(wrong_in(u, "vessels", ""), "");
    assert_string_equal(wrong_in(u, "tallies", "tally_type,cargo_type,count,tallied_at"), "vessel_id|vessel_imo");
    assert_string_equal(wrong_in(u, "tallies", "vessel,tally_type,cargo_type,count,tallied_at"), "vessel");
    assert_string_equal(wrong_in(u, "berths", "name"), "length_m");
}

/* One of vessel_id and vessel_imo must be a column, but a cell of either may be empty. */
static void required_cells(void **state)
{
    (void)state;
    assert_true(kind_requires(kind("tallies"), "count"));
    assert_true(kind_requires(kind("tallies"), "tallied_at"));
    assert_false(kind_requires(kind("tallies"), "vessel_id"));
    assert_false(kind_requires(kind("tallies"), "vessel_imo"));
    assert_false(kind_requires(kind("tallies"), "tallied"));
    assert_false(kind_requires(kind("tallies"), "note"));
    assert_true(kind_requires(kind("vessels"), "name"));
}

/* What an import may set in addition wins over what a client may: voids have negative counts. */
static void more_columns_win(void **state)
{
    (void)state;
    assert_int_equal(kind_column(kind("tallies"), "count")->min, -10000);
    assert_string_equal(kind_column(kind("tallies"), "shift")->name, "shift");
    assert_null(kind_column(kind("vessels"), "version"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(headers_in_any_order_are_taken),
        a_test(what_is_wrong_is_named),
        a_test(required_cells),
        a_test(more_columns_win),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
