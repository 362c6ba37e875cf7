/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts: one worker's place in one job, what was worked of it and what that earned.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include "boards/labour/contract_row.sql.h"

const char *const labour_contract_statuses[] = {"offered", "accepted", "active", "completed", "terminated", NULL};

static const struct column contract_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the contract."},
    {"job_id", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "The job."},
    {"job_title", COL_TEXT, 0, 1, 150, NULL, NULL, "The job's title."},
    {"worker_id", COL_INT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "The worker."},
    {"worker_name", COL_TEXT, 0, 1, 100, NULL, NULL, "The worker's name."},
    {"starts_at", COL_TIME, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, NULL, NULL,
     "When the worker begins, while the job goes on; with it, if not given."},
    {"ends_at", COL_TIME, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, NULL, NULL,
     "When the worker is free again, by the job's end; then, if not given."},
    {"rate_minor", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, LABOUR_RATE_MAX, NULL, NULL,
     "For an hour, in minor units of the currency; the job's, if not given."},
    {"currency", COL_TEXT, COL_CREATE | COL_NOT_NULL, 3, 3, NULL, labour_currency_is_valid,
     "ISO 4217 code; must be the job's."},
    {"minutes_worked", COL_INT, COL_UPDATE, 0, 1000000, NULL, NULL,
     "Only once work has begun, at most the contract's time and half of that again; needed when it is completed."},
    {"earned_minor", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL,
     "Of one that is completed or terminated: time by rate, half a minor unit rounded up."},
    {"payable_minor", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Payments that are due or approved."},
    {"paid_minor", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Payments that are paid."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, labour_contract_statuses, NULL,
     "Where the contract is in its life cycle."},
    {"completed_at", COL_TIME, 0, 0, 0, NULL, NULL, "When work ended: it was completed, or terminated after it had begun."},
    {"notes", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "Remarks."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was entered."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was changed last."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter contract_filters[] = {
    {"job_id", FILTER_EQ, COL_INT, NULL, "v.job_id = ?::bigint", NULL},
    {"worker_id", FILTER_EQ, COL_INT, NULL, "v.worker_id = ?::bigint", NULL},
    {"status", FILTER_IN, COL_CHOICE, labour_contract_statuses, "v.status = ANY (?::text[])", NULL},
    {"starts_at_from", FILTER_EQ, COL_TIME, NULL, "v.starts_at >= ?::timestamptz", NULL},
    {"starts_at_to", FILTER_EQ, COL_TIME, NULL, "v.starts_at < ?::timestamptz", NULL},
    {"completed_at_from", FILTER_EQ, COL_TIME, NULL,
     "coalesce(v.completed_at, 'infinity') >= ?::timestamptz AND coalesce(v.completed_at, 'infinity') < 'infinity'", NULL},
    {"completed_at_to", FILTER_EQ, COL_TIME, NULL, "coalesce(v.completed_at, 'infinity') < ?::timestamptz", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key contract_sorts[] = {
    {"starts_at", {{"v.starts_at", "timestamptz"}}},
    {"completed_at", {{"coalesce(v.completed_at, 'infinity')", "timestamptz"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"status,starts_at", {{"v.status", "text"}, {"v.starts_at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint contract_constraints[] = {
    {"contracts_worker_exists", "worker_id", OUT_INVALID, "there is no such worker"},
    {"contracts_ends_after_starts", "ends_at", OUT_INVALID, "must be after starts_at"},
    {"contracts_not_too_long", "ends_at", OUT_INVALID, "must be within 366 days of starts_at"},
    {"contracts_minutes_needed", "minutes_worked", OUT_INVALID, "is needed when a contract is completed"},
    {"contracts_minutes_of_work", "minutes_worked", OUT_CONFLICT, "can only be given once work has begun"},
    {"contracts_minutes_within_times", "minutes_worked", OUT_CONFLICT,
     "must be at most the time from starts_at to ends_at and half of that again"},
    {"contracts_completed_at_known", "completed_at", OUT_INVALID, "is of work that has ended"},
    {"contracts_worker_busy", "worker_id", OUT_CONFLICT, "the worker has another contract at that time"},
    {"jobs_not_overbooked", "job_id", OUT_CONFLICT, "all places of the job are taken"},
    {NULL, NULL, OUT_OK, NULL},
};

#define CONTRACTS                                                                                              \
    .name = "contracts", .title = "Contract", .table = "contracts", .id = "id", .id_type = COL_INT,            \
    .row_sql = labour_contract_row_sql, .columns = contract_columns, .filters = contract_filters,              \
    .sorts = contract_sorts, .sort_descending = true, .versioned = true, .constraints = contract_constraints

const struct resource labour_contracts = {
    CONTRACTS,
    .parent = "job_id",
    .parent_exists_sql = "SELECT FROM jobs WHERE id = $1::bigint",
};

const struct resource labour_contracts_of_worker = {
    CONTRACTS,
    .parent = "worker_id",
    .parent_exists_sql = "SELECT FROM workers WHERE id = $1::bigint",
};
