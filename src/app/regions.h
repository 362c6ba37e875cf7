/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies in the shared memory segment.
 */
#ifndef STEVEDORES_APP_REGIONS_H
#define STEVEDORES_APP_REGIONS_H

#include "shm/shm.h"

extern const struct shm_region *const regions[]; /* NULL behind the last */

#endif
