/* SPDX-License-Identifier: Apache-2.0
 *
 * validate: the database, its schema and indexes. As DATABASE_URL's role, as the program sees it.
 */
#include "config.h"
#include "ctl/validate.h"

#include <string.h>

#include "base/clock.h"
#include "ctl/audit.h"
#include "ctl/times.h"
#include "db/migrate.h"

#define ROUND_TRIPS       10
#define ROUND_TRIP_MAX_US 5000 /* a page asks twice */
#define OLDEST_SERVER     130000
#define NAMES_SHOWN       3

static const char *error_text(const struct error *e)
{
    return e->log != NULL ? e->log : e->detail != NULL ? e->detail : "failed";
}

/* False: it was said why there is nothing to look at. */
static bool ask(struct validate *v, const char *sql, const char *const *params, size_t nparams, struct db_result **r)
{
    struct ctl *c = v->ctl;

    if (!v->has_database) {
        check_skip(v, "no database");
        return false;
    }
    if (db_query(c->db, v->arena, DB_READ, sql, params, nparams, r, &c->err) == OUT_OK)
        return true;
    check_fail(v, NULL, "%s", error_text(&c->err));
    return false;
}

static void check_connect(struct validate *v)
{
    struct ctl *c = v->ctl;
    struct db_result *r;
    int64_t began = clock_mono_us();

    v->has_database = db_query(c->db, v->arena, DB_READ, "SELECT current_user, current_database()", NULL, 0, &r, &c->err) == OUT_OK;
    v->now.us = clock_mono_us() - began;
    if (!v->has_database)
        check_fail(v, "Is PostgreSQL running, and is DATABASE_URL right? stevedoresctl init makes the database", "%s",
                   error_text(&c->err));
    else if (v->now.us > v->conf->database_connect_timeout_ms * 1000 / 2)
        check_warn(v, "Look at the way there, or raise DATABASE_CONNECT_TIMEOUT_MS",
                   "connecting takes more than half of DATABASE_CONNECT_TIMEOUT_MS");
    else
        check_ok(v, "%s in %s", db_get(r, 0, 0), db_get(r, 0, 1));
}

static void check_round_trip(struct validate *v)
{
    int64_t us[ROUND_TRIPS];
    struct db_result *r;

    for (int i = 0; i < ROUND_TRIPS; i++) {
        const int64_t began = clock_mono_us();

        if (!ask(v, "SELECT 1", NULL, 0, &r))
            return;
        us[i] = clock_mono_us() - began;
    }
    times_sort(us, ROUND_TRIPS);
    v->now.us = us[ROUND_TRIPS / 2];
    if (v->now.us > ROUND_TRIP_MAX_US)
        check_warn(v, "Bring the two nearer to each other: each page that no cache has takes two", "median of %d statements that do nothing",
                   ROUND_TRIPS);
    else
        check_ok(v, "median of %d statements that do nothing", ROUND_TRIPS);
}

static void check_version(struct validate *v)
{
    struct db_result *r;

    if (!ask(v, "SELECT current_setting('server_version_num'), current_setting('server_version')", NULL, 0, &r))
        return;
    if (db_get_i64(r, 0, 0) < OLDEST_SERVER)
        check_fail(v, "Upgrade it to 13 or newer", "PostgreSQL %s", db_get(r, 0, 1));
    else
        check_ok(v, "PostgreSQL %s", db_get(r, 0, 1));
}

static void check_writable(struct validate *v)
{
    struct db_result *r;

    if (!ask(v, "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')", NULL, 0, &r))
        return;
    if (*db_get(r, 0, 0) == 't')
        check_fail(v, "Let DATABASE_URL name the primary (target_session_attrs=read-write)", "it is a standby, which takes no writes");
    else if (strcmp(db_get(r, 0, 1), "on") == 0)
        check_fail(v, "Look at default_transaction_read_only of server, database and role", "it takes no writes");
    else
        check_ok(v, "it takes writes");
}

/* The role, the database and the server each may have a limit; the least counts. */
static void check_connections(struct validate *v)
{
    static const char sql[] =
        "SELECT least(current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer,"
        "             NULLIF(rolconnlimit, -1), NULLIF(datconnlimit, -1))"
        "  FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()";
    const int64_t needed = ctl_workers(v->conf) + 1; /* each responder one, and the agent */
    struct db_result *r;

    if (!ask(v, sql, NULL, 0, &r))
        return;
    if (db_get_i64(r, 0, 0) < needed)
        check_fail(v, "Raise max_connections or the role's limit, or set WEB_WORKERS lower",
                   "this host's pool needs %lld connections and may have %s", (long long)needed, db_get(r, 0, 0));
    else if (needed >= v->conf->alert_database_connections)
        check_warn(v, "Raise ALERT_DATABASE_CONNECTIONS, or set WEB_WORKERS lower",
                   "this host's pool needs %lld connections, and from %lld on the agent warns", (long long)needed,
                   (long long)v->conf->alert_database_connections);
    else
        check_ok(v, "this host's pool needs %lld of %s", (long long)needed, db_get(r, 0, 0));
}

static void check_encrypted(struct validate *v)
{
    static const char sql[] = "SELECT ssl, host(inet_server_addr()), inet_server_addr() IS NULL OR inet_server_addr() << '127.0.0.0/8'"
                              " OR inet_server_addr() = '::1' FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    struct db_result *r;

    if (!ask(v, sql, NULL, 0, &r))
        return;
    if (db_rows(r) == 0)
        check_skip(v, "PostgreSQL doesn't say");
    else if (*db_get(r, 0, 0) == 't')
        check_ok(v, "the connection is encrypted");
    else if (*db_get(r, 0, 2) == 't')
        check_ok(v, "the connection doesn't leave this machine");
    else
        check_warn(v, "Add sslmode=verify-full to DATABASE_URL", "the connection to %s is not encrypted", db_get(r, 0, 1));
}

static void check_timezone(struct validate *v)
{
    const char *params[] = {v->conf->port_timezone};
    struct db_result *r;

    if (ask(v, "SELECT now() AT TIME ZONE $1::text", params, 1, &r))
        check_ok(v, "PostgreSQL knows %s", v->conf->port_timezone);
    else if (v->has_database && strcmp(db_last_failure(v->ctl->db)->sqlstate, "22023") == 0) /* invalid_parameter_value */
        check_fail(v, "Give PORT_TIMEZONE a name from pg_timezone_names", "PostgreSQL knows no zone %s", v->conf->port_timezone);
}

static void check_statements(struct validate *v)
{
    struct db_result *r;

    if (!ask(v, "SELECT FROM pg_extension WHERE extname = 'pg_stat_statements'", NULL, 0, &r))
        return;
    if (db_rows(r) > 0)
        check_ok(v, "pg_stat_statements is there");
    else
        check_warn(v, "stevedoresctl db-audit statements says how to have one", "PostgreSQL keeps no account of statements");
}

/* --- the role ----------------------------------------------------------------------------------------------------- */

static void check_role(struct validate *v)
{
    static const char sql[] =
        "SELECT rolsuper, rolcreaterole OR rolcreatedb, current_user,"
        "       (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p')"
        "           AND pg_has_role(relowner, 'MEMBER'))"
        "  FROM pg_roles WHERE rolname = current_user";
    static const char todo[] = "Give the program a role of its own in DATABASE_URL and the owner's in DATABASE_OWNER_URL, then run "
                               "stevedoresctl init";
    struct db_result *r;

    if (!ask(v, sql, NULL, 0, &r))
        return;
    if (*db_get(r, 0, 0) == 't')
        check_fail(v, todo, "DATABASE_URL's role %s is a superuser", db_get(r, 0, 2));
    else if (db_get_i64(r, 0, 3) > 0)
        check_warn(v, todo, "DATABASE_URL's role %s owns the tables, and can alter them and the audit trail", db_get(r, 0, 2));
    else if (*db_get(r, 0, 1) == 't')
        check_warn(v, "Take CREATEROLE and CREATEDB from it", "DATABASE_URL's role %s can make roles or databases", db_get(r, 0, 2));
    else
        check_ok(v, "%s owns nothing", db_get(r, 0, 2));
}

/* --- schema and indexes ------------------------------------------------------------------------------------------- */

/* The first few names, and how many more there are. */
static void add_name(struct buf *b, size_t nth, const char *name)
{
    if (nth < NAMES_SHOWN)
        buf_printf(b, "%s%s", nth > 0 ? ", " : "", name);
    else if (nth == NAMES_SHOWN)
        buf_puts(b, ", …");
}

static void check_migrations(struct validate *v)
{
    struct ctl *c = v->ctl;
    struct migration *list;
    struct buf names;
    size_t n, missing = 0, wanted = 0;
    enum outcome o = migrate_read(v->conf, v->arena, &list, &n, &c->err);

    if (o == OUT_OK && !v->has_database) {
        check_skip(v, "no database");
        return;
    }
    if (o == OUT_OK)
        o = migrate_status(c->db, v->arena, list, n, &c->err);
    if (o != OUT_OK) {
        check_fail(v, "Are SCHEMA_DIR and the database of the same release?", "%s", error_text(&c->err));
        return;
    }
    buf_init(&names, v->arena, 128);
    for (size_t i = 0; i < n; i++) {
        wanted += list[i].wanted;
        if (list[i].wanted && list[i].applied == NULL)
            add_name(&names, missing++, list[i].name);
    }
    if (missing > 0)
        check_fail(v, "Run stevedoresctl migrate", "%zu of %zu migrations are missing: %s", missing, wanted, names.data);
    else
        check_ok(v, "all %zu migrations are applied, and no other", wanted);
}

/* What grant_application() gives to all tables alike. */
static void check_rights(struct validate *v)
{
    static const char sql[] = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
                              " AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, 'SELECT') ORDER BY relname";
    struct db_result *r;
    struct buf names;

    if (!ask(v, sql, NULL, 0, &r))
        return;
    buf_init(&names, v->arena, 128);
    for (size_t i = 0; i < db_rows(r); i++)
        add_name(&names, i, db_get(r, i, 0));
    if (db_rows(r) > 0)
        check_fail(v, "Run stevedoresctl migrate, which gives the rights", "the role may not read %s", names.data);
    else
        check_ok(v, "the role may read every table");
}

static void check_indexes(struct validate *v)
{
    struct ctl *c = v->ctl;
    struct db_result *r;
    struct buf names;
    size_t wrong;

    if (!v->has_database) {
        check_skip(v, "no database");
        return;
    }
    if (audit_look_at_indexes(c, &r, &wrong) != OUT_OK) {
        check_fail(v, NULL, "%s", error_text(&c->err));
        return;
    }
    buf_init(&names, v->arena, 128);
    for (size_t i = 0; i < wrong; i++)
        add_name(&names, i, arena_printf(v->arena, "%s is %s", db_get(r, i, 0), db_get(r, i, 4)));
    if (wrong > 0)
        check_fail(v, "stevedoresctl db-audit indexes lists them; the statements that make them are in SCHEMA_DIR. REINDEX one that is not valid",
                   "%s", names.data);
    else
        check_ok(v, "all %zu are there and valid", db_rows(r));
}

static void check_sums(struct validate *v)
{
    check_skip(v, "too much to compute here: stevedoresctl db-audit totals does, db-audit plans asks for the lists' plans");
}

const struct check checks_of_database[] = {
    {"database", "connection", check_connect},
    {"database", "round trip", check_round_trip},
    {"database", "version", check_version},
    {"database", "writes", check_writable},
    {"database", "connections", check_connections},
    {"database", "encryption", check_encrypted},
    {"database", "time zone", check_timezone},
    {"database", "statements", check_statements},
    {"secrets", "database role", check_role},
    {"schema", "migrations", check_migrations},
    {"schema", "rights", check_rights},
    {"schema", "indexes", check_indexes},
    {"schema", "kept sums", check_sums},
    {NULL, NULL, NULL},
};
