/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEVEDORES_GUARD_GATE_H
#define STEVEDORES_GUARD_GATE_H
#include "shm/shm.h"
struct gate;
enum gate_result { GATE_IN, GATE_FULL };
struct gate *gate_open(const struct shm *shm);
enum gate_result gate_enter(struct gate *g, int64_t limit, int64_t wait_ms);
void gate_leave(struct gate *g);
#endif
