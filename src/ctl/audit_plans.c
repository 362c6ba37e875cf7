/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl db-audit plans: what the database would do for what it can be asked.
 */
#include "config.h"
#include "ctl/audit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/route.h"
#include "base/json_out.h"
#include "base/parse.h"
#include "ctl/table.h"
#include "engine/list_plans.h"

#define LISTS_MAX 32

/* The resources that have lists here; those that list the same in the same ways, once. */
static size_t find_lists(const struct conf *conf, const char *only, const struct resource *lists[LISTS_MAX])
{
    size_t n = 0;

    for (const struct route *r = routes; r->pattern != NULL; r++) {
        bool known = r->handler != list_get || (r->board != NULL && !conf_has_board(conf, r->board)) || n == LISTS_MAX ||
                     (only != NULL && strcmp(only, r->resource->name) != 0);

        for (size_t i = 0; !known && i < n; i++)
            known = lists[i]->filters == r->resource->filters && lists[i]->sorts == r->resource->sorts;
        if (!known)
            lists[n++] = r->resource;
    }
    return n;
}

static void print_json(struct ctl *c, const struct list_plans *reports, size_t n)
{
    struct buf b;

    buf_init(&b, c->arena, 4096);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        const struct list_plans *p = &reports[i];

        buf_puts(&b, i > 0 ? ",\n {" : "\n {");
        json_key(&b, "list");
        json_text(&b, p->resource->name);
        buf_printf(&b,
                   ",\"rows\":%lld,\"filters\":%zu,\"orders\":%zu,\"combinations\":%zu,\"refused\":%zu,\"statements\":%zu,"
                   "\"worst_cost\":%.3f,\"bad\":%zu",
                   (long long)p->rows, p->filters, p->orders, p->combinations, p->refused, p->statements, p->worst,
                   p->bad);
        json_key(&b, "why");
        json_text(&b, p->why);
        json_key(&b, "query");
        json_text(&b, p->query);
        buf_char(&b, '}');
    }
    (void)printf("%s\n]\n", b.data);
}

static void print_table(struct ctl *c, const struct list_plans *reports, size_t n)
{
    static const char *const heads[] = {"list", ">rows", ">filters", ">orders", ">combinations", ">refused",
                                        ">statements", ">worst", ">bad", NULL};
    struct table t;

    table_init(&t, c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        const struct list_plans *p = &reports[i];

        table_cell(&t, p->resource->name);
        table_cellf(&t, "%lld", (long long)p->rows);
        table_cellf(&t, "%zu", p->filters);
        table_cellf(&t, "%zu", p->orders);
        table_cellf(&t, "%zu", p->combinations);
        table_cellf(&t, "%zu", p->refused);
        table_cellf(&t, "%zu", p->statements);
        table_cellf(&t, "%.1f %%", 100 * p->worst);
        table_cellf(&t, "%zu", p->bad);
    }
    table_print(&t, stdout);
    for (size_t i = 0; i < n; i++) {
        if (reports[i].bad > 0)
            (void)printf("%s?%s\n  %s\n", reports[i].resource->name, reports[i].query, reports[i].why);
    }
}

/* "2/5": the second of five. */
static bool read_part(struct ctl *c, const char *text, struct list_plans_part *part)
{
    int64_t k, n;
    const char *slash = strchr(text, '/');

    if (slash == NULL || !parse_i64(arena_strndup(c->arena, text, (size_t)(slash - text)), &k) || !parse_i64(slash + 1, &n) ||
        k < 1 || k > n || n > 1000)
        return false;
    *part = (struct list_plans_part){(unsigned)k - 1, (unsigned)n};
    return true;
}

/* Every combination that the lists allow, through EXPLAIN. */
int audit_plans(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json"), verbose = ctl_flag(&argc, argv, "--verbose");
    const char *only = ctl_option(&argc, argv, "--list");
    const struct resource *lists[LISTS_MAX];
    const char *part_text = ctl_option(&argc, argv, "--part");
    struct list_plans_part part = {0, 1};
    struct list_plans reports[LISTS_MAX];
    size_t n = find_lists(c->conf, only, lists), bad = 0;
    const bool shows = isatty(STDERR_FILENO) != 0;

    if (argc > 1)
        return ctl_usage(c, "plans takes no arguments");
    if (n == 0)
        return ctl_usage(c, "there is no such list");
    if (part_text != NULL && !read_part(c, part_text, &part))
        return ctl_usage(c, "--part is K/N, as in 2/5 for the second of five");
    for (size_t i = 0; i < n; i++) {
        if (shows)
            (void)fprintf(stderr, "\r\033[K%s: %zu of %zu", lists[i]->name, i + 1, n);
        if (list_plans_check(c->db, c->arena, lists[i], part, verbose ? stderr : NULL, &reports[i], &c->err) != OUT_OK)
            return ctl_failed(c, &c->err);
        bad += reports[i].bad;
    }
    if (shows)
        (void)fputs("\r\033[K", stderr);
    if (json)
        print_json(c, reports, n);
    else
        print_table(c, reports, n);
    return bad == 0 ? 0 : 1;
}
