/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to PostgreSQL, made when it is first needed and made again when it broke. The only folder that
 * sees libpq.
 *
 * DATABASE_URL may name several hosts: the first that takes writes is it, beginning with the one that was it last. One that has come
 * to be a standby meanwhile is left at its first refusal.
 *
 * Every wait is bounded: connecting by DATABASE_CONNECT_TIMEOUT_MS for all hosts together, a statement by DATABASE_STATEMENT_TIMEOUT_MS
 * (on the server) plus a second (here, for a server that hangs). While the database is away, attempts to connect
 * are spaced out, and calls in between return OUT_UNAVAILABLE at once.
 *
 * What became of a statement whose connection broke:
 *   read                      asked again once on a new connection
 *   write, not yet sent       likewise
 *   write, sent               OUT_UNCERTAIN: it may or may not have happened
 *   in a transaction, before COMMIT was sent   OUT_UNAVAILABLE: rolled back for certain
 */
#ifndef STEVEDORES_DB_DB_H
#define STEVEDORES_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "shm/timings.h"

struct db;
struct db_result;

enum db_access { DB_READ, DB_WRITE };

/* What PostgreSQL said of the last statement that failed; texts are valid until the next call. Empty strings, never
 * NULL. */
struct db_failure {
    char sqlstate[6];
    char constraint[64];
    char table[64];
    char column[64];
    char message[512];
};

/* Whether the settings' URLs are such: a URI (libpq, section 34.1.1.2) or keyword=value pairs. False with the setting's name and
 * the reason, both constants. For malformed ones libpq would show its pieces, of which one may be the
 * password: with an unescaped slash, say, half of it is taken for a port. */
bool db_check_urls(const struct conf *conf, const char **setting, const char **why)
    __attribute__((warn_unused_result));

/* The same for any URL. */
bool db_check_url(const char *url, const char **why) __attribute__((warn_unused_result));

/* Whether it has a password in it, which on a command line everybody can read. */
bool db_url_has_password(const char *url);

/* A connection that isn't made yet. `conf` is borrowed. `application` names it in pg_stat_activity.
 * End with db_free(). */
struct db *db_new(const struct conf *conf, const char *application);
void db_free(struct db **db);

/* Likewise to DATABASE_REPLICA_URL, for reads only, whose rows may be old (versions_reached()). NULL where there is none. */
struct db *db_new_replica(const struct conf *conf, const char *application);

/* Closes the connection, and with it whatever is under way on it; the next statement connects again. */
void db_disconnect(struct db *db);

/* For tools: no limit on a statement's time. Call before the first statement. */
void db_unlimited(struct db *db);

/* Who writes from now on, for the audit trail: JSON as schema/0006_core_people.sql has it, borrowed until the next call;
 * NULL: the database's own role. It travels with each write, inside the write's transaction. */
void db_set_actor(struct db *db, const char *json);

/* Counts there how long statements take, and which fail; borrowed. */
void db_set_timings(struct db *db, struct timings *timings);

/* Runs one statement with text parameters ($1…; NULL is SQL NULL). `sql` is a constant or joined from constants. The
 * result belongs to `arena`. Statements are prepared at first use and found again by their text.
 *
 * OUT_OK; OUT_UNAVAILABLE (no database, statement timeout, deadlock: nothing happened); OUT_UNCERTAIN (see above);
 * OUT_INTERNAL with the server's message in e->log and in db_last_failure(), which the caller may turn into a
 * client's mistake by its constraint or SQLSTATE. May block for the bounds above. */
enum outcome db_query(struct db *db, struct arena *arena, enum db_access access, const char *sql,
                      const char *const *params, size_t nparams, struct db_result **result, struct error *e)
    __attribute__((warn_unused_result));

const struct db_failure *db_last_failure(const struct db *db);

size_t db_rows(const struct db_result *r);
/* Borrowed from the result; NULL for SQL NULL. */
const char *db_get(const struct db_result *r, size_t row, int column);
struct str db_get_str(const struct db_result *r, size_t row, int column);
/* The column's name; NULL behind the last. */
const char *db_column(const struct db_result *r, int column);
int64_t db_get_i64(const struct db_result *r, size_t row, int column);
/* Rows that INSERT, UPDATE, DELETE or COPY touched. */
int64_t db_affected(const struct db_result *r);

/* Transactions. Between db_begin() and db_commit() no statement is retried. db_commit() returns OUT_UNCERTAIN when its
 * answer was lost. db_rollback() never fails: at worst the connection is dropped. */
enum outcome db_begin(struct db *db, struct arena *arena, struct error *e) __attribute__((warn_unused_result));
enum outcome db_commit(struct db *db, struct arena *arena, struct error *e) __attribute__((warn_unused_result));
void db_rollback(struct db *db, struct arena *arena);

/* Whether db_begin() was called and neither of its ends. */
bool db_in_transaction(const struct db *db);

/* For migrations and tools: several statements in one text, no parameters, results thrown away. */
enum outcome db_script(struct db *db, struct arena *arena, const char *sql, struct error *e)
    __attribute__((warn_unused_result));

/* COPY … FROM STDIN: begin, put any number of times, end. `*rows`: what the server stored. After a failure the
 * transaction is to be rolled back. */
enum outcome db_copy_in_begin(struct db *db, struct arena *arena, const char *sql, struct error *e)
    __attribute__((warn_unused_result));
enum outcome db_copy_in_put(struct db *db, const char *data, size_t n, struct error *e)
    __attribute__((warn_unused_result));
enum outcome db_copy_in_end(struct db *db, int64_t *rows, struct error *e) __attribute__((warn_unused_result));

/* COPY … TO STDOUT: calls fn for each piece until it returns false (then the copy is cancelled, OUT_OK). */
enum outcome db_copy_out(struct db *db, struct arena *arena, const char *sql,
                         bool (*fn)(void *ctx, const char *data, size_t n), void *ctx, struct error *e)
    __attribute__((warn_unused_result));

/* Quoted as an SQL literal, for the few statements of tools that take no parameters (COPY, CREATE DATABASE).
 * NULL when there is no connection. */
char *db_quote(struct db *db, struct arena *arena, const char *text);

/* True when the connection stands as far as is known without asking. */
bool db_is_connected(const struct db *db);

#endif
