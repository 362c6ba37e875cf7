/* SPDX-License-Identifier: Apache-2.0
 *
 * The form: https://prometheus.io/docs/instrumenting/exposition_formats/, text, version 0.0.4.
 */
#include "config.h"
#include "ops/metrics.h"

#include <string.h>

#include "cache/breaker.h"
#include "cache/lru.h"
#include "guard/gate.h"
#include "shm/counters.h"

static void add_head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP stevedores_%s %s.\n# TYPE stevedores_%s %s\n", name, help, name, type);
}

static void add_counters(struct buf *b, const struct counters *counters)
{
    const char *family = "";

    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        const struct counter_info *info = &counter_infos[i];

        if (strcmp(family, info->family) != 0)
            buf_printf(b, "# HELP stevedores_%s_total %s.\n# TYPE stevedores_%s_total counter\n", info->family,
                       info->help, info->family);
        family = info->family;
        buf_printf(b, "stevedores_%s_total{%s=\"%s\"} %lld\n", family, info->label, info->value,
                   (long long)counter_get(counters, i));
    }
}

static void add_breakers(struct exchange *x, struct buf *b)
{
    struct breaker breakers[BREAKER_COUNT];
    struct breaker_status status[BREAKER_COUNT];

    for (int i = 0; i < BREAKER_COUNT; i++) {
        breakers[i] = breaker_open(x->shm, x->conf, (enum breaker_of)i);
        breaker_status(&breakers[i], &status[i]);
    }
    add_head(b, "breaker_open", "gauge", "1 while the dependency is left alone");
    for (int i = 0; i < BREAKER_COUNT; i++)
        buf_printf(b, "stevedores_breaker_open{of=\"%s\"} %d\n", breakers[i].name, status[i].state != BREAKER_CLOSED);
    add_head(b, "breaker_failures_total", "counter", "Failures of the dependency");
    for (int i = 0; i < BREAKER_COUNT; i++)
        buf_printf(b, "stevedores_breaker_failures_total{of=\"%s\"} %lld\n", breakers[i].name,
                   (long long)status[i].failed);
    add_head(b, "breaker_opened_total", "counter", "How often the breaker opened");
    for (int i = 0; i < BREAKER_COUNT; i++)
        buf_printf(b, "stevedores_breaker_opened_total{of=\"%s\"} %lld\n", breakers[i].name,
                   (long long)status[i].opened);
}

static void add_gauge(struct buf *b, const char *name, const char *type, const char *help, int64_t value)
{
    add_head(b, name, type, help);
    buf_printf(b, "stevedores_%s %lld\n", name, (long long)value);
}

static void add_local(struct exchange *x, struct buf *b)
{
    struct lru_status s;
    size_t last = 0;

    while (cache_tier(x->cache, last + 1) != NULL)
        last++;
    lru_status(cache_tier(x->cache, last), &s);
    add_gauge(b, "cache_local_bytes", "gauge", "Memory of the local cache", s.bytes);
    add_gauge(b, "cache_local_used_bytes", "gauge", "Memory of the local cache that is taken", s.used);
    add_gauge(b, "cache_local_entries", "gauge", "Entries of the local cache", s.entries);
    add_gauge(b, "cache_local_evicted_total", "counter", "Entries that made room for others", s.evicted);
    add_gauge(b, "cache_local_emptied_total", "counter", "Shards emptied because a process died in one", s.emptied);
}

static void add_agent(struct exchange *x, struct buf *b)
{
    int64_t age = shm_agent_age_ms(x->shm);

    add_head(b, "agent_age_seconds", "gauge", "Since the agent's last beat; -1: never");
    if (age < 0)
        buf_puts(b, "stevedores_agent_age_seconds -1\n");
    else
        buf_printf(b, "stevedores_agent_age_seconds %lld.%03lld\n", (long long)age / 1000, (long long)age % 1000);
}

static void add_gate(struct exchange *x, struct buf *b)
{
    int64_t inside, waiting;

    gate_count(gate_open(x->shm), &inside, &waiting);
    add_gauge(b, "passwords_in_hand", "gauge", "Responders that are checking a password", inside);
    add_gauge(b, "passwords_waiting", "gauge", "Responders that wait for their turn to check one", waiting);
}

enum outcome metrics_get(struct exchange *x)
{
    struct buf b;

    buf_init(&b, x->arena, 8192);
    add_counters(&b, counters_open(x->shm));
    add_breakers(x, &b);
    add_local(x, &b);
    add_agent(x, &b);
    add_gate(x, &b);
    x->resp->status = 200;
    x->resp->content_type = "text/plain; version=0.0.4; charset=utf-8";
    x->resp->body = (struct str){b.data, b.len};
    return OUT_OK;
}
