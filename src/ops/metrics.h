/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of the whole pool, whichever responder answers, in Prometheus's text form.
 */
#ifndef STEVEDORES_OPS_METRICS_H
#define STEVEDORES_OPS_METRICS_H

#include "engine/exchange.h"

handler_fn metrics_get; /* GET /metrics */

#endif
