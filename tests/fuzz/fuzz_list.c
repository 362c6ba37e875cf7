/* SPDX-License-Identifier: Apache-2.0
 *
 * The query of a list, and the statements that come of it. The first byte picks the resource; what follows is the query.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/route.h"

#include "engine/list.h"

#define RESOURCES_MAX 32

/* Every parameter is there and used. */
static void check_statement(const struct statement *s)
{
    size_t highest = 0;

    PROMISE(strlen(s->sql.data) == s->sql.len);
    PROMISE(s->nparams <= sizeof(s->params) / sizeof(s->params[0]));
    for (const char *p = s->sql.data; *p != '\0'; p++) {
        PROMISE((*p >= ' ' && *p <= '~') || *p == '\n');
        PROMISE(*p != ';' && *p != '?');
        if (*p == '$') {
            size_t n = strtoul(p + 1, NULL, 10);

            PROMISE(n >= 1 && n <= s->nparams);
            highest = n > highest ? n : highest;
        }
    }
    PROMISE(highest == s->nparams);
    for (size_t i = 0; i < s->nparams; i++)
        PROMISE(s->params[i] != NULL && str_is_text(s->params[i], strlen(s->params[i])));
}

static void check_query(struct fuzz *f, struct exchange *x, const struct list_query *q)
{
    struct statement page = {.nparams = 0}, count = {.nparams = 0}, again = {.nparams = 0};
    struct list_query other = *q;
    struct cursor c = {.backwards = q->descending, .sort = q->sort_text, .page = q->page, .id = "7",
                       .nkeys = list_terms(q->sort), .keys = {"k", "l", "m"}};
    struct cursor back;
    const char *text;

    PROMISE(q->page >= 1 && q->page <= PAGE_MAX);
    PROMISE(q->per_page >= 1 && q->per_page <= x->conf->per_page_max);
    PROMISE(q->nfilters <= FILTERS_MAX && q->sort->name != NULL);
    list_make_page(x->resource, q, f->arena, &page);
    check_statement(&page);
    list_make_count(x->resource, q, list_has_parent(x), f->arena, &count);
    check_statement(&count);
    /* Nothing of the request is in the text: with other values it is the same. */
    for (size_t i = 0; i < q->nfilters; i++)
        other.values[i] = "other";
    other.cursor.id = "other";
    for (size_t i = 0; i < other.cursor.nkeys; i++)
        other.cursor.keys[i] = "other";
    list_make_page(x->resource, &other, f->arena, &again);
    PROMISE(strcmp(again.sql.data, page.sql.data) == 0);
    list_make_count(x->resource, &other, list_has_parent(x), f->arena, &again);
    PROMISE(strcmp(again.sql.data, count.sql.data) == 0);
    /* The cursor that this list would give leads on in this list and in no other. */
    text = cursor_seal(&c, q->scope, x->conf->secret_key, f->arena);
    PROMISE(cursor_open(&back, text, q->scope, x->conf->secret_key, "", f->arena));
    PROMISE(back.page == q->page && strcmp(back.sort, q->sort_text) == 0);
    PROMISE(!cursor_open(&back, text, arena_printf(f->arena, "%s\x1f", q->scope), x->conf->secret_key, "",
                         f->arena));
}

/* What the routes list, each once, in their order. */
static size_t all_lists(const struct resource *all[RESOURCES_MAX])
{
    size_t n = 0;

    for (const struct route *r = routes; r->pattern != NULL; r++) {
        bool known = r->handler != list_get || n == RESOURCES_MAX;

        for (size_t i = 0; !known && i < n; i++)
            known = all[i] == r->resource;
        if (!known)
            all[n++] = r->resource;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct resource *resources[RESOURCES_MAX];
    const size_t n = all_lists(resources);
    struct http_request req = {.id = "12345678"};
    struct exchange x = {.req = &req, .conf = fuzz_conf()};
    struct list_query q;
    struct fuzz f;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    x.arena = f.arena;
    x.err = &f.err;
    x.resource = resources[data[0] % 128 % n];
    if (data[0] >= 128)
        x.args[0] = "7"; /* the list of a parent, where there is one */
    if (query_parse(fuzz_text(&f, data + 1, size - 1), req.query, REQUEST_PARAMS_MAX, &req.nquery, f.arena, &f.err) ==
        OUT_OK) {
        if (list_read_query(&x, &q) == OUT_OK)
            check_query(&f, &x, &q);
        else
            fuzz_problem(&f, "12345678");
    }
    fuzz_end(&f);
    return 0;
}
