/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "db/slow_query.h"

static void shapes_say_what_values_are_like(void **state)
{
    static const struct {
        const char *value, *shape;
    } all[] = {
        {NULL, "null"},
        {"", "text(0)"},
        {"0", "int"},
        {"-42", "int"},
        {"4 2", "text(3)"},
        {"99999999999999999999", "text(20)"},
        {"MV Ever Given", "text(13)"},
        {"Grüße", "text(7)"},
        {"{}", "array(0)"},
        {"[]", "array(0)"},
        {"{a,b,c}", "array(3)"},
        {"{\"a,b\",\"c\\\"}\"}", "array(2)"},
        {"{{1,2},{3,4}}", "array(2)"},
        {"[{\"a\":1,\"b\":[1,2,3]},{\"a\":2}]", "array(2)"},
        {"{\"id\":1,\"via\":\"key\",\"of\":{\"x\":[1,2]}}", "object(3)"},
        {"{\"a\\\"b\" : 1}", "object(1)"},
        {"{", "array(0)"},
        {"{\"", "array(1)"},
        {"{\"a\\", "array(1)"},
        {"]]]", "text(3)"},
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        assert_string_equal(slow_query_shapes(&all[i].value, 1, u->arena), all[i].shape);
}

static void shapes_stand_in_order_and_end(void **state)
{
    static const char *const three[] = {"17", NULL, "x"};
    static const char *many[5000];
    struct unit *u = *state;
    const char *text;

    assert_string_equal(slow_query_shapes(NULL, 0, u->arena), "");
    assert_string_equal(slow_query_shapes(three, 3, u->arena), "int null text(1)");
    for (size_t i = 0; i < 5000; i++)
        many[i] = "1";
    text = slow_query_shapes(many, 5000, u->arena);
    assert_in_range(strlen(text), 600, 640);
    assert_string_equal(text + strlen(text) - strlen("int and 4850 more"), "int and 4850 more");
}

static void a_text_is_one_line_and_ends(void **state)
{
    struct unit *u = *state;
    char sql[1000];
    const char *text;

    assert_string_equal(slow_query_text("SELECT 1", u->arena), "SELECT 1");
    assert_string_equal(slow_query_text("\n  SELECT\t\n  a,\n b  FROM c \n", u->arena), "SELECT a, b FROM c");
    assert_string_equal(slow_query_text("", u->arena), "");
    memset(sql, 'x', sizeof(sql));
    sql[300] = '\0';
    assert_int_equal(strlen(slow_query_text(sql, u->arena)), 300);
    sql[300] = 'x';
    sql[sizeof(sql) - 1] = '\0';
    text = slow_query_text(sql, u->arena);
    assert_int_equal(strlen(text), 300 + strlen("…"));
    for (size_t before = 296; before <= 300; before++) { /* it ends before a character, and not within */
        memset(sql, 'x', before);
        memcpy(sql + before, "€€€€", 13);
        text = slow_query_text(sql, u->arena);
        assert_true(str_is_text(text, strlen(text)));
        assert_in_range(strlen(text), 296 + strlen("…"), 302 + strlen("…"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(shapes_say_what_values_are_like),
        a_test(shapes_stand_in_order_and_end),
        a_test(a_text_is_one_line_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
