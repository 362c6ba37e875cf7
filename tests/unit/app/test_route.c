/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

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

static enum outcome answer(struct exchange *x)
{
    (void)x;
    return OUT_OK;
}

/* With what a process ends that checks a table of these and of one sound route, before and after them. */
static int checked(struct route first, struct route second)
{
    const struct route table[] = {
        first,
        {HTTP_GET, "/sound", answer, NULL, NULL, ROLE_ANYBODY, RATE_READ, NULL, "Sound"},
        second,
        {HTTP_OTHER, NULL, NULL, NULL, NULL, ROLE_NONE, RATE_EXEMPT, NULL, NULL},
    };
    int status;
    pid_t pid;

    assert_int_equal(fflush(NULL), 0); /* or the child's exit() writes it a second time */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        route_check_table(table);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_table_that_is_not_sound_ends_the_process(void **state)
{
    static const struct cache_policy policy = {CACHE_LIST, {"vessels"}};
    const struct route good = {HTTP_GET, "/a", answer, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL, "A"};
    const struct route other = {HTTP_POST, "/a", answer, NULL, NULL, ROLE_CLERK, RATE_WRITE, NULL, "A, by POST"};
    struct route bad[6];

    (void)state;
    assert_int_equal(checked(good, other), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        bad[i] = other;
    bad[0].role = ROLE_NONE;
    bad[1].handler = NULL;
    bad[2].summary = NULL;
    bad[3].cache = &policy; /* of a POST */
    bad[4] = good;          /* twice */
    bad[5] = (struct route){.method = HTTP_GET, .pattern = "/b", .handler = answer, .summary = "Role forgotten"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(checked(good, bad[i]), EX_SOFTWARE);
        assert_int_equal(checked(bad[i], good), EX_SOFTWARE);
    }
}

static void no_more_routes_than_can_be_counted(void **state)
{
    static struct route table[ROUTES_MAX + 2];
    static char patterns[ROUTES_MAX + 1][16];
    int status;

    (void)state;
    for (int more = 0; more <= 1; more++) {
        pid_t pid;

        memset(table, 0, sizeof(table));
        for (int i = 0; i < ROUTES_MAX + more; i++) {
            (void)snprintf(patterns[i], sizeof(patterns[i]), "/%d", i);
            table[i] = (struct route){HTTP_GET, patterns[i], answer, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL, "One"};
        }
        assert_int_equal(fflush(NULL), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            route_check_table(table);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), more ? EX_SOFTWARE : 0);
    }
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
        a_test(the_table_is_sound), a_test(a_table_that_is_not_sound_ends_the_process), a_test(paths_find_their_route),
        a_test(no_more_routes_than_can_be_counted),
        a_test(a_wrong_method_is_told_the_right_ones), a_test(a_board_that_is_off_does_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
