/* SPDX-License-Identifier: Apache-2.0
 *
 * The delivery board's dashboard.
 */
#include "config.h"
#include "boards/delivery/delivery.h"

#include "boards/delivery/dashboard.sql.h"

enum outcome delivery_dashboard(struct exchange *x)
{
    const char *params[] = {x->conf->port_timezone};
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, delivery_dashboard_sql, params, 1, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}
