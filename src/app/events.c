/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/events.h"

#include <ctype.h>
#include <string.h>

#include "app/route.h"
#include "auth/origin.h"
#include "auth/session.h"
#include "base/clock.h"

/* True when the policy's tag, "vessel_{}" perhaps, stands for this one. */
static bool stands_for(const char *policy_tag, const char *tag)
{
    size_t n = strcspn(policy_tag, "{");

    if (policy_tag[n] == '\0')
        return strcmp(policy_tag, tag) == 0;
    return strncmp(policy_tag, tag, n) == 0 && isdigit((unsigned char)tag[n]) && isdigit((unsigned char)tag[n + 1]) &&
           tag[n + 2] == '\0';
}

static bool is_made_from(const struct cache_policy *policy, const char *tag)
{
    for (size_t i = 0; i < TAGS_MAX && policy->tags[i] != NULL; i++) {
        if (stands_for(policy->tags[i], tag))
            return true;
    }
    return false;
}

enum role events_reader(const struct conf *conf, const char *tag)
{
    enum role least = ROLE_NONE;

    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (r->cache == NULL || !route_is_on(r, conf) || !is_made_from(r->cache, tag))
            continue;
        if (least == ROLE_NONE || r->role < least)
            least = r->role;
    }
    return least;
}

bool events_is_audience(const struct conf *conf, enum role role)
{
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (r->cache == NULL || r->role != role || !route_is_on(r, conf))
            continue;
        for (size_t i = 0; i < TAGS_MAX && r->cache->tags[i] != NULL; i++) {
            if (strchr(r->cache->tags[i], '{') != NULL || events_reader(conf, r->cache->tags[i]) == role)
                return true;
        }
    }
    return false;
}

int64_t events_epoch(const struct conf *conf, int64_t real_ms)
{
    return real_ms / (conf->events_renew_s * 1000);
}

const char *events_channel(enum role audience, int64_t epoch, struct arena *arena)
{
    return arena_printf(arena, "%s-%lld", role_text(audience), (long long)epoch);
}

/* The highest that the role reaches. */
static enum role audience_of(const struct conf *conf, enum role role)
{
    while (role > ROLE_VIEWER && !events_is_audience(conf, role))
        role--;
    return role;
}

enum outcome events_get(struct exchange *x)
{
    const char *channel;

    if (!conf_has_events(x->conf))
        return OUT_NOT_FOUND;
    if (x->caller->via == VIA_SESSION && origin_is_foreign(x->req))
        return error_set(x->err, OUT_DENIED, "This request was made by another site's page.");
    /* Where no web server takes the header, browsers take this for "never again" (HTML, 9.2.3). */
    x->resp->status = 204;
    if (x->req->method == HTTP_HEAD)
        return OUT_OK;
    channel = events_channel(audience_of(x->conf, x->caller->role), events_epoch(x->conf, clock_real_ms()), x->arena);
    response_header(x->resp, "X-Accel-Redirect",
                    arena_printf(x->arena, "/_events/user-%lld/%s", (long long)x->caller->user_id, channel));
    return OUT_OK;
}
