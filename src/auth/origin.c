/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/origin.h"

#include <string.h>
#include <strings.h>

bool origin_is_foreign(const struct http_request *req)
{
    const char *origin = req->origin, *host;

    if (*req->fetch_site != '\0')
        return strcmp(req->fetch_site, "same-origin") != 0 && strcmp(req->fetch_site, "none") != 0;
    if (*origin == '\0')
        return false;
    host = strstr(origin, "://"); /* "null" has none */
    return host == NULL || strcasecmp(host + 3, req->host) != 0;
}
