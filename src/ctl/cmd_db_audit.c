/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl db-audit: what the database does, would do and keeps. Reads only.
 */
#include "config.h"
#include "ctl/audit.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    command_fn *run;
} parts[] = {
    {"totals", audit_totals}, {"indexes", audit_indexes}, {"tables", audit_tables}, {"statements", audit_statements},
    {"plans", audit_plans},
};

int cmd_db_audit(struct ctl *c, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(argv[1], parts[i].name) == 0)
            return parts[i].run(c, argc - 1, argv + 1);
    }
    return ctl_usage(c, "takes what to look at: totals, indexes, tables, statements or plans");
}
