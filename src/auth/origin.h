/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that another site made a browser send (CSRF).
 */
#ifndef STEVEDORES_AUTH_ORIGIN_H
#define STEVEDORES_AUTH_ORIGIN_H

#include <stdbool.h>

#include "http/request.h"

/* True when the request may have come from another site: Sec-Fetch-Site says so (W3C Fetch Metadata), or, in browsers
 * that don't send it, Origin names another host than Host (RFC 6454 section 7; RFC 9110 section 7.2). Where there is
 * neither, no browser sent it. The same rules as in Go's http.CrossOriginProtection; they need HSTS, since Host doesn't
 * tell the scheme. */
bool origin_is_foreign(const struct http_request *req);

#endif
