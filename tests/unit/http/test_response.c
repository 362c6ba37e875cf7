/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>

#include "base/random.h"
#include "http/problem.h"
#include "http/response.h"

static const struct http_request get = {.id = "req-1", .method = HTTP_GET, .if_none_match = ""};

static void a_known_body_is_not_sent_again(void **state)
{
    struct unit *u = *state;
    struct http_request again = get;
    struct http_response r;

    response_init(&r);
    response_json(&r, 200, STR("{\"a\":1}"));
    response_validate(&r, &get, u->arena);
    assert_int_equal(r.status, 200);
    for (int form = 0; form < 4; form++) {
        struct http_response second;

        again.if_none_match = form == 0   ? r.etag
                              : form == 1 ? arena_printf(u->arena, "W/%s", r.etag)
                              : form == 2 ? arena_printf(u->arena, "\"x\", %s", r.etag)
                                          : "*";
        response_init(&second);
        response_json(&second, 200, STR("{\"a\":1}"));
        response_validate(&second, &again, u->arena);
        assert_int_equal(second.status, 304);
        assert_int_equal(second.body.n, 0);
    }
    again.if_none_match = "\"x\"";
    response_init(&r);
    response_json(&r, 200, STR("{\"a\":1}"));
    response_validate(&r, &again, u->arena);
    assert_int_equal(r.status, 200);
}

static void only_successful_reads_get_an_etag(void **state)
{
    struct unit *u = *state;
    struct http_request post = get;
    struct http_response r;

    post.method = HTTP_POST;
    response_init(&r);
    response_json(&r, 200, STR("{}"));
    response_validate(&r, &post, u->arena);
    assert_null(r.etag);
    response_json(&r, 503, STR("{}"));
    response_validate(&r, &get, u->arena);
    assert_null(r.etag);
}

static void errors_carry_the_security_headers_too(void **state)
{
    struct unit *u = *state;
    struct http_response r;
    struct str head;

    response_init(&r);
    (void)error_set(&u->err, OUT_UNAVAILABLE, "away");
    problem_respond(&r, &get, &u->err);
    head = response_head(&r, &get, u->arena);
    assert_non_null(strstr(head.p, "Status: 503 Service Unavailable\r\n"));
    assert_non_null(strstr(head.p, "Retry-After: 2\r\n"));
    assert_non_null(strstr(head.p, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(head.p, "Content-Type: application/problem+json\r\n"));
    assert_non_null(strstr(head.p, "X-Request-Id: req-1\r\n"));
    assert_string_equal(head.p + head.n - 4, "\r\n\r\n");
}

static void a_problem_names_its_fields(void **state)
{
    struct unit *u = *state;
    struct http_response r;
    struct json_object *o, *errors, *field;

    response_init(&r);
    for (int i = 0; i < 20; i++)
        (void)error_field(&u->err, OUT_INVALID, "na\"me", "is %d", i);
    problem_respond(&r, &get, &u->err);
    assert_int_equal(r.status, 400);
    o = json_tokener_parse(r.body.p);
    assert_non_null(o);
    assert_true(json_object_object_get_ex(o, "errors", &errors));
    assert_int_equal(json_object_array_length(errors), ERROR_FIELDS_MAX);
    assert_true(json_object_object_get_ex(json_object_array_get_idx(errors, 0), "field", &field));
    assert_string_equal(json_object_get_string(field), "na\"me");
    json_object_put(o);
}

static void every_outcome_has_a_status(void **state)
{
    (void)state;
    for (int o = 0; o < OUT_COUNT; o++)
        assert_in_range(problem_status((enum outcome)o), 200, 503);
}

static void every_status_has_its_phrase(void **state)
{
    static const int others[] = {200, 201, 204, 207};
    struct unit *u = *state;
    struct http_response r;
    size_t n = sizeof(others) / sizeof(others[0]);

    for (size_t i = 0; i < n + OUT_COUNT; i++) {
        const char *after;

        response_init(&r);
        r.status = i < n ? others[i] : problem_status((enum outcome)(i - n));
        after = strchr(strstr(response_head(&r, &get, u->arena).p, "Status: ") + 8, ' ');
        assert_non_null(after);
        assert_true(after[1] >= 'A' && after[1] <= 'Z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(a_known_body_is_not_sent_again), a_test(only_successful_reads_get_an_etag),
        a_test(errors_carry_the_security_headers_too), a_test(a_problem_names_its_fields),
        a_test(every_outcome_has_a_status), a_test(every_status_has_its_phrase),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
