/* SPDX-License-Identifier: Apache-2.0
 *
 * monitor on a terminal: ECMA-48 control sequences and xterm's alternate screen, which every terminal of today has. A frame is made
 * in memory and written at once.
 */
#include "config.h"
#include "ctl/monitor.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/breaker.h"

#define ENTER "\033[?1049h\033[?25l" /* alternate screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define REST_OF_LINE   "\033[K"
#define REST_OF_SCREEN "\033[J"
#define PLAIN "\033[0m"

enum look { LOOK_PLAIN, LOOK_BOLD, LOOK_WARNING, LOOK_CRITICAL };

static const char *const looks[] = {
    [LOOK_PLAIN] = "", [LOOK_BOLD] = "\033[1m", [LOOK_WARNING] = "\033[33m", [LOOK_CRITICAL] = "\033[1;31m"};

/* A picture of the screen in the making. */
struct frame {
    struct arena *arena;
    struct buf text;
    int rows, columns;
    int row; /* lines so far */
};

static void size_of_terminal(struct frame *f)
{
    struct winsize w;

    f->rows = 24;
    f->columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
        f->rows = w.ws_row;
        f->columns = w.ws_col;
    }
}

/* Bytes of the first `columns` characters of a UTF-8 text. */
static size_t cut(const char *text, int columns)
{
    size_t n = 0;

    for (int seen = 0; text[n] != '\0'; n++) {
        if (((unsigned char)text[n] & 0xc0) != 0x80 && seen++ == columns)
            break;
    }
    return n;
}

/* A line, as far as the screen is wide; nothing when it is full. */
static void line(struct frame *f, enum look look, const char *text)
{
    if (f->row >= f->rows)
        return;
    if (f->row++ > 0)
        buf_puts(&f->text, "\r\n");
    buf_puts(&f->text, looks[look]);
    buf_add(&f->text, text, cut(text, f->columns));
    if (look != LOOK_PLAIN)
        buf_puts(&f->text, PLAIN);
    buf_puts(&f->text, REST_OF_LINE);
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

static void add_head(struct frame *f, const struct monitor *m)
{
    const time_t now = time(NULL);
    struct tm local;
    char clock[32];

    (void)strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
    line(f, LOOK_BOLD, arena_printf(f->arena, "Stevedores Dashboard %s   %s   %s", PACKAGE_VERSION, m->ctl->conf->shm_name, clock));
    line(f, LOOK_PLAIN, "");
}

static void add_figures(struct frame *f, const struct monitor *m)
{
    struct monitor_figures g;

    monitor_figures(m, f->arena, &g);
    line(f, LOOK_PLAIN, arena_printf(f->arena, "requests  %8s a second   failed %s in half a minute", g.rate, g.failed));
    line(f, LOOK_PLAIN, arena_printf(f->arena, "answers   p50 %s   p95 %s   p99 %s ms", g.p50, g.p95, g.p99));
    line(f, LOOK_PLAIN, arena_printf(f->arena, "cache     %s %% hits", g.hits));
    line(f, LOOK_PLAIN, arena_printf(f->arena, "database  %s connections   %s ms a query", g.connections, g.query));
    line(f, LOOK_PLAIN, arena_printf(f->arena, "memory    %s MiB, %s %% of the limit   CPU %s %%", g.memory, g.memory_share, g.cpu));
    line(f, LOOK_PLAIN, arena_printf(f->arena, "pool      %s responders at work", g.busy));
    line(f, LOOK_PLAIN, "");
}

/* The last hour, a character each half minute, as many as fit; the highest is full. */
static void add_spark(struct frame *f, const struct monitor *m, const char *name, size_t field, double unit)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int room = f->columns - 26;
    const size_t n = room > 0 && m->view.n > (size_t)room ? (size_t)room : m->view.n;
    const struct sample *from = &m->view.kept[m->view.n - n];
    int64_t most = 0;
    struct buf b;

    for (size_t i = 0; i < n; i++) {
        const int64_t value = *(const int64_t *)((const char *)&from[i] + field);

        most = value > most ? value : most;
    }
    buf_init(&b, f->arena, 512);
    buf_printf(&b, "%-9s ", name);
    for (size_t i = 0; i < n; i++) {
        const int64_t value = *(const int64_t *)((const char *)&from[i] + field);

        buf_puts(&b, value < 0 ? " " : bars[most > 0 ? value * 7 / most : 0]);
    }
    if (n > 0)
        buf_printf(&b, "  up to %.1f", (double)most / unit);
    else
        buf_puts(&b, "the first half minute isn't over");
    line(f, LOOK_PLAIN, b.data);
}

static void add_history(struct frame *f, const struct monitor *m)
{
    line(f, LOOK_BOLD, "last hour");
    add_spark(f, m, "requests", offsetof(struct sample, requests), 1);
    add_spark(f, m, "p95 ms", offsetof(struct sample, p95_us), 1000);
    line(f, LOOK_PLAIN, "");
}

static void add_alerts(struct frame *f, const struct monitor *m)
{
    bool any = false;

    line(f, LOOK_BOLD, "alerts");
    if (!m->has_agent || m->view.now.at_ms == 0) {
        line(f, LOOK_CRITICAL, monitor_alerts(m, f->arena));
        return;
    }
    for (int i = 0; i < ALERT_COUNT; i++) {
        const struct alert_state *s = &m->view.alerts[i];

        if (s->level == ALERT_OK)
            continue;
        any = true;
        line(f, s->level == ALERT_CRITICAL ? LOOK_CRITICAL : LOOK_WARNING,
             arena_printf(f->arena, "%-22s %-9s %lld: %s", alert_rules[i].name, alert_level_text(s->level), (long long)s->value, alert_rules[i].what));
    }
    if (!any)
        line(f, LOOK_PLAIN, "none");
}

static void add_breakers(struct frame *f, const struct monitor *m)
{
    line(f, LOOK_PLAIN, "");
    line(f, LOOK_BOLD, "circuit breakers");
    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker b = breaker_open(m->shm, m->ctl->conf, (enum breaker_of)i);
        struct breaker_status s;

        breaker_status(&b, &s);
        line(f, s.state == BREAKER_CLOSED ? LOOK_PLAIN : LOOK_WARNING,
             arena_printf(f->arena, "%-10s %-9s %lld failures  %s", b.name, breaker_state_text(s.state), (long long)s.failed, s.error));
    }
    line(f, LOOK_PLAIN, "");
    line(f, LOOK_PLAIN, "q ends this");
}

static void draw(struct frame *f, const struct monitor *m)
{
    f->row = 0;
    size_of_terminal(f);
    buf_init(&f->text, f->arena, 8192);
    buf_puts(&f->text, HOME);
    add_head(f, m);
    if (m->shm != NULL) {
        add_figures(f, m);
        add_history(f, m);
        add_alerts(f, m);
        add_breakers(f, m);
    } else {
        line(f, LOOK_CRITICAL, "The pool's shared memory is gone; this goes on when there is a new one. q ends it.");
    }
    buf_puts(&f->text, REST_OF_SCREEN);
    (void)fwrite(f->text.data, 1, f->text.len, stdout); /* main() asks whether it all got out */
    (void)fflush(stdout);
}

/* --- the terminal ------------------------------------------------------------------------------------------------- */

/* Keys come at once and unseen. False: standard input is no terminal, and no key is waited for. */
static bool take_terminal(struct termios *before)
{
    struct termios raw;

    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, before) < 0)
        return false;
    raw = *before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* Ctrl-Z would leave the screen as it is */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

int monitor_screen(struct monitor *m)
{
    struct frame f = {.arena = arena_new(32768)};
    struct termios before;
    const bool keys = take_terminal(&before);
    bool end = false, redraw;

    (void)fputs(ENTER, stdout);
    while (!end) {
        const int64_t next = clock_mono_ms() + m->interval_ms;

        (void)monitor_look(m);
        draw(&f, m);
        while (!(end = monitor_wait(next, keys, &redraw)) && redraw) {
            arena_reset(f.arena);
            draw(&f, m);
        }
        arena_reset(f.arena);
    }
    (void)fputs(LEAVE, stdout);
    (void)fflush(stdout);
    if (keys)
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before); /* there is nothing to do when it fails */
    arena_free(&f.arena);
    return 0;
}
