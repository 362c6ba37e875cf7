/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/memcached.h"

#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/endpoint.h"

/* One of several servers that fails is this process's own affair: it is left out for BREAKER_OPEN_MS, and what would be there
 * isn't there. (The library's way to do this forgets whom it left out at memcached_quit(), and never begins with a server
 * that takes connections and then says nothing.) Only when all fail does the breaker, which is for all, hear of it. */
struct memcached {
    struct tier tier;
    memcached_st *client;
    size_t servers;
    int64_t *left_out_until; /* of each, monotonic clock; 0: it is well */
};

static bool is_left_out(const struct memcached *m, size_t server)
{
    return clock_mono_ms() < m->left_out_until[server];
}

static bool are_all_left_out(const struct memcached *m)
{
    for (size_t i = 0; i < m->servers; i++) {
        if (!is_left_out(m, i))
            return false;
    }
    return true;
}

static void leave_out(struct memcached *m, size_t server, const char *why)
{
    if (m->left_out_until[server] == 0 && m->servers > 1)
        log_event(LOG_WARN, "memcached_left_out", F_INT("server", (long long)server), F_STR("detail", why));
    m->left_out_until[server] = clock_mono_ms() + m->tier.breaker.open_ms;
    /* Unless it is closed this may have been its trial, and it waits to hear. */
    if (are_all_left_out(m) || !breaker_is_closed(&m->tier.breaker))
        breaker_failure(&m->tier.breaker, why);
}

static void take_back(struct memcached *m, size_t server)
{
    if (m->left_out_until[server] != 0 && m->servers > 1)
        log_event(LOG_INFO, "memcached_taken_back", F_INT("server", (long long)server));
    m->left_out_until[server] = 0;
    breaker_success(&m->tier.breaker);
}

/* TIER_OK: ask the key's server, *server, and judge() what it said. */
static enum tier_result choose(const struct memcached *m, const char *key, size_t *server)
{
    *server = memcached_generate_hash(m->client, key, TIER_KEY_TEXT_SIZE - 1);
    if (is_left_out(m, *server) && !are_all_left_out(m))
        return TIER_MISS;
    return breaker_allow(&m->tier.breaker) ? TIER_OK : TIER_FAILED;
}

/* What libmemcached returned, for the breaker and the caller. */
static enum tier_result judge(struct memcached *m, size_t server, memcached_return_t rc)
{
    switch (rc) {
    case MEMCACHED_SUCCESS:
    case MEMCACHED_STORED:
    case MEMCACHED_DELETED:
        take_back(m, server);
        return TIER_OK;
    case MEMCACHED_NOTFOUND:
    case MEMCACHED_NOTSTORED:
    case MEMCACHED_E2BIG:
        take_back(m, server);
        return TIER_MISS;
    default:
        break;
    }
    leave_out(m, server, memcached_strerror(m->client, rc));
    /* A late answer must not be taken for the next one's. */
    memcached_quit(m->client);
    return TIER_FAILED;
}

static enum tier_result get(struct tier *t, const struct cache_key *key, struct arena *arena, struct str *value)
{
    struct memcached *m = (struct memcached *)t;
    char text[TIER_KEY_TEXT_SIZE];
    memcached_return_t rc;
    enum tier_result result;
    uint32_t flags;
    size_t n = 0, server;
    char *found;

    tier_key_text(key, text);
    result = choose(m, text, &server);
    if (result != TIER_OK)
        return result;
    found = memcached_get(m->client, text, TIER_KEY_TEXT_SIZE - 1, &n, &flags, &rc);
    result = judge(m, server, rc);
    if (result == TIER_OK && found == NULL)
        result = TIER_MISS; /* an empty value is none of ours */
    if (result == TIER_OK)
        *value = (struct str){arena_strndup(arena, found, n), n};
    free(found);
    return result;
}

static enum tier_result set(struct tier *t, const struct cache_key *key, struct str value, int64_t ttl_ms)
{
    struct memcached *m = (struct memcached *)t;
    char text[TIER_KEY_TEXT_SIZE];
    enum tier_result result;
    size_t server;

    tier_key_text(key, text);
    result = choose(m, text, &server);
    if (result != TIER_OK)
        return result;
    /* Whole seconds; 0 would be for ever, and more than 30 days a date. */
    return judge(m, server, memcached_set(m->client, text, TIER_KEY_TEXT_SIZE - 1, value.p, value.n,
                                          (time_t)((ttl_ms + 999) / 1000), 0));
}

static enum tier_result remove_key(struct tier *t, const struct cache_key *key)
{
    struct memcached *m = (struct memcached *)t;
    char text[TIER_KEY_TEXT_SIZE];
    enum tier_result result;
    size_t server;

    tier_key_text(key, text);
    result = choose(m, text, &server);
    if (result != TIER_OK)
        return result;
    return judge(m, server, memcached_delete(m->client, text, TIER_KEY_TEXT_SIZE - 1, 0));
}

static void free_tier(struct tier *t)
{
    struct memcached *m = (struct memcached *)t;

    memcached_free(m->client);
    free(m->left_out_until);
    free(m);
}

/* The library's defaults are made for scripts: seconds of waiting, keys unchecked. */
static void configure(struct memcached *m, const struct conf *conf)
{
    const struct {
        memcached_behavior_t name;
        uint64_t value;
    } settings[] = {
        {MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 0},
        {MEMCACHED_BEHAVIOR_VERIFY_KEY, 1},
        {MEMCACHED_BEHAVIOR_TCP_NODELAY, 1},
        {MEMCACHED_BEHAVIOR_NO_BLOCK, 1},
        {MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, (uint64_t)conf->cache_connect_timeout_ms},
        {MEMCACHED_BEHAVIOR_POLL_TIMEOUT, (uint64_t)conf->cache_command_timeout_ms},
        {MEMCACHED_BEHAVIOR_SND_TIMEOUT, (uint64_t)conf->cache_command_timeout_ms * 1000},
        {MEMCACHED_BEHAVIOR_RCV_TIMEOUT, (uint64_t)conf->cache_command_timeout_ms * 1000},
        {MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 0},
        {MEMCACHED_BEHAVIOR_REMOVE_FAILED_SERVERS, 0}, /* the ring stays: keys don't wander while one is away */
        {MEMCACHED_BEHAVIOR_KETAMA, 1},
    };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (memcached_behavior_set(m->client, settings[i].name, settings[i].value) != MEMCACHED_SUCCESS)
            log_event(LOG_WARN, "memcached_behavior", F_INT("behavior", settings[i].name));
    }
}

struct tier *memcached_open(const struct conf *conf, const struct shm *shm)
{
    const char *list = conf->memcached_servers, *why;
    struct endpoint e;
    struct memcached *m;

    if (*list == '\0')
        return NULL;
    m = mem_zalloc(sizeof(*m));
    m->client = memcached_create(NULL);
    if (m->client == NULL)
        mem_exhausted(0);
    while (endpoint_memcached(&list, &e, &why)) { /* conf_load() has checked it */
        memcached_return_t rc = e.port == 0 ? memcached_server_add_unix_socket(m->client, e.host)
                                            : memcached_server_add(m->client, e.host, (in_port_t)e.port);

        if (rc == MEMCACHED_SUCCESS)
            m->servers++;
        else
            log_event(LOG_ERROR, "memcached_server", F_STR("host", e.host), F_STR("detail", memcached_strerror(NULL, rc)));
    }
    if (m->servers == 0)
        mem_exhausted(0); /* the only reason left: the addresses were checked */
    m->left_out_until = mem_zalloc(m->servers * sizeof(*m->left_out_until));
    configure(m, conf);
    m->tier = (struct tier){.name = "memcached",
                            .breaker = breaker_open(shm, conf, BREAKER_MEMCACHED),
                            .get = get,
                            .set = set,
                            .remove = remove_key,
                            .free = free_tier};
    return &m->tier;
}
