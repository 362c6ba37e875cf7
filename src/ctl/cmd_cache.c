/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl cache: what the shared memory of this host's pool holds, and throwing the local cache out.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "app/regions.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "cache/breaker.h"
#include "cache/lru.h"
#include "cache/versions.h"
#include "ctl/table.h"
#include "shm/counters.h"
#include "shm/shm.h"

static int64_t answers(const struct counters *counters, bool hits_only)
{
    int64_t sum = 0;

    for (enum counter i = COUNTER_CACHE_NEAR; i <= COUNTER_CACHE_MISS; i++) {
        if (!hits_only || (i != COUNTER_CACHE_MISS && i != COUNTER_CACHE_STALE))
            sum += counter_get(counters, i);
    }
    return sum;
}

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void print_regions(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"shared memory", ">KiB", NULL};
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; regions[i] != NULL; i++) {
        table_cell(&t, regions[i]->name);
        table_cellf(&t, "%zu", (shm_size(shm, regions[i]) + 1023) / 1024);
    }
    table_cellf(&t, "%s", c->conf->shm_name);
    table_cellf(&t, "%zu", (shm_size(shm, NULL) + 1023) / 1024);
    table_print(&t, stdout);
}

static void print_local(const struct lru_status *s)
{
    (void)printf("\nLocal cache: %lld entries, %lld of %lld KiB used, %lld evicted, %lld shards emptied after a crash.\n",
                 (long long)s->entries, (long long)s->used / 1024, (long long)s->bytes / 1024, (long long)s->evicted,
                 (long long)s->emptied);
}

static void print_counters(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"since the segment was made", ">count", ">share", NULL};
    const struct counters *counters = counters_open(shm);
    int64_t all = answers(counters, false);
    struct table t;

    table_init(&t, c->arena, heads);
    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        table_cell(&t, counter_infos[i].what);
        table_cellf(&t, "%lld", (long long)counter_get(counters, i));
        if (i <= COUNTER_CACHE_MISS)
            table_cellf(&t, "%.1f %%", percent(counter_get(counters, i), all));
        else
            table_cell(&t, NULL);
    }
    (void)printf("\n");
    table_print(&t, stdout);
    (void)printf("Hit ratio: %.1f %%\n", percent(answers(counters, true), all));
}

static void print_breakers(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"breaker", "state", ">failures", ">opened", "last error", NULL};
    struct table t;

    table_init(&t, c->arena, heads);
    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker b = breaker_open(shm, c->conf, (enum breaker_of)i);
        struct breaker_status s;

        breaker_status(&b, &s);
        table_cell(&t, b.name);
        table_cell(&t, breaker_state_text(s.state));
        table_cellf(&t, "%lld", (long long)s.failed);
        table_cellf(&t, "%lld", (long long)s.opened);
        if (s.error_age_ms >= 0)
            table_cellf(&t, "%s (%lld s ago)", arena_strdup(c->arena, s.error), (long long)s.error_age_ms / 1000);
        else
            table_cell(&t, "-");
    }
    (void)printf("\n");
    table_print(&t, stdout);
}

static void print_versions(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"version of", ">number", ">known for ms", NULL};
    struct tag_version all[VERSIONS_MAX];
    size_t n = versions_all(versions_open(shm), all);
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        table_cell(&t, all[i].tag);
        table_cellf(&t, "%lld", (long long)all[i].v.version);
        table_cellf(&t, "%lld", (long long)(clock_mono_ms() - all[i].v.known_ms));
    }
    (void)printf("\n");
    table_print(&t, stdout);
}

static void add_number(struct buf *b, const char *name, int64_t number)
{
    json_key(b, name);
    buf_printf(b, "%lld", (long long)number);
}

static void print_json(struct ctl *c, const struct shm *shm, const struct lru_status *s)
{
    const struct counters *counters = counters_open(shm);
    struct buf b;

    buf_init(&b, c->arena, 4096);
    buf_char(&b, '{');
    add_number(&b, "segment_bytes", (int64_t)shm_size(shm, NULL));
    json_key(&b, "regions");
    buf_char(&b, '{');
    for (size_t i = 0; regions[i] != NULL; i++)
        add_number(&b, regions[i]->name, (int64_t)shm_size(shm, regions[i]));
    buf_char(&b, '}');
    json_key(&b, "local");
    buf_char(&b, '{');
    add_number(&b, "entries", s->entries);
    add_number(&b, "used_bytes", s->used);
    add_number(&b, "bytes", s->bytes);
    add_number(&b, "evicted", s->evicted);
    add_number(&b, "emptied", s->emptied);
    buf_char(&b, '}');
    json_key(&b, "counters");
    buf_char(&b, '{');
    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        add_number(&b, arena_printf(c->arena, "%s_%s", counter_infos[i].family, counter_infos[i].value),
                   counter_get(counters, i));
    buf_char(&b, '}');
    json_key(&b, "breakers");
    buf_char(&b, '{');
    for (int i = 0; i < BREAKER_COUNT; i++) {
        struct breaker breaker = breaker_open(shm, c->conf, (enum breaker_of)i);
        struct breaker_status status;

        breaker_status(&breaker, &status);
        json_key(&b, breaker.name);
        json_text(&b, breaker_state_text(status.state));
    }
    buf_puts(&b, "}}");
    (void)printf("%s\n", b.data);
}

int cmd_cache(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    const char *what = argc == 2 ? argv[1] : "";
    struct lru_status s;
    struct tier *lru;
    struct shm *shm;

    if (strcmp(what, "stats") != 0 && strcmp(what, "clear") != 0)
        return ctl_usage(c, "say stats or clear");
    shm = shm_open_existing(c->conf, regions);
    if (shm == NULL) {
        (void)error_set(&c->err, OUT_NOT_FOUND,
                        "there is no segment %s of this version and configuration; does the pool run, with the same "
                        "settings, and may you read what is its user's?",
                        c->conf->shm_name);
        return ctl_failed(c, &c->err);
    }
    lru = lru_open(shm);
    if (strcmp(what, "clear") == 0)
        lru_clear(lru);
    lru_status(lru, &s);
    if (json) {
        print_json(c, shm, &s);
    } else if (strcmp(what, "clear") == 0) {
        (void)printf("The local cache is empty. Redis and memcached keep theirs, which is as current as ever.\n");
    } else {
        print_regions(c, shm);
        print_local(&s);
        print_counters(c, shm);
        print_breakers(c, shm);
        print_versions(c, shm);
    }
    lru->free(lru);
    shm_close(&shm);
    return 0;
}
