/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "app/meta.h"

#include <string.h>

#include "app/meta_moves.sql.h"
#include "app/route.h"
#include "base/json_out.h"
#include "boards/port/port.h"

static const struct column meta_columns[] = {
    {"boards", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Those that this deployment has."},
    {"timezone", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "In which the port's day begins."},
    {"choices", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "{resource: {column: [choice, …]}}: what columns can have that have one of some values."},
    {"moves", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL,
     "{table: {status: [status, …]}}: from which status a row can go to which others."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource meta_row = {.name = "meta", .title = "Meta", .columns = meta_columns};

/* Members that the browser client knows by names of their own. */
static const struct {
    const char *name;
    const struct resource *resource;
    const char *column;
} port_members[] = {
    {"vessel_types", &port_vessels, "vessel_type"}, {"vessel_statuses", &port_vessels, "status"},
    {"tally_types", &port_tallies, "tally_type"},   {"cargo_types", &port_tallies, "cargo_type"},
    {"shifts", &port_tallies, "shift"},
};

/* The first route of a resource that is on; another with the same name is the same table's under another parent. */
static bool is_first(const struct route *r, const struct conf *conf)
{
    if (r->resource == NULL || !route_is_on(r, conf))
        return false;
    for (const struct route *other = routes; other < r; other++) {
        if (other->resource != NULL && route_is_on(other, conf) && strcmp(other->resource->name, r->resource->name) == 0)
            return false;
    }
    return true;
}

static void add_choices(struct buf *b, const struct conf *conf)
{
    json_open(b, "choices", '{');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (!is_first(r, conf))
            continue;
        json_open(b, r->resource->name, '{');
        for (const struct column *c = r->resource->columns; c->name != NULL; c++) {
            if (c->choices != NULL)
                json_texts(b, c->name, c->choices);
        }
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

/* "a,b" */
static void add_list(struct buf *b, const char *name, const char *list)
{
    json_open(b, name, '[');
    for (const char *p = list; *p != '\0';) {
        size_t n = strcspn(p, ",");

        json_item(b, "");
        json_text(b, arena_strndup(b->arena, p, n));
        p += n + (p[n] == ',');
    }
    buf_char(b, ']');
}

static void add_port(struct buf *b, const struct conf *conf, const char *vessel_moves)
{
    for (size_t i = 0; i < sizeof(port_members) / sizeof(port_members[0]); i++) {
        const struct resource *r = port_members[i].resource;

        json_texts(b, port_members[i].name, r->columns[resource_column(r, port_members[i].column)].choices);
    }
    add_list(b, "shift_starts", conf->shifts);
    json_key(b, "vessel_moves");
    buf_puts(b, vessel_moves);
}

/* As PostgreSQL's array. */
static const char *tables(const struct conf *conf, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 512);
    buf_char(&b, '{');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (is_first(r, conf))
            json_item(&b, r->resource->table);
    }
    buf_char(&b, '}');
    return b.data;
}

enum outcome meta_get(struct exchange *x)
{
    const char *params[] = {tables(x->conf, x->arena)};
    struct db_result *result;
    struct buf b;
    enum outcome o = db_query(x->db, x->arena, DB_READ, app_meta_moves_sql, params, 1, &result, x->err);

    if (o != OUT_OK)
        return o;
    buf_init(&b, x->arena, 4096);
    buf_puts(&b, "{\"data\":{");
    add_list(&b, "boards", x->conf->boards);
    json_member(&b, "timezone", x->conf->port_timezone);
    add_choices(&b, x->conf);
    json_key(&b, "moves");
    buf_puts(&b, db_get(result, 0, 0));
    if (conf_has_board(x->conf, "port"))
        add_port(&b, x->conf, db_get(result, 0, 1));
    buf_puts(&b, "}}");
    response_json(x->resp, 200, (struct str){b.data, b.len});
    return OUT_OK;
}
