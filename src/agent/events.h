/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells who listens (app/events.h) what has changed, through nginx's nchan: an HTTP request for each channel, over a unix socket.
 * What was not told because nobody took it is told the next time; it never takes longer than EVENTS_DEADLINE_MS in all.
 *
 * Messages, as JSON:
 *   {"changed":{"tallies":1763600000000000,"vessel_07":…}}   from these versions on; all since the last message, in one
 *   {"again":true}   what has changed meanwhile isn't known: ask for everything
 *   {"renew":150}    this channel ends in so many seconds: come again before
 *   {}               nothing has changed for EVENTS_BEAT_MS
 */
#ifndef STEVEDORES_AGENT_EVENTS_H
#define STEVEDORES_AGENT_EVENTS_H

#include "base/arena.h"
#include "conf/conf.h"
#include "shm/shm.h"

#define EVENTS_DEADLINE_MS 100
#define EVENTS_BEAT_MS     5000

struct events;

/* NULL where there are no live events; the functions below do nothing then. */
struct events *events_new(const struct conf *conf, const struct shm *shm);
void events_free(struct events **e);

/* Tells what has changed in shared memory's versions since it was last told, if anything has. */
void events_turn(struct events *e, struct arena *arena);

#endif
