/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "conf/conf.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "conf/endpoint.h"
#include "conf/rate.h"
#include "conf/secret_file.h"

enum conf_type {
    T_INT,     /* min..max */
    T_TEXT,    /* min..max bytes */
    T_BOOL,    /* on | off */
    T_CHOICE,  /* one of `choices`, stored as its index */
    T_LIST,    /* comma-separated, each one of `choices` */
};

enum {
    REQUIRED = 1, /* no default: must be set */
    SECRET = 2,   /* never shown; may come from a file, by NAME_FILE=path */
    OPERATOR = 8, /* for stevedoresctl; to the daemons it isn't there */
    ANSWERS = 4,  /* shapes what is answered: caches keep the answers of different values apart */
};

struct setting {
    const char *name;
    enum conf_type type;
    unsigned flags;
    size_t offset;
    const char *def;
    int64_t min, max;
    const char *choices; /* separated by '|' */
    const char *unit;
    const char *help;
};

#define LINE_BYTES_MAX 8190 /* of an environment file */

#define AT(member) offsetof(struct conf, member)

/* Alphabetical. Every limit a deployment may want to move is here; the rest is a constant next to its code. */
static const struct setting settings[] = {
    {"ALERT_COMMAND", T_TEXT, 0, AT(alert_command), "", 0, 4096, NULL, "",
     "Program that the agent runs for each alert, a path: JSON on its standard input, ALERT_NAME, ALERT_LEVEL and others in its "
     "environment. Empty: none."},
    {"ALERT_DATABASE_CONNECTIONS", T_INT, 0, AT(alert_database_connections), "12", 1, 1000, NULL, "connections",
     "From so many of this host on the agent warns; a quarter more are critical."},
    {"ALERT_ERROR_PERCENT", T_INT, 0, AT(alert_error_percent), "1", 1, 100, NULL, "%",
     "From so many failed requests in a hundred on the agent warns; five times as many are critical."},
    {"ALERT_P95_MS", T_INT, 0, AT(alert_p95_ms), "200", 1, 600000, NULL, "ms",
     "When 5 % of all answers take longer the agent warns; five times as long is critical."},
    {"ALERT_REPEAT_MINUTES", T_INT, 0, AT(alert_repeat_minutes), "60", 0, 10080, NULL, "minutes",
     "While an alert stands it is told again after so long, by ALERT_COMMAND and ALERT_WEBHOOK_URL; 0: never."},
    {"ALERT_WEBHOOK_URL", T_TEXT, SECRET, AT(alert_webhook_url), "", 0, 2048, NULL, "",
     "http or https address that each alert is posted to as JSON, by the program curl. Empty: none."},
    {"AUDIT_RETENTION_DAYS", T_INT, 0, AT(audit_retention_days), "730", 30, 36500, NULL, "days",
     "How long the audit trail is kept; in force with the next stevedoresctl migrate."},
    {"BOARDS", T_LIST, ANSWERS, AT(boards), "port,labour,delivery", 0, 0, "port|labour|delivery", "",
     "Boards that this deployment has, separated by commas."},
    {"BREAKER_FAILURES", T_INT, 0, AT(breaker_failures), "5", 1, 1000, NULL, "failures",
     "So many in a row, and Redis or memcached is left alone by the whole pool."},
    {"BREAKER_OPEN_MS", T_INT, 0, AT(breaker_open_ms), "60000", 100, 3600000, NULL, "ms",
     "For so long; then one request tries it again."},
    {"CACHE", T_BOOL, 0, AT(cache), "on", 0, 0, NULL, "",
     "Keep answers, in Redis, memcached and shared memory as far as they are there."},
    {"CACHE_COMMAND_TIMEOUT_MS", T_INT, 0, AT(cache_command_timeout_ms), "50", 1, 10000, NULL, "ms",
     "How long Redis or memcached may take for an answer."},
    {"CACHE_CONNECT_TIMEOUT_MS", T_INT, 0, AT(cache_connect_timeout_ms), "100", 1, 10000, NULL, "ms",
     "How long connecting to Redis or memcached may take."},
    {"CACHE_LOCAL_MB", T_INT, 0, AT(cache_local_mb), "16", 1, 4096, NULL, "MiB",
     "Shared memory for the local cache of the host."},
    {"CACHE_MAX_STALE_MS", T_INT, 0, AT(cache_max_stale_ms), "1000", 0, 60000, NULL, "ms",
     "After so long everybody sees a write; whoever made it sees it at once."},
    {"CACHE_MAX_VALUE_BYTES", T_INT, 0, AT(cache_max_value_bytes), "524288", 1024, 16777216, NULL, "bytes",
     "A larger answer is not cached; memcached itself takes up to 1 MiB."},
    {"CACHE_POLL_MS", T_INT, 0, AT(cache_poll_ms), "250", 10, 60000, NULL, "ms",
     "How often the agent asks the database what was written on other hosts."},
    {"CACHE_STALE_IF_ERROR", T_INT, 0, AT(cache_stale_if_error_s), "300", 0, 86400, NULL, "s",
     "For so long the last known answers are given, marked as stale, while the database is away."},
    {"CACHE_TTL_DASHBOARD", T_INT, 0, AT(cache_ttl_dashboard_s), "60", 1, 86400, NULL, "s",
     "Longest life of a cached dashboard."},
    {"CACHE_TTL_LIST", T_INT, 0, AT(cache_ttl_list_s), "300", 1, 86400, NULL, "s",
     "Longest life of a cached page of a list."},
    {"CACHE_TTL_ROW", T_INT, 0, AT(cache_ttl_row_s), "600", 1, 86400, NULL, "s",
     "Longest life of a cached single row."},
    {"CACHE_TTL_SESSION", T_INT, 0, AT(cache_ttl_session_s), "30", 1, 30, NULL, "s",
     "How long it is remembered who a session or an API key belongs to; a revoked one is forgotten at once."},
    {"CACHE_WAIT_MS", T_INT, 0, AT(cache_wait_ms), "1000", 0, 60000, NULL, "ms",
     "How long a request waits for another that is fetching the same from the database."},
    {"DATABASE_CONNECT_TIMEOUT_MS", T_INT, 0, AT(database_connect_timeout_ms), "1000", 10, 60000, NULL, "ms",
     "How long one attempt to connect to PostgreSQL may take, all hosts of DATABASE_URL together."},
    {"DATABASE_OWNER_URL", T_TEXT, SECRET | OPERATOR, AT(database_owner_url), "", 0, 4096, NULL, "",
     "For init and migrate: PostgreSQL as the role that owns the schema, which DATABASE_URL's role then can't alter. Empty: "
     "one role for both."},
    {"DATABASE_PREPARE", T_BOOL, 0, AT(database_prepare), "on", 0, 0, NULL, "",
     "Use prepared statements; off behind a PgBouncer older than 1.21 in transaction mode."},
    {"DATABASE_RECONNECT_MAX_MS", T_INT, 0, AT(database_reconnect_max_ms), "5000", 100, 600000, NULL, "ms",
     "Longest pause between two attempts to connect; the first is 100 ms and each failure doubles it."},
    {"DATABASE_REPLICA_URL", T_TEXT, SECRET, AT(database_replica_url), "", 0, 4096, NULL, "",
     "A streaming replica, from which lists are exported as CSV while it has all that was promised; needs CACHE. Empty: none."},
    {"DATABASE_STATEMENT_TIMEOUT_MS", T_INT, 0, AT(database_statement_timeout_ms), "5000", 10, 600000, NULL, "ms",
     "A statement of a request that takes longer is given up."},
    {"DATABASE_URL", T_TEXT, REQUIRED | SECRET, AT(database_url), NULL, 1, 4096, NULL, "",
     "PostgreSQL, as a libpq URI or as keyword=value pairs; of several hosts the one that takes writes."},
    {"EVENTS_RENEW_S", T_INT, 0, AT(events_renew_s), "150", 2, 3600, NULL, "s",
     "Live events change their channel this often; who has lost session or role hears nothing new after twice as long."},
    {"EVENTS_SOCKET", T_TEXT, 0, AT(events_socket), "", 0, 107, NULL, "",
     "Unix socket on which nginx takes notices for live events (nchan); they need CACHE. Empty: browsers ask by themselves."},
    {"FLASK_DATABASE_URL", T_TEXT, SECRET | OPERATOR, AT(flask_database_url), "", 0, 4096, NULL, "",
     "For import-flask: the database of the Flask application, a PostgreSQL URI as that has it. Empty: the command names it."},
    {"LOGIN_CONCURRENCY", T_INT, 0, AT(login_concurrency), "1", 1, 64, NULL, "processes",
     "So many check a password at a time; as many again wait, and further ones are told to come back."},
    {"LOGIN_WAIT_MS", T_INT, 0, AT(login_wait_ms), "200", 0, 10000, NULL, "ms",
     "How long they wait."},
    {"LOG_LEVEL", T_CHOICE, 0, AT(log_level), "info", 0, 0, "debug|info|warn|error", "",
     "Least level of the lines that are written."},
    {"LOG_REQUESTS", T_CHOICE, 0, AT(log_requests), "all", 0, 0, "all|slow|none", "",
     "Which requests get a log line: all, those slower than SLOW_REQUEST_MS and the failed, or none."},
    {"MAX_BODY_BYTES", T_INT, 0, AT(max_body_bytes), "1048576", 1024, 67108864, NULL, "bytes",
     "Largest request body; the web server's own limit should be the same."},
    {"MAX_HEADER_BYTES", T_INT, 0, AT(max_header_bytes), "32768", 4096, 1048576, NULL, "bytes",
     "Largest sum of a request's headers and address."},
    {"MAX_PATH_BYTES", T_INT, 0, AT(max_path_bytes), "1024", 64, 16384, NULL, "bytes",
     "Longest path of a request."},
    {"MAX_QUERY_BYTES", T_INT, 0, AT(max_query_bytes), "4096", 256, 65536, NULL, "bytes",
     "Longest query of a request."},
    {"MAX_REQUESTS", T_INT, 0, AT(max_requests), "500000", 0, 1000000000, NULL, "requests",
     "After so many, a tenth more or less, a responder ends and is replaced; 0: never."},
    {"MEMCACHED_SERVERS", T_TEXT, 0, AT(memcached_servers), "", 0, 4096, NULL, "",
     "host:port of each memcached, separated by commas; a path is a unix socket. Empty: none."},
    {"MEMORY_LIMIT_MB", T_INT, 0, AT(memory_limit_mb), "0", 0, 1048576, NULL, "MiB",
     "Memory that the pool may use; 0 takes the container's or the machine's."},
    {"OWN_SOCKET", T_BOOL, 0, AT(own_socket), "off", 0, 0, NULL, "",
     "Each responder has a listening socket of its own, as mod_fcgid makes them: one that ends answers first who waits there."},
    {"PASSWORD_MEMORY_KIB", T_INT, 0, AT(password_memory_kib), "19456", 7168, 1048576, NULL, "KiB",
     "Memory that hashing a password takes (Argon2id); hashes made with another value are replaced at the next login."},
    {"PASSWORD_PASSES", T_INT, 0, AT(password_passes), "2", 1, 20, NULL, "passes",
     "How often it goes through that memory; likewise."},
    {"PEER_TIMEOUT_MS", T_INT, 0, AT(peer_timeout_ms), "2000", 100, 60000, NULL, "ms",
     "How long the web server may be silent in the middle of a request."},
    {"PER_PAGE_DEFAULT", T_INT, ANSWERS, AT(per_page_default), "20", 1, 1000, NULL, "rows",
     "Rows on a page of a list when the request doesn't say."},
    {"PER_PAGE_MAX", T_INT, ANSWERS, AT(per_page_max), "100", 1, 1000, NULL, "rows",
     "Most rows on a page."},
    {"PLAIN_HTTP", T_BOOL, 0, AT(plain_http), "off", 0, 0, NULL, "",
     "Let people log in over unencrypted HTTP: for trying it on one machine only."},
    {"PORT_TIMEZONE", T_TEXT, ANSWERS, AT(port_timezone), "UTC", 1, 64, NULL, "",
     "IANA name of the zone in which the port's day begins, such as Europe/Hamburg."},
    {"RATE_LIMIT", T_BOOL, 0, AT(rate_limit), "on", 0, 0, NULL, "",
     "Limit how often somebody may ask."},
    {"RATE_LIMIT_ACCOUNT", T_TEXT, 0, AT(rate_limit_account), "300/hour;60/minute", 1, 100, NULL, "",
     "Attempts to log in to one account, from all browsers that never were; each that was has RATE_LIMIT_LOGIN for itself."},
    {"RATE_LIMIT_ADDRESS", T_TEXT, 0, AT(rate_limit_address), "6000/minute", 1, 100, NULL, "",
     "Requests of all kinds from one address; off for none."},
    {"RATE_LIMIT_EXPORT", T_TEXT, 0, AT(rate_limit_export), "60/hour;10/minute", 1, 100, NULL, "",
     "Exports of one caller."},
    {"RATE_LIMIT_LOGIN", T_TEXT, 0, AT(rate_limit_login), "100/hour;20/minute", 1, 100, NULL, "",
     "Attempts to log in from one address. Many people behind one address may need more when a shift begins."},
    {"RATE_LIMIT_READ", T_TEXT, 0, AT(rate_limit_read), "30000/hour;1200/minute", 1, 100, NULL, "",
     "Reads of one caller."},
    {"RATE_LIMIT_REPORT", T_TEXT, 0, AT(rate_limit_report), "60/hour;20/minute", 1, 100, NULL, "",
     "Reports from browsers at one address, of what the Content-Security-Policy kept away."},
    {"RATE_LIMIT_WRITE", T_TEXT, 0, AT(rate_limit_write), "10000/hour;600/minute", 1, 100, NULL, "",
     "Writes of one caller."},
    {"REDIS_URL", T_TEXT, SECRET, AT(redis_url), "", 0, 1024, NULL, "",
     "redis://:password@host:port/database, unix://:password@/path?db=number, or "
     "redis+sentinel://:password@host:port,host:port/database?master=NAME, where sentinels say who it is. Empty: none."},
    {"RESPONDER_MEMORY_MB", T_INT, 0, AT(responder_memory_mb), "64", 1, 65536, NULL, "MiB",
     "Memory of its own with which a responder ends after its request, to be replaced; workers counts with as much for each."},
    {"SCHEMA_DIR", T_TEXT, 0, AT(schema_dir), SCHEMADIR, 1, 4096, NULL, "",
     "Where the migrations are."},
    {"SECRET_KEY", T_TEXT, REQUIRED | SECRET | ANSWERS, AT(secret_key), NULL, 32, 1024, NULL, "",
     "At least 32 random characters; authenticates cursors and cached answers. The same on every host of a site."},
    {"SECRET_KEY_PREVIOUS", T_TEXT, SECRET | ANSWERS, AT(secret_key_previous), "", 0, 1024, NULL, "",
     "The SECRET_KEY before this one, whose cursors then go on; remove it after a day. Empty: none."},
    {"SESSION_ABSOLUTE_S", T_INT, 0, AT(session_absolute_s), "604800", 60, 31536000, NULL, "s",
     "A session ends after so long, used or not."},
    {"SESSION_IDLE_S", T_INT, 0, AT(session_idle_s), "14400", 300, 31536000, NULL, "s",
     "A session ends when it isn't used for so long."},
    {"SHIFTS", T_TEXT, 0, AT(shifts), "06:00,14:00,22:00", 5, 100, NULL, "",
     "When the shifts begin, times of day in PORT_TIMEZONE, separated by commas."},
    {"SHM_NAME", T_TEXT, 0, AT(shm_name), "/stevedores", 2, 200, NULL, "",
     "Name of the POSIX shared memory segment that pool and agent share; begins with a slash."},
    {"SLOW_QUERY_MS", T_INT, 0, AT(slow_query_ms), "100", 1, 600000, NULL, "ms",
     "A statement that takes longer is logged as slow, without its values."},
    {"SLOW_REQUEST_MS", T_INT, 0, AT(slow_request_ms), "200", 1, 600000, NULL, "ms",
     "A request that takes longer is logged as slow."},
    {"WEB_WORKERS", T_INT, 0, AT(web_workers), "0", 0, 64, NULL, "processes",
     "Size of the responder pool; 0 computes it from processors and memory."},
};

#define NSETTINGS (sizeof(settings) / sizeof(settings[0]))

static bool check_redis(const char *value, const char **why)
{
    struct redis_endpoint e;

    return *value == '\0' || endpoint_redis(value, &e, why);
}

static bool check_memcached(const char *value, const char **why)
{
    struct endpoint e;

    while (endpoint_memcached(&value, &e, why))
        continue;
    return *why == NULL;
}

static bool check_rate(const char *value, const char **why)
{
    struct rate rates[RATES_MAX];
    size_t n;

    return rate_parse(value, rates, &n, why);
}

/* "HH:MM,HH:MM" */
static bool check_shifts(const char *value, const char **why)
{
    *why = "is not a list of times of day such as 06:00,14:00,22:00";
    for (;;) {
        int64_t hour, minute;
        char text[3] = "";

        if (strlen(value) < 5 || value[2] != ':')
            return false;
        memcpy(text, value, 2);
        if (!parse_i64(text, &hour) || hour < 0 || hour > 23)
            return false;
        memcpy(text, value + 3, 2);
        if (!parse_i64(text, &minute) || minute < 0 || minute > 59)
            return false;
        if (value[5] == '\0')
            return true;
        if (value[5] != ',')
            return false;
        value += 6;
    }
}

static bool check_previous_key(const char *value, const char **why)
{
    *why = "must have at least 32 characters, or none";
    return *value == '\0' || strlen(value) >= 32;
}

static bool check_shm_name(const char *value, const char **why)
{
    *why = "does not begin with a slash";
    return value[0] == '/';
}

static bool check_path(const char *value, const char **why)
{
    *why = "is not a path that begins with a slash";
    return *value == '\0' || value[0] == '/';
}

/* What an address doesn't hold unescaped stays out (RFC 3986): it is quoted for curl. */
static bool check_webhook(const char *value, const char **why)
{
    *why = "is not an http or https address";
    if (*value == '\0')
        return true;
    if (!str_starts(value, "http://") && !str_starts(value, "https://"))
        return false;
    for (const char *p = value; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("\"\\<>^`{|}", *p) != NULL)
            return false;
    }
    return true;
}

/* Texts that have a form of their own. */
static const struct {
    const char *name;
    bool (*check)(const char *value, const char **why);
} checks[] = {
    {"ALERT_COMMAND", check_path},       {"ALERT_WEBHOOK_URL", check_webhook},
    {"EVENTS_SOCKET", check_path},       {"MEMCACHED_SERVERS", check_memcached},
    {"RATE_LIMIT_ACCOUNT", check_rate},  {"RATE_LIMIT_ADDRESS", check_rate},
    {"RATE_LIMIT_EXPORT", check_rate},      {"RATE_LIMIT_LOGIN", check_rate},
    {"RATE_LIMIT_READ", check_rate},        {"RATE_LIMIT_REPORT", check_rate},
    {"RATE_LIMIT_WRITE", check_rate},       {"REDIS_URL", check_redis},
    {"SECRET_KEY_PREVIOUS", check_previous_key}, {"SHIFTS", check_shifts},
    {"SHM_NAME", check_shm_name},
};

static bool check_text(const struct setting *s, const char *value, FILE *errors)
{
    const char *why = "";

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (strcmp(checks[i].name, s->name) != 0 || checks[i].check(value, &why))
            continue;
        if ((s->flags & SECRET) != 0)
            (void)fprintf(errors, "%s: %s\n", s->name, why);
        else
            (void)fprintf(errors, "%s: '%s' %s\n", s->name, value, why);
        return false;
    }
    return true;
}

static const struct setting *find(const char *name, size_t n)
{
    for (size_t i = 0; i < NSETTINGS; i++) {
        if (strlen(settings[i].name) == n && memcmp(settings[i].name, name, n) == 0)
            return &settings[i];
    }
    return NULL;
}

/* Index of `value` (n bytes) among choices "a|b|c", or -1. */
static int choice_index(const char *choices, const char *value, size_t n)
{
    for (int i = 0; *choices != '\0'; i++) {
        size_t len = strcspn(choices, "|");

        if (len == n && memcmp(choices, value, n) == 0)
            return i;
        choices += len + (choices[len] == '|');
    }
    return -1;
}

/* The index'th choice; *n is its length. */
static const char *choice_at(const char *choices, int64_t index, int *n)
{
    for (; index > 0; index--)
        choices += strcspn(choices, "|") + 1;
    *n = (int)strcspn(choices, "|");
    return choices;
}

static bool list_is_known(const char *choices, const char *value)
{
    if (*value == '\0')
        return false;
    for (;;) {
        size_t n = strcspn(value, ",");

        if (choice_index(choices, value, n) < 0)
            return false;
        if (value[n] == '\0')
            return true;
        value += n + 1;
    }
}

/* Puts the value into its member; false with a line in `errors` when it doesn't fit. The value of a secret is not
 * repeated. */
static bool set(struct conf *c, const struct setting *s, const char *value, FILE *errors)
{
    void *member = (char *)c + s->offset;
    int64_t number = 0;
    int index;
    size_t n = strlen(value);

    switch (s->type) {
    case T_INT:
        if (!parse_i64(value, &number) || number < s->min || number > s->max) {
            (void)fprintf(errors, "%s: '%s' is not a whole number from %lld to %lld%s%s\n", s->name, value,
                          (long long)s->min, (long long)s->max, *s->unit != '\0' ? " " : "", s->unit);
            return false;
        }
        *(int64_t *)member = number;
        return true;
    case T_TEXT:
        if (n < (size_t)s->min || n > (size_t)s->max) {
            (void)fprintf(errors, "%s: must have %lld to %lld characters, has %zu\n", s->name, (long long)s->min,
                          (long long)s->max, n);
            return false;
        }
        if (!check_text(s, value, errors))
            return false;
        free(*(char **)member);
        *(char **)member = mem_strdup(value);
        return true;
    case T_BOOL:
        if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) {
            (void)fprintf(errors, "%s: '%s' is neither on nor off\n", s->name, value);
            return false;
        }
        *(bool *)member = strcmp(value, "on") == 0;
        return true;
    case T_CHOICE:
        index = choice_index(s->choices, value, n);
        if (index < 0) {
            (void)fprintf(errors, "%s: '%s' is not one of %s\n", s->name, value, s->choices);
            return false;
        }
        *(int64_t *)member = index;
        return true;
    case T_LIST:
        if (!list_is_known(s->choices, value)) {
            (void)fprintf(errors, "%s: '%s' is not a list out of %s, separated by commas\n", s->name, value,
                          s->choices);
            return false;
        }
        free(*(char **)member);
        *(char **)member = mem_strdup(value);
        return true;
    }
    return false;
}

/* Texts of KEY=VALUE, by setting; borrowed or owned by an arena. */
struct values {
    const char *value[NSETTINGS];
    const char *file[NSETTINGS]; /* of secrets: NAME_FILE */
};

/* Where the text of NAME or NAME_FILE belongs; NULL: there is no such setting. */
static const char **place_of(struct values *v, const char *name, size_t n)
{
    static const char ending[] = "_FILE";
    const size_t len = sizeof(ending) - 1;
    const struct setting *s = find(name, n);

    if (s != NULL)
        return &v->value[s - settings];
    if (n > len && memcmp(name + n - len, ending, len) == 0)
        s = find(name, n - len);
    return s != NULL && (s->flags & SECRET) != 0 ? &v->file[s - settings] : NULL;
}

/* Puts the content of a NAME_FILE in the place of NAME's text. */
static bool read_secret(struct values *v, const struct setting *s, const char *directory, struct arena *arena,
                        FILE *errors)
{
    const char *path = v->file[s - settings], **value = &v->value[s - settings];
    const char *why;
    bool open_to_all;

    if (path == NULL)
        return true;
    if (*value != NULL) {
        (void)fprintf(errors, "%s: %s_FILE is set as well; only one of the two may be\n", s->name, s->name);
        return false;
    }
    *value = secret_file_read(path, directory, (size_t)s->max, arena, &why, &open_to_all);
    if (*value == NULL)
        (void)fprintf(errors, "%s_FILE: %s\n", s->name, why);
    else if (open_to_all)
        (void)fprintf(errors, "warning: %s_FILE: everybody on this machine may read that file (chmod o-r)\n", s->name);
    return *value != NULL;
}

/* One line of an environment file, changed in place. False: not understood. */
static bool read_line(char *line, const char **key, size_t *key_len, char **value)
{
    char *eq, *end;

    while (isspace((unsigned char)*line))
        line++;
    *key = NULL;
    if (*line == '\0' || *line == '#' || *line == ';')
        return true;
    /* A name and nothing else: what is left of a secret that was broken into lines must not end up in a message. */
    eq = line + strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (eq == line || *eq != '=')
        return false;
    *key = line;
    *key_len = (size_t)(eq - line);
    *value = eq + 1;
    end = *value + strlen(*value);
    while (end > *value && isspace((unsigned char)end[-1]))
        *--end = '\0';
    if (end - *value >= 2 && (**value == '"' || **value == '\'') && end[-1] == **value) {
        end[-1] = '\0';
        (*value)++;
    }
    return true;
}

static bool read_file(const char *path, struct arena *arena, struct values *v, FILE *errors)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    int number = 0;
    ssize_t n;

    if (f == NULL) {
        (void)fprintf(errors, "%s: can't be read: %m\n", path);
        return false;
    }
    while ((n = getline(&line, &room, f)) >= 0) {
        const char *key;
        size_t key_len = 0;
        char *value = NULL;
        const char **place;

        number++;
        if (n > LINE_BYTES_MAX) {
            (void)fprintf(errors, "%s:%d: line is longer than %d bytes\n", path, number, LINE_BYTES_MAX);
            ok = false;
            break;
        }
        if (memchr(line, '\0', (size_t)n) != NULL) {
            (void)fprintf(errors, "%s:%d: has a NUL byte\n", path, number);
            ok = false;
            continue;
        }
        if (!read_line(line, &key, &key_len, &value)) {
            (void)fprintf(errors, "%s:%d: not of the form KEY=VALUE\n", path, number);
            ok = false;
            continue;
        }
        if (key == NULL)
            continue;
        place = place_of(v, key, key_len);
        if (place == NULL) {
            (void)fprintf(errors, "%.*s: no such setting (%s:%d); --help lists them\n", (int)key_len, key, path,
                          number);
            ok = false;
            continue;
        }
        *place = arena_strdup(arena, value);
    }
    if (ferror(f) != 0) {
        (void)fprintf(errors, "%s: can't be read: %m\n", path);
        ok = false;
    }
    free(line);
    (void)fclose(f); /* was only read */
    return ok;
}

bool conf_load(struct conf *c, enum conf_reader reader, const char *env_file, char *const environ_[], FILE *errors)
{
    struct arena *arena = arena_new(4096);
    struct values v = {{NULL}, {NULL}};
    const char *credentials = NULL;
    bool ok = true;

    *c = (struct conf){0};
    if (env_file != NULL)
        ok = read_file(env_file, arena, &v, errors);
    for (char *const *e = environ_; *e != NULL; e++) {
        const char *eq = strchr(*e, '=');
        const char **place = eq != NULL ? place_of(&v, *e, (size_t)(eq - *e)) : NULL;

        if (place != NULL)
            *place = eq + 1;
        else if (strncmp(*e, "CREDENTIALS_DIRECTORY=", 22) == 0)
            credentials = eq + 1;
    }
    for (size_t i = 0; i < NSETTINGS; i++) {
        const struct setting *s = &settings[i];
        const char *value;

        if ((s->flags & OPERATOR) != 0 && reader == CONF_DAEMON)
            v.value[i] = v.file[i] = NULL;
        if (!read_secret(&v, s, credentials, arena, errors)) {
            ok = false;
            continue;
        }
        value = v.value[i];
        if (value == NULL && (s->flags & REQUIRED) != 0) {
            (void)fprintf(errors, "%s: must be set%s. %s\n", s->name,
                          (s->flags & SECRET) != 0 ? ", or its _FILE" : "", s->help);
            ok = false;
            continue;
        }
        ok = set(c, s, value != NULL ? value : s->def, errors) && ok;
    }
    if (ok && c->per_page_default > c->per_page_max) {
        (void)fprintf(errors, "PER_PAGE_DEFAULT: %lld is more than PER_PAGE_MAX, %lld\n",
                      (long long)c->per_page_default, (long long)c->per_page_max);
        ok = false;
    }
    arena_free(&arena);
    if (!ok)
        conf_deinit(c);
    return ok;
}

void conf_deinit(struct conf *c)
{
    for (size_t i = 0; i < NSETTINGS; i++) {
        if (settings[i].type == T_TEXT || settings[i].type == T_LIST) {
            char **text = (char **)((char *)c + settings[i].offset);

            free(*text);
            *text = NULL;
        }
    }
}

void conf_fingerprint(const struct conf *c, unsigned char out[32])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, 32);
    (void)crypto_generichash_update(&state, (const unsigned char *)PACKAGE_VERSION, sizeof(PACKAGE_VERSION));
    for (size_t i = 0; i < NSETTINGS; i++) {
        const struct setting *s = &settings[i];
        const void *member = (const char *)c + s->offset;

        if ((s->flags & ANSWERS) == 0)
            continue;
        if (s->type == T_TEXT || s->type == T_LIST) {
            const char *text = *(char *const *)member;

            (void)crypto_generichash_update(&state, (const unsigned char *)text, strlen(text) + 1);
        } else {
            (void)crypto_generichash_update(&state, member, s->type == T_BOOL ? sizeof(bool) : sizeof(int64_t));
        }
    }
    (void)crypto_generichash_final(&state, out, 32);
}

bool conf_has_events(const struct conf *c)
{
    return c->cache && c->events_socket != NULL && *c->events_socket != '\0';
}

bool conf_has_board(const struct conf *c, const char *board)
{
    size_t len = strlen(board);

    for (const char *p = c->boards; *p != '\0';) {
        size_t n = strcspn(p, ",");

        if (n == len && memcmp(p, board, n) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

static void print_type(FILE *f, const struct setting *s)
{
    switch (s->type) {
    case T_INT:
        (void)fprintf(f, "%lld to %lld %s", (long long)s->min, (long long)s->max, s->unit);
        break;
    case T_TEXT:
        (void)fprintf(f, "text, %lld to %lld characters", (long long)s->min, (long long)s->max);
        break;
    case T_BOOL:
        (void)fprintf(f, "on or off");
        break;
    case T_CHOICE:
        (void)fprintf(f, "one of %s", s->choices);
        break;
    case T_LIST:
        (void)fprintf(f, "list out of %s", s->choices);
        break;
    }
}

static void print_default(FILE *f, const struct setting *s)
{
    if ((s->flags & REQUIRED) != 0)
        (void)fprintf(f, "required");
    else
        (void)fprintf(f, "default %s", *s->def != '\0' ? s->def : "empty");
}

void conf_print_help(FILE *f)
{
    for (size_t i = 0; i < NSETTINGS; i++) {
        const struct setting *s = &settings[i];

        (void)fprintf(f, "  %s%s\n      %s\n      (", s->name, (s->flags & SECRET) != 0 ? " *" : "", s->help);
        print_type(f, s);
        (void)fprintf(f, "; ");
        print_default(f, s);
        (void)fprintf(f, ")\n");
    }
    (void)fprintf(f, "\n  * Secret: never printed. NAME_FILE=PATH takes it from a file instead, without its last line end; a "
                     "PATH without a\n    slash in front is looked up in $CREDENTIALS_DIRECTORY, where systemd's "
                     "LoadCredential= puts it.\n");
}

/* The value as text; secrets hidden. */
static const char *shown(const struct conf *c, const struct setting *s, char *out, size_t size)
{
    const void *member = (const char *)c + s->offset;
    const char *text;
    int n;

    if ((s->flags & SECRET) != 0)
        return **(char *const *)member != '\0' ? "(set)" : "(not set)";
    switch (s->type) {
    case T_INT:
        (void)snprintf(out, size, "%lld", (long long)*(const int64_t *)member);
        return out;
    case T_BOOL:
        return *(const bool *)member ? "on" : "off";
    case T_CHOICE:
        text = choice_at(s->choices, *(const int64_t *)member, &n);
        (void)snprintf(out, size, "%.*s", n, text);
        return out;
    case T_TEXT:
    case T_LIST:
        break;
    }
    return *(char *const *)member;
}

void conf_print(const struct conf *c, FILE *f)
{
    char value[64];

    for (size_t i = 0; i < NSETTINGS; i++)
        (void)fprintf(f, "%-30s %s\n", settings[i].name, shown(c, &settings[i], value, sizeof(value)));
}

void conf_print_json(const struct conf *c, FILE *f)
{
    struct arena *arena = arena_new(4096);
    struct buf b;
    char value[64];

    buf_init(&b, arena, 2048);
    buf_char(&b, '{');
    for (size_t i = 0; i < NSETTINGS; i++) {
        json_key(&b, settings[i].name);
        json_text(&b, shown(c, &settings[i], value, sizeof(value)));
    }
    buf_puts(&b, "}\n");
    (void)fputs(b.data, f);
    arena_free(&arena);
}

void conf_print_sample(FILE *f)
{
    (void)fprintf(f, "# Settings of the Stevedores Dashboard. Lines beginning with # are at their default.\n"
                     "# Instead of a secret, NAME_FILE may name a file that holds it; a path without a slash in front is\n"
                     "# looked up in $CREDENTIALS_DIRECTORY (systemd).\n");
    for (size_t i = 0; i < NSETTINGS; i++) {
        const struct setting *s = &settings[i];

        (void)fprintf(f, "\n# %s\n# ", s->help);
        print_type(f, s);
        (void)fprintf(f, "\n%s%s=%s\n", (s->flags & REQUIRED) != 0 ? "" : "#", s->name,
                      s->def != NULL ? s->def : "");
        if ((s->flags & SECRET) != 0)
            (void)fprintf(f, "#%s_FILE=\n", s->name);
    }
}
