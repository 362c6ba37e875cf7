/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "agent/events.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/events.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "cache/versions.h"

#define AUDIENCES_MAX (ROLE_ADMIN + 1)

struct told {
    char tag[TAG_SIZE];
    int64_t version;
    enum role reader; /* ROLE_NONE: nobody is told */
};

struct events {
    const struct conf *conf;
    struct versions *versions;
    struct sockaddr_un address;
    size_t naudiences;
    enum role audiences[AUDIENCES_MAX]; /* those that have a channel */
    bool begun;      /* listeners know that we are there */
    bool failing;    /* that it can't be told has been logged */
    int64_t epoch;   /* whose predecessor's listeners have been told to come again */
    int64_t told_ms[AUDIENCES_MAX]; /* when each was last told anything; monotonic */
    size_t ntold;
    struct told told[VERSIONS_MAX];
};

struct events *events_new(const struct conf *conf, const struct shm *shm)
{
    struct events *e;

    if (!conf_has_events(conf))
        return NULL;
    e = mem_zalloc(sizeof(*e));
    e->conf = conf;
    e->versions = versions_open(shm);
    e->address.sun_family = AF_UNIX;
    (void)snprintf(e->address.sun_path, sizeof(e->address.sun_path), "%s", conf->events_socket);
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (events_is_audience(conf, role))
            e->audiences[e->naudiences++] = role;
    }
    e->epoch = events_epoch(conf, clock_real_ms());
    return e;
}

void events_free(struct events **e)
{
    free(*e);
    *e = NULL;
}

/* --- one request ------------------------------------------------------------------------------------------------- */

/* Waits for the socket until the deadline. */
static bool ready(int fd, short event, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = event};
    int64_t left = deadline_ms - clock_mono_ms();

    return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool send_all(int fd, struct str bytes, int64_t deadline_ms)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n < 0 && (errno != EAGAIN || !ready(fd, POLLOUT, deadline_ms)))
            return false;
        if (n > 0)
            bytes = (struct str){bytes.p + n, bytes.n - (size_t)n};
    }
    return true;
}

/* The answer's status, 0 when there is none. The rest of it is of no interest. */
static int read_status(int fd, int64_t deadline_ms)
{
    static const char start[] = "HTTP/1.1 ";
    char line[sizeof(start) + 3] = "";
    size_t len = 0;

    while (len < sizeof(line) - 1) {
        ssize_t n;

        if (!ready(fd, POLLIN, deadline_ms))
            return 0;
        n = recv(fd, line + len, sizeof(line) - 1 - len, 0);
        if (n <= 0)
            return 0;
        len += (size_t)n;
    }
    return strncmp(line, start, sizeof(start) - 1) == 0 ? (int)strtol(line + sizeof(start) - 1, NULL, 10) : 0;
}

/* What went wrong, or NULL. */
static const char *exchange(int fd, const struct events *e, struct str request, int64_t deadline_ms, struct arena *arena)
{
    int status;

    /* A unix socket's connection is there at once, or its queue is full. */
    if (connect(fd, (const struct sockaddr *)&e->address, sizeof(e->address)) != 0)
        return arena_printf(arena, "connecting: errno %d", errno);
    if (!send_all(fd, request, deadline_ms))
        return "the request was not taken";
    status = read_status(fd, deadline_ms);
    if (status == 0)
        return "no answer in time";
    return status / 100 == 2 ? NULL : arena_printf(arena, "the web server answered %d", status);
}

static const char *post(const struct events *e, const char *channel, const char *message, int64_t deadline_ms,
                        struct arena *arena)
{
    const char *request = arena_printf(arena,
                                       "POST /%s HTTP/1.0\r\nHost: events\r\nContent-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       channel, strlen(message), message);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const char *why;

    if (fd < 0)
        return arena_printf(arena, "socket: errno %d", errno);
    why = exchange(fd, e, (struct str){request, strlen(request)}, deadline_ms, arena);
    (void)close(fd);
    return why;
}

/* --- what to tell ------------------------------------------------------------------------------------------------ */

/* Says once that it fails, and once that it goes on. */
static bool note(struct events *e, const char *why)
{
    if (why != NULL && !e->failing)
        log_event(LOG_WARN, "events_not_told", F_STR("socket", e->conf->events_socket), F_STR("detail", why));
    if (why == NULL && e->failing)
        log_event(LOG_INFO, "events_told_again", F_STR("socket", e->conf->events_socket));
    e->failing = why != NULL;
    return why == NULL;
}

static struct told *told_of(struct events *e, const char *tag)
{
    struct told *t = e->told;

    while (t < e->told + e->ntold && strcmp(t->tag, tag) != 0)
        t++;
    if (t == e->told + VERSIONS_MAX)
        return NULL;
    if (t == e->told + e->ntold) {
        memcpy(t->tag, tag, TAG_SIZE);
        t->version = 0;
        t->reader = events_reader(e->conf, tag);
        e->ntold++;
    }
    return t;
}

/* What this audience is to be told of; NULL: nothing has changed. Another version is news, a lower one too: the database may
 * have been restored from a backup. */
static const char *news_for(struct events *e, enum role audience, const struct tag_version *now, size_t n,
                            struct arena *arena)
{
    bool any = false;
    struct buf b;

    buf_init(&b, arena, 256);
    buf_char(&b, '{');
    json_open(&b, "changed", '{');
    for (size_t i = 0; i < n; i++) {
        const struct told *t = told_of(e, now[i].tag);

        if (t == NULL || t->reader == ROLE_NONE || t->reader > audience || t->version == now[i].v.version)
            continue;
        json_number(&b, now[i].tag, (long long)now[i].v.version);
        any = true;
    }
    buf_puts(&b, "}}");
    return any ? b.data : NULL;
}

/* To the channel of now and to the one before it, whose listeners are about to change over. */
static const char *tell(const struct events *e, enum role audience, const char *message, int64_t deadline_ms,
                        struct arena *arena)
{
    int64_t epoch = events_epoch(e->conf, clock_real_ms());
    const char *why = post(e, events_channel(audience, epoch, arena), message, deadline_ms, arena);

    return why != NULL ? why : post(e, events_channel(audience, epoch - 1, arena), message, deadline_ms, arena);
}

static bool has_changed(struct events *e, const struct tag_version *now, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n && !any; i++) {
        const struct told *t = told_of(e, now[i].tag);

        any = t != NULL && t->version != now[i].v.version;
    }
    return any;
}

/* False when the web server could not be told. */
static bool tell_audience(struct events *e, size_t i, const char *message, int64_t deadline_ms, struct arena *arena)
{
    if (message == NULL && clock_mono_ms() - e->told_ms[i] >= EVENTS_BEAT_MS)
        message = "{}";
    if (message == NULL)
        return true;
    if (!note(e, tell(e, e->audiences[i], message, deadline_ms, arena)))
        return false;
    e->told_ms[i] = clock_mono_ms();
    return true;
}

static void tell_changes(struct events *e, int64_t deadline_ms, struct arena *arena)
{
    struct tag_version *now = arena_alloc(arena, VERSIONS_MAX * sizeof(*now));
    size_t n = versions_all(e->versions, now);
    const bool news = e->begun && has_changed(e, now, n);

    for (size_t i = 0; i < e->naudiences; i++) {
        const char *message = !e->begun ? "{\"again\":true}" : news ? news_for(e, e->audiences[i], now, n, arena) : NULL;

        if (!tell_audience(e, i, message, deadline_ms, arena))
            return; /* who was told is told once more */
    }
    if (e->begun && !news)
        return;
    for (size_t i = 0; i < n; i++) {
        struct told *t = told_of(e, now[i].tag);

        if (t != NULL)
            t->version = now[i].v.version;
    }
    e->begun = true;
}

/* When other channels have become the current ones: their predecessors' listeners are told to change over. */
static void tell_renewal(struct events *e, int64_t deadline_ms, struct arena *arena)
{
    int64_t epoch = events_epoch(e->conf, clock_real_ms());
    const char *message;

    if (epoch == e->epoch)
        return;
    message = arena_printf(arena, "{\"renew\":%lld}", (long long)e->conf->events_renew_s);
    for (size_t i = 0; i < e->naudiences; i++) {
        const char *channel = events_channel(e->audiences[i], epoch - 1, arena);

        if (!note(e, post(e, channel, message, deadline_ms, arena)))
            return;
    }
    e->epoch = epoch;
}

void events_turn(struct events *e, struct arena *arena)
{
    int64_t deadline_ms = clock_mono_ms() + EVENTS_DEADLINE_MS;

    if (e == NULL)
        return;
    tell_changes(e, deadline_ms, arena);
    tell_renewal(e, deadline_ms, arena);
}
