/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "http/fcgi_io.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

struct fcgi_io {
    int listen_fd;
    int epoll_fd;
    struct timeval peer_timeout;
    sigset_t while_waiting; /* the signal mask with the stop signals let through */
    FCGX_Request request;
};

static const int stop_signals[] = {SIGTERM, SIGINT, SIGUSR1};

static volatile sig_atomic_t stop_requested; /* set by the handler, read by fcgi_io_accept() */

static void on_stop(int signo)
{
    (void)signo;
    stop_requested = 1;
}

static void catch_signals(struct fcgi_io *io)
{
    struct sigaction act = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++) {
        sigaddset(&blocked, stop_signals[i]);
        (void)sigaction(stop_signals[i], &act, NULL); /* fails for invalid numbers only */
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    (void)sigprocmask(SIG_BLOCK, NULL, &io->while_waiting);
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
        sigdelset(&io->while_waiting, stop_signals[i]);
}

struct fcgi_io *fcgi_io_new(int fd, int64_t peer_timeout_ms)
{
    struct fcgi_io *io = mem_zalloc(sizeof(*io));
    /* EPOLLEXCLUSIVE: a connection wakes one responder of the pool, not all. */
    struct epoll_event listening = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int flags = fcntl(fd, F_GETFL);

    io->listen_fd = fd;
    io->peer_timeout.tv_sec = peer_timeout_ms / 1000;
    io->peer_timeout.tv_usec = (peer_timeout_ms % 1000) * 1000;
    catch_signals(io); /* before libfcgi, which leaves handlers that are there alone */
    /* How long libfcgi lingers for a peer that doesn't close after the answer: pointless on a unix socket, where closing
     * loses nothing that was written. */
    (void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
    io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    /* The flag is shared with the other responders, who want the same. */
    if (io->epoll_fd < 0 || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &listening) < 0 || FCGX_Init() != 0 ||
        FCGX_InitRequest(&io->request, -1, 0) != 0) {
        fcgi_io_free(&io);
        return NULL;
    }
    io->request.ipcFd = -1;
    return io;
}

void fcgi_io_free(struct fcgi_io **io)
{
    if (*io == NULL)
        return;
    if ((*io)->epoll_fd >= 0)
        (void)close((*io)->epoll_fd);
    free(*io);
    *io = NULL;
}

/* Asked for each time: as long as there is a connection to take, epoll_pwait() delivers no signal, and under load there is always
 * one. */
static bool has_stop_pending(void)
{
    sigset_t pending;

    if (sigpending(&pending) != 0)
        return false;
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++) {
        if (sigismember(&pending, stop_signals[i]) == 1)
            return true;
    }
    return false;
}

/* Has libfcgi read a request from the connection, which is closed when there is none. */
static enum fcgi_event hand_over(struct fcgi_io *io, int fd)
{
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &io->peer_timeout, sizeof(io->peer_timeout));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &io->peer_timeout, sizeof(io->peer_timeout));

    /* Handing over: with a connection that is "kept", libfcgi goes on reading from it. When it gives up on the peer it
     * closes the connection and wants to accept the next from socket -1, which fails and brings us back here. */
    io->request.ipcFd = fd;
    io->request.keepConnection = 1;
    if (FCGX_Accept_r(&io->request) != 0) {
        log_event(LOG_WARN, "peer_dropped", F_STR("detail", "no complete request in time"));
        return FCGI_EVENT_NONE;
    }
    io->request.keepConnection = 0;
    if (FCGX_GetError(io->request.in) != 0) { /* cut off between two parameters */
        log_event(LOG_WARN, "peer_dropped", F_STR("detail", "parameters broke off"));
        FCGX_Free(&io->request, 1);
        return FCGI_EVENT_NONE;
    }
    return FCGI_EVENT_REQUEST;
}

enum fcgi_event fcgi_io_accept(struct fcgi_io *io)
{
    struct epoll_event event;
    int fd;

    if (stop_requested != 0 || has_stop_pending())
        return FCGI_EVENT_STOP;
    if (epoll_pwait(io->epoll_fd, &event, 1, -1, &io->while_waiting) < 0 && errno != EINTR) {
        log_event(LOG_ERROR, "accept_failed", F_INT("errno", errno));
        return FCGI_EVENT_ERROR;
    }
    if (stop_requested != 0)
        return FCGI_EVENT_STOP;
    fd = accept4(io->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
            return FCGI_EVENT_NONE;
        log_event(LOG_ERROR, "accept_failed", F_INT("errno", errno));
        return FCGI_EVENT_ERROR;
    }
    return hand_over(io, fd);
}

enum fcgi_event fcgi_io_drain(struct fcgi_io *io)
{
    int fd;

    (void)shutdown(io->listen_fd, SHUT_RD); /* of a listening socket; again does nothing */
    fd = accept4(io->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    return fd < 0 ? FCGI_EVENT_STOP : hand_over(io, fd);
}

char *const *fcgi_io_env(const struct fcgi_io *io)
{
    return io->request.envp;
}

ssize_t fcgi_io_read(void *ctx, char *out, size_t n)
{
    struct fcgi_io *io = ctx;
    int got = FCGX_GetStr(out, n > INT_MAX ? INT_MAX : (int)n, io->request.in);

    return got == 0 && FCGX_GetError(io->request.in) != 0 ? -1 : got;
}

bool fcgi_io_write(struct fcgi_io *io, struct str data)
{
    return FCGX_PutStr(data.p, (int)data.n, io->request.out) == (int)data.n;
}

void fcgi_io_finish(struct fcgi_io *io)
{
    FCGX_Finish_r(&io->request);
}

void fcgi_io_abort(struct fcgi_io *io)
{
    FCGX_Free(&io->request, 1);
}
