/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/load.h"

#include <string.h>

#include "ctl/site.h"

const struct load_kind_info load_kinds[LOAD_KINDS] = {
    [LOAD_DASHBOARD] = {"dashboards", 40, 950, 200000, true, true},
    [LOAD_API] = {"API", 40, 950, 100000, true, true},
    [LOAD_HEALTH] = {"health", 10, 990, 50000, false, true},
    [LOAD_STATIC] = {"static files", 10, 950, 20000, false, false},
};

/* {id} stands for each of the ids that the statement finds; where it finds none the line is left out. All take a viewer. */
static const struct {
    enum load_kind kind;
    const char *board; /* NULL: whichever are on */
    const char *path;
    const char *ids_sql;
} mix[] = {
    {LOAD_DASHBOARD, "port", "/api/dashboard", NULL},
    {LOAD_DASHBOARD, "labour", "/api/labour/dashboard", NULL},
    {LOAD_DASHBOARD, "delivery", "/api/delivery/dashboard", NULL},

    {LOAD_API, "port", "/api/vessels", NULL},
    {LOAD_API, "port", "/api/vessels?sort=-eta&per_page=50", NULL},
    {LOAD_API, "port", "/api/vessels?status=berthed", NULL},
    {LOAD_API, "port", "/api/vessels?page=2", NULL},
    {LOAD_API, "port", "/api/vessels/{id}", "SELECT id FROM vessels ORDER BY id DESC LIMIT 6"},
    {LOAD_API, "port", "/api/vessels/{id}/tallies", "SELECT id FROM vessels ORDER BY id DESC LIMIT 3"},
    {LOAD_API, "port", "/api/tallies", NULL},
    {LOAD_API, "port", "/api/tallies?per_page=50&page=2", NULL},
    {LOAD_API, "port", "/api/berths", NULL},
    {LOAD_API, "labour", "/api/jobs", NULL},
    {LOAD_API, "labour", "/api/jobs?status=open", NULL},
    {LOAD_API, "labour", "/api/jobs?page=2&per_page=50", NULL},
    {LOAD_API, "labour", "/api/jobs/{id}", "SELECT id FROM jobs ORDER BY id DESC LIMIT 4"},
    {LOAD_API, "labour", "/api/clients", NULL},
    {LOAD_API, "labour", "/api/clients/{id}/jobs", "SELECT id FROM clients ORDER BY id LIMIT 2"},
    {LOAD_API, "labour", "/api/workers?sort=name", NULL},
    {LOAD_API, "labour", "/api/workers/{id}", "SELECT id FROM workers ORDER BY id LIMIT 4"},
    {LOAD_API, "delivery", "/api/projects", NULL},
    {LOAD_API, "delivery", "/api/projects?status=active", NULL},
    {LOAD_API, "delivery", "/api/projects/{id}", "SELECT id FROM projects ORDER BY id LIMIT 4"},
    {LOAD_API, "delivery", "/api/projects/{id}/backlog", "SELECT id FROM projects ORDER BY id LIMIT 2"},
    {LOAD_API, "delivery", "/api/features", NULL},
    {LOAD_API, "delivery", "/api/backlog?page=2", NULL},
    {LOAD_API, "delivery", "/api/resources", NULL},
    {LOAD_API, "delivery", "/api/allocations", NULL},
    {LOAD_API, NULL, "/api/me", NULL},
    {LOAD_API, NULL, "/api/meta", NULL},

    {LOAD_HEALTH, NULL, "/health", NULL},
};

static const char *const page_files[] = {"/", "/sw.js", "/manifest.webmanifest"};

void load_share(int64_t users, int64_t of_kind[LOAD_KINDS])
{
    int64_t rest = users;

    for (int kind = LOAD_KINDS - 1; kind > 0; kind--) {
        of_kind[kind] = users * load_kinds[kind].percent / 100;
        if (of_kind[kind] == 0)
            of_kind[kind] = 1;
        rest -= of_kind[kind];
    }
    of_kind[LOAD_DASHBOARD] = rest;
}

static void add(struct arena *arena, struct load_paths *p, const char *path)
{
    if (p->n == p->cap) {
        size_t cap = p->cap == 0 ? 64 : 2 * p->cap;
        const char **more = arena_alloc(arena, cap * sizeof(*more));

        if (p->n > 0)
            memcpy(more, p->at, p->n * sizeof(*more));
        p->at = more;
        p->cap = cap;
    }
    p->at[p->n++] = path;
}

/* A line of the mix. */
static enum outcome add_line(struct ctl *c, const char *path, const char *ids_sql, struct load_paths *p)
{
    const char *id = strstr(path, "{id}");
    struct db_result *r;
    enum outcome o;

    if (id == NULL || ids_sql == NULL) {
        add(c->arena, p, path);
        return OUT_OK;
    }
    o = db_query(c->db, c->arena, DB_READ, ids_sql, NULL, 0, &r, &c->err);
    for (size_t i = 0; o == OUT_OK && i < db_rows(r); i++)
        add(c->arena, p, arena_printf(c->arena, "%.*s%s%s", (int)(id - path), path, db_get(r, i, 0), id + strlen("{id}")));
    return o;
}

static void add_files(struct ctl *c, const struct fetch_answer *page, struct load_paths *p)
{
    const char *assets[SITE_ASSETS_MAX];
    const size_t n = site_assets(page->body, c->arena, assets);

    for (size_t i = 0; i < sizeof(page_files) / sizeof(page_files[0]); i++)
        add(c->arena, p, page_files[i]);
    for (size_t i = 0; i < n; i++)
        add(c->arena, p, assets[i]);
}

enum outcome load_mix(struct ctl *c, const struct fetch_answer *page, struct load_paths of_kind[LOAD_KINDS])
{
    enum outcome o = OUT_OK;

    memset(of_kind, 0, LOAD_KINDS * sizeof(of_kind[0]));
    for (size_t i = 0; o == OUT_OK && i < sizeof(mix) / sizeof(mix[0]); i++) {
        if (mix[i].board == NULL || conf_has_board(c->conf, mix[i].board))
            o = add_line(c, mix[i].path, mix[i].ids_sql, &of_kind[mix[i].kind]);
    }
    if (page->status == 200)
        add_files(c, page, &of_kind[LOAD_STATIC]);
    return o;
}
