/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/cache.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cache/entry.h"
#include "cache/flight.h"
#include "cache/lru.h"
#include "cache/memcached.h"
#include "cache/redis.h"
#include "shm/counters.h"

#define TIERS_MAX      3
#define SEEN_COOKIE    "stevedores_seen"
#define SEEN_SLACK_S   10        /* that the cookie lives longer than the agents of other hosts need */
#define CLOCKS_DIFFER_US 60000000/* at most; a version from further in the future was made up */
#define TIERS_BOUND_MS 100       /* a request that waited so long for tiers asks no further one */
#define WAIT_STEP_US   1000

struct cache {
    const struct conf *conf;
    struct db *db; /* borrowed; for versions */
    struct breaker database;
    struct versions *versions;
    struct flights *flights;
    struct counters *counters;
    struct tier *tiers[TIERS_MAX + 1]; /* in order; NULL behind the last, which is the local one */
    struct tier *redis;                /* one of them, or NULL */
    struct tier *lru;
    unsigned char fingerprint[32];     /* key of the keys */
    unsigned char mac_key[16];
    uint64_t random;
};

struct cache *cache_new(const struct conf *conf, const struct shm *shm, struct db *db)
{
    struct cache *c = mem_zalloc(sizeof(*c));
    size_t n = 0;

    c->conf = conf;
    c->db = db;
    c->database = breaker_open(shm, conf, BREAKER_DATABASE);
    c->versions = versions_open(shm);
    c->flights = flights_open(shm);
    c->counters = counters_open(shm);
    c->redis = redis_open(conf, shm);
    c->lru = lru_open(shm);
    if (c->redis != NULL)
        c->tiers[n++] = c->redis;
    c->tiers[n] = memcached_open(conf, shm);
    if (c->tiers[n] != NULL)
        n++;
    c->tiers[n] = c->lru;
    conf_fingerprint(conf, c->fingerprint);
    (void)crypto_generichash(c->mac_key, sizeof(c->mac_key), (const unsigned char *)"mac", 3, c->fingerprint,
                             sizeof(c->fingerprint));
    randombytes_buf(&c->random, sizeof(c->random));
    return c;
}

void cache_free(struct cache **c)
{
    if (*c == NULL)
        return;
    for (size_t i = 0; (*c)->tiers[i] != NULL; i++)
        (*c)->tiers[i]->free((*c)->tiers[i]);
    free(*c);
    *c = NULL;
}

struct tier *cache_tier(const struct cache *c, size_t i)
{
    return c->tiers[i];
}

struct tier *cache_redis(const struct cache *c)
{
    return c->redis;
}

/* From 0 to 1; SplitMix64 (Steele, Lea, Flood 2014). For spreading load, not for secrets. */
static double random_share(struct cache *c)
{
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

static int64_t ttl_ms(const struct cache *c, enum cache_kind kind)
{
    switch (kind) {
    case CACHE_DASHBOARD:
        return c->conf->cache_ttl_dashboard_s * 1000;
    case CACHE_LIST:
        return c->conf->cache_ttl_list_s * 1000;
    case CACHE_ROW:
        return c->conf->cache_ttl_row_s * 1000;
    case CACHE_SESSION:
        break;
    }
    return c->conf->cache_ttl_session_s * 1000;
}

/* --- keys and versions ------------------------------------------------------------------------------------------- */

static void make_key(const struct cache *c, const char *first, const char *second, struct cache_key *key)
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, c->fingerprint, sizeof(c->fingerprint), sizeof(key->hash));
    (void)crypto_generichash_update(&state, (const unsigned char *)first, strlen(first) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)second, strlen(second));
    (void)crypto_generichash_final(&state, key->hash, sizeof(key->hash));
}

/* Under which tiers that other hosts share keep it: the request and the versions. */
static struct cache_key shared_key(const struct cache *c, const struct lookup *l)
{
    crypto_generichash_state state;
    struct cache_key key;

    (void)crypto_generichash_init(&state, c->fingerprint, sizeof(c->fingerprint), sizeof(key.hash));
    (void)crypto_generichash_update(&state, l->key.hash, sizeof(l->key.hash));
    for (size_t i = 0; i < l->ntags; i++)
        (void)crypto_generichash_update(&state, (const unsigned char *)&l->versions[i].version, sizeof(int64_t));
    (void)crypto_generichash_final(&state, key.hash, sizeof(key.hash));
    return key;
}

/* What the client has seen of a tag, 0: nothing. The cookie is "vessels.1763600000000000,tallies.…"; what isn't of that form
 * counts as nothing. */
static int64_t seen_version(const char *cookie, const char *tag, struct arena *arena)
{
    while (cookie != NULL && *cookie != '\0') {
        size_t n = strcspn(cookie, ","), dot = strcspn(cookie, ".,");
        int64_t version;

        if (dot < n && strlen(tag) == dot && memcmp(tag, cookie, dot) == 0 &&
            parse_i64(arena_strndup(arena, cookie + dot + 1, n - dot - 1), &version) &&
            version < clock_real_ms() * 1000 + CLOCKS_DIFFER_US)
            return version;
        cookie += n + (cookie[n] == ',');
    }
    return 0;
}

/* From having written, or from having been told by an event. */
static void read_seen(struct lookup *l, const struct http_request *req)
{
    const char *cookie = request_cookie(req, SEEN_COOKIE, l->arena);

    for (size_t i = 0; i < l->ntags; i++) {
        int64_t told = seen_version(req->seen_versions, l->tags[i], l->arena);

        l->seen[i] = seen_version(cookie, l->tags[i], l->arena);
        if (told > l->seen[i])
            l->seen[i] = told;
    }
}

/* By which events the client knows that this answer is no longer the one. */
static void tell_tags(const struct cache *c, const struct lookup *l, struct http_response *resp)
{
    struct buf b;

    if (!conf_has_events(c->conf))
        return;
    buf_init(&b, l->arena, 128);
    for (size_t i = 0; i < l->ntags; i++) {
        buf_puts(&b, i > 0 ? " " : "");
        buf_puts(&b, l->tags[i]);
    }
    response_header(resp, "X-Changes-With", b.data);
}

/* Takes what is known on this host. False when it isn't enough, or too old. */
static bool take_versions(struct cache *c, struct lookup *l)
{
    int64_t now = clock_mono_ms();

    if (!versions_get(c->versions, l->tags, l->ntags, l->versions))
        return false;
    l->known_ms = now;
    l->certain = true;
    for (size_t i = 0; i < l->ntags; i++) {
        if (l->versions[i].known_ms < l->known_ms)
            l->known_ms = l->versions[i].known_ms;
        if (l->versions[i].doubted || l->versions[i].version < l->seen[i])
            l->certain = false;
    }
    if (now - l->known_ms >= c->conf->cache_max_stale_ms)
        l->certain = false;
    return l->certain;
}

/* Asks the database for the versions. */
static bool fetch_versions(struct cache *c, struct arena *arena)
{
    struct error e;

    error_init(&e, arena);
    if (versions_refresh(c->versions, c->db, arena, &e) == OUT_OK) {
        breaker_success(&c->database);
        return true;
    }
    breaker_failure(&c->database, e.log != NULL ? e.log : "no answer");
    return false;
}

/* The same, unless it is known to be away. */
static bool ask_versions(struct cache *c, struct arena *arena)
{
    return breaker_allow(&c->database) && fetch_versions(c, arena);
}

/* False when nothing is known of these tags, and the answer can't be cached. */
static bool find_versions(struct cache *c, struct lookup *l)
{
    if (!take_versions(c, l) && ask_versions(c, l->arena)) {
        (void)take_versions(c, l);
        /* Just asked: as certain as can be, even where nothing may be stale at all. */
        l->certain = true;
    }
    for (size_t i = 0; i < l->ntags; i++) {
        if (l->versions[i].version == 0)
            return false;
    }
    return true;
}

/* --- how old an entry is ----------------------------------------------------------------------------------------- */

/* In front of an entry in the local tier. */
struct near_head {
    int64_t known_ms; /* its versions were the current ones then; monotonic clock */
};

struct found {
    struct str bytes;
    struct entry entry;
    int64_t known_ms; /* as above; 0 for entries from elsewhere */
    int64_t age_ms;
};

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

static bool is_of_versions(const struct lookup *l, const struct entry *e)
{
    for (size_t i = 0; i < l->ntags; i++) {
        if (e->versions[i] != l->versions[i].version)
            return false;
    }
    return true;
}

/* For how long, at most, it has no longer been the current answer; 0 when it is. */
static int64_t staleness(const struct lookup *l, const struct found *f)
{
    int64_t now = clock_mono_ms(), expired = at_least_0(f->age_ms - f->entry.ttl_ms), changed = 0;

    for (size_t i = 0; i < l->ntags; i++) {
        const struct version *v = &l->versions[i];
        int64_t since;

        if (f->entry.versions[i] == v->version)
            continue;
        since = now - (f->entry.versions[i] == v->last_version ? v->last_known_ms : 0);
        if (since > changed)
            changed = since;
    }
    if (changed > now - f->known_ms)
        changed = now - f->known_ms;
    return changed > expired ? changed : expired;
}

static bool is_what_was_seen(const struct lookup *l, const struct entry *e)
{
    for (size_t i = 0; i < l->ntags; i++) {
        if (e->versions[i] < l->seen[i])
            return false;
    }
    return true;
}

static bool check(struct cache *c, const struct lookup *l, struct found *f, bool from_here)
{
    if (!(from_here ? entry_read(f->bytes, &l->key, &f->entry) : entry_check(f->bytes, &l->key, c->mac_key, &f->entry))) {
        counter_add(c->counters, COUNTER_CACHE_BAD);
        return false;
    }
    f->age_ms = at_least_0(clock_real_ms() - f->entry.made_ms);
    return true;
}

/* --- answering --------------------------------------------------------------------------------------------------- */

static void respond(struct lookup *l, const struct found *f, struct http_response *resp, const char *how,
                    const struct tier *from)
{
    entry_respond(f->bytes, resp);
    response_header(resp, "Age", arena_printf(l->arena, "%lld", (long long)(f->age_ms / 1000)));
    response_header(resp, "X-Cache", arena_printf(l->arena, "%s; tier=%s", how, from->name));
}

/* True when a tier in front of the local one may be up, which the local one then is near to. */
static bool has_far_tier(const struct cache *c)
{
    for (size_t i = 0; c->tiers[i] != c->lru; i++) {
        if (breaker_is_closed(&c->tiers[i]->breaker))
            return true;
    }
    return false;
}

static void respond_near(struct cache *c, struct lookup *l, const struct found *f, struct http_response *resp,
                         bool recent)
{
    bool near = has_far_tier(c);

    respond(l, f, resp, near ? "near" : "hit", c->lru);
    counter_add(c->counters, recent ? COUNTER_CACHE_RECENT : near ? COUNTER_CACHE_NEAR : COUNTER_CACHE_HIT_LRU);
}

static bool look_near(struct cache *c, const struct lookup *l, struct found *f)
{
    struct near_head head;
    struct str value;

    if (c->lru->get(c->lru, &l->key, l->arena, &value) != TIER_OK || value.n < sizeof(head))
        return false;
    memcpy(&head, value.p, sizeof(head));
    f->known_ms = head.known_ms;
    f->bytes = (struct str){value.p + sizeof(head), value.n - sizeof(head)};
    return check(c, l, f, true);
}

static void keep_near(struct cache *c, const struct lookup *l, struct str bytes, int64_t life_ms)
{
    struct near_head head = {l->known_ms};
    struct buf b;

    buf_init(&b, l->arena, sizeof(head) + bytes.n + 1);
    buf_add(&b, (const char *)&head, sizeof(head));
    buf_add(&b, bytes.p, bytes.n);
    (void)c->lru->set(c->lru, &l->key, (struct str){b.data, b.len}, life_ms); /* too large: not kept */
}

/* True with a probability that grows towards the entry's end and with what making it costs, so that one request makes it
 * anew before the others miss it (XFetch: Vattani, Chierichetti, Lowenstein, VLDB 2015; beta = 1). */
static bool is_to_be_renewed(struct cache *c, const struct found *f)
{
    double left = (double)(f->entry.ttl_ms - f->age_ms), cost = (double)f->entry.cost_us / 1000;

    return left < cost * 50 && -log(1 - random_share(c)) * cost >= left;
}

/* What the local tier has, and whether it is good enough. */
enum near { NEAR_NONE, NEAR_RECENT, NEAR_AGING, NEAR_CURRENT, NEAR_ENDING };

static enum near judge_near(struct cache *c, struct lookup *l, struct found *f)
{
    int64_t stale;

    if (!look_near(c, l, f) || !is_what_was_seen(l, &f->entry))
        return NEAR_NONE;
    stale = staleness(l, f);
    if (stale == 0)
        return is_to_be_renewed(c, f) ? NEAR_ENDING : NEAR_CURRENT;
    if (stale < c->conf->cache_max_stale_ms / 2)
        return NEAR_RECENT;
    return stale < c->conf->cache_max_stale_ms ? NEAR_AGING : NEAR_NONE;
}

static bool become_leader(struct cache *c, struct lookup *l, enum flight *flight)
{
    *flight = flight_begin(c->flights, &l->key);
    l->leads = *flight == FLIGHT_LEADS;
    return l->leads;
}

/* Waits until who leads is done, and leads then. False when the time is over. */
static bool wait_for_leader(struct cache *c, struct lookup *l, int64_t until)
{
    enum flight flight = FLIGHT_BUSY;

    while (flight == FLIGHT_BUSY && clock_mono_ms() < until) {
        (void)usleep(WAIT_STEP_US);
        (void)become_leader(c, l, &flight);
    }
    return l->leads;
}

/* Answers from this host, waits for who is about to know the answer, or becomes the one who finds out. True: answered. */
static bool answer_near(struct cache *c, struct lookup *l, struct http_response *resp)
{
    int64_t until = clock_mono_ms() + c->conf->cache_wait_ms;
    enum flight flight;
    struct found f;

    for (;;) {
        enum near near = judge_near(c, l, &f);

        if (near == NEAR_CURRENT || near == NEAR_RECENT) {
            respond_near(c, l, &f, resp, near == NEAR_RECENT);
            return true;
        }
        if (l->leads || !(become_leader(c, l, &flight) || flight == FLIGHT_BUSY))
            return false;
        if (flight == FLIGHT_BUSY && near != NEAR_NONE) {
            respond_near(c, l, &f, resp, near == NEAR_AGING);
            return true;
        }
        if (l->leads) {
            if (near == NEAR_ENDING) {
                l->renews_ms = f.entry.made_ms;
                counter_add(c->counters, COUNTER_CACHE_EARLY);
                return false;
            }
            continue; /* once more: the one who led before may have been done between the two looks */
        }
        counter_add(c->counters, COUNTER_CACHE_WAITED);
        if (!wait_for_leader(c, l, until))
            return false;
    }
}

static enum counter hit_counter(const struct cache *c, const struct tier *t)
{
    return t == c->redis ? COUNTER_CACHE_HIT_REDIS : COUNTER_CACHE_HIT_MEMCACHED;
}

static enum counter miss_counter(const struct cache *c, const struct tier *t)
{
    return t == c->redis ? COUNTER_TIER_MISS_REDIS : COUNTER_TIER_MISS_MEMCACHED;
}

/* Asks the first tier that is up, under the versions that are known. */
static bool ask_tiers(struct cache *c, struct lookup *l, struct found *f)
{
    struct cache_key key = shared_key(c, l);

    for (size_t i = 0; c->tiers[i] != c->lru && l->spent_ms < TIERS_BOUND_MS; i++) {
        struct tier *t = c->tiers[i];
        int64_t began = clock_mono_ms();
        enum tier_result result = t->get(t, &key, l->arena, &f->bytes);

        l->spent_ms += clock_mono_ms() - began;
        if (result == TIER_FAILED)
            continue;
        l->asked = t;
        f->known_ms = 0;
        return result == TIER_OK && check(c, l, f, false) && is_of_versions(l, &f->entry);
    }
    return false;
}

static int64_t life_of(const struct cache *c, int64_t left_ms)
{
    return left_ms + c->conf->cache_stale_if_error_s * 1000;
}

static bool answer_far(struct cache *c, struct lookup *l, struct http_response *resp)
{
    struct found f;

    counter_add(c->counters, COUNTER_TIER_MISS_LRU);
    if (!ask_tiers(c, l, &f) || f.age_ms >= f.entry.ttl_ms || f.entry.made_ms <= l->renews_ms) {
        if (l->asked != NULL)
            counter_add(c->counters, miss_counter(c, l->asked));
        return false;
    }
    respond(l, &f, resp, "hit", l->asked);
    counter_add(c->counters, hit_counter(c, l->asked));
    keep_near(c, l, f.bytes, life_of(c, f.entry.ttl_ms - f.age_ms));
    return true;
}

/* The tags of what is asked for. False when there is no such thing, which isn't cached. */
static bool find_tags(struct lookup *l, const struct cache_policy *policy, const char *arg)
{
    for (; l->ntags < TAGS_MAX && policy->tags[l->ntags] != NULL; l->ntags++) {
        const char *tag = policy->tags[l->ntags], *each = strstr(tag, "{}");
        int64_t id;

        if (each != NULL) {
            if (arg == NULL || !parse_i64(arg, &id) || id < 1)
                return false;
            tag = arena_printf(l->arena, "%.*s%02lld", (int)(each - tag), tag, (long long)id % TAG_BUCKETS);
        }
        l->tags[l->ntags] = tag;
    }
    return true;
}

bool cache_wanted(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *arg, const struct http_request *req,
                  struct arena *arena, int64_t *wanted)
{
    memset(l, 0, sizeof(*l));
    l->arena = arena;
    if (policy == NULL || !c->conf->cache || !find_tags(l, policy, arg))
        return false;
    read_seen(l, req);
    if (!find_versions(c, l) || !l->certain)
        return false;
    for (size_t i = 0; i < l->ntags; i++)
        wanted[i] = l->seen[i] > l->versions[i].version ? l->seen[i] : l->versions[i].version;
    return true;
}

void cache_lookup(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *arg,
                  const struct http_request *req, struct http_response *resp, struct arena *arena)
{
    memset(l, 0, sizeof(*l));
    l->arena = arena;
    if (policy == NULL || !c->conf->cache || (req->method != HTTP_GET && req->method != HTTP_HEAD))
        return;
    if (!find_tags(l, policy, arg))
        return;
    l->policy = policy;
    make_key(c, req->path, req->query_text, &l->key);
    read_seen(l, req);
    tell_tags(c, l, resp);
    l->first_header = resp->nheaders;
    if (!find_versions(c, l)) {
        l->policy = NULL;
        return;
    }
    /* Not certain: the database is away. Nobody needs to wait until that is found out again. */
    if (l->certain ? answer_near(c, l, resp) || answer_far(c, l, resp) : cache_stale(c, l, resp))
        cache_end(c, l);
    else
        l->missed_us = clock_mono_us();
}

/* Puts it into the local tier and into the one that was asked. */
static void keep(struct cache *c, struct lookup *l, const struct http_response *resp, int64_t cost_us)
{
    struct entry e = {.key = l->key, .made_ms = clock_real_ms(), .ttl_ms = ttl_ms(c, l->policy->kind), .cost_us = cost_us};
    struct cache_key key;
    struct str bytes;

    for (size_t i = 0; i < l->ntags; i++)
        e.versions[i] = l->versions[i].version;
    bytes = entry_pack(&e, resp, l->first_header, c->mac_key, l->arena);
    if (bytes.n > (size_t)c->conf->cache_max_value_bytes)
        return;
    keep_near(c, l, bytes, life_of(c, e.ttl_ms));
    cache_end(c, l); /* those who wait need not wait for the tier */
    key = shared_key(c, l);
    if (l->asked != NULL)
        (void)l->asked->set(l->asked, &key, bytes, life_of(c, e.ttl_ms)); /* failing, it has told its breaker */
}

void cache_store(struct cache *c, struct lookup *l, struct http_response *resp)
{
    if (l->policy == NULL || l->missed_us == 0)
        return;
    counter_add(c->counters, COUNTER_CACHE_MISS);
    if (resp->status == 200) {
        response_tag(resp, l->arena);
        keep(c, l, resp, clock_mono_us() - l->missed_us);
    }
    response_header(resp, "X-Cache",
                    arena_printf(l->arena, "miss; tier=%s", l->asked != NULL ? l->asked->name : c->lru->name));
}

/* The database is away: whether the entry ended less than CACHE_STALE_IF_ERROR ago. Of the versions that were last known it
 * was good until they were last certain; of older ones, who knows when they ended: after it was made. */
static bool may_stand_in(const struct cache *c, const struct lookup *l, const struct found *f)
{
    int64_t stale = f->age_ms;

    if (is_of_versions(l, &f->entry)) {
        stale = at_least_0(f->age_ms - f->entry.ttl_ms);
        if (clock_mono_ms() - l->known_ms > stale)
            stale = clock_mono_ms() - l->known_ms;
    }
    return stale <= c->conf->cache_stale_if_error_s * 1000;
}

bool cache_stale(struct cache *c, struct lookup *l, struct http_response *resp)
{
    struct tier *from = c->lru;
    struct found f;

    if (l->policy == NULL)
        return false;
    if (!look_near(c, l, &f)) {
        if (!ask_tiers(c, l, &f))
            return false;
        from = l->asked;
    }
    if (!may_stand_in(c, l, &f))
        return false;
    l->missed_us = 0; /* nothing new to keep */
    resp->nheaders = l->first_header;
    respond(l, &f, resp, "stale", from);
    response_header(resp, "Warning", "110 - \"Response is Stale\"");
    counter_add(c->counters, COUNTER_CACHE_STALE);
    log_event(LOG_WARN, "cache_stale_served", F_INT("age_ms", (long long)f.age_ms));
    return true;
}

void cache_end(struct cache *c, struct lookup *l)
{
    if (l->leads)
        flight_end(c->flights, &l->key);
    l->leads = false;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* An entry whose body is the value. */
static struct str value_of(struct str bytes)
{
    struct http_response resp;

    response_init(&resp);
    entry_respond(bytes, &resp);
    return resp.body;
}

enum cache_value cache_value_get(struct cache *c, struct lookup *l, const struct cache_policy *policy, const char *kind,
                                 const char *name, struct arena *arena, struct str *value)
{
    struct found f, far;
    bool near;

    memset(l, 0, sizeof(*l));
    l->arena = arena;
    if (!c->conf->cache)
        return CACHE_VALUE_NONE;
    if (!find_tags(l, policy, NULL))
        return CACHE_VALUE_NONE;
    l->policy = policy;
    make_key(c, kind, name, &l->key);
    if (!find_versions(c, l)) {
        l->policy = NULL;
        return CACHE_VALUE_NONE;
    }
    near = look_near(c, l, &f);
    if (!l->certain) {
        /* Not one of older versions: what is older may have been taken away since. */
        if (!(near || ask_tiers(c, l, &f)) || !is_of_versions(l, &f.entry) || !may_stand_in(c, l, &f))
            return CACHE_VALUE_NONE;
        *value = value_of(f.bytes);
        return CACHE_VALUE_LAST_KNOWN;
    }
    if (!near || staleness(l, &f) != 0) {
        if (!ask_tiers(c, l, &far) || far.age_ms >= far.entry.ttl_ms) {
            if (!near || !is_of_versions(l, &f.entry) || f.age_ms > life_of(c, f.entry.ttl_ms))
                return CACHE_VALUE_NONE;
            *value = value_of(f.bytes);
            return CACHE_VALUE_EXPIRED;
        }
        f = far;
        keep_near(c, l, f.bytes, life_of(c, f.entry.ttl_ms - f.age_ms));
    }
    *value = value_of(f.bytes);
    return CACHE_VALUE_CURRENT;
}

void cache_value_set(struct cache *c, struct lookup *l, struct str value)
{
    struct http_response resp;

    if (l->policy == NULL)
        return;
    response_init(&resp);
    resp.etag = "";
    resp.body = value;
    keep(c, l, &resp, 0);
}

/* --- writes ------------------------------------------------------------------------------------------------------ */

bool cache_refresh(struct cache *c, struct arena *arena)
{
    return ask_versions(c, arena);
}

void cache_before_write(struct cache *c, struct cache_before *before)
{
    before->n = versions_all(c->versions, before->versions);
}

static int64_t version_before(const struct cache_before *before, const char *tag)
{
    for (size_t i = 0; i < before->n; i++) {
        if (strcmp(before->versions[i].tag, tag) == 0)
            return before->versions[i].v.version;
    }
    return 0;
}

void cache_after_write(struct cache *c, const struct cache_before *before, enum outcome o,
                       const struct http_request *req, struct http_response *resp, struct arena *arena)
{
    const char *cookie = request_cookie(req, SEEN_COOKIE, arena);
    /* From then on something may have changed that other hosts don't know yet; what a repeated write did is among that. */
    int64_t latest = (clock_real_ms() - c->conf->cache_max_stale_ms) * 1000 - CLOCKS_DIFFER_US;
    struct cache_before after;
    struct buf b;

    if (!c->conf->cache)
        return;
    /* Whatever the breaker thinks: the database has just taken the write. */
    if (o == OUT_UNCERTAIN || (o == OUT_OK && !fetch_versions(c, arena))) {
        versions_doubt(c->versions);
        return;
    }
    if (o != OUT_OK)
        return;
    cache_before_write(c, &after);
    buf_init(&b, arena, 256);
    for (size_t i = 0; i < after.n; i++) {
        const struct tag_version *t = &after.versions[i];
        int64_t seen = t->v.version;

        /* The cookie takes the place of the one before it, and must not forget an earlier write to something else. */
        if (resp->repeats ? seen < latest : seen == version_before(before, t->tag))
            seen = seen_version(cookie, t->tag, arena);
        if (seen > 0 && seen <= t->v.version)
            buf_printf(&b, "%s%s.%lld", b.len > 0 ? "," : "", t->tag, (long long)seen);
    }
    if (b.len > 0)
        response_header(resp, "Set-Cookie",
                        arena_printf(arena, SEEN_COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", b.data,
                                     (long long)c->conf->cache_max_stale_ms / 1000 + SEEN_SLACK_S,
                                     req->https ? "; Secure" : ""));
}
