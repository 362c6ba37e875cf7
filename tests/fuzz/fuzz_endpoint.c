/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of caches: REDIS_URL, or MEMCACHED_SERVERS when the first byte is odd.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "conf/endpoint.h"

static void check_host(const struct endpoint *e)
{
    PROMISE(e->host[0] != '\0');
    if (e->port == 0)
        PROMISE(e->host[0] == '/');
    else
        PROMISE(e->port >= 1 && e->port <= 65535);
}

/* "host:port", in brackets where a colon is part of the host. */
static const char *host_text(struct fuzz *f, const struct endpoint *e)
{
    return arena_printf(f->arena, strchr(e->host, ':') != NULL ? "[%s]:%d" : "%s:%d", e->host, e->port);
}

static void credentials(struct buf *b, const struct redis_endpoint *e)
{
    if (e->user[0] == '\0' && e->password[0] == '\0')
        return;
    fuzz_percent(b, e->user);
    buf_char(b, ':');
    fuzz_percent(b, e->password);
    buf_char(b, '@');
}

static void try_sentinels(struct fuzz *f, const struct redis_endpoint *e)
{
    struct redis_endpoint again;
    const char *why = NULL;
    struct buf b;

    PROMISE(e->nsentinels <= SENTINELS_MAX && e->master[0] != '\0' && e->at.host[0] == '\0');
    buf_init(&b, f->arena, 256);
    buf_puts(&b, "redis+sentinel://");
    credentials(&b, e);
    for (size_t i = 0; i < e->nsentinels; i++) {
        check_host(&e->sentinels[i]);
        PROMISE(e->sentinels[i].port != 0);
        if (strchr(e->sentinels[i].host, ']') != NULL || strchr(e->sentinels[i].host, ',') != NULL)
            return; /* has no other form */
        buf_printf(&b, "%s%s", i > 0 ? "," : "", host_text(f, &e->sentinels[i]));
    }
    buf_printf(&b, "/%d?master=%s", e->database, e->master);
    PROMISE(endpoint_redis(b.data, &again, &why));
    PROMISE(again.nsentinels == e->nsentinels && again.database == e->database && strcmp(again.master, e->master) == 0);
    PROMISE(strcmp(again.user, e->user) == 0 && strcmp(again.password, e->password) == 0);
    for (size_t i = 0; i < e->nsentinels; i++)
        PROMISE(strcmp(again.sentinels[i].host, e->sentinels[i].host) == 0 && again.sentinels[i].port == e->sentinels[i].port);
}

static void try_redis(struct fuzz *f, const char *text)
{
    struct redis_endpoint e, again;
    const char *why = NULL;
    struct buf b;

    if (!endpoint_redis(text, &e, &why)) {
        PROMISE(why != NULL && *why != '\0');
        return;
    }
    PROMISE(e.database >= 0 && e.database <= 9999);
    if (e.nsentinels > 0) {
        try_sentinels(f, &e);
        return;
    }
    check_host(&e.at);
    if (e.at.port != 0 && strchr(e.at.host, ']') != NULL)
        return; /* has no other form */
    buf_init(&b, f->arena, 256);
    buf_puts(&b, e.at.port == 0 ? "unix://" : "redis://");
    credentials(&b, &e);
    if (e.at.port == 0) {
        buf_char(&b, '/');
        if (strlen(e.at.host) > 30)
            return; /* escaped, it might be too long */
        fuzz_percent(&b, e.at.host + 1);
    } else {
        buf_puts(&b, host_text(f, &e.at));
    }
    buf_printf(&b, e.at.port == 0 ? "?db=%d" : "/%d", e.database);
    PROMISE(endpoint_redis(b.data, &again, &why));
    PROMISE(strcmp(again.at.host, e.at.host) == 0 && again.at.port == e.at.port && again.database == e.database);
    PROMISE(strcmp(again.user, e.user) == 0 && strcmp(again.password, e.password) == 0);
}

static void try_memcached(const char *text)
{
    const char *list = text, *why = NULL;
    struct endpoint e;

    for (;;) {
        const char *before = list;

        if (!endpoint_memcached(&list, &e, &why))
            break;
        PROMISE(list > before && list <= text + strlen(text));
        check_host(&e);
    }
    PROMISE(why != NULL ? *why != '\0' : *list == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    char *text;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    text = fuzz_text(&f, data + 1, size - 1);
    if (data[0] % 2 == 0)
        try_redis(&f, text);
    else
        try_memcached(text);
    fuzz_end(&f);
    return 0;
}
