/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/parse.h"

#define PATH_SIZE 1024

/* The first line of a small file of the kernel's; false when it can't be had. */
static bool read_line(const char *path, char *out, int size)
{
    FILE *f = fopen(path, "re");
    bool ok = f != NULL && fgets(out, size, f) != NULL;

    if (f != NULL)
        (void)fclose(f);
    if (ok)
        out[strcspn(out, "\n")] = '\0';
    return ok;
}

/* A file with one number; -1 when there is none ("max" too). */
static int64_t read_number(const char *path)
{
    char line[64];
    int64_t n;

    return read_line(path, line, sizeof(line)) && parse_i64(line, &n) ? n : -1;
}

/* This process's control group in the hierarchy of a controller ("" is cgroup v2's only one), as /proc/self/cgroup has it:
 * "0::/a/b" or "4:cpu,cpuacct:/a/b". An empty text is the root. */
static void own_group(const char *root, const char *controller, char *out, size_t size)
{
    char line[PATH_SIZE];
    FILE *f;

    (void)snprintf(line, sizeof(line), "%s/proc/self/cgroup", root);
    f = fopen(line, "re");
    out[0] = '\0';
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        char *names = strchr(line, ':'), *path = names != NULL ? strchr(names + 1, ':') : NULL;
        bool found = false;

        if (path == NULL)
            continue;
        *names++ = '\0';
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        if (*controller == '\0') {
            found = *names == '\0';
        } else {
            for (char *rest = names, *name; !found && (name = strsep(&rest, ",")) != NULL;)
                found = strcmp(name, controller) == 0;
        }
        if (found && strcmp(path, "/") != 0)
            (void)snprintf(out, size, "%s", path);
        if (found)
            break;
    }
    if (f != NULL)
        (void)fclose(f);
}

/* The least that `read` finds for any group from ours up to the root, each of which bounds those below; -1: no limit. A
 * container may see paths of its host that it can't open: those are no limits, and its own is at the root. */
static int64_t least_of_groups(const char *root, const char *mount, const char *controller, int64_t (*read)(const char *dir))
{
    char group[PATH_SIZE], dir[2 * PATH_SIZE];
    int64_t least = -1;

    own_group(root, controller, group, sizeof(group));
    for (;;) {
        char *slash = strrchr(group, '/');
        int64_t n;

        (void)snprintf(dir, sizeof(dir), "%s%s%s", root, mount, group);
        n = read(dir);
        if (n >= 0 && (least < 0 || n < least))
            least = n;
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

static int64_t number_in(const char *dir, const char *file)
{
    char path[3 * PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, file);
    return read_number(path);
}

static int64_t hundredths(int64_t quota, int64_t period)
{
    return quota > 0 && period > 0 ? quota * 100 / period : -1;
}

static int64_t read_quota_v1(const char *dir)
{
    return hundredths(number_in(dir, "cpu.cfs_quota_us"), number_in(dir, "cpu.cfs_period_us"));
}

/* "150000 100000", or "max 100000" */
static int64_t read_quota_v2(const char *dir)
{
    char path[3 * PATH_SIZE], line[64], *space;
    int64_t quota, period;

    (void)snprintf(path, sizeof(path), "%s/cpu.max", dir);
    if (!read_line(path, line, sizeof(line)) || (space = strchr(line, ' ')) == NULL)
        return -1;
    *space = '\0';
    return parse_i64(line, &quota) && parse_i64(space + 1, &period) ? hundredths(quota, period) : -1;
}

static int64_t read_memory_v1(const char *dir)
{
    return number_in(dir, "memory.limit_in_bytes");
}

static int64_t read_memory_v2(const char *dir)
{
    return number_in(dir, "memory.max");
}

static int64_t machine_mb(void)
{
    char line[128];
    int64_t kb = 0;
    struct sysinfo info;

    /* "MemTotal:       24684036 kB". In a container it may know better than the kernel, and with systemd's ProcSubset=pid it
     * isn't there. */
    if (!read_line("/proc/meminfo", line, sizeof(line)))
        return sysinfo(&info) == 0 ? (int64_t)(info.totalram / 1024 * info.mem_unit / 1024) : 1024;
    for (const char *p = line; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            kb = kb * 10 + (*p - '0');
    }
    return kb / 1024;
}

void machine_look_below(const char *root, struct machine *m)
{
    cpu_set_t set[8]; /* 8192 processors; with too small a set the kernel refuses to answer */

    m->allowed = sched_getaffinity(0, sizeof(set), set) == 0 ? 100 * (int64_t)CPU_COUNT_S(sizeof(set), set) : 100;
    m->quota = least_of_groups(root, "/sys/fs/cgroup", "", read_quota_v2);
    if (m->quota < 0)
        m->quota = least_of_groups(root, "/sys/fs/cgroup/cpu", "cpu", read_quota_v1);
    m->memory_mb = machine_mb();
    m->group_mb = least_of_groups(root, "/sys/fs/cgroup", "", read_memory_v2);
    if (m->group_mb < 0)
        m->group_mb = least_of_groups(root, "/sys/fs/cgroup/memory", "memory", read_memory_v1);
    if (m->group_mb >= 0)
        m->group_mb /= 1048576;
    if (m->group_mb > m->memory_mb) /* v1 says "no limit" by a number near 2^63 */
        m->group_mb = -1;
}

void machine_look(struct machine *m)
{
    machine_look_below("", m);
}

int64_t machine_memory_mb(const struct machine *m, int64_t setting)
{
    return setting > 0 ? setting : m->group_mb >= 0 ? m->group_mb : m->memory_mb;
}
