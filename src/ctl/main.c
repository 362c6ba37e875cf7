/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl: the operator's command line. Exit status: 0 done, 1 failed, 64 wrong call, 78 wrong configuration.
 */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "db/conninfo.h"

extern char **environ;

#define KINDS "KIND is berths, vessels, tallies; clients, workers, jobs, contracts, payments; projects, features, "\
              "resources, backlog, allocations."

static const char load_details[] =
    "N is 4 to 1000. Four in ten ask for dashboards, as many for lists and rows, one for /health, one for static files. It only reads;\n"
    "what it writes are API keys with a viewer's rights, of the user --user (else of the first admin), which it revokes at its end\n"
    "and which end by themselves a minute later. h2load has them on its command line, where others on this machine can see them.\n\n"
    "  --time SECONDS      for how long (30)\n"
    "  --rate PER_MINUTE   requests of each user (60)\n"
    "  --url URL           the site (http://127.0.0.1:8080)\n"
    "  --user NAME         whose keys\n"
    "  --json              for programs\n\n"
    "Users share a key only as far as RATE_LIMIT_READ allows it. RATE_LIMIT_ADDRESS must allow all of them, as they come from one\n"
    "address: more is refused before it begins, with what would do. Targets: dashboards p95 < 200 ms, API p95 < 100 ms, /health p99\n"
    "< 50 ms, static files p95 < 20 ms; more than 1000 requests a minute, where so many are asked for; errors < 0.1 %, cache hits\n"
    "> 90 %, 50 ms for a database query on average, 64 MiB of memory for pool and agent. The last four are known where the pool is on\n"
    "this host; run it with the pool's settings and as its user.\n\n"
    "Exit status: 0 when every target was met, else 1.\n";

static const char flask_details[] =
    "DSN is a libpq URI or keyword=value pairs; '-' is a line of standard input that has it, and nothing FLASK_DATABASE_URL. Everything\n"
    "is done in one transaction, which is rolled back unless --apply is given and all counts and sums agree; run it as often as you like:\n"
    "what came before is found again.\n\n"
    "  --apply                keep it\n"
    "  --source NAME          which installation it is, where there are several (flask)\n"
    "  --timezone ZONE        of times without a zone (UTC)\n"
    "  --role ROLE            of people whose role isn't said or known (clerk)\n"
    "  --berth-length METRES  of berths that are not here yet\n"
    "  --report FILE          every row that was left out or came over in another form, as CSV\n"
    "  --json                 for programs\n";

static const char monitor_details[] =
    "On a terminal it takes the whole screen, and q ends it. Otherwise it writes a line each time.\n\n"
    "  --interval SECONDS  between two looks (5: the agent samples each 5 s what was in the half minute before, so more often\n"
    "                      shows the same twice)\n"
    "  --count N           so many lines, then end\n"
    "  --lines             lines on a terminal, too\n"
    "  --json              a JSON object a line\n\n"
    "It asks neither the pool nor the database. Run it with the pool's settings and as its user.\n\n"
    "Exit status: 0, or 1 when there is no pool.\n";

static const char validate_details[] =
    "Configuration, secrets, database, schema and indexes, caches, shared memory, agent, pool, memory; with --url also what comes\n"
    "over HTTP: certificate, times of the health addresses, security headers, compression and caching of static files. It reads only,\n"
    "but for one key of its own in Redis and memcached. Run it with the pool's settings and as its user. Sums that the database keeps\n"
    "are db-audit's.\n\n"
    "  --url URL   the site, as people have it, such as https://dashboard.example\n"
    "  --json      for programs\n\n"
    "Exit status: 0 when no check failed (warnings are none), 1 when one did, 78 when a setting is wrong.\n";

static const char pg_details[] =
    "COMMAND is one of PostgreSQL's programs, such as psql or pg_dump, or a script. It finds the database by PGHOST, PGUSER, PGPASSWORD\n"
    "and so on in its environment, so that no password is on a command line.\n\n"
    "  --owner   as the schema's owner: by DATABASE_OWNER_URL, where that is set\n\n"
    "Exit status: the command's; 127 when there is none of that name, 126 when it can't be run.\n";

enum needs { NEEDS_NOTHING, NEEDS_CONF };

static const struct command {
    const char *name;
    command_fn *run;
    enum needs needs; /* with a configuration comes a database, which is connected when first used */
    const char *usage;
    const char *help;
} commands[] = {
    {"cache", cmd_cache, NEEDS_CONF, "cache stats|clear [--json]",
     "What the pool's shared memory holds; or throw its local cache out."},
    {"check-config", cmd_check_config, NEEDS_CONF, "check-config [--json | --sample]",
     "Print the settings in force, or a sample file, and say what is wrong."},
    {"db-audit", cmd_db_audit, NEEDS_CONF, "db-audit totals|indexes|tables|statements|plans [--json] [--list NAME] [--part K/N] [--verbose]",
     "Compare what is kept with what it is kept from; missing and unused indexes; bloat; slow statements; the plans of lists "
     "(--part: of the sets of many filters the K-th of N parts)."},
    {"demo", cmd_demo, NEEDS_CONF, "demo [--tallies N] [--factor N] [--seed S]",
     "Fill an empty database with a port, and the other boards, at work. --factor makes N times as much of all but the port."},
    {"export", cmd_export, NEEDS_CONF, "export KIND [FILE] [--vessel ID] [--from TIME] [--to TIME]",
     "Write rows as CSV, in the form that import reads. " KINDS},
    {"headers", cmd_headers, NEEDS_NOTHING, "headers [nginx | nginx-http | apache]",
     "Print the headers of every answer, or a web server's directives for its own."},
    {"import", cmd_import, NEEDS_CONF, "import KIND FILE [--skip-bad] [--report FILE] [--dry-run] [--json]",
     "Read rows from CSV: all or none, or all that are good. " KINDS},
    {"import-flask", cmd_import_flask, NEEDS_CONF,
     "import-flask [DSN | -] [--apply] [--source NAME] [--timezone ZONE] [--role ROLE] [--berth-length METRES] [--report FILE] [--json]",
     "Bring over users, vessels and tallies of a Stevedores Dashboard 3.0, the Flask application; without --apply only say what would come."},
    {"init", cmd_init, NEEDS_CONF, "init", "Make the database if it isn't there, and its tables."},
    {"load", cmd_load, NEEDS_CONF, "load N [--time SECONDS] [--rate PER_MINUTE] [--url URL] [--user NAME] [--json]",
     "Let N users read at once, with h2load, and say whether the answers' times are as promised."},
    {"migrate", cmd_migrate, NEEDS_CONF, "migrate [--status] [--json]", "Apply what is new in the schema."},
    {"monitor", cmd_monitor, NEEDS_CONF, "monitor [--interval SECONDS] [--count N] [--lines] [--json]",
     "Show how the pool of this host does, out of its shared memory."},
    {"pg", cmd_pg, NEEDS_CONF, "pg [--owner] COMMAND [ARG...]", "Run a program of PostgreSQL's on this database."},
    {"routes", cmd_routes, NEEDS_NOTHING, "routes [--json]", "Print the whole API."},
    {"user", cmd_user, NEEDS_CONF,
     "user add NAME --role ROLE [--display-name TEXT] [--password-stdin] | passwd NAME [--password-stdin] | "
     "disable NAME | enable NAME | list [--json]",
     "Accounts."},
    {"validate", cmd_validate, NEEDS_CONF, "validate [--url URL] [--json]",
     "Go through the checklist of a deployment: each check with what was found and what to do."},
    {"workers", cmd_workers, NEEDS_CONF, "workers [--count | --json]", "Print the size of the pool and why."},
};

/* What COMMAND --help says beyond that. */
static const struct {
    command_fn *run;
    const char *text;
} details[] = {{cmd_import_flask, flask_details}, {cmd_load, load_details}, {cmd_monitor, monitor_details}, {cmd_pg, pg_details},
               {cmd_validate, validate_details}};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *f)
{
    (void)fprintf(f, "Usage: stevedoresctl [--env-file FILE] [--database NAME] COMMAND …\n\n");
    for (size_t i = 0; i < NCOMMANDS; i++)
        (void)fprintf(f, "  %-14s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(f, "\n  --env-file FILE   read settings from KEY=VALUE lines; the environment overrides them\n"
                     "  --database NAME   the database of that name, on the server that the settings name\n"
                     "  --version         print the version\n"
                     "  COMMAND --help    how to call it\n"
                     "\nExit status: 0 done, 1 failed, 64 wrong call, 78 wrong configuration.\n");
}

static void print_command_help(const struct command *command)
{
    (void)printf("Usage: stevedoresctl %s\n\n%s\n", command->usage, command->help);
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        if (details[i].run == command->run)
            (void)printf("\n%s", details[i].text);
    }
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* Length of a text without the line ends that libpq's messages have. */
static int trimmed(const char *text)
{
    size_t n = strlen(text);

    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    return (int)n;
}

int ctl_failed(const struct ctl *c, const struct error *e)
{
    size_t n = e->nfields < ERROR_FIELDS_MAX ? e->nfields : ERROR_FIELDS_MAX;

    for (size_t i = 0; i < n; i++)
        (void)fprintf(stderr, "stevedoresctl %s: %s: %s\n", c->command, e->fields[i].field, e->fields[i].detail);
    if (n == 0 || e->log != NULL) {
        const char *text = e->log != NULL ? e->log : e->detail != NULL ? e->detail : "failed";

        (void)fprintf(stderr, "stevedoresctl %s: %.*s\n", c->command, trimmed(text), text);
    }
    if (e->outcome == OUT_UNAVAILABLE && !db_is_connected(c->db))
        (void)fprintf(stderr, "Is PostgreSQL running, and is DATABASE_URL right?%s\n",
                      strcmp(c->command, "init") != 0 ? " `stevedoresctl init` makes the database." : "");
    else if (e->outcome == OUT_UNCERTAIN)
        (void)fprintf(stderr, "The server's last answer was lost: look whether it was done before doing it again.\n");
    else if (e->log != NULL && str_starts(e->log, "42P01")) /* undefined_table */
        (void)fprintf(stderr, "`stevedoresctl migrate` makes the tables.\n");
    return 1;
}

void ctl_sign(struct ctl *c)
{
    const struct passwd *p = getpwuid(getuid());
    struct buf b;

    buf_init(&b, c->arena, 64);
    buf_puts(&b, "{");
    json_key(&b, "name");
    json_text(&b, p != NULL ? p->pw_name : arena_printf(c->arena, "uid %ld", (long)getuid()));
    json_key(&b, "via");
    json_text(&b, "ctl");
    buf_char(&b, '}');
    db_set_actor(c->db, b.data);
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

bool ctl_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    return text == NULL || (parse_i64(text, out) && *out >= least && *out <= most);
}

/* Whether the usage line has the option; *value: whether it takes one ("--report FILE" against "[--json]"). */
static bool is_declared(const char *usage, const char *option, size_t n, bool *value)
{
    for (const char *p = usage; (p = strstr(p, "--")) != NULL; p += 2) {
        if (strncmp(p, option, n) == 0 && strchr("] ", p[n]) != NULL) {
            *value = p[n] == ' ' && p[n + 1] >= 'A' && p[n + 1] <= 'Z';
            return true;
        }
    }
    return false;
}

/* The usage line is the declaration: an option that it doesn't have, or one without its value, is refused before a
 * command can take it for a file name. */
static bool options_are_known(const struct command *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t n = strcspn(argv[i], "=");
        bool value = false, joined = argv[i][n] == '=';
        const char *problem = NULL;

        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        if (n == 2 || !is_declared(command->usage, argv[i], n, &value))
            problem = "is not an option of this command";
        else if (value && !joined && i + 1 == argc)
            problem = "needs a value";
        else if (!value && joined)
            problem = "takes no value";
        if (problem != NULL) {
            (void)fprintf(stderr, "stevedoresctl %s: %.*s %s\nUsage: stevedoresctl %s\n", command->name, (int)n, argv[i],
                          problem, command->usage);
            return false;
        }
        i += value && !joined;
    }
    return true;
}

/* `c` has what the settings are. */
static int run(const struct command *command, struct ctl *c, int argc, char **argv)
{
    const struct rlimit none = {0, 0};
    int status;

    c->command = command->name;
    c->usage = command->usage;

    /* A core would hold SECRET_KEY, and of some commands a password. */
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        (void)fprintf(stderr, "warning: a core file can't be ruled out: %m\n");
    random_init();
    c->arena = arena_new(65536);
    error_init(&c->err, c->arena);
    if (c->conf != NULL) {
        c->db = db_new(c->conf, "stevedoresctl");
        db_unlimited(c->db);
    }
    status = command->run(c, argc, argv);
    arena_free(&c->arena);
    db_free(&c->db);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) { /* a full disk must not look like success */
        (void)fprintf(stderr, "stevedoresctl %s: the output could not be written\n", command->name);
        return status != 0 ? status : 1;
    }
    return status;
}

/* What stands before the command. */
struct globals {
    const char *env_file; /* NULL: settings come from the environment alone */
    const char *database; /* NULL: the settings' */
};

/* Reads the settings. What there is to say of them goes to standard error, and is kept: *said is to be freed. */
static bool load(struct conf *conf, const char *env_file, char **said)
{
    size_t n = 0;
    FILE *f = open_memstream(said, &n);
    bool ok = f != NULL && conf_load(conf, CONF_OPERATOR, env_file, environ, f);

    if (f == NULL || fclose(f) != 0)
        mem_exhausted(n);
    (void)fputs(*said, stderr);
    return ok;
}

/* In the settings' place, which are freed as theirs are. */
static void take_database(char **url, const char *database)
{
    struct arena *arena = arena_new(4096);
    char *other = conninfo_with_database(*url, database, arena);

    if (other == NULL)
        mem_exhausted(0);
    free(*url);
    *url = mem_strdup(other);
    arena_free(&arena);
}

static void take_databases(struct conf *conf, const char *database)
{
    take_database(&conf->database_url, database);
    if (*conf->database_owner_url != '\0')
        take_database(&conf->database_owner_url, database);
}

static int run_configured(const struct command *command, const struct globals *globals, int argc, char **argv)
{
    struct ctl c = {.env_file = globals->env_file};
    struct conf conf;
    const char *setting, *why;
    char *said = NULL;
    int status;

    if (!load(&conf, globals->env_file, &said)) {
        (void)fprintf(stderr, "stevedoresctl: correct the settings above.\n");
        free(said);
        return EX_CONFIG;
    }
    if (db_check_urls(&conf, &setting, &why)) {
        if (globals->database != NULL)
            take_databases(&conf, globals->database);
        c.conf = &conf;
        c.conf_warnings = said;
        status = run(command, &c, argc, argv);
    } else {
        (void)fprintf(stderr, "%s: %s\n", setting, why);
        status = EX_CONFIG;
    }
    conf_deinit(&conf);
    free(said);
    return status;
}

/* Where the value of a global option goes; NULL when it is none. */
static const char **global_named(struct globals *globals, const char *argument)
{
    size_t n = strcspn(argument, "=");

    if (n == 10 && memcmp(argument, "--env-file", n) == 0)
        return &globals->env_file;
    return n == 10 && memcmp(argument, "--database", n) == 0 ? &globals->database : NULL;
}

/* The option at *at, which moves to its value where that is an argument of its own. False: not understood. */
static bool read_global(int argc, char **argv, int *at, struct globals *globals)
{
    const char **value = global_named(globals, argv[*at]), *joined = strchr(argv[*at], '=');

    if (value == NULL || (joined == NULL && *at + 1 == argc))
        return false;
    *value = joined != NULL ? joined + 1 : argv[++*at];
    return *value != NULL && **value != '\0';
}

/* The global options' part of the command line. Returns where the command's name stands, or -1 when there is nothing more
 * to do than to end with *status. */
static int read_globals(int argc, char **argv, struct globals *globals, int *status)
{
    const char *option;
    int at = 1;

    for (; at < argc && argv[at][0] == '-'; at++) {
        *status = 0;
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
            print_help(stdout);
            return -1;
        }
        if (strcmp(argv[at], "--version") == 0) {
            (void)printf("stevedoresctl %s\n", PACKAGE_VERSION);
            return -1;
        }
        *status = EX_USAGE;
        option = argv[at];
        if (!read_global(argc, argv, &at, globals)) {
            (void)fprintf(stderr, "stevedoresctl: %s: not understood before the command\n\n", option);
            print_help(stderr);
            return -1;
        }
    }
    if (at < argc)
        return at;
    print_help(stderr);
    *status = EX_USAGE;
    return -1;
}

/* How many of the arguments are the command's own: of one that runs another program, all up to its name. */
static int own_arguments(const struct command *command, int argc, char **argv)
{
    int n = 1;

    if (command->run != cmd_pg)
        return argc;
    while (n < argc && strncmp(argv[n], "--", 2) == 0)
        n++;
    return n;
}

int main(int argc, char **argv)
{
    struct globals globals = {NULL, NULL};
    const struct command *command;
    int status, own;
    int at = read_globals(argc, argv, &globals, &status);

    if (at < 0)
        return status;
    command = find(argv[at]);
    if (command == NULL) {
        (void)fprintf(stderr, "stevedoresctl: there is no command '%s'.\n\n", argv[at]);
        print_help(stderr);
        return EX_USAGE;
    }
    argc -= at;
    argv += at;
    own = own_arguments(command, argc, argv);
    if (ctl_flag(&own, argv, "--help") || ctl_flag(&own, argv, "-h")) {
        print_command_help(command);
        return 0;
    }
    if (!options_are_known(command, own, argv))
        return EX_USAGE;
    if (command->run == cmd_check_config && ctl_flag(&argc, argv, "--sample")) { /* before there is a configuration */
        conf_print_sample(stdout);
        return 0;
    }
    log_init("stevedoresctl", LOG_ERROR); /* people read this command's own messages */
    if (command->needs == NEEDS_NOTHING)
        return run(command, &(struct ctl){.conf_warnings = ""}, argc, argv);
    return run_configured(command, &globals, argc, argv);
}
