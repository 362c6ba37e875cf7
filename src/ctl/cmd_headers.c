/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl headers: the headers of every answer, and a web server's part of them.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "ctl/table.h"
#include "http/headers.h"

static void print_table(struct arena *arena)
{
    static const char *const heads[] = {"header", "sent", "on answers", "on static files", NULL};
    struct table t;

    table_init(&t, arena, heads);
    for (const struct header_rule *h = header_rules; h->name != NULL; h++) {
        table_cell(&t, h->name);
        table_cell(&t, h->tls ? "over TLS" : "always");
        table_cell(&t, h->answer);
        table_cell(&t, strcmp(h->page, h->answer) == 0 ? "the same" : h->page);
    }
    table_print(&t, stdout);
}

int cmd_headers(struct ctl *c, int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(struct buf *b);
    } forms[] = {
        {"apache", headers_apache},
        {"nginx", headers_nginx},
        {"nginx-http", headers_nginx_http},
    };
    struct buf b;

    if (argc == 1) {
        print_table(c->arena);
        return 0;
    }
    for (size_t i = 0; argc == 2 && i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(argv[1], forms[i].name) == 0) {
            buf_init(&b, c->arena, 2048);
            forms[i].write(&b);
            (void)fputs(b.data, stdout);
            return 0;
        }
    }
    return ctl_usage(c, "takes nginx, nginx-http or apache, or nothing");
}
