/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/pressure.h"

#include "cache/lru.h"
#include "ops/alerts.h"

int pressure_parts(struct pressure *p, const struct sample *sample, int parts, int64_t part_bytes)
{
    const int more = parts * 2 < LRU_PARTS ? parts * 2 : LRU_PARTS;
    int64_t grown;

    if (sample->memory_permille < 0 || sample->memory_permille >= PRESSURE_CALM_PERMILLE) {
        p->calm = 0;
        return sample->memory_permille >= alert_rules[ALERT_MEMORY].warning && parts > 1 ? parts / 2 : parts;
    }
    grown = sample->memory_permille + (more - parts) * part_bytes * 1000 / sample->memory_limit;
    if (p->calm < PRESSURE_CALM_SAMPLES)
        p->calm++;
    if (p->calm < PRESSURE_CALM_SAMPLES || parts == LRU_PARTS || grown >= PRESSURE_GROWN_PERMILLE)
        return parts;
    p->calm = 0;
    return more;
}
