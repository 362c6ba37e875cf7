/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl workers: how many responders this host should have, and why.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/machine.h"
#include "ctl/table.h"

#define WORKERS_MIN   3  /* of which two may be at a login, with LOGIN_CONCURRENCY 1 */
#define WORKERS_MAX   64
#define AGENT_MB      8 /* the agent, with room to spare */

/* Everything that counts. */
struct sizing {
    struct machine machine;
    int64_t setting;
    int64_t by_cpu, by_memory, fixed;
    int64_t each;   /* RESPONDER_MEMORY_MB */
    int64_t beside; /* MiB that the responders can't have: the local cache, the agent */
    int64_t workers;
};

static int64_t used_cpus(const struct sizing *s)
{
    return s->machine.quota >= 0 && s->machine.quota < s->machine.allowed ? s->machine.quota : s->machine.allowed;
}

static int64_t used_memory(const struct sizing *s)
{
    return machine_memory_mb(&s->machine, s->setting);
}

static void decide(struct sizing *s, const struct conf *conf)
{
    s->setting = conf->memory_limit_mb;
    s->fixed = conf->web_workers;
    s->by_cpu = 2 * used_cpus(s) / 100;
    s->each = conf->responder_memory_mb;
    s->beside = conf->cache_local_mb + AGENT_MB;
    s->by_memory = (used_memory(s) - s->beside) / s->each;
    if (s->by_memory < 0)
        s->by_memory = 0;
    s->workers = s->by_cpu < s->by_memory ? s->by_cpu : s->by_memory;
    if (s->workers < WORKERS_MIN)
        s->workers = WORKERS_MIN;
    if (s->workers > WORKERS_MAX)
        s->workers = WORKERS_MAX;
    if (s->fixed > 0)
        s->workers = s->fixed;
}

int64_t ctl_workers(const struct conf *conf)
{
    struct sizing s = {.workers = 0};

    machine_look(&s.machine);
    decide(&s, conf);
    return s.workers;
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

static bool is_too_many(const struct sizing *s)
{
    return s->workers > s->by_memory;
}

static const char *verdict(const struct sizing *s)
{
    if (is_too_many(s))
        return "more than memory has room for: raise MEMORY_LIMIT_MB, or lower RESPONDER_MEMORY_MB or WEB_WORKERS";
    return s->fixed > 0 ? "as set" : "the smaller of the two, from 3 to 64";
}

static void print_table(const struct sizing *s, struct arena *arena)
{
    static const char *const heads[] = {"what", ">value", "", NULL};
    bool quota_rules = used_cpus(s) != s->machine.allowed;
    struct table t;

    table_init(&t, arena, heads);
    row_cpus(&t, "processors", s->machine.allowed,
             quota_rules ? "that this process may run on" : "that this process may run on: counts");
    row_cpus(&t, "processor quota", s->machine.quota, quota_rules ? "of the control group: counts" : "of the control group");
    row(&t, "responders by processors", s->by_cpu, NULL, "2 for each processor");
    row(&t, "memory of the machine", s->machine.memory_mb, NULL, s->setting > 0 || s->machine.group_mb >= 0 ? "MiB" : "MiB: counts");
    row(&t, "memory limit", s->machine.group_mb, "none",
        s->machine.group_mb < 0 || s->setting > 0 ? "MiB, of the control group" : "MiB, of the control group: counts");
    row(&t, "MEMORY_LIMIT_MB", s->setting, "not set", s->setting > 0 ? "MiB: counts" : NULL);
    row(&t, "responders by memory", s->by_memory, NULL, arena_printf(arena, "%lld MiB for each, beside %lld for local cache and agent", (long long)s->each, (long long)s->beside));
    row(&t, "WEB_WORKERS", s->fixed, "computed", s->fixed > 0 ? "set: overrides the two" : NULL);
    row(&t, "responders", s->workers, NULL, verdict(s));
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
    struct sizing s = {.workers = 0};

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    machine_look(&s.machine);
    decide(&s, c->conf);
    if (count)
        (void)printf("%lld\n", (long long)s.workers);
    else if (json)
        print_json(&s);
    else
        print_table(&s, c->arena);
    return 0;
}
