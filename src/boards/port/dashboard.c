/* SPDX-License-Identifier: Apache-2.0
 *
 * The port's dashboard.
 */
#include "config.h"
#include "boards/port/port.h"

#include "boards/port/dashboard.sql.h"

static const struct column dashboard_columns[] = {
    {"generated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The minute that it is of."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "In which the port's day begins."},
    {"counts", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Vessels by status, without those that have departed."},
    {"vessels", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Those in port, with what was moved, the rate, and when they will be done."},
    {"expected", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The next ten to arrive."},
    {"berths", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Along the quay: who lies there, who is next."},
    {"today", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "What was moved in this day of the port's."},
    {"hours", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "What was moved in each of the last 24 hours."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_dashboard_answer = {
    .name = "dashboard", .title = "Dashboard of the port", .columns = dashboard_columns};

enum outcome port_dashboard(struct exchange *x)
{
    const char *params[] = {x->conf->port_timezone};
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, port_dashboard_sql, params, 1, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}
