/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl routes.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>

#include "app/route.h"
#include "base/json_out.h"
#include "ctl/table.h"

static void print_json(struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 4096);
    buf_char(&b, '[');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        buf_puts(&b, r > routes ? ",\n {" : "\n {");
        json_key(&b, "method");
        json_text(&b, route_method_text(r->method));
        json_key(&b, "path");
        json_text(&b, r->pattern);
        json_key(&b, "board");
        json_text(&b, r->board);
        json_key(&b, "role");
        json_text(&b, role_text(r->role));
        json_key(&b, "rate");
        json_text(&b, route_rate_text(r->rate));
        json_key(&b, "summary");
        json_text(&b, r->summary);
        buf_char(&b, '}');
    }
    (void)printf("%s\n]\n", b.data);
}

int cmd_routes(struct ctl *c, int argc, char **argv)
{
    static const char *const heads[] = {"method", "path", "board", "role", "rate", "summary", NULL};
    bool json = ctl_flag(&argc, argv, "--json");
    struct table t;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (json) {
        print_json(c->arena);
        return 0;
    }
    table_init(&t, c->arena, heads);
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        table_cell(&t, route_method_text(r->method));
        table_cell(&t, r->pattern);
        table_cell(&t, r->board);
        table_cell(&t, role_text(r->role));
        table_cell(&t, route_rate_text(r->rate));
        table_cell(&t, r->summary);
    }
    table_print(&t, stdout);
    return 0;
}
