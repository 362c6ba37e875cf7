/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers: who is on the books, what they can do and what they have papers for.
 */
#include "config.h"
#include "boards/labour/labour.h"

#include "boards/labour/worker_row.sql.h"

const char *const labour_availabilities[] = {"available", "unavailable", "on_leave", NULL};

static const struct column worker_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the worker."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "Name."},
    {"phone", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 40, NULL, NULL, "Number to call."},
    {"email", COL_TEXT, COL_CREATE | COL_UPDATE, 3, 200, NULL, labour_email_is_valid, "Address to write to."},
    {"skills", COL_WORDS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, LABOUR_WORDS_MAX, NULL, NULL,
     "What the worker can do."},
    {"tickets", COL_WORDS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, LABOUR_WORDS_MAX, NULL, NULL,
     "Licences and courses."},
    {"availability", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 0, labour_availabilities, NULL,
     "Whether to call at all."},
    {"notes", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "Remarks."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was entered."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was changed last."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter worker_filters[] = {
    {"availability", FILTER_IN, COL_CHOICE, labour_availabilities, "v.availability = ANY (?::text[])", NULL},
    {"skills", FILTER_WORDS, COL_WORDS, NULL, "v.skills @> ?::jsonb", NULL},
    {"tickets", FILTER_WORDS, COL_WORDS, NULL, "v.tickets @> ?::jsonb", NULL},
    {"email", FILTER_EQ, COL_TEXT, NULL, "v.email = ?::text", NULL},
    {"email_null", FILTER_EQ, COL_BOOL, NULL, "(v.email IS NULL) = ?::boolean", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL,
     "v.name || ' ' || coalesce(v.phone, '') || ' ' || coalesce(v.email, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key worker_sorts[] = {
    {"name", {{"v.name", "text"}}},
    {"created_at", {{"v.created_at", "timestamptz"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"availability,name", {{"v.availability", "text"}, {"v.name", "text"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint worker_constraints[] = {
    {"workers_email_form", "email", OUT_INVALID, "must be an address such as crew@example.com"},
    {"contracts_worker_exists", "id", OUT_CONFLICT, "there are contracts of this worker"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource labour_workers = {
    .name = "workers",
    .title = "Worker",
    .table = "workers",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = labour_worker_row_sql,
    .columns = worker_columns,
    .filters = worker_filters,
    .sorts = worker_sorts,
    .versioned = true,
    .constraints = worker_constraints,
};
