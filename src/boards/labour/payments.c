/* SPDX-License-Identifier: Apache-2.0
 *
 * Payments for what contracts earned. They are never removed, and what they are of and how much never changes.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include "boards/labour/payment_row.sql.h"

const char *const labour_payment_statuses[] = {"due", "approved", "paid", "failed", "refunded", NULL};

static const struct column payment_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the payment."},
    {"contract_id", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "The contract."},
    {"worker_name", COL_TEXT, 0, 1, 100, NULL, NULL, "Who is paid."},
    {"client_name", COL_TEXT, 0, 1, 100, NULL, NULL, "Whose work it was."},
    {"amount_minor", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, LABOUR_AMOUNT_MAX, NULL, NULL,
     "In minor units of the currency; never changes."},
    {"currency", COL_TEXT, COL_CREATE | COL_NOT_NULL, 3, 3, NULL, labour_currency_is_valid,
     "ISO 4217 code; must be the contract's."},
    {"due_on", COL_DATE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, NULL, NULL,
     "Day (in UTC) by which it is to be paid; by the client's terms, if not given."},
    {"reference", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "What the bank is told."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, labour_payment_statuses, NULL,
     "Where the payment is in its life cycle."},
    {"paid_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it was paid."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was entered."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was changed last."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter payment_filters[] = {
    {"contract_id", FILTER_EQ, COL_INT, NULL, "v.contract_id = ?::bigint", NULL},
    {"status", FILTER_IN, COL_CHOICE, labour_payment_statuses, "v.status = ANY (?::text[])", NULL},
    {"due_on_from", FILTER_EQ, COL_DATE, NULL, "v.due_on >= ?::date", NULL},
    {"due_on_to", FILTER_EQ, COL_DATE, NULL, "v.due_on <= ?::date", NULL},
    {"paid_at_from", FILTER_EQ, COL_TIME, NULL,
     "coalesce(v.paid_at, 'infinity') >= ?::timestamptz AND coalesce(v.paid_at, 'infinity') < 'infinity'", NULL},
    {"paid_at_to", FILTER_EQ, COL_TIME, NULL, "coalesce(v.paid_at, 'infinity') < ?::timestamptz", NULL},
    {"min_amount_minor", FILTER_EQ, COL_INT, NULL, "v.amount_minor >= ?::bigint", NULL},
    {"max_amount_minor", FILTER_EQ, COL_INT, NULL, "v.amount_minor <= ?::bigint", NULL},
    {"currency", FILTER_EQ, COL_TEXT, NULL, "v.currency = ?::text", "contract_id|status|due_on_from|reference"},
    {"reference", FILTER_EQ, COL_TEXT, NULL, "v.reference = ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key payment_sorts[] = {
    {"due_on", {{"v.due_on", "date"}}},
    {"paid_at", {{"coalesce(v.paid_at, 'infinity')", "timestamptz"}}},
    {"amount_minor", {{"v.amount_minor", "bigint"}}},
    {"status,due_on", {{"v.status", "text"}, {"v.due_on", "date"}}},
    {NULL, {{NULL, NULL}}},
};

const struct resource labour_payments = {
    .name = "payments",
    .title = "Payment",
    .table = "payments",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = labour_payment_row_sql,
    .columns = payment_columns,
    .filters = payment_filters,
    .sorts = payment_sorts,
    .sort_descending = true,
    .versioned = true,
    .parent = "contract_id",
    .parent_exists_sql = "SELECT FROM contracts WHERE id = $1::bigint",
};
