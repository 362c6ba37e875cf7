/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared memory segment that begins with other bytes than ours. The first byte says from where on the input lies over a
 * sound segment; 255: instead of it, with the input's length.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/shm.h"

#define HEAD 24 /* magic, layout, size; the agent's beat behind them may be anything */

static size_t ledger_size(const struct conf *c)
{
    (void)c;
    return 64;
}

static void ledger_init(void *region, size_t size)
{
    memset(region, 7, size);
}

static const struct shm_region ledger = {"ledger", 1, ledger_size, ledger_init};
static const struct shm_region *const regions[] = {&ledger, NULL};

static char name[64];
static struct conf conf = {.shm_name = name};

static void remove_segment(void)
{
    (void)shm_unlink(name);
}

/* Puts the bytes in the segment's place, into a new object. */
static void put(const void *bytes, size_t n)
{
    int fd;

    remove_segment();
    fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    PROMISE(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    (void)close(fd);
}

/* Whatever was there, the segment is sound afterwards. */
static void check_opens(void)
{
    unsigned char expected[64];
    struct shm *shm = shm_open_segment(&conf, regions), *other;

    memset(expected, 7, sizeof(expected));
    PROMISE(!shm_is_private(shm) && shm_is_current(shm));
    other = shm_open_existing(&conf, regions);
    PROMISE(other != NULL);
    PROMISE(memcmp(shm_region(shm, &ledger), expected, sizeof(expected)) == 0);
    shm_close(&other);
    shm_close(&shm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char sound[4096];
    static size_t length;
    unsigned char bytes[4096];
    struct shm *shm;
    size_t n, at;
    bool same;

    if (length == 0) {
        int fd;

        (void)snprintf(name, sizeof(name), "/stevedores-fuzz-%d", (int)getpid());
        (void)atexit(remove_segment);
        shm = shm_open_segment(&conf, regions);
        PROMISE(!shm_is_private(shm) && shm_size(shm, NULL) <= sizeof(sound));
        length = shm_size(shm, NULL);
        fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
        PROMISE(fd >= 0 && read(fd, sound, length) == (ssize_t)length);
        (void)close(fd);
        shm_close(&shm);
    }
    if (size == 0 || size > 1024)
        return 0;
    if (data[0] == 255) {
        n = size - 1;
        memcpy(bytes, data + 1, n);
    } else {
        n = length;
        memcpy(bytes, sound, n);
        at = data[0] % HEAD;
        memcpy(bytes + at, data + 1, size - 1 < HEAD - at ? size - 1 : HEAD - at);
    }
    same = n == length && memcmp(bytes, sound, HEAD) == 0;
    put(bytes, n);
    shm = shm_open_existing(&conf, regions);
    PROMISE((shm != NULL) == same);
    shm_close(&shm);
    if (!same || data[0] != 255)
        check_opens();
    return 0;
}
