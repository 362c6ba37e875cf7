/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/route.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "engine/resource.h"

const char *route_method_text(enum http_method method)
{
    static const char *const texts[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST", [HTTP_PATCH] = "PATCH",
        [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_OTHER] = "-",
    };

    return texts[method];
}

const char *route_rate_text(enum rate_class rate)
{
    static const char *const texts[] = {
        [RATE_EXEMPT] = "exempt", [RATE_READ] = "read",     [RATE_WRITE] = "write",
        [RATE_LOGIN] = "login",   [RATE_EXPORT] = "export", [RATE_REPORT] = "report",
    };

    return texts[rate];
}

bool route_is_write(const struct route *r)
{
    return r->method != HTTP_GET && r->rate != RATE_REPORT;
}

bool route_is_repeatable(const struct route *r)
{
    return route_is_write(r) && (r->board != NULL || r->resource != NULL);
}

enum request_group route_group(const struct route *r, bool whole)
{
    if (r == NULL || r->rate == RATE_REPORT)
        return GROUP_OTHER;
    if (r->rate == RATE_EXEMPT)
        return GROUP_HEALTH;
    if (r->rate == RATE_LOGIN)
        return GROUP_LOGIN;
    if (whole)
        return GROUP_EXPORT;
    if (route_is_write(r))
        return GROUP_WRITE;
    if (r->cache != NULL && r->cache->kind == CACHE_DASHBOARD)
        return GROUP_DASHBOARD;
    return r->handler == list_get ? GROUP_LIST : GROUP_ROW;
}

bool route_is_on(const struct route *r, const struct conf *conf)
{
    return r->board == NULL || conf_has_board(conf, r->board);
}

/* True when the path has the pattern's form; its arguments go to args. */
static bool matches(const char *pattern, const struct http_request *req, const char *args[EXCHANGE_ARGS_MAX])
{
    size_t nargs = 0;

    for (size_t i = 0; i < req->nsegments; i++) {
        size_t n;

        if (*pattern != '/')
            return false;
        n = strcspn(++pattern, "/");
        if (*pattern == '{')
            args[nargs++] = req->segments[i];
        else if (strlen(req->segments[i]) != n || memcmp(req->segments[i], pattern, n) != 0)
            return false;
        pattern += n;
    }
    return *pattern == '\0';
}

const struct route *route_find(const struct http_request *req, const struct conf *conf,
                               const char *args[EXCHANGE_ARGS_MAX], struct arena *arena, const char **allow)
{
    enum http_method method = req->method == HTTP_HEAD ? HTTP_GET : req->method;
    const char *first = NULL; /* the pattern that stands for this path */

    *allow = NULL;
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        const char *found[EXCHANGE_ARGS_MAX] = {NULL};

        if (!route_is_on(r, conf) || !matches(r->pattern, req, found))
            continue;
        /* "/api/vessels/summary" is not also the vessel "summary". */
        if (first != NULL && strcmp(first, r->pattern) != 0)
            continue;
        first = r->pattern;
        if (r->method == method) {
            memcpy(args, found, sizeof(found));
            return r;
        }
        *allow = *allow == NULL ? arena_printf(arena, "%s", route_method_text(r->method))
                                : arena_printf(arena, "%s, %s", *allow, route_method_text(r->method));
        if (r->method == HTTP_GET)
            *allow = arena_printf(arena, "%s, HEAD", *allow);
    }
    return NULL;
}

void route_check_table(const struct route *table)
{
    for (const struct route *r = table; r->pattern != NULL; r++) {
        const char *wrong = NULL;

        if (r->role == ROLE_NONE)
            wrong = "has no role";
        else if (r->handler == NULL || r->summary == NULL)
            wrong = "has no handler or no summary";
        else if (r->cache != NULL && r->method != HTTP_GET)
            wrong = "is cached and not a GET";
        else if (r - table >= ROUTES_MAX)
            wrong = "is one more than can be counted";
        for (const struct route *other = table; other < r; other++) {
            if (other->method == r->method && strcmp(other->pattern, r->pattern) == 0)
                wrong = "stands in the table twice";
        }
        if (wrong != NULL) {
            log_event(LOG_ERROR, "bad_route", F_STR("pattern", r->pattern), F_STR("detail", wrong));
            exit(EX_SOFTWARE);
        }
    }
}

void route_check(void)
{
    route_check_table(routes);
}
