/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "ctl/site.h"

static void an_address_is_a_scheme_and_a_host(void **state)
{
    static const char *const wrong[] = {"",          "/",          "dashboard.example",    "ftp://a",          "http://",
                                        "http:///x", "https://a b", "https://a/?q=1",       "https://a/#top",   "https://user@a",
                                        "file:///etc/passwd", "http://a\nHost: b", "https://\"a\""};
    struct unit *u = *state;

    assert_string_equal(site_base("http://127.0.0.1:8080", u->arena), "http://127.0.0.1:8080");
    assert_string_equal(site_base("https://dashboard.example/", u->arena), "https://dashboard.example");
    assert_string_equal(site_base("https://dashboard.example/port///", u->arena), "https://dashboard.example/port");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(site_base(wrong[i], u->arena));
    assert_true(site_is_encrypted("https://a"));
    assert_false(site_is_encrypted("http://a"));
}

static void assets_are_found_once_each(void **state)
{
    static const char page[] = "<link href=\"/assets/a-1.css\"><script src=\"/assets/b-2.js\"></script><link href=\"/assets/a-1.css\">"
                               "<img src=\"/other/c.png\"><a href=\"/assets/d.js?x=1\"><a href=\"/assets/unfinished";
    const char *paths[SITE_ASSETS_MAX];
    struct unit *u = *state;

    assert_int_equal(site_assets((struct str){page, sizeof(page) - 1}, u->arena, paths), 2);
    assert_string_equal(paths[0], "/assets/a-1.css");
    assert_string_equal(paths[1], "/assets/b-2.js");
    assert_int_equal(site_assets(STR(""), u->arena, paths), 0);
}

static void there_are_not_too_many(void **state)
{
    const char *paths[SITE_ASSETS_MAX];
    struct unit *u = *state;
    struct buf page;

    buf_init(&page, u->arena, 1024);
    for (int i = 0; i < SITE_ASSETS_MAX + 10; i++)
        buf_printf(&page, "<script src=\"/assets/%d.js\">", i);
    assert_int_equal(site_assets((struct str){page.data, page.len}, u->arena, paths), SITE_ASSETS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(an_address_is_a_scheme_and_a_host),
        a_test(assets_are_found_once_each),
        a_test(there_are_not_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
