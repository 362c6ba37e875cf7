/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/versions.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/lock.h"

struct slot {
    char tag[TAG_SIZE]; /* "" in those behind the last */
    struct version v;
    int64_t learned_ms; /* when the answer with this version was there */
};

struct versions {
    struct shm_lock lock; /* free: every slot is one that the database had. Its owner died: all are forgotten */
    int64_t doubt_ms;     /* what was known before is doubted */
    struct slot slots[VERSIONS_MAX];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct versions);
}

static void region_init(void *region, size_t size)
{
    struct versions *v = region;

    (void)size;
    shm_lock_init(&v->lock);
}

const struct shm_region versions_region = {"versions", 2, region_size, region_init};

struct versions *versions_open(const struct shm *shm)
{
    return shm_region(shm, &versions_region);
}

static void forget(void *arg)
{
    struct versions *v = arg;

    memset(v->slots, 0, sizeof(v->slots));
}

/* The tag's slot, or the first free one; NULL when there is neither. */
static struct slot *find(struct versions *v, const char *tag)
{
    for (size_t i = 0; i < VERSIONS_MAX; i++) {
        struct slot *s = &v->slots[i];

        if (s->tag[0] == '\0' || strcmp(s->tag, tag) == 0)
            return s;
    }
    return NULL;
}

bool versions_get(struct versions *v, const char *const *tags, size_t n, struct version *out)
{
    bool known = true;

    if (!shm_lock(&v->lock, forget, v))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct slot *s = find(v, tags[i]);

        known = known && s != NULL && s->v.version != 0;
        if (known) {
            out[i] = s->v;
            out[i].doubted = s->v.known_ms <= v->doubt_ms;
        }
    }
    shm_unlock(&v->lock);
    return known;
}

/* What the database answered `now` to a question of `asked`. */
static void learn(struct slot *s, int64_t version, int64_t asked, int64_t now)
{
    if (version == s->v.version) {
        if (asked > s->v.known_ms)
            s->v.known_ms = asked;
        return;
    }
    /* An answer that was under way while somebody learned a newer one. But when the question is younger than what we
     * know, the database has gone back: a backup was restored. */
    if (version < s->v.version && asked <= s->learned_ms)
        return;
    s->v.last_version = s->v.version;
    s->v.last_known_ms = s->v.known_ms;
    s->v.version = version;
    s->v.known_ms = asked;
    s->learned_ms = now;
}

enum outcome versions_refresh(struct versions *v, struct db *db, struct arena *arena, struct error *e)
{
    int64_t asked = clock_mono_ms(), now;
    struct db_result *result;
    enum outcome o = db_query(db, arena, DB_READ, "SELECT tag, version FROM cache_versions", NULL, 0, &result, e);

    if (o != OUT_OK)
        return o;
    now = clock_mono_ms();
    if (!shm_lock(&v->lock, forget, v))
        return error_log(e, OUT_UNAVAILABLE, "the table of versions is locked");
    for (size_t i = 0; i < db_rows(result); i++) {
        const char *tag = db_get(result, i, 0);
        struct slot *s = find(v, tag);

        if (s == NULL || strlen(tag) >= TAG_SIZE) {
            log_event(LOG_ERROR, "too_many_tags", F_STR("tag", tag));
            continue;
        }
        if (s->tag[0] == '\0')
            (void)snprintf(s->tag, sizeof(s->tag), "%s", tag);
        learn(s, db_get_i64(result, i, 1), asked, now);
    }
    shm_unlock(&v->lock);
    return OUT_OK;
}

bool versions_reached(struct db *replica, const char *const *tags, const int64_t *wanted, size_t n, struct arena *arena)
{
    static const char sql[] = "SELECT count(*) FROM cache_versions AS c"
                              " JOIN unnest($1::text[], $2::bigint[]) AS w (tag, version) ON c.tag = w.tag AND c.version >= w.version";
    const char *params[2];
    struct db_result *result;
    struct buf names, versions;
    struct error ignored;

    buf_init(&names, arena, 256);
    buf_init(&versions, arena, 256);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&names, "%s%s", i > 0 ? "," : "{", tags[i]);
        buf_printf(&versions, "%s%lld", i > 0 ? "," : "{", (long long)wanted[i]);
    }
    buf_puts(&names, n > 0 ? "}" : "{}");
    buf_puts(&versions, n > 0 ? "}" : "{}");
    params[0] = names.data;
    params[1] = versions.data;
    error_init(&ignored, arena);
    return db_query(replica, arena, DB_READ, sql, params, 2, &result, &ignored) == OUT_OK && db_get_i64(result, 0, 0) == (int64_t)n;
}

void versions_doubt(struct versions *v)
{
    if (!shm_lock(&v->lock, forget, v))
        return; /* the agent's next question comes soon */
    v->doubt_ms = clock_mono_ms();
    shm_unlock(&v->lock);
}

size_t versions_all(struct versions *v, struct tag_version out[VERSIONS_MAX])
{
    size_t n = 0;

    if (!shm_lock(&v->lock, forget, v))
        return 0;
    for (; n < VERSIONS_MAX && v->slots[n].tag[0] != '\0'; n++) {
        memcpy(out[n].tag, v->slots[n].tag, TAG_SIZE);
        out[n].v = v->slots[n].v;
    }
    shm_unlock(&v->lock);
    return n;
}
