/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/operation.h"

#include "app/events.h"
#include "app/meta.h"
#include "app/openapi.h"
#include "app/route_metrics.h"
#include "boards/delivery/delivery.h"
#include "boards/labour/labour.h"
#include "boards/port/port.h"
#include "ops/csp_report.h"
#include "ops/health.h"
#include "ops/operations.h"
#include "people/people.h"

#define OPERATIONS "operations"

static const struct operation operations[] = {
    /* the engine's */
    {.handler = list_get, .answer = ANSWER_PAGE, .flags = OPERATION_FIELDS | OPERATION_CSV},
    {.handler = resource_get, .answer = ANSWER_ROW, .flags = OPERATION_FIELDS},
    {.handler = resource_create, .takes = COL_CREATE, .answer = ANSWER_ROW,
     .flags = OPERATION_ADDS | OPERATION_MANY | OPERATION_LOCATES | OPERATION_CONFLICTS},
    {.handler = resource_update, .takes = COL_UPDATE, .answer = ANSWER_ROW,
     .flags = OPERATION_CONFLICTS | OPERATION_MATCHES},
    {.handler = resource_delete, .answer = ANSWER_NOTHING, .flags = OPERATION_CONFLICTS | OPERATION_MATCHES},

    /* operations */
    {.handler = health_all, .tag = OPERATIONS, .row = &health_report, .flags = OPERATION_UNREADY},
    {.handler = health_quick, .tag = OPERATIONS, .row = &health_glance, .flags = OPERATION_UNREADY},
    {.handler = health_live, .tag = OPERATIONS, .row = &health_alive, .flags = OPERATION_ALONE},
    {.handler = health_ready, .tag = OPERATIONS, .row = &health_readiness, .flags = OPERATION_UNREADY},
    {.handler = route_metrics_get, .tag = OPERATIONS, .answer = ANSWER_TEXT, .flags = OPERATION_ALONE},
    {.handler = csp_report_post, .tag = OPERATIONS, .content = csp_report_content, .answer = ANSWER_NOTHING,
     .flags = OPERATION_ALONE},
    {.handler = events_get, .tag = OPERATIONS, .answer = ANSWER_EVENTS, .flags = OPERATION_ALONE},
    {.handler = operations_get, .tag = OPERATIONS, .answer = ANSWER_ROW, .row = &operations_row},
    {.handler = openapi_get, .tag = OPERATIONS},
    {.handler = meta_get, .tag = OPERATIONS, .answer = ANSWER_ROW, .row = &meta_row, .flags = OPERATION_MORE},

    /* people */
    {.handler = people_login, .takes = COL_CREATE, .body = &people_login_body, .answer = ANSWER_ROW,
     .row = &people_caller, .flags = OPERATION_LOGIN},
    {.handler = people_logout, .answer = ANSWER_NOTHING},
    {.handler = people_me, .answer = ANSWER_ROW, .row = &people_caller},
    {.handler = people_my_password, .takes = COL_CREATE, .body = &people_password_change, .answer = ANSWER_NOTHING,
     .flags = OPERATION_SESSION},
    {.handler = people_sessions, .answer = ANSWER_ROWS, .row = &people_session},
    {.handler = people_sessions_end, .answer = ANSWER_NOTHING, .flags = OPERATION_SESSION},
    {.handler = people_session_end, .answer = ANSWER_NOTHING, .flags = OPERATION_SESSION},
    {.handler = people_keys, .answer = ANSWER_ROWS, .row = &people_key},
    {.handler = people_key_create, .takes = COL_CREATE, .body = &people_key_body, .answer = ANSWER_ROW,
     .row = &people_key_made, .flags = OPERATION_ADDS | OPERATION_SESSION},
    {.handler = people_key_revoke, .answer = ANSWER_NOTHING, .flags = OPERATION_SESSION},
    {.handler = people_any_session_end, .answer = ANSWER_NOTHING},
    {.handler = people_any_key_revoke, .answer = ANSWER_NOTHING},
    {.handler = people_user_create, .takes = COL_CREATE, .body = &people_users, .answer = ANSWER_ROW,
     .row = &people_users, .flags = OPERATION_ADDS | OPERATION_CONFLICTS},
    {.handler = people_user_password, .takes = COL_CREATE, .body = &people_new_password, .answer = ANSWER_NOTHING},

    /* port */
    {.handler = port_dashboard, .row = &port_dashboard_answer},
    {.handler = port_vessel_report, .answer = ANSWER_ROW, .row = &port_report_answer, .flags = OPERATION_CSV},
    {.handler = port_tally_create, .takes = COL_CREATE, .body = &port_tallies, .answer = ANSWER_ROW,
     .row = &port_tallies, .flags = OPERATION_ADDS | OPERATION_AGAIN | OPERATION_MANY | OPERATION_CONFLICTS},
    {.handler = port_tally_void, .takes = COL_CREATE, .body = &port_void_body, .answer = ANSWER_ROW,
     .row = &port_tallies, .flags = OPERATION_ADDS | OPERATION_AGAIN | OPERATION_CONFLICTS},
    {.handler = port_legacy_summary, .row = &port_legacy_vessels},
    {.handler = port_legacy_tallies, .row = &port_legacy_recent},
    {.handler = port_legacy_tally, .takes = COL_CREATE, .body = &port_legacy_body, .row = &port_legacy_stored,
     .flags = OPERATION_ADDS | OPERATION_AGAIN | OPERATION_CONFLICTS},

    /* labour and delivery */
    {.handler = labour_dashboard, .row = &labour_dashboard_row},
    {.handler = labour_money, .row = &labour_money_row},
    {.handler = delivery_dashboard, .row = &delivery_dashboard_row},
};

/* Of whatever isn't there, which a test doesn't let be. */
static const struct operation other = {.answer = ANSWER_OBJECT};

const struct operation *operation_of(const struct route *r)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].handler == r->handler)
            return &operations[i];
    }
    return &other;
}

bool operation_is_declared(const struct route *r)
{
    return operation_of(r) != &other;
}

const struct resource *operation_body(const struct route *r)
{
    const struct operation *o = operation_of(r);

    if (o->takes == 0)
        return NULL;
    return o->body != NULL ? o->body : r->resource;
}

const struct resource *operation_row(const struct route *r)
{
    const struct operation *o = operation_of(r);

    if (o->answer == ANSWER_TEXT || o->answer == ANSWER_NOTHING)
        return NULL;
    return o->row != NULL ? o->row : r->resource;
}

bool operation_validates(const struct route *r)
{
    return r->method == HTTP_GET && operation_of(r)->answer != ANSWER_EVENTS;
}

bool operation_matches(const struct route *r)
{
    return (operation_of(r)->flags & OPERATION_MATCHES) != 0 && r->resource->versioned;
}
