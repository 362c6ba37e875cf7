/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources: people, what they can do, and how much of their time there is.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include <string.h>

#include "boards/delivery/resource_row.sql.h"

const char *const delivery_availabilities[] = {"available", "unavailable", "on_leave", NULL};

static bool email_is_valid(const char *email, const char **why)
{
    const char *at = strchr(email, '@');

    *why = "must be an address such as name@example.com";
    return at != NULL && at > email && at[1] != '\0' && strchr(at + 1, '@') == NULL && strpbrk(email, " \t\r\n") == NULL;
}

static const struct column resource_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the person."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "Their name."},
    {"email", COL_TEXT, COL_CREATE | COL_UPDATE, 3, 200, NULL, email_is_valid,
     "Their address; no two people have the same."},
    {"role_title", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "What they are, such as Terminal planner."},
    {"skills", COL_WORDS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 20, NULL, NULL, "What they can do."},
    {"availability", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, delivery_availabilities, NULL,
     "Whether they can be asked at all; available, if not given."},
    {"capacity_percent", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 1, 100, NULL, NULL,
     "How much of the time can be allocated; 100, if not given. Not less than what is allocated from today on."},
    {"allocated_until", COL_DATE, 0, 0, 0, NULL, NULL, "Last day of all allocations."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When they were added."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When they were last changed."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

/* Days that are free, and the last one that isn't, are kept from the allocations (schema/0011_delivery_projects.sql). */
static const struct filter resource_filters[] = {
    {"availability", FILTER_IN, COL_CHOICE, delivery_availabilities, "v.availability = ANY (?::text[])", NULL},
    {"skills", FILTER_WORDS, COL_WORDS, NULL, "v.skills @> ?::jsonb", NULL},
    {"free_on", FILTER_EQ, COL_DATE, NULL, "v.availability = 'available' AND v.free @> ?::date", NULL},
    {"half_free_on", FILTER_EQ, COL_DATE, NULL, "v.availability = 'available' AND v.half_free @> ?::date", NULL},
    /* Two days, "2026-12-01/2026-12-14": on all from the one to the other. The text is read once, when the statement runs. The
     * planner, who doesn't know the days yet, would take nearly everybody to be busy; with IS, half of them. */
    {"free_range", FILTER_EQ, COL_TEXT, NULL,
     "v.availability = 'available'"
     " AND v.free @> (SELECT day_range(?::text, 'free_range')) IS NOT DISTINCT FROM true", NULL},
    {"half_free_range", FILTER_EQ, COL_TEXT, NULL,
     "v.availability = 'available'"
     " AND v.half_free @> (SELECT day_range(?::text, 'half_free_range')) IS NOT DISTINCT FROM true", NULL},
    {"free_from", FILTER_EQ, COL_DATE, NULL,
     "v.availability = 'available' AND coalesce(v.allocated_until, '-infinity') < ?::date", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL,
     "v.name || ' ' || coalesce(v.role_title, '') || ' ' || coalesce(v.email, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key resource_sorts[] = {
    {"name", {{"v.name", "text"}}},
    {"availability,name", {{"v.availability", "text"}, {"v.name", "text"}}},
    {"allocated_until", {{"coalesce(v.allocated_until, '-infinity')", "date"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint resource_constraints[] = {
    /* Spaces that email_is_valid() doesn't know, because they are not ASCII's. */
    {"resources_email_form", "email", OUT_INVALID, "must be an address such as name@example.com"},
    {"resources_email_once", "email", OUT_CONFLICT, "somebody else has this address"},
    {"allocations_resource_exists", "id", OUT_CONFLICT, "there are allocations of this person"},
    {"backlog_resource_exists", "id", OUT_CONFLICT, "backlog items are this person's"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource delivery_resources = {
    .name = "resources",
    .title = "Person",
    .table = "resources",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = delivery_resource_row_sql,
    .columns = resource_columns,
    .filters = resource_filters,
    .sorts = resource_sorts,
    .versioned = true,
    .constraints = resource_constraints,
};
