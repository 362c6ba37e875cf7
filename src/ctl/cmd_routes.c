/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl routes.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>

#include "app/route.h"
#include "base/json_out.h"

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
        json_text(&b, route_role_text(r->role));
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
    bool json = ctl_flag(&argc, argv, "--json");

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (json) {
        print_json(c->arena);
        return 0;
    }
    (void)printf("%-7s %-32s %-11s %-7s %s\n", "method", "path", "role", "rate", "summary");
    for (const struct route *r = routes; r->pattern != NULL; r++)
        (void)printf("%-7s %-32s %-11s %-7s %s\n", route_method_text(r->method), r->pattern,
                     route_role_text(r->role), route_rate_text(r->rate), r->summary);
    return 0;
}
