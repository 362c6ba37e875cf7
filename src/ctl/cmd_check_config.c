/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl check-config. That there are no wrong settings is known by now: main() would have refused them.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <sysexits.h>

int cmd_check_config(struct ctl *c, int argc, char **argv)
{
    const char *params[] = {c->conf->port_timezone};
    struct db_result *r;

    if (ctl_flag(&argc, argv, "--json"))
        conf_print_json(c->conf, stdout);
    else
        conf_print(c->conf, stdout);
    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    /* Only PostgreSQL knows which zones it knows. */
    if (db_query(c->db, c->arena, DB_READ, "SELECT now() AT TIME ZONE $1::text", params, 1, &r, &c->err) == OUT_OK)
        return 0;
    if (c->err.outcome == OUT_UNAVAILABLE) {
        (void)fprintf(stderr, "warning: the database can't be reached, so PORT_TIMEZONE was not tried. %s\n",
                      c->err.log);
        return 0;
    }
    (void)fprintf(stderr, "PORT_TIMEZONE: PostgreSQL knows no zone '%s'\n", c->conf->port_timezone);
    return EX_CONFIG;
}
