/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: who needs how many people, where and when. Whether an open one is filled, the database knows from its contracts.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include <string.h>

#include "boards/labour/job_row.sql.h"

const char *const labour_job_statuses[] = {"draft", "open", "filled", "done", "cancelled", NULL};

bool labour_currency_is_valid(const char *currency, const char **why)
{
    *why = "must be a currency's code of three capital letters, such as EUR";
    return strlen(currency) == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static const struct column job_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the job."},
    {"client_id", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, INT64_MAX, NULL, NULL,
     "The client that it is for; stays once there are contracts."},
    {"client_name", COL_TEXT, 0, 1, 100, NULL, NULL, "The client's name."},
    {"title", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 150, NULL, NULL, "What is to be done."},
    {"place", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "Berth, shed or yard."},
    {"starts_at", COL_TIME, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "When it begins."},
    {"ends_at", COL_TIME, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, NULL, NULL, "When it ends."},
    {"places", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 1, 500, NULL, NULL,
     "How many people are needed; 1, if not given."},
    {"filled", COL_INT, COL_NOT_NULL, 0, 500, NULL, NULL, "Contracts that are accepted, active or completed."},
    {"unfilled", COL_INT, COL_NOT_NULL, 0, 500, NULL, NULL, "Places that nobody has yet."},
    {"rate_minor", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, LABOUR_RATE_MAX, NULL, NULL,
     "For an hour of one worker, in minor units of the currency."},
    {"currency", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 3, 3, NULL, labour_currency_is_valid,
     "ISO 4217 code; stays once there are contracts."},
    {"skills", COL_WORDS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, LABOUR_WORDS_MAX, NULL, NULL,
     "What the people must be able to do."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, labour_job_statuses, NULL,
     "Where the job is in its life cycle; open and filled follow from the contracts."},
    {"notes", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "Remarks."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was entered."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was changed last."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

#define OF_FEW "client_id|starts_at_from|skills|q"

static const struct filter job_filters[] = {
    {"client_id", FILTER_EQ, COL_INT, NULL, "v.client_id = ?::bigint", NULL},
    {"status", FILTER_IN, COL_CHOICE, labour_job_statuses, "v.status = ANY (?::text[])", NULL},
    {"starts_at_from", FILTER_EQ, COL_TIME, NULL, "v.starts_at >= ?::timestamptz", NULL},
    {"starts_at_to", FILTER_EQ, COL_TIME, NULL, "v.starts_at < ?::timestamptz", NULL},
    {"place_null", FILTER_EQ, COL_BOOL, NULL, "(v.place IS NULL) = ?::boolean",
     "client_id|skills|q"},
    {"min_rate_minor", FILTER_EQ, COL_INT, NULL, "v.rate_minor >= ?::bigint", OF_FEW},
    {"max_rate_minor", FILTER_EQ, COL_INT, NULL, "v.rate_minor <= ?::bigint", OF_FEW},
    {"skills", FILTER_WORDS, COL_WORDS, NULL, "v.skills @> ?::jsonb", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.title || ' ' || coalesce(v.place, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key job_sorts[] = {
    {"starts_at", {{"v.starts_at", "timestamptz"}}},
    {"title", {{"v.title", "text"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"status,starts_at", {{"v.status", "text"}, {"v.starts_at", "timestamptz"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint job_constraints[] = {
    {"jobs_client_exists", "client_id", OUT_INVALID, "there is no such client"},
    {"jobs_ends_after_starts", "ends_at", OUT_INVALID, "must be after starts_at"},
    {"jobs_not_too_long", "ends_at", OUT_INVALID, "must be within 366 days of starts_at"},
    {"jobs_not_overbooked", "places", OUT_CONFLICT, "more people than that have a place already"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource labour_jobs = {
    .name = "jobs",
    .title = "Job",
    .table = "jobs",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = labour_job_row_sql,
    .columns = job_columns,
    .filters = job_filters,
    .sorts = job_sorts,
    .sort_descending = true,
    .versioned = true,
    .parent = "client_id",
    .parent_exists_sql = "SELECT FROM clients WHERE id = $1::bigint",
    .constraints = job_constraints,
};
