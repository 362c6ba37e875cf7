/* SPDX-License-Identifier: Apache-2.0
 *
 * A call's report: what a statement of facts and the shift reports are printed from.
 */
#include "config.h"
#include "boards/port/port.h"

#include "boards/port/report.sql.h"
#include "boards/port/report_csv.sql.h"
#include "boards/port/report_shifts.sql.h"

static const struct column report_columns[] = {
    {"vessel", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The call as GET /api/vessels/{id} has it: times, plan, totals."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "In which the port's shifts begin."},
    {"shifts", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "Those in which something was tallied: when, by whom, and how much of each cargo."},
    {"hours", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "What was moved in each hour; the last thousand."},
    {"remarks", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The tallies that have a note; the last two hundred."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_report_answer = {
    .name = "report", .title = "Report of a call", .columns = report_columns};

static enum outcome query(struct exchange *x, const struct buf *sql, struct db_result **result)
{
    const char *params[] = {x->args[0], x->conf->port_timezone, arena_printf(x->arena, "{%s}", x->conf->shifts)};
    enum outcome o = db_query(x->db, x->arena, DB_READ, sql->data, params, 3, result, x->err);

    if (o == OUT_OK && db_rows(*result) == 0)
        return error_set(x->err, OUT_NOT_FOUND, "There is no such vessel.");
    return o;
}

static enum outcome report_csv(struct exchange *x)
{
    struct db_result *result;
    struct buf b;
    enum outcome o;

    buf_init(&b, x->arena, 4096);
    buf_puts(&b, port_report_shifts_sql);
    buf_puts(&b, port_report_csv_sql);
    o = query(x, &b, &result);
    if (o != OUT_OK)
        return o;
    buf_init(&b, x->arena, 128 * (db_rows(result) + 1));
    buf_puts(&b, "day,shift,began_at,ended_at,cargo_type,tally_type,count,gross,voided,tallies\r\n");
    for (size_t i = 0; i < db_rows(result); i++)
        if (db_get(result, i, 0) != NULL)
            buf_printf(&b, "%s\r\n", db_get(result, i, 0));
    x->resp->status = 200;
    x->resp->content_type = "text/csv; charset=utf-8; header=present";
    response_header(x->resp, "Content-Disposition",
                    arena_printf(x->arena, "attachment; filename=\"vessel-%s-report.csv\"", x->args[0]));
    x->resp->body = (struct str){b.data, b.len};
    return OUT_OK;
}

enum outcome port_vessel_report(struct exchange *x)
{
    const struct fields all = {.n = 0};
    struct db_result *result;
    struct buf sql;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o != OUT_OK)
        return o;
    if (list_wants_csv(x->req))
        return report_csv(x);
    buf_init(&sql, x->arena, 8192);
    buf_puts(&sql, port_report_shifts_sql);
    buf_puts(&sql, port_report_sql);
    resource_add_json(&sql, &port_vessels, &all);
    o = query(x, &sql, &result);
    if (o == OUT_OK)
        respond_row(x, 200, db_get_str(result, 0, 0));
    return o;
}
