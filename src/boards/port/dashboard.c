/* SPDX-License-Identifier: Apache-2.0
 *
 * The port's dashboard, and what a client needs to know to build its forms.
 */
#include "config.h"
#include "boards/port/port.h"

#include "base/json_out.h"
#include "boards/port/dashboard.sql.h"
#include "boards/port/moves.sql.h"

enum outcome port_dashboard(struct exchange *x)
{
    const char *params[] = {x->conf->port_timezone};
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, port_dashboard_sql, params, 1, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}

static void add_list(struct buf *b, const char *name, const char *const *texts)
{
    json_key(b, name);
    buf_char(b, '[');
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (i > 0)
            buf_char(b, ',');
        json_text(b, texts[i]);
    }
    buf_char(b, ']');
}

enum outcome port_meta(struct exchange *x)
{
    static const char *const boards[] = {"port", NULL};
    struct db_result *result;
    struct buf b;
    enum outcome o = db_query(x->db, x->arena, DB_READ, port_moves_sql, NULL, 0, &result, x->err);

    if (o != OUT_OK)
        return o;
    buf_init(&b, x->arena, 1024);
    buf_puts(&b, "{\"data\":{");
    add_list(&b, "boards", boards);
    json_key(&b, "timezone");
    json_text(&b, x->conf->port_timezone);
    add_list(&b, "vessel_types", port_vessel_types);
    add_list(&b, "vessel_statuses", port_vessel_statuses);
    json_key(&b, "vessel_moves");
    buf_puts(&b, db_get(result, 0, 0));
    add_list(&b, "tally_types", port_tally_types);
    add_list(&b, "cargo_types", port_cargo_types);
    add_list(&b, "shifts", port_shifts);
    buf_puts(&b, "}}");
    response_json(x->resp, 200, (struct str){b.data, b.len});
    return OUT_OK;
}
