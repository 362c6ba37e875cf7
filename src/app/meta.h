/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client needs to know to build its forms: choices and moves of all resources that are switched on.
 */
#ifndef STEVEDORES_APP_META_H
#define STEVEDORES_APP_META_H

#include "engine/resource.h"

extern const struct resource meta_row; /* what every answer has; each board's own members stand behind */

handler_fn meta_get; /* GET /api/meta */

#endif
