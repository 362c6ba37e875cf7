/* SPDX-License-Identifier: Apache-2.0
 *
 * The backlog: what is to be done in a project, in the order that people gave it.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include "boards/delivery/backlog_row.sql.h"

const char *const delivery_backlog_statuses[] = {"todo", "in_progress", "review", "done", NULL};

const char *const delivery_backlog_kinds[] = {"story", "bug", "task", NULL};

static const struct column backlog_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the item."},
    {"project_id", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL,
     "The project. In another one the item comes last, without its feature unless one of that project is given."},
    {"project_code", COL_TEXT, COL_NOT_NULL, 1, 20, NULL, NULL, "The project's code."},
    {"feature_id", COL_INT, COL_CREATE | COL_UPDATE, 1, INT64_MAX, NULL, NULL, "A feature of the same project."},
    {"feature_name", COL_TEXT, 0, 1, 150, NULL, NULL, "The feature's name."},
    {"title", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 200, NULL, NULL, "What is to be done."},
    {"description", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 4000, NULL, NULL, "The same at length."},
    {"kind", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_backlog_kinds, NULL,
     "What it is; story, if not given."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_backlog_statuses, NULL,
     "How far it is; one step at a time, forward or back."},
    {"points", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 100, NULL, NULL, "How much it is; 0, if not given."},
    {"priority", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_priorities, NULL,
     "How urgent it is; medium, if not given."},
    {"rank", COL_INT, COL_NOT_NULL, INT64_MIN, INT64_MAX, NULL, NULL,
     "The order within the project. Only how two of them compare means something: see before_id."},
    {"resource_id", COL_INT, COL_CREATE | COL_UPDATE, 1, INT64_MAX, NULL, NULL, "Who does it."},
    {"resource_name", COL_TEXT, 0, 1, 100, NULL, NULL, "Their name."},
    {"done_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was done."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was added."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last changed."},
    {"before_id", COL_INT, COL_UPDATE | COL_SECRET, 1, INT64_MAX, NULL, NULL,
     "Puts the item before this one of the same project; null puts it last. Not shown: rank is what comes of it."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

/* What many rows have is asked for within a project, a feature, or somebody's items. */
#define OF_SOMETHING "project_id|feature_id|resource_id"

static const struct filter backlog_filters[] = {
    {"project_id", FILTER_EQ, COL_INT, NULL, "v.project_id = ?::bigint", NULL},
    {"feature_id", FILTER_EQ, COL_INT, NULL, "v.feature_id = ?::bigint", NULL},
    {"resource_id", FILTER_EQ, COL_INT, NULL, "v.resource_id = ?::bigint", NULL},
    {"status", FILTER_IN, COL_CHOICE, delivery_backlog_statuses, "v.status = ANY (?::text[])", NULL},
    {"kind", FILTER_IN, COL_CHOICE, delivery_backlog_kinds, "v.kind = ANY (?::text[])", OF_SOMETHING},
    {"priority", FILTER_IN, COL_CHOICE, delivery_priorities, "v.priority = ANY (?::text[])", OF_SOMETHING},
    {"resource_id_null", FILTER_EQ, COL_BOOL, NULL, "(v.resource_id IS NULL) = ?::boolean", "project_id|feature_id"},
    {"done_at_from", FILTER_EQ, COL_TIME, NULL, "v.done_at >= ?::timestamptz", OF_SOMETHING},
    {"done_at_to", FILTER_EQ, COL_TIME, NULL, "v.done_at < ?::timestamptz", OF_SOMETHING},
    {"min_points", FILTER_EQ, COL_INT, NULL, "v.points >= ?::bigint", OF_SOMETHING},
    {"max_points", FILTER_EQ, COL_INT, NULL, "v.points <= ?::bigint", OF_SOMETHING},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.title ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key backlog_sorts[] = {
    {"rank", {{"v.project_id", "bigint"}, {"v.rank", "bigint"}}}, /* project by project */
    {"status,updated_at", {{"v.status", "text"}, {"v.updated_at", "timestamptz"}}},
    {"priority,updated_at", {{"v.priority_order", "smallint"}, {"v.updated_at", "timestamptz"}}},
    {"points", {{"v.points", "integer"}}},
    {"done_at", {{"coalesce(v.done_at, '-infinity')", "timestamptz"}}}, /* backwards: what was done last */
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint backlog_constraints[] = {
    {"backlog_project_exists", "project_id", OUT_INVALID, "there is no such project"},
    {"backlog_feature_fits", "feature_id", OUT_INVALID, "the project has no such feature"},
    {"backlog_resource_exists", "resource_id", OUT_INVALID, "there is no such person"},
    {"backlog_rank_once", "rank", OUT_CONFLICT, "another item of the project has this rank"},
    {NULL, NULL, OUT_OK, NULL},
};

#define BACKLOG                                                                                              \
    .name = "backlog", .title = "Backlog item", .table = "backlog_items", .id = "id", .id_type = COL_INT,     \
    .row_sql = delivery_backlog_row_sql, .columns = backlog_columns, .filters = backlog_filters,              \
    .sorts = backlog_sorts, .versioned = true, .constraints = backlog_constraints

const struct resource delivery_backlog = {
    BACKLOG,
    .parent = "project_id",
    .parent_exists_sql = "SELECT FROM projects WHERE id = $1::bigint",
    .count_parent_sql = "SELECT coalesce(max(items), 0) FROM project_totals WHERE project_id = $1::bigint",
};

const struct resource delivery_feature_backlog = {
    BACKLOG,
    .parent = "feature_id",
    .parent_exists_sql = "SELECT FROM features WHERE id = $1::bigint",
    .count_parent_sql = "SELECT coalesce(max(items), 0) FROM feature_totals WHERE feature_id = $1::bigint",
};
