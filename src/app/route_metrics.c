/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/route_metrics.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ops/exposition.h"
#include "ops/metrics.h"

#define PLACES     (ROUTES_MAX + 1)
#define NO_ROUTE   0 /* the place of what found no route, or a route that found no place */
#define PAGE_BYTES ((size_t)64 * 1024) /* to begin with */

static const char name[] = "app_response_time_seconds";

/* Atomics, no lock. A key is written once. */
struct route_places {
    _Atomic uint64_t keys[PLACES]; /* 0: free */
    struct histogram_cell cells[PLACES][STATUS_COUNT];
};

static size_t region_size(const struct conf *conf)
{
    (void)conf;
    return sizeof(struct route_places);
}

const struct shm_region route_metrics_region = {"route_metrics", 1, region_size, NULL};

/* Of a route, whichever program it is in; never 0. */
static uint64_t key_of(const struct route *r)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];
    char text[256];
    uint64_t key;

    (void)snprintf(text, sizeof(text), "%s %s", route_method_text(r->method), r->pattern);
    (void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
    memcpy(&key, hash, sizeof(key));
    return key != 0 ? key : 1;
}

/* Takes a free one when none has the key. */
static size_t find_place(struct route_places *places, uint64_t key)
{
    for (size_t i = NO_ROUTE + 1; i < PLACES; i++) {
        uint64_t there = atomic_load(&places->keys[i]);

        if (there == 0 && atomic_compare_exchange_strong(&places->keys[i], &there, key))
            return i;
        if (there == key)
            return i;
    }
    return NO_ROUTE;
}

void route_metrics_init(struct route_metrics *m, const struct shm *shm)
{
    m->places = shm_region(shm, &route_metrics_region);
    for (const struct route *r = routes; r->pattern != NULL; r++)
        m->place[r - routes] = find_place(m->places, key_of(r));
}

static size_t place_of(const struct route_metrics *m, const struct route *r)
{
    return r != NULL ? m->place[r - routes] : NO_ROUTE;
}

void route_metrics_count(const struct route_metrics *m, const struct route *r, int status, int64_t us)
{
    histogram_put(&m->places->cells[place_of(m, r)][timings_class(status)], us);
}

void route_metrics_read(const struct route_metrics *m, const struct route *r, enum status_class status, struct histogram *h)
{
    histogram_take(h, &m->places->cells[place_of(m, r)][status]);
}

/* --- the page ----------------------------------------------------------------------------------------------------- */

/* Of each class that was ever answered. What found no route has no more labels than "other": its path and method are a
 * stranger's words, and there would be no end of them. */
static void add_route(struct buf *b, const struct route_metrics *m, const struct route *r)
{
    if (r != NULL && place_of(m, r) == NO_ROUTE) /* it is among "other" */
        return;
    for (int status = 0; status < STATUS_COUNT; status++) {
        struct histogram h = {.sum_us = 0};

        route_metrics_read(m, r, (enum status_class)status, &h);
        if (histogram_count(&h) > 0)
            exposition_histogram(b, name,
                                 LABELS({"route", r != NULL ? r->pattern : "other"},
                                        {"method", r != NULL ? route_method_text(r->method) : "other"},
                                        {"status", status_class_names[status]}),
                                 &h);
    }
}

enum outcome route_metrics_get(struct exchange *x)
{
    struct route_metrics m;
    struct buf b;

    route_metrics_init(&m, x->shm);
    buf_init(&b, x->arena, PAGE_BYTES);
    metrics_add(x, &b);
    exposition_family(&b, name, "histogram", "How long requests took, by route and class of the answer's status");
    add_route(&b, &m, NULL);
    for (const struct route *r = routes; r->pattern != NULL; r++)
        add_route(&b, &m, r);
    x->resp->status = 200;
    x->resp->content_type = EXPOSITION_TYPE;
    x->resp->body = (struct str){b.data, b.len};
    return OUT_OK;
}
