/* SPDX-License-Identifier: Apache-2.0
 *
 * What stevedoresctl db-audit looks at; each part reads only. argv[0] is the part's name. They return the exit status: 0, 1 when
 * something is wrong, EX_USAGE.
 */
#ifndef STEVEDORES_CTL_AUDIT_H
#define STEVEDORES_CTL_AUDIT_H

#include "ctl/ctl.h"

command_fn audit_plans;
command_fn audit_totals;
command_fn audit_indexes;
command_fn audit_tables;
command_fn audit_statements;

/* What audit_indexes shows: rows of index, table, scans, KiB, remark, the wrong ones first. *wrong: how many are missing or not
 * valid. */
enum outcome audit_look_at_indexes(struct ctl *c, struct db_result **r, size_t *wrong) __attribute__((warn_unused_result));

#endif
