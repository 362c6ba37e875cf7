/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be imported of the labour board. The tables' own rules decide on each row, as they do on what people write; so
 * clients and workers come before jobs, jobs before contracts, contracts before payments.
 */
#include "config.h"
#include "ctl/import_kinds.h"

#include "boards/labour/labour.h"

#define TIMES_STAGED ", created_at timestamptz, updated_at timestamptz"
#define TIMES_STORED ", coalesce(created_at, now()), coalesce(updated_at, now())"

static const struct column client_more[] = {ID_COLUMN("client"), TIMES, NO_COLUMN};
static const struct column worker_more[] = {ID_COLUMN("worker"), TIMES, NO_COLUMN};
static const struct column job_more[] = {ID_COLUMN("job"), TIMES, NO_COLUMN};

static const struct column contract_more[] = {
    ID_COLUMN("contract"),
    {"completed_at", COL_TIME, 0, 0, 0, NULL, NULL, "Of work that has ended: now, when it is missing."},
    TIMES,
    NO_COLUMN,
};

static const struct column payment_more[] = {
    ID_COLUMN("payment"),
    {"paid_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    TIMES,
    NO_COLUMN,
};

static const struct check client_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("clients", "client", "v.name, v.contact_email", "s.name, s.contact_email"),
    {NULL, NULL},
};

static const struct check worker_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("workers", "worker", "v.name, v.phone, v.email", "s.name, s.phone, s.email"),
    {NULL, NULL},
};

static const struct check job_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("jobs", "job", "v.client_id, v.title, v.starts_at", "s.client_id, s.title, s.starts_at"),
    {NULL, NULL},
};

static const struct check contract_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("contracts", "contract", "v.job_id, v.worker_id", "s.job_id, s.worker_id"),
    {NULL, NULL},
};

static const struct check payment_checks[] = {
    ID_TWICE,
    ID_OF_ANOTHER("payments", "payment", "v.contract_id, v.amount_minor, v.reference",
                  "s.contract_id, s.amount_minor, s.reference"),
    {NULL, NULL},
};

const struct kind import_labour_kinds[] = {
    {
        .name = "clients",
        .board = "labour",
        .resource = &labour_clients,
        .more = client_more,
        .required = "name",
        .staged = "id bigint, name text, contact_name text, contact_email text, contact_phone text,"
                  " payment_terms_days int, status text, notes text" TIMES_STAGED,
        .checks = client_checks,
        .before = KEEP_NUMBERS("clients"),
        .store_line = "INSERT INTO clients (id, name, contact_name, contact_email, contact_phone, payment_terms_days, status,"
                      " notes, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("clients") ", name, contact_name,"
                      " contact_email, contact_phone, coalesce(payment_terms_days, 30), coalesce(status, 'active'), notes"
                      TIMES_STORED OF_LINE("clients"),
    },
    {
        .name = "workers",
        .board = "labour",
        .resource = &labour_workers,
        .more = worker_more,
        .required = "name",
        .staged = "id bigint, name text, phone text, email text, skills jsonb, tickets jsonb, availability text, notes text"
                  TIMES_STAGED,
        .checks = worker_checks,
        .before = KEEP_NUMBERS("workers"),
        .store_line = "INSERT INTO workers (id, name, phone, email, skills, tickets, availability, notes, created_at,"
                      " updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("workers") ", name, phone, email,"
                      " coalesce(skills, '[]'), coalesce(tickets, '[]'), coalesce(availability, 'available'), notes"
                      TIMES_STORED OF_LINE("workers"),
    },
    {
        .name = "jobs",
        .board = "labour",
        .resource = &labour_jobs,
        .more = job_more,
        .required = "client_id title starts_at ends_at rate_minor currency",
        .staged = "id bigint, client_id bigint, title text, place text, starts_at timestamptz, ends_at timestamptz,"
                  " places int, rate_minor bigint, currency text, skills jsonb, status text, notes text"
                  TIMES_STAGED,
        .checks = job_checks,
        .before = KEEP_NUMBERS("jobs"),
        .store_line = "INSERT INTO jobs (id, client_id, title, place, starts_at, ends_at, places, rate_minor, currency, skills,"
                      " status, notes, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("jobs") ", client_id,"
                      " title, place, starts_at, ends_at, coalesce(places, 1), rate_minor, currency, coalesce(skills, '[]'),"
                      " coalesce(status, 'draft'), notes" TIMES_STORED OF_LINE("jobs"),
    },
    {
        .name = "contracts",
        .board = "labour",
        .resource = &labour_contracts,
        .more = contract_more,
        .required = "job_id worker_id",
        .staged = "id bigint, job_id bigint, worker_id bigint, starts_at timestamptz, ends_at timestamptz,"
                  " rate_minor bigint, currency text, minutes_worked int, status text, completed_at timestamptz,"
                  " notes text" TIMES_STAGED,
        .checks = contract_checks,
        /* A job that becomes filled by them was so before: when it was changed last stays. */
        .before = "SET LOCAL stevedores.restoring = 'on';" KEEP_NUMBERS("contracts"),
        .store_line = "INSERT INTO contracts (id, job_id, worker_id, starts_at, ends_at, rate_minor, currency, minutes_worked,"
                      " status, completed_at, notes, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT "
                      NUMBER("contracts") ", job_id, worker_id, starts_at, ends_at, rate_minor, currency, minutes_worked,"
                      " coalesce(status, 'offered'), completed_at, notes" TIMES_STORED OF_LINE("contracts"),
    },
    {
        .name = "payments",
        .board = "labour",
        .resource = &labour_payments,
        .more = payment_more,
        .required = "contract_id amount_minor",
        .staged = "id bigint, contract_id bigint, amount_minor bigint, currency text, due_on date, reference text,"
                  " status text, paid_at timestamptz" TIMES_STAGED,
        .checks = payment_checks,
        .before = KEEP_NUMBERS("payments"),
        .store_line = "INSERT INTO payments (id, contract_id, amount_minor, currency, due_on, reference, status, paid_at,"
                      " created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT " NUMBER("payments") ", contract_id,"
                      " amount_minor, currency, due_on, reference, coalesce(status, 'due'), paid_at"
                      TIMES_STORED OF_LINE("payments"),
    },
    {.name = NULL},
};
