/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/lru.c" /* to look into the shards */
#include "tests/unit/processes.h"

#include <math.h>

#include "base/log.h"
#include "base/random.h"

static const struct shm_region *const only_lru[] = {&lru_region, NULL};
static struct conf conf;
static struct shm *segment;

static struct tier *new_lru(int64_t mb)
{
    conf.cache_local_mb = mb;
    segment = segment_new(&conf, only_lru);
    return lru_open(segment);
}

static void end(struct tier *t)
{
    t->free(t);
    shm_close(&segment);
}

static struct cache_key key_of(uint64_t i)
{
    struct cache_key key;
    uint64_t half = rnd(&i);

    memcpy(key.hash, &half, 8);
    half = rnd(&i);
    memcpy(key.hash + 8, &half, 8);
    return key;
}

static enum tier_result put(struct tier *t, uint64_t i, const char *p, size_t n)
{
    const struct cache_key key = key_of(i);

    return t->set(t, &key, (struct str){p, n}, 3600 * 1000);
}

static bool holds(struct tier *t, uint64_t i, struct arena *arena, struct str *value)
{
    const struct cache_key key = key_of(i);

    return t->get(t, &key, arena, value) == TIER_OK;
}

static struct lru_status status_of(const struct tier *t)
{
    struct lru_status s;

    lru_status(t, &s);
    return s;
}

/* Every shard is what the comment at struct shard says of it; nobody uses it meanwhile. */
static void assert_sound(const struct tier *t)
{
    const struct lru *lru = ((const struct lru_tier *)t)->lru;

    for (uint32_t n = 0; n < lru->nshards; n++) {
        struct shard *s = shard_at(lru, n);
        uint32_t nfree = 0, entries = 0, found = 0, newer = NONE;
        char *seen = calloc(s->nchunks, 1);

        assert_non_null(seen);
        for (uint32_t i = s->free; i != NONE; i = next(s)[i]) {
            assert_in_range(i, 0, s->limit - 1);
            assert_int_equal(seen[i]++, 0);
            nfree++;
        }
        for (uint32_t i = s->newest; i != NONE; newer = i, i = item(s, i)->older) {
            uint32_t chunks = 0;

            assert_in_range(i, 0, s->limit - 1);
            assert_int_equal(item(s, i)->newer, newer);
            for (uint32_t c = i; c != NONE; c = next(s)[c], chunks++) {
                assert_in_range(c, 0, s->limit - 1);
                assert_int_equal(seen[c]++, 0);
            }
            assert_int_equal(chunks, chunks_for(item(s, i)->length));
            assert_int_equal(find(s, &item(s, i)->key), i);
            entries++;
        }
        assert_int_equal(s->oldest, newer);
        for (uint32_t b = 0; b < s->nbuckets; b++) {
            for (uint32_t i = buckets(s)[b]; i != NONE; i = item(s, i)->bucket_next)
                found++;
        }
        assert_null(memchr(seen, 0, s->limit)); /* none is lost */
        assert_int_equal(nfree, s->nfree);
        assert_int_equal(entries, s->entries);
        assert_int_equal(found, s->entries);
        free(seen);
    }
}

/* --- one process -------------------------------------------------------------------------------------------------- */

static void what_was_set_is_got(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1), *other = lru_open(segment);
    const struct cache_key key = key_of(1);
    struct lru_status s;
    struct str value;

    assert_int_equal(t->get(t, &key, u->arena, &value), TIER_MISS);
    assert_int_equal(t->remove(t, &key), TIER_MISS);
    assert_int_equal(t->set(t, &key, STR("one"), 1000000), TIER_OK);
    assert_int_equal(other->get(other, &key, u->arena, &value), TIER_OK);
    assert_int_equal(value.n, 3);
    assert_memory_equal(value.p, "one", 3);
    assert_int_equal(t->set(t, &key, STR("a longer one"), 1000000), TIER_OK);
    assert_int_equal(other->get(other, &key, u->arena, &value), TIER_OK);
    assert_memory_equal(value.p, "a longer one", value.n);
    s = status_of(t);
    assert_int_equal(s.entries, 1);
    assert_int_equal(s.used, CHUNK_SIZE);
    assert_int_equal(other->remove(other, &key), TIER_OK);
    assert_int_equal(t->get(t, &key, u->arena, &value), TIER_MISS);
    s = status_of(t);
    assert_int_equal(s.entries, 0);
    assert_int_equal(s.used, 0);
    assert_int_equal(s.evicted, 0);
    assert_sound(t);
    other->free(other);
    end(t);
}

/* Around the ends of the first chunk and of those behind it, and nothing at all. */
static void values_of_every_length_come_back_whole(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    static char bytes[3 * CHUNK_SIZE + 3];
    struct str value;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 256);
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        assert_int_equal(put(t, 1, bytes, n), TIER_OK);
        assert_true(holds(t, 1, u->arena, &value));
        assert_int_equal(value.n, n);
        assert_memory_equal(value.p, bytes, n);
        assert_int_equal(status_of(t).used, n <= FIRST_ROOM ? CHUNK_SIZE
                                            : (1 + (n - FIRST_ROOM + CHUNK_SIZE - 1) / CHUNK_SIZE) * CHUNK_SIZE);
        arena_reset(u->arena);
    }
    assert_sound(t);
    end(t);
}

static void a_value_ends_with_its_time(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    const struct cache_key brief = key_of(1), lasting = key_of(2);
    int64_t since = clock_mono_ms();
    struct str value;

    assert_int_equal(t->set(t, &brief, STR("brief"), 0), TIER_OK);
    assert_int_equal(t->get(t, &brief, u->arena, &value), TIER_MISS);
    assert_int_equal(t->set(t, &brief, STR("brief"), 30), TIER_OK);
    assert_int_equal(t->set(t, &lasting, STR("lasting"), 1000000), TIER_OK);
    while (t->get(t, &brief, u->arena, &value) == TIER_OK)
        nap();
    assert_true(clock_mono_ms() - since >= 30);
    assert_int_equal(t->get(t, &lasting, u->arena, &value), TIER_OK);
    assert_int_equal(status_of(t).entries, 1); /* what was found to be over is gone */
    assert_sound(t);
    end(t);
}

/* What was there before is not served in its place. */
static void what_is_too_large_is_not_kept(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    size_t largest = FIRST_ROOM + (shard_at(((struct lru_tier *)t)->lru, 0)->nchunks / 4 - 1) * CHUNK_SIZE;
    char *bytes = calloc(1, largest + 1);
    struct str value;

    assert_non_null(bytes);
    print_message("    of 1 MiB the largest value is %zu bytes\n", largest);
    assert_int_equal(put(t, 1, bytes, largest), TIER_OK);
    assert_true(holds(t, 1, u->arena, &value));
    assert_int_equal(put(t, 1, bytes, largest + 1), TIER_MISS);
    assert_false(holds(t, 1, u->arena, &value));
    assert_int_equal(status_of(t).entries, 0);
    assert_sound(t);
    free(bytes);
    end(t);
}

static void the_region_is_as_large_as_configured(void **state)
{
    static const int64_t sizes[] = {1, 2, 3, 7, 8, 16, 61, 300, 1024};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct conf c = {.cache_local_mb = sizes[i]};
        size_t size = lru_region.size(&c);
        char *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        struct lru_tier t = {.lru = (struct lru *)(void *)region};
        struct shard *last;

        assert_true(region != MAP_FAILED);
        assert_int_equal(size, (size_t)sizes[i] * MIB);
        lru_region.init(region, size);
        last = shard_at(t.lru, t.lru->nshards - 1);
        assert_true(chunk(last, last->nchunks) <= region + size);
        assert_true(status_of(&t.tier).bytes * 100 >= (int64_t)size * 98); /* the rest is the index */
        assert_int_equal(munmap(region, size), 0);
    }
}


enum { EXACT_KEYS = 600, EXACT_STEPS = 20000 };

/* An exact LRU of one shard's room, counted in chunks. */
struct exact {
    size_t capacity, used, evicted;
    uint64_t clock, stamp[EXACT_KEYS]; /* when it was used last; 0: not there */
    size_t chunks[EXACT_KEYS];
};

static void exact_make_room(struct exact *m, size_t chunks)
{
    while (m->used + chunks > m->capacity) {
        size_t oldest = EXACT_KEYS;

        for (size_t k = 0; k < EXACT_KEYS; k++) {
            if (m->stamp[k] != 0 && (oldest == EXACT_KEYS || m->stamp[k] < m->stamp[oldest]))
                oldest = k;
        }
        m->used -= m->chunks[oldest];
        m->stamp[oldest] = 0;
        m->evicted++;
    }
}

static void exact_put(struct exact *m, size_t i, size_t bytes)
{
    m->used -= m->stamp[i] != 0 ? m->chunks[i] : 0;
    m->stamp[i] = 0;
    m->chunks[i] = chunks_for(bytes);
    exact_make_room(m, m->chunks[i]);
    m->used += m->chunks[i];
    m->stamp[i] = m->clock++;
}

/* One shard against the model: the same keys, whole, at every step, and after its room was changed. */
static void walk_beside_the_model(struct unit *u, bool resizing)
{
    struct tier *t = new_lru(1);
    static struct exact m;
    static char bytes[20000 + EXACT_KEYS];
    uint64_t seed = seed_new();
    struct str value;
    size_t resized = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 256);
    m = (struct exact){.clock = 1, .capacity = (size_t)status_of(t).bytes / CHUNK_SIZE};
    for (size_t step = 0; step < EXACT_STEPS; step++) {
        size_t i = rnd_below(&seed, EXACT_KEYS);

        if (resizing && rnd_below(&seed, 100) == 0) {
            assert_true(lru_resize(t, 1 + (int)rnd_below(&seed, LRU_PARTS)));
            m.capacity = (size_t)status_of(t).bytes / CHUNK_SIZE;
            exact_make_room(&m, 0);
            assert_sound(t);
            resized++;
        }
        if (rnd_below(&seed, 3) != 0) {
            assert_int_equal(holds(t, i, u->arena, &value), m.stamp[i] != 0);
            if (m.stamp[i] != 0) {
                assert_memory_equal(value.p, bytes + i, value.n);
                m.stamp[i] = m.clock++;
            }
            arena_reset(u->arena);
            continue;
        }
        value = (struct str){bytes + i, rnd_below(&seed, 20000)};
        exact_put(&m, i, value.n);
        assert_int_equal(put(t, i, value.p, value.n), TIER_OK);
        assert_int_equal(status_of(t).used, m.used * CHUNK_SIZE);
    }
    assert_true(m.evicted > EXACT_STEPS / 10);
    assert_int_equal(status_of(t).evicted, m.evicted);
    assert_sound(t);
    print_message("    %d steps, %zu times another room, %zu values evicted, the same ones as by the model\n", EXACT_STEPS, resized, m.evicted);
    end(t);
}

static void it_is_least_recently_used_exactly(void **state)
{
    walk_beside_the_model(*state, false);
}

static void it_stays_so_while_its_room_changes(void **state)
{
    walk_beside_the_model(*state, true);
}

/* What goes is the system's again, which the segment's memory says, and comes back. */
static void room_that_goes_is_given_back(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(16), *other = lru_open(segment);
    const struct lru_status whole = status_of(t);
    const int64_t memory = shm_memory(segment);
    static char bytes[FIRST_ROOM];
    struct str value;

    assert_int_equal(whole.bytes, whole.whole);
    assert_int_equal(lru_parts(t), LRU_PARTS);
    for (size_t i = 0; i < (size_t)whole.bytes / CHUNK_SIZE; i++)
        assert_int_equal(put(t, i, bytes, sizeof(bytes)), TIER_OK);
    for (int parts = LRU_PARTS; parts >= 1; parts--) {
        struct lru_status s;

        assert_true(lru_resize(t, parts));
        s = status_of(other);
        assert_int_equal(lru_parts(other), parts);
        assert_in_range(whole.bytes * parts / LRU_PARTS - s.bytes, 0, 4 * CHUNK_SIZE);
        assert_true(s.used > s.bytes * 9 / 10 && s.used <= s.bytes); /* the newest stayed; keys are not spread quite evenly */
        assert_int_equal(s.whole, whole.whole);
        /* But for a page at either end of each of the four shards. */
        assert_true(llabs((memory - shm_memory(segment)) - (whole.bytes - s.bytes)) <= 8 * 4096);
        assert_sound(t);
    }
    assert_true(holds(other, (size_t)whole.bytes / CHUNK_SIZE - 1, u->arena, &value));
    assert_true(lru_resize(t, LRU_PARTS));
    assert_int_equal(shm_memory(segment), memory);
    assert_int_equal(status_of(other).bytes, whole.bytes);
    assert_sound(t);
    other->free(other);
    end(t);
}

/* One of its own has nobody to share it with, and no name to take memory by. */
static void a_private_one_keeps_its_room(void **state)
{
    struct tier *t;
    int64_t bytes;

    (void)state;
    conf = (struct conf){.cache_local_mb = 1, .shm_name = (char[]){"/no/such/place"}};
    segment = shm_open_segment(&conf, only_lru);
    t = lru_open(segment);
    bytes = status_of(t).bytes;
    assert_true(shm_is_private(segment));
    assert_false(lru_resize(t, 1));
    assert_int_equal(status_of(t).bytes, bytes);
    assert_int_equal(lru_parts(t), LRU_PARTS);
    end(t);
}

/* --- how good, how full ------------------------------------------------------------------------------------------- */

/* An exact LRU over all keys, bounded in bytes. */
struct model {
    size_t capacity, used, hits;
    size_t *size; /* of a key's value as this model counts it; borrowed */
    uint32_t *newer, *older; /* by key */
    bool *there;
    uint32_t newest, oldest;
};

static void model_init(struct model *m, size_t keys, size_t capacity, size_t *size)
{
    *m = (struct model){.capacity = capacity, .size = size, .newest = NONE, .oldest = NONE};
    m->newer = calloc(keys, sizeof(*m->newer));
    m->older = calloc(keys, sizeof(*m->older));
    m->there = calloc(keys, sizeof(*m->there));
    assert_true(m->newer != NULL && m->older != NULL && m->there != NULL);
}

static void model_free(struct model *m)
{
    free(m->newer);
    free(m->older);
    free(m->there);
}

static void model_unlink(struct model *m, uint32_t i)
{
    *(m->newer[i] != NONE ? &m->older[m->newer[i]] : &m->newest) = m->older[i];
    *(m->older[i] != NONE ? &m->newer[m->older[i]] : &m->oldest) = m->newer[i];
}

/* Asked for, and put there after a miss. */
static void model_use(struct model *m, uint32_t i)
{
    if (m->there[i]) {
        m->hits++;
        model_unlink(m, i);
    } else {
        while (m->used + m->size[i] > m->capacity) {
            uint32_t old = m->oldest;

            model_unlink(m, old);
            m->there[old] = false;
            m->used -= m->size[old];
        }
        m->used += m->size[i];
        m->there[i] = true;
    }
    m->newer[i] = NONE;
    m->older[i] = m->newest;
    *(m->newest != NONE ? &m->newer[m->newest] : &m->oldest) = i;
    m->newest = i;
}

/* Requests as they come, most for few: key number k is asked for in proportion to 1/k. Two models: one counts what ours
 * does, whole chunks of the memory that is there for values; the other the values' own bytes in all of CACHE_LOCAL_MB,
 * which no cache of this size could better. */
static void it_hits_as_often_as_one_exact_lru(void **state)
{
    enum { KEYS = 20000, REQUESTS = 400000 };
    struct unit *u = *state;
    struct tier *t = new_lru(16);
    static char bytes[8192];
    static double below[KEYS];
    static size_t plain_size[KEYS], chunk_size[KEYS];
    struct model in_chunks, in_bytes;
    size_t hits = 0, sum = 0;
    uint64_t seed = 20261120;
    double total = 0, ours, theirs, ideal;
    struct str value;

    for (size_t i = 0; i < KEYS; i++) {
        below[i] = total += 1.0 / (double)(i + 1);
        plain_size[i] = 200 + (size_t)(i * 2654435761u % (8192 - 200 + 1));
        chunk_size[i] = (size_t)chunks_for(plain_size[i]) * CHUNK_SIZE;
        sum += plain_size[i];
    }
    model_init(&in_chunks, KEYS, (size_t)status_of(t).bytes, chunk_size);
    model_init(&in_bytes, KEYS, shm_size(segment, &lru_region), plain_size);
    for (size_t n = 0; n < REQUESTS; n++) {
        double at = (double)(rnd(&seed) >> 11) / (double)(UINT64_C(1) << 53) * total;
        uint32_t low = 0, high = KEYS - 1;

        while (low < high) {
            uint32_t middle = (low + high) / 2;

            if (below[middle] < at)
                low = middle + 1;
            else
                high = middle;
        }
        if (holds(t, low, u->arena, &value)) {
            assert_int_equal(value.n, plain_size[low]);
            hits++;
        } else {
            assert_int_equal(put(t, low, bytes, plain_size[low]), TIER_OK);
        }
        model_use(&in_chunks, low);
        model_use(&in_bytes, low);
        arena_reset(u->arena);
    }
    ours = 100.0 * (double)hits / REQUESTS;
    theirs = 100.0 * (double)in_chunks.hits / REQUESTS;
    ideal = 100.0 * (double)in_bytes.hits / REQUESTS;
    print_message("    16 MiB for %.1f MiB of values, Zipf(1.0), %d requests: %.2f %% hits; one exact LRU in chunks "
                  "%.2f %%, in plain bytes %.2f %%\n",
                  (double)sum / (double)MIB, REQUESTS, ours, theirs, ideal);
    assert_true(fabs(ours - theirs) < 2.0);
    assert_true(fabs(ours - ideal) < 2.0);
    assert_true(theirs > 50 && theirs < 95); /* else the trace would say nothing */
    assert_sound(t);
    model_free(&in_chunks);
    model_free(&in_bytes);
    end(t);
}

static void sizes_that_vary_do_not_fragment_it(void **state)
{
    enum { KEYS = 4000, LARGEST = 64 * 1024 };
    struct unit *u = *state;
    struct tier *t = new_lru(16);
    const struct lru *lru = ((struct lru_tier *)t)->lru;
    size_t sets = rounds(250000, 1000000), held = 0, largest = SIZE_MAX;
    uint64_t seed = 42;
    char *bytes;
    struct lru_status s;
    struct str value;

    for (uint32_t n = 0; n < lru->nshards; n++) {
        size_t room = FIRST_ROOM + (shard_at(lru, n)->nchunks / LARGEST_SHARE - 1) * CHUNK_SIZE;

        largest = room < largest ? room : largest;
    }
    bytes = calloc(1, largest);
    assert_non_null(bytes);
    for (size_t n = 0; n < sets; n++) {
        assert_int_equal(put(t, rnd_below(&seed, KEYS), bytes, 1 + rnd_below(&seed, LARGEST)), TIER_OK);
        if (n % 1000 == 0) {
            s = status_of(t);
            assert_true(s.used <= s.bytes);
        }
    }
    s = status_of(t);
    assert_true(s.used <= s.bytes);
    assert_sound(t);
    for (size_t i = 0; i < KEYS; i++) {
        held += holds(t, i, u->arena, &value) ? value.n : 0;
        arena_reset(u->arena);
    }
    print_message("    after %zu sets of 1 B to 64 KiB: %.1f %% of the chunks in use, values of %.1f %% of 16 MiB\n",
                  sets, 100.0 * (double)s.used / (double)s.bytes, 100.0 * (double)held / (16.0 * (double)MIB));
    assert_true(s.used * 100 >= s.bytes * 90);
    assert_true(held * 100 >= 16 * MIB * 90);
    for (size_t i = 0; i < 32; i++) { /* in every shard, as many keys as that takes */
        assert_int_equal(put(t, KEYS + i, bytes, largest), TIER_OK);
        assert_true(holds(t, KEYS + i, u->arena, &value));
        assert_int_equal(value.n, largest);
        arena_reset(u->arena);
    }
    assert_sound(t);
    free(bytes);
    end(t);
}

/* --- several processes, which die --------------------------------------------------------------------------------- */

/* A value says what it must be: whose it is, of which generation, how long, and a checksum of all that is behind. */
struct proof {
    uint64_t sum;
    uint32_t id, generation;
    uint64_t length;
    uint64_t noise[];
};

#define PROOF_MAX 6000
#define PROOF_IDS 500

static uint64_t proof_sum(const struct proof *p)
{
    uint64_t sum = p->length;
    const uint64_t *words = (const uint64_t *)p;

    for (size_t i = 1; i < p->length / 8; i++)
        sum = (sum ^ words[i]) * UINT64_C(0x9fb21c651e98df25) + (sum >> 29);
    return sum;
}

static void proof_make(struct proof *p, uint32_t id, uint32_t generation, size_t words)
{
    uint64_t seed = (uint64_t)generation << 32 | id;

    *p = (struct proof){.id = id, .generation = generation, .length = sizeof(*p) + words * 8};
    for (size_t i = 0; i < words; i++)
        p->noise[i] = rnd(&seed);
    p->sum = proof_sum(p);
}

static bool proof_holds(struct str value, uint32_t id)
{
    const struct proof *p = (const struct proof *)(const void *)value.p; /* an arena's pieces are aligned */

    return value.n >= sizeof(*p) && p->length == value.n && p->id == id && p->sum == proof_sum(p);
}

struct fray {
    struct tier *tier;
    _Atomic uint64_t steps[2];
    _Atomic uint64_t torn;
    _Atomic uint64_t got;
    _Atomic bool over;
    uint64_t seed;
};

/* Sets, gets and removes until it is killed or all is over. */
static int hammer(void *arg, int who)
{
    struct fray *f = arg;
    struct tier *t = f->tier;
    struct arena *arena = arena_new(16384);
    uint64_t seed = f->seed + (uint64_t)getpid();
    static _Alignas(16) char bytes[PROOF_MAX];
    struct str value;

    while (!atomic_load(&f->over)) {
        uint32_t id = (uint32_t)rnd_below(&seed, PROOF_IDS);
        const struct cache_key key = key_of(id);
        struct proof *p = (struct proof *)(void *)bytes;

        switch (rnd_below(&seed, 8)) {
        case 0:
            (void)t->remove(t, &key);
            break;
        case 1: case 2: case 3: case 4:
            proof_make(p, id, (uint32_t)rnd(&seed), rnd_below(&seed, (PROOF_MAX - sizeof(*p)) / 8));
            (void)t->set(t, &key, (struct str){bytes, p->length}, 1000000);
            break;
        default:
            if (t->get(t, &key, arena, &value) == TIER_OK) {
                atomic_fetch_add(&f->got, 1);
                atomic_fetch_add(&f->torn, proof_holds(value, id) ? 0 : 1);
            }
            arena_reset(arena);
        }
        atomic_fetch_add(&f->steps[who], 1);
    }
    arena_free(&arena);
    return 0;
}

/* 1 MiB is one shard, so all are in each other's way; two thirds of what they set fits, so they evict, too. */
static void a_shard_survives_whoever_is_killed_in_it(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    struct fray *f = shared_new(sizeof(*f));
    uint64_t seed = seed_new();
    size_t kills = 0, most = rounds(3000, 30000), enough = rounds(20, 400), filled = 0;
    static char bytes[FIRST_ROOM];
    struct lru_status s;
    struct str value;
    pid_t other;

    f->tier = t;
    f->seed = rnd(&seed);
    other = child_start(hammer, f, 1);
    for (s = status_of(t); s.emptied < (int64_t)enough && kills < most; kills++) {
        uint64_t until = atomic_load(&f->steps[0]) + 1 + rnd_below(&seed, 300);
        uint32_t id = (uint32_t)rnd_below(&seed, PROOF_IDS);
        pid_t child = child_start(hammer, f, 0);

        while (atomic_load(&f->steps[0]) < until)
            nap();
        child_kill(child);
        if (holds(t, id, u->arena, &value) && !proof_holds(value, id))
            atomic_fetch_add(&f->torn, 1);
        arena_reset(u->arena);
        s = status_of(t);
    }
    atomic_store(&f->over, true);
    assert_int_equal(child_end(other), 0);
    print_message("    %zu processes killed, %lld of them within the shard; %llu values got, %llu torn\n", kills,
                  (long long)s.emptied, (unsigned long long)f->got, (unsigned long long)f->torn);
    assert_int_equal(f->torn, 0);
    assert_true(f->got > 1000);
    assert_true(s.emptied >= (int64_t)enough);
    assert_sound(t);
    lru_clear(t);
    s = status_of(t);
    assert_int_equal(s.used, 0);
    assert_int_equal(s.entries, 0);
    while (status_of(t).evicted == s.evicted && filled <= (size_t)s.bytes / CHUNK_SIZE)
        assert_int_equal(put(t, filled++, bytes, sizeof(bytes)), TIER_OK);
    assert_int_equal(filled, (size_t)s.bytes / CHUNK_SIZE + 1); /* to the last chunk, and one more */
    assert_sound(t);
    end(t);
    assert_int_equal(munmap(f, sizeof(*f)), 0);
}

/* Changes the room until it is killed. */
static int resize_on(void *arg, int who)
{
    struct fray *f = arg;
    uint64_t seed = f->seed + (uint64_t)getpid();

    (void)who;
    for (;;) {
        if (!lru_resize(f->tier, 1 + (int)rnd_below(&seed, LRU_PARTS)))
            nap();
        atomic_fetch_add(&f->steps[0], 1);
    }
    return 0;
}

/* Agents that die while they change its room, beside somebody who uses it. */
static void its_room_survives_whoever_is_killed_changing_it(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    struct fray *f = shared_new(sizeof(*f));
    uint64_t seed = seed_new();
    size_t kills = 0, most = rounds(3000, 30000), enough = rounds(20, 400);
    const int64_t whole = status_of(t).bytes, memory = shm_memory(segment);
    struct lru_status s;
    pid_t other;

    f->tier = t;
    f->seed = rnd(&seed);
    other = child_start(hammer, f, 1);
    for (s = status_of(t); s.emptied < (int64_t)enough && kills < most; kills++) {
        uint64_t until = atomic_load(&f->steps[0]) + 1 + rnd_below(&seed, 20);
        pid_t child = child_start(resize_on, f, 0);

        while (atomic_load(&f->steps[0]) < until)
            nap();
        child_kill(child);
        s = status_of(t);
        assert_true(s.used <= s.bytes && s.bytes <= whole);
    }
    atomic_store(&f->over, true);
    assert_int_equal(child_end(other), 0);
    print_message("    %zu processes killed, %lld of them within the shard; %llu values got, %llu torn\n", kills,
                  (long long)s.emptied, (unsigned long long)f->got, (unsigned long long)f->torn);
    assert_int_equal(f->torn, 0);
    assert_true(f->got > 1000);
    assert_true(s.emptied >= (int64_t)enough);
    assert_sound(t);
    assert_true(lru_resize(t, LRU_PARTS));
    assert_int_equal(status_of(t).bytes, whole);
    assert_int_equal(shm_memory(segment), memory);
    assert_sound(t);
    arena_reset(u->arena);
    end(t);
    assert_int_equal(munmap(f, sizeof(*f)), 0);
}

static int stop_inside(void *arg, int i)
{
    struct shard *s = shard_at(((struct lru_tier *)arg)->lru, 0);

    (void)i;
    if (!shm_lock(&s->lock, repair, s))
        return 1;
    (void)raise(SIGSTOP);
    shm_unlock(&s->lock);
    return 0;
}

/* One that was stopped in the shard: the others do without, and nothing is thrown out. */
static void a_shard_that_is_held_is_done_without(void **state)
{
    struct unit *u = *state;
    struct tier *t = new_lru(1);
    const struct cache_key key = key_of(1);
    struct str value;
    pid_t child;

    assert_int_equal(put(t, 1, "kept", 4), TIER_OK);
    child = child_start(stop_inside, t, 0);
    child_await_stop(child);
    assert_int_equal(t->get(t, &key, u->arena, &value), TIER_FAILED);
    assert_int_equal(t->set(t, &key, STR("new"), 1000), TIER_FAILED);
    assert_int_equal(t->remove(t, &key), TIER_FAILED);
    assert_int_equal(status_of(t).bytes, 0);
    assert_false(lru_resize(t, 1)); /* the agent asks again */
    lru_clear(t);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(child_end(child), 0);
    assert_int_equal(t->get(t, &key, u->arena, &value), TIER_OK);
    assert_memory_equal(value.p, "kept", 4);
    assert_int_equal(status_of(t).emptied, 0);
    assert_true(lru_resize(t, 1));
    assert_int_equal(t->get(t, &key, u->arena, &value), TIER_OK);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(what_was_set_is_got),
        a_shared_test(values_of_every_length_come_back_whole),
        a_shared_test(a_value_ends_with_its_time),
        a_shared_test(what_is_too_large_is_not_kept),
        a_shared_test(the_region_is_as_large_as_configured),
        a_shared_test(it_is_least_recently_used_exactly),
        a_shared_test(it_stays_so_while_its_room_changes),
        a_shared_test(room_that_goes_is_given_back),
        a_shared_test(a_private_one_keeps_its_room),
        a_shared_test(it_hits_as_often_as_one_exact_lru),
        a_shared_test(sizes_that_vary_do_not_fragment_it),
        a_shared_test(a_shard_survives_whoever_is_killed_in_it),
        a_shared_test(its_room_survives_whoever_is_killed_changing_it),
        a_shared_test(a_shard_that_is_held_is_done_without),
    };

    random_init();
    log_init("test_lru", LOG_ERROR);
    (void)alarm(600); /* a torn shard can be one that nobody finds the end of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
