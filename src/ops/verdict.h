/* SPDX-License-Identifier: Apache-2.0
 *
 * How the agent found the host when it last looked, in shared memory: what GET /health/quick answers with, asking nobody.
 */
#ifndef STEVEDORES_OPS_VERDICT_H
#define STEVEDORES_OPS_VERDICT_H

#include "ops/checks.h"

#define VERDICT_EVERY_MS 1000 /* so soon is a change seen */

struct verdict {
    int64_t at_ms; /* real time */
    struct checks_summary sum;
    enum check_status status[CHECK_COUNT];
};

extern const struct shm_region verdict_region;

struct verdicts; /* the region */

struct verdicts *verdict_open(const struct shm *shm);

/* For the agent, which alone writes. */
void verdict_put(struct verdicts *v, const struct check found[CHECK_COUNT]);

/* Milliseconds since it looked, and what it found; -1: it never did, or that can't be had now. */
int64_t verdict_get(struct verdicts *v, struct verdict *out);

#endif
