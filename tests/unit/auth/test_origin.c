/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "auth/origin.h"
#include "auth/role.h"

static void foreign_or_not(void **state)
{
    static const struct {
        const char *fetch_site, *origin, *host;
        bool foreign;
    } cases[] = {
        {"same-origin", "", "a.example", false},
        {"none", "", "a.example", false},
        {"same-site", "", "a.example", true}, /* a neighbour under the same domain */
        {"cross-site", "https://a.example", "a.example", true},
        {"nonsense", "", "a.example", true},
        {"same-origin", "https://b.example", "a.example", false}, /* the browser itself says so */
        {"", "https://a.example", "a.example", false},
        {"", "https://A.Example", "a.example", false},
        {"", "http://a.example:8080", "a.example:8080", false},
        {"", "http://a.example:8081", "a.example:8080", true},
        {"", "https://a.example.evil.example", "a.example", true},
        {"", "https://evil.example", "a.example", true},
        {"", "null", "a.example", true},
        {"", "a.example", "a.example", true},
        {"", "https://a.example", "", true},
        {"", "", "a.example", false}, /* no browser */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request req = {
            .fetch_site = cases[i].fetch_site, .origin = cases[i].origin, .host = cases[i].host};

        if (origin_is_foreign(&req) != cases[i].foreign)
            fail_msg("'%s' '%s' '%s'", cases[i].fetch_site, cases[i].origin, cases[i].host);
    }
}

static void roles_have_an_order_and_names(void **state)
{
    (void)state;
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++)
        assert_int_equal(role_parse(role_text(role)), role);
    assert_true(ROLE_NONE < ROLE_ANYBODY && ROLE_ANYBODY < ROLE_VIEWER && ROLE_CLERK < ROLE_SUPERVISOR &&
                ROLE_SUPERVISOR < ROLE_MANAGER && ROLE_MANAGER < ROLE_ADMIN);
    assert_int_equal(role_parse("anybody"), ROLE_NONE);
    assert_int_equal(role_parse(""), ROLE_NONE);
    assert_int_equal(role_parse("Admin"), ROLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_or_not),
        cmocka_unit_test(roles_have_an_order_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
