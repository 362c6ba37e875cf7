/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "db/db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/hosts.h"
#include "db/slow_query.h"

#define PREPARED_MAX 256    /* texts beyond are sent unprepared: a list's filters make many, few are hot */
#define GRACE_MS 1000       /* what the server gets on top of its own statement timeout */
#define RECONNECT_FIRST_MS 100
#define ACTOR_SQL "SELECT set_config('stevedores.actor', $1, true)"

struct prepared {
    char *sql; /* owned */
    char name[16];
    UT_hash_handle hh;
};

struct db {
    const struct conf *conf;
    const char *url;
    bool reads_only;           /* a replica's will do */
    const char *application;
    PGconn *conn;
    struct prepared *prepared; /* of this connection */
    int64_t next_attempt_ms;   /* monotonic; no connecting before */
    int64_t pause_ms;
    size_t host;               /* of DATABASE_URL's list: the one that answered last */
    const char *actor;         /* NULL: none */
    struct timings *timings;   /* NULL: nobody counts */
    int64_t asked_us;          /* when the statement in hand was sent last, monotonic; 0: it was not */
    bool in_transaction;
    bool unlimited;
    struct db_failure failure;
};

/* The '@' before a URI's host is the only one that isn't escaped. */
static bool has_one_at(const char *uri)
{
    const char *authority = strstr(uri, "://");
    const char *at = authority != NULL ? strchr(authority + 3, '@') : NULL;

    return authority == NULL || at == NULL ||
           (at < authority + 3 + strcspn(authority + 3, "/") && strchr(at + 1, '@') == NULL);
}

/* "5432", "5432,,5433". */
static bool are_ports(const char *text)
{
    return text[strspn(text, "0123456789,")] == '\0';
}

bool db_check_url(const char *url, const char **why)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool ok = true;

    *why = "is neither a PostgreSQL URI nor keyword=value pairs; blanks and quotes in a value are to be quoted, special "
           "characters in a URI written as %XX";
    if (options == NULL)
        return false;
    if (str_starts(url, "postgres://") || str_starts(url, "postgresql://"))
        ok = has_one_at(url);
    if (!ok)
        *why = "has an @ or / in a place where a URI has none; in a password they are written as %40 and %2F";
    for (const PQconninfoOption *o = options; ok && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "port") != 0 || o->val == NULL)
            continue;
        *why = "has a port that is no number; a / in a URI's password is written as %2F";
        ok = are_ports(o->val);
    }
    PQconninfoFree(options);
    return ok;
}

bool db_check_urls(const struct conf *conf, const char **setting, const char **why)
{
    *setting = "DATABASE_URL";
    if (!db_check_url(conf->database_url, why))
        return false;
    *setting = "DATABASE_REPLICA_URL";
    if (*conf->database_replica_url != '\0' && !db_check_url(conf->database_replica_url, why))
        return false;
    *setting = "DATABASE_OWNER_URL";
    return *conf->database_owner_url == '\0' || db_check_url(conf->database_owner_url, why);
}

bool db_url_has_password(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool found = false;

    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        found = found || (strcmp(o->keyword, "password") == 0 && o->val != NULL);
    PQconninfoFree(options);
    return found;
}

struct db *db_new(const struct conf *conf, const char *application)
{
    struct db *db = mem_zalloc(sizeof(*db));

    db->conf = conf;
    db->url = conf->database_url;
    db->application = application;
    db->pause_ms = RECONNECT_FIRST_MS;
    return db;
}

struct db *db_new_replica(const struct conf *conf, const char *application)
{
    struct db *db;

    if (*conf->database_replica_url == '\0')
        return NULL;
    db = db_new(conf, application);
    db->url = conf->database_replica_url;
    db->reads_only = true;
    return db;
}

static void drop(struct db *db)
{
    struct prepared *p, *next;

    HASH_ITER(hh, db->prepared, p, next)
    {
        HASH_DEL(db->prepared, p);
        free(p->sql);
        free(p);
    }
    PQfinish(db->conn);
    db->conn = NULL; /* in_transaction stays: what follows must fail, and not run outside it on a new connection */
}

void db_free(struct db **db)
{
    if (*db == NULL)
        return;
    drop(*db);
    free(*db);
    *db = NULL;
}

void db_disconnect(struct db *db)
{
    drop(db);
    db->in_transaction = false;
}

void db_unlimited(struct db *db)
{
    db->unlimited = true;
}

void db_set_actor(struct db *db, const char *json)
{
    db->actor = json;
}

void db_set_timings(struct db *db, struct timings *timings)
{
    db->timings = timings;
}

bool db_is_connected(const struct db *db)
{
    return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

const struct db_failure *db_last_failure(const struct db *db)
{
    return &db->failure;
}

/* Waits until the socket can be read or written; false at the deadline (0: none). */
static bool wait_socket(PGconn *conn, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = PQsocket(conn), .events = events};

    for (;;) {
        int64_t left = deadline_ms == 0 ? -1 : deadline_ms - clock_mono_ms();
        int n;

        if (deadline_ms != 0 && left <= 0)
            return false;
        n = poll(&p, 1, (int)left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* Connects under our own deadline: libpq's connect_timeout counts in seconds. */
static bool connect_within(struct db *db, int64_t deadline_ms)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return false;
        if (!wait_socket(db->conn, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_ms)) {
            (void)snprintf(db->failure.message, sizeof(db->failure.message), "timed out");
            return false;
        }
        state = PQconnectPoll(db->conn);
    }
    return true;
}

static void quiet_notices(void *arg, const char *message)
{
    (void)arg;
    log_event(LOG_DEBUG, "db_notice", F_STR("detail", message));
}

/* Before a write: has the server closed this connection while it was idle? Then the write goes to a new one, and never
 * into the void. */
static void drop_if_closed(struct db *db)
{
    struct pollfd p;

    if (db->conn == NULL)
        return;
    p = (struct pollfd){.fd = PQsocket(db->conn), .events = POLLIN};
    /* Until nothing more is there: a server that stops says so first, and closes then. */
    while (poll(&p, 1, 0) > 0) {
        if (PQconsumeInput(db->conn) == 0) {
            drop(db);
            return;
        }
    }
}

static void keep_field(char *out, size_t size, const PGresult *r, int code)
{
    const char *text = PQresultErrorField(r, code);

    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static bool sqlstate_is(const struct db *db, const char *prefix)
{
    return str_starts(db->failure.sqlstate, prefix);
}

/* Notes what went wrong. The message's detail would repeat the client's values, so it stays out of the log. */
static enum outcome fail(struct db *db, const PGresult *r, struct error *e)
{
    keep_field(db->failure.sqlstate, sizeof(db->failure.sqlstate), r, PG_DIAG_SQLSTATE);
    keep_field(db->failure.constraint, sizeof(db->failure.constraint), r, PG_DIAG_CONSTRAINT_NAME);
    keep_field(db->failure.table, sizeof(db->failure.table), r, PG_DIAG_TABLE_NAME);
    keep_field(db->failure.column, sizeof(db->failure.column), r, PG_DIAG_COLUMN_NAME);
    keep_field(db->failure.message, sizeof(db->failure.message), r, PG_DIAG_MESSAGE_PRIMARY);
    if (db->failure.message[0] == '\0')
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "%s", PQerrorMessage(db->conn));
    (void)error_log(e, OUT_INTERNAL, "%s: %s", db->failure.sqlstate, db->failure.message);
    /* Statement given up, resources short, serialisation or deadlock, read-only standby: nothing was done. */
    if (sqlstate_is(db, "57014") || sqlstate_is(db, "53") || sqlstate_is(db, "40") || sqlstate_is(db, "25006"))
        e->outcome = OUT_UNAVAILABLE;
    return e->outcome;
}

/* The connection is gone, or is about to be because the server is being stopped (57P01…57P03), or is PgBouncer's, which has lost
 * the server's (08P01). */
static bool is_lost(const struct db *db)
{
    return db->conn == NULL || PQstatus(db->conn) != CONNECTION_OK || sqlstate_is(db, "57P0") || sqlstate_is(db, "08");
}

/* It was not executed, and may well be in a new session: the server doesn't know the prepared statement any more, or its
 * result's columns changed with a migration; or it takes no writes, and the primary is another one by now. */
static bool is_forgotten(const struct db *db)
{
    return sqlstate_is(db, "26000") || sqlstate_is(db, "0A000") || sqlstate_is(db, "25006");
}

static int64_t deadline(const struct db *db)
{
    return db->unlimited ? 0 : clock_mono_ms() + db->conf->database_statement_timeout_ms + GRACE_MS;
}

/* Waits until PQgetResult() has something to say. False: lost or past the deadline, and the connection is dropped. */
static bool await_result(struct db *db, int64_t deadline_ms)
{
    while (PQisBusy(db->conn) != 0) {
        if (!wait_socket(db->conn, POLLIN, deadline_ms) || PQconsumeInput(db->conn) == 0) {
            (void)snprintf(db->failure.message, sizeof(db->failure.message), "%s",
                           PQstatus(db->conn) == CONNECTION_OK ? "no answer in time" : PQerrorMessage(db->conn));
            drop(db);
            return false;
        }
    }
    return true;
}

/* Waits for one result of what was sent and reads the rest up to its end. NULL: lost or past the deadline, and the
 * connection is dropped. */
static PGresult *receive(struct db *db, int64_t deadline_ms)
{
    PGresult *first = NULL;

    for (;;) {
        PGresult *r;

        if (!await_result(db, deadline_ms)) {
            PQclear(first);
            return NULL;
        }
        r = PQgetResult(db->conn);
        if (r == NULL)
            return first;
        if (first == NULL || PQresultStatus(r) == PGRES_FATAL_ERROR) {
            PQclear(first);
            first = r;
        } else {
            PQclear(r);
        }
        if (PQresultStatus(first) == PGRES_COPY_IN || PQresultStatus(first) == PGRES_COPY_OUT)
            return first;
    }
}

/* Of several statements in one text the last one's result, or the error that they ended with; else as receive(). */
static PGresult *receive_last(struct db *db, int64_t deadline_ms)
{
    PGresult *last = NULL;

    while (await_result(db, deadline_ms)) {
        PGresult *r = PQgetResult(db->conn);

        if (r == NULL)
            return last;
        PQclear(last);
        last = r;
    }
    PQclear(last);
    return NULL;
}

/* Settings of the session. As SQL and not as start-up options, which PgBouncer refuses. Where there is a choice of hosts only one
 * that takes writes will do. It says so itself: what a PgBouncer tells of the server behind it (target_session_attrs) may be from
 * before a fail-over. */
static bool prepare_session(struct db *db, bool choice, int64_t deadline_ms)
{
    char sql[256];
    PGresult *r;
    bool ok;

    (void)snprintf(sql, sizeof(sql),
                   "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET client_min_messages = warning; "
                   "SET statement_timeout = %lld; SHOW transaction_read_only",
                   db->unlimited ? 0LL : (long long)db->conf->database_statement_timeout_ms);
    r = PQsendQuery(db->conn, sql) == 1 ? receive_last(db, deadline_ms) : NULL;
    ok = PQresultStatus(r) == PGRES_TUPLES_OK;
    if (r != NULL && !ok)
        keep_field(db->failure.message, sizeof(db->failure.message), r, PG_DIAG_MESSAGE_PRIMARY);
    if (ok && choice && strcmp(PQgetvalue(r, 0, 0), "on") == 0) {
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "takes no writes");
        ok = false;
    }
    PQclear(r);
    return ok;
}

/* One host, until the deadline. False with the reason in db->failure. */
static bool connect_host(struct db *db, const struct hosts *hosts, size_t n, int64_t deadline_ms)
{
    db->failure = (struct db_failure){.sqlstate = ""};
    db->conn = hosts_connect(hosts, n, db->application);
    if (db->conn != NULL)
        (void)PQsetNoticeProcessor(db->conn, quiet_notices, NULL);
    if (db->conn != NULL && PQstatus(db->conn) != CONNECTION_BAD && connect_within(db, deadline_ms) &&
        prepare_session(db, hosts->n > 1 && !db->reads_only, deadline_ms))
        return true;
    if (db->failure.message[0] == '\0')
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "%s",
                       db->conn != NULL ? PQerrorMessage(db->conn) : "out of memory");
    drop(db);
    return false;
}

/* Each host once, beginning with the one that answered last; what time there is is divided among those that are left, so that
 * one that is silent leaves some to the next. */
static bool connect_any(struct db *db)
{
    const int64_t deadline_ms = clock_mono_ms() + db->conf->database_connect_timeout_ms;
    size_t first = db->host;
    bool connected = false;
    struct hosts hosts;

    if (!hosts_read(db->url, &hosts)) {
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "the URL is not understood");
        return false;
    }
    for (size_t i = 0; i < hosts.n && !connected; i++) {
        int64_t now = clock_mono_ms();
        int64_t share = deadline_ms > now ? (deadline_ms - now) / (int64_t)(hosts.n - i) : 1;

        db->host = (first + i) % hosts.n;
        connected = connect_host(db, &hosts, db->host, now + share);
        if (!connected && hosts.n > 1)
            log_event(LOG_INFO, "db_host_passed_over", F_INT("host", (long long)db->host + 1),
                      F_STR("detail", db->failure.message));
    }
    hosts_deinit(&hosts);
    if (!connected)
        db->host = first;
    return connected;
}

/* A connection to work with, or OUT_UNAVAILABLE. `now`: connect even in the pause after a failure. */
static enum outcome ensure(struct db *db, bool now, struct error *e)
{
    if (db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK)
        return OUT_OK;
    drop(db);
    if (!now && clock_mono_ms() < db->next_attempt_ms)
        return error_log(e, OUT_UNAVAILABLE, "no database connection; next attempt in %lld ms",
                         (long long)(db->next_attempt_ms - clock_mono_ms()));
    if (connect_any(db)) {
        log_event(LOG_INFO, "db_connected", F_INT("server_version", PQserverVersion(db->conn)),
                  F_INT("host", (long long)db->host + 1));
        db->pause_ms = RECONNECT_FIRST_MS;
        db->next_attempt_ms = 0;
        return OUT_OK;
    }
    (void)error_log(e, OUT_UNAVAILABLE, "can't connect to the database: %s", db->failure.message);
    log_event(LOG_WARN, "db_connect_failed", F_STR("detail", db->failure.message), F_INT("retry_ms", db->pause_ms));
    db->next_attempt_ms = clock_mono_ms() + db->pause_ms;
    db->pause_ms *= 2;
    if (db->pause_ms > db->conf->database_reconnect_max_ms)
        db->pause_ms = db->conf->database_reconnect_max_ms;
    return OUT_UNAVAILABLE;
}

/* The same for a pipeline up to its sync, which is its commit: the first error, or else the last statement's result. */
static PGresult *receive_pipeline(struct db *db, int64_t deadline_ms)
{
    PGresult *kept = NULL;

    for (;;) {
        PGresult *r;
        ExecStatusType status;

        if (!await_result(db, deadline_ms)) {
            PQclear(kept);
            return NULL;
        }
        r = PQgetResult(db->conn);
        status = PQresultStatus(r);
        if (r == NULL && PQstatus(db->conn) == CONNECTION_OK)
            continue; /* the end of one statement */
        if (r == NULL) {
            PQclear(kept);
            drop(db);
            return NULL;
        }
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(r);
            return kept;
        }
        if (status == PGRES_PIPELINE_ABORTED || (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR)) {
            PQclear(r);
        } else {
            PQclear(kept);
            kept = r;
        }
    }
}

/* The name that this text was prepared under; NULL when it is to be sent as it is (or, with *lost, the connection went
 * away meanwhile). A text that can't be prepared fails again, with its message, when it is executed. */
static const char *prepared_name(struct db *db, const char *sql, bool *lost)
{
    struct prepared *p;
    PGresult *r;

    *lost = false;
    if (!db->conf->database_prepare)
        return NULL;
    HASH_FIND_STR(db->prepared, sql, p);
    if (p != NULL)
        return p->name;
    if (HASH_COUNT(db->prepared) >= PREPARED_MAX)
        return NULL;
    p = mem_zalloc(sizeof(*p));
    (void)snprintf(p->name, sizeof(p->name), "s%u", HASH_COUNT(db->prepared));
    r = PQsendPrepare(db->conn, p->name, sql, 0, NULL) == 1 ? receive(db, deadline(db)) : NULL;
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        *lost = r == NULL;
        PQclear(r);
        free(p);
        return NULL;
    }
    PQclear(r);
    p->sql = mem_strdup(sql);
    HASH_ADD_KEYPTR(hh, db->prepared, p->sql, strlen(p->sql), p);
    return p->name;
}

static bool send_query(struct db *db, const char *name, const char *sql, const char *const *params, size_t nparams)
{
    if (name != NULL)
        return PQsendQueryPrepared(db->conn, name, (int)nparams, params, NULL, NULL, 0) == 1;
    return PQsendQueryParams(db->conn, sql, (int)nparams, NULL, params, NULL, NULL, 0) == 1;
}

/* One try. *sent: whether the server may have begun to work on it. NULL: the connection was lost. */
static PGresult *attempt(struct db *db, const char *sql, const char *const *params, size_t nparams, bool *sent)
{
    bool lost;
    const char *name;

    *sent = false;
    db->asked_us = clock_mono_us();
    db->failure = (struct db_failure){.sqlstate = ""};
    name = prepared_name(db, sql, &lost);
    if (lost)
        return NULL;
    if (!send_query(db, name, sql, params, nparams)) {
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "%s", PQerrorMessage(db->conn));
        drop(db);
        return NULL;
    }
    *sent = true;
    return receive(db, deadline(db));
}

/* The same, with who it is in front: a pipeline up to its sync is one transaction and one round trip (PostgreSQL manual,
 * "Pipeline Mode"). */
static PGresult *attempt_as(struct db *db, const char *sql, const char *const *params, size_t nparams, bool *sent)
{
    const char *name = NULL, *actor_name;
    PGresult *r;
    bool lost;

    *sent = false;
    db->asked_us = clock_mono_us();
    db->failure = (struct db_failure){.sqlstate = ""};
    actor_name = prepared_name(db, ACTOR_SQL, &lost);
    if (!lost)
        name = prepared_name(db, sql, &lost);
    if (lost)
        return NULL;
    if (PQenterPipelineMode(db->conn) != 1 || !send_query(db, actor_name, ACTOR_SQL, &db->actor, 1) ||
        !send_query(db, name, sql, params, nparams) || PQpipelineSync(db->conn) != 1) {
        (void)snprintf(db->failure.message, sizeof(db->failure.message), "%s", PQerrorMessage(db->conn));
        drop(db);
        return NULL;
    }
    *sent = true;
    r = receive_pipeline(db, deadline(db));
    if (r != NULL && PQexitPipelineMode(db->conn) != 1)
        log_event(LOG_ERROR, "db_pipeline", F_STR("detail", PQerrorMessage(db->conn)));
    return r;
}

static void clear_result(void *r)
{
    PQclear(r);
}

static enum outcome query(struct db *db, struct arena *arena, enum db_access access, const char *sql,
                          const char *const *params, size_t nparams, struct db_result **result, struct error *e)
{
    bool alone = !db->in_transaction;
    bool sent;
    PGresult *r;

    *result = NULL;
    if (access == DB_WRITE && alone)
        drop_if_closed(db);
    for (int try = 0;; try++) {
        if (!alone && !db_is_connected(db))
            return error_log(e, OUT_UNAVAILABLE, "the transaction's connection was lost");
        if (ensure(db, try > 0, e) != OUT_OK)
            return OUT_UNAVAILABLE;
        r = access == DB_WRITE && alone && db->actor != NULL ? attempt_as(db, sql, params, nparams, &sent)
                                                             : attempt(db, sql, params, nparams, &sent);
        if (r != NULL) {
            ExecStatusType status = PQresultStatus(r);

            if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
                arena_cleanup(arena, clear_result, r);
                *result = (struct db_result *)r;
                return OUT_OK;
            }
            (void)fail(db, r, e);
            PQclear(r);
            if (is_forgotten(db))
                sent = false;
            else if (!is_lost(db))
                return e->outcome;
            drop(db);
        }
        log_event(LOG_WARN, "db_lost", F_STR("detail", db->failure.message));
        if (!alone)
            return error_log(e, OUT_UNAVAILABLE, "connection lost in a transaction: %s", db->failure.message);
        if (try == 0 && (access == DB_READ || !sent))
            continue;
        return error_log(e, sent && access == DB_WRITE ? OUT_UNCERTAIN : OUT_UNAVAILABLE, "connection lost: %s",
                         db->failure.message);
    }
}

/* What the schema's rules refuse (integrity, data, class SD) is the client's mistake. */
static bool is_own_failure(const struct db *db, enum outcome o)
{
    if (o == OUT_UNAVAILABLE || o == OUT_UNCERTAIN)
        return true;
    return o == OUT_INTERNAL && !sqlstate_is(db, "22") && !sqlstate_is(db, "23") && !sqlstate_is(db, "SD");
}

static int64_t rows_of(const struct db_result *r)
{
    const PGresult *pr = (const PGresult *)r;

    if (PQresultStatus(pr) == PGRES_TUPLES_OK)
        return PQntuples(pr);
    return r != NULL ? db_affected(r) : 0;
}

/* Logs the statement in hand, which has ended now, when it took long. The time to connect is not its own; tools may take what they
 * need. */
static void note_slow(const struct db *db, struct arena *arena, int64_t now_us, const struct db_result *r, struct slow_query *q)
{
    q->us = now_us - db->asked_us;
    if (db->unlimited || db->asked_us == 0 || q->us < db->conf->slow_query_ms * 1000)
        return;
    q->rows = rows_of(r);
    q->sqlstate = db->failure.sqlstate;
    slow_query_log(q, arena);
}

enum outcome db_query(struct db *db, struct arena *arena, enum db_access access, const char *sql,
                      const char *const *params, size_t nparams, struct db_result **result, struct error *e)
{
    const int64_t began = clock_mono_us();
    struct slow_query slow = {.sql = sql, .params = params, .nparams = nparams};
    enum outcome o;
    int64_t now;

    db->asked_us = 0;
    o = query(db, arena, access, sql, params, nparams, result, e);
    now = clock_mono_us();
    if (db->timings != NULL)
        timings_query(db->timings, now - began, is_own_failure(db, o));
    note_slow(db, arena, now, *result, &slow);
    return o;
}

size_t db_rows(const struct db_result *r)
{
    return (size_t)PQntuples((const PGresult *)r);
}

const char *db_get(const struct db_result *r, size_t row, int column)
{
    const PGresult *pr = (const PGresult *)r;

    return PQgetisnull(pr, (int)row, column) != 0 ? NULL : PQgetvalue(pr, (int)row, column);
}

struct str db_get_str(const struct db_result *r, size_t row, int column)
{
    const PGresult *pr = (const PGresult *)r;

    return (struct str){PQgetvalue(pr, (int)row, column), (size_t)PQgetlength(pr, (int)row, column)};
}

const char *db_column(const struct db_result *r, int column)
{
    return PQfname((const PGresult *)r, column);
}

int64_t db_get_i64(const struct db_result *r, size_t row, int column)
{
    const char *text = db_get(r, row, column);

    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

int64_t db_affected(const struct db_result *r)
{
    /* libpq's parameter lacks a const; it changes nothing. */
    return strtoll(PQcmdTuples((PGresult *)(uintptr_t)r), NULL, 10);
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction;
}

enum outcome db_begin(struct db *db, struct arena *arena, struct error *e)
{
    struct db_result *r;
    enum outcome o;

    drop_if_closed(db);
    o = db_query(db, arena, DB_READ, "BEGIN", NULL, 0, &r, e); /* nothing is lost by asking twice */
    db->in_transaction = o == OUT_OK;
    if (o == OUT_OK && db->actor != NULL) {
        o = db_query(db, arena, DB_WRITE, ACTOR_SQL, &db->actor, 1, &r, e);
        if (o != OUT_OK)
            db_rollback(db, arena);
    }
    return o;
}

enum outcome db_commit(struct db *db, struct arena *arena, struct error *e)
{
    struct slow_query slow = {.sql = "COMMIT"};
    PGresult *r;
    bool sent;
    bool committed;

    db->in_transaction = false;
    if (!db_is_connected(db))
        return error_log(e, OUT_UNAVAILABLE, "the transaction's connection was lost");
    r = attempt(db, "COMMIT", NULL, 0, &sent);
    note_slow(db, arena, clock_mono_us(), NULL, &slow);
    if (r == NULL)
        return error_log(e, sent ? OUT_UNCERTAIN : OUT_UNAVAILABLE, "connection lost at commit: %s",
                         db->failure.message);
    arena_cleanup(arena, clear_result, r);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        (void)fail(db, r, e);
        if (is_lost(db)) {
            drop(db);
            e->outcome = OUT_UNCERTAIN;
        }
        return e->outcome;
    }
    /* COMMIT of a transaction that had failed answers ROLLBACK. */
    committed = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    return committed ? OUT_OK : error_log(e, OUT_INTERNAL, "commit of a failed transaction");
}

void db_rollback(struct db *db, struct arena *arena)
{
    struct error ignored;
    struct db_result *r;

    if (!db->in_transaction)
        return;
    error_init(&ignored, arena);
    if (db_is_connected(db) && db_query(db, arena, DB_WRITE, "ROLLBACK", NULL, 0, &r, &ignored) != OUT_OK)
        drop(db);
    db->in_transaction = false;
}

/* Sends a text without parameters; *r is the first result or the error. */
static enum outcome simple(struct db *db, const char *sql, PGresult **r, struct error *e)
{
    if (ensure(db, false, e) != OUT_OK)
        return OUT_UNAVAILABLE;
    db->failure = (struct db_failure){.sqlstate = ""};
    *r = PQsendQuery(db->conn, sql) == 1 ? receive(db, deadline(db)) : NULL;
    if (*r == NULL)
        return error_log(e, OUT_UNAVAILABLE, "connection lost: %s", db->failure.message);
    if (PQresultStatus(*r) == PGRES_FATAL_ERROR) {
        (void)fail(db, *r, e);
        PQclear(*r);
        *r = NULL;
        return e->outcome;
    }
    return OUT_OK;
}

enum outcome db_script(struct db *db, struct arena *arena, const char *sql, struct error *e)
{
    PGresult *r;
    enum outcome o = simple(db, sql, &r, e);

    (void)arena;
    if (o == OUT_OK)
        PQclear(r);
    return o;
}

enum outcome db_copy_in_begin(struct db *db, struct arena *arena, const char *sql, struct error *e)
{
    PGresult *r;
    enum outcome o = simple(db, sql, &r, e);
    bool copying;

    (void)arena;
    if (o != OUT_OK)
        return o;
    copying = PQresultStatus(r) == PGRES_COPY_IN;
    PQclear(r);
    return copying ? OUT_OK : error_log(e, OUT_INTERNAL, "not a COPY FROM STDIN");
}

enum outcome db_copy_in_put(struct db *db, const char *data, size_t n, struct error *e)
{
    if (PQputCopyData(db->conn, data, (int)n) == 1)
        return OUT_OK;
    return error_log(e, OUT_UNAVAILABLE, "copy was cut off: %s", PQerrorMessage(db->conn));
}

enum outcome db_copy_in_end(struct db *db, int64_t *rows, struct error *e)
{
    PGresult *r;
    enum outcome o = OUT_OK;

    *rows = 0;
    if (PQputCopyEnd(db->conn, NULL) != 1)
        return error_log(e, OUT_UNAVAILABLE, "copy was cut off: %s", PQerrorMessage(db->conn));
    r = receive(db, deadline(db));
    if (r == NULL)
        return error_log(e, OUT_UNAVAILABLE, "connection lost: %s", db->failure.message);
    if (PQresultStatus(r) == PGRES_COMMAND_OK)
        *rows = db_affected((struct db_result *)r);
    else
        o = fail(db, r, e);
    PQclear(r);
    return o;
}

enum outcome db_copy_out(struct db *db, struct arena *arena, const char *sql,
                         bool (*fn)(void *ctx, const char *data, size_t n), void *ctx, struct error *e)
{
    PGresult *r;
    enum outcome o = simple(db, sql, &r, e);
    bool wanted = true;
    char *data;
    int n;

    (void)arena;
    if (o != OUT_OK)
        return o;
    if (PQresultStatus(r) != PGRES_COPY_OUT) {
        PQclear(r);
        return error_log(e, OUT_INTERNAL, "not a COPY TO STDOUT");
    }
    PQclear(r);
    while (wanted && (n = PQgetCopyData(db->conn, &data, 0)) > 0) {
        wanted = fn(ctx, data, (size_t)n);
        PQfreemem(data);
    }
    if (!wanted) {
        drop(db); /* cheaper than to cancel and to read what is still on its way */
        return OUT_OK;
    }
    r = receive(db, deadline(db));
    if (r == NULL)
        return error_log(e, OUT_UNAVAILABLE, "connection lost: %s", db->failure.message);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        o = fail(db, r, e);
    PQclear(r);
    return o;
}

char *db_quote(struct db *db, struct arena *arena, const char *text)
{
    char *quoted, *copy;

    if (db->conn == NULL)
        return NULL;
    quoted = PQescapeLiteral(db->conn, text, strlen(text));
    if (quoted == NULL)
        return NULL;
    copy = arena_strdup(arena, quoted);
    PQfreemem(quoted);
    return copy;
}
