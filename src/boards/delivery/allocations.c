/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocations: how much of whose time which project has, from day to day.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include "boards/delivery/allocation_row.sql.h"

static const struct column allocation_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the allocation."},
    {"resource_id", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Whose time."},
    {"resource_name", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "Their name."},
    {"project_id", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL,
     "For which project, which must not be over."},
    {"project_code", COL_TEXT, COL_NOT_NULL, 1, 20, NULL, NULL, "The project's code."},
    {"starts_on", COL_DATE, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "First day."},
    {"ends_on", COL_DATE, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "Last day."},
    {"percent", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL,
     "How much of the time. On no day more of a person than there is."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was added."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last changed."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

#define OF_SOMETHING "resource_id|project_id"

static const struct filter allocation_filters[] = {
    {"resource_id", FILTER_EQ, COL_INT, NULL, "v.resource_id = ?::bigint", NULL},
    {"project_id", FILTER_EQ, COL_INT, NULL, "v.project_id = ?::bigint", NULL},
    {"on", FILTER_EQ, COL_DATE, NULL, "daterange(v.starts_on, v.ends_on, '[]') @> ?::date", NULL},
    {"starts_on_from", FILTER_EQ, COL_DATE, NULL, "v.starts_on >= ?::date", OF_SOMETHING},
    {"starts_on_to", FILTER_EQ, COL_DATE, NULL, "v.starts_on <= ?::date", OF_SOMETHING},
    {"ends_on_from", FILTER_EQ, COL_DATE, NULL, "v.ends_on >= ?::date", NULL},
    {"ends_on_to", FILTER_EQ, COL_DATE, NULL, "v.ends_on <= ?::date", NULL},
    {"min_percent", FILTER_EQ, COL_INT, NULL, "v.percent >= ?::bigint", OF_SOMETHING},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key allocation_sorts[] = {
    {"starts_on", {{"v.starts_on", "date"}}},
    {"ends_on", {{"v.ends_on", "date"}}},
    {"resource_id,starts_on", {{"v.resource_id", "bigint"}, {"v.starts_on", "date"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint allocation_constraints[] = {
    {"allocations_resource_exists", "resource_id", OUT_INVALID, "there is no such person"},
    {"allocations_project_exists", "project_id", OUT_INVALID, "there is no such project"},
    {"allocations_end_after_start", "ends_on", OUT_INVALID, "must not be before starts_on"},
    {NULL, NULL, OUT_OK, NULL},
};

#define ALLOCATIONS                                                                                            \
    .name = "allocations", .title = "Allocation", .table = "allocations", .id = "id", .id_type = COL_INT,      \
    .row_sql = delivery_allocation_row_sql, .columns = allocation_columns, .filters = allocation_filters,      \
    .sorts = allocation_sorts, .sort_descending = true, .versioned = true, .constraints = allocation_constraints

const struct resource delivery_allocations = {
    ALLOCATIONS,
    .parent = "project_id",
    .parent_exists_sql = "SELECT FROM projects WHERE id = $1::bigint",
};

const struct resource delivery_resource_allocations = {
    ALLOCATIONS,
    .parent = "resource_id",
    .parent_exists_sql = "SELECT FROM resources WHERE id = $1::bigint",
};
