/* SPDX-License-Identifier: Apache-2.0
 * Shifts the wall clock of a program by as many nanoseconds as the file CLOCK_SHIFT_FILE says at the moment,
 * for tests of what a clock that jumps does: `LD_PRELOAD`ed. The monotonic clock goes on, as it does when an
 * administrator sets the time. Neither a system call nor a file is needed after the start, so a sandboxed
 * program jumps like any other. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000

static volatile const int64_t *shift;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *p = fd >= 0 ? mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (p != MAP_FAILED)
        shift = p;
    if (fd >= 0)
        (void)close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, id, t);
    int64_t ns;

    if (result != 0 || shift == NULL || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
        return result;
    ns = (int64_t)t->tv_sec * NS + t->tv_nsec + *shift;
    t->tv_sec = ns / NS;
    t->tv_nsec = ns % NS;
    return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        return -1;
    tv->tv_sec = t.tv_sec;
    tv->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (at != NULL)
        *at = t.tv_sec;
    return t.tv_sec;
}
