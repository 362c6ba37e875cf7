/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/redis.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cache/sentinel.h"
#include "conf/endpoint.h"

struct redis {
    struct tier tier;
    struct redis_endpoint endpoint; /* with sentinels, `at` is the master that they named last */
    size_t sentinel;                /* the one that answered last */
    int64_t connect_ms;
    struct timeval connect_timeout;
    struct timeval command_timeout;
    redisContext *connection; /* NULL: none */
};

static struct timeval ms(int64_t n)
{
    return (struct timeval){.tv_sec = n / 1000, .tv_usec = n % 1000 * 1000};
}

static void disconnect(struct redis *r)
{
    if (r->connection != NULL)
        redisFree(r->connection);
    r->connection = NULL;
}

/* The breaker hears why; the connection can't be used again. */
static enum tier_result failed(struct redis *r, const char *why)
{
    breaker_failure(&r->tier.breaker, why);
    disconnect(r);
    return TIER_FAILED;
}

/* What hiredis says of the connection. A timeout looks like EAGAIN there. */
static const char *reason(const struct redis *r)
{
    if (r->connection == NULL)
        return "out of memory";
    if (r->connection->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        return "no answer in time";
    return r->connection->errstr;
}

/* Frees the reply and returns true when it isn't an error; else *why. */
static bool is_fine(redisReply *reply, char *why, size_t size)
{
    bool fine = reply != NULL && reply->type != REDIS_REPLY_ERROR;

    if (reply != NULL && !fine)
        (void)snprintf(why, size, "%s", reply->str);
    freeReplyObject(reply);
    return fine;
}

/* A Redis that has no AUTH (rename-command) repeats the password in its error, so only the error's first word is kept. */
static bool authenticate(struct redis *r, char *why, size_t size)
{
    const struct redis_endpoint *e = &r->endpoint;
    char error[128] = "no answer";

    if (e->user[0] == '\0' && e->password[0] == '\0')
        return true;
    if (is_fine(e->user[0] != '\0' ? redisCommand(r->connection, "AUTH %s %s", e->user, e->password)
                                   : redisCommand(r->connection, "AUTH %s", e->password),
                error, sizeof(error)))
        return true;
    if (strcmp(error, "no answer") != 0)
        error[strcspn(error, " ")] = '\0';
    (void)snprintf(why, size, "AUTH: %s", error);
    return false;
}

/* What a sentinel took for the master may be a replica again, which would refuse each write. */
static bool is_master(struct redis *r, char *why, size_t size)
{
    redisReply *reply = redisCommand(r->connection, "ROLE");
    bool master = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
                  reply->element[0]->type == REDIS_REPLY_STRING && strcmp(reply->element[0]->str, "master") == 0;

    if (!master)
        (void)snprintf(why, size, "%s", reply == NULL                       ? "no answer to ROLE"
                                        : reply->type == REDIS_REPLY_ERROR ? reply->str
                                                                           : "is not the master");
    freeReplyObject(reply);
    return master;
}

/* AUTH and SELECT, as the URL says. */
static bool introduce(struct redis *r, char *why, size_t size)
{
    const struct redis_endpoint *e = &r->endpoint;
    redisContext *c = r->connection;

    if (!authenticate(r, why, size))
        return false;
    (void)snprintf(why, size, "no answer to SELECT");
    if (e->database != 0 && !is_fine(redisCommand(c, "SELECT %d", e->database), why, size))
        return false;
    return e->nsentinels == 0 || is_master(r, why, size);
}

/* Where to connect to now. */
static bool find_master(struct redis *r, char *why, size_t size)
{
    struct endpoint *at = &r->endpoint.at, master;

    if (!sentinel_find(&r->endpoint, r->connect_ms, &r->sentinel, &master, why, size))
        return false;
    if (strcmp(master.host, at->host) != 0 || master.port != at->port) {
        *at = master;
        log_event(LOG_INFO, "redis_master", F_STR("host", at->host), F_INT("port", at->port));
    }
    return true;
}

/* A connection, or NULL after the breaker was told. */
static redisContext *connected(struct redis *r)
{
    const struct endpoint *at = &r->endpoint.at;
    char why[128];

    if (r->connection != NULL)
        return r->connection;
    if (r->endpoint.nsentinels > 0 && !find_master(r, why, sizeof(why))) {
        (void)failed(r, why);
        return NULL;
    }
    r->connection = at->port == 0 ? redisConnectUnixWithTimeout(at->host, r->connect_timeout)
                                  : redisConnectWithTimeout(at->host, at->port, r->connect_timeout);
    if (r->connection == NULL || r->connection->err != 0 ||
        redisSetTimeout(r->connection, r->command_timeout) != REDIS_OK) {
        (void)failed(r, reason(r));
        return NULL;
    }
    if (!introduce(r, why, sizeof(why))) {
        (void)failed(r, why);
        return NULL;
    }
    return r->connection;
}

/* Sends a command. NULL after the breaker was told; an error that Redis answers with is one, too, for it may be loading, out
 * of memory or a replica. Except a script that it doesn't know. */
static redisReply *ask(struct redis *r, int argc, const char **argv, const size_t *lengths)
{
    redisContext *c;
    redisReply *reply;

    if (!breaker_allow(&r->tier.breaker))
        return NULL;
    c = connected(r);
    if (c == NULL)
        return NULL;
    errno = 0;
    reply = redisCommandArgv(c, argc, argv, lengths);
    if (reply == NULL) {
        (void)failed(r, reason(r));
    } else if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) != 0) {
        (void)failed(r, reply->str);
        freeReplyObject(reply);
        reply = NULL;
    } else {
        breaker_success(&r->tier.breaker);
    }
    return reply;
}

bool redis_is_connected(const struct tier *redis)
{
    return redis != NULL && ((const struct redis *)redis)->connection != NULL;
}

static enum tier_result get(struct tier *t, const struct cache_key *key, struct arena *arena, struct str *value)
{
    char text[TIER_KEY_TEXT_SIZE];
    const char *argv[] = {"GET", text};
    const size_t lengths[] = {3, TIER_KEY_TEXT_SIZE - 1};
    enum tier_result result = TIER_MISS;
    redisReply *reply;

    tier_key_text(key, text);
    reply = ask((struct redis *)t, 2, argv, lengths);
    if (reply == NULL)
        return TIER_FAILED;
    if (reply->type == REDIS_REPLY_STRING) {
        *value = (struct str){arena_strndup(arena, reply->str, reply->len), reply->len};
        result = TIER_OK;
    }
    freeReplyObject(reply);
    return result;
}

static enum tier_result set(struct tier *t, const struct cache_key *key, struct str value, int64_t ttl_ms)
{
    char text[TIER_KEY_TEXT_SIZE], ttl[24];
    const char *argv[] = {"SET", text, value.p, "PX", ttl};
    size_t lengths[] = {3, TIER_KEY_TEXT_SIZE - 1, value.n, 2, 0};
    redisReply *reply;

    tier_key_text(key, text);
    lengths[4] = (size_t)snprintf(ttl, sizeof(ttl), "%lld", (long long)ttl_ms);
    reply = ask((struct redis *)t, 5, argv, lengths);
    freeReplyObject(reply);
    return reply != NULL ? TIER_OK : TIER_FAILED;
}

static enum tier_result remove_key(struct tier *t, const struct cache_key *key)
{
    char text[TIER_KEY_TEXT_SIZE];
    const char *argv[] = {"DEL", text};
    const size_t lengths[] = {3, TIER_KEY_TEXT_SIZE - 1};
    enum tier_result result;
    redisReply *reply;

    tier_key_text(key, text);
    reply = ask((struct redis *)t, 2, argv, lengths);
    if (reply == NULL)
        return TIER_FAILED;
    result = reply->integer > 0 ? TIER_OK : TIER_MISS;
    freeReplyObject(reply);
    return result;
}

static bool take_integers(const redisReply *reply, int64_t *out, size_t n)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (reply->element[i]->type != REDIS_REPLY_INTEGER)
            return false;
        out[i] = reply->element[i]->integer;
    }
    return true;
}

/* The SHA-1 is Redis's own answer to SCRIPT LOAD, so nothing here needs to compute one. */
static enum tier_result load(struct redis *r, struct redis_script *script)
{
    const char *argv[] = {"SCRIPT", "LOAD", script->text};
    const size_t lengths[] = {6, 4, strlen(script->text)};
    redisReply *reply = ask(r, 3, argv, lengths);
    bool told;

    if (reply == NULL)
        return TIER_FAILED;
    told = reply->type == REDIS_REPLY_STRING && reply->len == sizeof(script->sha) - 1;
    if (told)
        memcpy(script->sha, reply->str, sizeof(script->sha));
    freeReplyObject(reply);
    return told ? TIER_OK : failed(r, "an answer to SCRIPT LOAD that is no hash");
}

enum tier_result redis_run(struct tier *redis, struct redis_script *script, const char *const *args, size_t nargs,
                           size_t nkeys, int64_t *out, size_t n)
{
    struct redis *r = (struct redis *)redis;
    const char *argv[REDIS_ARGS_MAX + 3] = {"EVALSHA", script->sha};
    size_t lengths[REDIS_ARGS_MAX + 3];
    char keys[24];
    bool taken;

    assert(nargs <= REDIS_ARGS_MAX);
    (void)snprintf(keys, sizeof(keys), "%zu", nkeys);
    argv[2] = keys;
    for (size_t i = 0; i < nargs; i++)
        argv[i + 3] = args[i];
    /* Twice: Redis forgets scripts when it is started anew. */
    for (int try = 0; try < 2; try++) {
        redisReply *reply;

        if (script->sha[0] == '\0' && load(r, script) != TIER_OK)
            return TIER_FAILED;
        for (size_t i = 0; i < nargs + 3; i++)
            lengths[i] = strlen(argv[i]);
        reply = ask(r, (int)nargs + 3, argv, lengths);
        if (reply == NULL)
            return TIER_FAILED;
        if (reply->type == REDIS_REPLY_ERROR) {
            freeReplyObject(reply);
            script->sha[0] = '\0';
            continue;
        }
        taken = take_integers(reply, out, n);
        freeReplyObject(reply);
        return taken ? TIER_OK : failed(r, "an answer of another form than the script's");
    }
    return failed(r, "the script is forgotten at once");
}

static void free_tier(struct tier *t)
{
    disconnect((struct redis *)t);
    free(t);
}

struct tier *redis_open(const struct conf *conf, const struct shm *shm)
{
    struct redis *r;
    const char *why;

    if (*conf->redis_url == '\0')
        return NULL;
    r = mem_zalloc(sizeof(*r));
    if (!endpoint_redis(conf->redis_url, &r->endpoint, &why)) { /* conf_load() has checked it */
        free(r);
        return NULL;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* hiredis writes without MSG_NOSIGNAL */
    r->connect_ms = conf->cache_connect_timeout_ms;
    r->connect_timeout = ms(conf->cache_connect_timeout_ms);
    r->command_timeout = ms(conf->cache_command_timeout_ms);
    r->tier = (struct tier){.name = "redis",
                            .breaker = breaker_open(shm, conf, BREAKER_REDIS),
                            .get = get,
                            .set = set,
                            .remove = remove_key,
                            .free = free_tier};
    return &r->tier;
}
