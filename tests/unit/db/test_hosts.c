/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "db/hosts.h"

static void a_list_has_members(void **state)
{
    static const struct {
        const char *list;
        size_t n;
        const char *member;
    } cases[] = {
        {"", 0, ""},       {"a", 0, "a"},       {"a", 3, "a"},    {"a,b,c", 0, "a"}, {"a,b,c", 1, "b"},
        {"a,b,c", 2, "c"}, {"a,b,c", 3, ""},    {"a,,c", 1, ""},  {"a,,c", 2, "c"},  {",b", 0, ""},
        {",b", 1, "b"},    {"/run/a,10.0.0.7", 0, "/run/a"},      {"abcdefghij,b", 0, "abcdefg"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char member[8];

        hosts_member(cases[i].list, cases[i].n, member, sizeof(member));
        assert_string_equal(member, cases[i].member);
    }
}

/* As libpq itself has it, once it has begun. */
static void each_host_is_connected_to_by_itself(void **state)
{
    static const struct {
        const char *url;
        size_t hosts;
        const char *host, *port; /* of the last one */
    } cases[] = {
        {"postgresql://app@127.0.0.1:1/port", 1, "127.0.0.1", "1"},
        {"postgresql://app@127.0.0.1:1,127.0.0.2:2/port", 2, "127.0.0.2", "2"},
        {"host=127.0.0.1,127.0.0.2,127.0.0.3 port=7 dbname=port", 3, "127.0.0.3", "7"},
        {"host=127.0.0.1,127.0.0.2 port=7,8 dbname=port target_session_attrs=read-write", 2, "127.0.0.2", "8"},
        {"hostaddr=127.0.0.1,127.0.0.2 port=7,8 dbname=port", 2, "127.0.0.2", "8"},
        {"host=one,two hostaddr=127.0.0.1,127.0.0.2 port=7 dbname=port", 2, "two", "7"},
        {"host=/nowhere/run port=7 dbname=port", 1, "/nowhere/run", "7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hosts h;
        PGconn *conn;

        assert_true(hosts_read(cases[i].url, &h));
        assert_int_equal(h.n, cases[i].hosts);
        conn = hosts_connect(&h, h.n - 1, "test");
        assert_non_null(conn);
        assert_string_equal(PQhost(conn), cases[i].host);
        assert_string_equal(PQport(conn), cases[i].port);
        assert_string_equal(PQdb(conn), "port");
        PQfinish(conn);
        hosts_deinit(&h);
    }
}

static const char *option(PGconn *conn, const char *keyword, struct unit *u)
{
    PQconninfoOption *all = PQconninfo(conn);
    const char *value = NULL;

    for (const PQconninfoOption *o = all; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, keyword) == 0 && o->val != NULL)
            value = arena_strdup(u->arena, o->val);
    }
    PQconninfoFree(all);
    return value;
}

static void what_the_url_says_holds(void **state)
{
    struct unit *u = *state;
    struct hosts h;
    PGconn *conn;

    assert_true(hosts_read("host=127.0.0.1 port=1 user=app password=p%40ss dbname=port", &h));
    conn = hosts_connect(&h, 0, "test");
    assert_string_equal(option(conn, "tcp_user_timeout", u), "3000");
    assert_string_equal(option(conn, "application_name", u), "test");
    assert_string_equal(PQuser(conn), "app");
    assert_string_equal(PQpass(conn), "p%40ss");
    PQfinish(conn);
    hosts_deinit(&h);
    assert_true(hosts_read("postgresql://app:p%40ss@127.0.0.1:1/port?tcp_user_timeout=250&keepalives_idle=7", &h));
    conn = hosts_connect(&h, 0, "test");
    assert_string_equal(option(conn, "tcp_user_timeout", u), "250");
    assert_string_equal(option(conn, "keepalives_idle", u), "7");
    assert_string_equal(option(conn, "keepalives_count", u), "2");
    assert_string_equal(PQpass(conn), "p@ss");
    PQfinish(conn);
    hosts_deinit(&h);
    assert_false(hosts_read("postgresql://app@[::1/port", &h));
    assert_false(hosts_read("host='x", &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(a_list_has_members), a_test(each_host_is_connected_to_by_itself), a_test(what_the_url_says_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
