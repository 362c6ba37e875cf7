/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "shm/shm.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
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

#define SHM_MAGIC   UINT64_C(0x5354455645444f52) /* "STEVEDOR" */
#define SHM_VERSION 2                            /* to be raised with every change of struct segment */
#define SHM_ALIGN   ((size_t)64)                 /* a cache line */

/* At the segment's beginning. */
struct segment {
    uint64_t magic; /* written last: a segment without it was never finished, and is begun again */
    uint64_t layout;
    uint64_t size;
    struct { /* written by the agent alone; zero means never */
        _Atomic int64_t beat_ms;
        _Atomic int32_t pid;
    } agent;
};

struct shm {
    struct segment *segment;
    const struct shm_region *const *regions;
    const struct conf *conf;
    size_t size;
    ino_t inode; /* 0: private */
};

static size_t aligned(size_t n)
{
    return (n + SHM_ALIGN - 1) / SHM_ALIGN * SHM_ALIGN;
}

/* Where a region lies; for NULL, the size of all. */
static size_t offset_of(const struct shm *shm, const struct shm_region *region)
{
    size_t offset = aligned(sizeof(struct segment));

    for (size_t i = 0; shm->regions[i] != NULL && shm->regions[i] != region; i++)
        offset += aligned(shm->regions[i]->size(shm->conf));
    return offset;
}

/* What must be equal for two processes to understand each other: every region's name, version and size, in their order. */
static uint64_t layout_of(const struct shm *shm)
{
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES];
    uint64_t layout, numbers[2] = {SHM_VERSION, sizeof(struct segment)};

    (void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    (void)crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof(numbers));
    for (size_t i = 0; shm->regions[i] != NULL; i++) {
        const struct shm_region *r = shm->regions[i];

        numbers[0] = r->version;
        numbers[1] = r->size(shm->conf);
        (void)crypto_generichash_update(&state, (const unsigned char *)r->name, strlen(r->name) + 1);
        (void)crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof(numbers));
    }
    (void)crypto_generichash_final(&state, hash, sizeof(hash));
    memcpy(&layout, hash, sizeof(layout));
    return layout;
}

static bool is_ours(const struct shm *shm)
{
    const struct segment *s = shm->segment;

    return s->magic == SHM_MAGIC && s->layout == layout_of(shm) && s->size == shm->size;
}

/* Fills in fresh memory. */
static void fill(struct shm *shm)
{
    shm->segment->layout = layout_of(shm);
    shm->segment->size = shm->size;
    for (size_t i = 0; shm->regions[i] != NULL; i++) {
        const struct shm_region *r = shm->regions[i];

        if (r->init != NULL)
            r->init(shm_region(shm, r), r->size(shm->conf));
    }
    atomic_thread_fence(memory_order_release);
    shm->segment->magic = SHM_MAGIC;
}

/* Maps the object behind fd. False with errno; EPROTO: it is of another layout. */
static bool map(struct shm *shm, int fd, const struct stat *st)
{
    void *p;

    if (st->st_size != (off_t)shm->size) {
        errno = EPROTO;
        return false;
    }
    p = mmap(NULL, shm->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return false;
    shm->segment = p;
    shm->inode = st->st_ino;
    return true;
}

static void unmap(struct shm *shm)
{
    (void)munmap(shm->segment, shm->size);
    shm->segment = NULL;
}

/* Maps the object, which is filled in when it is new. The caller holds its lock. False as above. */
static bool attach(struct shm *shm, int fd)
{
    struct stat st;
    int failed;

    if (fstat(fd, &st) < 0)
        return false;
    if (st.st_size == 0) {
        /* Takes the memory now: later there may be none, and touching it would be a SIGBUS in the middle of a request. */
        failed = posix_fallocate(fd, 0, (off_t)shm->size);
        if (failed != 0) {
            (void)ftruncate(fd, 0);
            errno = failed;
            return false;
        }
        st.st_size = (off_t)shm->size;
    }
    if (!map(shm, fd, &st))
        return false;
    if (shm->segment->magic == 0) { /* made just now, or its maker died before it was finished */
        memset(shm->segment, 0, shm->size);
        fill(shm);
    }
    if (!is_ours(shm)) {
        unmap(shm);
        errno = EPROTO;
        return false;
    }
    return true;
}

/* Opens the object that `name` stands for, if it is the one with this inode; else -1. */
static int open_named(const char *name, ino_t inode, struct stat *st)
{
    int fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);

    if (fd >= 0 && fstat(fd, st) == 0 && st->st_ino == inode)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* True while `name` still stands for the object with this inode. */
static bool is_named(const char *name, ino_t inode)
{
    struct stat st;
    int fd = open_named(name, inode, &st);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

/* Takes an object of another layout away, unless somebody was faster: the new one must stay. */
static void replace(const char *name, int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && is_named(name, st.st_ino)) {
        log_event(LOG_INFO, "shm_replaced", F_STR("name", name));
        (void)shm_unlink(name);
    }
}

/* Opens or makes the segment. False with errno; EPROTO: there was one of another layout, which is gone now. */
static bool open_shared(struct shm *shm, const char *name)
{
    int fd = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool attached = false;
    int error;

    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX) == 0) {
        attached = attach(shm, fd);
        error = errno;
        if (!attached && error == EPROTO)
            replace(name, fd);
        (void)flock(fd, LOCK_UN); /* closing is not enough: the mapping keeps the description open, and the lock */
        errno = error;
    }
    error = errno;
    (void)close(fd);
    errno = error;
    return attached;
}

static struct shm *make(const struct conf *conf, const struct shm_region *const *regions)
{
    struct shm *shm = mem_zalloc(sizeof(*shm));

    shm->conf = conf;
    shm->regions = regions;
    shm->size = offset_of(shm, NULL);
    return shm;
}

static void map_private(struct shm *shm)
{
    /* cppcheck-suppress invalidFunctionArg; -1 is what mmap(2) wants with MAP_ANONYMOUS */
    void *p = mmap(NULL, shm->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        mem_exhausted(shm->size);
    shm->segment = p;
    fill(shm);
}

struct shm *shm_open_private(const struct conf *conf, const struct shm_region *const *regions)
{
    struct shm *shm = make(conf, regions);

    map_private(shm);
    return shm;
}

struct shm *shm_open_segment(const struct conf *conf, const struct shm_region *const *regions)
{
    struct shm *shm = make(conf, regions);

    /* Again after an old one was taken away; a few times, because several processes start at once. */
    for (int try = 0; try < 5; try++) {
        if (open_shared(shm, conf->shm_name))
            return shm;
        if (errno != EPROTO)
            break;
    }
    log_event(LOG_WARN, "shm_private", F_STR("name", conf->shm_name), F_STR("detail", strerror(errno)),
              F_INT("bytes", (long long)shm->size));
    map_private(shm);
    return shm;
}

struct shm *shm_open_existing(const struct conf *conf, const struct shm_region *const *regions)
{
    struct shm *shm = make(conf, regions);
    int fd = shm_open(conf->shm_name, O_RDWR | O_CLOEXEC, 0);
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && map(shm, fd, &st) && !is_ours(shm))
        unmap(shm);
    if (fd >= 0)
        (void)close(fd);
    if (shm->segment == NULL) {
        free(shm);
        return NULL;
    }
    return shm;
}

void shm_close(struct shm **shm)
{
    if (*shm == NULL)
        return;
    unmap(*shm);
    free(*shm);
    *shm = NULL;
}

void *shm_region(const struct shm *shm, const struct shm_region *region)
{
    size_t offset = offset_of(shm, region);

    assert(offset < shm->size);
    return (char *)shm->segment + offset;
}

size_t shm_size(const struct shm *shm, const struct shm_region *region)
{
    return region != NULL ? region->size(shm->conf) : shm->size;
}

static size_t offset_in(const struct shm *shm, const void *p)
{
    return (size_t)((const char *)p - (const char *)shm->segment);
}

bool shm_give_back(const struct shm *shm, void *p, size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), at = offset_in(shm, p);
    const size_t begin = (at + page - 1) / page * page, end = (at + n) / page * page;

    if (shm_is_private(shm))
        return false;
    return end <= begin || madvise((char *)shm->segment + begin, end - begin, MADV_REMOVE) == 0;
}

bool shm_take_back(const struct shm *shm, void *p, size_t n)
{
    struct stat st;
    bool taken;
    int fd;

    if (shm_is_private(shm))
        return false;
    fd = open_named(shm->conf->shm_name, shm->inode, &st);
    taken = fd >= 0 && posix_fallocate(fd, (off_t)offset_in(shm, p), (off_t)n) == 0;
    if (fd >= 0)
        (void)close(fd);
    return taken;
}

int64_t shm_memory(const struct shm *shm)
{
    struct stat st;
    int fd;

    if (shm_is_private(shm))
        return (int64_t)shm->size;
    fd = open_named(shm->conf->shm_name, shm->inode, &st);
    if (fd < 0)
        return -1;
    (void)close(fd);
    return (int64_t)st.st_blocks * 512;
}

bool shm_is_private(const struct shm *shm)
{
    return shm->inode == 0;
}

bool shm_is_current(const struct shm *shm)
{
    return shm->inode != 0 && is_named(shm->conf->shm_name, shm->inode);
}

void shm_agent_beat(struct shm *shm)
{
    atomic_store(&shm->segment->agent.pid, (int32_t)getpid());
    atomic_store(&shm->segment->agent.beat_ms, clock_mono_ms());
}

bool shm_agent_is_there(const struct shm *shm, int64_t *age_ms)
{
    const int64_t beat = atomic_load(&shm->segment->agent.beat_ms);

    *age_ms = beat == 0 ? -1 : clock_mono_ms() - beat;
    return beat != 0 && *age_ms < SHM_AGENT_SILENT_MS;
}
