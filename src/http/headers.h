/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers that tell browsers what not to do: one table for the program's answers and for the web server's static
 * files, whose configuration is made from it. Every answer carries each of them once, errors included.
 */
#ifndef STEVEDORES_HTTP_HEADERS_H
#define STEVEDORES_HTTP_HEADERS_H

#include <stdbool.h>

#include "base/str.h"

/* Values are printable ASCII without '$' and '%', which nginx and Apache would take for variables. */
struct header_rule {
    const char *name;
    const char *answer; /* on the program's answers */
    const char *page;   /* on static files, and on what the web server answers by itself */
    bool tls;           /* only when the request came over TLS (RFC 6797 section 7.2) */
};

extern const struct header_rule header_rules[]; /* by name; a NULL name ends it */

/* Appends "Name: value\r\n". */
void headers_add(struct buf *b, const char *name, const char *value);

/* Appends a line for each rule, as the program's answers have it. `https`: the request came over TLS. */
void headers_answer(struct buf *b, bool https);

/* Appends nginx's directives: what belongs into its http block, one variable for each rule that depends on TLS, and
 * what belongs into the server block (ngx_http_map_module, ngx_http_headers_module). */
void headers_nginx_http(struct buf *b);
void headers_nginx(struct buf *b);

/* Appends Apache's directives (mod_headers), for a virtual host. What a responder has set stays. */
void headers_apache(struct buf *b);

#endif
