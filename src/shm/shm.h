/* SPDX-License-Identifier: Apache-2.0
 *
 * One POSIX shared memory segment for the responders of a host and its agent. Whoever comes first makes it.
 *
 * It begins with a magic, a hash of the layout and its size; a segment of another layout is unlinked and made anew, never
 * read. Behind that lie the regions: each is declared by the module that owns it, with its size and how it begins, and
 * holds offsets, never pointers. What is true of a region while its lock is free stands beside the region.
 *
 * Where no segment can be had (no /dev/shm, no space) the process goes on with memory of its own in the same form: each
 * responder then has its own cache and its own limits, which is logged and makes the host "degraded".
 */
#ifndef STEVEDORES_SHM_SHM_H
#define STEVEDORES_SHM_SHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct shm;

struct shm_region {
    const char *name;
    uint32_t version;                        /* to be raised with every change of what lies in it */
    size_t (*size)(const struct conf *conf); /* bytes */
    void (*init)(void *region, size_t size); /* of zeroed memory, once in the segment's life; NULL: zeroes are right */
};

/* Opens or makes the segment SHM_NAME with these regions (a table that NULL ends); never NULL. Detach with shm_close(). */
struct shm *shm_open_segment(const struct conf *conf, const struct shm_region *const *regions);

/* The same for somebody who only looks: NULL when there is none, or one of another layout; nothing is made. */
struct shm *shm_open_existing(const struct conf *conf, const struct shm_region *const *regions);

/* Memory of this process's own in the same form, for one that must not touch the pool's. Detach with shm_close(). */
struct shm *shm_open_private(const struct conf *conf, const struct shm_region *const *regions);

void shm_close(struct shm **shm);

/* A region's memory, aligned for any type. It is one of those that the segment was opened with. */
void *shm_region(const struct shm *shm, const struct shm_region *region);

/* Its size in bytes; of the whole segment for NULL. */
size_t shm_size(const struct shm *shm, const struct shm_region *region);

/* Gives the whole pages within a region's n bytes at p back to the system, for all processes: they read as zeroes from then on,
 * and must not be written to before shm_take_back(). False when that can't be done, or this process is alone with the segment. */
bool shm_give_back(const struct shm *shm, void *p, size_t n) __attribute__((warn_unused_result));

/* Takes memory for n bytes at p again, so that touching them can't fail. False when there is none. */
bool shm_take_back(const struct shm *shm, void *p, size_t n) __attribute__((warn_unused_result));

/* Bytes of memory that the segment takes, whoever has touched them; all of it when this process is alone with it, -1 when it
 * can't be known. */
int64_t shm_memory(const struct shm *shm);

/* True when this process is alone with it (see above). */
bool shm_is_private(const struct shm *shm);

/* True while SHM_NAME still stands for this segment: a pool with another configuration replaces it, and a process that lives
 * longer than the pool (the agent) then has to be started anew, with the new configuration. */
bool shm_is_current(const struct shm *shm);

/* The agent says that it is alive; monotonic clock, which all processes of a host share. */
void shm_agent_beat(struct shm *shm);

/* It beats at each of its turns, several times a second; after so long without, it counts as away. */
#define SHM_AGENT_SILENT_MS 5000

/* Whether the agent is there. *age_ms: milliseconds since its last beat; -1 when there was none in this segment's life. */
bool shm_agent_is_there(const struct shm *shm, int64_t *age_ms);

#endif
