/* SPDX-License-Identifier: Apache-2.0
 *
 * Single flight: of all requests on this host that miss the same key, one asks the database.
 */
#ifndef STEVEDORES_CACHE_FLIGHT_H
#define STEVEDORES_CACHE_FLIGHT_H

#include "cache/tier.h"
#include "shm/shm.h"

extern const struct shm_region flight_region;

struct flights; /* the region */

enum flight { FLIGHT_LEADS, FLIGHT_BUSY, FLIGHT_NONE };

struct flights *flights_open(const struct shm *shm);

/* FLIGHT_LEADS: it is the caller's, who must flight_end() it. FLIGHT_BUSY: another living process has it. FLIGHT_NONE: the
 * table is full or locked; everybody for themselves. Asks nobody and doesn't wait. */
enum flight flight_begin(struct flights *f, const struct cache_key *key);
void flight_end(struct flights *f, const struct cache_key *key);

#endif
