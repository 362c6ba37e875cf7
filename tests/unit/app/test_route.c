/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "app/route.h"
#include "http/request.h"

static const struct conf all = {.boards = (char[]){"port"}};
static const struct conf none = {.boards = (char[]){""}};

static const struct route *find(struct unit *u, const struct conf *conf, enum http_method method, const char *path,
                                const char *args[EXCHANGE_ARGS_MAX], const char **allow)
{
    struct http_request req = {.method = method};

    assert_int_equal(path_parse(path, strlen(path), &req, u->arena, &u->err), OUT_OK);
    return route_find(&req, conf, args, u->arena, allow);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    route_check(); /* ends the process if not */
}

static void paths_find_their_route(void **state)
{
    struct unit *u = *state;
    const char *args[EXCHANGE_ARGS_MAX];
    const char *allow;
    const struct route *r;

    r = find(u, &all, HTTP_GET, "/api/vessels/17/tallies", args, &allow);
    assert_string_equal(r->pattern, "/api/vessels/{id}/tallies");
    assert_string_equal(args[0], "17");
    r = find(u, &all, HTTP_GET, "/api/vessels/summary", args, &allow);
    assert_string_equal(r->pattern, "/api/vessels/summary");
    r = find(u, &all, HTTP_HEAD, "/api/dashboard", args, &allow);
    assert_int_equal(r->method, HTTP_GET);
    assert_null(find(u, &all, HTTP_GET, "/api/vessels/17/tallies/more", args, &allow));
    assert_null(allow);
    assert_null(find(u, &all, HTTP_GET, "/api", args, &allow));
    assert_null(find(u, &all, HTTP_GET, "/", args, &allow));
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    struct unit *u = *state;
    const char *args[EXCHANGE_ARGS_MAX];
    const char *allow;

    assert_null(find(u, &all, HTTP_DELETE, "/api/vessels/17", args, &allow));
    assert_string_equal(allow, "GET, HEAD, PATCH");
    assert_null(find(u, &all, HTTP_PATCH, "/api/vessels/summary", args, &allow));
    assert_string_equal(allow, "GET, HEAD");
}

static void a_board_that_is_off_does_not_exist(void **state)
{
    struct unit *u = *state;
    const char *args[EXCHANGE_ARGS_MAX];
    const char *allow;

    assert_null(find(u, &none, HTTP_GET, "/api/dashboard", args, &allow));
    assert_null(allow);
    assert_non_null(find(u, &none, HTTP_GET, "/health/live", args, &allow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(the_table_is_sound), a_test(paths_find_their_route),
        a_test(a_wrong_method_is_told_the_right_ones), a_test(a_board_that_is_off_does_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
