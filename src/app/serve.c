/* SPDX-License-Identifier: Apache-2.0
 *
 * A request's way, in the order of the table `steps`. A step says whether the next one is to follow; whatever it says,
 * finish() answers, logs and takes the memory back.
 */
#include "config.h"
#include "app/serve.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/operation.h"
#include "app/recycle.h"
#include "app/regions.h"
#include "app/route.h"
#include "app/route_metrics.h"
#include "auth/origin.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cache/redis.h"
#include "engine/idempotency.h"
#include "engine/resource.h"
#include "guard/limit.h"
#include "http/fcgi_io.h"
#include "http/problem.h"
#include "shm/pool.h"
#include "shm/timings.h"

#define ARENA_BLOCK    ((size_t)256 * 1024) /* holds a page of a list with room to spare */
#define ACCEPT_PAUSE_MS 100
#define NAME_MAX_BYTES 40 /* of a parameter, in the log */

/* What a responder has, and the request in hand. */
struct responder {
    const struct conf *conf;
    struct fcgi_io *io;
    struct db *db;
    struct db *replica; /* NULL: none */
    struct shm *shm;
    struct cache *cache;
    struct limits *limits;
    struct timings *timings;
    struct route_metrics route_metrics;
    struct pool_place *place; /* in the pool; NULL: there was none left */
    struct arena *arena; /* of the request; reset after each */

    struct http_request req;
    struct http_response resp;
    struct error err;
    struct caller caller;
    const struct route *route;
    const char *args[EXCHANGE_ARGS_MAX];
    struct lookup lookup; /* in the cache */
    int64_t started_us;
};

enum step { STEP_CONTINUE, STEP_ANSWERED, STEP_FAILED };

static enum step to_step(struct responder *r, enum outcome o)
{
    r->err.outcome = o; /* the last word is the outcome that was returned */
    return o == OUT_OK ? STEP_CONTINUE : STEP_FAILED;
}

static enum step read_request(struct responder *r)
{
    const struct request_source source = {fcgi_io_env(r->io), fcgi_io_read, r->io};
    enum outcome o = request_read(&r->req, &source, r->conf, r->arena, &r->err);

    log_set_request(r->req.id);
    return to_step(r, o);
}

/* Any page of the web can make a browser send a report anywhere; no other route takes one for JSON. */
static enum outcome check_body_type(struct responder *r)
{
    bool wanted = r->route->rate == RATE_REPORT;

    if (r->req.body.n == 0 || r->req.is_report == wanted)
        return OUT_OK;
    return error_field(&r->err, OUT_BAD_MEDIA_TYPE, "Content-Type", "must be %s",
                       wanted ? "application/csp-report or application/reports+json" : "application/json");
}

static enum step find_route(struct responder *r)
{
    const char *allow;

    r->route = route_find(&r->req, r->conf, r->args, r->arena, &allow);
    if (r->route != NULL) {
        log_set_route(r->route->pattern);
        return to_step(r, check_body_type(r));
    }
    if (allow != NULL)
        response_header(&r->resp, "Allow", allow);
    return to_step(r, allow != NULL ? OUT_BAD_METHOD : OUT_NOT_FOUND);
}

static enum step refuse(struct responder *r, const struct limit_verdict *v)
{
    response_header(&r->resp, "Retry-After", arena_printf(r->arena, "%lld", (long long)v->retry_s));
    return to_step(r, error_set(&r->err, OUT_LIMITED, "Wait %lld s.", (long long)v->retry_s));
}

/* A flood from one address ends here, before anybody else has to be asked. */
static enum step limit_flood(struct responder *r)
{
    struct limit_verdict v;

    if (r->route->rate == RATE_EXEMPT)
        return STEP_CONTINUE;
    limit_take(r->limits, LIMIT_ADDRESS, limit_address(r->req.remote_addr, r->arena), clock_real_ms(), &v);
    return v.allowed ? STEP_CONTINUE : refuse(r, &v);
}

/* Who asks, where it matters. */
static enum step find_caller(struct responder *r)
{
    enum outcome o;

    if (r->route->role == ROLE_ANYBODY)
        return STEP_CONTINUE;
    if (*r->req.authorization != '\0' && !r->req.https && !r->conf->plain_http)
        return to_step(r, error_set(&r->err, OUT_DENIED, "API keys travel over HTTPS only here; this one should be replaced."));
    o = session_identify(r->conf, r->db, r->cache, &r->req, r->arena, &r->caller, &r->err);
    return to_step(r, o);
}

static bool is_write(const struct responder *r)
{
    return route_is_write(r->route);
}

/* May this caller do this, and did the caller mean to? With an API key nobody can be tricked: browsers don't send it by
 * themselves. */
static enum step allow(struct responder *r)
{
    if (is_write(r) && r->caller.via != VIA_KEY && origin_is_foreign(&r->req))
        return to_step(r, error_set(&r->err, OUT_DENIED, "This request was made by another site's page."));
    if (r->caller.role < r->route->role)
        return to_step(r, r->caller.via == VIA_NOBODY ? OUT_UNAUTHENTICATED : OUT_DENIED);
    if (is_write(r) && r->caller.via != VIA_NOBODY)
        db_set_actor(r->db, session_actor(&r->caller, &r->req, r->arena));
    return STEP_CONTINUE;
}

/* All of something as CSV: limited by itself, and never cached. */
static bool is_export(const struct responder *r)
{
    return (operation_of(r->route)->flags & OPERATION_CSV) != 0 && list_wants_csv(&r->req);
}

/* Whom a limit counts: the person, else the key, else the address. */
static const char *counted_as(const struct responder *r)
{
    switch (r->caller.via) {
    case VIA_SESSION:
        return arena_printf(r->arena, "user:%lld", (long long)r->caller.user_id);
    case VIA_KEY:
        return arena_printf(r->arena, "key:%lld", (long long)r->caller.credential_id);
    case VIA_NOBODY:
        break;
    }
    return limit_address(r->req.remote_addr, r->arena);
}

static enum step limit_caller(struct responder *r)
{
    static const enum limit_class classes[] = {
        [RATE_READ] = LIMIT_READ, [RATE_WRITE] = LIMIT_WRITE, [RATE_LOGIN] = LIMIT_LOGIN, [RATE_EXPORT] = LIMIT_EXPORT,
        [RATE_REPORT] = LIMIT_REPORT};
    struct limit_verdict v;

    if (r->route->rate == RATE_EXEMPT)
        return STEP_CONTINUE;
    limit_take(r->limits, classes[is_export(r) ? RATE_EXPORT : r->route->rate], counted_as(r), clock_real_ms(), &v);
    if (v.n > 0) {
        response_header(&r->resp, "RateLimit-Policy", limit_policy_header(&v, r->arena));
        response_header(&r->resp, "RateLimit", limit_header(&v, r->arena));
    }
    return v.allowed ? STEP_CONTINUE : refuse(r, &v);
}

static enum step ask_cache(struct responder *r)
{
    cache_lookup(r->cache, &r->lookup, is_export(r) ? NULL : r->route->cache, r->args[0], &r->req, &r->resp, r->arena);
    return STEP_CONTINUE;
}

/* An export holds up nobody at a replica, which may serve it when it has what the cache would ask of an answer. */
static struct db *replica_for(struct responder *r)
{
    int64_t wanted[TAGS_MAX];
    struct lookup l;

    if (r->replica == NULL || !is_export(r) || !cache_wanted(r->cache, &l, r->route->cache, r->args[0], &r->req, r->arena, wanted))
        return NULL;
    return versions_reached(r->replica, l.tags, wanted, l.ntags, r->arena) ? r->replica : NULL;
}

static enum step run_board(struct responder *r)
{
    struct cache_before before;
    enum outcome o;
    struct exchange x = {
        .arena = r->arena,
        .conf = r->conf,
        .db = r->db,
        .shm = r->shm,
        .cache = r->cache,
        .limits = r->limits,
        .caller = &r->caller,
        .req = &r->req,
        .resource = r->route->resource,
        .resp = &r->resp,
        .err = &r->err,
    };

    if (r->resp.status != 0) /* the cache had it */
        return STEP_CONTINUE;
    memcpy(x.args, r->args, sizeof(x.args));
    x.replica = replica_for(r);
    if (is_write(r))
        cache_before_write(r->cache, &before);
    o = route_is_repeatable(r->route) ? idempotency_run(&x, r->route->handler) : r->route->handler(&x);
    if (is_write(r))
        cache_after_write(r->cache, &before, o, &r->req, &r->resp, r->arena);
    else if (o == OUT_UNAVAILABLE && cache_stale(r->cache, &r->lookup, &r->resp))
        o = OUT_OK;
    return to_step(r, o);
}

static enum step keep_answer(struct responder *r)
{
    cache_store(r->cache, &r->lookup, &r->resp);
    return STEP_CONTINUE;
}

static enum step validate(struct responder *r)
{
    response_validate(&r->resp, &r->req, r->arena);
    return STEP_ANSWERED;
}

static const struct {
    const char *name;
    enum step (*run)(struct responder *r);
} steps[] = {
    {"request", read_request}, /* parse, bounds */
    {"route", find_route},
    {"flood", limit_flood},    /* by address */
    {"session", find_caller},
    {"allow", allow},          /* role, origin */
    {"limit", limit_caller},   /* by caller and the route's class */
    {"cache", ask_cache},
    {"board", run_board},      /* unless the cache has answered */
    {"keep", keep_answer},     /* in the cache */
    {"validate", validate},    /* ETag, 304 */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the query's parameters, sorted, without their values. What doesn't look like a name may be a value that somebody
 * sent in its place. */
static const char *query_names(const struct http_request *req, struct arena *arena)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-[]";
    const char *names[REQUEST_PARAMS_MAX] = {NULL};
    struct buf b;

    for (size_t i = 0; i < req->nquery; i++) {
        const char *name = req->query[i].name;
        const size_t n = strlen(name);

        names[i] = n <= NAME_MAX_BYTES && strspn(name, letters) == n ? name : "?";
    }
    qsort(names, req->nquery, sizeof(names[0]), by_text);
    buf_init(&b, arena, 128);
    for (size_t i = 0; i < req->nquery; i++) {
        buf_puts(&b, i > 0 ? "," : "");
        buf_puts(&b, names[i]);
    }
    return b.data;
}

/* What is written out at length is what somebody typed, a berth's name perhaps; numbers are our own. */
static const char *shown_path(const struct responder *r)
{
    for (size_t i = 0; r->route != NULL && i < EXCHANGE_ARGS_MAX && r->args[i] != NULL; i++) {
        if (r->args[i][strspn(r->args[i], "0123456789")] != '\0')
            return r->route->pattern;
    }
    return r->req.path;
}

/* What asks for attention says what it was like, and no values. */
static void log_request(const struct responder *r, const char *step)
{
    const int64_t us = clock_mono_us() - r->started_us;
    const bool notable = r->resp.status >= 500 || us >= r->conf->slow_request_ms * 1000;
    const enum log_level level = r->resp.status >= 500 ? LOG_ERROR : notable ? LOG_WARN : LOG_INFO;

    if (r->conf->log_requests == LOG_REQUESTS_NONE || (r->conf->log_requests == LOG_REQUESTS_SLOW && !notable))
        return;
    if (r->route == NULL)
        log_set_route("");
    if (!notable) {
        log_event(level, "request", F_STR("method", r->req.method_text), F_STR("path", r->req.path), F_INT("status", r->resp.status),
                  F_INT("us", us), F_INT("bytes", (long long)r->resp.body.n), F_STR("step", step), F_STR("client", r->req.remote_addr),
                  F_STR("user", r->caller.username), F_STR("detail", r->err.log));
        return;
    }
    log_event(level, "request", F_STR("method", r->req.method_text), F_STR("path", shown_path(r)), F_INT("status", r->resp.status),
              F_INT("us", us), F_INT("bytes", (long long)r->resp.body.n), F_STR("step", step), F_STR("client", r->req.remote_addr),
              F_STR("user", r->caller.username), F_STR("detail", r->err.log), F_STR("query", query_names(&r->req, r->arena)),
              F_INT("body_bytes", (long long)r->req.body.n));
}

static bool write_piece(void *io, struct str piece)
{
    return fcgi_io_write(io, piece);
}

/* False when it was cut off. A client that hung up misses nothing. */
static bool send_answer(struct responder *r)
{
    if (!fcgi_io_write(r->io, response_head(&r->resp, &r->req, r->arena)) || r->req.method == HTTP_HEAD)
        return true;
    if (r->resp.stream != NULL)
        return r->resp.stream(r->resp.stream_ctx, write_piece, r->io);
    (void)fcgi_io_write(r->io, r->resp.body);
    return true;
}

/* For the operations page and for Prometheus; before the client knows, so that it sees itself counted. */
static void count_request(const struct responder *r)
{
    const int64_t us = clock_mono_us() - r->started_us;

    timings_request(r->timings, route_group(r->route, r->route != NULL && is_export(r)), r->resp.status, us);
    route_metrics_count(&r->route_metrics, r->route, r->resp.status, us);
    pool_end(r->place, db_is_connected(r->db), redis_is_connected(cache_redis(r->cache)));
}

/* Whatever became of the request: answer, log, and be as before it. */
static void finish(struct responder *r, enum step result, const char *step)
{
    bool sent;

    if (result == STEP_FAILED || r->resp.status == 0) {
        if (result != STEP_FAILED)
            (void)error_log(&r->err, OUT_INTERNAL, "the handler gave no answer");
        problem_respond(&r->resp, &r->req, &r->err);
    }
    cache_end(r->cache, &r->lookup); /* before the client is waited for */
    sent = send_answer(r);
    count_request(r);
    if (sent)
        fcgi_io_finish(r->io);
    else
        fcgi_io_abort(r->io);
    log_request(r, step);
    log_set_request(NULL);
    db_set_actor(r->db, NULL);
    arena_reset(r->arena);
}

static void handle(struct responder *r)
{
    enum step result = STEP_CONTINUE;
    size_t i = 0;

    r->started_us = clock_mono_us();
    pool_begin(r->place, r->started_us);
    r->route = NULL;
    r->caller = (struct caller){.role = ROLE_ANYBODY, .username = "", .display_name = ""};
    memset(r->args, 0, sizeof(r->args));
    memset(&r->lookup, 0, sizeof(r->lookup));
    response_init(&r->resp);
    error_init(&r->err, r->arena);
    while (result == STEP_CONTINUE && i < sizeof(steps) / sizeof(steps[0]))
        result = steps[i++].run(r);
    finish(r, result, steps[i - 1].name);
}

int serve(int fd, const struct conf *conf)
{
    struct responder r = {.conf = conf};
    struct recycle recycle;
    enum fcgi_event event;
    bool due = false;

    route_check();
    r.io = fcgi_io_new(fd, conf->peer_timeout_ms);
    if (r.io == NULL) {
        log_event(LOG_ERROR, "no_listening_socket", F_STR("detail", "start me through spawn-fcgi or a socket unit"));
        return EX_UNAVAILABLE;
    }
    r.arena = arena_new(ARENA_BLOCK);
    r.db = db_new(conf, "stevedores-fcgi");
    r.replica = db_new_replica(conf, "stevedores-fcgi");
    r.shm = shm_open_segment(conf, regions);
    r.cache = cache_new(conf, r.shm, r.db);
    r.limits = limits_new(conf, r.shm, cache_redis(r.cache));
    r.timings = timings_open(r.shm);
    route_metrics_init(&r.route_metrics, r.shm);
    r.place = pool_join(pool_open(r.shm));
    db_set_timings(r.db, r.timings);
    recycle_begin(&recycle, conf, r.shm);
    log_event(LOG_INFO, "started", F_STR("version", PACKAGE_VERSION));
    while (!due && (event = fcgi_io_accept(r.io)) != FCGI_EVENT_STOP) {
        if (event == FCGI_EVENT_REQUEST) {
            handle(&r);
            due = recycle_due(&recycle);
        } else if (event == FCGI_EVENT_ERROR) {
            (void)poll(NULL, 0, ACCEPT_PAUSE_MS); /* out of descriptors or memory: don't spin */
        }
    }
    while (conf->own_socket && (event = fcgi_io_drain(r.io)) != FCGI_EVENT_STOP) {
        if (event == FCGI_EVENT_REQUEST)
            handle(&r);
    }
    log_event(LOG_INFO, "stopped");
    pool_leave(r.place);
    recycle_end(&recycle);
    limits_free(&r.limits);
    cache_free(&r.cache);
    shm_close(&r.shm);
    db_free(&r.replica);
    db_free(&r.db);
    arena_free(&r.arena);
    fcgi_io_free(&r.io);
    return 0;
}
