/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "boards/port/port.h"

static enum outcome check(struct unit *u, const char *column, const char *text)
{
    int i = resource_column(&port_vessels, column);

    assert_true(i >= 0);
    error_init(&u->err, u->arena);
    return column_check(&port_vessels.columns[i], column, text, &u->err);
}

static void values_are_held_against_their_column(void **state)
{
    struct unit *u = *state;

    assert_int_equal(check(u, "name", "Größe"), OUT_OK);
    assert_int_equal(check(u, "name", ""), OUT_INVALID);
    assert_string_equal(u->err.fields[0].field, "name");
    assert_int_equal(check(u, "name", arena_printf(u->arena, "%0100d", 0)), OUT_OK);
    assert_int_equal(check(u, "name", arena_printf(u->arena, "%0101d", 0)), OUT_INVALID);
    assert_int_equal(check(u, "name", "a\x01"), OUT_INVALID);
    assert_int_equal(check(u, "gangs", "100"), OUT_OK);
    assert_int_equal(check(u, "gangs", "101"), OUT_INVALID);
    assert_int_equal(check(u, "gangs", "-1"), OUT_INVALID);
    assert_int_equal(check(u, "vessel_type", "roro"), OUT_OK);
    assert_int_equal(check(u, "vessel_type", "submarine"), OUT_INVALID);
    assert_int_equal(check(u, "eta", "2026-11-20T22:00:00Z"), OUT_OK);
    assert_int_equal(check(u, "eta", "tomorrow"), OUT_INVALID);
}

static void cargo_plans(void **state)
{
    static const char *const wrong[] = {"",
                                        "[]",
                                        "1",
                                        "{\"gold\":1}",
                                        "{\"van\":-1}",
                                        "{\"van\":1.5}",
                                        "{\"van\":\"1\"}",
                                        "{\"van\":1000000}",
                                        "{\"van\":null}",
                                        "{\"van\":1} x"};
    struct unit *u = *state;

    assert_int_equal(check(u, "cargo_capacity", "{}"), OUT_OK);
    assert_int_equal(check(u, "cargo_capacity", "{\"van\": 10, \"automobile\": 0}"), OUT_OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(check(u, "cargo_capacity", wrong[i]), OUT_INVALID);
}

/* Numbers of ships that exist, from public registers. */
static void imo_numbers(void **state)
{
    const char *why;

    (void)state;
    assert_true(port_imo_is_valid("9074729", &why));
    assert_true(port_imo_is_valid("9176187", &why));
    assert_false(port_imo_is_valid("9074720", &why));
    assert_false(port_imo_is_valid("907472", &why));
    assert_false(port_imo_is_valid("90747299", &why));
    assert_false(port_imo_is_valid("IMO9074", &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {a_test(values_are_held_against_their_column), a_test(cargo_plans),
                                       a_test(imo_numbers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
