/* SPDX-License-Identifier: Apache-2.0
 *
 * The FastCGI side: the only file that sees libfcgi. One connection and one request at a time.
 *
 * What libfcgi leaves to its user and this module takes care of:
 * - It has no read timeout. The connection is accepted here, gets receive and send timeouts, and is then handed over;
 *   a peer that is silent frees the responder after PEER_TIMEOUT_MS.
 * - A signal in the middle of a read or write breaks the request. SIGTERM and its like stay blocked except while
 *   waiting for a connection, so there is no moment at which a stop gets lost or a request is cut. Nor does a queue that
 *   is never empty keep it away: it is looked for after each request.
 * - A web server that asks to keep connections would hold a responder for itself; ours are always closed.
 */
#ifndef STEVEDORES_HTTP_FCGI_IO_H
#define STEVEDORES_HTTP_FCGI_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

struct fcgi_io;

enum fcgi_event {
    FCGI_EVENT_REQUEST, /* a request is there */
    FCGI_EVENT_STOP,    /* SIGTERM, SIGINT or SIGUSR1: end */
    FCGI_EVENT_NONE,    /* nothing that concerns us (a peer broke off, another responder was faster): ask again */
    FCGI_EVENT_ERROR,   /* accepting failed (out of descriptors…): wait a moment, ask again */
};

/* Takes over the listening socket `fd` (spawn-fcgi passes it as 0) and blocks the stop signals. NULL when `fd` isn't a
 * listening socket. End with fcgi_io_free(). */
struct fcgi_io *fcgi_io_new(int fd, int64_t peer_timeout_ms);
void fcgi_io_free(struct fcgi_io **io);

/* Waits for the next event, as long as it takes. */
enum fcgi_event fcgi_io_accept(struct fcgi_io *io) __attribute__((warn_unused_result));

/* For a listening socket that no other responder has: shuts it, and who connects from now on is refused. Gives those who had
 * connected before, one after the other, as fcgi_io_accept() does; FCGI_EVENT_STOP when there are no more. */
enum fcgi_event fcgi_io_drain(struct fcgi_io *io) __attribute__((warn_unused_result));

/* "NAME=value" strings, valid until fcgi_io_finish(). */
char *const *fcgi_io_env(const struct fcgi_io *io);

/* Body bytes, as struct request_source wants it; ctx is the struct fcgi_io. */
ssize_t fcgi_io_read(void *ctx, char *out, size_t n);

/* False when the peer is gone; the rest of the answer can be left out then. */
bool fcgi_io_write(struct fcgi_io *io, struct str data);

/* Ends the request and closes the connection. */
void fcgi_io_finish(struct fcgi_io *io);

/* Closes the connection in the middle of an answer, which the web server then cuts off towards the client as well. */
void fcgi_io_abort(struct fcgi_io *io);

#endif
