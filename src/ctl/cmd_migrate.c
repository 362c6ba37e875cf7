/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl migrate and init.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>

#include "base/json_out.h"
#include "db/migrate.h"

static void print_table(const struct migration *list, size_t n)
{
    (void)printf("%-40s %-22s %8s\n", "migration", "applied", "ms");
    for (size_t i = 0; i < n; i++) {
        if (list[i].applied != NULL)
            (void)printf("%-40s %-22s %8lld\n", list[i].name, list[i].applied, (long long)list[i].milliseconds);
        else
            (void)printf("%-40s %-22s\n", list[i].name, "not yet");
    }
}

static void print_json(struct arena *arena, const struct migration *list, size_t n)
{
    struct buf b;

    buf_init(&b, arena, 1024);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i > 0 ? ",{" : "{");
        json_key(&b, "name");
        json_text(&b, list[i].name);
        json_key(&b, "applied");
        buf_puts(&b, list[i].applied != NULL ? "true" : "false");
        json_key(&b, "now");
        buf_puts(&b, list[i].fresh ? "true" : "false");
        buf_char(&b, '}');
    }
    (void)printf("%s]\n", b.data);
}

int cmd_migrate(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    bool status = ctl_flag(&argc, argv, "--status");
    struct migration *list;
    size_t n;
    enum outcome o;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    o = migrate_read(c->conf, c->arena, &list, &n, &c->err);
    if (o == OUT_OK)
        o = status ? migrate_status(c->db, c->arena, list, n, &c->err)
                   : migrate_apply(c->db, c->arena, list, n, &c->err);
    if (o != OUT_OK)
        return ctl_failed(c, &c->err);
    if (json)
        print_json(c->arena, list, n);
    else
        print_table(list, n);
    return 0;
}

int cmd_init(struct ctl *c, int argc, char **argv)
{
    bool created;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (migrate_create_database(c->conf, c->arena, &created, &c->err) != OUT_OK)
        return ctl_failed(c, &c->err);
    (void)printf("The database %s.\n", created ? "was created" : "is there");
    if (cmd_migrate(c, 1, argv) != 0)
        return 1;
    (void)printf("\nNext: stevedoresctl user add NAME --role admin, then start the pool (fcgi-conf/README.md).\n");
    return 0;
}
