/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define SHM_MAGIC  UINT64_C(0x5354455645444f52) /* "STEVEDOR" */
#define SHM_LAYOUT 1                            /* to be raised with every change of struct segment */

/* In shared memory: no pointers. */
struct segment {
    uint64_t magic;
    uint32_t layout;
    uint32_t size;
    struct {
        _Atomic int64_t beat_ms;
        _Atomic int32_t pid;
    } agent;
};

struct shm {
    struct segment *segment;
};

static bool is_ours(const struct segment *s)
{
    return s->magic == SHM_MAGIC && s->layout == SHM_LAYOUT && s->size == sizeof(*s);
}

/* Maps the object behind fd, filling it in when it is new. The caller holds its lock. NULL with errno; EPROTO: it is of
 * another layout. */
static struct segment *attach(int fd)
{
    struct stat st;
    struct segment *s;

    if (fstat(fd, &st) < 0 || (st.st_size == 0 && ftruncate(fd, sizeof(*s)) < 0))
        return NULL;
    if (st.st_size != 0 && st.st_size != (off_t)sizeof(*s)) {
        errno = EPROTO;
        return NULL;
    }
    s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s == MAP_FAILED)
        return NULL;
    if (s->magic == 0) { /* made just now, or its maker died before the line below */
        s->layout = SHM_LAYOUT;
        s->size = sizeof(*s);
        atomic_thread_fence(memory_order_release);
        s->magic = SHM_MAGIC;
    }
    if (!is_ours(s)) {
        (void)munmap(s, sizeof(*s));
        errno = EPROTO;
        return NULL;
    }
    return s;
}

/* True while `name` still stands for the object behind fd: somebody else may have replaced it while we waited for its
 * lock, and the new one must not be taken away again. */
static bool is_named(int fd, const char *name)
{
    int again = shm_open(name, O_RDWR | O_CLOEXEC, 0);
    struct stat a, b;
    bool same = again >= 0 && fstat(fd, &a) == 0 && fstat(again, &b) == 0 && a.st_ino == b.st_ino;

    if (again >= 0)
        (void)close(again);
    return same;
}

struct shm *shm_open_segment(const char *name)
{
    /* Twice: the second time after an old layout was taken away. */
    for (int try = 0; try < 2; try++) {
        int fd = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        struct segment *s = NULL;

        if (fd < 0 || flock(fd, LOCK_EX) < 0) {
            log_event(LOG_WARN, "shm_unavailable", F_STR("name", name), F_STR("detail", strerror(errno)));
            if (fd >= 0)
                (void)close(fd);
            return NULL;
        }
        s = attach(fd);
        if (s != NULL)
            (void)flock(fd, LOCK_UN); /* closing is not enough: the mapping keeps the description open, and the lock */
        if (s == NULL && errno == EPROTO && try == 0) {
            if (is_named(fd, name)) {
                log_event(LOG_INFO, "shm_replaced", F_STR("name", name));
                (void)shm_unlink(name);
            }
            (void)close(fd);
            continue;
        }
        (void)close(fd);
        if (s == NULL) {
            log_event(LOG_WARN, "shm_unavailable", F_STR("name", name), F_STR("detail", strerror(errno)));
            return NULL;
        }
        struct shm *shm = mem_zalloc(sizeof(*shm));

        shm->segment = s;
        return shm;
    }
    return NULL;
}

void shm_close(struct shm **shm)
{
    if (*shm == NULL)
        return;
    (void)munmap((*shm)->segment, sizeof(*(*shm)->segment));
    free(*shm);
    *shm = NULL;
}

void shm_agent_beat(struct shm *shm)
{
    if (shm == NULL)
        return;
    atomic_store(&shm->segment->agent.pid, (int32_t)getpid());
    atomic_store(&shm->segment->agent.beat_ms, clock_mono_ms());
}

int64_t shm_agent_age_ms(const struct shm *shm)
{
    int64_t beat = shm != NULL ? atomic_load(&shm->segment->agent.beat_ms) : 0;

    return beat == 0 ? -1 : clock_mono_ms() - beat;
}
