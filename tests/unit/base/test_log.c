/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard error goes to a file, whose lines json-c has to understand.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static FILE *captured;
static int real_stderr;

static int capture(void **state)
{
    captured = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    if (captured == NULL || real_stderr < 0 || dup2(fileno(captured), STDERR_FILENO) < 0)
        return -1;
    return unit_setup(state);
}

static int release(void **state)
{
    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
    (void)fclose(captured);
    return unit_teardown(state);
}

/* The next line as an object; the caller puts it back. NULL at the end. */
static struct json_object *next_line(void)
{
    static char line[8192];

    if (fgets(line, sizeof(line), captured) == NULL)
        return NULL;
    assert_non_null(strchr(line, '\n'));
    return json_tokener_parse(line);
}

static const char *text(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

static void a_line_is_one_json_object(void **state)
{
    struct json_object *o;

    (void)state;
    log_init("unit", LOG_INFO);
    log_set_request("abc");
    log_event(LOG_INFO, "hello", F_STR("text", "a\"b\\c\n{}"), F_INT("n", -5));
    log_set_route("/api/vessels/{id}");
    log_event(LOG_INFO, "again");
    log_set_request("def");
    log_event(LOG_INFO, "another");
    log_set_request(NULL);
    log_event(LOG_DEBUG, "too_low");
    rewind(captured);
    o = next_line();
    assert_non_null(o);
    assert_string_equal(text(o, "event"), "hello");
    assert_string_equal(text(o, "program"), "unit");
    assert_string_equal(text(o, "request_id"), "abc");
    assert_string_equal(text(o, "text"), "a\"b\\c\n{}");
    assert_string_equal(text(o, "n"), "-5");
    assert_null(text(o, "route"));
    json_object_put(o);
    o = next_line();
    assert_string_equal(text(o, "request_id"), "abc");
    assert_string_equal(text(o, "route"), "/api/vessels/{id}");
    json_object_put(o);
    o = next_line(); /* of which no route is known */
    assert_string_equal(text(o, "request_id"), "def");
    assert_null(text(o, "route"));
    json_object_put(o);
    assert_null(next_line());
}

static void a_long_value_is_cut_and_still_json(void **state)
{
    static char huge[20000];
    struct json_object *o;

    (void)state;
    memset(huge, '\n', sizeof(huge) - 1);
    log_event(LOG_INFO, "long", F_STR("text", huge), F_INT("n", 1));
    rewind(captured);
    o = next_line();
    assert_non_null(o);
    json_object_put(o);
}

static void repeats_are_suppressed(void **state)
{
    int lines = 0;
    struct json_object *o;

    (void)state;
    for (int i = 0; i < 100; i++)
        log_event(LOG_WARN, "again_and_again");
    rewind(captured);
    while ((o = next_line()) != NULL) {
        json_object_put(o);
        lines++;
    }
    assert_int_equal(lines, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_one_json_object, capture, release),
        cmocka_unit_test_setup_teardown(a_long_value_is_cut_and_still_json, capture, release),
        cmocka_unit_test_setup_teardown(repeats_are_suppressed, capture, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
