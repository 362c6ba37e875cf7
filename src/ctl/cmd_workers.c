/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl workers: how many responders this host should have, and why.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define PER_WORKER_MB 64 /* budget of one responder, far above what it uses */
#define WORKERS_MIN   2
#define WORKERS_MAX   64

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

/* Processors in hundredths: what this process may run on, or the cgroup's quota if that is less. */
static int64_t usable_cpus(const char **why)
{
    cpu_set_t set;
    int64_t cpus = 100, quota = -1, period = -1;
    char line[64];

    *why = "processors this process may use";
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        cpus = 100 * (int64_t)CPU_COUNT(&set);
    if (read_line("/sys/fs/cgroup/cpu.max", line, sizeof(line))) { /* cgroup v2: "quota period" */
        char *space = strchr(line, ' ');

        if (space != NULL) {
            *space = '\0';
            if (!parse_i64(line, &quota) || !parse_i64(space + 1, &period))
                quota = -1;
        }
    } else {
        quota = read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        period = read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    }
    if (quota > 0 && period > 0 && quota * 100 / period < cpus) {
        *why = "the container's processor quota";
        cpus = quota * 100 / period;
    }
    return cpus;
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

static int64_t memory_mb(const struct conf *conf, const char **why)
{
    int64_t limit = read_number("/sys/fs/cgroup/memory.max");
    int64_t machine = machine_mb();

    *why = "MEMORY_LIMIT_MB";
    if (conf->memory_limit_mb > 0)
        return conf->memory_limit_mb;
    if (limit < 0)
        limit = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    *why = "the container's memory limit";
    if (limit > 0 && limit / 1048576 < machine)
        return limit / 1048576;
    *why = "the machine's memory";
    return machine;
}

int cmd_workers(struct ctl *c, int argc, char **argv)
{
    bool count = ctl_flag(&argc, argv, "--count"), json = ctl_flag(&argc, argv, "--json");
    const char *cpu_why, *memory_why;
    int64_t cpus = usable_cpus(&cpu_why), memory = memory_mb(c->conf, &memory_why);
    int64_t by_cpu = 2 * cpus / 100, by_memory = memory / PER_WORKER_MB;
    int64_t workers = by_cpu < by_memory ? by_cpu : by_memory;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    workers = workers < WORKERS_MIN ? WORKERS_MIN : workers > WORKERS_MAX ? WORKERS_MAX : workers;
    if (c->conf->web_workers > 0)
        workers = c->conf->web_workers;
    if (count) {
        (void)printf("%lld\n", (long long)workers);
    } else if (json) {
        (void)printf("{\"workers\":%lld,\"by_cpu\":%lld,\"by_memory\":%lld,\"web_workers\":%lld}\n", (long long)workers,
                     (long long)by_cpu, (long long)by_memory, (long long)c->conf->web_workers);
    } else {
        (void)printf("%-34s %8.2f  %s\n%-34s %8lld  2 for each\n%-34s %8lld  %s, in MiB\n%-34s %8lld  %d MiB for each\n",
                     "processors", (double)cpus / 100, cpu_why, "  responders they carry", (long long)by_cpu, "memory",
                     (long long)memory, memory_why, "  responders it holds", (long long)by_memory, PER_WORKER_MB);
        if (c->conf->web_workers > 0)
            (void)printf("%-34s %8lld  overrides the two\n", "WEB_WORKERS", (long long)c->conf->web_workers);
        (void)printf("%-34s %8lld  the smaller, from %d to %d\n", "responders", (long long)workers, WORKERS_MIN,
                     WORKERS_MAX);
    }
    return 0;
}
