/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl user: accounts. A password comes from the terminal, unseen, or from standard input; never from an
 * argument, which every process on the machine can read.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"
#include "base/json_out.h"
#include "base/str.h"
#include "ctl/table.h"

/* The signal that came while the terminal didn't echo; a handler can't be given anything to write to. */
static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    interrupted = number;
}

static const int fatal_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define NSIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* One line from standard input without its end, at most size - 1 bytes of it: not through stdio, whose buffer would keep
 * the password. False at the end of the input, after a signal, and when the line is longer or has a NUL. */
static bool read_secret_line(char *out, size_t size)
{
    size_t n = 0;
    bool fits = true;
    ssize_t got;
    char c = '\0';

    while (interrupted == 0 && (got = read(STDIN_FILENO, &c, 1)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        if (got < 0)
            continue;
        if (c == '\n')
            break;
        fits = fits && c != '\0' && n + 1 < size;
        if (fits)
            out[n++] = c;
    }
    if (n > 0 && out[n - 1] == '\r')
        n--;
    out[n] = '\0';
    sodium_memzero(&c, sizeof(c));
    return interrupted == 0 && fits && n > 0;
}

/* The same from a terminal, unseen. A signal that would end the program gives the terminal its echo back first. */
static bool read_secret_unseen(const char *prompt, char *out, size_t size)
{
    struct sigaction note = {.sa_handler = note_signal}, before[NSIGNALS]; /* no SA_RESTART: read() must return */
    struct termios seen, unseen;
    bool ok;

    if (tcgetattr(STDIN_FILENO, &seen) < 0)
        return false;
    unseen = seen;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    interrupted = 0;
    for (size_t i = 0; i < NSIGNALS; i++)
        (void)sigaction(fatal_signals[i], &note, &before[i]); /* fails only for a number that is none */
    (void)fprintf(stderr, "%s: ", prompt);
    ok = tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) == 0 && read_secret_line(out, size);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen); /* there is nothing to do when it fails */
    (void)fputc('\n', stderr);
    for (size_t i = 0; i < NSIGNALS; i++)
        (void)sigaction(fatal_signals[i], &before[i], NULL);
    if (interrupted != 0) {
        sodium_memzero(out, size);
        (void)raise(interrupted);
    }
    return ok;
}

static bool is_long_enough(const char *password)
{
    size_t characters = 0;

    for (; *password != '\0'; password++)
        characters += ((unsigned char)*password & 0xc0) != 0x80;
    return characters >= PASSWORD_MIN;
}

/* The hash of a password that is asked for; NULL with a message. */
static char *ask_hash(struct ctl *c, bool from_stdin)
{
    char first[PASSWORD_MAX + 2] = "", second[PASSWORD_MAX + 2] = ""; /* room for a CR */
    bool terminal = isatty(STDIN_FILENO) != 0;
    char *hash = NULL;

    if (!from_stdin && !terminal) {
        (void)fprintf(stderr, "There is no terminal to ask for the password; use --password-stdin.\n");
        return NULL;
    }
    interrupted = 0;
    if (!(terminal ? read_secret_unseen("Password", first, sizeof(first)) : read_secret_line(first, sizeof(first))))
        (void)fprintf(stderr, "No password was given, or it has more than %d bytes.\n", PASSWORD_MAX);
    else if (!is_long_enough(first) || strlen(first) > PASSWORD_MAX || !str_is_text(first, strlen(first)))
        (void)fprintf(stderr, "The password must be text of at least %d characters and at most %d bytes.\n",
                      PASSWORD_MIN, PASSWORD_MAX);
    else if (!from_stdin && (!read_secret_unseen("Again", second, sizeof(second)) || strcmp(first, second) != 0))
        (void)fprintf(stderr, "The two are not the same.\n");
    else if ((hash = password_hash(c->arena, c->conf, first)) == NULL)
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
        else if (strcmp(constraint, "users_display_name_length") == 0)
            (void)error_log(&c->err, OUT_INVALID, "a display name has 1 to 100 characters");
        else if (strcmp(constraint, "users_keep_an_admin") == 0)
            (void)error_log(&c->err, OUT_CONFLICT, "%s is the last active admin; add another one first", params[0]);
        return ctl_failed(c, &c->err);
    }
    if (db_affected(r) == 0) { /* of rows that came back, or were changed */
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
    return change(c,
                  "WITH u AS (UPDATE users SET password_hash = $2 WHERE username = $1 RETURNING id), "
                  "ended AS (UPDATE sessions SET revoked_at = now()"
                  "  WHERE user_id = (SELECT id FROM u) AND revoked_at IS NULL), "
                  "revoked AS (UPDATE api_keys SET revoked_at = now()"
                  "  WHERE user_id = (SELECT id FROM u) AND revoked_at IS NULL) "
                  "SELECT audit_write('password', 'users', id::text, NULL, NULL) FROM u",
                  params, 2, "has a new password; whoever was logged in with the old one is not any more, and the API keys are revoked");
}

static int disable(struct ctl *c, int argc, char **argv)
{
    const char *params[] = {argc == 2 ? argv[1] : NULL};

    if (argc != 2)
        return ctl_usage(c, "disable takes a NAME");
    return change(c, "UPDATE users SET status = 'disabled' WHERE username = $1", params, 1,
                  "is disabled");
}

static int enable(struct ctl *c, int argc, char **argv)
{
    const char *params[] = {argc == 2 ? argv[1] : NULL};

    if (argc != 2)
        return ctl_usage(c, "enable takes a NAME");
    return change(c, "UPDATE users SET status = 'active' WHERE username = $1", params, 1, "is enabled");
}

static void print_json(struct arena *arena, const struct db_result *r)
{
    static const char *const names[] = {"username", "role", "display_name", "enabled", "since"};
    struct buf b;

    buf_init(&b, arena, 1024);
    buf_char(&b, '[');
    for (size_t i = 0; i < db_rows(r); i++) {
        buf_puts(&b, i > 0 ? ",\n {" : "\n {");
        for (int k = 0; k < 5; k++) {
            json_key(&b, names[k]);
            json_text(&b, db_get(r, i, k));
        }
        buf_char(&b, '}');
    }
    (void)printf("%s\n]\n", b.data);
}

static void print_table(struct arena *arena, const struct db_result *r)
{
    static const char *const heads[] = {"user", "role", "name", "enabled", "since", NULL};
    struct table t;

    table_init(&t, arena, heads);
    for (size_t i = 0; i < db_rows(r); i++) {
        for (int k = 0; k < 5; k++)
            table_cell(&t, db_get(r, i, k));
    }
    table_print(&t, stdout);
}

static int list(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    struct db_result *r;

    if (argc != 1)
        return ctl_usage(c, "list takes no arguments");
    if (db_query(c->db, c->arena, DB_READ,
                 "SELECT username, role, display_name, CASE WHEN status = 'active' THEN 'yes' ELSE 'no' END,"
                 " to_char(created_at, 'YYYY-MM-DD') FROM users ORDER BY username",
                 NULL, 0, &r, &c->err) != OUT_OK)
        return ctl_failed(c, &c->err);
    if (json)
        print_json(c->arena, r);
    else
        print_table(c->arena, r);
    return 0;
}

int cmd_user(struct ctl *c, int argc, char **argv)
{
    static const struct {
        const char *name;
        command_fn *run;
    } actions[] = {{"add", add}, {"passwd", passwd}, {"disable", disable}, {"enable", enable}, {"list", list}};

    ctl_sign(c);
    for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(c, argc - 1, argv + 1);
    }
    return ctl_usage(c, argc > 1 ? "there is no such action" : "add, passwd, disable, enable or list?");
}
