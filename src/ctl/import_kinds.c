/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/import_kinds.h"

#include <string.h>

#include "boards/port/port.h"

/* --- berths ------------------------------------------------------------------------------------------------------- */

static const struct check berth_checks[] = {
    {"SELECT s.row_line, 'name', 'stands in line ' || d.first || ' already' FROM staged s"
     " JOIN (SELECT name, min(row_line) AS first FROM staged GROUP BY name HAVING count(*) > 1) AS d ON d.name = s.name"
     " WHERE s.row_line > d.first",
     NULL},
    {"SELECT s.row_line, 'name', 'there is a berth of this name with another length' FROM staged s"
     " JOIN berths b ON b.name = s.name WHERE b.length_m <> s.length_m",
     NULL},
    {NULL, NULL},
};

/* --- vessels ------------------------------------------------------------------------------------------------------ */

static const struct column vessel_more[] = {
    {"id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, "Number of the vessel; given anew when it is missing."},
    {"arrived_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"berthed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"operations_started_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"operations_completed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"departed_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct check vessel_checks[] = {
    {"SELECT s.row_line, 'id', 'another vessel has this id' FROM staged s JOIN vessels v ON v.id = s.id"
     " WHERE (v.name, v.imo, v.eta) IS DISTINCT FROM (s.name, s.imo, s.eta)",
     "id"},
    ID_TWICE,
    {NULL, NULL},
};

/* --- tallies ------------------------------------------------------------------------------------------------------ */

static const struct column tally_more[] = {
    {"vessel_id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, ""},
    {"vessel_imo", COL_TEXT, 0, 7, 7, NULL, port_imo_is_valid, "Instead of vessel_id: the ship's call at that time."},
    {"count", COL_INT, 0, -10000, 10000, NULL, NULL, "Negative in a row that voids another."},
    {"recorded_at", COL_TIME, 0, 0, 0, NULL, NULL, ""},
    {"voids", COL_UUID, 0, 0, 0, NULL, NULL, ""},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

/* A ship comes more than once: its tallies belong to the call that had begun when they were counted, and not to the one
 * that is announced for next month. What is older than the first call belongs to the first. */
static const char tally_resolve[] =
    "UPDATE staged SET vessel_id = v.id FROM"
    " (SELECT id, imo, CASE WHEN lag(id) OVER w IS NULL THEN '-infinity' ELSE begun END AS begun,"
    "         coalesce(lead(begun) OVER w, 'infinity') AS next"
    "    FROM (SELECT id, imo, coalesce(operations_started_at, berthed_at, arrived_at, eta, 'infinity') AS begun"
    "            FROM vessels WHERE imo IS NOT NULL) AS c"
    "  WINDOW w AS (PARTITION BY imo ORDER BY begun, id)) AS v"
    " WHERE v.imo = staged.vessel_imo AND staged.vessel_id IS NULL"
    " AND staged.tallied_at >= v.begun AND staged.tallied_at < v.next";

/* What a void and its target have in common, so that every sum over tallies stays right. */
#define VOID_FITS                                                                                                  \
    "t.vessel_id = s.vessel_id AND t.count = -s.count AND t.voids IS NULL AND t.tally_type = s.tally_type"         \
    " AND t.cargo_type = s.cargo_type AND t.tallied_at = s.tallied_at"

static const struct check tally_checks[] = {
    {"SELECT s.row_line, CASE WHEN s.vessel_imo IS NOT NULL AND s.vessel_id IS NULL THEN 'vessel_imo' ELSE 'vessel_id' END,"
     " CASE WHEN s.vessel_imo IS NULL AND s.vessel_id IS NULL THEN 'is empty, and so is vessel_imo'"
     " ELSE 'there is no such vessel' END"
     " FROM staged s LEFT JOIN vessels v ON v.id = s.vessel_id WHERE v.id IS NULL",
     NULL},
    {"SELECT s.row_line, 'vessel_imo', 'is not the number of vessel ' || v.id FROM staged s"
     " JOIN vessels v ON v.id = s.vessel_id WHERE s.vessel_imo IS NOT NULL AND v.imo IS DISTINCT FROM s.vessel_imo",
     "vessel_imo"},
    {"SELECT row_line, 'count', 'must be positive, or negative in a row that voids another' FROM staged"
     " WHERE count = 0 OR (voids IS NULL) <> (count > 0)",
     NULL},
    {"SELECT row_line, 'tallied_at', 'is more than a day in the future' FROM staged"
     " WHERE tallied_at > coalesce(recorded_at, now()) + interval '24 hours'",
     NULL},
    ID_TWICE,
    {"SELECT s.row_line, 'id', 'another tally has this id' FROM staged s JOIN cargo_tallies t ON t.id = s.id"
     " WHERE (t.vessel_id, t.tally_type, t.cargo_type::text, t.count, t.location, t.shift, t.tallied_at, t.tallied_by,"
     " t.note, t.voids) IS DISTINCT FROM (s.vessel_id, s.tally_type, s.cargo_type, s.count, s.location, s.shift,"
     " s.tallied_at, s.tallied_by, s.note, s.voids)",
     "id"},
    {"SELECT s.row_line, 'voids', 'names no tally of the same vessel, types and time with the opposite count'"
     " FROM staged s WHERE s.voids IS NOT NULL"
     " AND NOT EXISTS (SELECT FROM cargo_tallies t WHERE t.id = s.voids AND " VOID_FITS ")"
     " AND NOT EXISTS (SELECT FROM staged t WHERE t.id = s.voids AND " VOID_FITS
     " AND NOT EXISTS (SELECT FROM refused r WHERE r.line = t.row_line))",
     "voids"},
    {"SELECT s.row_line, 'voids', 'this tally was voided already' FROM staged s"
     " JOIN cargo_tallies t ON t.voids = s.voids AND t.id IS DISTINCT FROM s.id",
     "voids"},
    {"SELECT row_line, 'voids', 'an earlier line voids this tally already' FROM"
     " (SELECT row_line, row_number() OVER (PARTITION BY voids ORDER BY row_line) AS nth FROM staged s"
     "   WHERE voids IS NOT NULL AND NOT EXISTS (SELECT FROM refused r WHERE r.line = s.row_line)) AS d"
     " WHERE nth > 1",
     "voids"},
    {NULL, NULL},
};

const struct kind import_kinds[] = {
    {
        .name = "berths",
        .board = "port",
        .resource = &port_berths,
        .required = "name length_m",
        .staged = "name text, length_m int, position int",
        .checks = berth_checks,
        .store = "INSERT INTO berths (name, length_m, position) SELECT name, length_m, coalesce(position, 0) FROM staged"
                 " ON CONFLICT (name) DO NOTHING",
    },
    {
        .name = "vessels",
        .board = "port",
        .resource = &port_vessels,
        .more = vessel_more,
        .required = "name vessel_type",
        .staged = "id bigint, name text, imo text, vessel_type text, line text, status text, berth text,"
                  " eta timestamptz, etd timestamptz, cargo_capacity jsonb, gangs int, drivers int, vans int,"
                  " wagons int, shifts jsonb, breaks jsonb, notes text, arrived_at timestamptz, berthed_at timestamptz,"
                  " operations_started_at timestamptz, operations_completed_at timestamptz, departed_at timestamptz",
        .checks = vessel_checks,
        .before = KEEP_NUMBERS("vessels"),
        .store_line =
            "INSERT INTO vessels (id, name, imo, vessel_type, line, status, berth, eta, etd, cargo_capacity, gangs,"
            " drivers, vans, wagons, shifts, breaks, notes, arrived_at, berthed_at, operations_started_at,"
            " operations_completed_at, departed_at) OVERRIDING SYSTEM VALUE"
            " SELECT coalesce(id, nextval(pg_get_serial_sequence('vessels', 'id'))), name, imo, vessel_type, s.line,"
            " coalesce(status, 'expected'), berth, eta, etd, coalesce(cargo_capacity, '{}'), coalesce(gangs, 0),"
            " coalesce(drivers, 0), coalesce(vans, 0), coalesce(wagons, 0),"
            " coalesce(shifts, '[\"morning\", \"afternoon\", \"night\"]'), coalesce(breaks, '{}'), notes, arrived_at,"
            " berthed_at, operations_started_at, operations_completed_at, departed_at"
            /* Without a number, a call that is the same in name, ship and ETA is the same call. */
            " FROM staged s WHERE s.row_line = $1::bigint AND NOT EXISTS (SELECT FROM vessels v WHERE v.id = s.id)"
            " AND (s.id IS NOT NULL OR NOT EXISTS (SELECT FROM vessels v WHERE v.name = s.name"
            " AND (v.imo, v.eta) IS NOT DISTINCT FROM (s.imo, s.eta)))",
    },
    {
        .name = "tallies",
        .board = "port",
        .resource = &port_tallies,
        .more = tally_more,
        .required = "vessel_id|vessel_imo tally_type cargo_type count tallied_at",
        .staged = "id uuid, vessel_id bigint, vessel_imo text, tally_type text, cargo_type text, count int,"
                  " location text, shift text, tallied_at timestamptz, recorded_at timestamptz, tallied_by text,"
                  " note text, voids uuid",
        .resolve = tally_resolve,
        .resolve_needs = "vessel_imo",
        .checks = tally_checks,
        .store = "INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at,"
                 " recorded_at, tallied_by, note, voids)"
                 " SELECT coalesce(id, gen_random_uuid()), vessel_id, tally_type, cargo_type, count, location, shift,"
                 " tallied_at, coalesce(recorded_at, greatest(now(), tallied_at)), tallied_by, note, voids FROM staged"
                 " ON CONFLICT (id) DO NOTHING",
    },
    {.name = NULL},
};

/* What is only shown can't be brought; what else may be, `more` has. */
static bool is_written(const struct column *c)
{
    return (c->flags & (COL_CREATE | COL_UPDATE)) != 0;
}

const struct column *kind_column(const struct kind *k, const char *name)
{
    int i = resource_column(k->resource, name);

    for (const struct column *c = k->more; c != NULL && c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return i >= 0 && is_written(&k->resource->columns[i]) ? &k->resource->columns[i] : NULL;
}

bool kind_requires(const struct kind *k, const char *column)
{
    size_t n = strlen(column);

    for (const char *p = k->required; (p = strstr(p, column)) != NULL; p += n) {
        if ((p == k->required || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

static bool has_name(const char *const *names, size_t n, const char *wanted, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], wanted, len) == 0)
            return true;
    }
    return false;
}

/* Names of all columns, for whoever used another. */
static const char *all_names(const struct kind *k, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 256);
    for (const struct column *c = k->resource->columns; c->name != NULL; c++) {
        if (is_written(c))
            buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", c->name);
    }
    for (const struct column *c = k->more; c != NULL && c->name != NULL; c++) {
        int i = resource_column(k->resource, c->name);

        if (i < 0 || !is_written(&k->resource->columns[i]))
            buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", c->name);
    }
    return b.data;
}

/* Whether one of "a|b" (n bytes) is among the names. */
static bool has_one_of(const char *const *names, size_t n, const char *group, size_t len)
{
    while (len > 0) {
        size_t word = 0;

        while (word < len && group[word] != '|')
            word++;
        if (has_name(names, n, group, word))
            return true;
        word += word < len;
        group += word;
        len -= word;
    }
    return false;
}

enum outcome kind_read_header(const struct kind *k, const char *const *names, size_t n, const struct column **columns,
                              struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        columns[i] = kind_column(k, names[i]);
        if (columns[i] == NULL)
            return error_field(e, OUT_INVALID, names[i], "is not a known column. There are: %s", all_names(k, e->arena));
        if (has_name(names, i, names[i], strlen(names[i])))
            return error_field(e, OUT_INVALID, names[i], "this column is there twice");
    }
    for (const char *p = k->required; *p != '\0';) {
        size_t len = strcspn(p, " ");

        if (!has_one_of(names, n, p, len))
            return error_field(e, OUT_INVALID, arena_strndup(e->arena, p, len), "this column is missing");
        p += len + (p[len] == ' ');
    }
    return OUT_OK;
}
