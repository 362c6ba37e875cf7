/* SPDX-License-Identifier: Apache-2.0
 *
 * What this process may use of the machine: processors and memory, by the machine's size and by the limits of the control
 * groups (v1 and v2) that it is in.
 */
#ifndef STEVEDORES_BASE_MACHINE_H
#define STEVEDORES_BASE_MACHINE_H

#include <stdint.h>

/* Processors in hundredths, memory in MiB; -1: not limited. */
struct machine {
    int64_t allowed; /* processors that the process may run on */
    int64_t quota;   /* of the control group */
    int64_t memory_mb;
    int64_t group_mb; /* limit of the control group */
};

void machine_look(struct machine *m);

/* The same with the control groups of /proc and /sys below another directory, as a test has made them. */
void machine_look_below(const char *root, struct machine *m);

/* The memory that counts: `setting` where there is one (0: none), else the group's limit, else the machine's. */
int64_t machine_memory_mb(const struct machine *m, int64_t setting);

#endif
