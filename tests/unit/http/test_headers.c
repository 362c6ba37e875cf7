/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <ctype.h>

#include "http/headers.h"

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void values_can_stand_in_any_configuration(void **state)
{
    (void)state;
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        const char *const texts[] = {h->name, h->answer, h->page};

        for (size_t i = 0; i < 3; i++) {
            assert_true(*texts[i] != '\0');
            for (const char *p = texts[i]; *p != '\0'; p++)
                assert_true(isprint((unsigned char)*p) && *p != '$' && *p != '%' && *p != '\\');
        }
        assert_null(strstr(h->page, "unsafe"));
        assert_null(strstr(h->page, "://"));
        assert_true(h == header_rules || strcmp(h[-1].name, h->name) < 0);
    }
}

static void what_depends_on_tls_is_not_sent_without(void **state)
{
    struct unit *u = *state;
    struct buf plain, tls;

    buf_init(&plain, u->arena, 64);
    buf_init(&tls, u->arena, 64);
    headers_answer(&plain, false);
    headers_answer(&tls, true);
    assert_null(strstr(plain.data, "Strict-Transport-Security"));
    assert_non_null(strstr(tls.data, "Strict-Transport-Security: max-age=31536000\r\n"));
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        const char *line = arena_printf(u->arena, "%s: %s\r\n", h->name, h->answer);

        assert_int_equal(count(tls.data, line), 1);
        assert_int_equal(count(plain.data, line), !h->tls);
    }
}

static void nginx_gets_a_directive_for_each(void **state)
{
    struct unit *u = *state;
    struct buf http, server;

    buf_init(&http, u->arena, 64);
    buf_init(&server, u->arena, 64);
    headers_nginx_http(&http);
    headers_nginx(&server);
    for (const struct header_rule *h = header_rules; h->name != NULL; h++)
        assert_int_equal(count(server.data, arena_printf(u->arena, "\nadd_header %s ", h->name)), 1);
    assert_non_null(strstr(server.data, "\nadd_header X-Frame-Options \"DENY\" always;\n"));
    assert_non_null(strstr(server.data, "\nadd_header Reporting-Endpoints \"csp=\\\"/api/csp-reports\\\"\" always;\n"));
    assert_non_null(strstr(server.data,
                           "\nadd_header Strict-Transport-Security $stevedores_strict_transport_security always;\n"));
    assert_non_null(strstr(http.data, "\nmap $https $stevedores_strict_transport_security "
                                      "{ on \"max-age=31536000\"; default \"\"; }\n"));
    assert_int_equal(count(http.data, "\nmap "), 1);
}

static void apache_gets_a_directive_for_each(void **state)
{
    struct unit *u = *state;
    struct buf b;

    buf_init(&b, u->arena, 64);
    headers_apache(&b);
    for (const struct header_rule *h = header_rules; h->name != NULL; h++)
        assert_int_equal(count(b.data, arena_printf(u->arena, "\nHeader always set %s \"", h->name)), 1);
    assert_non_null(strstr(b.data, "\nHeader always set X-Frame-Options \"DENY\" \"expr=-z resp('X-Frame-Options')\"\n"));
    assert_non_null(strstr(b.data, " \"csp=\\\"/api/csp-reports\\\"\" "));
    assert_non_null(strstr(b.data, "\"expr=-z resp('Strict-Transport-Security') && %{HTTPS} == 'on'\"\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(values_can_stand_in_any_configuration),
        a_test(what_depends_on_tls_is_not_sent_without),
        a_test(nginx_gets_a_directive_for_each),
        a_test(apache_gets_a_directive_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
