/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl user: accounts. A password comes from the terminal, unseen, or from standard input; never from an
 * argument, which every process on the machine can read.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"
#include "base/json_out.h"

/* One line from standard input without its end; unseen when it is a terminal. */
static bool read_secret(const char *prompt, char *out, int size)
{
    bool terminal = isatty(STDIN_FILENO) != 0;
    struct termios old, quiet;
    bool ok;

    if (terminal) {
        (void)fprintf(stderr, "%s: ", prompt);
        if (tcgetattr(STDIN_FILENO, &old) < 0)
            return false;
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
            return false;
    }
    ok = fgets(out, size, stdin) != NULL;
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        (void)fputc('\n', stderr);
    }
    if (ok)
        out[strcspn(out, "\r\n")] = '\0';
    return ok;
}

/* The hash of a password that is asked for; NULL with a message. */
static char *ask_hash(struct ctl *c, bool from_stdin)
{
    char first[PASSWORD_MAX + 2], second[PASSWORD_MAX + 2];
    char *hash = NULL;

    if (!from_stdin && isatty(STDIN_FILENO) == 0) {
        (void)fprintf(stderr, "There is no terminal to ask for the password; use --password-stdin.\n");
        return NULL;
    }
    if (!read_secret("Password", first, sizeof(first)))
        (void)fprintf(stderr, "No password was given.\n");
    else if (strlen(first) < PASSWORD_MIN || strlen(first) > PASSWORD_MAX)
        (void)fprintf(stderr, "The password must have %d to %d bytes.\n", PASSWORD_MIN, PASSWORD_MAX);
    else if (!from_stdin && (!read_secret("Again", second, sizeof(second)) || strcmp(first, second) != 0))
        (void)fprintf(stderr, "The two are not the same.\n");
    else if ((hash = password_hash(c->arena, first)) == NULL)
        (void)fprintf(stderr, "There is not enough memory to hash it.\n");
    sodium_memzero(first, sizeof(first));
    sodium_memzero(second, sizeof(second));
    return hash;
}

/* Runs a statement that touches one account and says what was done to it. */
static int change(struct ctl *c, const char *sql, const char *const *params, size_t nparams, const char *done)
{
    struct db_result *r;

    if (db_query(c->db, c->arena, DB_WRITE, sql, params, nparams, &r, &c->err) != OUT_OK) {
        const char *constraint = db_last_failure(c->db)->constraint;

        if (strcmp(constraint, "users_username_unique") == 0)
            (void)error_log(&c->err, OUT_CONFLICT, "there is a user %s already", params[0]);
        else if (strcmp(constraint, "users_username_format") == 0)
            (void)error_log(&c->err, OUT_INVALID, "a user name has 2 to 64 of a-z, 0-9, '.', '_' and '-'");
        else if (strcmp(constraint, "users_role_known") == 0)
            (void)error_log(&c->err, OUT_INVALID, "the role is one of viewer, clerk, supervisor, manager, admin");
        return ctl_failed(c, &c->err);
    }
    if (db_affected(r) == 0) {
        (void)error_log(&c->err, OUT_NOT_FOUND, "there is no user %s", params[0]);
        return ctl_failed(c, &c->err);
    }
    (void)printf("User %s %s.\n", params[0], done);
    return 0;
}

static int add(struct ctl *c, int argc, char **argv)
{
    bool from_stdin = ctl_flag(&argc, argv, "--password-stdin");
    const char *role = ctl_option(&argc, argv, "--role");
    const char *display = ctl_option(&argc, argv, "--display-name");
    const char *params[4];

    if (argc != 2 || role == NULL)
        return ctl_usage(c, "add takes a NAME and --role");
    params[0] = argv[1];
    params[1] = display != NULL ? display : argv[1];
    params[2] = role;
    params[3] = ask_hash(c, from_stdin);
    if (params[3] == NULL)
        return 1;
    return change(c, "INSERT INTO users (username, display_name, role, password_hash) VALUES ($1, $2, $3, $4)", params,
                  4, "was added");
}

static int passwd(struct ctl *c, int argc, char **argv)
{
    bool from_stdin = ctl_flag(&argc, argv, "--password-stdin");
    const char *params[2];

    if (argc != 2)
        return ctl_usage(c, "passwd takes a NAME");
    params[0] = argv[1];
    params[1] = ask_hash(c, from_stdin);
    if (params[1] == NULL)
        return 1;
    return change(c, "UPDATE users SET password_hash = $2 WHERE username = $1", params, 2, "has a new password");
}

static int disable(struct ctl *c, int argc, char **argv)
{
    const char *params[] = {argc == 2 ? argv[1] : NULL};

    if (argc != 2)
        return ctl_usage(c, "disable takes a NAME");
    return change(c, "UPDATE users SET disabled_at = coalesce(disabled_at, now()) WHERE username = $1", params, 1,
                  "is disabled");
}

static int enable(struct ctl *c, int argc, char **argv)
{
    const char *params[] = {argc == 2 ? argv[1] : NULL};

    if (argc != 2)
        return ctl_usage(c, "enable takes a NAME");
    return change(c, "UPDATE users SET disabled_at = NULL WHERE username = $1", params, 1, "is enabled");
}

static int list(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    struct db_result *r;

    if (argc != 1)
        return ctl_usage(c, "list takes no arguments");
    if (db_query(c->db, c->arena, DB_READ,
                 "SELECT username, role, display_name, CASE WHEN disabled_at IS NULL THEN 'yes' ELSE 'no' END,"
                 " to_char(created_at, 'YYYY-MM-DD') FROM users ORDER BY username",
                 NULL, 0, &r, &c->err) != OUT_OK)
        return ctl_failed(c, &c->err);
    if (!json)
        (void)printf("%-20s %-11s %-8s %-11s %s\n", "user", "role", "enabled", "since", "name");
    for (size_t i = 0; i < db_rows(r) && !json; i++)
        (void)printf("%-20s %-11s %-8s %-11s %s\n", db_get(r, i, 0), db_get(r, i, 1), db_get(r, i, 3), db_get(r, i, 4),
                     db_get(r, i, 2));
    if (json) {
        struct buf b;

        buf_init(&b, c->arena, 1024);
        buf_char(&b, '[');
        for (size_t i = 0; i < db_rows(r); i++) {
            static const char *const names[] = {"username", "role", "display_name", "enabled", "since"};

            buf_puts(&b, i > 0 ? ",{" : "{");
            for (int k = 0; k < 5; k++) {
                json_key(&b, names[k]);
                json_text(&b, db_get(r, i, k));
            }
            buf_char(&b, '}');
        }
        (void)printf("%s]\n", b.data);
    }
    return 0;
}

int cmd_user(struct ctl *c, int argc, char **argv)
{
    static const struct {
        const char *name;
        command_fn *run;
    } actions[] = {{"add", add}, {"passwd", passwd}, {"disable", disable}, {"enable", enable}, {"list", list}};

    for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(c, argc - 1, argv + 1);
    }
    return ctl_usage(c, "which of them?");
}
