/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "conf/endpoint.h"

static void every_form_of_a_redis_url(void **state)
{
    static const struct {
        const char *url, *host;
        int port;
        const char *user, *password;
        int database;
    } cases[] = {
        {"redis://localhost", "localhost", 6379, "", "", 0},
        {"redis://localhost/", "localhost", 6379, "", "", 0},
        {"redis://10.0.0.7:6380", "10.0.0.7", 6380, "", "", 0},
        {"redis://cache.port.example:1/15", "cache.port.example", 1, "", "", 15},
        {"redis://h:65535/9999", "h", 65535, "", "", 9999},
        {"redis://:secret@h", "h", 6379, "", "secret", 0},
        {"redis://app:secret@h:6380/2", "h", 6380, "app", "secret", 2},
        {"redis://app:@h", "h", 6379, "app", "", 0},
        {"redis://:p%40ss%2Fw%3a%25@h", "h", 6379, "", "p@ss/w:%", 0},
        {"redis://a%3Ab:p:q@h", "h", 6379, "a:b", "p:q", 0},
        {"redis://a:p@q@h", "h", 6379, "a", "p@q", 0},
        {"redis://:%F0%9f%94%91@h", "h", 6379, "", "\xf0\x9f\x94\x91", 0},
        {"redis://[::1]", "::1", 6379, "", "", 0},
        {"redis://[2001:db8::7]:6380/3", "2001:db8::7", 6380, "", "", 3},
        {"redis://:pw@[::1]:6380", "::1", 6380, "", "pw", 0},
        {"unix:///run/redis/redis.sock", "/run/redis/redis.sock", 0, "", "", 0},
        {"unix:///run/redis.sock?db=4", "/run/redis.sock", 0, "", "", 4},
        {"unix://:pw@/run/redis.sock", "/run/redis.sock", 0, "", "pw", 0},
        {"unix://app:p%2Fw@/run/redis.sock?db=4", "/run/redis.sock", 0, "app", "p/w", 4},
        {"unix:///run/a%20b%3f.sock", "/run/a b?.sock", 0, "", "", 0},
        {"unix:///run/a@b.sock", "/run/a@b.sock", 0, "", "", 0},
        {"unix://:pw@/run/a@b.sock", "/run/a@b.sock", 0, "", "pw", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct redis_endpoint e;
        const char *why = "";

        if (!endpoint_redis(cases[i].url, &e, &why))
            fail_msg("%s %s", cases[i].url, why);
        assert_string_equal(e.at.host, cases[i].host);
        assert_int_equal(e.at.port, cases[i].port);
        assert_string_equal(e.user, cases[i].user);
        assert_string_equal(e.password, cases[i].password);
        assert_int_equal(e.database, cases[i].database);
    }
}

static void every_form_of_a_redis_url_with_sentinels(void **state)
{
    static const struct {
        const char *url;
        size_t n;
        struct endpoint last;
        const char *user, *password, *master;
        int database;
    } cases[] = {
        {"redis+sentinel://s1?master=port", 1, {"s1", 26379}, "", "", "port", 0},
        {"redis+sentinel://s1/?master=port", 1, {"s1", 26379}, "", "", "port", 0},
        {"redis+sentinel://s1,s2:1,10.0.0.7:65535/4?master=my-master.1_A", 3, {"10.0.0.7", 65535}, "", "", "my-master.1_A", 4},
        {"redis+sentinel://:p%40%2C%2F@s1,[::1],[2001:db8::7]:5/0?master=m", 3, {"2001:db8::7", 5}, "", "p@,/", "m", 0},
        {"redis+sentinel://app:p,q@s1,s2?master=m", 2, {"s2", 26379}, "app", "p,q", "m", 0},
        {"redis+sentinel://1,2,3,4,5,6,7,8?master=m", 8, {"8", 26379}, "", "", "m", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct redis_endpoint e;
        const char *why = "";

        if (!endpoint_redis(cases[i].url, &e, &why))
            fail_msg("%s %s", cases[i].url, why);
        assert_int_equal(e.nsentinels, cases[i].n);
        assert_string_equal(e.sentinels[e.nsentinels - 1].host, cases[i].last.host);
        assert_int_equal(e.sentinels[e.nsentinels - 1].port, cases[i].last.port);
        assert_string_equal(e.at.host, "");
        assert_string_equal(e.user, cases[i].user);
        assert_string_equal(e.password, cases[i].password);
        assert_string_equal(e.master, cases[i].master);
        assert_int_equal(e.database, cases[i].database);
    }
}

static void a_bad_redis_url_is_refused_with_its_reason(void **state)
{
    static const char credentials[] = "has credentials", scheme[] = "begins with neither", host[] = "has no host",
                      port[] = "has a port", database[] = "may only have /DATABASE", character[] = "has a character",
                      path[] = "has no absolute path", db[] = "may only have ?db=NUMBER", master[] = "needs ?master=NAME";
    static const struct {
        const char *url, *why;
    } cases[] = {
        {"rediss://h:6380", "asks for TLS"},
        {"", scheme},
        {"localhost:6379", scheme},
        {"http://h", scheme},
        {"REDIS://h", scheme},
        {"redis:/h", scheme},
        {"redis://", host},
        {"redis:///0", host},
        {"redis://:6379", host},
        {"redis://[]", host},
        {"redis://a:b@", host},
        {"redis://secret@h", credentials},
        {"redis://:p%@h", credentials},
        {"redis://:p%4@h", credentials},
        {"redis://:p%zz@h", credentials},
        {"redis://:p%00@h", credentials},
        {"redis://u%2:p@h", credentials},
        {"redis://h:", port},
        {"redis://h:0", port},
        {"redis://h:65536", port},
        {"redis://h:-1", port},
        {"redis://h:6379x", port},
        {"redis://h:99999999999999999999", port},
        {"redis://::1", host},
        {"redis://2001:db8::7", port},
        {"redis://[::1", "has an address in brackets that doesn't end"},
        {"redis://[::1]6379", "has something else than a port"},
        {"redis://[::1]:", port},
        {"redis://h/x", database},
        {"redis://h/-1", database},
        {"redis://h/10000", database},
        {"redis://h/0/1", database},
        {"redis://h/0?x=1", database},
        {"redis://h?db=1", database},
        {"redis://h#1", database},
        {"redis://a b", character},
        {"redis://h%41", character},
        {"redis://h\n", character},
        {"redis://\xc3\xa4", character},
        {"unix://", path},
        {"unix://run/redis.sock", path},
        {"unix://:pw@run/redis.sock", path},
        {"unix://pw@/run/redis.sock", credentials},
        {"unix:///run/%00", path},
        {"unix:///run/x%2", path},
        {"unix:///run/x?db=", db},
        {"unix:///run/x?db=a", db},
        {"unix:///run/x?db=1&a=2", db},
        {"unix:///run/x?database=1", db},
        {"redis+sentinel://", host},
        {"redis+sentinel://?master=m", host},
        {"redis+sentinel://s1,?master=m", host},
        {"redis+sentinel://s1,,s2?master=m", host},
        {"redis+sentinel://s1", master},
        {"redis+sentinel://s1?master=", master},
        {"redis+sentinel://s1?master=a b", master},
        {"redis+sentinel://s1?master=m&db=1", master},
        {"redis+sentinel://s1#master=m", master},
        {"redis+sentinel://s1/?db=1", master},
        {"redis+sentinel://s1/x?master=m", database},
        {"redis+sentinel://s1/0/1?master=m", database},
        {"redis+sentinel://s1:0?master=m", port},
        {"redis+sentinel://[::1?master=m", "has an address in brackets that doesn't end"},
        {"redis+sentinel://secret@s1?master=m", credentials},
        {"redis+sentinel://1,2,3,4,5,6,7,8,9?master=m", "names too many sentinels"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct redis_endpoint e;
        const char *why = "";

        if (endpoint_redis(cases[i].url, &e, &why))
            fail_msg("%s was taken", cases[i].url);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("%s %s; expected: %s", cases[i].url, why, cases[i].why);
    }
}

/* What would be cut off is refused; one less fits. */
static void nothing_is_cut_off(void **state)
{
    struct unit *u = *state;
    struct redis_endpoint e;
    struct endpoint m;
    static const struct {
        const char *before;
        int fits; /* so many letters between these */
        const char *behind;
    } cases[] = {
        {"redis://", 255, ""},     {"redis://", 127, ":p@h"},      {"redis://:", 255, "@h"},
        {"redis://[", 255, "]:1"}, {"unix:///", 106, "?db=1"},
        {"redis+sentinel://s1?master=", 63, ""}, {"redis+sentinel://s1,", 255, "?master=m"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int more = 0; more <= 1; more++) {
            char *letters = arena_zalloc(u->arena, 300);
            const char *why;

            memset(letters, 'x', (size_t)(cases[i].fits + more));
            assert_int_equal(endpoint_redis(arena_printf(u->arena, "%s%s%s", cases[i].before, letters, cases[i].behind),
                                            &e, &why), !more);
        }
    }
    for (int more = 0; more <= 1; more++) {
        char *path = arena_zalloc(u->arena, 300), *host = arena_zalloc(u->arena, 300);
        const char *list = path, *why;

        memset(path, 'x', (size_t)(107 + more));
        memset(host, 'x', (size_t)(255 + more));
        path[0] = '/';
        assert_int_equal(endpoint_memcached(&list, &m, &why), !more);
        list = host;
        assert_int_equal(endpoint_memcached(&list, &m, &why), !more);
    }
}

static void a_list_of_memcached_servers(void **state)
{
    static const struct endpoint expected[] = {
        {"one", 11211}, {"10.0.0.7", 11212}, {"::1", 11211}, {"2001:db8::7", 11213}, {"/run/memcached.sock", 0},
    };
    const char *list = "one,10.0.0.7:11212,[::1],[2001:db8::7]:11213,/run/memcached.sock", *why = "";
    struct endpoint e;

    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(endpoint_memcached(&list, &e, &why));
        assert_string_equal(e.host, expected[i].host);
        assert_int_equal(e.port, expected[i].port);
    }
    assert_false(endpoint_memcached(&list, &e, &why));
    assert_null(why);
    list = "";
    assert_false(endpoint_memcached(&list, &e, &why));
    assert_null(why);
}

static void a_bad_list_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *list;
        int good; /* so many before it is refused */
        const char *why;
    } cases[] = {
        {",", 0, "ends with a comma"}, {"a,", 0, "ends with a comma"},     {"a,b,", 1, "ends with a comma"},
        {",a", 0, "has no host"},      {"a,,b", 1, "has no host"},         {"a, b", 1, "has a character"},
        {"a:", 0, "has a port"},       {"a,b:0", 1, "has a port"},         {"a:1:2", 0, "has a port"},
        {"[::1", 0, "has an address"}, {"[::1]x", 0, "has something else"}, {"u:p@h", 0, "has a port"},
        {"http://h", 0, "has a port"}, {"a b", 0, "has a character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *list = cases[i].list, *why = "";
        struct endpoint e;
        int good = 0;

        while (endpoint_memcached(&list, &e, &why))
            good++;
        assert_int_equal(good, cases[i].good);
        assert_non_null(why);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("%s %s; expected: %s", cases[i].list, why, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(every_form_of_a_redis_url), a_test(every_form_of_a_redis_url_with_sentinels), a_test(a_bad_redis_url_is_refused_with_its_reason),
        a_test(nothing_is_cut_off),        a_test(a_list_of_memcached_servers),
        a_test(a_bad_list_is_refused_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
