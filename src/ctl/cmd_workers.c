/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl workers: how many responders this host should have, and why.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "ctl/table.h"

#define WORKERS_MIN   3  /* of which two may be at a login, with LOGIN_CONCURRENCY 1 */
#define WORKERS_MAX   64
#define PATH_SIZE     1024

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
static void own_group(const char *controller, char *out, size_t size)
{
    char line[PATH_SIZE];
    FILE *f = fopen("/proc/self/cgroup", "re");

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
static int64_t least_of_groups(const char *mount, const char *controller, int64_t (*read)(const char *dir))
{
    char group[PATH_SIZE], dir[2 * PATH_SIZE];
    int64_t least = -1;

    own_group(controller, group, sizeof(group));
    for (;;) {
        char *slash = strrchr(group, '/');
        int64_t n;

        (void)snprintf(dir, sizeof(dir), "%s%s", mount, group);
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

    /* "MemTotal:       24684036 kB" */
    if (!read_line("/proc/meminfo", line, sizeof(line)))
        return 1024;
    for (const char *p = line; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            kb = kb * 10 + (*p - '0');
    }
    return kb / 1024;
}

/* Everything that counts. Processors in hundredths, memory in MiB; -1: not limited. */
struct sizing {
    int64_t allowed, quota;
    int64_t machine, group, setting;
    int64_t by_cpu, by_memory, fixed;
    int64_t each; /* RESPONDER_MEMORY_MB */
    int64_t workers;
};

static void measure(struct sizing *s)
{
    cpu_set_t set[8]; /* 8192 processors; with too small a set the kernel refuses to answer */

    s->allowed = sched_getaffinity(0, sizeof(set), set) == 0 ? 100 * (int64_t)CPU_COUNT_S(sizeof(set), set) : 100;
    s->quota = least_of_groups("/sys/fs/cgroup", "", read_quota_v2);
    if (s->quota < 0)
        s->quota = least_of_groups("/sys/fs/cgroup/cpu", "cpu", read_quota_v1);
    s->machine = machine_mb();
    s->group = least_of_groups("/sys/fs/cgroup", "", read_memory_v2);
    if (s->group < 0)
        s->group = least_of_groups("/sys/fs/cgroup/memory", "memory", read_memory_v1);
    if (s->group >= 0)
        s->group /= 1048576;
    if (s->group > s->machine) /* v1 says "no limit" by a number near 2^63 */
        s->group = -1;
}

static int64_t used_cpus(const struct sizing *s)
{
    return s->quota >= 0 && s->quota < s->allowed ? s->quota : s->allowed;
}

static int64_t used_memory(const struct sizing *s)
{
    return s->setting > 0 ? s->setting : s->group >= 0 ? s->group : s->machine;
}

static void decide(struct sizing *s, const struct conf *conf)
{
    s->setting = conf->memory_limit_mb;
    s->fixed = conf->web_workers;
    s->by_cpu = 2 * used_cpus(s) / 100;
    s->each = conf->responder_memory_mb;
    s->by_memory = used_memory(s) / s->each;
    s->workers = s->by_cpu < s->by_memory ? s->by_cpu : s->by_memory;
    if (s->workers < WORKERS_MIN)
        s->workers = WORKERS_MIN;
    if (s->workers > WORKERS_MAX)
        s->workers = WORKERS_MAX;
    if (s->fixed > 0)
        s->workers = s->fixed;
}

static void row(struct table *t, const char *what, int64_t value, const char *none, const char *note)
{
    table_cell(t, what);
    if (none != NULL && value <= 0)
        table_cell(t, none);
    else
        table_cellf(t, "%lld", (long long)value);
    table_cell(t, note);
}

static void row_cpus(struct table *t, const char *what, int64_t hundreds, const char *note)
{
    table_cell(t, what);
    if (hundreds < 0)
        table_cell(t, "none");
    else
        table_cellf(t, "%lld.%02lld", (long long)hundreds / 100, (long long)hundreds % 100);
    table_cell(t, note);
}

static void print_table(const struct sizing *s, struct arena *arena)
{
    static const char *const heads[] = {"what", ">value", "", NULL};
    bool quota_rules = used_cpus(s) != s->allowed;
    struct table t;

    table_init(&t, arena, heads);
    row_cpus(&t, "processors", s->allowed,
             quota_rules ? "that this process may run on" : "that this process may run on: counts");
    row_cpus(&t, "processor quota", s->quota, quota_rules ? "of the control group: counts" : "of the control group");
    row(&t, "responders by processors", s->by_cpu, NULL, "2 for each processor");
    row(&t, "memory of the machine", s->machine, NULL, s->setting > 0 || s->group >= 0 ? "MiB" : "MiB: counts");
    row(&t, "memory limit", s->group, "none",
        s->group < 0 || s->setting > 0 ? "MiB, of the control group" : "MiB, of the control group: counts");
    row(&t, "MEMORY_LIMIT_MB", s->setting, "not set", s->setting > 0 ? "MiB: counts" : NULL);
    row(&t, "responders by memory", s->by_memory, NULL, arena_printf(arena, "%lld MiB for each", (long long)s->each));
    row(&t, "WEB_WORKERS", s->fixed, "computed", s->fixed > 0 ? "set: overrides the two" : NULL);
    row(&t, "responders", s->workers, NULL, s->fixed > 0 ? "as set" : "the smaller of the two, from 3 to 64");
    table_print(&t, stdout);
}

static void print_json(const struct sizing *s)
{
    (void)printf("{\"workers\":%lld,\"by_cpu\":%lld,\"by_memory\":%lld,\"web_workers\":%lld,"
                 "\"processors\":%lld.%02lld,\"memory_mb\":%lld}\n",
                 (long long)s->workers, (long long)s->by_cpu, (long long)s->by_memory, (long long)s->fixed,
                 (long long)used_cpus(s) / 100, (long long)used_cpus(s) % 100, (long long)used_memory(s));
}

int cmd_workers(struct ctl *c, int argc, char **argv)
{
    bool count = ctl_flag(&argc, argv, "--count"), json = ctl_flag(&argc, argv, "--json");
    struct sizing s = {.allowed = 0};

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    measure(&s);
    decide(&s, c->conf);
    if (count)
        (void)printf("%lld\n", (long long)s.workers);
    else if (json)
        print_json(&s);
    else
        print_table(&s, c->arena);
    return 0;
}
