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
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"

#define MIGRATIONS_MAX 1000
#define FILE_MAX       (4L * 1024 * 1024)
#define LOCK_KEY       "7239468122573561" /* any number that nobody else uses for an advisory lock */

/* How long a migration waits for a table's lock, with everybody behind it; and how often it comes again, 5 minutes in all. */
#define LOCK_MS            "1000"
#define LOCK_NOT_AVAILABLE "55P03"
#define PAUSE_S            2
#define ATTEMPTS           100

/* The session's time zone is UTC. */
#define APPLIED_SQL "to_char(applied_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

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

/* The whole file, NUL-terminated; NULL with e set. */
static char *read_text(const char *path, struct arena *arena, size_t *n, struct error *e)
{
    FILE *f = fopen(path, "re");
    struct stat st;
    char *text = NULL;

    if (f == NULL || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
        (void)error_set(e, OUT_INVALID, "%s: %s", path, f == NULL ? strerror(errno) : "not a file");
    } else if (st.st_size > FILE_MAX) {
        (void)error_set(e, OUT_INVALID, "%s: larger than %lld bytes", path, (long long)FILE_MAX);
    } else {
        text = arena_alloc(arena, (size_t)st.st_size + 1);
        *n = fread(text, 1, (size_t)st.st_size, f);
        text[*n] = '\0';
        if (*n != (size_t)st.st_size || strlen(text) != *n) { /* libpq would send what stands before a NUL */
            (void)error_set(e, OUT_INVALID, "%s: can't be read to its end, or isn't text", path);
            text = NULL;
        }
    }
    if (f != NULL)
        (void)fclose(f); /* was only read */
    return text;
}

static enum outcome read_file(const char *dir, const char *name, struct arena *arena, struct migration *m,
                              struct error *e)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    size_t n = 0;
    char *text = read_text(arena_printf(arena, "%s/%s", dir, name), arena, &n, e);

    if (text == NULL)
        return e->outcome;
    (void)crypto_hash_sha256(hash, (const unsigned char *)text, n); /* never fails */
    (void)sodium_bin2hex(m->checksum, sizeof(m->checksum), hash, sizeof(hash));
    m->sql = text;
    m->name = arena_strndup(arena, name, strlen(name) - 4);
    return OUT_OK;
}

/* By name within a number, so that a message about two equal ones is always the same. */
static int by_version(const void *a, const void *b)
{
    const struct migration *x = a, *y = b;

    return x->version != y->version ? x->version - y->version : strcmp(x->name, y->name);
}

static bool is_sql(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".sql") == 0;
}

static enum outcome read_dir(DIR *dir, const struct conf *conf, struct arena *arena, struct migration *list, size_t *n,
                             struct error *e)
{
    enum outcome o = OUT_OK;
    struct dirent *entry;

    while (o == OUT_OK && (errno = 0, entry = readdir(dir)) != NULL) {
        struct migration *m = &list[*n];
        char board[32];

        if (!is_sql(entry->d_name))
            continue;
        if (*n == MIGRATIONS_MAX)
            return error_set(e, OUT_INVALID, "SCHEMA_DIR: more than %d migrations in %s", MIGRATIONS_MAX,
                             conf->schema_dir);
        m->version = read_name(entry->d_name, board);
        if (m->version == 0)
            return error_set(e, OUT_INVALID, "SCHEMA_DIR: %s/%s: a migration is called NNNN_BOARD_what.sql, from 0001",
                             conf->schema_dir, entry->d_name);
        m->wanted = strcmp(board, "core") == 0 || conf_has_board(conf, board);
        o = read_file(conf->schema_dir, entry->d_name, arena, m, e);
        (*n)++;
    }
    if (o == OUT_OK && errno != 0)
        o = error_set(e, OUT_INVALID, "SCHEMA_DIR: %s: %s", conf->schema_dir, strerror(errno));
    return o;
}

enum outcome migrate_read(const struct conf *conf, struct arena *arena, struct migration **list, size_t *n,
                          struct error *e)
{
    DIR *dir = opendir(conf->schema_dir);
    enum outcome o;

    *n = 0;
    if (dir == NULL)
        return error_set(e, OUT_INVALID, "SCHEMA_DIR: %s: %s", conf->schema_dir, strerror(errno));
    *list = arena_zalloc(arena, MIGRATIONS_MAX * sizeof(**list));
    o = read_dir(dir, conf, arena, *list, n, e);
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

/* Numbers run from 0001 on without a gap, whichever boards are switched on: a file that got lost is noticed before what
 * builds on it is applied. */
static enum outcome check_gaps(const struct migration *list, size_t n, struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].version != (int)i + 1)
            return error_set(e, OUT_INVALID, "SCHEMA_DIR: %s is there, but %04zu is not: its file is missing",
                             list[i].name, i + 1);
    }
    return OUT_OK;
}

static enum outcome compare(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
{
    struct db_result *r;
    enum outcome o = db_query(db, arena, DB_READ, "SELECT to_regclass('schema_migrations') IS NOT NULL", NULL, 0, &r, e);

    if (o != OUT_OK || db_get(r, 0, 0)[0] == 'f')
        return o;
    o = db_query(db, arena, DB_READ,
                 "SELECT version, name, checksum, " APPLIED_SQL ", milliseconds"
                 " FROM schema_migrations ORDER BY version",
                 NULL, 0, &r, e);
    for (size_t i = 0; o == OUT_OK && i < db_rows(r); i++) {
        struct migration *m = find(list, n, db_get_i64(r, i, 0));

        if (m == NULL && db_get_i64(r, i, 0) > list[n - 1].version)
            return error_set(e, OUT_CONFLICT,
                             "the database is newer than this program: it has %s, and the last file here is %s",
                             db_get(r, i, 1), list[n - 1].name);
        if (m == NULL)
            return error_set(e, OUT_CONFLICT, "%s was applied to the database, but its file is missing",
                             db_get(r, i, 1));
        if (strcmp(m->name, db_get(r, i, 1)) != 0)
            return error_set(e, OUT_CONFLICT, "%s is called %s in the database, where it is applied; name it so again",
                             m->name, db_get(r, i, 1));
        if (strcmp(m->checksum, db_get(r, i, 2)) != 0)
            return error_set(e, OUT_CONFLICT,
                             "%s was changed after it had been applied; write a new migration instead", m->name);
        m->applied = db_get(r, i, 3);
        m->milliseconds = db_get_i64(r, i, 4);
    }
    return o;
}

/* What the database knows comes first: it can name the file that is missing. */
enum outcome migrate_status(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
{
    enum outcome o = compare(db, arena, list, n, e);

    return o == OUT_OK ? check_gaps(list, n, e) : o;
}

/* One migration and its record, together. Should the connection, and with it the lock, have been lost since the last one,
 * the record's primary key keeps two processes from applying the same one. *busy: a table's lock was not to be had. */
static enum outcome apply_once(struct db *db, struct arena *arena, struct migration *m, bool *busy, struct error *e)
{
    const char *params[4];
    int64_t started = clock_mono_ms();
    struct db_result *r;
    enum outcome o = db_begin(db, arena, e);

    if (o == OUT_OK)
        o = db_script(db, arena, "SET LOCAL lock_timeout = " LOCK_MS, e);
    if (o == OUT_OK)
        o = db_script(db, arena, m->sql, e);
    *busy = o != OUT_OK && strcmp(db_last_failure(db)->sqlstate, LOCK_NOT_AVAILABLE) == 0;
    m->milliseconds = clock_mono_ms() - started;
    params[0] = arena_printf(arena, "%d", m->version);
    params[1] = m->name;
    params[2] = m->checksum;
    params[3] = arena_printf(arena, "%lld", (long long)m->milliseconds);
    if (o == OUT_OK)
        o = db_query(db, arena, DB_WRITE,
                     "INSERT INTO schema_migrations (version, name, checksum, milliseconds)"
                     " VALUES ($1::integer, $2, $3, $4::integer) RETURNING " APPLIED_SQL,
                     params, 4, &r, e);
    if (o == OUT_OK)
        o = db_commit(db, arena, e);
    else
        db_rollback(db, arena);
    if (o != OUT_OK)
        return error_log(e, o, "%s: %s", m->name, e->log != NULL ? e->log : "failed");
    m->applied = db_get(r, 0, 0);
    m->fresh = true;
    return OUT_OK;
}

/* Who waits for a table's lock has all who come later wait as well, so while somebody reads a table for long (a backup), a migration
 * that changes it steps back again and again. */
static enum outcome apply_one(struct db *db, struct arena *arena, struct migration *m, struct error *e)
{
    const struct timespec pause = {PAUSE_S, 0};
    bool busy;
    enum outcome o = apply_once(db, arena, m, &busy, e);

    for (int i = 1; o != OUT_OK && busy && i < ATTEMPTS; i++) {
        (void)nanosleep(&pause, NULL); /* a signal only makes it try earlier */
        error_init(e, arena);
        o = apply_once(db, arena, m, &busy, e);
    }
    return o;
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
        if (list[i].wanted && list[i].applied == NULL)
            o = apply_one(db, arena, &list[i], e);
    }
    if (db_is_connected(db)) {
        struct error ignored;

        error_init(&ignored, arena);
        if (db_query(db, arena, DB_WRITE, "SELECT pg_advisory_unlock(" LOCK_KEY ")", NULL, 0, &r, &ignored) != OUT_OK)
            return o; /* the lock ends with the session at the latest */
    }
    return o;
}

/* What a URL says of a keyword ("dbname"); NULL with e set when it says nothing. `setting` is its name. */
static const char *from_url(const char *setting, const char *url, const char *keyword, struct arena *arena,
                            struct error *e)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    const char *wanted = NULL;

    if (options == NULL) {
        (void)error_set(e, OUT_INVALID, "%s: %s", setting, message != NULL ? message : "not understood");
        PQfreemem(message);
        return NULL;
    }
    for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, keyword) == 0 && o->val != NULL && *o->val != '\0')
            wanted = arena_strdup(arena, o->val);
    }
    PQconninfoFree(options);
    if (wanted == NULL)
        (void)error_set(e, OUT_INVALID, "%s: has no %s=…", setting, keyword);
    return wanted;
}

/* A connection with everything as in DATABASE_URL but the database. NULL when out of memory. */
static PGconn *connect_to(const struct conf *conf, const char *database, struct arena *arena)
{
    /* In order, the later winning: the URL may bring a timeout of its own, and only the first dbname is taken for a URL. */
    const char *keys[] = {"connect_timeout", "target_session_attrs", "dbname", "dbname", "application_name", "client_encoding", NULL};
    const char *seconds = arena_printf(arena, "%lld", (long long)conf->database_connect_timeout_ms / 1000 + 2);
    const char *values[] = {seconds, "read-write", conf->database_url, database, "stevedoresctl", "UTF8", NULL};

    return PQconnectdbParams(keys, values, 1);
}

static enum outcome create_database(PGconn *conn, const char *name, struct arena *arena, bool *created, struct error *e)
{
    char *quoted = PQescapeIdentifier(conn, name, strlen(name));
    enum outcome o = OUT_OK;
    const char *state;
    PGresult *r;

    if (quoted == NULL)
        return error_log(e, OUT_INTERNAL, "%s", PQerrorMessage(conn));
    r = PQexec(conn, arena_printf(arena, "CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0", quoted));
    PQfreemem(quoted);
    state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    *created = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!*created && state != NULL && strcmp(state, "42501") == 0)
        o = error_set(e, OUT_DENIED, "the role %s may not create the database %s. Let an administrator create it, "
                      "owned by this role, and run this again.", PQuser(conn), name);
    else if (!*created && (state == NULL || (strcmp(state, "42P04") != 0 && strcmp(state, "23505") != 0)))
        o = error_log(e, OUT_INTERNAL, "can't create the database %s: %s", name, PQerrorMessage(conn));
    /* else another init was faster */
    PQclear(r);
    return o;
}

/* Another init may have created it since we found nothing. */
static bool can_connect(const struct conf *conf, const char *database, struct arena *arena)
{
    PGconn *conn = connect_to(conf, database, arena);
    bool connected = PQstatus(conn) == CONNECTION_OK;

    PQfinish(conn);
    return connected;
}

/* In the database "postgres": creates the wanted one, or says why it can't be used although it is there (`why`). */
static enum outcome create_if_missing(const struct conf *conf, PGconn *conn, const char *wanted, const char *why,
                                      struct arena *arena, bool *created, struct error *e)
{
    PGresult *r = PQexecParams(conn, "SELECT FROM pg_database WHERE datname = $1", 1, NULL, &wanted, NULL, NULL, 0);
    enum outcome o;

    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        o = error_log(e, OUT_INTERNAL, "%s", PQerrorMessage(conn));
    else if (PQntuples(r) > 0)
        o = can_connect(conf, wanted, arena) ? OUT_OK : error_log(e, OUT_UNAVAILABLE, "%s", why);
    else
        o = create_database(conn, wanted, arena, created, e);
    PQclear(r);
    return o;
}

enum outcome migrate_create_database(const struct conf *conf, struct arena *arena, bool *created, struct error *e)
{
    const char *wanted = from_url("DATABASE_URL", conf->database_url, "dbname", arena, e), *why;
    enum outcome o = OUT_OK;
    PGconn *conn;

    *created = false;
    if (wanted == NULL)
        return e->outcome;
    /* The wanted one first: where it is there, the role need not be allowed into "postgres". */
    conn = connect_to(conf, wanted, arena);
    if (PQstatus(conn) != CONNECTION_OK) {
        why = arena_strdup(arena, conn != NULL ? PQerrorMessage(conn) : "out of memory");
        PQfinish(conn);
        conn = connect_to(conf, "postgres", arena);
        if (PQstatus(conn) == CONNECTION_OK)
            o = create_if_missing(conf, conn, wanted, why, arena, created, e);
        else
            o = error_log(e, OUT_UNAVAILABLE, "%s", why);
    }
    PQfinish(conn);
    return o;
}

struct conf migrate_owner(const struct conf *conf)
{
    struct conf owner = *conf;

    if (*conf->database_owner_url != '\0')
        owner.database_url = conf->database_owner_url;
    return owner;
}

enum outcome migrate_finish(struct db *db, const struct conf *conf, struct arena *arena, struct error *e)
{
    const char *days = arena_printf(arena, "%lld", (long long)conf->audit_retention_days), *role;
    struct db_result *r;
    enum outcome o = db_query(db, arena, DB_WRITE, "UPDATE audit_retention SET days = $1::integer WHERE days <> $1::integer",
                              &days, 1, &r, e);

    if (o != OUT_OK || *conf->database_owner_url == '\0')
        return o;
    role = from_url("DATABASE_URL", conf->database_url, "user", arena, e);
    if (role == NULL)
        return e->outcome;
    return db_query(db, arena, DB_WRITE, "SELECT grant_application($1)", &role, 1, &r, e);
}

/* As the owner, who may do it: the password goes hashed (SCRAM), so that no server's log has it. */
static enum outcome create_role(PGconn *conn, const char *role, const char *password, struct arena *arena,
                                struct error *e)
{
    char *name = PQescapeIdentifier(conn, role, strlen(role)), *hash = NULL, *literal = NULL;
    const char *sql = NULL;
    enum outcome o = OUT_OK;
    PGresult *r;

    if (password != NULL)
        hash = PQencryptPasswordConn(conn, password, role, "scram-sha-256");
    if (hash != NULL)
        literal = PQescapeLiteral(conn, hash, strlen(hash));
    if (name == NULL || (password != NULL && literal == NULL))
        o = error_log(e, OUT_INTERNAL, "%s", PQerrorMessage(conn));
    else
        sql = arena_printf(arena, "CREATE ROLE %s LOGIN%s%s", name, literal != NULL ? " PASSWORD " : "",
                           literal != NULL ? literal : "");
    if (sql != NULL) {
        r = PQexec(conn, sql);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            o = error_log(e, OUT_DENIED, "can't create the role %s: %s", role, PQerrorMessage(conn));
        PQclear(r);
    }
    PQfreemem(name);
    PQfreemem(hash);
    PQfreemem(literal);
    return o;
}

enum outcome migrate_create_role(const struct conf *conf, struct arena *arena, bool *created, struct error *e)
{
    struct conf owner = migrate_owner(conf);
    struct error ignored;
    const char *role, *password, *database;
    enum outcome o = OUT_OK;
    PGconn *conn;
    PGresult *r;

    *created = false;
    if (*conf->database_owner_url == '\0')
        return OUT_OK;
    role = from_url("DATABASE_URL", conf->database_url, "user", arena, e);
    database = role != NULL ? from_url("DATABASE_OWNER_URL", owner.database_url, "dbname", arena, e) : NULL;
    if (database == NULL)
        return e->outcome;
    error_init(&ignored, arena); /* there need not be a password */
    password = from_url("DATABASE_URL", conf->database_url, "password", arena, &ignored);
    conn = connect_to(&owner, database, arena);
    if (PQstatus(conn) != CONNECTION_OK) {
        o = error_log(e, OUT_UNAVAILABLE, "%s", conn != NULL ? PQerrorMessage(conn) : "out of memory");
    } else {
        r = PQexecParams(conn, "SELECT FROM pg_roles WHERE rolname = $1", 1, NULL, &role, NULL, NULL, 0);
        if (PQresultStatus(r) != PGRES_TUPLES_OK)
            o = error_log(e, OUT_INTERNAL, "%s", PQerrorMessage(conn));
        *created = o == OUT_OK && PQntuples(r) == 0;
        PQclear(r);
        if (*created)
            o = create_role(conn, role, password, arena, e);
    }
    PQfinish(conn);
    return o;
}
