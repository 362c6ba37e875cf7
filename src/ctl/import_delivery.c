/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be imported of the delivery board. The tables' own rules decide on each row, but for one: things may be put into
 * projects that are over, for they were there before. Projects and resources come first, features before backlog items.
 */
#include "config.h"
#include "ctl/import_kinds.h"

#include "boards/delivery/delivery.h"

#define PROJECT                                                                                      \
    {"project_id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, ""},                                        \
    {"project_code", COL_TEXT, 0, 1, 20, NULL, NULL, "Instead of project_id."}

#define RESTORE "SET LOCAL stevedores.restoring = 'on';"

static const char project_resolve[] = "UPDATE staged SET project_id = p.id FROM projects p"
                                      " WHERE lower(p.code) = lower(staged.project_code) AND staged.project_id IS NULL";

#define PROJECT_IS_THERE                                                                                                   \
    {                                                                                                                      \
        "SELECT s.row_line, CASE WHEN s.project_code IS NOT NULL AND s.project_id IS NULL THEN 'project_code'"             \
        " ELSE 'project_id' END, CASE WHEN s.project_code IS NULL AND s.project_id IS NULL"                                \
        " THEN 'is empty, and so is project_code' ELSE 'there is no such project' END"                                     \
        " FROM staged s LEFT JOIN projects v ON v.id = s.project_id WHERE v.id IS NULL",                                   \
            NULL                                                                                                           \
    }

#define PROJECT_IS_ONE                                                                                                     \
    {                                                                                                                      \
        "SELECT s.row_line, 'project_code', 'is not the code of project ' || v.id FROM staged s"                           \
        " JOIN projects v ON v.id = s.project_id WHERE lower(v.code) <> lower(s.project_code)",                            \
            "project_code"                                                                                                 \
    }

static const struct column project_more[] = {
    ID_COLUMN("project"),
    {"closed_at", COL_TIME, 0, 0, 0, NULL, NULL, "Of one that is over: now, when it is missing."},
    TIMES,
    NO_COLUMN,
};
static const struct column feature_more[] = {ID_COLUMN("feature"), PROJECT, TIMES, NO_COLUMN};
static const struct column resource_more[] = {ID_COLUMN("person"), TIMES, NO_COLUMN};
static const struct column backlog_more[] = {
    ID_COLUMN("item"),
    PROJECT,
    {"rank", COL_INT, 0, -((int64_t)1 << 52), (int64_t)1 << 52, NULL, NULL, "The order; at the end when it is missing."},
    {"done_at", COL_TIME, 0, 0, 0, NULL, NULL, "Of one that is done: now, when it is missing."},
    TIMES,
    NO_COLUMN,
};
static const struct column allocation_more[] = {ID_COLUMN("allocation"), PROJECT, TIMES, NO_COLUMN};

static const struct check project_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("projects", "project", "v.code, v.name", "s.code, s.name"),
    {NULL, NULL},
};

static const struct check feature_checks[] = {
    PROJECT_IS_THERE,
    PROJECT_IS_ONE,
    ID_TWICE,
    ID_OF_ANOTHER("features", "feature", "v.project_id, v.name", "s.project_id, s.name"),
    {NULL, NULL},
};

static const struct check resource_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("resources", "person", "v.name, v.email", "s.name, s.email"),
    {NULL, NULL},
};

static const struct check backlog_checks[] = {
    PROJECT_IS_THERE,
    PROJECT_IS_ONE,
    ID_TWICE,
    ID_OF_ANOTHER("backlog_items", "item", "v.project_id, v.title", "s.project_id, s.title"),
    {"SELECT row_line, 'before_id', 'is for moving items; rank tells the order' FROM staged WHERE before_id IS NOT NULL",
     "before_id"},
    {NULL, NULL},
};

static const struct check allocation_checks[] = {
    PROJECT_IS_THERE,
    PROJECT_IS_ONE,
    ID_TWICE,
    ID_OF_ANOTHER("allocations", "allocation", "v.resource_id, v.project_id, v.starts_on",
                  "s.resource_id, s.project_id, s.starts_on"),
    {NULL, NULL},
};

const struct kind import_delivery_kinds[] = {
    {
        .name = "projects",
        .board = "delivery",
        .resource = &delivery_projects,
        .more = project_more,
        .required = "code name",
        .staged = "id bigint, code text, name text, description text, status text, priority text, owner text,"
                  " starts_on date, due_on date, closed_at timestamptz, created_at timestamptz, updated_at timestamptz",
        .checks = project_checks,
        .before = KEEP_NUMBERS("projects"),
        .store_line = "INSERT INTO projects (id, code, name, description, status, priority, owner, starts_on, due_on, closed_at,"
                      " created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("projects") ", code, name,"
                      " description, coalesce(status, 'planned'), coalesce(priority, 'medium'), owner, starts_on, due_on,"
                      " CASE WHEN status IN ('completed', 'cancelled') THEN coalesce(closed_at, now()) END,"
                      " coalesce(created_at, now()), coalesce(updated_at, now())" OF_LINE("projects")
                      /* Without a number, the same code is the same project. */
                      " AND (s.id IS NOT NULL OR NOT EXISTS (SELECT FROM projects v WHERE lower(v.code) = lower(s.code)))",
    },
    {
        .name = "features",
        .board = "delivery",
        .resource = &delivery_features,
        .more = feature_more,
        .required = "project_id|project_code name",
        .staged = "id bigint, project_id bigint, project_code text, name text, description text, status text,"
                  " priority text, due_on date, created_at timestamptz, updated_at timestamptz",
        .resolve = project_resolve,
        .resolve_needs = "project_code",
        .checks = feature_checks,
        .before = RESTORE KEEP_NUMBERS("features"),
        .store_line = "INSERT INTO features (id, project_id, name, description, status, priority, due_on, created_at, updated_at)"
                      " OVERRIDING SYSTEM VALUE SELECT " NUMBER("features") ", project_id, name, description,"
                      " coalesce(status, 'proposed'), coalesce(priority, 'medium'), due_on, coalesce(created_at, now()),"
                      " coalesce(updated_at, now())" OF_LINE("features"),
    },
    {
        .name = "resources",
        .board = "delivery",
        .resource = &delivery_resources,
        .more = resource_more,
        .required = "name",
        .staged = "id bigint, name text, email text, role_title text, skills jsonb, availability text, capacity_percent int,"
                  " created_at timestamptz, updated_at timestamptz",
        .checks = resource_checks,
        .before = KEEP_NUMBERS("resources"),
        .store_line = "INSERT INTO resources (id, name, email, role_title, skills, availability, capacity_percent, created_at,"
                      " updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("resources") ", name, email, role_title,"
                      " coalesce(skills, '[]'), coalesce(availability, 'available'), coalesce(capacity_percent, 100),"
                      " coalesce(created_at, now()), coalesce(updated_at, now())" OF_LINE("resources"),
    },
    {
        .name = "backlog",
        .board = "delivery",
        .resource = &delivery_backlog,
        .more = backlog_more,
        .required = "project_id|project_code title",
        .staged = "id bigint, project_id bigint, project_code text, feature_id bigint, title text, description text,"
                  " kind text, status text, points int, priority text, rank bigint, before_id bigint, resource_id bigint,"
                  " done_at timestamptz, created_at timestamptz, updated_at timestamptz",
        .resolve = project_resolve,
        .resolve_needs = "project_code",
        .checks = backlog_checks,
        .before = RESTORE KEEP_NUMBERS("backlog_items"),
        .store_line = "INSERT INTO backlog_items (id, project_id, feature_id, title, description, kind, status, points, priority,"
                      " rank, resource_id, done_at, created_at, updated_at) OVERRIDING SYSTEM VALUE"
                      " SELECT " NUMBER("backlog_items") ", project_id, feature_id, title, description,"
                      " coalesce(kind, 'story'), coalesce(status, 'todo'), coalesce(points, 0),"
                      " coalesce(priority, 'medium'), rank, resource_id, done_at, coalesce(created_at, now()),"
                      " coalesce(updated_at, now())" OF_LINE("backlog_items"),
    },
    {
        .name = "allocations",
        .board = "delivery",
        .resource = &delivery_allocations,
        .more = allocation_more,
        .required = "resource_id project_id|project_code starts_on ends_on percent",
        .staged = "id bigint, resource_id bigint, project_id bigint, project_code text, starts_on date, ends_on date,"
                  " percent int, created_at timestamptz, updated_at timestamptz",
        .resolve = project_resolve,
        .resolve_needs = "project_code",
        .checks = allocation_checks,
        .before = RESTORE KEEP_NUMBERS("allocations"),
        .store_line = "INSERT INTO allocations (id, resource_id, project_id, starts_on, ends_on, percent, created_at, updated_at)"
                      " OVERRIDING SYSTEM VALUE SELECT " NUMBER("allocations") ", resource_id, project_id, starts_on,"
                      " ends_on, percent, coalesce(created_at, now()), coalesce(updated_at, now())"
                      OF_LINE("allocations"),
    },
    {.name = NULL},
};
