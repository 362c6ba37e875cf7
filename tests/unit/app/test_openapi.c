/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <string.h>

#include "app/openapi.h"
#include "app/operation.h"
#include "app/route.h"
#include "engine/resource.h"

/* Every set of boards, of none to all three. */
static const char *const sets[] = {"", "port", "labour", "delivery", "port,labour", "port,delivery", "labour,delivery",
                                   "port,labour,delivery"};

static struct json_object *document(struct unit *u, const char *boards)
{
    struct conf conf = {.boards = (char *)boards, .per_page_default = 20, .per_page_max = 100};
    struct str text = openapi_document(&conf, "cookie", u->arena);
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *whole;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    whole = json_tokener_parse_ex(tokener, text.p, (int)text.n + 1);
    assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
    json_tokener_free(tokener);
    return whole;
}

/* The object behind two names; NULL when there is none. */
static struct json_object *at(struct json_object *whole, const char *first, const char *second)
{
    struct json_object *one, *two;

    assert_true(json_object_object_get_ex(whole, first, &one));
    return json_object_object_get_ex(one, second, &two) ? two : NULL;
}

static void it_has_the_routes_that_are_on(void **state)
{
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        const struct conf conf = {.boards = (char *)sets[i]};
        struct json_object *whole = document(u, sets[i]);

        for (const struct route *r = routes; r->pattern != NULL; r++) {
            struct json_object *path = at(whole, "paths", r->pattern), *operation = NULL;
            const char *method = r->method == HTTP_GET ? "get" : r->method == HTTP_POST ? "post"
                                                             : r->method == HTTP_PATCH  ? "patch" : "delete";

            (void)json_object_object_get_ex(path, method, &operation);
            assert_int_equal(operation != NULL, route_is_on(r, &conf));
        }
        json_object_put(whole);
    }
}

/* In every set of boards: what is referred to by name is there. */
static void every_reference_leads_somewhere(void **state)
{
    static const char start[] = "#/components/";
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct json_object *whole = document(u, sets[i]), *components;
        const char *text = json_object_to_json_string_ext(whole, JSON_C_TO_STRING_NOSLASHESCAPE);
        size_t n = 0;

        assert_true(json_object_object_get_ex(whole, "components", &components));
        for (const char *p = text; (p = strstr(p, start)) != NULL; n++) {
            size_t kind = strcspn(p += strlen(start), "/");
            size_t name = strcspn(p + kind + 1, "/\"");

            assert_non_null(at(components, arena_strndup(u->arena, p, kind), arena_strndup(u->arena, p + kind + 1, name)));
        }
        assert_true(n > 100);
        json_object_put(whole);
    }
}

/* json-c would let the second of two schemas of one name win: two resources with different columns and the same title. */
static void no_two_resources_have_one_name(void **state)
{
    const struct resource *seen[512];
    size_t n = 0;

    (void)state;
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        const struct resource *of[] = {r->resource, operation_body(r), operation_row(r)};

        for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
            if (of[i] == NULL)
                continue;
            assert_non_null(of[i]->title);
            for (size_t k = 0; k < n; k++) {
                if (of[i]->columns != seen[k]->columns)
                    assert_string_not_equal(of[i]->title, seen[k]->title);
            }
            assert_true(n < sizeof(seen) / sizeof(seen[0]));
            seen[n++] = of[i];
        }
    }
    assert_true(n > 20);
}

/* A handler that isn't the engine's has to say what it takes and answers with: the document would say "nothing". */
static void every_route_is_declared(void **state)
{
    (void)state;
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (!operation_is_declared(r))
            fail_msg("%s is in no line of app/operation.c", r->pattern);
    }
}

static const char *column_text(struct unit *u, const struct column *c, bool given)
{
    struct buf b;

    buf_init(&b, u->arena, 64);
    schema_column(&b, c, given);
    return b.data;
}

static bool is_even(const char *value, const char **why)
{
    *why = "is odd";
    return strlen(value) % 2 == 0;
}

static void columns_are_schemas(void **state)
{
    static const char *const sizes[] = {"s", "l", NULL};
    struct unit *u = *state;
    const struct column number = {"n", COL_INT, COL_NOT_NULL, 1, 9, NULL, NULL, "A \"number\"."};
    const struct column text = {"t", COL_TEXT, 0, 2, 5, NULL, is_even, NULL};
    const struct column choice = {"c", COL_CHOICE, 0, 0, 0, sizes, NULL, NULL};
    const struct column counts = {"m", COL_COUNTS, COL_NOT_NULL, 0, 7, sizes, NULL, NULL};
    const struct column words = {"w", COL_WORDS, COL_NOT_NULL, 0, 3, NULL, NULL, NULL};
    const struct column some = {"s", COL_WORDS, COL_NOT_NULL, 0, 2, sizes, NULL, NULL};
    const struct column any = {"j", COL_JSON, 0, 0, 0, NULL, NULL, NULL};

    assert_string_equal(column_text(u, &number, true), "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,"
                                                       "\"maximum\":9,\"description\":\"A \\\"number\\\".\"}");
    assert_string_equal(column_text(u, &number, false),
                        "{\"type\":\"integer\",\"format\":\"int64\",\"description\":\"A \\\"number\\\".\"}");
    assert_string_equal(column_text(u, &text, true), "{\"type\":[\"string\",\"null\"],\"minLength\":2,\"maxLength\":5,"
                                                     "\"x-checked\":true}");
    assert_string_equal(column_text(u, &choice, true), "{\"type\":[\"string\",\"null\"],\"enum\":[\"s\",\"l\",null]}");
    assert_string_equal(column_text(u, &counts, true),
                        "{\"type\":\"object\",\"propertyNames\":{\"enum\":[\"s\",\"l\"]},"
                        "\"additionalProperties\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":7}}");
    assert_string_equal(column_text(u, &words, true),
                        "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40,"
                        "\"pattern\":\"^[a-z0-9][a-z0-9 _+/-]*$\"},\"maxItems\":3,\"uniqueItems\":true}");
    assert_string_equal(column_text(u, &some, true),
                        "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"s\",\"l\"]},\"maxItems\":2,"
                        "\"uniqueItems\":true}");
    assert_string_equal(column_text(u, &any, false), "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(it_has_the_routes_that_are_on), a_test(every_reference_leads_somewhere),
        a_test(no_two_resources_have_one_name), a_test(every_route_is_declared), a_test(columns_are_schemas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
