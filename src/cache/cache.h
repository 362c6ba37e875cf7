/* SPDX-License-Identifier: Apache-2.0
 *
 * Cached answers: Redis, else memcached, else the host's shared memory, which also stands in front of the other two.
 *
 * What is promised, and by what:
 * - No answer is older than CACHE_MAX_STALE_MS, whatever tier it comes from and wherever that has been: an answer is
 *   kept under the versions of what it was made from (cache/versions.h), and they are compared at every hit.
 * - Who wrote sees the write at once: on this host the new version is known before the write is answered; on others
 *   a cookie says from which version on the answer must be. So does X-Seen-Versions, of whoever was told by an event.
 * - One miss, one query per host (cache/flight.h); those who wait are given the previous answer while it is young enough.
 * - While the database is away the last known answer is given for CACHE_STALE_IF_ERROR, and says so.
 * - A tier that fails costs little (cache/breaker.h).
 *
 * A request: cache_lookup(), which may answer; else the board answers and cache_store() keeps it, or cache_stale() stands in
 * when it couldn't. cache_end() always.
 */
#ifndef STEVEDORES_CACHE_CACHE_H
#define STEVEDORES_CACHE_CACHE_H

#include "cache/tier.h"
#include "cache/versions.h"
#include "conf/conf.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"

enum cache_kind { CACHE_DASHBOARD, CACHE_LIST, CACHE_ROW, CACHE_SESSION };

/* Of a route: how long an answer may live at most, and what it is made from. */
struct cache_policy {
    enum cache_kind kind; /* CACHE_TTL_… */
    const char *tags[TAGS_MAX]; /* rows of cache_versions; NULL behind the last. "vessel_{}": the one that the vessel whose
                                 * number is the path's first argument shares with few others (cache_watch_each) */
};

struct cache;

struct cache *cache_new(const struct conf *conf, const struct shm *shm, struct db *db);
void cache_free(struct cache **c);

/* A request's way through the cache; made by cache_lookup(). */
struct lookup {
    const struct cache_policy *policy; /* NULL: not cached */
    struct arena *arena;
    struct cache_key key;      /* of the request */
    size_t ntags;
    const char *tags[TAGS_MAX];
    struct version versions[TAGS_MAX];
    int64_t known_ms;          /* when all of these versions were certainly the current ones */
    int64_t seen[TAGS_MAX];    /* the answer must be from this version on, for who asks has seen it; 0: any */
    bool certain;              /* they still are, as far as has been promised */
    bool leads;                /* others wait for us */
    int64_t renews_ms;         /* an answer made then is to be made anew before its end; 0: none */
    struct tier *asked;        /* the tier that said it has no such thing */
    int64_t spent_ms;          /* waiting for tiers */
    int64_t missed_us;         /* when the board was given the request */
    size_t first_header;       /* of those that are the board's */
};

/* Answers from the cache if it can; resp->status says so. policy NULL: only initialises *l. `arg`: the path's first argument
 * or NULL. May wait for CACHE_WAIT_MS and for the tiers. */
void cache_lookup(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *arg,
                  const struct http_request *req, struct http_response *resp, struct arena *arena);

/* For an answer that isn't kept, and may come from a replica: from which versions on it must be, in the order of l->tags; `wanted` has room
 * for TAGS_MAX. False when that can't be said for certain, and the primary is to be asked. */
bool cache_wanted(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *arg, const struct http_request *req,
                  struct arena *arena, int64_t *wanted);

/* Keeps the answer that the board has given, if it can be kept. */
void cache_store(struct cache *c, struct lookup *l, struct http_response *resp);

/* The board could not be asked: answers with the last known one, marked, if there is one that is young enough. */
bool cache_stale(struct cache *c, struct lookup *l, struct http_response *resp);

/* Lets go of whatever the lookup holds. */
void cache_end(struct cache *c, struct lookup *l);

/* For small values that aren't answers. CURRENT: its versions are the current ones, as far as is promised. EXPIRED: they are,
 * but its time is over; it will do when it can't be found out anew. LAST_KNOWN: the database is away, and this is what was
 * known. */
enum cache_value { CACHE_VALUE_NONE, CACHE_VALUE_CURRENT, CACHE_VALUE_EXPIRED, CACHE_VALUE_LAST_KNOWN };

/* The value under a name of a kind ("session"), on the arena. *l is for cache_value_set(), which keeps a value that was
 * found out meanwhile. */
enum cache_value cache_value_get(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *kind,
                                 const char *name, struct arena *arena, struct str *value);
void cache_value_set(struct cache *c, struct lookup *l, struct str value);

/* Before and after a write: makes it known on this host, and to whoever made it (a cookie in *resp). `o` is how it
 * ended. */
struct cache_before {
    size_t n;
    struct tag_version versions[VERSIONS_MAX];
};

void cache_before_write(struct cache *c, struct cache_before *before);
void cache_after_write(struct cache *c, const struct cache_before *before, enum outcome o,
                       const struct http_request *req, struct http_response *resp, struct arena *arena);

/* Brings what is known of the database's versions up to date; for the agent. False when the database is away. */
bool cache_refresh(struct cache *c, struct arena *arena);

/* For health, metrics and tools: the tiers that are configured, in order, the local one last. NULL behind it. */
struct tier *cache_tier(const struct cache *c, size_t i);

/* The tier that counts for rate limits, or NULL. */
struct tier *cache_redis(const struct cache *c);

#endif
