/* SPDX-License-Identifier: Apache-2.0
 *
 * One POSIX shared memory segment for the responders of a host and its agent. Whoever comes first makes it. It begins
 * with a magic, a layout number and its size; a segment of another layout is unlinked and made anew, never read.
 *
 * Regions and what is true of them:
 *   agent    written by the agent alone, fields are atomics, no lock; zero means "never"
 *
 * The program works without a segment (no /dev/shm, no space): shm_open_segment() then returns NULL, and the readers
 * below take NULL for "nobody is there".
 */
#ifndef STEVEDORES_SHM_SHM_H
#define STEVEDORES_SHM_SHM_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

/* Opens or makes the segment; NULL with a log line when it can't be had. Detach with shm_close(). */
struct shm *shm_open_segment(const char *name);
void shm_close(struct shm **shm);

/* The agent says that it is alive; monotonic clock, which all processes of a host share. */
void shm_agent_beat(struct shm *shm);

/* Milliseconds since the agent's last beat; -1 when there was none since the machine started. */
int64_t shm_agent_age_ms(const struct shm *shm);

#endif
