/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"

#define KEY "SECRET_KEY=0123456789abcdef0123456789abcdef"
#define URL "DATABASE_URL=host=/nowhere password=hunter2"

/* An environment's strings are char *, though nobody writes to them. */
#define S(text) ((char[]){text})

/* Loads and returns what was written to `errors`; the caller frees it. */
static char *load(struct conf *c, bool *ok, const char *file, char *const env[])
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    *ok = conf_load(c, file, env, f);
    (void)fclose(f);
    return text;
}

static void defaults_hold(void **state)
{
    char *const env[] = {S(KEY), S(URL), S("PATH=/bin"), NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, NULL, env);

    (void)state;
    assert_true(ok);
    assert_string_equal(errors, "");
    assert_int_equal(c.per_page_default, 20);
    assert_int_equal(c.per_page_max, 100);
    assert_true(c.database_prepare);
    assert_true(conf_has_board(&c, "port"));
    assert_false(conf_has_board(&c, "por"));
    assert_false(conf_has_board(&c, "labour"));
    conf_deinit(&c);
    free(errors);
}

static void every_bad_value_is_named(void **state)
{
    static const struct {
        const char *set;
        const char *name;
    } bad[] = {
        {"PER_PAGE_MAX=0", "PER_PAGE_MAX:"},       {"PER_PAGE_MAX=20x", "PER_PAGE_MAX:"},
        {"PER_PAGE_MAX=", "PER_PAGE_MAX:"},        {"PER_PAGE_MAX=99999999999999999999", "PER_PAGE_MAX:"},
        {"LOG_LEVEL=loud", "LOG_LEVEL:"},          {"DATABASE_PREPARE=yes", "DATABASE_PREPARE:"},
        {"BOARDS=port,ports", "BOARDS:"},          {"BOARDS=", "BOARDS:"},
        {"SHM_NAME=noslash", "SHM_NAME:"},         {"PER_PAGE_DEFAULT=500", "PER_PAGE_DEFAULT:"},
        {"SECRET_KEY=short", "SECRET_KEY:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char key[] = KEY, url[] = URL;
        char *const env[] = {key, url, (char *)(uintptr_t)bad[i].set, NULL};
        struct conf c;
        bool ok;
        char *errors = load(&c, &ok, NULL, env);

        assert_false(ok);
        assert_non_null(strstr(errors, bad[i].name));
        free(errors);
    }
}

static void all_problems_are_told_at_once(void **state)
{
    char *const env[] = {S("LOG_LEVEL=loud"), S("PEER_TIMEOUT_MS=1"), NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, NULL, env);

    (void)state;
    assert_false(ok);
    assert_non_null(strstr(errors, "LOG_LEVEL:"));
    assert_non_null(strstr(errors, "PEER_TIMEOUT_MS:"));
    assert_non_null(strstr(errors, "SECRET_KEY:"));
    assert_non_null(strstr(errors, "DATABASE_URL:"));
    free(errors);
}

static char *write_file(const char *text)
{
    static char path[] = "/tmp/stevedores-conf-XXXXXX";
    int fd;

    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    return path;
}

static void the_environment_overrides_the_file(void **state)
{
    char *path = write_file("# comment\n\n" KEY "\n" URL "\nPER_PAGE_MAX=50\n  LOG_LEVEL=\"warn\"  \n");
    char *const env[] = {S("PER_PAGE_MAX=60"), NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, path, env);

    (void)state;
    assert_true(ok);
    assert_int_equal(c.per_page_max, 60);
    assert_int_equal(c.log_level, 2);
    assert_string_equal(c.database_url, "host=/nowhere password=hunter2");
    conf_deinit(&c);
    free(errors);
    (void)unlink(path);
}

static void a_file_with_an_unknown_setting_is_refused(void **state)
{
    char *path = write_file(KEY "\n" URL "\nPER_PAGE_MAXIMUM=50\nnonsense\n");
    char *const env[] = {NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, path, env);

    (void)state;
    assert_false(ok);
    assert_non_null(strstr(errors, "PER_PAGE_MAXIMUM: no such setting"));
    assert_non_null(strstr(errors, "not of the form KEY=VALUE"));
    free(errors);
    (void)unlink(path);
}

/* A line break in the middle of a secret makes a line of its own of the rest. */
static void the_rest_of_a_broken_secret_is_not_repeated(void **state)
{
    char *path = write_file(KEY "\n" URL "\npostgresql://port:hunter3@db/port?sslmode=require\n\"hunter4=\n");
    char *const env[] = {NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, path, env);

    (void)state;
    assert_false(ok);
    assert_non_null(strstr(errors, ":3: not of the form KEY=VALUE"));
    assert_null(strstr(errors, "hunter"));
    free(errors);
    (void)unlink(path);
}

static void secrets_are_never_shown(void **state)
{
    char *const env[] = {S(KEY), S(URL), NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, NULL, env);
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    conf_print(&c, f);
    conf_print_json(&c, f);
    (void)fclose(f);
    assert_non_null(strstr(text, "SECRET_KEY"));
    assert_null(strstr(text, "0123456789abcdef"));
    assert_null(strstr(text, "hunter2"));
    conf_deinit(&c);
    free(text);
    free(errors);
}

/* The sample file, filled in where it must be, is a configuration. */
static void the_sample_is_accepted(void **state)
{
    char *const env[] = {S(KEY), S(URL), NULL};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    struct conf c;
    bool ok;
    char *path, *errors;

    (void)state;
    conf_print_sample(f);
    (void)fclose(f);
    path = write_file(text);
    errors = load(&c, &ok, path, env);
    assert_true(ok);
    conf_deinit(&c);
    free(errors);
    free(text);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(defaults_hold),
        a_test(every_bad_value_is_named),
        a_test(all_problems_are_told_at_once),
        a_test(the_environment_overrides_the_file),
        a_test(a_file_with_an_unknown_setting_is_refused),
        a_test(the_rest_of_a_broken_secret_is_not_repeated),
        a_test(secrets_are_never_shown),
        a_test(the_sample_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
