/* SPDX-License-Identifier: Apache-2.0
 *
 * A gate before work that is costly on purpose (Argon2id): so many processes of the host at a time, as many again wait
 * for a moment, in the order in which they came, and everybody beyond is told at once. However many ask, no more than
 * 2 * limit responders are held; the others go on answering.
 *
 * A process that dies inside or waiting gives its place back by being dead. Without shared memory (shm.h) each
 * process has a gate of its own.
 */
#ifndef STEVEDORES_GUARD_GATE_H
#define STEVEDORES_GUARD_GATE_H

#include <stdint.h>

#include "shm/shm.h"

#define GATE_LIMIT_MAX 64

extern const struct shm_region gate_region;

struct gate; /* the region */

enum gate_result { GATE_IN, GATE_FULL };

struct gate *gate_open(const struct shm *shm);

/* GATE_IN: the caller is one of at most `limit` (1 to GATE_LIMIT_MAX) inside, and must gate_leave(). GATE_FULL: it
 * isn't, after `wait_ms` milliseconds, or at once when `limit` others are waiting already or the gate can't be
 * locked. A process is inside once at most; entering again it leaves first. */
enum gate_result gate_enter(struct gate *g, int64_t limit, int64_t wait_ms) __attribute__((warn_unused_result));

/* Never waits. Does nothing when the caller isn't inside. */
void gate_leave(struct gate *g);

/* How many are inside and how many wait now; for people, so without the lock. */
void gate_count(const struct gate *g, int64_t *inside, int64_t *waiting);

#endif
