/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/sentinel.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"

/* What is left until the deadline, and never nothing, which would be no limit. */
static struct timeval until(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_mono_ms();

    if (left < 1)
        left = 1;
    return (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
}

/* ["10.0.0.7", "6379"]; nothing when it knows no master of that name. */
static bool take_address(const redisReply *reply, struct endpoint *master)
{
    const redisReply *host, *port;
    int64_t number;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return false;
    host = reply->element[0];
    port = reply->element[1];
    if (host->type != REDIS_REPLY_STRING || port->type != REDIS_REPLY_STRING || host->len == 0 ||
        host->len >= sizeof(master->host) || !parse_i64(port->str, &number) || number < 1 || number > 65535)
        return false;
    memcpy(master->host, host->str, host->len + 1);
    master->port = (int)number;
    return true;
}

static const char *reason(const redisContext *c)
{
    if (c == NULL)
        return "out of memory";
    return c->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK) ? "no answer in time" : c->errstr;
}

static bool ask(const struct endpoint *sentinel, const char *name, int64_t deadline_ms, struct endpoint *master, char *why,
                size_t size)
{
    redisContext *c = redisConnectWithTimeout(sentinel->host, sentinel->port, until(deadline_ms));
    redisReply *reply = NULL;
    const char *what;
    bool told;

    if (c != NULL && c->err == 0 && redisSetTimeout(c, until(deadline_ms)) == REDIS_OK) {
        errno = 0;
        reply = redisCommand(c, "SENTINEL get-master-addr-by-name %s", name);
    }
    told = reply != NULL && take_address(reply, master);
    what = reply == NULL ? reason(c) : reply->type == REDIS_REPLY_ERROR ? reply->str : "knows no master of that name";
    if (!told)
        (void)snprintf(why, size, "sentinel %s: %s", sentinel->host, what);
    freeReplyObject(reply);
    if (c != NULL)
        redisFree(c);
    return told;
}

bool sentinel_find(const struct redis_endpoint *e, int64_t timeout_ms, size_t *first, struct endpoint *master, char *why,
                   size_t size)
{
    const int64_t deadline_ms = clock_mono_ms() + timeout_ms;

    for (size_t i = 0; i < e->nsentinels; i++) {
        size_t n = (*first + i) % e->nsentinels;
        int64_t now = clock_mono_ms();
        int64_t share = deadline_ms > now ? (deadline_ms - now) / (int64_t)(e->nsentinels - i) : 0;

        if (ask(&e->sentinels[n], e->master, now + share, master, why, size)) {
            *first = n;
            return true;
        }
    }
    return false;
}
