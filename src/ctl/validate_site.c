/* SPDX-License-Identifier: Apache-2.0
 *
 * validate --url: what comes over HTTP, through the web server, as a browser or a probe gets it; without an account.
 */
#include "config.h"
#include "ctl/validate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/site.h"
#include "ctl/times.h"
#include "http/headers.h"

#define HEALTH_ASKED     20
#define CERTIFICATE_DAYS 14
#define DAY_S            86400
#define GZIP             "gzip"

static void get(struct validate *v, const char *path, const char *encodings, bool decode, struct fetch_answer *a)
{
    fetch_get(v->fetch, v->arena, arena_printf(v->arena, "%s%s", v->base, path), encodings, decode, a);
}

/* False: it was said why there is nothing to look at. */
static bool is_there(struct validate *v)
{
    if (v->base == NULL)
        check_skip(v, "--url wasn't given");
    else if (v->page.error != NULL)
        check_skip(v, "the site doesn't answer");
    else
        return true;
    return false;
}

static int64_t days_left(const struct fetch_answer *a)
{
    return (a->certificate_ends_s - clock_real_ms() / 1000) / DAY_S;
}

static void check_certificate(struct validate *v)
{
    const char *error;

    if (v->base == NULL) {
        check_skip(v, "--url wasn't given");
        return;
    }
    get(v, "/", "identity", false, &v->page);
    if (v->page.untrusted) {
        error = v->page.error;
        fetch_trust_anybody(v->fetch); /* so that the rest is looked at all the same */
        get(v, "/", "identity", false, &v->page);
        check_fail(v, "Install a certificate of this name from an authority that browsers know, with its chain",
                   "%s (it ends in %lld days)", error, (long long)days_left(&v->page));
    } else if (!site_is_encrypted(v->base) || v->page.error != NULL) {
        check_skip(v, "no TLS");
    } else if (v->page.certificate_ends_s < 0) {
        check_skip(v, "libcurl doesn't say when it ends");
    } else if (days_left(&v->page) < CERTIFICATE_DAYS) {
        check_warn(v, "Renew it, and see why that didn't happen by itself", "it ends in %lld days", (long long)days_left(&v->page));
    } else {
        check_ok(v, "it ends in %lld days", (long long)days_left(&v->page));
    }
}

static void check_answer(struct validate *v)
{
    v->now.us = v->page.us;
    if (v->base == NULL)
        check_skip(v, "--url wasn't given");
    else if (v->page.error != NULL)
        check_fail(v, "Is the web server running, and is it this address?", "%s/: %s", v->base, v->page.error);
    else if (v->page.status != 200)
        check_fail(v, "Is the browser's client installed (web root)? See fcgi-conf/README.md", "%s/: status %ld", v->base, v->page.status);
    else
        check_ok(v, "%s/: status 200, %zu bytes", v->base, v->page.body.n);
}

static void check_protocol(struct validate *v)
{
    if (!is_there(v))
        return;
    if (!site_is_encrypted(v->base))
        check_warn(v, "Put TLS in front (fcgi-conf/README.md): everything can be read and changed on the way", "plain HTTP/%d.%d",
                   v->page.http / 10, v->page.http % 10);
    else if (v->page.http < 20)
        check_warn(v, "Add http2 to nginx's listen: the page's files then come over one connection", "HTTPS, HTTP/1.1");
    else
        check_ok(v, "HTTPS, HTTP/2");
}

static void check_server(struct validate *v)
{
    const char *server;

    if (!is_there(v))
        return;
    server = fetch_header(&v->page, v->arena, "Server", NULL);
    if (server != NULL && strpbrk(server, "0123456789") != NULL)
        check_warn(v, "server_tokens off;", "the web server tells everybody its version: %s", server);
    else
        check_ok(v, "%s", server != NULL ? server : "no name");
}

/* --- health ------------------------------------------------------------------------------------------------------- */

static void check_health(struct validate *v, const char *path, int64_t target_us)
{
    int64_t us[HEALTH_ASKED], slowest;
    struct fetch_answer a;

    if (!is_there(v))
        return;
    for (int i = 0; i < HEALTH_ASKED; i++) {
        get(v, path, "identity", false, &a);
        if (a.error != NULL || a.status != 200) {
            check_fail(v, a.status == 503 ? "See what it says of each part: stevedoresctl monitor, the pool's log" : "Does the web server pass this address to the pool?",
                       "%s: %s", path, a.error != NULL ? a.error : arena_printf(v->arena, "status %ld", a.status));
            return;
        }
        us[i] = a.us;
    }
    times_sort(us, HEALTH_ASKED);
    slowest = us[HEALTH_ASKED - 1];
    v->now.us = us[HEALTH_ASKED / 2];
    if (v->now.us > target_us)
        check_fail(v, "Is the pool too small or the machine busy? stevedoresctl monitor", "%s: half of %d took longer than %.1f ms", path, HEALTH_ASKED,
                   (double)target_us / 1000);
    else if (slowest > target_us)
        check_warn(v, "Once may be chance; run it again", "%s: slowest of %d %.1f ms, target %.1f", path, HEALTH_ASKED, (double)slowest / 1000,
                   (double)target_us / 1000);
    else if (strstr(arena_strndup(v->arena, a.body.p, a.body.n), "\"status\":\"degraded\"") != NULL)
        check_warn(v, "See which part: the failed checks here, or the answer itself", "%s: degraded, slowest of %d %.1f ms", path, HEALTH_ASKED,
                   (double)slowest / 1000);
    else
        check_ok(v, "%s: slowest of %d %.1f ms, target %.1f", path, HEALTH_ASKED, (double)slowest / 1000, (double)target_us / 1000);
}

static void check_live(struct validate *v)
{
    check_health(v, "/health/live", 50000);
}

static void check_ready(struct validate *v)
{
    check_health(v, "/health/ready", 50000);
}

static void check_quick(struct validate *v)
{
    check_health(v, "/health/quick", 5000);
}

static void check_all(struct validate *v)
{
    check_health(v, "/health", 50000);
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

/* Of an answer; `page`: as static files have them. */
static void check_rules(struct validate *v, const struct fetch_answer *a, bool page)
{
    const bool tls = site_is_encrypted(v->base);
    struct buf wrong;

    buf_init(&wrong, v->arena, 256);
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        int n;
        const char *value = fetch_header(a, v->arena, h->name, &n);
        const char *problem = NULL;

        if (h->tls && !tls)
            problem = n > 0 ? "is sent over plain HTTP" : NULL;
        else if (n != 1)
            problem = n == 0 ? "is missing" : "is sent twice";
        else if (strcmp(value, page ? h->page : h->answer) != 0)
            problem = "is another one";
        if (problem != NULL)
            buf_printf(&wrong, "%s%s %s", wrong.len > 0 ? ", " : "", h->name, problem);
    }
    if (wrong.len > 0)
        check_fail(v, "stevedoresctl headers nginx (or apache) makes the directives; include them where fcgi-conf does", "%s", wrong.data);
    else
        check_ok(v, "each is there once, as stevedoresctl headers has it%s", tls ? ", with HSTS" : "");
}

static void check_page_headers(struct validate *v)
{
    if (is_there(v))
        check_rules(v, &v->page, true);
}

/* A stranger is refused, by the program itself. */
static void check_answer_headers(struct validate *v)
{
    struct fetch_answer a;

    if (!is_there(v))
        return;
    get(v, "/api/me", "identity", false, &a);
    v->now.us = a.us;
    if (a.error != NULL || a.status != 401)
        check_fail(v, "Does the web server pass /api/ to the pool, and is that up?", "/api/me: %s, where 401 is right for a stranger",
                   a.error != NULL ? a.error : arena_printf(v->arena, "status %ld", a.status));
    else
        check_rules(v, &a, false);
}

static void check_private(struct validate *v)
{
    struct fetch_answer a;
    const char *control;

    if (!is_there(v))
        return;
    get(v, "/api/me", "identity", false, &a);
    control = a.error == NULL ? fetch_header(&a, v->arena, "Cache-Control", NULL) : NULL;
    if (control != NULL && (strstr(control, "no-store") != NULL || strstr(control, "private") != NULL))
        check_ok(v, "/api/me: Cache-Control: %s", control);
    else
        check_fail(v, "Let the program's own headers through: nothing in between may keep its answers", "/api/me: Cache-Control: %s",
                   control != NULL ? control : "none");
}

static void check_page_caching(struct validate *v)
{
    const char *control;

    if (!is_there(v))
        return;
    control = fetch_header(&v->page, v->arena, "Cache-Control", NULL);
    if (control != NULL && (strstr(control, "no-cache") != NULL || strstr(control, "no-store") != NULL))
        check_ok(v, "/: Cache-Control: %s", control);
    else
        check_fail(v, "See fcgi-conf/nginx/stevedores.conf: a browser that keeps the page misses the next release", "/: Cache-Control: %s",
                   control != NULL ? control : "none");
}

/* --- static files ------------------------------------------------------------------------------------------------- */

/* The first script of the page's own, else the first file. NULL: it was said why there is none. */
static const char *find_asset(struct validate *v)
{
    const char *paths[SITE_ASSETS_MAX];
    size_t n;

    if (!is_there(v))
        return NULL;
    n = site_assets(v->page.body, v->arena, paths);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(paths[i] + strlen(paths[i]) - 3, ".js") == 0)
            return paths[i];
    }
    if (n > 0)
        return paths[0];
    check_skip(v, "the page names no file under /assets/");
    return NULL;
}

/* As it is, as gzip, and that undone. */
static void check_gzip(struct validate *v)
{
    static const char todo[] = "gzip_static on; in nginx, and the .gz files beside those that the build made";
    const char *path = find_asset(v), *encoding;
    struct fetch_answer plain, packed, unpacked;

    if (path == NULL)
        return;
    get(v, path, "identity", false, &plain);
    get(v, path, GZIP, false, &packed);
    get(v, path, GZIP, true, &unpacked);
    v->now.us = packed.us;
    encoding = packed.error == NULL ? fetch_header(&packed, v->arena, "Content-Encoding", NULL) : NULL;
    if (plain.error != NULL || plain.status != 200)
        check_fail(v, "Is the whole of the browser's client installed?", "%s: %s", path,
                   plain.error != NULL ? plain.error : arena_printf(v->arena, "status %ld", plain.status));
    else if (encoding == NULL || strcmp(encoding, GZIP) != 0)
        check_fail(v, todo, "%s comes uncompressed to who takes gzip", path);
    else if (fetch_header(&plain, v->arena, "Content-Encoding", NULL) != NULL)
        check_fail(v, "Something in between compresses for everybody", "%s comes compressed to who takes no compression", path);
    else if (unpacked.error != NULL || unpacked.body.n != plain.body.n || memcmp(unpacked.body.p, plain.body.p, plain.body.n) != 0)
        check_fail(v, "Is it compressed twice, or the .gz file older than the file? Build and install the client anew",
                   "%s, unpacked, is not the file itself", path);
    else
        check_ok(v, "%s: %zu bytes of %zu", path, packed.body.n, plain.body.n);
}

static void check_brotli(struct validate *v)
{
    const char *path = find_asset(v), *encoding;
    struct fetch_answer a;

    if (path == NULL)
        return;
    get(v, path, "br", false, &a);
    v->now.us = a.us;
    encoding = a.error == NULL ? fetch_header(&a, v->arena, "Content-Encoding", NULL) : NULL;
    if (encoding != NULL && strcmp(encoding, "br") == 0)
        check_ok(v, "%s: %zu bytes", path, a.body.n);
    else
        check_skip(v, "not there; gzip does");
}

static void check_immutable(struct validate *v)
{
    const char *path = find_asset(v), *control;
    struct fetch_answer a;

    if (path == NULL)
        return;
    get(v, path, GZIP, false, &a);
    v->now.us = a.us;
    control = a.error == NULL ? fetch_header(&a, v->arena, "Cache-Control", NULL) : NULL;
    if (control != NULL && strstr(control, "immutable") != NULL)
        check_ok(v, "%s: Cache-Control: %s", path, control);
    else
        check_fail(v, "See $stevedores_cache_control in fcgi-conf/nginx/stevedores.conf", "%s: Cache-Control: %s", path,
                   control != NULL ? control : "none");
}

const struct check checks_of_site[] = {
    {"site", "certificate", check_certificate},
    {"site", "page", check_answer},
    {"site", "protocol", check_protocol},
    {"site", "server", check_server},
    {"health", "live", check_live},
    {"health", "ready", check_ready},
    {"health", "quick", check_quick},
    {"health", "all", check_all},
    {"headers", "page", check_page_headers},
    {"headers", "API", check_answer_headers},
    {"headers", "API is private", check_private},
    {"headers", "page is asked anew", check_page_caching},
    {"static files", "gzip", check_gzip},
    {"static files", "brotli", check_brotli},
    {"static files", "kept by browsers", check_immutable},
    {NULL, NULL, NULL},
};
