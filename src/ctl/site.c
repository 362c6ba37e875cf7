/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/site.h"

#include <string.h>

const char *site_base(const char *url, struct arena *arena)
{
    size_t n = strlen(url), scheme;

    if (!str_starts(url, "http://") && !str_starts(url, "https://"))
        return NULL;
    scheme = (size_t)(strstr(url, "//") - url) + 2;
    if (strpbrk(url, " \t\r\n?#@\"") != NULL || url[scheme] == '\0' || url[scheme] == '/')
        return NULL;
    while (url[n - 1] == '/')
        n--;
    return arena_strndup(arena, url, n);
}

bool site_is_encrypted(const char *base)
{
    return str_starts(base, "https://");
}

static bool is_known(const char *path, size_t len, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(paths[i]) == len && memcmp(paths[i], path, len) == 0)
            return true;
    }
    return false;
}

size_t site_assets(struct str page, struct arena *arena, const char *paths[SITE_ASSETS_MAX])
{
    const char *text = arena_strndup(arena, page.p, page.n); /* to its first NUL, if it has one */
    size_t n = 0;

    for (const char *p = text; n < SITE_ASSETS_MAX && (p = strstr(p, "\"/assets/")) != NULL; p++) {
        size_t len = strcspn(p + 1, "\"' <>?#");

        if (p[1 + len] == '"' && !is_known(p + 1, len, paths, n))
            paths[n++] = arena_strndup(arena, p + 1, len);
    }
    return n;
}
