/* SPDX-License-Identifier: Apache-2.0
 *
 * The delivery board's dashboard.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include "boards/delivery/dashboard.sql.h"

static const struct column dashboard_columns[] = {
    {"generated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The minute that it is of."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "Whose date is today's."},
    {"today", COL_DATE, COL_NOT_NULL, 0, 0, NULL, NULL, "The date."},
    {"projects", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "How many there are, by status."},
    {"open_by_priority", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Projects that are not over, by priority."},
    {"late", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Of all active projects, those whose day has passed."},
    {"at_risk", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL,
     "Of all that are not late, the ones that are behind or too slow."},
    {"active", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The 50 most urgent active projects and how far they are."},
    {"burn_up", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Points of all active projects, there and done, on each of the last 90 days."},
    {"week", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Monday and Friday of this week."},
    {"load", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The 20 people with the most to do this week."},
    {"resources", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "How many people there are, by how free they are."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource delivery_dashboard_row = {
    .name = "dashboard", .title = "Dashboard of delivery", .columns = dashboard_columns};

enum outcome delivery_dashboard(struct exchange *x)
{
    const char *params[] = {x->conf->port_timezone};
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, delivery_dashboard_sql, params, 1, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}
