/* SPDX-License-Identifier: Apache-2.0
 *
 * The agent's eye: takes the samples (ops/samples.h) out of what the pool counts in shared memory and what the kernel says
 * of its processes, says in the log when an alert is raised or cleared, and lets the local cache give way when memory gets
 * short (ops/pressure.h).
 */
#ifndef STEVEDORES_OPS_SAMPLER_H
#define STEVEDORES_OPS_SAMPLER_H

#include "base/arena.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "db/db.h"
#include "ops/alerts.h"
#include "shm/shm.h"

struct sampler;

struct sampler *sampler_new(const struct conf *conf, const struct shm *shm);
void sampler_free(struct sampler **s);

/* Calls tell(ctx, notice) for each alert that is news (alert_news()). */
void sampler_on_alert(struct sampler *s, void (*tell)(void *ctx, const struct alert_notice *notice), void *ctx);

/* Takes a sample when it is time. `db` and `cache` are the agent's own; the database is asked once for each sample that is kept. */
void sampler_turn(struct sampler *s, struct db *db, const struct cache *cache, struct arena *arena);

#endif
