/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operations page shows, out of shared memory alone: nobody is asked, so it answers while they are away.
 */
#ifndef STEVEDORES_OPS_OPERATIONS_H
#define STEVEDORES_OPS_OPERATIONS_H

#include "engine/resource.h"

extern const struct resource operations_row;

handler_fn operations_get; /* GET /api/operations */

#endif
