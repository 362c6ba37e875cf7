/* SPDX-License-Identifier: Apache-2.0
 *
 * Live events: who may listen, and where. The connections are nginx's (nchan); GET /events only says to which channel of it
 * the caller is let in, by X-Accel-Redirect, and is done. The agent publishes (agent/events.h).
 *
 * A notice names what has changed (tags of cache_versions) and from which version on to ask for it, never the rows. Channels are
 * made out of the route table: a channel for each least role that some answer takes, with all tags of which answers are made
 * that this role may read, of the boards that are on.
 *
 * Nobody asks again who holds a connection. So a channel is spoken on for EVENTS_RENEW_S while it is the current one and for as
 * long again: whoever has lost the session or the role hears nothing new after twice that.
 */
#ifndef STEVEDORES_APP_EVENTS_H
#define STEVEDORES_APP_EVENTS_H

#include "auth/role.h"
#include "engine/exchange.h"

/* The least role to which an answer is given that is made from this tag; ROLE_NONE: no answer is. */
enum role events_reader(const struct conf *conf, const char *tag);

/* The roles that have a channel of their own; others listen where the next lower one does. */
bool events_is_audience(const struct conf *conf, enum role role);

/* The number of the channels that are the current ones at that time. */
int64_t events_epoch(const struct conf *conf, int64_t real_ms);

/* "viewer-11888888", on the arena. */
const char *events_channel(enum role audience, int64_t epoch, struct arena *arena);

/* GET /events: 204 with X-Accel-Redirect: /_events/user-7/viewer-11888888. OUT_NOT_FOUND where there are no events, OUT_DENIED
 * to another site's page: a WebSocket is not kept from those by the browser. */
enum outcome events_get(struct exchange *x);

#endif
