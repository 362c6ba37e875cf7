/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl load: so many people at once, reading; are the times as promised? Writes nothing but its own keys, which end with
 * it.
 */
#include "config.h"
#include "ctl/load.h"

#include <stdio.h>
#include <string.h>

#include "auth/session.h"
#include "base/json_out.h"
#include "base/machine.h"
#include "conf/rate.h"
#include "ctl/site.h"
#include "ctl/table.h"

#define USERS_MAX     1000
#define SECONDS       30
#define SECONDS_MAX   3600
#define PER_MINUTE    60
#define URL           "http://127.0.0.1:8080"
#define KEY_GRACE_S   60 /* a key lives so much longer than the run */
#define GROUP_USERS   50 /* of a process, at most */
#define SHARE_OF_RATE 90 /* percent: windows slide, and clocks differ */

/* The promises beside the times (load_kinds). */
#define TARGET_PER_MINUTE    1000
#define TARGET_ERRORS        0.1 /* percent */
#define TARGET_HITS          90.0
#define TARGET_QUERY_MS      50.0
#define TARGET_MEMORY_MIB    64.0

struct load {
    struct ctl *ctl;
    int64_t users;
    int64_t of_kind[LOAD_KINDS];
    const char *user;
    struct load_paths paths[LOAD_KINDS];
    struct load_run run;
    struct buf key_ids; /* "{1,2}" for the database, without the bracket at its end */
    struct load_pool *pool; /* NULL: not on this host */
};

/* --- rate limits -------------------------------------------------------------------------------------------------- */

/* How many users one caller may be, by a limit; USERS_MAX when there is none. *tightest: what says so. */
static int64_t users_within(const struct load *l, const char *limit)
{
    struct rate rates[RATES_MAX];
    int64_t least = USERS_MAX;
    const char *why;
    size_t n = 0;

    if (!l->ctl->conf->rate_limit || !rate_parse(limit, rates, &n, &why))
        return USERS_MAX;
    for (size_t i = 0; i < n; i++) {
        const int64_t seconds = rates[i].window_s < l->run.seconds ? rates[i].window_s : l->run.seconds;
        const int64_t each = l->run.per_minute * seconds / 60 > 0 ? l->run.per_minute * seconds / 60 : 1;
        const int64_t users = rates[i].count * SHARE_OF_RATE / 100 / each;

        least = users < least ? users : least;
    }
    return least;
}

/* What would only measure the limits is not begun. */
static bool fits_limits(const struct load *l)
{
    const struct conf *conf = l->ctl->conf;
    const int64_t asking = l->of_kind[LOAD_DASHBOARD] + l->of_kind[LOAD_API];
    const int64_t by_address = users_within(l, conf->rate_limit_address);

    if (users_within(l, conf->rate_limit_read) < 1) {
        (void)fprintf(stderr, "stevedoresctl load: RATE_LIMIT_READ (%s) lets nobody ask %lld times a minute for so long. Give a lower"
                              " --rate or a shorter --time, or raise it for the test.\n", conf->rate_limit_read, (long long)l->run.per_minute);
        return false;
    }
    if (asking <= by_address)
        return true;
    (void)fprintf(stderr, "stevedoresctl load: RATE_LIMIT_ADDRESS (%s) allows one address no more than %lld users who ask %lld times a minute,"
                          " and this would be %lld. Give a lower --rate or fewer users, or raise it for the test.\n",
                  conf->rate_limit_address, (long long)by_address, (long long)l->run.per_minute, (long long)asking);
    return false;
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

/* Whose keys they will be. */
static enum outcome find_user(struct load *l)
{
    static const char sql[] = "SELECT username FROM users WHERE status = 'active' AND ($1::text IS NULL OR username = $1)"
                              " ORDER BY role_rank(role) DESC, id LIMIT 1";
    struct ctl *c = l->ctl;
    const char *params[] = {l->user};
    struct db_result *r;
    enum outcome o = db_query(c->db, c->arena, DB_READ, sql, params, 1, &r, &c->err);

    if (o == OUT_OK && db_rows(r) == 0)
        return error_set(&c->err, OUT_NOT_FOUND, l->user != NULL ? "there is no such user, or not any more" : "there is no user yet");
    if (o == OUT_OK)
        l->user = db_get(r, 0, 0);
    return o;
}

/* A key of a viewer's rights, short-lived: h2load has it on its command line, where others on this machine may see it. */
static enum outcome make_key(struct load *l, const char **key)
{
    static const char sql[] =
        "INSERT INTO api_keys (user_id, name, role, expires_at, prefix, token_hash)"
        " SELECT id, 'stevedoresctl load', 'viewer', now() + $2::integer * interval '1 second', $3, decode($4, 'hex')"
        "   FROM users WHERE username = $1 RETURNING id";
    struct ctl *c = l->ctl;
    char text[API_KEY_SIZE], hash[TOKEN_HASH_SIZE];
    const char *params[4];
    struct db_result *r;
    enum outcome o;

    api_key_make(text);
    token_hash(text, hash);
    *key = arena_strdup(c->arena, text);
    params[0] = l->user;
    params[1] = arena_printf(c->arena, "%lld", (long long)l->run.seconds + KEY_GRACE_S);
    params[2] = arena_strndup(c->arena, text, API_KEY_PREFIX);
    params[3] = hash;
    o = db_query(c->db, c->arena, DB_WRITE, sql, params, 4, &r, &c->err);
    if (o == OUT_OK && db_rows(r) == 0)
        return error_set(&c->err, OUT_NOT_FOUND, "there is no such user any more");
    if (o == OUT_OK)
        buf_printf(&l->key_ids, "%c%s", l->key_ids.len == 0 ? '{' : ',', db_get(r, 0, 0));
    return o;
}

static int revoke_keys(struct load *l)
{
    static const char sql[] = "UPDATE api_keys SET revoked_at = now() WHERE id = ANY ($1::bigint[]) AND revoked_at IS NULL";
    struct ctl *c = l->ctl;
    const char *params[1];
    struct db_result *r;

    if (l->key_ids.len == 0)
        return 0;
    buf_char(&l->key_ids, '}');
    params[0] = l->key_ids.data;
    if (db_query(c->db, c->arena, DB_WRITE, sql, params, 1, &r, &c->err) == OUT_OK)
        return 0;
    (void)fprintf(stderr, "The keys of this run could not be revoked; they end by themselves within %d s.\n", KEY_GRACE_S);
    return ctl_failed(c, &c->err);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

/* The users of a kind, in as many processes as their keys need; one that nobody can be asked for has none. */
static enum outcome add_groups(struct load *l, enum load_kind kind)
{
    const int64_t by_key = load_kinds[kind].limited ? users_within(l, l->ctl->conf->rate_limit_read) : USERS_MAX;
    const int64_t most = by_key < GROUP_USERS ? by_key : GROUP_USERS;
    enum outcome o = OUT_OK;

    for (int64_t left = l->paths[kind].n > 0 ? l->of_kind[kind] : 0; o == OUT_OK && left > 0;) {
        struct load_group *g = &l->run.groups[l->run.n++];

        *g = (struct load_group){.kind = kind, .users = left < most ? left : most};
        left -= g->users;
        if (load_kinds[kind].limited)
            o = make_key(l, &g->key);
    }
    return o;
}

static enum outcome prepare(struct load *l, const struct fetch_answer *page)
{
    struct ctl *c = l->ctl;
    enum outcome o = find_user(l);

    if (o == OUT_OK)
        o = load_mix(c, page, l->paths);
    l->run.paths = l->paths;
    l->run.groups = arena_zalloc(c->arena, (size_t)l->users * sizeof(*l->run.groups));
    for (int kind = 0; o == OUT_OK && kind < LOAD_KINDS; kind++)
        o = add_groups(l, (enum load_kind)kind);
    return o;
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

/* A figure that stands for all. */
struct figure {
    const char *name;
    const char *unit;
    double value;      /* below 0: not known */
    double target;     /* below 0: there is none */
    bool at_least;     /* the target is the least, not the most */
};

#define NFIGURES 6

static bool misses(const struct figure *f)
{
    return f->value >= 0 && f->target >= 0 && (f->at_least ? f->value < f->target : f->value > f->target);
}

static bool kind_misses(const struct load *l, int kind)
{
    return times_permille(&l->run.results[kind].times, load_kinds[kind].permille) > load_kinds[kind].target_us;
}

static double share(int64_t part, int64_t whole, double of)
{
    return whole > 0 ? of * (double)part / (double)whole : -1;
}

static void take_figures(const struct load *l, struct figure figures[NFIGURES])
{
    const struct load_run *run = &l->run;
    struct load_counts counts = {.requests = -1};
    int64_t requests = 0, errors = 0, memory = -1, cpu_us = -1;
    /* Fewer users than make so many requests can't show whether more could be had. */
    const bool asked_enough = l->users * run->per_minute > TARGET_PER_MINUTE;

    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        requests += run->results[kind].requests;
        errors += run->results[kind].errors;
    }
    if (l->pool != NULL) {
        load_pool_counts(l->pool, &counts);
        memory = load_pool_memory(l->pool);
        cpu_us = load_pool_cpu_us(l->pool);
    }
    if (counts.requests < run->sent) { /* another host's pool has answered */
        counts = (struct load_counts){.requests = -1};
        memory = cpu_us = -1;
    }
    figures[0] = (struct figure){"requests", "a minute", share(requests, run->span_us, 60e6), asked_enough ? TARGET_PER_MINUTE : -1, true};
    figures[1] = (struct figure){"errors", "%", share(errors, requests, 100), TARGET_ERRORS, false};
    figures[2] = (struct figure){"cache hits", "%", share(counts.hits, counts.answers, 100), TARGET_HITS, true};
    figures[3] = (struct figure){"database query, mean", "ms", share(counts.query_us, counts.queries, 0.001), TARGET_QUERY_MS, false};
    figures[4] = (struct figure){"memory of pool and agent", "MiB", memory < 0 ? -1 : (double)memory / 1048576, TARGET_MEMORY_MIB, false};
    figures[5] = (struct figure){"CPU of the pool", "% of one processor", cpu_us < 0 ? -1 : share(cpu_us, run->span_us, 100), -1, false};
}

static void cell_ms(struct table *t, int64_t us)
{
    if (us < 0)
        table_cell(t, "-");
    else
        table_cellf(t, "%.1f", (double)us / 1000);
}

static void print_kinds(const struct load *l)
{
    static const char *const heads[] = {"kind", ">users", ">requests", ">errors", ">429", ">p50 ms", ">p95", ">p99", ">longest", "target", "", NULL};
    struct table t;

    table_init(&t, l->ctl->arena, heads);
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        const struct load_kind_info *info = &load_kinds[kind];
        const struct load_result *r = &l->run.results[kind];

        table_cell(&t, info->name);
        table_cellf(&t, "%lld", (long long)(l->paths[kind].n > 0 ? l->of_kind[kind] : 0));
        table_cellf(&t, "%lld", (long long)r->requests);
        table_cellf(&t, "%lld", (long long)r->errors);
        table_cellf(&t, "%lld", (long long)r->limited);
        cell_ms(&t, times_permille(&r->times, 500));
        cell_ms(&t, times_permille(&r->times, 950));
        cell_ms(&t, times_permille(&r->times, 990));
        cell_ms(&t, times_permille(&r->times, 1000));
        table_cellf(&t, "p%d < %lld ms", info->permille / 10, (long long)info->target_us / 1000);
        table_cell(&t, r->requests == 0 ? "not asked" : kind_misses(l, kind) ? "FAILED" : "ok");
    }
    table_print(&t, stdout);
}

static void print_figures(const struct load *l, const struct figure figures[NFIGURES])
{
    static const char *const heads[] = {"over all", ">figure", "", "target", "", NULL};
    struct table t;

    table_init(&t, l->ctl->arena, heads);
    for (int i = 0; i < NFIGURES; i++) {
        const struct figure *f = &figures[i];

        table_cell(&t, f->name);
        if (f->value < 0)
            table_cell(&t, "not known");
        else
            table_cellf(&t, "%.1f", f->value);
        table_cell(&t, f->value < 0 ? NULL : f->unit);
        if (f->target < 0)
            table_cell(&t, NULL);
        else
            table_cellf(&t, "%s %.*f", f->at_least ? ">" : "<", f->target < 1 ? 1 : 0, f->target);
        table_cell(&t, f->value < 0 || f->target < 0 ? NULL : misses(f) ? "FAILED" : "ok");
    }
    table_print(&t, stdout);
}

/* What has a target and no figure: of kinds that there are none of here, and of a pool on another host. */
static int count_unjudged(const struct load *l, const struct figure figures[NFIGURES])
{
    int n = 0;

    for (int kind = 0; kind < LOAD_KINDS; kind++)
        n += l->run.results[kind].requests == 0;
    for (int i = 0; i < NFIGURES; i++)
        n += figures[i].value < 0 && figures[i].target >= 0;
    return n;
}

static void print_verdict(int failed, int unjudged)
{
    if (failed == 0)
        (void)printf(unjudged == 0 ? "Every target was met" : "Every target that could be judged was met");
    else
        (void)printf(failed == 1 ? "1 target was missed" : "%d targets were missed", failed);
    if (unjudged > 0)
        (void)printf("; %d could not be judged", unjudged);
    (void)printf(".\n");
}

static void print_notes(const struct load *l, int failed, int unjudged)
{
    struct machine machine;
    int64_t limited = 0;

    for (int kind = 0; kind < LOAD_KINDS; kind++)
        limited += l->run.results[kind].limited;
    machine_look(&machine);
    (void)printf("\n%lld users, each %lld requests a minute, for %lld s; %lld.%02lld processors here. Times are of whole answers, corrected for what"
                 " would have been asked meanwhile.\n", (long long)l->users, (long long)l->run.per_minute, (long long)l->run.seconds,
                 (long long)machine.allowed / 100, (long long)machine.allowed % 100);
    if (limited > 0)
        (void)printf("%lld answers were 429: a rate limit was measured, not the pool. Another run just before may have used it up; else lower --rate.\n",
                     (long long)limited);
    if (l->paths[LOAD_STATIC].n == 0)
        (void)printf("There is no page at %s/, so no static files were asked for.\n", l->run.base);
    print_verdict(failed, unjudged);
}

static void print_json(const struct load *l, const struct figure figures[NFIGURES], int failed, int unjudged)
{
    struct buf b;

    buf_init(&b, l->ctl->arena, 4096);
    buf_printf(&b, "{\"ok\":%s,\"not_judged\":%d,\"users\":%lld,\"per_minute\":%lld,\"seconds\":%lld", failed == 0 ? "true" : "false", unjudged, (long long)l->users,
               (long long)l->run.per_minute, (long long)l->run.seconds);
    json_open(&b, "kinds", '[');
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        const struct load_result *r = &l->run.results[kind];

        json_item(&b, "\n {");
        json_member(&b, "kind", load_kinds[kind].name);
        json_number(&b, "requests", (long long)r->requests);
        json_number(&b, "errors", (long long)r->errors);
        json_number(&b, "limited", (long long)r->limited);
        json_number(&b, "p50_us", (long long)times_permille(&r->times, 500));
        json_number(&b, "p95_us", (long long)times_permille(&r->times, 950));
        json_number(&b, "p99_us", (long long)times_permille(&r->times, 990));
        json_number(&b, "longest_us", (long long)times_permille(&r->times, 1000));
        json_number(&b, "target_permille", load_kinds[kind].permille);
        json_number(&b, "target_us", (long long)load_kinds[kind].target_us);
        json_key(&b, "ok");
        buf_puts(&b, r->requests == 0 ? "null}" : kind_misses(l, kind) ? "false}" : "true}");
    }
    buf_puts(&b, "\n]");
    json_open(&b, "figures", '[');
    for (int i = 0; i < NFIGURES; i++) {
        const struct figure *f = &figures[i];

        json_item(&b, "\n {");
        json_member(&b, "figure", f->name);
        json_member(&b, "unit", f->unit);
        json_key(&b, "value");
        buf_puts(&b, f->value < 0 ? "null" : arena_printf(b.arena, "%.3f", f->value));
        json_key(&b, "target");
        buf_puts(&b, f->target < 0 ? "null" : arena_printf(b.arena, "%.1f", f->target));
        json_key(&b, "ok");
        buf_puts(&b, f->value < 0 || f->target < 0 ? "null}" : misses(f) ? "false}" : "true}");
    }
    (void)printf("%s\n]}\n", b.data);
}

static int report(const struct load *l, bool json)
{
    struct figure figures[NFIGURES];
    int failed = 0, unjudged;

    take_figures(l, figures);
    unjudged = count_unjudged(l, figures);
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        failed += kind_misses(l, kind);
    for (int i = 0; i < NFIGURES; i++)
        failed += misses(&figures[i]);
    if (json) {
        print_json(l, figures, failed, unjudged);
    } else {
        print_kinds(l);
        (void)printf("\n");
        print_figures(l, figures);
        print_notes(l, failed, unjudged);
    }
    return failed == 0 ? 0 : 1;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

/* The site's page, which tells the static files, and that somebody is there. */
static bool find_site(struct load *l, struct fetch_answer *page)
{
    struct fetch *f = fetch_new();

    if (f == NULL) {
        (void)fprintf(stderr, "stevedoresctl load: libcurl can't be set up\n");
        return false;
    }
    fetch_trust_anybody(f); /* as h2load does; validate looks at certificates */
    fetch_get(f, l->ctl->arena, arena_printf(l->ctl->arena, "%s/", l->run.base), "identity", false, page);
    fetch_free(&f);
    if (page->error != NULL)
        (void)fprintf(stderr, "stevedoresctl load: %s/: %s. Is it running, and is it this address (--url)?\n", l->run.base, page->error);
    return page->error == NULL;
}

static int run(struct load *l, bool json)
{
    struct ctl *c = l->ctl;
    struct fetch_answer page;
    const char *why;
    int status = 1;

    if (!find_site(l, &page))
        return 1;
    if (prepare(l, &page) != OUT_OK) {
        (void)ctl_failed(c, &c->err);
    } else {
        l->pool = load_pool_new(c->conf);
        if (load_run(&l->run, l->pool, c->arena, &why))
            status = report(l, json);
        else
            (void)fprintf(stderr, "stevedoresctl load: %s\n", why);
        load_pool_free(&l->pool);
    }
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        times_free(&l->run.results[kind].times);
    return revoke_keys(l) == 0 ? status : 1;
}

int cmd_load(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    const char *time = ctl_option(&argc, argv, "--time"), *rate = ctl_option(&argc, argv, "--rate"), *url = ctl_option(&argc, argv, "--url");
    struct load l = {.ctl = c, .user = ctl_option(&argc, argv, "--user"), .run = {.seconds = SECONDS, .per_minute = PER_MINUTE}};

    if (argc != 2 || !ctl_number(argv[1], LOAD_USERS_MIN, USERS_MAX, &l.users))
        return ctl_usage(c, "takes how many users, 4 to 1000");
    if (!ctl_number(time, 1, SECONDS_MAX, &l.run.seconds) || !ctl_number(rate, 1, 6000, &l.run.per_minute))
        return ctl_usage(c, "--time takes 1 to 3600 seconds, --rate 1 to 6000 requests a minute");
    l.run.base = site_base(url != NULL ? url : URL, c->arena);
    if (l.run.base == NULL)
        return ctl_usage(c, "--url takes the site's address, such as https://dashboard.example");
    if (!site_is_encrypted(l.run.base) && !c->conf->plain_http) {
        (void)fprintf(stderr, "stevedoresctl load: PLAIN_HTTP is off, so keys are refused over plain HTTP. Give --url the https:// address.\n");
        return 1;
    }
    load_share(l.users, l.of_kind);
    if (!load_has_h2load()) {
        (void)fprintf(stderr, "stevedoresctl load: h2load is not installed (Debian: apt install nghttp2-client)\n");
        return 1;
    }
    if (!fits_limits(&l))
        return 1;
    buf_init(&l.key_ids, c->arena, 64);
    ctl_sign(c);
    return run(&l, json);
}
