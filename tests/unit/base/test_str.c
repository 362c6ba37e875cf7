/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "base/json_out.h"
#include "base/str.h"

static void a_builder_grows(void **state)
{
    struct unit *u = *state;
    struct buf b;

    buf_init(&b, u->arena, 1);
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i % 10);
    buf_add(&b, "x\0y", 3);
    assert_int_equal(b.len, 2003);
    assert_memory_equal(b.data, "0,1,2,", 6);
    assert_memory_equal(b.data + 2000, "x\0y", 4);
}

static void json_is_escaped(void **state)
{
    struct unit *u = *state;
    struct buf b;

    buf_init(&b, u->arena, 16);
    buf_char(&b, '{');
    json_key(&b, "a");
    json_text(&b, "q\" b\\ n\n \x01 ü </script>");
    json_key(&b, "b");
    json_text(&b, NULL);
    buf_char(&b, '}');
    assert_string_equal(b.data, "{\"a\":\"q\\\" b\\\\ n\\u000a \\u0001 ü </script>\",\"b\":null}");
}

static void json_has_its_commas(void **state)
{
    static const char *const texts[] = {"x", "y{", NULL}, *const none[] = {NULL};
    struct unit *u = *state;
    struct buf b;

    buf_init(&b, u->arena, 4);
    buf_char(&b, '{');
    json_member(&b, "a", "[");
    json_number(&b, "b", -1);
    json_texts(&b, "c", texts);
    json_texts(&b, "d", none);
    json_open(&b, "e", '[');
    json_item(&b, "1");
    json_item(&b, "{");
    json_member(&b, "f", NULL);
    json_constant(&b, "},{'g':'h'}]}");
    assert_string_equal(b.data, "{\"a\":\"[\",\"b\":-1,\"c\":[\"x\",\"y{\"],\"d\":[],\"e\":[1,{\"f\":null},{\"g\":\"h\"}]}");
}

static void text_is_utf8(void **state)
{
    (void)state;
    assert_true(str_is_text("", 0));
    assert_true(str_is_text("Größe 船", strlen("Größe 船")));
    assert_false(str_is_text("a\0b", 3));
    assert_false(str_is_text("\xff", 1));
    assert_false(str_is_text("\xc0\xaf", 2));         /* overlong slash */
    assert_false(str_is_text("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(str_is_text("\xf4\x90\x80\x80", 4)); /* past U+10FFFF */
    assert_false(str_is_text("\xe2\x82", 2));         /* cut off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {a_test(a_builder_grows), a_test(json_is_escaped),
                                       a_test(json_has_its_commas), a_test(text_is_utf8)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
