/* SPDX-License-Identifier: Apache-2.0
 *
 * The labour board: clients, workers, jobs, contracts, payments, and the two dashboards over them.
 */
#ifndef STEVEDORES_BOARDS_LABOUR_LABOUR_H
#define STEVEDORES_BOARDS_LABOUR_LABOUR_H

#include "engine/resource.h"

extern const struct resource labour_clients;
extern const struct resource labour_workers;
extern const struct resource labour_jobs;
extern const struct resource labour_contracts;           /* as a list, also of one job */
extern const struct resource labour_contracts_of_worker; /* the same, of one worker */
extern const struct resource labour_payments;

/* The values that columns of this board can have; NULL-terminated. The schema says the same. */
extern const char *const labour_client_statuses[];
extern const char *const labour_availabilities[];
extern const char *const labour_job_statuses[];
extern const char *const labour_contract_statuses[];
extern const char *const labour_payment_statuses[];

handler_fn labour_dashboard; /* GET /api/labour/dashboard */
handler_fn labour_money;     /* GET /api/labour/money */

/* What they answer with: declared, not listed. */
extern const struct resource labour_dashboard_row;
extern const struct resource labour_money_row;

/* For columns: an address that has the form of one, and three capital letters (ISO 4217). */
bool labour_email_is_valid(const char *email, const char **why);
bool labour_currency_is_valid(const char *currency, const char **why);

#define LABOUR_RATE_MAX   100000000     /* minor units for an hour */
#define LABOUR_AMOUNT_MAX 1000000000000 /* minor units of a payment */
#define LABOUR_WORDS_MAX  20            /* skills of one, or tickets */

#endif
