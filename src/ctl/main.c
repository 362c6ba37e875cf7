/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl: the operator's command line. Exit status: 0 done, 1 failed, 64 wrong call, 78 wrong configuration.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/random.h"
#include "ctl/ctl.h"

extern char **environ;

static const struct command {
    const char *name;
    command_fn *run;
    const char *usage;
    const char *help;
} commands[] = {
    {"check-config", cmd_check_config, "check-config [--json | --sample]",
     "Print the settings in force, or a sample file, and say what is wrong."},
    {"demo", cmd_demo, "demo [--tallies N] [--seed S]", "Fill an empty database with a port at work."},
    {"export", cmd_export, "export vessels|tallies [FILE] [--vessel ID] [--from TIME] [--to TIME]",
     "Write rows as CSV, in the form that import reads."},
    {"import", cmd_import, "import vessels|tallies FILE [--skip-bad] [--report FILE] [--dry-run] [--json]",
     "Read rows from CSV: all or none, or all that are good."},
    {"init", cmd_init, "init", "Make the database if it isn't there, and its tables."},
    {"migrate", cmd_migrate, "migrate [--status] [--json]", "Apply what is new in the schema."},
    {"routes", cmd_routes, "routes [--json]", "Print the whole API."},
    {"user", cmd_user,
     "user add NAME --role ROLE [--display-name TEXT] [--password-stdin] | passwd NAME [--password-stdin] | "
     "disable NAME | enable NAME | list [--json]",
     "Accounts."},
    {"workers", cmd_workers, "workers [--count | --json]", "Print the size of the pool and why."},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *f)
{
    (void)fprintf(f, "Usage: stevedoresctl [--env-file FILE] COMMAND …\n\n");
    for (size_t i = 0; i < NCOMMANDS; i++)
        (void)fprintf(f, "  %-14s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(f, "\n  --env-file FILE   read settings from KEY=VALUE lines; the environment overrides them\n"
                     "  COMMAND --help    how to call it\n"
                     "\nExit status: 0 done, 1 failed, 64 wrong call, 78 wrong configuration.\n");
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

int ctl_failed(const struct ctl *c, const struct error *e)
{
    size_t n = e->nfields < ERROR_FIELDS_MAX ? e->nfields : ERROR_FIELDS_MAX;

    for (size_t i = 0; i < n; i++)
        (void)fprintf(stderr, "stevedoresctl %s: %s: %s\n", c->command, e->fields[i].field, e->fields[i].detail);
    if (n == 0 || e->log != NULL)
        (void)fprintf(stderr, "stevedoresctl %s: %s\n", c->command,
                      e->log != NULL ? e->log : e->detail != NULL ? e->detail : "failed");
    if (e->outcome == OUT_UNAVAILABLE)
        (void)fprintf(stderr, "Is PostgreSQL running, and is DATABASE_URL right? Nothing was changed.\n");
    return 1;
}

int ctl_usage(const struct ctl *c, const char *what)
{
    (void)fprintf(stderr, "stevedoresctl %s: %s\nUsage: stevedoresctl %s\n", c->command, what, c->usage);
    return EX_USAGE;
}

static void take_out(int *argc, char **argv, int i, int n)
{
    for (; i + n <= *argc; i++)
        argv[i] = argv[i + n]; /* argv ends with a NULL, which moves along */
    *argc -= n;
}

bool ctl_flag(int *argc, char **argv, const char *name)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            take_out(argc, argv, i, 1);
            return true;
        }
    }
    return false;
}

const char *ctl_option(int *argc, char **argv, const char *name)
{
    size_t n = strlen(name);

    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;

        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') {
            value = argv[i] + n + 1;
            take_out(argc, argv, i, 1);
            return value;
        }
        if (strcmp(argv[i], name) == 0 && i + 1 < *argc) {
            value = argv[i + 1];
            take_out(argc, argv, i, 2);
            return value;
        }
    }
    return NULL;
}

static int run(const struct command *command, const struct conf *conf, int argc, char **argv)
{
    struct ctl c = {.command = command->name, .usage = command->usage, .conf = conf};
    int status;

    c.arena = arena_new(64 * 1024);
    c.db = db_new(conf, "stevedoresctl");
    db_unlimited(c.db);
    error_init(&c.err, c.arena);
    status = command->run(&c, argc, argv);
    arena_free(&c.arena);
    db_free(&c.db);
    return status;
}

int main(int argc, char **argv)
{
    const char *env_file = NULL;
    const struct command *command;
    struct conf conf;
    int status, at = 1;

    if (at + 1 < argc && strcmp(argv[at], "--env-file") == 0) {
        env_file = argv[at + 1];
        at += 2;
    }
    if (at >= argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
        print_help(at < argc ? stdout : stderr);
        return at < argc ? 0 : EX_USAGE;
    }
    if (strcmp(argv[at], "--version") == 0) {
        (void)printf("stevedoresctl %s\n", PACKAGE_VERSION);
        return 0;
    }
    command = find(argv[at]);
    if (command == NULL) {
        (void)fprintf(stderr, "stevedoresctl: there is no command '%s'.\n\n", argv[at]);
        print_help(stderr);
        return EX_USAGE;
    }
    argc -= at;
    argv += at;
    if (ctl_flag(&argc, argv, "--help")) {
        (void)printf("Usage: stevedoresctl %s\n\n%s\n", command->usage, command->help);
        return 0;
    }
    if (command->run == cmd_check_config && ctl_flag(&argc, argv, "--sample")) { /* before there is a configuration */
        conf_print_sample(stdout);
        return 0;
    }
    log_init("stevedoresctl", LOG_ERROR); /* people read this command's own messages */
    if (!conf_load(&conf, env_file, environ, stderr)) {
        (void)fprintf(stderr, "stevedoresctl: correct the settings above.\n");
        return EX_CONFIG;
    }
    random_init();
    status = run(command, &conf, argc, argv);
    conf_deinit(&conf);
    return status;
}
