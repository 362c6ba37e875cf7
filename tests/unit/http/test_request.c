/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "base/random.h"
#include "http/request.h"

/* An environment's strings are char *, though nobody writes to them. */
#define S(text) ((char[]){text})

static const struct conf limits = {
    .max_body_bytes = 64, .max_header_bytes = 4096, .max_path_bytes = 100, .max_query_bytes = 200};

struct body {
    const char *text;
    size_t left;
};

/* Three bytes at a time, as a slow peer would. */
static ssize_t read_body(void *ctx, char *out, size_t n)
{
    struct body *b = ctx;
    size_t take = b->left < 3 ? b->left : 3;

    take = take < n ? take : n;
    memcpy(out, b->text, take);
    b->text += take;
    b->left -= take;
    return (ssize_t)take;
}

static enum outcome read_it(struct unit *u, struct http_request *req, char *const env[], const char *body)
{
    struct body b = {body, strlen(body)};
    const struct request_source source = {env, read_body, &b};

    return request_read(req, &source, &limits, u->arena, &u->err);
}

static void a_request_is_taken_apart(void **state)
{
    struct unit *u = *state;
    struct http_request req;
    char *const env[] = {S("REQUEST_METHOD=PATCH"), S("REQUEST_URI=/api/vessels/7%20a?q=a+b%26c&page=2&flag"), S("CONTENT_LENGTH=8"),
                         S("CONTENT_TYPE=application/merge-patch+json; charset=utf-8"), S("REMOTE_ADDR=127.0.0.1"),
                         S("REQUEST_ID=0123456789abcdef"), NULL};

    assert_int_equal(read_it(u, &req, env, "{\"a\":10}"), OUT_OK);
    assert_int_equal(req.method, HTTP_PATCH);
    assert_string_equal(req.path, "/api/vessels/7 a");
    assert_int_equal(req.nsegments, 3);
    assert_string_equal(req.segments[2], "7 a");
    assert_string_equal(request_param(&req, "q"), "a b&c");
    assert_string_equal(request_param(&req, "page"), "2");
    assert_string_equal(request_param(&req, "flag"), "");
    assert_null(request_param(&req, "nothing"));
    assert_string_equal(req.body.p, "{\"a\":10}");
    assert_string_equal(req.id, "0123456789abcdef");
}

static void a_forged_id_is_replaced(void **state)
{
    struct unit *u = *state;
    struct http_request req;
    char *const env[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"), S("REQUEST_ID=x\"}\n{"), NULL};

    assert_int_equal(read_it(u, &req, env, ""), OUT_OK);
    assert_int_equal(strlen(req.id), 32);
    assert_int_equal(req.nsegments, 0);
}

static void bad_paths_are_refused(void **state)
{
    static const char *const paths[] = {
        "",          "api",        "/a%2fb",     "/a%2Fb",  "/a%00b", "/a%0ab", "/a//b", "/a/", "/./a",
        "/a/..",     "/%2e%2e/a",  "/a%",        "/a%4",    "/a%zz",  "/%ff",   "/%c0%af", "//",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct http_request req;

        error_init(&u->err, u->arena);
        assert_int_equal(path_parse(paths[i], strlen(paths[i]), &req, u->arena, &u->err), OUT_INVALID);
        assert_string_equal(u->err.fields[0].field, "path");
    }
}

static void bad_queries_are_refused(void **state)
{
    static const char *const queries[] = {"a=%", "a=%0", "a=%g0", "a=%00", "a=%ff", "a=1&a=2", "=1", "%ff=1"};
    struct unit *u = *state;
    struct http_param params[REQUEST_PARAMS_MAX];
    size_t n;

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        error_init(&u->err, u->arena);
        assert_int_equal(query_parse(queries[i], params, REQUEST_PARAMS_MAX, &n, u->arena, &u->err), OUT_INVALID);
        assert_int_equal(u->err.nfields, 1);
    }
    assert_int_equal(query_parse("&&a=1&", params, REQUEST_PARAMS_MAX, &n, u->arena, &u->err), OUT_OK);
    assert_int_equal(n, 1);
    assert_int_equal(query_parse("a=1&b=2&c=3", params, 2, &n, u->arena, &u->err), OUT_INVALID);
}

static void limits_are_kept(void **state)
{
    struct unit *u = *state;
    struct http_request req;
    char *long_uri = arena_printf(u->arena, "REQUEST_URI=/%0101d", 1);
    char *long_query = arena_printf(u->arena, "REQUEST_URI=/a?b=%0200d", 1);
    char *long_header = arena_printf(u->arena, "HTTP_COOKIE=%05000d", 1);
    char *const uri[] = {S("REQUEST_METHOD=GET"), long_uri, NULL};
    char *const query[] = {S("REQUEST_METHOD=GET"), long_query, NULL};
    char *const header[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"), long_header, NULL};
    char *const body[] = {S("REQUEST_METHOD=POST"), S("REQUEST_URI=/"), S("CONTENT_LENGTH=65"), S("CONTENT_TYPE=application/json"),
                          NULL};

    assert_int_equal(read_it(u, &req, uri, ""), OUT_URI_TOO_LONG);
    assert_int_equal(read_it(u, &req, query, ""), OUT_URI_TOO_LONG);
    assert_int_equal(read_it(u, &req, header, ""), OUT_HEADERS_TOO_LARGE);
    assert_int_equal(read_it(u, &req, body, ""), OUT_TOO_LARGE);
}

static void what_the_server_adds_is_not_counted(void **state)
{
    struct unit *u = *state;
    struct http_request req;
    char *of_the_server = arena_printf(u->arena, "SCRIPT_FILENAME=%05000d", 1);
    char *of_the_client = arena_printf(u->arena, "HTTP_X_ANY=%05000d", 1);
    char *const added[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"), of_the_server, NULL};
    char *const sent[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"), of_the_client, NULL};

    assert_int_equal(read_it(u, &req, added, ""), OUT_OK);
    assert_int_equal(read_it(u, &req, sent, ""), OUT_HEADERS_TOO_LARGE);
}

static void bodies_are_checked(void **state)
{
    static const struct {
        const char *length, *type;
        enum outcome outcome;
    } cases[] = {
        {"CONTENT_LENGTH=5", "CONTENT_TYPE=application/json", OUT_INVALID}, /* only 4 come */
        {"CONTENT_LENGTH=-1", "CONTENT_TYPE=application/json", OUT_INVALID},
        {"CONTENT_LENGTH=4x", "CONTENT_TYPE=application/json", OUT_INVALID},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=text/plain", OUT_BAD_MEDIA_TYPE},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=application/jsonx", OUT_BAD_MEDIA_TYPE},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=", OUT_BAD_MEDIA_TYPE},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=application/csp-reports", OUT_BAD_MEDIA_TYPE},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=application/csp", OUT_BAD_MEDIA_TYPE},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=application/csp-report", OUT_OK},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=Application/Reports+JSON;x=y", OUT_OK},
        {"CONTENT_LENGTH=4", "CONTENT_TYPE=Application/JSON ; charset=utf-8", OUT_OK},
        {"CONTENT_LENGTH=0", "CONTENT_TYPE=text/plain", OUT_OK},
        {"CONTENT_LENGTH=", "CONTENT_TYPE=", OUT_OK},
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request req;
        char *const env[] = {S("REQUEST_METHOD=POST"), S("REQUEST_URI=/"), (char *)(uintptr_t)cases[i].length,
                             (char *)(uintptr_t)cases[i].type, NULL};

        assert_int_equal(read_it(u, &req, env, "{  }"), cases[i].outcome);
        if (cases[i].outcome == OUT_OK)
            assert_int_equal(req.is_report, strcasestr(cases[i].type, "report") != NULL);
    }
}

static void cookies_are_found(void **state)
{
    static const struct {
        const char *header, *value; /* of "seen" */
    } cases[] = {
        {"", NULL},
        {"seen=7", "7"},
        {"seen=", ""},
        {"seen", NULL},
        {"session=x; seen=vessels:7; other=y", "vessels:7"},
        {"session=x;seen=7", "7"},
        {"  ;; \tseen=7;", "7"},
        {"unseen=1; seen=2", "2"}, /* not a name's end, */
        {"seen2=1; seen=2", "2"},  /* nor its beginning, */
        {"a=seen=1; seen=2", "2"}, /* nor a value */
        {"SEEN=1; seen=2", "2"},
        {"seen=1; seen=2", "1"},
        {"seen=a=b", "a=b"},
        {"seen=\"7\"", "\"7\""},
        {"seen=a b; other=y", "a b"},
        {"seen =7", NULL},
        {"; ;", NULL},
        {"seen;=;a", NULL},
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request req;
        char *const env[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"),
                             arena_printf(u->arena, "HTTP_COOKIE=%s", cases[i].header), NULL};
        const char *value;

        assert_int_equal(read_it(u, &req, env, ""), OUT_OK);
        value = request_cookie(&req, "seen", u->arena);
        if (cases[i].value == NULL)
            assert_null(value);
        else
            assert_string_equal(value, cases[i].value);
    }
}

static void who_sends_no_cookies_has_none(void **state)
{
    struct unit *u = *state;
    struct http_request req;
    char *const env[] = {S("REQUEST_METHOD=GET"), S("REQUEST_URI=/"), NULL};

    assert_int_equal(read_it(u, &req, env, ""), OUT_OK);
    assert_null(request_cookie(&req, "seen", u->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(a_request_is_taken_apart), a_test(a_forged_id_is_replaced), a_test(bad_paths_are_refused),
        a_test(bad_queries_are_refused),  a_test(limits_are_kept),         a_test(what_the_server_adds_is_not_counted),
        a_test(bodies_are_checked),
        a_test(cookies_are_found),        a_test(who_sends_no_cookies_has_none),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
