/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl monitor: how the pool does, from its shared memory. Asks neither the pool nor the database for anything, so it
 * also shows how they do when they do badly.
 */
#include "config.h"
#include "ctl/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/regions.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "ops/health.h"
#include "shm/pool.h"

#define LINES_PER_HEAD   20
#define INTERVAL_S       (SAMPLES_EVERY_MS / 1000)
#define INTERVAL_MAX_S   3600

bool monitor_look(struct monitor *m)
{
    struct pool_member member;

    if (m->shm != NULL && !shm_is_current(m->shm))
        shm_close(&m->shm);
    if (m->shm == NULL)
        m->shm = shm_open_existing(m->ctl->conf, regions);
    if (m->shm == NULL)
        return false;
    m->has_agent = shm_agent_is_there(m->shm, &m->agent_age_ms);
    m->responders = m->busy = 0;
    for (int i = 0; i < POOL_PLACES; i++) {
        if (!pool_look(pool_open(m->shm), i, &member))
            continue;
        m->responders++;
        m->busy += member.busy_since_ms != 0;
    }
    if (!samples_read(samples_open(m->shm), &m->view))
        m->view.now.at_ms = 0;
    return true;
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

static const char *milliseconds(struct arena *arena, int64_t us)
{
    return us < 0 ? "-" : arena_printf(arena, us < 1000 ? "%.2f" : us < 10000 ? "%.1f" : "%.0f", (double)us / 1000);
}

/* Of a thousandth, as percent. */
static const char *percent(struct arena *arena, int64_t permille)
{
    return permille < 0 ? "-" : arena_printf(arena, "%.1f", (double)permille / 10);
}

static const char *count(struct arena *arena, int64_t n)
{
    return n < 0 ? "-" : arena_printf(arena, "%lld", (long long)n);
}

void monitor_figures(const struct monitor *m, struct arena *arena, struct monitor_figures *f)
{
    static const struct sample nothing = {
        .requests = -1, .failed = -1, .p50_us = -1, .p95_us = -1, .p99_us = -1, .hit_permille = -1, .query_mean_us = -1,
        .database_connections = -1, .memory_pool = -1, .memory_agent = -1, .memory_permille = -1, .cpu_permille = -1};
    const struct sample *s = m->has_agent && m->view.now.at_ms != 0 ? &m->view.now : &nothing;

    f->rate = s->requests < 0 || s->span_ms <= 0 ? "-" : arena_printf(arena, "%.1f", (double)s->requests * 1000 / (double)s->span_ms);
    f->p50 = milliseconds(arena, s->p50_us);
    f->p95 = milliseconds(arena, s->p95_us);
    f->p99 = milliseconds(arena, s->p99_us);
    f->failed = count(arena, s->failed);
    f->hits = percent(arena, s->hit_permille);
    f->connections = count(arena, s->database_connections);
    f->query = milliseconds(arena, s->query_mean_us);
    f->memory = s->memory_pool < 0 || s->memory_agent < 0 ? "-" : count(arena, (s->memory_pool + s->memory_agent) / 1048576);
    f->memory_share = percent(arena, s->memory_permille);
    f->cpu = percent(arena, s->cpu_permille);
    f->busy = arena_printf(arena, "%d/%d", m->busy, m->responders);
}

static bool has_alert(const struct monitor *m, int i)
{
    return m->view.now.at_ms != 0 && m->view.alerts[i].level != ALERT_OK;
}

const char *monitor_alerts(const struct monitor *m, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 64);
    if (m->agent_age_ms < 0)
        buf_puts(&b, "the agent never ran");
    else if (!m->has_agent)
        buf_printf(&b, "the agent is away for %lld s", (long long)m->agent_age_ms / 1000);
    else if (m->view.now.at_ms == 0)
        buf_puts(&b, "no sample yet");
    for (int i = 0; m->has_agent && i < ALERT_COUNT; i++) {
        if (has_alert(m, i))
            buf_printf(&b, "%s%s %s", b.len > 0 ? ", " : "", alert_rules[i].name, alert_level_text(m->view.alerts[i].level));
    }
    return b.len > 0 ? b.data : "-";
}

/* --- a line at a time --------------------------------------------------------------------------------------------- */

#define LINE_FORMAT "%-8s %8s %7s %7s %7s %7s %6s %4s %7s %6s %6s %6s %7s  %s\n"

static void print_line(const struct monitor *m, struct arena *arena, int64_t nth)
{
    struct monitor_figures f;
    const time_t now = time(NULL);
    struct tm local;
    char clock[16];

    if (nth % LINES_PER_HEAD == 0)
        (void)printf(LINE_FORMAT, "time", "req/s", "p50 ms", "p95 ms", "p99 ms", "failed", "hit %", "db", "query", "MiB", "of %", "CPU %",
                     "busy", "alerts");
    (void)strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
    if (m->shm == NULL) {
        (void)printf("%-8s the pool's shared memory is gone\n", clock);
        return;
    }
    monitor_figures(m, arena, &f);
    (void)printf(LINE_FORMAT, clock, f.rate, f.p50, f.p95, f.p99, f.failed, f.hits, f.connections, f.query, f.memory, f.memory_share, f.cpu,
                 f.busy, monitor_alerts(m, arena));
}

static void add_alerts(struct buf *b, const struct monitor *m)
{
    json_open(b, "alerts", '[');
    for (int i = 0; i < ALERT_COUNT; i++) {
        if (!has_alert(m, i))
            continue;
        json_item(b, "{");
        json_member(b, "name", alert_rules[i].name);
        json_member(b, "level", alert_level_text(m->view.alerts[i].level));
        json_number(b, "value", (long long)m->view.alerts[i].value);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

/* "sample" is null when there is none: nobody samples while the agent is away. */
static void print_json(const struct monitor *m, struct arena *arena)
{
    char text[CLOCK_TEXT_SIZE];
    struct buf b;

    buf_init(&b, arena, 2048);
    buf_char(&b, '{');
    clock_text(clock_real_ms(), text);
    json_member(&b, "at", text);
    json_key(&b, "pool");
    buf_puts(&b, m->shm != NULL ? "true" : "false");
    json_key(&b, "agent");
    buf_puts(&b, m->shm != NULL && m->has_agent ? "true" : "false");
    json_number(&b, "responders", m->shm != NULL ? m->responders : 0);
    json_number(&b, "busy", m->shm != NULL ? m->busy : 0);
    json_key(&b, "sample");
    if (m->shm != NULL && m->has_agent && m->view.now.at_ms != 0) {
        buf_char(&b, '{');
        clock_text(m->view.now.at_ms, text);
        json_member(&b, "at", text);
        for (const struct sample_field *f = sample_fields; f->name != NULL; f++) {
            const int64_t value = sample_get(&m->view.now, f);

            json_key(&b, f->name);
            buf_puts(&b, value < 0 ? "null" : arena_printf(arena, "%lld", (long long)value));
        }
        buf_char(&b, '}');
    } else {
        buf_puts(&b, "null");
    }
    add_alerts(&b, m);
    (void)printf("%s}\n", b.data);
}

/* --- time and signals --------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t ended, resized;

static void note_end(int number)
{
    (void)number;
    ended = 1;
}

static void note_size(int number)
{
    (void)number;
    resized = 1;
}

static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static sigset_t all_but_ours;

/* From here on these signals are taken in monitor_wait() only, where nothing is half written. */
static void hold_signals(void)
{
    struct sigaction end = {.sa_handler = note_end}, size = {.sa_handler = note_size};
    sigset_t ours;

    (void)sigemptyset(&ours);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        (void)sigaddset(&ours, ends[i]);
        (void)sigaction(ends[i], &end, NULL); /* fails only for a number that is none; likewise below */
    }
    (void)sigaddset(&ours, SIGWINCH);
    (void)sigaction(SIGWINCH, &size, NULL);
    (void)sigprocmask(SIG_BLOCK, &ours, &all_but_ours);
}

bool monitor_wait(int64_t until_ms, bool keys, bool *redraw)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t left = until_ms - clock_mono_ms();
    struct timespec time;
    char key = '\0';

    *redraw = false;
    while (ended == 0 && left > 0) {
        int n;

        time.tv_sec = left / 1000;
        time.tv_nsec = left % 1000 * 1000000;
        n = ppoll(&in, keys ? 1 : 0, &time, &all_but_ours);
        if (n > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 3)) /* 3: Ctrl-C */
            return true;
        *redraw = n > 0 || resized != 0;
        resized = 0;
        if (*redraw)
            return false;
        left = until_ms - clock_mono_ms();
    }
    return ended != 0;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

/* Only counting down to 0 ends it, or a signal; 0 from the beginning: no end. */
static int run_lines(struct monitor *m, bool json, int64_t left)
{
    struct arena *arena = arena_new(16384);
    bool again = true, redraw;

    for (int64_t nth = 0; again; nth++) {
        const int64_t next = clock_mono_ms() + m->interval_ms;

        (void)monitor_look(m);
        if (json)
            print_json(m, arena);
        else
            print_line(m, arena, nth);
        again = fflush(stdout) == 0 && (left == 0 || nth + 1 < left);
        while (again && clock_mono_ms() < next)
            again = !monitor_wait(next, false, &redraw);
        arena_reset(arena);
    }
    arena_free(&arena);
    return 0;
}

int cmd_monitor(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json"), lines = ctl_flag(&argc, argv, "--lines");
    const char *every = ctl_option(&argc, argv, "--interval"), *times = ctl_option(&argc, argv, "--count");
    int64_t interval = INTERVAL_S, n = 0;
    struct monitor *m = arena_zalloc(c->arena, sizeof(*m));
    int status;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (!ctl_number(every, 1, INTERVAL_MAX_S, &interval) || !ctl_number(times, 1, INT32_MAX, &n))
        return ctl_usage(c, "--interval takes 1 to 3600 seconds, --count how many lines");
    m->ctl = c;
    m->interval_ms = interval * 1000;
    if (!monitor_look(m)) {
        (void)fprintf(stderr, "stevedoresctl monitor: there is no shared memory %s with this release's layout. Start the pool (fcgi-conf/README.md),"
                              " and run this with its settings and as its user.\n", c->conf->shm_name);
        return 1;
    }
    hold_signals();
    if (json || lines || times != NULL || isatty(STDOUT_FILENO) == 0)
        status = run_lines(m, json, n);
    else
        status = monitor_screen(m);
    shm_close(&m->shm);
    return status;
}
