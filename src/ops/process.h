/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel says of a process (proc_pid_smaps, proc_pid_stat).
 */
#ifndef STEVEDORES_OPS_PROCESS_H
#define STEVEDORES_OPS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* Memory in bytes: its share of what it shares with others counted (PSS). -1 when it can't be read. */
int64_t process_memory(int32_t pid);

/* The same, with what of it is shared memory (tmpfs); false when it can't be read. */
struct process_memory {
    int64_t all, shared;
};
bool process_memory_look(int32_t pid, struct process_memory *out);

/* Processor time that it has used, in microseconds; -1 likewise. */
int64_t process_cpu_us(int32_t pid);

#endif
