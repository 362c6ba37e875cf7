/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl cache: what the shared memory of this host's pool holds, and throwing the local cache out.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <ctype.h>
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

/* Counters of one family, from the i-th on; returns where the next one begins. Answers have shares, and a sum. */
static enum counter print_family(struct ctl *c, const struct counters *counters, enum counter i)
{
    const char *family = counter_infos[i].family;
    bool are_answers = i <= COUNTER_CACHE_MISS;
    const char *const heads[] = {counter_infos[i].help, ">count", are_answers ? ">share" : NULL, NULL};
    int64_t all = answers(counters, false);
    struct table t;

    table_init(&t, c->arena, heads);
    for (; i < COUNTER_COUNT && strcmp(counter_infos[i].family, family) == 0; i++) {
        table_cell(&t, counter_infos[i].what);
        table_cellf(&t, "%lld", (long long)counter_get(counters, i));
        if (are_answers)
            table_cellf(&t, "%.1f %%", percent(counter_get(counters, i), all));
    }
    if (are_answers) {
        table_cell(&t, "hits of all");
        table_cellf(&t, "%lld of %lld", (long long)answers(counters, true), (long long)all);
        table_cellf(&t, "%.1f %%", percent(answers(counters, true), all));
    }
    table_print(&t, stdout);
    (void)printf("\n");
    return i;
}

static void print_counters(struct ctl *c, const struct shm *shm)
{
    for (enum counter i = 0; i < COUNTER_COUNT;)
        i = print_family(c, counters_open(shm), i);
}

static void print_memory(struct ctl *c, const struct shm *shm, const struct lru_status *s)
{
    static const char *const heads[] = {"Shared memory", ">KiB", NULL};
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; regions[i] != NULL; i++) {
        table_cell(&t, regions[i]->name);
        table_cellf(&t, "%zu", (shm_size(shm, regions[i]) + 1023) / 1024);
    }
    table_cellf(&t, "all, %s", c->conf->shm_name);
    table_cellf(&t, "%zu", (shm_size(shm, NULL) + 1023) / 1024);
    table_print(&t, stdout);
    (void)printf("\nLocal cache: %lld entries in %lld of %lld KiB, %lld made room for others, %lld shards emptied after a crash.\n",
                 (long long)s->entries, (long long)s->used / 1024, (long long)s->bytes / 1024, (long long)s->evicted,
                 (long long)s->emptied);
    if (s->bytes < s->whole)
        (void)printf("Memory is short: the agent has made it smaller, it is configured with %lld KiB.\n", (long long)s->whole / 1024);
}

static void print_breakers(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"Breaker", "state", ">failures", ">opened", "last error", NULL};
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
            table_cell(&t, NULL);
    }
    table_print(&t, stdout);
    (void)printf("\n");
}

/* Characters of the tag without the number of its bucket; all of them when it has none. */
static size_t kind_length(const char *tag)
{
    size_t n = strlen(tag);

    return n > 3 && tag[n - 3] == '_' && isdigit((unsigned char)tag[n - 2]) && isdigit((unsigned char)tag[n - 1]) ? n - 3
                                                                                                                  : n;
}

/* One line for all buckets of a kind: its newest version, and what is least well known. */
static void print_versions(struct ctl *c, const struct shm *shm)
{
    static const char *const heads[] = {"Version of", ">newest", ">known for", NULL};
    struct tag_version all[VERSIONS_MAX];
    size_t n = versions_all(versions_open(shm), all);
    int64_t now = clock_mono_ms();
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        size_t length = kind_length(all[i].tag), members = 1;

        if (all[i].tag[0] == '\0') /* printed already */
            continue;
        for (size_t j = i + 1; j < n && all[i].tag[length] != '\0'; j++) {
            if (kind_length(all[j].tag) != length || memcmp(all[i].tag, all[j].tag, length + 1) != 0)
                continue;
            if (all[j].v.version > all[i].v.version)
                all[i].v.version = all[j].v.version;
            if (all[j].v.known_ms < all[i].v.known_ms)
                all[i].v.known_ms = all[j].v.known_ms;
            all[j].tag[0] = '\0';
            members++;
        }
        if (all[i].tag[length] != '\0')
            table_cellf(&t, "%.*s, %zu groups", (int)length, all[i].tag, members);
        else
            table_cell(&t, all[i].tag);
        table_cellf(&t, "%lld", (long long)all[i].v.version);
        table_cellf(&t, "%lld ms", (long long)(now - all[i].v.known_ms));
    }
    table_print(&t, stdout);
    (void)printf("\n");
}

static void add_number(struct buf *b, const char *name, int64_t number)
{
    json_key(b, name);
    buf_printf(b, "%lld", (long long)number);
}

static void print_json(struct ctl *c, const struct shm *shm, const struct lru_status *s)
{
    const struct counters *counters = counters_open(shm);
    struct tag_version all[VERSIONS_MAX];
    size_t n = versions_all(versions_open(shm), all);
    struct buf b;

    buf_init(&b, c->arena, 8192);
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
    add_number(&b, "whole_bytes", s->whole);
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
        buf_char(&b, '{');
        json_key(&b, "state");
        json_text(&b, breaker_state_text(status.state));
        add_number(&b, "failures", status.failed);
        add_number(&b, "opened", status.opened);
        json_key(&b, "last_error");
        json_text(&b, status.error[0] != '\0' ? status.error : NULL);
        buf_char(&b, '}');
    }
    buf_char(&b, '}');
    json_key(&b, "versions");
    buf_char(&b, '{');
    for (size_t i = 0; i < n; i++)
        add_number(&b, all[i].tag, all[i].v.version);
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
        print_counters(c, shm);
        print_breakers(c, shm);
        print_versions(c, shm);
        print_memory(c, shm, &s);
    }
    lru->free(lru);
    shm_close(&shm);
    return 0;
}
