/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/lru.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/lock.h"

#define CHUNK_SIZE      512
#define SHARD_MB        4         /* a shard is about as large, so that emptying one costs little */
#define SHARDS_MAX      64
#define NONE            UINT32_MAX
#define MIB             ((size_t)1024 * 1024)
#define LARGEST_SHARE   4         /* a value may take 1/4 of a shard */

/* Chunks are numbered; a chain is linked through next[]. The first chunk of a value begins with this. */
struct item {
    struct cache_key key;
    uint32_t bucket_next;      /* item with the same bucket */
    uint32_t newer, older;     /* neighbours in order of use */
    uint32_t length;           /* of the value */
    int64_t expires_ms;        /* monotonic clock */
};

#define FIRST_ROOM (CHUNK_SIZE - sizeof(struct item))

/* While the lock is free: each chunk below the limit is in the free list or in one item's chain, those from it on are in neither,
 * and may have no memory; each item is in its bucket and in the order of use. Its owner died: the shard is emptied. */
struct shard {
    struct shm_lock lock;
    uint32_t nchunks;          /* that it was made with */
    uint32_t limit;            /* that it may use */
    uint32_t nbuckets;         /* power of two */
    uint32_t nfree;
    uint32_t free;             /* first free chunk */
    uint32_t newest, oldest;
    uint32_t entries;
    int64_t evicted;
    int64_t emptied;
    uint64_t buckets_at;       /* offsets from the shard, of uint32_t[nbuckets], */
    uint64_t next_at;          /* of uint32_t[nchunks] */
    uint64_t chunks_at;        /* and of the chunks */
};

struct lru {
    uint32_t nshards;
    _Atomic int32_t parts;     /* see lru_resize() */
    uint64_t shard_size;       /* bytes from one shard to the next */
};

struct lru_tier {
    struct tier tier;
    struct lru *lru;
    const struct shm *shm;
};

#define LRU_HEAD ((size_t)64) /* struct lru, and the first shard behind it */

static size_t count_shards(size_t size)
{
    size_t n = size / (SHARD_MB * MIB);

    return n < 1 ? 1 : n > SHARDS_MAX ? SHARDS_MAX : n;
}

static size_t region_size(const struct conf *conf)
{
    return (size_t)conf->cache_local_mb * MIB;
}

static struct shard *shard_at(const struct lru *lru, size_t i)
{
    return (struct shard *)((char *)(uintptr_t)lru + LRU_HEAD + i * lru->shard_size);
}

static uint32_t *buckets(struct shard *s)
{
    return (uint32_t *)((char *)s + s->buckets_at);
}

static uint32_t *next(struct shard *s)
{
    return (uint32_t *)((char *)s + s->next_at);
}

static char *chunk(struct shard *s, uint32_t i)
{
    return (char *)s + s->chunks_at + (size_t)i * CHUNK_SIZE;
}

static struct item *item(struct shard *s, uint32_t i)
{
    return (struct item *)chunk(s, i);
}

static void empty(struct shard *s)
{
    for (uint32_t i = 0; i < s->nbuckets; i++)
        buckets(s)[i] = NONE;
    for (uint32_t i = 0; i < s->limit; i++)
        next(s)[i] = i + 1 < s->limit ? i + 1 : NONE;
    s->free = 0;
    s->nfree = s->limit;
    s->newest = s->oldest = NONE;
    s->entries = 0;
}

static void repair(void *arg)
{
    struct shard *s = arg;

    empty(s);
    s->emptied++;
}

static size_t aligned(size_t n)
{
    return (n + 63) / 64 * 64;
}

static void shard_init(struct shard *s, size_t size)
{
    /* A chunk, its link, and on average a bucket for two chunks. */
    uint32_t estimate = (uint32_t)((size - aligned(sizeof(*s))) / (CHUNK_SIZE + sizeof(uint32_t) * 2));

    s->nbuckets = 16;
    while (s->nbuckets * 4 <= estimate)
        s->nbuckets *= 2;
    s->buckets_at = aligned(sizeof(*s));
    s->next_at = aligned(s->buckets_at + s->nbuckets * sizeof(uint32_t));
    s->nchunks = (uint32_t)((size - s->next_at - 64) / (CHUNK_SIZE + sizeof(uint32_t)));
    s->chunks_at = aligned(s->next_at + s->nchunks * sizeof(uint32_t));
    s->limit = s->nchunks;
    shm_lock_init(&s->lock);
    empty(s);
}

static void region_init(void *region, size_t size)
{
    struct lru *lru = region;

    lru->nshards = (uint32_t)count_shards(size);
    lru->parts = LRU_PARTS;
    lru->shard_size = (size - LRU_HEAD) / lru->nshards / 64 * 64;
    for (uint32_t i = 0; i < lru->nshards; i++)
        shard_init(shard_at(lru, i), lru->shard_size);
}

const struct shm_region lru_region = {"lru", 2, region_size, region_init};

/* --- within a shard, its lock held --- */

static uint32_t *bucket_of(struct shard *s, const struct cache_key *key)
{
    uint32_t h;

    memcpy(&h, key->hash + 4, sizeof(h)); /* the first bytes chose the shard */
    return &buckets(s)[h & (s->nbuckets - 1)];
}

static uint32_t find(struct shard *s, const struct cache_key *key)
{
    uint32_t i = *bucket_of(s, key);

    while (i != NONE && memcmp(item(s, i)->key.hash, key->hash, sizeof(key->hash)) != 0)
        i = item(s, i)->bucket_next;
    return i;
}

static void use_unlink(struct shard *s, uint32_t i)
{
    struct item *it = item(s, i);

    if (it->newer != NONE)
        item(s, it->newer)->older = it->older;
    else
        s->newest = it->older;
    if (it->older != NONE)
        item(s, it->older)->newer = it->newer;
    else
        s->oldest = it->newer;
}

static void use_link(struct shard *s, uint32_t i)
{
    struct item *it = item(s, i);

    it->newer = NONE;
    it->older = s->newest;
    if (s->newest != NONE)
        item(s, s->newest)->newer = i;
    else
        s->oldest = i;
    s->newest = i;
}

/* Chunks for a value of n bytes. */
static uint32_t chunks_for(size_t n)
{
    return n <= FIRST_ROOM ? 1 : 1 + (uint32_t)((n - FIRST_ROOM + CHUNK_SIZE - 1) / CHUNK_SIZE);
}

static void drop(struct shard *s, uint32_t i)
{
    struct item *it = item(s, i);
    uint32_t *link = bucket_of(s, &it->key), last = i;

    while (*link != i)
        link = &item(s, *link)->bucket_next;
    *link = it->bucket_next;
    use_unlink(s, i);
    s->nfree += chunks_for(it->length);
    while (next(s)[last] != NONE)
        last = next(s)[last];
    next(s)[last] = s->free;
    s->free = i;
    s->entries--;
}

/* Takes a chain of n chunks, which are there. */
static uint32_t take(struct shard *s, uint32_t n)
{
    uint32_t first = s->free, last = first;

    for (uint32_t i = 1; i < n; i++)
        last = next(s)[last];
    s->free = next(s)[last];
    next(s)[last] = NONE;
    s->nfree -= n;
    return first;
}

/* Makes room for n chunks by dropping what was used longest ago. */
static void make_room(struct shard *s, uint32_t n)
{
    while (s->nfree < n) {
        drop(s, s->oldest);
        s->evicted++;
    }
}

static void copy_in(struct shard *s, uint32_t i, struct str value)
{
    size_t n = value.n < FIRST_ROOM ? value.n : FIRST_ROOM;

    memcpy(chunk(s, i) + sizeof(struct item), value.p, n);
    while (n < value.n) {
        size_t part = value.n - n < CHUNK_SIZE ? value.n - n : CHUNK_SIZE;

        i = next(s)[i];
        memcpy(chunk(s, i), value.p + n, part);
        n += part;
    }
}

static void copy_out(struct shard *s, uint32_t i, char *out, size_t length)
{
    size_t n = length < FIRST_ROOM ? length : FIRST_ROOM;

    memcpy(out, chunk(s, i) + sizeof(struct item), n);
    while (n < length) {
        size_t part = length - n < CHUNK_SIZE ? length - n : CHUNK_SIZE;

        i = next(s)[i];
        memcpy(out + n, chunk(s, i), part);
        n += part;
    }
}

/* --- more and less room, the shard's lock held --- */

/* An item's first chunk moves: whoever knows its number is told the new one. */
static uint32_t move_first(struct shard *s, uint32_t i)
{
    uint32_t to = take(s, 1), *link = bucket_of(s, &item(s, i)->key);
    const struct item *it = item(s, to);

    memcpy(chunk(s, to), chunk(s, i), CHUNK_SIZE);
    next(s)[to] = next(s)[i];
    while (*link != i)
        link = &item(s, *link)->bucket_next;
    *link = to;
    if (it->newer != NONE)
        item(s, it->newer)->older = to;
    else
        s->newest = to;
    if (it->older != NONE)
        item(s, it->older)->newer = to;
    else
        s->oldest = to;
    return to;
}

static void move_behind(struct shard *s, uint32_t before)
{
    uint32_t i = next(s)[before], to = take(s, 1);

    memcpy(chunk(s, to), chunk(s, i), CHUNK_SIZE);
    next(s)[to] = next(s)[i];
    next(s)[before] = to;
}

/* Leaves in the free list what lies below the limit. */
static void sift_free(struct shard *s, uint32_t limit)
{
    uint32_t i = s->free, following;

    s->free = NONE;
    s->nfree = 0;
    for (; i != NONE; i = following) {
        following = next(s)[i];
        if (i >= limit)
            continue;
        next(s)[i] = s->free;
        s->free = i;
        s->nfree++;
    }
}

/* The newest values that fit stay, and move to below the new limit. That is set last: whoever finds the shard half done empties
 * it to the old one, behind which nothing was given back yet. */
static void shrink(struct shard *s, uint32_t limit)
{
    make_room(s, s->limit - limit);
    sift_free(s, limit);
    for (uint32_t i = s->newest; i != NONE; i = item(s, i)->older) {
        if (i >= limit)
            i = move_first(s, i);
        for (uint32_t c = i; next(s)[c] != NONE; c = next(s)[c]) {
            if (next(s)[c] >= limit)
                move_behind(s, c);
        }
    }
    s->limit = limit;
}

static void grow(struct shard *s, uint32_t limit)
{
    for (uint32_t i = s->limit; i < limit; i++) {
        next(s)[i] = s->free;
        s->free = i;
        s->nfree++;
    }
    s->limit = limit;
}

/* What lies between the new limit and the end is given back even when the limit was there already: whoever set it may have died
 * before that was done. */
static bool resize(const struct shm *shm, struct shard *s, uint32_t limit)
{
    if (limit > s->limit) {
        if (!shm_take_back(shm, chunk(s, s->limit), (size_t)(limit - s->limit) * CHUNK_SIZE))
            return false;
        grow(s, limit);
        return true;
    }
    if (limit < s->limit)
        shrink(s, limit);
    return shm_give_back(shm, chunk(s, limit), (size_t)(s->nchunks - limit) * CHUNK_SIZE);
}

/* --- the tier --- */

/* The key's shard, locked; NULL when its lock can't be had. */
static struct shard *lock_shard(struct tier *t, const struct cache_key *key)
{
    const struct lru *lru = ((struct lru_tier *)t)->lru;
    uint32_t h;
    struct shard *s;

    memcpy(&h, key->hash, sizeof(h));
    s = shard_at(lru, h % lru->nshards);
    return shm_lock(&s->lock, repair, s) ? s : NULL;
}

static enum tier_result get(struct tier *t, const struct cache_key *key, struct arena *arena, struct str *value)
{
    struct shard *s = lock_shard(t, key);
    enum tier_result result = TIER_MISS;
    uint32_t i;
    char *copy;

    if (s == NULL)
        return TIER_FAILED;
    i = find(s, key);
    if (i != NONE && item(s, i)->expires_ms <= clock_mono_ms()) {
        drop(s, i);
    } else if (i != NONE) {
        copy = arena_alloc(arena, item(s, i)->length);
        copy_out(s, i, copy, item(s, i)->length);
        *value = (struct str){copy, item(s, i)->length};
        use_unlink(s, i);
        use_link(s, i);
        result = TIER_OK;
    }
    shm_unlock(&s->lock);
    return result;
}

static enum tier_result set(struct tier *t, const struct cache_key *key, struct str value, int64_t ttl_ms)
{
    struct shard *s = lock_shard(t, key);
    uint32_t need = chunks_for(value.n), i;
    uint32_t *bucket;

    if (s == NULL)
        return TIER_FAILED;
    i = find(s, key);
    if (i != NONE)
        drop(s, i);
    if (value.n > UINT32_MAX / 2 || need > s->limit / LARGEST_SHARE) {
        shm_unlock(&s->lock);
        return TIER_MISS;
    }
    make_room(s, need);
    i = take(s, need);
    bucket = bucket_of(s, key);
    *item(s, i) = (struct item){
        .key = *key, .bucket_next = *bucket, .length = (uint32_t)value.n, .expires_ms = clock_mono_ms() + ttl_ms};
    copy_in(s, i, value);
    *bucket = i;
    use_link(s, i);
    s->entries++;
    shm_unlock(&s->lock);
    return TIER_OK;
}

static enum tier_result remove_key(struct tier *t, const struct cache_key *key)
{
    struct shard *s = lock_shard(t, key);
    uint32_t i;

    if (s == NULL)
        return TIER_FAILED;
    i = find(s, key);
    if (i != NONE)
        drop(s, i);
    shm_unlock(&s->lock);
    return i != NONE ? TIER_OK : TIER_MISS;
}

static void free_tier(struct tier *t)
{
    free(t); /* the memory is the segment's */
}

struct tier *lru_open(const struct shm *shm)
{
    struct lru_tier *t = mem_zalloc(sizeof(*t));

    t->tier = (struct tier){.name = "lru", .get = get, .set = set, .remove = remove_key, .free = free_tier};
    t->lru = shm_region(shm, &lru_region);
    t->shm = shm;
    return &t->tier;
}

bool lru_status(const struct tier *lru, struct lru_status *out)
{
    const struct lru *l = ((const struct lru_tier *)lru)->lru;
    bool all = true;

    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < l->nshards; i++) {
        struct shard *s = shard_at(l, i);

        if (!shm_lock(&s->lock, repair, s)) {
            all = false;
            continue;
        }
        out->bytes += (int64_t)s->limit * CHUNK_SIZE;
        out->whole += (int64_t)s->nchunks * CHUNK_SIZE;
        out->used += (int64_t)(s->limit - s->nfree) * CHUNK_SIZE;
        out->entries += s->entries;
        out->evicted += s->evicted;
        out->emptied += s->emptied;
        shm_unlock(&s->lock);
    }
    return all;
}

bool lru_resize(struct tier *lru, int parts)
{
    const struct lru_tier *t = (const struct lru_tier *)lru;
    bool done = true;

    if (shm_is_private(t->shm))
        return false;
    for (uint32_t i = 0; i < t->lru->nshards; i++) {
        struct shard *s = shard_at(t->lru, i);

        if (!shm_lock(&s->lock, repair, s)) {
            done = false;
            continue;
        }
        done = resize(t->shm, s, (uint32_t)((uint64_t)s->nchunks * (uint64_t)parts / LRU_PARTS)) && done;
        shm_unlock(&s->lock);
    }
    atomic_store(&t->lru->parts, parts);
    return done;
}

int lru_parts(const struct tier *lru)
{
    return atomic_load(&((const struct lru_tier *)lru)->lru->parts);
}

void lru_clear(struct tier *lru)
{
    const struct lru *l = ((const struct lru_tier *)lru)->lru;

    for (uint32_t i = 0; i < l->nshards; i++) {
        struct shard *s = shard_at(l, i);

        if (shm_lock(&s->lock, repair, s)) {
            empty(s);
            shm_unlock(&s->lock);
        }
    }
}
