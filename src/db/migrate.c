/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "db/migrate.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MIGRATIONS_MAX 1000
#define FILE_MAX       (4 * 1024 * 1024)
#define LOCK_KEY       "7239468122573561" /* any number that nobody else uses for an advisory lock */

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                " version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
                                " applied_at timestamptz NOT NULL DEFAULT now(), milliseconds integer NOT NULL)";

/* The number of "0007_port_x.sql", and its board; 0 when the name is no such thing. */
static int read_name(const char *name, char board[32])
{
    size_t n = strlen(name), len;
    int version = 0;

    for (int i = 0; i < 4; i++) {
        if (!isdigit((unsigned char)name[i]))
            return 0;
        version = version * 10 + (name[i] - '0');
    }
    if (name[4] != '_' || n < 10 || strcmp(name + n - 4, ".sql") != 0)
        return 0;
    len = strcspn(name + 5, "_.");
    if (len == 0 || len >= 32)
        return 0;
    memcpy(board, name + 5, len);
    board[len] = '\0';
    return version;
}

static enum outcome read_file(const char *dir, const char *name, struct arena *arena, struct migration *m,
                              struct error *e)
{
    char *path = arena_printf(arena, "%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    unsigned char hash[crypto_hash_sha256_BYTES];
    char *text;
    size_t n;

    if (f == NULL)
        return error_set(e, OUT_INVALID, "%s: %s", path, strerror(errno));
    text = arena_alloc(arena, FILE_MAX);
    n = fread(text, 1, FILE_MAX - 1, f);
    if (ferror(f) != 0 || n == FILE_MAX - 1) {
        (void)fclose(f);
        return error_set(e, OUT_INVALID, "%s: can't be read", path);
    }
    (void)fclose(f); /* was only read */
    text[n] = '\0';
    (void)crypto_hash_sha256(hash, (const unsigned char *)text, n);
    (void)sodium_bin2hex(m->checksum, sizeof(m->checksum), hash, sizeof(hash));
    m->sql = text;
    m->name = arena_strndup(arena, name, strlen(name) - 4);
    return OUT_OK;
}

static int by_version(const void *a, const void *b)
{
    return ((const struct migration *)a)->version - ((const struct migration *)b)->version;
}

enum outcome migrate_read(const struct conf *conf, struct arena *arena, struct migration **list, size_t *n,
                          struct error *e)
{
    DIR *dir = opendir(conf->schema_dir);
    struct dirent *entry;
    enum outcome o = OUT_OK;

    *n = 0;
    if (dir == NULL)
        return error_set(e, OUT_INVALID, "SCHEMA_DIR: %s: %s", conf->schema_dir, strerror(errno));
    *list = arena_zalloc(arena, MIGRATIONS_MAX * sizeof(**list));
    while (o == OUT_OK && *n < MIGRATIONS_MAX && (entry = readdir(dir)) != NULL) {
        char board[32];
        int version = read_name(entry->d_name, board);

        if (version == 0 || (strcmp(board, "core") != 0 && !conf_has_board(conf, board)))
            continue;
        (*list)[*n].version = version;
        o = read_file(conf->schema_dir, entry->d_name, arena, &(*list)[*n], e);
        (*n)++;
    }
    (void)closedir(dir);
    if (o != OUT_OK)
        return o;
    if (*n == 0)
        return error_set(e, OUT_INVALID, "SCHEMA_DIR: no migrations in %s", conf->schema_dir);
    qsort(*list, *n, sizeof(**list), by_version);
    for (size_t i = 1; i < *n; i++) {
        if ((*list)[i].version == (*list)[i - 1].version)
            return error_set(e, OUT_INVALID, "%s and %s have the same number", (*list)[i - 1].name, (*list)[i].name);
    }
    return OUT_OK;
}

static struct migration *find(struct migration *list, size_t n, int64_t version)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].version == version)
            return &list[i];
    }
    return NULL;
}

enum outcome migrate_status(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
{
    struct db_result *r;
    enum outcome o = db_query(db, arena, DB_READ, "SELECT to_regclass('schema_migrations') IS NOT NULL", NULL, 0, &r, e);

    if (o != OUT_OK || db_get(r, 0, 0)[0] == 'f')
        return o;
    o = db_query(db, arena, DB_READ,
                 "SELECT version, name, checksum, to_char(applied_at, 'YYYY-MM-DD HH24:MI:SS') || 'Z', milliseconds"
                 " FROM schema_migrations ORDER BY version",
                 NULL, 0, &r, e);
    for (size_t i = 0; o == OUT_OK && i < db_rows(r); i++) {
        struct migration *m = find(list, n, db_get_i64(r, i, 0));

        if (m == NULL && db_get_i64(r, i, 0) > list[n - 1].version)
            return error_set(e, OUT_CONFLICT, "the database is newer than this program: it has %s", db_get(r, i, 1));
        if (m == NULL) /* of a board that was switched off meanwhile */
            continue;
        if (strcmp(m->checksum, db_get(r, i, 2)) != 0)
            return error_set(e, OUT_CONFLICT,
                             "%s was changed after it had been applied; write a new migration instead", m->name);
        m->applied = db_get(r, i, 3);
        m->milliseconds = db_get_i64(r, i, 4);
    }
    return o;
}

/* One migration and its record, together. */
static enum outcome apply_one(struct db *db, struct arena *arena, struct migration *m, struct error *e)
{
    const char *params[4];
    int64_t started = clock_mono_ms();
    struct db_result *r;
    enum outcome o = db_begin(db, arena, e);

    if (o == OUT_OK)
        o = db_script(db, arena, m->sql, e);
    m->milliseconds = clock_mono_ms() - started;
    params[0] = arena_printf(arena, "%d", m->version);
    params[1] = m->name;
    params[2] = m->checksum;
    params[3] = arena_printf(arena, "%lld", (long long)m->milliseconds);
    if (o == OUT_OK)
        o = db_query(db, arena, DB_WRITE,
                     "INSERT INTO schema_migrations (version, name, checksum, milliseconds)"
                     " VALUES ($1::integer, $2, $3, $4::integer)",
                     params, 4, &r, e);
    if (o == OUT_OK)
        o = db_commit(db, arena, e);
    else
        db_rollback(db, arena);
    if (o != OUT_OK)
        return error_log(e, o, "%s: %s", m->name, e->log != NULL ? e->log : "failed");
    m->applied = "now";
    m->fresh = true;
    return OUT_OK;
}

enum outcome migrate_apply(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
{
    struct db_result *r;
    enum outcome o = db_query(db, arena, DB_WRITE, "SELECT pg_advisory_lock(" LOCK_KEY ")", NULL, 0, &r, e);

    if (o != OUT_OK)
        return o;
    o = db_script(db, arena, table_sql, e);
    if (o == OUT_OK)
        o = migrate_status(db, arena, list, n, e);
    for (size_t i = 0; o == OUT_OK && i < n; i++) {
        if (list[i].applied == NULL)
            o = apply_one(db, arena, &list[i], e);
    }
    if (db_is_connected(db)) {
        struct error ignored; /* the lock ends with the session at the latest */

        error_init(&ignored, arena);
        if (db_query(db, arena, DB_WRITE, "SELECT pg_advisory_unlock(" LOCK_KEY ")", NULL, 0, &r, &ignored) != OUT_OK)
            return o;
    }
    return o;
}

/* DATABASE_URL with another database; *wanted is the one it names. NULL with e set when it can't be parsed. */
static PGconn *connect_elsewhere(const struct conf *conf, const char *database, struct arena *arena,
                                 const char **wanted, struct error *e)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conf->database_url, &message);
    const char *keys[] = {"dbname", "dbname", NULL};
    const char *values[] = {conf->database_url, database, NULL};

    *wanted = NULL;
    if (options == NULL) {
        (void)error_set(e, OUT_INVALID, "DATABASE_URL: %s", message != NULL ? message : "not understood");
        PQfreemem(message);
        return NULL;
    }
    for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "dbname") == 0 && o->val != NULL)
            *wanted = arena_strdup(arena, o->val);
    }
    PQconninfoFree(options);
    if (*wanted == NULL) {
        (void)error_set(e, OUT_INVALID, "DATABASE_URL: names no database (dbname=…)");
        return NULL;
    }
    return PQconnectdbParams(keys, values, 1);
}

enum outcome migrate_create_database(const struct conf *conf, struct arena *arena, bool *created, struct error *e)
{
    const char *wanted;
    PGconn *conn = connect_elsewhere(conf, "postgres", arena, &wanted, e);
    PGresult *r;
    char *name;
    enum outcome o = OUT_OK;

    *created = false;
    if (conn == NULL)
        return e->outcome;
    if (PQstatus(conn) != CONNECTION_OK) {
        o = error_log(e, OUT_UNAVAILABLE, "can't connect: %s", PQerrorMessage(conn));
        PQfinish(conn);
        return o;
    }
    r = PQexecParams(conn, "SELECT FROM pg_database WHERE datname = $1", 1, NULL, &wanted, NULL, NULL, 0);
    if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 0) {
        name = PQescapeIdentifier(conn, wanted, strlen(wanted));
        PQclear(r);
        r = PQexec(conn, arena_printf(arena, "CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0", name));
        PQfreemem(name);
        *created = PQresultStatus(r) == PGRES_COMMAND_OK;
        if (!*created)
            o = error_set(e, OUT_DENIED, "can't create the database %s: %s"
                          "Let an administrator create it, owned by this role, and run this again.",
                          wanted, PQresultErrorMessage(r));
    } else if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        o = error_log(e, OUT_INTERNAL, "%s", PQresultErrorMessage(r));
    }
    PQclear(r);
    PQfinish(conn);
    return o;
}
