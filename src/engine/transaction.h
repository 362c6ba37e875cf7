/* SPDX-License-Identifier: Apache-2.0
 *
 * Several statements of a request as one transaction.
 */
#ifndef STEVEDORES_ENGINE_TRANSACTION_H
#define STEVEDORES_ENGINE_TRANSACTION_H

#include "engine/exchange.h"

/* Does its work from the beginning each time it is called, and leaves no trace of a time before. */
typedef enum outcome transaction_work(struct exchange *x, void *ctx);

/* Runs the work and commits what it did, or takes it back when it fails. In a transaction already: just the work, for the end is
 * another's. When two requests lock the same rows in opposite order PostgreSQL ends one of them; that one is begun anew, a
 * few times. */
enum outcome transaction_run(struct exchange *x, transaction_work *work, void *ctx) __attribute__((warn_unused_result));

#endif
