/* SPDX-License-Identifier: Apache-2.0
 *
 * Projects: what they consist of. When one can be closed, the schema knows.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include <string.h>

#include "boards/delivery/project_row.sql.h"

const char *const delivery_project_statuses[] = {"planned", "active", "on_hold", "completed", "cancelled", NULL};

const char *const delivery_priorities[] = {"low", "medium", "high", "critical", NULL};

static bool code_is_valid(const char *code, const char **why)
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    *why = "must be letters, digits, '.', '_' and '-', a letter or digit first";
    return code[0] != '\0' && strchr(alnum, code[0]) != NULL &&
           strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(code);
}

static const struct column project_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the project."},
    {"code", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 20, NULL, code_is_valid,
     "What people call it for short; no two projects have the same."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "Name of the project."},
    {"description", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "What it is about."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_project_statuses, NULL,
     "Where it is in its life cycle. Completed only when no item of its backlog is open."},
    {"active", COL_BOOL, COL_NOT_NULL, 0, 0, NULL, NULL, "Whether the status is active."},
    {"priority", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_priorities, NULL,
     "How urgent it is; medium, if not given."},
    {"owner", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "Who answers for it."},
    {"starts_on", COL_DATE, COL_CREATE | COL_UPDATE, 0, 0, NULL, NULL, "First day."},
    {"due_on", COL_DATE, COL_CREATE | COL_UPDATE, 0, 0, NULL, NULL, "Day by which it is to be complete."},
    {"closed_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was completed or cancelled."},
    {"items_total", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Items in the backlog."},
    {"items_done", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Of these, done."},
    {"points_total", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Points of all items in the backlog."},
    {"points_done", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Of these, of items that are done."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was added."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last changed."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter project_filters[] = {
    {"status", FILTER_IN, COL_CHOICE, delivery_project_statuses, "v.status = ANY (?::text[])", NULL},
    {"priority", FILTER_IN, COL_CHOICE, delivery_priorities, "v.priority = ANY (?::text[])", "status"},
    {"owner", FILTER_EQ, COL_TEXT, NULL, "v.owner = ?::text", NULL},
    {"code", FILTER_EQ, COL_TEXT, NULL, "lower(v.code) = lower(?::text)", NULL},
    {"due_on_from", FILTER_EQ, COL_DATE, NULL, "coalesce(v.due_on, 'infinity') >= ?::date", NULL},
    {"due_on_to", FILTER_EQ, COL_DATE, NULL, "coalesce(v.due_on, 'infinity') <= ?::date", NULL},
    {"due_on_null", FILTER_EQ, COL_BOOL, NULL, "(coalesce(v.due_on, 'infinity') = 'infinity') = ?::boolean",
     "status"},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.code || ' ' || v.name || ' ' || coalesce(v.owner, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

#define DUE {"coalesce(v.due_on, 'infinity')", "date"}

static const struct sort_key project_sorts[] = {
    {"due_on", {DUE}},
    {"name", {{"v.name", "text"}}},
    {"priority,due_on", {{"v.priority_order", "smallint"}, DUE}},
    {"status,due_on", {{"v.status", "text"}, DUE}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint project_constraints[] = {
    {"projects_code_once", "code", OUT_CONFLICT, "another project has this code"},
    {"projects_due_after_start", "due_on", OUT_INVALID, "must not be before starts_on"},
    {"features_project_exists", "id", OUT_CONFLICT, "the project has features"},
    {"backlog_project_exists", "id", OUT_CONFLICT, "the project has backlog items"},
    {"allocations_project_exists", "id", OUT_CONFLICT, "people are allocated to the project"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource delivery_projects = {
    .name = "projects",
    .title = "Project",
    .table = "projects",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = delivery_project_row_sql,
    .columns = project_columns,
    .filters = project_filters,
    .sorts = project_sorts,
    .sort_descending = true,
    .versioned = true,
    .constraints = project_constraints,
};
