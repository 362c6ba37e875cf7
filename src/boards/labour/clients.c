/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients: whom people are hired out to.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include <string.h>

#include "boards/labour/client_row.sql.h"

const char *const labour_client_statuses[] = {"active", "inactive", NULL};

bool labour_email_is_valid(const char *email, const char **why)
{
    const char *at = strchr(email, '@');

    *why = "must be an address such as crew@example.com";
    return at != NULL && at != email && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
           strpbrk(email, " \t\r\n\v\f") == NULL;
}

static const struct column client_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the client."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "Name of the firm."},
    {"contact_name", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "Whom to ask there."},
    {"contact_email", COL_TEXT, COL_CREATE | COL_UPDATE, 3, 200, NULL, labour_email_is_valid, "Address to write to."},
    {"contact_phone", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 40, NULL, NULL, "Number to call."},
    {"payment_terms_days", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 365, NULL, NULL,
     "Days until a payment is due; 30, if not given."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, labour_client_statuses, NULL,
     "Whether we work for them at present."},
    {"notes", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "Remarks."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was entered."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was changed last."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter client_filters[] = {
    {"status", FILTER_IN, COL_CHOICE, labour_client_statuses, "v.status = ANY (?::text[])", NULL},
    {"contact_email", FILTER_EQ, COL_TEXT, NULL, "v.contact_email = ?::text", NULL},
    {"created_at_from", FILTER_EQ, COL_TIME, NULL, "v.created_at >= ?::timestamptz", NULL},
    {"created_at_to", FILTER_EQ, COL_TIME, NULL, "v.created_at < ?::timestamptz", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL,
     "v.name || ' ' || coalesce(v.contact_name, '') || ' ' || coalesce(v.contact_email, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key client_sorts[] = {
    {"name", {{"v.name", "text"}}},
    {"created_at", {{"v.created_at", "timestamptz"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"status,name", {{"v.status", "text"}, {"v.name", "text"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint client_constraints[] = {
    {"clients_contact_email_form", "contact_email", OUT_INVALID, "must be an address such as crew@example.com"},
    {"jobs_client_exists", "id", OUT_CONFLICT, "there are jobs of this client"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource labour_clients = {
    .name = "clients",
    .title = "Client",
    .table = "clients",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = labour_client_row_sql,
    .columns = client_columns,
    .filters = client_filters,
    .sorts = client_sorts,
    .versioned = true,
    .constraints = client_constraints,
};
