/* SPDX-License-Identifier: Apache-2.0
 *
 * validate: settings and secrets. That no setting is wrong by itself is known by now: main() would have refused it.
 */
#include "config.h"
#include "ctl/validate.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "conf/rate.h"

#define KEY_KINDS_MIN 8     /* different characters; 32 random hex digits have fewer once in a hundred thousand times */
#define NGINX_READ_MS 30000 /* fastcgi_read_timeout of fcgi-conf/nginx */

static void check_loaded(struct validate *v)
{
    if (v->ctl->env_file != NULL)
        check_ok(v, "%s and the environment: every setting is understood", v->ctl->env_file);
    else
        check_ok(v, "the environment: every setting is understood");
}

static void check_plain_http(struct validate *v)
{
    if (v->conf->plain_http)
        check_warn(v, "Put TLS in front and take PLAIN_HTTP out: passwords and keys travel unencrypted",
                   "PLAIN_HTTP is on");
    else
        check_ok(v, "people log in over HTTPS only");
}

static void check_log(struct validate *v)
{
    if (v->conf->log_level == LOG_DEBUG)
        check_warn(v, "LOG_LEVEL=info is for work; debug is for a developer and fills the disk", "LOG_LEVEL is debug");
    else if (v->conf->log_level > LOG_WARN)
        check_warn(v, "LOG_LEVEL=warn or info: else nobody learns what is degraded", "LOG_LEVEL is error");
    else
        check_ok(v, "LOG_LEVEL is %s", v->conf->log_level == LOG_INFO ? "info" : "warn");
}

static void check_limits(struct validate *v)
{
    struct rate rates[RATES_MAX];
    const char *why;
    size_t n;

    if (!v->conf->rate_limit)
        check_warn(v, "Take RATE_LIMIT=off out: one client can keep the whole pool busy", "RATE_LIMIT is off");
    else if (rate_parse(v->conf->rate_limit_login, rates, &n, &why) && n == 0)
        check_warn(v, "Give RATE_LIMIT_LOGIN a rate", "attempts to log in are not limited");
    else
        check_ok(v, "reads %s, logins %s", v->conf->rate_limit_read, v->conf->rate_limit_login);
}

static void check_cache(struct validate *v)
{
    if (v->conf->cache)
        check_ok(v, "CACHE is on, %lld MiB of its own", (long long)v->conf->cache_local_mb);
    else
        check_warn(v, "Take CACHE=off out: each page asks the database", "CACHE is off");
}

#define OF(member) offsetof(struct conf, member)

/* What must be able to end before what waits for it: the first may not be longer than the second. */
static const struct {
    const char *name;
    size_t at;
    const char *longer;
    size_t longer_at;
    const char *why;
} orders[] = {
    {"CACHE_COMMAND_TIMEOUT_MS", OF(cache_command_timeout_ms), "DATABASE_STATEMENT_TIMEOUT_MS", OF(database_statement_timeout_ms),
     "a cache must not take longer to ask than the database"},
    {"CACHE_CONNECT_TIMEOUT_MS", OF(cache_connect_timeout_ms), "DATABASE_STATEMENT_TIMEOUT_MS", OF(database_statement_timeout_ms),
     "a cache that is away must cost less than the database"},
    {"CACHE_WAIT_MS", OF(cache_wait_ms), "DATABASE_STATEMENT_TIMEOUT_MS", OF(database_statement_timeout_ms),
     "who waits for another's statement must not wait longer than it can last"},
    {"DATABASE_CONNECT_TIMEOUT_MS", OF(database_connect_timeout_ms), "DATABASE_STATEMENT_TIMEOUT_MS", OF(database_statement_timeout_ms),
     "each request waits for a connection"},
    {"SESSION_IDLE_S", OF(session_idle_s), "SESSION_ABSOLUTE_S", OF(session_absolute_s),
     "a session that ends unused can't outlive the longest"},
    {"ALERT_P95_MS", OF(alert_p95_ms), "DATABASE_STATEMENT_TIMEOUT_MS", OF(database_statement_timeout_ms),
     "statements would be given up before the agent warns"},
    {"CACHE_TTL_DASHBOARD", OF(cache_ttl_dashboard_s), "CACHE_TTL_LIST", OF(cache_ttl_list_s),
     "a dashboard changes more often than a list"},
};

static int64_t setting_at(const struct conf *conf, size_t at)
{
    return *(const int64_t *)((const char *)conf + at);
}

static void check_timeouts(struct validate *v)
{
    const struct conf *c = v->conf;
    const int64_t longest = c->database_connect_timeout_ms + c->database_statement_timeout_ms + 1000; /* db.h */

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (setting_at(c, orders[i].at) > setting_at(c, orders[i].longer_at)) {
            check_warn(v, "Bring the two in order",
                       "%s (%lld) is more than %s (%lld): %s", orders[i].name, (long long)setting_at(c, orders[i].at), orders[i].longer,
                       (long long)setting_at(c, orders[i].longer_at), orders[i].why);
            return;
        }
    }
    if (longest > NGINX_READ_MS)
        check_warn(v, "Lower DATABASE_STATEMENT_TIMEOUT_MS, or raise nginx's fastcgi_read_timeout",
                   "a request may wait %lld ms for the database, and nginx waits for %d", (long long)longest, NGINX_READ_MS);
    else
        check_ok(v, "each ends before what waits for it");
}

/* --- secrets ------------------------------------------------------------------------------------------------------ */

static bool has_word(const char *text)
{
    static const char *const words[] = {"secret", "password", "changeme", "change-me", "change_me", "example", "stevedore",
                                        "12345678", "abcdefgh", "qwerty"};

    for (const char *p = text; *p != '\0'; p++) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strncasecmp(p, words[i], strlen(words[i])) == 0)
                return true;
        }
    }
    return false;
}

/* It is something shorter, twice or more. */
static bool repeats(const char *text)
{
    const size_t n = strlen(text);

    for (size_t period = 1; period <= n / 2; period++) {
        if (memcmp(text, text + period, n - period) == 0)
            return true;
    }
    return false;
}

static int kinds(const char *text)
{
    bool seen[256] = {false};
    int n = 0;

    for (; *text != '\0'; text++) {
        n += !seen[(unsigned char)*text];
        seen[(unsigned char)*text] = true;
    }
    return n;
}

static void check_key(struct validate *v)
{
    static const char todo[] = "Make one with: openssl rand -hex 32. Keep the old one as SECRET_KEY_PREVIOUS for a day";
    const char *key = v->conf->secret_key;

    if (has_word(key))
        check_fail(v, todo, "SECRET_KEY has a word in it that others guess first");
    else if (repeats(key) || kinds(key) < KEY_KINDS_MIN)
        check_fail(v, todo, "SECRET_KEY is not random");
    else
        check_ok(v, "SECRET_KEY has %zu characters", strlen(key));
}

static void check_previous_key(struct validate *v)
{
    if (*v->conf->secret_key_previous == '\0')
        check_ok(v, "no SECRET_KEY_PREVIOUS");
    else if (strcmp(v->conf->secret_key_previous, v->conf->secret_key) == 0)
        check_fail(v, "Take SECRET_KEY_PREVIOUS out", "SECRET_KEY_PREVIOUS is the SECRET_KEY itself");
    else
        check_warn(v, "Take it out a day after the change", "SECRET_KEY_PREVIOUS is set");
}

static void check_env_file(struct validate *v)
{
    const char *path = v->ctl->env_file;
    struct stat st;

    if (path == NULL)
        check_skip(v, "no --env-file; the settings came from the environment");
    else if (stat(path, &st) < 0)
        check_fail(v, NULL, "%s: %s", path, strerror(errno));
    else if ((st.st_mode & (S_IROTH | S_IWOTH)) != 0)
        check_fail(v, "chmod o= it, and change the secrets in it", "everybody on this machine may %s %s",
                   (st.st_mode & S_IWOTH) != 0 ? "change" : "read", path);
    else if ((st.st_mode & S_IWGRP) != 0)
        check_warn(v, "chmod g-w it", "its group may change %s", path);
    else
        check_ok(v, "%s has mode %04o", path, (unsigned)st.st_mode & 07777);
}

/* conf_load() has looked at them. */
static void check_secret_files(struct validate *v)
{
    static const char name[] = "warning: ";
    const char *said = strstr(v->ctl->conf_warnings, name);

    if (said == NULL)
        check_ok(v, "no NAME_FILE that everybody may read");
    else
        check_fail(v, "Change what is in it, too", "%.*s", (int)strcspn(said + strlen(name), "\n"), said + strlen(name));
}

const struct check checks_of_settings[] = {
    {"configuration", "settings", check_loaded},
    {"configuration", "plain HTTP", check_plain_http},
    {"configuration", "log", check_log},
    {"configuration", "rate limits", check_limits},
    {"configuration", "cache", check_cache},
    {"configuration", "timeouts", check_timeouts},
    {"secrets", "SECRET_KEY", check_key},
    {"secrets", "previous key", check_previous_key},
    {"secrets", "env file", check_env_file},
    {"secrets", "secret files", check_secret_files},
    {NULL, NULL, NULL},
};
