/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known on this host of the database's table cache_versions (schema/0004_core_cache.sql).
 *
 * Who brings it up to date: whoever wrote, right after the commit and before the answer; the agent, every CACHE_POLL_MS;
 * and a responder that finds nobody else did for CACHE_MAX_STALE_MS. What is known carries the moment at which it was
 * certainly true: before the question was sent.
 */
#ifndef STEVEDORES_CACHE_VERSIONS_H
#define STEVEDORES_CACHE_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "shm/shm.h"

#define TAG_SIZE 32 /* bytes, with the NUL */
#define TAGS_MAX 6  /* that one answer is made from */
#define TAG_BUCKETS 64 /* schema/0004_core_cache.sql knows it, too */

extern const struct shm_region versions_region;

struct versions; /* the region */

struct versions *versions_open(const struct shm *shm);

/* Of one tag. */
struct version {
    int64_t version;       /* 0: not known */
    int64_t known_ms;      /* it was this one then; monotonic clock */
    int64_t last_version;  /* the one before, */
    int64_t last_known_ms; /* which was the current one then, for the last time that is known */
    bool doubted;          /* a write since known_ms ended in uncertainty: there may be a newer one */
};

/* What is known of these tags. False when one of them isn't known at all. Asks nobody. */
bool versions_get(struct versions *v, const char *const *tags, size_t n, struct version *out);

/* Asks the database, one statement. */
enum outcome versions_refresh(struct versions *v, struct db *db, struct arena *arena, struct error *e)
    __attribute__((warn_unused_result));

/* Whether a replica has each of these tags in such a version or a later one, and so everything that was committed up to them: versions
 * are given in the order of commits. One statement there; false also when it can't be asked. */
bool versions_reached(struct db *replica, const char *const *tags, const int64_t *wanted, size_t n, struct arena *arena);

/* After a write of which it isn't known what became of it: all versions are doubted until the next refresh. */
void versions_doubt(struct versions *v);

#define VERSIONS_MAX 192 /* tags there can be: two kinds of things by bucket, and others whole */

struct tag_version {
    char tag[TAG_SIZE];
    struct version v;
};

/* All that are known; returns how many. */
size_t versions_all(struct versions *v, struct tag_version out[VERSIONS_MAX]);

#endif
