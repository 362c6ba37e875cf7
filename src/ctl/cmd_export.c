/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl export: the columns that import takes, so that what is exported can be imported again.
 */
#include "config.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

#define TIME(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS " column

static const struct {
    const char *board;
    const char *name;
    const char *columns;
    const char *table;
    const char *order;  /* as an index has it, so that nothing is sorted */
    const char *vessel; /* column for --vessel, */
    const char *time;   /* and for --from and --to; NULL: can't be narrowed so */
} kinds[] = {
    {"port", "berths", "name, length_m, position", "berths", "name", NULL, NULL},
    {"port", "vessels",
     "id, name, imo, vessel_type, line, status, berth, " TIME("eta") ", " TIME("etd") ", " TIME("arrived_at") ", "
     TIME("berthed_at") ", " TIME("operations_started_at") ", " TIME("operations_completed_at") ", "
     TIME("departed_at") ", cargo_capacity, gangs, drivers, vans, wagons, shifts, breaks, notes",
     "vessels", "id", "id", "eta"},
    {"port", "tallies",
     "id, vessel_id, tally_type, cargo_type, count, location, shift, " TIME("tallied_at") ", " TIME("recorded_at")
     ", tallied_by, note, voids",
     "cargo_tallies", "tallied_at, id", "vessel_id", "tallied_at"},
    {"labour", "clients",
     "id, name, contact_name, contact_email, contact_phone, payment_terms_days, status, notes, " TIME("created_at") ", "
     TIME("updated_at"),
     "clients", "id", NULL, "created_at"},
    {"labour", "workers",
     "id, name, phone, email, skills, tickets, availability, notes, " TIME("created_at") ", " TIME("updated_at"),
     "workers", "id", NULL, "created_at"},
    {"labour", "jobs",
     "id, client_id, title, place, " TIME("starts_at") ", " TIME("ends_at") ", places, rate_minor, currency, skills,"
     " status, notes, " TIME("created_at") ", " TIME("updated_at"),
     "jobs", "id", NULL, "starts_at"},
    {"labour", "contracts",
     "id, job_id, worker_id, " TIME("starts_at") ", " TIME("ends_at") ", rate_minor, currency, minutes_worked, status, "
     TIME("completed_at") ", notes, " TIME("created_at") ", " TIME("updated_at"),
     "contracts", "id", NULL, "starts_at"},
    {"labour", "payments",
     "id, contract_id, amount_minor, currency, due_on, reference, status, " TIME("paid_at") ", " TIME("created_at") ", "
     TIME("updated_at"),
     "payments", "id", NULL, "created_at"},
    {"delivery", "projects",
     "id, code, name, description, status, priority, owner, starts_on, due_on, " TIME("closed_at") ", "
     TIME("created_at") ", " TIME("updated_at"),
     "projects", "id", NULL, "created_at"},
    {"delivery", "features",
     "id, project_id, name, description, status, priority, due_on, " TIME("created_at") ", " TIME("updated_at"),
     "features", "id", NULL, "created_at"},
    {"delivery", "resources",
     "id, name, email, role_title, skills, availability, capacity_percent, " TIME("created_at") ", " TIME("updated_at"),
     "resources", "id", NULL, "created_at"},
    {"delivery", "backlog",
     "id, project_id, feature_id, title, description, kind, status, points, priority, rank, resource_id, "
     TIME("done_at") ", " TIME("created_at") ", " TIME("updated_at"),
     "backlog_items", "id", NULL, "created_at"},
    {"delivery", "allocations",
     "id, resource_id, project_id, starts_on, ends_on, percent, " TIME("created_at") ", " TIME("updated_at"),
     "allocations", "id", NULL, "created_at"},
};

static bool write_piece(void *ctx, const char *data, size_t n)
{
    return fwrite(data, 1, n, ctx) == n;
}

static enum outcome copy(struct ctl *c, size_t kind, const char *vessel, const char *from, const char *to, FILE *f)
{
    struct buf sql;
    enum outcome o;

    /* COPY takes no parameters. These were parsed as a number and as times, which have no quotes in them. */
    buf_init(&sql, c->arena, 1024);
    buf_printf(&sql, "COPY (SELECT %s FROM %s WHERE true", kinds[kind].columns, kinds[kind].table);
    if (vessel != NULL)
        buf_printf(&sql, " AND %s = '%s'::bigint", kinds[kind].vessel, vessel);
    if (from != NULL)
        buf_printf(&sql, " AND %s >= '%s'::timestamptz", kinds[kind].time, from);
    if (to != NULL)
        buf_printf(&sql, " AND %s < '%s'::timestamptz", kinds[kind].time, to);
    buf_printf(&sql, " ORDER BY %s) TO STDOUT (FORMAT csv, HEADER)", kinds[kind].order);
    o = db_copy_out(c->db, c->arena, sql.data, write_piece, f, &c->err);
    if (o == OUT_OK && (fflush(f) != 0 || ferror(f) != 0))
        o = error_set(&c->err, OUT_INTERNAL, "can't write: %s", strerror(errno));
    return o;
}

/* Beside the file first: what has the name is whole. */
static enum outcome copy_to_file(struct ctl *c, size_t kind, const char *vessel, const char *from, const char *to,
                                 const char *path)
{
    char *beside = arena_printf(c->arena, "%s.tmp", path);
    FILE *f = fopen(beside, "we");
    enum outcome o;

    if (f == NULL)
        return error_set(&c->err, OUT_INTERNAL, "%s: %s", beside, strerror(errno));
    o = copy(c, kind, vessel, from, to, f);
    if (o == OUT_OK && fsync(fileno(f)) != 0)
        o = error_set(&c->err, OUT_INTERNAL, "%s: %s", beside, strerror(errno));
    if (fclose(f) != 0 && o == OUT_OK)
        o = error_set(&c->err, OUT_INTERNAL, "%s: %s", beside, strerror(errno));
    if (o == OUT_OK && rename(beside, path) != 0)
        o = error_set(&c->err, OUT_INTERNAL, "%s: %s", path, strerror(errno));
    if (o != OUT_OK)
        (void)unlink(beside);
    return o;
}

int cmd_export(struct ctl *c, int argc, char **argv)
{
    const char *vessel = ctl_option(&argc, argv, "--vessel");
    const char *from = ctl_option(&argc, argv, "--from"), *to = ctl_option(&argc, argv, "--to");
    size_t kind = 0, nkinds = sizeof(kinds) / sizeof(kinds[0]);
    int64_t id;
    enum outcome o;

    while (kind < nkinds && (argc < 2 || strcmp(kinds[kind].name, argv[1]) != 0))
        kind++;
    if (kind == nkinds || argc > 3)
        return ctl_usage(c, "takes what to export, and a FILE or nothing for standard output");
    if (kinds[kind].vessel == NULL && vessel != NULL)
        return ctl_usage(c, "only vessels and tallies can be narrowed by vessel");
    if (kinds[kind].time == NULL && (from != NULL || to != NULL))
        return ctl_usage(c, "these can't be narrowed by time");
    if (!conf_has_board(c->conf, kinds[kind].board)) {
        (void)error_set(&c->err, OUT_INVALID, "the board %s is switched off (BOARDS)", kinds[kind].board);
        return ctl_failed(c, &c->err);
    }
    if (vessel != NULL && !parse_i64(vessel, &id))
        return ctl_usage(c, "--vessel takes the vessel's number");
    if ((from != NULL && !parse_is_time(from)) || (to != NULL && !parse_is_time(to)))
        return ctl_usage(c, "--from and --to take times such as 2026-11-20T00:00:00Z");
    if (argc == 3 && strcmp(argv[2], "-") != 0)
        o = copy_to_file(c, kind, vessel, from, to, argv[2]);
    else
        o = copy(c, kind, vessel, from, to, stdout);
    return o == OUT_OK ? 0 : ctl_failed(c, &c->err);
}
