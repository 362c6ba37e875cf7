/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl pg: runs one of PostgreSQL's own programs, or a script that does, on the database of the settings. What DATABASE_URL
 * says goes by the environment: on a command line everybody on the machine could read the password.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/conninfo.h"
#include "db/migrate.h"

/* As a shell has it. */
enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

int cmd_pg(struct ctl *c, int argc, char **argv)
{
    bool as_owner = argc > 1 && strcmp(argv[1], "--owner") == 0;
    struct conf owner = migrate_owner(c->conf);
    char **command = argv + (as_owner ? 2 : 1);
    struct buf left_out;
    int why;

    if (*command == NULL)
        return ctl_usage(c, "needs a command");
    buf_init(&left_out, c->arena, 64);
    if (!conninfo_to_environment(as_owner ? owner.database_url : c->conf->database_url, &left_out)) {
        (void)error_log(&c->err, OUT_UNAVAILABLE, "out of memory");
        return ctl_failed(c, &c->err);
    }
    if (left_out.len > 0)
        (void)fprintf(stderr, "stevedoresctl pg: %s can't be told to %s, and is left out\n", left_out.data + 1, *command);
    (void)execvp(*command, command);
    why = errno;
    (void)fprintf(stderr, "stevedoresctl pg: %s: %m\n", *command);
    return why == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}
