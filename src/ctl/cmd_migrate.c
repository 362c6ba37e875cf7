/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl migrate and init.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <stdio.h>

#include "base/json_out.h"
#include "ctl/table.h"
#include "db/migrate.h"

static void print_table(struct arena *arena, const struct migration *list, size_t n)
{
    static const char *const heads[] = {"migration", "applied", ">ms", "", NULL};
    struct table t;

    table_init(&t, arena, heads);
    for (size_t i = 0; i < n; i++) {
        table_cell(&t, list[i].name);
        table_cell(&t, list[i].applied != NULL ? list[i].applied : "not yet");
        if (list[i].applied != NULL)
            table_cellf(&t, "%lld", (long long)list[i].milliseconds);
        else
            table_cell(&t, NULL);
        table_cell(&t, list[i].fresh ? "now" : !list[i].wanted ? "its board is off" : NULL);
    }
    table_print(&t, stdout);
}

static void print_json(struct arena *arena, const struct migration *list, size_t n)
{
    struct buf b;

    buf_init(&b, arena, 1024);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i > 0 ? ",\n " : "\n ");
        buf_printf(&b, "{\"version\":%d", list[i].version);
        json_key(&b, "name");
        json_text(&b, list[i].name);
        json_key(&b, "checksum");
        json_text(&b, list[i].checksum);
        json_key(&b, "wanted");
        buf_puts(&b, list[i].wanted ? "true" : "false");
        json_key(&b, "applied");
        buf_puts(&b, list[i].applied != NULL ? "true" : "false");
        json_key(&b, "applied_at");
        json_text(&b, list[i].applied);
        json_key(&b, "now");
        buf_puts(&b, list[i].fresh ? "true" : "false");
        json_key(&b, "milliseconds");
        if (list[i].applied != NULL)
            buf_printf(&b, "%lld}", (long long)list[i].milliseconds);
        else
            buf_puts(&b, "null}");
    }
    (void)printf("%s\n]\n", b.data);
}

/* As the schema's owner. */
static enum outcome migrate(struct ctl *c, struct db *db, bool only_status, struct migration **list, size_t *n)
{
    enum outcome o = migrate_read(c->conf, c->arena, list, n, &c->err);

    if (o == OUT_OK)
        o = only_status ? migrate_status(db, c->arena, *list, *n, &c->err)
                        : migrate_apply(db, c->arena, *list, *n, &c->err);
    if (o == OUT_OK && !only_status)
        o = migrate_finish(db, c->conf, c->arena, &c->err);
    return o;
}

int cmd_migrate(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    bool status = ctl_flag(&argc, argv, "--status");
    struct conf owner = migrate_owner(c->conf);
    struct migration *list;
    struct db *db;
    size_t n;
    enum outcome o;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    db = db_new(&owner, "stevedoresctl");
    db_unlimited(db);
    o = migrate(c, db, status, &list, &n);
    if (o != OUT_OK) {
        struct db *own = c->db;
        int failed;

        c->db = db; /* whose connection it is about */
        failed = ctl_failed(c, &c->err);
        c->db = own;
        db_free(&db);
        return failed;
    }
    db_free(&db);
    if (json)
        print_json(c->arena, list, n);
    else
        print_table(c->arena, list, n);
    return 0;
}

int cmd_init(struct ctl *c, int argc, char **argv)
{
    struct conf owner = migrate_owner(c->conf);
    bool created, role_created = false;
    enum outcome o;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    o = migrate_create_database(&owner, c->arena, &created, &c->err);
    if (o == OUT_OK)
        o = migrate_create_role(c->conf, c->arena, &role_created, &c->err);
    if (o != OUT_OK)
        return ctl_failed(c, &c->err);
    (void)printf("The database %s.\n", created ? "was created" : "is there");
    if (role_created)
        (void)printf("The application's role was created.\n");
    if (cmd_migrate(c, 1, argv) != 0)
        return 1;
    (void)printf("\nNext: stevedoresctl user add NAME --role admin, then start the pool (fcgi-conf/README.md).\n");
    return 0;
}
