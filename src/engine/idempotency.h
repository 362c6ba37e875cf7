/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes that may be sent again (draft-ietf-httpapi-idempotency-key-header-07): the header Idempotency-Key names a write; its
 * answer is stored in the same transaction, and whoever sends the same request with the same key again within a day gets
 * that answer and changes nothing. A refused write leaves no trace, so that it can be put right and sent with the same key.
 */
#ifndef STEVEDORES_ENGINE_IDEMPOTENCY_H
#define STEVEDORES_ENGINE_IDEMPOTENCY_H

#include "engine/exchange.h"

#define IDEMPOTENCY_KEY_MAX 128 /* characters */

/* Runs the handler of a write in a transaction with its key; without the header, just the handler. Two at once with one key take
 * turns. OUT_KEY_REUSED when the key was another request's. */
enum outcome idempotency_run(struct exchange *x, handler_fn *handler) __attribute__((warn_unused_result));

/* For the agent: removes up to $1 keys that are over; returns how many. */
extern const char idempotency_sweep_sql[];

#endif
