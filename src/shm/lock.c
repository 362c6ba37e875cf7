/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/lock.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/log.h"

void shm_lock_init(struct shm_lock *lock)
{
    pthread_mutexattr_t attr;
    int failed = pthread_mutexattr_init(&attr);

    failed |= pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    failed |= pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    failed |= pthread_mutex_init(&lock->mutex, &attr);
    assert(failed == 0); /* these values exist wherever this compiles */
    (void)failed;
    (void)pthread_mutexattr_destroy(&attr);
}

/* The slow way: somebody has it. */
static int wait_for(pthread_mutex_t *mutex)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SHM_LOCK_WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
}

bool shm_lock(struct shm_lock *lock, void (*repair)(void *arg), void *arg)
{
    int got = pthread_mutex_trylock(&lock->mutex);

    if (got == EBUSY)
        got = wait_for(&lock->mutex);
    if (got == EOWNERDEAD) {
        repair(arg);
        (void)pthread_mutex_consistent(&lock->mutex);
        log_event(LOG_WARN, "shm_repaired");
        return true;
    }
    if (got != 0)
        log_event(LOG_WARN, "shm_lock_busy");
    return got == 0;
}

void shm_unlock(struct shm_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}
