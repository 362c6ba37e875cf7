/* SPDX-License-Identifier: Apache-2.0
 *
 * What monitor shows, out of the pool's shared memory alone: cmd_monitor.c a line at a time, monitor_screen.c all of a terminal.
 */
#ifndef STEVEDORES_CTL_MONITOR_H
#define STEVEDORES_CTL_MONITOR_H

#include "ctl/ctl.h"
#include "ops/samples.h"
#include "shm/shm.h"

/* One look. */
struct monitor {
    struct ctl *ctl;
    int64_t interval_ms;
    struct shm *shm;          /* NULL: there is no pool now */
    int64_t agent_age_ms;     /* -1: it never ran */
    bool has_agent;
    int responders, busy;     /* now */
    struct samples_view view; /* view.now.at_ms 0: there is no sample */
};

/* Looks again; the segment is found anew when the pool was started with other settings. False: there is none. */
bool monitor_look(struct monitor *m);

/* The most important figures as texts, on the arena, "-" for what isn't known. */
struct monitor_figures {
    const char *rate, *p50, *p95, *p99, *failed, *hits, *connections, *query, *memory, *memory_share, *cpu, *busy;
};

void monitor_figures(const struct monitor *m, struct arena *arena, struct monitor_figures *f);

/* Alerts that are raised, separated by commas; "-" for none. With what is missing (the agent, a sample). */
const char *monitor_alerts(const struct monitor *m, struct arena *arena);

/* Waits until it is time for the next look. A signal that ends the program comes through only here; true: it came, or `keys` and
 * somebody pressed q. *redraw: the terminal has another size, or a key was pressed. */
bool monitor_wait(int64_t until_ms, bool keys, bool *redraw);

/* On the terminal's alternate screen until q or a signal. Returns the exit status. */
int monitor_screen(struct monitor *m);

#endif
