/* SPDX-License-Identifier: Apache-2.0
 *
 * The labour desk's two dashboards: work for everybody who may look, money for who answers for it.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include "boards/labour/dashboard.sql.h"
#include "boards/labour/money.sql.h"

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
