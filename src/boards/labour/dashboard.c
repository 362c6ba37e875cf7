/* SPDX-License-Identifier: Apache-2.0
 *
 * The labour desk's two dashboards: work for everybody who may look, money for who answers for it.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include "boards/labour/dashboard.sql.h"
#include "boards/labour/money.sql.h"

static const struct column dashboard_columns[] = {
    {"generated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The minute that it is of."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "In which days and weeks begin."},
    {"jobs", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "How many there are, by status."},
    {"days", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Today and the next thirteen: open jobs that go on then, their places, and those that nobody has yet."},
    {"fortnight", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The same of these days together, each job once."},
    {"fill_rate", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Places, and how many are filled: now, and of the last 30 days."},
    {"hours", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Of this week: worked, by contracts that ended; planned, by the times of contracts."},
    {"workers", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "How many are available, booked now, on leave, unavailable."},
    {"next_jobs", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The next ten that still miss people."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource labour_dashboard_row = {
    .name = "dashboard", .title = "Dashboard of labour hire", .columns = dashboard_columns};

static const struct column money_columns[] = {
    {"generated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "The minute that it is of."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "In which weeks begin."},
    {"utc_today", COL_DATE, COL_NOT_NULL, 0, 0, NULL, NULL, "What was due before this day is overdue."},
    {"week_begins", COL_DATE, COL_NOT_NULL, 0, 0, NULL, NULL, "The Monday of this week."},
    {"currencies", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Of each, how many and how much: cost and paid this week, due, approved, overdue."},
    {"overdue", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The ten payments that are overdue the longest."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource labour_money_row = {.name = "money", .title = "Money of labour hire", .columns = money_columns};

static enum outcome answer(struct exchange *x, const char *sql)
{
    const char *params[] = {x->conf->port_timezone};
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, sql, params, 1, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}

enum outcome labour_dashboard(struct exchange *x)
{
    return answer(x, labour_dashboard_sql);
}

enum outcome labour_money(struct exchange *x)
{
    return answer(x, labour_money_sql);
}
