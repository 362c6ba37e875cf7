/* SPDX-License-Identifier: Apache-2.0
 *
 * The responder's loop: accept, answer, again.
 */
#ifndef STEVEDORES_APP_SERVE_H
#define STEVEDORES_APP_SERVE_H

#include "conf/conf.h"

/* Serves connections on the listening socket `fd` until a stop signal; the request in hand is finished first. Returns the
 * process's exit status: 0, or EX_UNAVAILABLE when `fd` is not a listening socket. */
int serve(int fd, const struct conf *conf);

#endif
