/* SPDX-License-Identifier: Apache-2.0
 *
 * What gives way when memory gets short: the local cache (cache/lru.h), which is only a copy. Its room is halved at each sample
 * with too much memory in use, down to an eighth, before anything has to die; and doubled again when there was plenty for a
 * while and it would not be too much with it.
 */
#ifndef STEVEDORES_OPS_PRESSURE_H
#define STEVEDORES_OPS_PRESSURE_H

#include <stdint.h>

#include "ops/samples.h"

#define PRESSURE_CALM_PERMILLE 600 /* of the limit; below it there is plenty */
#define PRESSURE_GROWN_PERMILLE 700 /* what growing may come to: not next to the warning, or it would come and go */
#define PRESSURE_CALM_SAMPLES  6

/* Zeroes are right to begin with. */
struct pressure {
    int calm; /* samples in a row with plenty */
};

/* How many LRU_PARTS the local cache should have after this sample, when it has `parts` of `part_bytes` each. */
int pressure_parts(struct pressure *p, const struct sample *sample, int parts, int64_t part_bytes);

#endif
