/* SPDX-License-Identifier: Apache-2.0
 *
 * h2load (nghttp2) asks; each request stands in its log: start, status, microseconds. Clients start one after the other over the
 * time between two requests of one, so that they don't ask in step, and each process begins elsewhere in the list of addresses.
 */
#include "config.h"
#include "ctl/load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"

#define PROGRAM    "h2load"
#define GRACE_MS   60000
#define TURN_MS    200
#define LOOK_EVERY 5 /* turns */
#define TRIES_DIR  "/tmp/stevedores-load-XXXXXX"

static volatile sig_atomic_t stopped;

static void note_signal(int number)
{
    stopped = number;
}

static const int fatal_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define NSIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* --- the processes ------------------------------------------------------------------------------------------------ */

/* In the child: everything it says goes to `out`; it ends with us. Does not return. */
static void become(const char *const *argv, const char *out) __attribute__((noreturn));

static void become(const char *const *argv, const char *out)
{
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
        (void)execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static bool spawn(const char *const *argv, const char *out, int32_t *pid)
{
    pid_t child = fork();

    if (child == 0)
        become(argv, out);
    *pid = child > 0 ? (int32_t)child : 0;
    return child > 0;
}

bool load_has_h2load(void)
{
    static const char *const argv[] = {PROGRAM, "--version", NULL};
    int32_t pid;
    int status = -1;

    return spawn(argv, "/dev/null", &pid) && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool write_addresses(const struct load_run *run, const struct load_group *g, size_t nth, const char *path)
{
    const struct load_paths *p = &run->paths[g->kind];
    FILE *f = fopen(path, "we");
    bool ok;

    if (f == NULL)
        return false;
    for (size_t i = 0; i < p->n; i++)
        (void)fprintf(f, "%s%s\n", run->base, p->at[(i + nth * 7) % p->n]); /* whether it got out is asked below */
    ok = ferror(f) == 0;
    return fclose(f) == 0 && ok;
}

static bool start_group(const struct load_run *run, struct load_group *g, size_t nth, const char *dir, struct arena *arena)
{
    const char *addresses = arena_printf(arena, "%s/%zu.addresses", dir, nth), *out = arena_printf(arena, "%s/%zu.out", dir, nth);
    const int64_t each = run->per_minute * run->seconds / 60 > 0 ? run->per_minute * run->seconds / 60 : 1;
    const int64_t all = each * g->users;
    const int64_t apart_ms = 60000 / run->per_minute / g->users > 0 ? 60000 / run->per_minute / g->users : 1;
    const char *argv[] = {PROGRAM, "--h1", "-t1", arena_printf(arena, "-c%lld", (long long)g->users),
                          arena_printf(arena, "-n%lld", (long long)all), "-r1",
                          arena_printf(arena, "--rate-period=%lldms", (long long)apart_ms),
                          arena_printf(arena, "--rps=%.6f", (double)run->per_minute / 60), "-N40", "-HAccept-Encoding: gzip",
                          arena_printf(arena, "-i%s", addresses), arena_printf(arena, "--log-file=%s/%zu.log", dir, nth),
                          g->key != NULL ? arena_printf(arena, "-HAuthorization: Bearer %s", g->key) : NULL, NULL};

    g->log = arena_printf(arena, "%s/%zu.log", dir, nth);
    return write_addresses(run, g, nth, addresses) && spawn(argv, out, &g->pid);
}

/* How many still run. *failed: one ended otherwise than it should. */
static size_t reap(struct load_run *run, bool *failed)
{
    size_t running = 0;

    for (size_t i = 0; i < run->n; i++) {
        struct load_group *g = &run->groups[i];
        int status = 0;

        if (g->pid == 0)
            continue;
        if (waitpid(g->pid, &status, WNOHANG) == 0) {
            running++;
            continue;
        }
        g->pid = 0;
        *failed = *failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    return running;
}

static void kill_all(struct load_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        struct load_group *g = &run->groups[i];

        if (g->pid == 0)
            continue;
        (void)kill(g->pid, SIGKILL); /* it is our child, and not reaped: there is nobody else of that number */
        (void)waitpid(g->pid, NULL, 0);
        g->pid = 0;
    }
}

static bool wait_for_all(struct load_run *run, struct load_pool *pool, const char **why)
{
    const struct timespec turn = {.tv_sec = 0, .tv_nsec = TURN_MS * 1000000L};
    const int64_t deadline = clock_mono_ms() + run->seconds * 1000 + GRACE_MS;
    bool failed = false;

    for (int64_t nth = 1; stopped == 0 && reap(run, &failed) > 0; nth++) {
        if (clock_mono_ms() > deadline) {
            *why = "the requests are not through a minute after the time";
            return false;
        }
        if (pool != NULL && nth % LOOK_EVERY == 0)
            load_pool_look(pool);
        (void)nanosleep(&turn, NULL); /* a signal may cut it short */
    }
    *why = stopped != 0 ? "stopped" : PROGRAM " ended with an error; is the address right?";
    return stopped == 0 && !failed;
}

/* --- what they wrote ---------------------------------------------------------------------------------------------- */

/* "1796077062208893\t200\t430": start in microseconds since 1970, status, -1 for none, microseconds. Changed in place. */
static bool read_entry(char *line, int64_t *start, int64_t *status, int64_t *us)
{
    int64_t *const out[] = {start, status, us};

    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < 3; i++) {
        char *field = strsep(&line, "\t");

        if (field == NULL || !parse_i64(field, out[i]))
            return false;
    }
    return true;
}

static bool read_log(struct load_run *run, const struct load_group *g, int64_t *first, int64_t *last)
{
    struct load_result *r = &run->results[g->kind];
    FILE *f = fopen(g->log, "re");
    int64_t start, status, us;
    char line[256];
    bool ok = f != NULL;

    while (ok && fgets(line, sizeof(line), f) != NULL) {
        ok = read_entry(line, &start, &status, &us);
        if (!ok)
            break;
        r->requests++;
        r->errors += status < 200 || status > 399;
        r->limited += status == 429;
        run->sent += load_kinds[g->kind].program && status > 0;
        times_add_corrected(&r->times, us, 60000000 / run->per_minute);
        *first = start < *first ? start : *first;
        *last = start + us > *last ? start + us : *last;
    }
    if (f != NULL)
        (void)fclose(f); /* was only read */
    return ok;
}

static bool read_logs(struct load_run *run, const char **why)
{
    int64_t first = INT64_MAX, last = 0;

    for (size_t i = 0; i < run->n; i++) {
        if (!read_log(run, &run->groups[i], &first, &last)) {
            *why = "what " PROGRAM " wrote is not understood";
            return false;
        }
    }
    run->span_us = last > first ? last - first : 0;
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        times_sort(run->results[kind].times.us, run->results[kind].times.n);
    return true;
}

static void remove_files(const struct load_run *run, const char *dir, struct arena *arena)
{
    static const char *const ends[] = {"addresses", "out", "log"};

    for (size_t i = 0; i < run->n; i++) {
        for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
            (void)unlink(arena_printf(arena, "%s/%zu.%s", dir, i, ends[k])); /* it need not be there */
    }
    if (rmdir(dir) < 0)
        (void)fprintf(stderr, "warning: %s is left behind: %s\n", dir, strerror(errno));
}

bool load_run(struct load_run *run, struct load_pool *pool, struct arena *arena, const char **why)
{
    struct sigaction note = {.sa_handler = note_signal}, before[NSIGNALS];
    char dir[] = TRIES_DIR;
    bool ok = mkdtemp(dir) != NULL;

    *why = "no directory can be made under /tmp";
    if (!ok)
        return false;
    for (size_t i = 0; i < NSIGNALS; i++)
        (void)sigaction(fatal_signals[i], &note, &before[i]); /* fails only for a number that is none */
    *why = PROGRAM " can't be started";
    for (size_t i = 0; ok && i < run->n; i++)
        ok = start_group(run, &run->groups[i], i, dir, arena);
    ok = ok && wait_for_all(run, pool, why);
    kill_all(run);
    if (pool != NULL)
        load_pool_look(pool);
    ok = ok && read_logs(run, why);
    remove_files(run, dir, arena);
    for (size_t i = 0; i < NSIGNALS; i++)
        (void)sigaction(fatal_signals[i], &before[i], NULL);
    return ok;
}
