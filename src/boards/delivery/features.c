/* SPDX-License-Identifier: Apache-2.0
 *
 * Features: the parts of a project that somebody can be told about when they are done.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include "boards/delivery/feature_row.sql.h"

const char *const delivery_feature_statuses[] = {"proposed", "in_progress", "done", "dropped", NULL};

static const struct column feature_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the feature."},
    {"project_id", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL,
     "The project, which never changes."},
    {"project_code", COL_TEXT, COL_NOT_NULL, 1, 20, NULL, NULL, "The project's code."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 150, NULL, NULL, "Name of the feature."},
    {"description", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "What it is."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_feature_statuses, NULL, "How far it is."},
    {"priority", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_priorities, NULL,
     "How urgent it is; medium, if not given."},
    {"due_on", COL_DATE, COL_CREATE | COL_UPDATE, 0, 0, NULL, NULL, "Day by which it is to be done."},
    {"items_total", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Backlog items that belong to it."},
    {"items_done", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Of these, done."},
    {"points_total", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Points of these items."},
    {"points_done", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Of these, of items that are done."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was added."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last changed."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter feature_filters[] = {
    {"project_id", FILTER_EQ, COL_INT, NULL, "v.project_id = ?::bigint", NULL},
    {"status", FILTER_IN, COL_CHOICE, delivery_feature_statuses, "v.status = ANY (?::text[])", NULL},
    {"priority", FILTER_IN, COL_CHOICE, delivery_priorities, "v.priority = ANY (?::text[])", "project_id"},
    {"due_on_from", FILTER_EQ, COL_DATE, NULL, "coalesce(v.due_on, 'infinity') >= ?::date", NULL},
    {"due_on_to", FILTER_EQ, COL_DATE, NULL, "coalesce(v.due_on, 'infinity') <= ?::date", NULL},
    {"due_on_null", FILTER_EQ, COL_BOOL, NULL, "(coalesce(v.due_on, 'infinity') = 'infinity') = ?::boolean",
     "project_id"},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.name ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

#define DUE {"coalesce(v.due_on, 'infinity')", "date"}

static const struct sort_key feature_sorts[] = {
    {"due_on", {DUE}},
    {"name", {{"v.name", "text"}}},
    {"priority,due_on", {{"v.priority_order", "smallint"}, DUE}},
    {"status,due_on", {{"v.status", "text"}, DUE}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint feature_constraints[] = {
    {"features_project_exists", "project_id", OUT_INVALID, "there is no such project"},
    {"backlog_feature_fits", "id", OUT_CONFLICT, "backlog items belong to the feature"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource delivery_features = {
    .name = "features",
    .title = "Feature",
    .table = "features",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = delivery_feature_row_sql,
    .columns = feature_columns,
    .filters = feature_filters,
    .sorts = feature_sorts,
    .sort_descending = true,
    .versioned = true,
    .parent = "project_id",
    .parent_exists_sql = "SELECT FROM projects WHERE id = $1::bigint",
    .constraints = feature_constraints,
};
