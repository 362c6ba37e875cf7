/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Up to `size` bytes of /proc/PID/file as a text; "" when it can't be read. */
static void read_of(int32_t pid, const char *file, char *out, size_t size)
{
    char path[64];
    FILE *f;
    size_t n = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    f = fopen(path, "re");
    if (f != NULL) {
        n = fread(out, 1, size - 1, f);
        (void)fclose(f);
    }
    out[n] = '\0';
}

/* "Pss_Shmem:          16384 kB" in bytes; -1 without such a line. */
static int64_t figure_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    return line != NULL ? strtoll(line + strlen(name), NULL, 10) * 1024 : -1;
}

bool process_memory_look(int32_t pid, struct process_memory *out)
{
    char text[2048];

    read_of(pid, "smaps_rollup", text, sizeof(text));
    out->all = figure_of(text, "\nPss:");
    out->shared = figure_of(text, "\nPss_Shmem:");
    return out->all >= 0 && out->shared >= 0;
}

int64_t process_memory(int32_t pid)
{
    struct process_memory m;

    (void)process_memory_look(pid, &m);
    return m.all;
}

/* "71 (stevedores-fcgi) S 1 …": a name may have blanks and brackets, so what follows its last bracket is counted. User and
 * system time are the 14th and 15th of all. */
int64_t process_cpu_us(int32_t pid)
{
    char text[1024], *rest, *word = NULL;
    int64_t ticks = 0;

    read_of(pid, "stat", text, sizeof(text));
    rest = strrchr(text, ')');
    if (rest == NULL)
        return -1;
    rest += strspn(rest, ") ");
    for (int i = 3; i <= 15; i++) {
        word = strsep(&rest, " ");
        if (word == NULL)
            return -1;
        if (i >= 14)
            ticks += strtoll(word, NULL, 10);
    }
    return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}
