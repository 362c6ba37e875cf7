/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "guard/gate.h"
struct gate *gate_open(const struct shm *shm) { (void)shm; return NULL; }
enum gate_result gate_enter(struct gate *g, int64_t limit, int64_t wait_ms) { (void)g; (void)limit; (void)wait_ms; return GATE_IN; }
void gate_leave(struct gate *g) { (void)g; }
