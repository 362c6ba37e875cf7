/* SPDX-License-Identifier: Apache-2.0
 *
 * A lock in shared memory that survives its owner: when a process dies holding it, the next one repairs what the lock
 * protects and goes on (POSIX robust mutexes, pthread_mutexattr_setrobust(3)).
 *
 * Waiting is bounded, so that a process that was stopped with the lock in hand holds up nobody for long. Whoever doesn't get
 * it does without what it protects: a cache misses, a limit refuses or lets through as its class says.
 */
#ifndef STEVEDORES_SHM_LOCK_H
#define STEVEDORES_SHM_LOCK_H

#include <pthread.h>
#include <stdbool.h>

/* How long to wait for it. It is held for microseconds. */
#define SHM_LOCK_WAIT_MS 20

/* Part of a region. */
struct shm_lock {
    pthread_mutex_t mutex;
};

/* In the init of the region. */
void shm_lock_init(struct shm_lock *lock);

/* True when it is held now. `repair(arg)` is called first when its last owner died in the middle of something; what it
 * leaves must be sound. */
bool shm_lock(struct shm_lock *lock, void (*repair)(void *arg), void *arg) __attribute__((warn_unused_result));
void shm_unlock(struct shm_lock *lock);

#endif
