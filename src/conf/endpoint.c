/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "conf/endpoint.h"

#include <string.h>

#include "base/parse.h"

#define REDIS_PORT     6379
#define SENTINEL_PORT  26379
#define MEMCACHED_PORT 11211

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Copies n bytes, undoing escapes. False when they don't fit or an escape is malformed. */
static bool decode(const char *p, size_t n, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        char c = p[i];

        if (c == '%') {
            int high = i + 2 < n ? hex_digit(p[i + 1]) : -1, low = i + 2 < n ? hex_digit(p[i + 2]) : -1;

            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (len + 1 >= size)
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

static bool copy(const char *p, size_t n, char *out, size_t size)
{
    if (n >= size)
        return false;
    memcpy(out, p, n);
    out[n] = '\0';
    return true;
}

static bool read_number(const char *p, size_t n, int64_t min, int64_t max, int *out)
{
    char text[16];
    int64_t number;

    if (!copy(p, n, text, sizeof(text)) || !parse_i64(text, &number) || number < min || number > max)
        return false;
    *out = (int)number;
    return true;
}

/* "host", "host:port", "[::1]", "[::1]:port". */
static bool read_host(const char *p, size_t n, int default_port, struct endpoint *e, const char **why)
{
    const char *end = p + n, *colon = memchr(p, ':', n);

    if (n > 0 && *p == '[') {
        const char *close = memchr(p, ']', n);

        *why = "has an address in brackets that doesn't end";
        if (close == NULL)
            return false;
        colon = close + 1 < end ? close + 1 : NULL;
        *why = "has something else than a port behind an address in brackets";
        if (colon != NULL && *colon != ':')
            return false;
        *why = "has an address that is too long";
        if (!copy(p + 1, (size_t)(close - p) - 1, e->host, sizeof(e->host)))
            return false;
    } else {
        *why = "has a host name that is too long";
        if (!copy(p, colon != NULL ? (size_t)(colon - p) : n, e->host, sizeof(e->host)))
            return false;
    }
    *why = "has no host";
    if (e->host[0] == '\0')
        return false;
    *why = "has a character in its host that no host has";
    for (const char *c = e->host; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || strchr("/?#@%\\\"<>", *c) != NULL)
            return false;
    }
    e->port = default_port;
    *why = "has a port that is not a number from 1 to 65535";
    return colon == NULL || read_number(colon + 1, (size_t)(end - colon) - 1, 1, 65535, &e->port);
}

/* Takes "[[user]:password@]" off the front of what goes to `end`. */
static bool read_credentials(const char **p, const char *end, struct redis_endpoint *e)
{
    const char *at = NULL, *colon;

    for (const char *c = *p; c < end; c++) {
        if (*c == '@')
            at = c;
    }
    if (at == NULL)
        return true;
    colon = memchr(*p, ':', (size_t)(at - *p));
    if (colon == NULL || !decode(*p, (size_t)(colon - *p), e->user, sizeof(e->user)) ||
        !decode(colon + 1, (size_t)(at - colon) - 1, e->password, sizeof(e->password)))
        return false;
    *p = at + 1;
    return true;
}

static const char credentials[] = "has credentials that are not of the form user:password@ or :password@";

/* The characters that Redis allows in the name of a master, to the end of the text. */
static bool read_master(const char *p, char *out, size_t size)
{
    size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    return n > 0 && p[n] == '\0' && copy(p, n, out, size);
}

/* What stands behind redis+sentinel:// */
static bool read_sentinels(const char *p, struct redis_endpoint *e, const char **why)
{
    *why = credentials;
    if (!read_credentials(&p, p + strcspn(p, "/?#"), e))
        return false;
    for (;;) {
        size_t n = strcspn(p, ",/?#");

        *why = "names too many sentinels";
        if (e->nsentinels == SENTINELS_MAX || !read_host(p, n, SENTINEL_PORT, &e->sentinels[e->nsentinels], why))
            return false;
        e->nsentinels++;
        p += n;
        if (*p != ',')
            break;
        p++;
    }
    if (*p == '/') {
        size_t n = strcspn(++p, "?");

        *why = "may only have /DATABASE, a number, between hosts and ?master=NAME";
        if (n > 0 && !read_number(p, n, 0, 9999, &e->database))
            return false;
        p += n;
    }
    *why = "needs ?master=NAME behind its hosts, as the sentinels call it: letters, digits, dots, - and _";
    return strncmp(p, "?master=", 8) == 0 && read_master(p + 8, e->master, sizeof(e->master));
}

bool endpoint_redis(const char *url, struct redis_endpoint *e, const char **why)
{
    const char *p, *end, *rest;

    memset(e, 0, sizeof(*e));
    if (strncmp(url, "rediss://", 9) == 0) {
        *why = "asks for TLS, which the Redis client library here doesn't have; use unix:// or redis:// through a local "
               "TLS tunnel such as stunnel";
        return false;
    }
    if (strncmp(url, "unix://", 7) == 0) {
        p = url + 7;
        rest = strchr(p, '?');
        end = rest != NULL ? rest : p + strlen(p);
        *why = credentials;
        /* The path begins at the first slash; an '@' before it ends the credentials. */
        if (!read_credentials(&p, p + strcspn(p, "/?"), e))
            return false;
        *why = "has no absolute path behind unix://, or one that is too long";
        if (*p != '/' || end - p > 107 || !decode(p, (size_t)(end - p), e->at.host, sizeof(e->at.host)))
            return false;
        *why = "may only have ?db=NUMBER behind the path";
        return rest == NULL ||
               (strncmp(rest, "?db=", 4) == 0 && read_number(rest + 4, strlen(rest + 4), 0, 9999, &e->database));
    }
    if (strncmp(url, "redis+sentinel://", 17) == 0)
        return read_sentinels(url + 17, e, why);
    *why = "begins with neither redis:// nor unix:// nor redis+sentinel://";
    if (strncmp(url, "redis://", 8) != 0)
        return false;
    p = url + 8;
    end = p + strcspn(p, "/?#");
    *why = credentials;
    if (!read_credentials(&p, end, e))
        return false;
    if (!read_host(p, (size_t)(end - p), REDIS_PORT, &e->at, why))
        return false;
    *why = "may only have /DATABASE, a number, behind the host";
    return *end == '\0' || (*end == '/' && end[1] == '\0') ||
           (*end == '/' && read_number(end + 1, strlen(end + 1), 0, 9999, &e->database));
}

bool endpoint_memcached(const char **list, struct endpoint *e, const char **why)
{
    const char *p = *list;
    size_t n = strcspn(p, ",");

    *why = NULL;
    if (*p == '\0')
        return false;
    *list = p + n + (p[n] == ',');
    *why = "ends with a comma";
    if (p[n] == ',' && p[n + 1] == '\0')
        return false;
    if (*p == '/') {
        *why = "has a socket path that is too long";
        e->port = 0;
        return n <= 107 && copy(p, n, e->host, sizeof(e->host));
    }
    return read_host(p, n, MEMCACHED_PORT, e, why);
}
