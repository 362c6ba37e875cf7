/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "http/headers.h"

#include <ctype.h>
#include <string.h>

#define SAME(value) value, value
#define REPORTS     "/api/csp-reports" /* ops/csp_report.h */

const struct header_rule header_rules[] = {
    /* No 'unsafe-inline' and no other host anywhere: the page brings all that it is made of. */
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
     "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
     "report-uri " REPORTS "; report-to csp", false},
    {"Cross-Origin-Opener-Policy", SAME("same-origin"), false},
    {"Cross-Origin-Resource-Policy", SAME("same-origin"), false},
    {"Permissions-Policy", SAME("camera=(), geolocation=(), microphone=(), payment=()"), false},
    {"Referrer-Policy", "no-referrer", "same-origin", false},
    {"Reporting-Endpoints", SAME("csp=\"" REPORTS "\""), false},
    {"Strict-Transport-Security", SAME("max-age=31536000"), true},
    {"X-Content-Type-Options", SAME("nosniff"), false},
    {"X-Frame-Options", SAME("DENY"), false},
    {NULL, NULL, NULL, false},
};

void headers_add(struct buf *b, const char *name, const char *value)
{
    buf_puts(b, name);
    buf_puts(b, ": ");
    buf_puts(b, value);
    buf_puts(b, "\r\n");
}

void headers_answer(struct buf *b, bool https)
{
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        if (https || !h->tls)
            headers_add(b, h->name, h->answer);
    }
}

/* In double quotes, as both servers read them. */
static void add_quoted(struct buf *b, const char *value)
{
    buf_char(b, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            buf_char(b, '\\');
        buf_char(b, *value);
    }
    buf_char(b, '"');
}

/* "$stevedores_strict_transport_security" */
static void add_variable(struct buf *b, const char *name)
{
    buf_puts(b, "$stevedores_");
    for (; *name != '\0'; name++)
        buf_char(b, *name == '-' ? '_' : (char)tolower((unsigned char)*name));
}

void headers_nginx_http(struct buf *b)
{
    buf_puts(b, "# For nginx's http block. Made by stevedoresctl headers nginx-http; changes get lost.\n");
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        if (!h->tls)
            continue;
        buf_puts(b, "map $https ");
        add_variable(b, h->name);
        buf_puts(b, " { on ");
        add_quoted(b, h->page);
        buf_puts(b, "; default \"\"; }\n");
    }
}

void headers_nginx(struct buf *b)
{
    buf_puts(b, "# For nginx's server block. Made by stevedoresctl headers nginx; changes get lost.\n");
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        buf_printf(b, "add_header %s ", h->name);
        if (h->tls)
            add_variable(b, h->name); /* nginx doesn't send a header whose value is empty */
        else
            add_quoted(b, h->page);
        buf_puts(b, " always;\n");
    }
}

void headers_apache(struct buf *b)
{
    buf_puts(b, "# For Apache's virtual host. Made by stevedoresctl headers apache; changes get lost.\n"
                "# The condition: what a responder has set stays, and isn't set twice.\n");
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        buf_printf(b, "Header always set %s ", h->name);
        add_quoted(b, h->page);
        buf_printf(b, " \"expr=-z resp('%s')%s\"\n", h->name, h->tls ? " && %{HTTPS} == 'on'" : "");
    }
}
