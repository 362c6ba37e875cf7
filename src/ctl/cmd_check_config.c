/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl check-config. That there are no wrong settings is known by now: main() would have refused them.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Only PostgreSQL knows which zones it knows. */
static int try_timezone(struct ctl *c)
{
    const char *params[] = {c->conf->port_timezone};
    struct db_result *r;

    if (db_query(c->db, c->arena, DB_READ, "SELECT now() AT TIME ZONE $1::text", params, 1, &r, &c->err) == OUT_OK)
        return 0;
    if (strcmp(db_last_failure(c->db)->sqlstate, "22023") == 0) {
        (void)fprintf(stderr, "PORT_TIMEZONE: PostgreSQL knows no zone '%s'\n", c->conf->port_timezone);
        return EX_CONFIG;
    }
    (void)fprintf(stderr, "warning: PORT_TIMEZONE was not tried: %s\n", c->err.log != NULL ? c->err.log : "no database");
    return 0;
}

/* What works, and is not what it could be. */
static void advise(const struct conf *conf)
{
    if (*conf->database_owner_url == '\0')
        (void)fputs("warning: DATABASE_OWNER_URL is not set: one role for everything, which can change the schema and the audit "
                    "trail\n", stderr);
    if (conf->web_workers > 0 && conf->login_concurrency * 2 >= conf->web_workers)
        (void)fprintf(stderr, "warning: LOGIN_CONCURRENCY: with %lld at a time and as many waiting, %lld WEB_WORKERS can all be "
                      "held up by logins\n", (long long)conf->login_concurrency, (long long)conf->web_workers);
}

int cmd_check_config(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (json)
        conf_print_json(c->conf, stdout);
    else
        conf_print(c->conf, stdout);
    (void)fflush(stdout); /* the settings before what is said of them, also in a file that takes both */
    advise(c->conf);
    return try_timezone(c);
}
