/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/machine.h"

static char root[] = "/tmp/stevedores-machine-XXXXXX";

/* A file below the root, with the directories that lead there. */
static void put(const char *path, const char *text)
{
    char whole[512];
    FILE *f;

    (void)snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *p = whole + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        (void)mkdir(whole, 0755);
        *p = '/';
    }
    f = fopen(whole, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int new_root(void **state)
{
    (void)state;
    memcpy(root + strlen(root) - 6, "XXXXXX", 6);
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static struct machine look(void)
{
    struct machine m;

    machine_look_below(root, &m);
    assert_true(m.allowed >= 100 && m.memory_mb > 0);
    return m;
}

static void without_groups_nothing_is_limited(void **state)
{
    struct machine m = look();

    (void)state;
    assert_int_equal(m.quota, -1);
    assert_int_equal(m.group_mb, -1);
    assert_int_equal(machine_memory_mb(&m, 0), m.memory_mb);
    assert_int_equal(machine_memory_mb(&m, 77), 77);
}

static void version_2(void **state)
{
    struct machine m;

    (void)state;
    put("/proc/self/cgroup", "0::/system.slice/stevedores-pool.service\n");
    put("/sys/fs/cgroup/system.slice/stevedores-pool.service/cpu.max", "150000 100000\n");
    put("/sys/fs/cgroup/system.slice/stevedores-pool.service/memory.max", "268435456\n");
    m = look();
    assert_int_equal(m.quota, 150);
    assert_int_equal(m.group_mb, 256);
    assert_int_equal(machine_memory_mb(&m, 0), 256);
    put("/sys/fs/cgroup/system.slice/stevedores-pool.service/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/system.slice/stevedores-pool.service/memory.max", "max\n");
    m = look();
    assert_int_equal(m.quota, -1);
    assert_int_equal(m.group_mb, -1);
}

/* The least of all that a group is in, and of a container the one that it sees as the root. */
static void a_group_above_counts_too(void **state)
{
    struct machine m;

    (void)state;
    put("/proc/self/cgroup", "0::/outer/inner\n");
    put("/sys/fs/cgroup/outer/inner/memory.max", "536870912\n");
    put("/sys/fs/cgroup/outer/memory.max", "134217728\n");
    put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
    m = look();
    assert_int_equal(m.group_mb, 128);
    assert_int_equal(m.quota, 50);
    put("/proc/self/cgroup", "0::/of/the/host/and/not/here\n");
    put("/sys/fs/cgroup/memory.max", "67108864\n");
    assert_int_equal(look().group_mb, 64);
}

static void version_1(void **state)
{
    struct machine m;

    (void)state;
    put("/proc/self/cgroup", "9:memory:/docker/abc\n4:cpuacct,cpu:/docker/abc\n1:name=systemd:/x\n");
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "104857600\n");
    m = look();
    assert_int_equal(m.quota, 250);
    assert_int_equal(m.group_mb, 100);
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
    m = look();
    assert_int_equal(m.quota, -1);
    assert_int_equal(m.group_mb, -1);
}

static void what_makes_no_sense_is_no_limit(void **state)
{
    struct machine m;

    (void)state;
    put("/proc/self/cgroup", "nonsense\n0:\n0::/g\n");
    put("/sys/fs/cgroup/g/cpu.max", "lots\n");
    put("/sys/fs/cgroup/g/memory.max", "\n");
    m = look();
    assert_int_equal(m.quota, -1);
    assert_int_equal(m.group_mb, -1);
    put("/sys/fs/cgroup/g/cpu.max", "100000 0\n");
    assert_int_equal(look().quota, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_groups_nothing_is_limited, new_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2, new_root, remove_root),
        cmocka_unit_test_setup_teardown(a_group_above_counts_too, new_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1, new_root, remove_root),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_no_limit, new_root, remove_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
