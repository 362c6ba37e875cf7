/* SPDX-License-Identifier: Apache-2.0
 *
 * What the subcommands of stevedoresctl share.
 */
#ifndef STEVEDORES_CTL_CTL_H
#define STEVEDORES_CTL_CTL_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "db/db.h"

struct ctl {
    const char *command; /* the subcommand's name */
    const char *usage;
    const struct conf *conf; /* NULL for commands that need none */
    const char *env_file;    /* that the settings came from; NULL: from the environment alone */
    const char *conf_warnings; /* what conf_load() said of them, lines; "" without conf */
    struct db *db;       /* connects when first used; statements without a time limit. NULL without conf */
    struct arena *arena; /* lives as long as the command */
    struct error err;
};

/* A subcommand gets the arguments behind its name (argv[0] is the name) and returns the exit status. */
typedef int command_fn(struct ctl *c, int argc, char **argv);

command_fn cmd_cache;
command_fn cmd_check_config;
command_fn cmd_db_audit;
command_fn cmd_demo;
command_fn cmd_export;
command_fn cmd_headers;
command_fn cmd_import;
command_fn cmd_import_flask;
command_fn cmd_init;
command_fn cmd_load;
command_fn cmd_migrate;
command_fn cmd_monitor;
command_fn cmd_pg;
command_fn cmd_routes;
command_fn cmd_user;
command_fn cmd_validate;
command_fn cmd_workers;

/* What is written from now on stands in the audit trail under the name of whoever is logged in on this machine. */
void ctl_sign(struct ctl *c);

/* How many responders this host should have, as `workers` computes it. */
int64_t ctl_workers(const struct conf *conf);

/* Says on standard error what went wrong (e's fields, detail or log text) and returns 1. */
int ctl_failed(const struct ctl *c, const struct error *e);

/* Says that the call was wrong, with the usage line; returns EX_USAGE. */
int ctl_usage(const struct ctl *c, const char *what);

/* True, and taken out of argv, when the option is there: for options without a value. */
bool ctl_flag(int *argc, char **argv, const char *name);

/* The value of "--name VALUE" or "--name=VALUE", taken out of argv; NULL when it isn't there. */
const char *ctl_option(int *argc, char **argv, const char *name);

/* Reads such a value as a number; NULL leaves *out as it was. False when it isn't one, or out of bounds. */
bool ctl_number(const char *text, int64_t least, int64_t most, int64_t *out);

#endif
