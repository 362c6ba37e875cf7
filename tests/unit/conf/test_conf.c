/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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

    *ok = conf_load(c, CONF_OPERATOR, file, env, f);
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
    assert_string_equal(c.secret_key_previous, "");
    assert_int_equal(c.password_memory_kib, 19456);
    assert_int_equal(c.password_passes, 2);
    assert_int_equal(c.login_concurrency, 1);
    assert_int_equal(c.login_wait_ms, 200);
    assert_int_equal(c.per_page_max, 100);
    assert_true(c.database_prepare);
    assert_string_equal(c.alert_command, "");
    assert_string_equal(c.alert_webhook_url, "");
    assert_int_equal(c.alert_repeat_minutes, 60);
    assert_int_equal(c.slow_query_ms, 100);
    assert_true(conf_has_board(&c, "port"));
    assert_false(conf_has_board(&c, "por"));
    assert_true(conf_has_board(&c, "labour") && conf_has_board(&c, "delivery"));
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
        {"EVENTS_SOCKET=events.sock", "EVENTS_SOCKET:"}, {"EVENTS_RENEW_S=1", "EVENTS_RENEW_S:"},
        {"SHM_NAME=noslash", "SHM_NAME:"},         {"PER_PAGE_DEFAULT=500", "PER_PAGE_DEFAULT:"},
        {"SECRET_KEY=short", "SECRET_KEY:"},       {"SECRET_KEY_PREVIOUS=short", "SECRET_KEY_PREVIOUS:"},
        {"PASSWORD_PASSES=0", "PASSWORD_PASSES:"}, {"PASSWORD_MEMORY_KIB=7167", "PASSWORD_MEMORY_KIB:"},
        {"ALERT_COMMAND=mail", "ALERT_COMMAND:"},  {"ALERT_REPEAT_MINUTES=-1", "ALERT_REPEAT_MINUTES:"},
        {"ALERT_WEBHOOK_URL=ftp://x/", "ALERT_WEBHOOK_URL: is not an http"},
        {"ALERT_WEBHOOK_URL=https://x/\"\noutput=y", "ALERT_WEBHOOK_URL: is not an http"},
        {"ALERT_WEBHOOK_URL=https://x/ y", "ALERT_WEBHOOK_URL: is not an http"}, {"SLOW_QUERY_MS=0", "SLOW_QUERY_MS:"},
        {"LOGIN_CONCURRENCY=65", "LOGIN_CONCURRENCY:"}, {"LOGIN_WAIT_MS=-1", "LOGIN_WAIT_MS:"},
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

static char *write_bytes(const char *text, size_t n)
{
    static char path[] = "/tmp/stevedores-conf-XXXXXX";
    int fd;

    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), (ssize_t)n);
    (void)close(fd);
    return path;
}

static char *write_file(const char *text)
{
    return write_bytes(text, strlen(text));
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

/* --- secrets from files -------------------------------------------------------------------------------------------- */

#define SECRET "fedcba9876543210fedcba9876543210"

/* Loads with SECRET_KEY_FILE=path and perhaps another setting; returns what was written to `errors`. */
static char *load_secret(struct unit *u, struct conf *c, bool *ok, const char *path, const char *more)
{
    char *const env[] = {S(URL), arena_printf(u->arena, "SECRET_KEY_FILE=%s", path), arena_strdup(u->arena, more), NULL};

    return load(c, ok, NULL, env);
}

static void a_secret_may_come_from_a_file(void **state)
{
    static const struct {
        const char *content;
        const char *value;
    } cases[] = {
        {SECRET, SECRET},
        {SECRET "\n", SECRET},
        {SECRET "\r\n", SECRET},
        {SECRET "\n\n", SECRET "\n"}, /* only the last one is the editor's */
        {" " SECRET " \n", " " SECRET " "},
        {"\"" SECRET "\"\n", "\"" SECRET "\""},
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = write_file(cases[i].content);
        struct conf c;
        bool ok;
        char *errors = load_secret(u, &c, &ok, path, "LOG_LEVEL=info");

        assert_true(ok);
        assert_string_equal(errors, ""); /* mkstemp() makes it 0600 */
        assert_string_equal(c.secret_key, cases[i].value);
        conf_deinit(&c);
        free(errors);
        (void)unlink(path);
    }
}

static void so_may_one_that_the_environment_file_names(void **state)
{
    struct unit *u = *state;
    char *secret = arena_strdup(u->arena, write_file(SECRET "\n"));
    char *path = write_file(arena_printf(u->arena, URL "\nSECRET_KEY_FILE=%s\n", secret));
    char *const env[] = {NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, path, env);

    assert_true(ok);
    assert_string_equal(c.secret_key, SECRET);
    conf_deinit(&c);
    free(errors);
    (void)unlink(path);
    (void)unlink(secret);
}

static void a_relative_path_is_a_credential(void **state)
{
    struct unit *u = *state;
    char *path = write_file(SECRET);
    struct conf c;
    bool ok;
    char *errors = load_secret(u, &c, &ok, path + 5, "CREDENTIALS_DIRECTORY=/tmp");

    assert_true(ok);
    assert_string_equal(c.secret_key, SECRET);
    conf_deinit(&c);
    free(errors);
    errors = load_secret(u, &c, &ok, path + 5, "CREDENTIALS_DIRECTORY=");
    assert_false(ok);
    assert_non_null(strstr(errors, "SECRET_KEY_FILE: must begin with a slash"));
    free(errors);
    errors = load_secret(u, &c, &ok, "", "CREDENTIALS_DIRECTORY=/tmp");
    assert_false(ok);
    assert_non_null(strstr(errors, "SECRET_KEY_FILE: is empty"));
    free(errors);
    (void)unlink(path);
}

/* Every refusal names the setting and shows nothing of the content. */
static void a_bad_secret_file_is_refused_by_name(void **state)
{
    static char long_text[1027];
    static const struct {
        const char *content;
        size_t n;
        const char *says;
    } bad[] = {
        {"", 0, "empty"},
        {"\n", 1, "empty"},
        {"\r\n", 2, "empty"},
        {"tiny-secret", 11, "must have 32 to 1024 characters"},
        {long_text, 1025, "more than 1024 bytes"},
        {long_text, 1027, "more than 1024 bytes"},
        {SECRET "\0" SECRET, 65, "NUL"},
        {SECRET "\0", 33, "NUL"},
    };
    struct unit *u = *state;

    memset(long_text, 'f', sizeof(long_text));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *path = write_bytes(bad[i].content, bad[i].n);
        struct conf c;
        bool ok;
        char *errors = load_secret(u, &c, &ok, path, "LOG_LEVEL=info");

        assert_false(ok);
        assert_int_equal(strncmp(errors, "SECRET_KEY", 10), 0);
        assert_non_null(strstr(errors, bad[i].says));
        assert_null(strstr(errors, "tiny-secret"));
        assert_null(strstr(errors, "ffff"));
        assert_null(strstr(errors, "fedcba"));
        free(errors);
        (void)unlink(path);
    }
}

static void the_longest_secret_fits(void **state)
{
    static char text[1026];
    struct unit *u = *state;
    char *path;
    struct conf c;
    bool ok;
    char *errors;

    memset(text, 'f', 1024);
    memcpy(text + 1024, "\r\n", 2);
    path = write_bytes(text, sizeof(text));
    errors = load_secret(u, &c, &ok, path, "LOG_LEVEL=info");
    assert_true(ok);
    assert_int_equal(strlen(c.secret_key), 1024);
    conf_deinit(&c);
    free(errors);
    (void)unlink(path);
}

static void what_can_not_be_read_is_refused_by_name(void **state)
{
    static const char *const paths[] = {"/nowhere/secret", "/tmp", "/dev/null", "/dev/zero"};
    struct unit *u = *state;
    char fifo[] = "/tmp/stevedores-fifo-XXXXXX";
    struct conf c;
    bool ok;
    char *errors;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        errors = load_secret(u, &c, &ok, paths[i], "LOG_LEVEL=info");
        assert_false(ok);
        assert_int_equal(strncmp(errors, "SECRET_KEY_FILE: ", 17), 0);
        free(errors);
    }
    assert_non_null(mkdtemp(fifo));
    assert_int_equal(mkfifo(arena_printf(u->arena, "%s/fifo", fifo), 0600), 0);
    errors = load_secret(u, &c, &ok, arena_printf(u->arena, "%s/fifo", fifo), "LOG_LEVEL=info"); /* has no writer */
    assert_false(ok);
    assert_non_null(strstr(errors, "SECRET_KEY_FILE: names something that is no regular file"));
    free(errors);
    (void)unlink(arena_printf(u->arena, "%s/fifo", fifo));
    (void)rmdir(fifo);
}

static void a_secret_given_twice_is_refused_by_name(void **state)
{
    struct unit *u = *state;
    char *path = write_file(SECRET "\n");
    struct conf c;
    bool ok;
    char *errors = load_secret(u, &c, &ok, path, KEY);

    assert_false(ok);
    assert_string_equal(errors, "SECRET_KEY: SECRET_KEY_FILE is set as well; only one of the two may be\n");
    free(errors);
    (void)unlink(path);
}

/* Only secrets: a file with a number in it would be an odd way to set a limit. */
static void other_settings_have_no_file(void **state)
{
    char *path = write_file(KEY "\n" URL "\nPER_PAGE_MAX_FILE=/tmp/x\n_FILE=/tmp/x\n");
    char *const env[] = {NULL};
    struct conf c;
    bool ok;
    char *errors = load(&c, &ok, path, env);

    (void)state;
    assert_false(ok);
    assert_non_null(strstr(errors, "PER_PAGE_MAX_FILE: no such setting"));
    assert_non_null(strstr(errors, "_FILE: no such setting"));
    free(errors);
    (void)unlink(path);
}

static void one_that_everybody_may_read_is_warned_of(void **state)
{
    struct unit *u = *state;
    char *path = write_file(SECRET "\n");
    struct conf c;
    bool ok;
    char *errors;

    assert_int_equal(chmod(path, 0644), 0);
    errors = load_secret(u, &c, &ok, path, "LOG_LEVEL=info");
    assert_true(ok);
    assert_non_null(strstr(errors, "warning: SECRET_KEY_FILE: "));
    assert_null(strstr(errors, SECRET));
    assert_string_equal(c.secret_key, SECRET);
    conf_deinit(&c);
    free(errors);
    (void)unlink(path);
}

static void help_and_sample_name_the_files(void **state)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    conf_print_help(f);
    (void)fclose(f);
    assert_non_null(strstr(text, "NAME_FILE=PATH"));
    assert_non_null(strstr(text, "SECRET_KEY *\n"));
    assert_null(strstr(text, "PER_PAGE_MAX *"));
    free(text);
    f = open_memstream(&text, &n);
    conf_print_sample(f);
    (void)fclose(f);
    assert_non_null(strstr(text, "\n#SECRET_KEY_FILE=\n"));
    assert_non_null(strstr(text, "\n#DATABASE_URL_FILE=\n"));
    assert_null(strstr(text, "PER_PAGE_MAX_FILE"));
    free(text);
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
        a_test(a_secret_may_come_from_a_file),
        a_test(so_may_one_that_the_environment_file_names),
        a_test(a_relative_path_is_a_credential),
        a_test(a_bad_secret_file_is_refused_by_name),
        a_test(the_longest_secret_fits),
        a_test(what_can_not_be_read_is_refused_by_name),
        a_test(a_secret_given_twice_is_refused_by_name),
        a_test(other_settings_have_no_file),
        a_test(one_that_everybody_may_read_is_warned_of),
        a_test(help_and_sample_name_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
