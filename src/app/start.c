/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/start.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/random.h"
#include "db/db.h"

extern char **environ;

static void print_help(const char *program, const char *what)
{
    (void)printf("Usage: %s [--env-file FILE] [--check-config] [--help] [--version]\n\n%s\n\n"
                 "  --env-file FILE   read settings from KEY=VALUE lines; the environment overrides them\n"
                 "  --check-config    say whether the settings are sound, print them and end\n\n"
                 "Settings, from the environment:\n",
                 program, what);
    conf_print_help(stdout);
}

static bool load(struct conf *conf, const char *env_file)
{
    const char *setting, *why;

    if (!conf_load(conf, CONF_DAEMON, env_file, environ, stderr))
        return false;
    if (db_check_urls(conf, &setting, &why))
        return true;
    (void)fprintf(stderr, "%s: %s\n", setting, why);
    conf_deinit(conf);
    return false;
}

bool start(int argc, char **argv, const char *program, const char *what, struct conf *conf, int *status)
{
    static const struct option options[] = {
        {"check-config", no_argument, NULL, 'c'},
        {"env-file", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    const char *env_file = NULL;
    bool check = false;
    int c;

    *status = 0;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 'c':
            check = true;
            break;
        case 'e':
            env_file = optarg;
            break;
        case 'h':
            print_help(program, what);
            return false;
        case 'V':
            (void)printf("%s %s\n", program, PACKAGE_VERSION);
            return false;
        default:
            (void)fprintf(stderr, "Try '%s --help'.\n", program);
            *status = EX_USAGE;
            return false;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "%s: '%s' is not an option. Try '%s --help'.\n", program, argv[optind], program);
        *status = EX_USAGE;
        return false;
    }
    if (!load(conf, env_file)) {
        (void)fprintf(stderr, "%s: not started; correct the settings above.\n", program);
        *status = EX_CONFIG;
        return false;
    }
    if (check) {
        conf_print(conf, stdout);
        conf_deinit(conf);
        return false;
    }
    log_init(program, (enum log_level)conf->log_level);
    random_init();
    return true;
}
