/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses and member names that clients of the former application use. Thin: they store and read the same rows.
 */
#include "config.h"
#include "boards/port/port.h"

#include <string.h>

#include "base/random.h"
#include "boards/port/cargo_tally.sql.h"
#include "boards/port/summary.sql.h"

static const struct column legacy_columns[] = {
    {"id", COL_UUID, COL_CREATE | COL_NOT_NULL, 0, 0, NULL, NULL, "UUID made by the client; old clients have none."},
    {"tally_type", COL_CHOICE, COL_CREATE | COL_NOT_NULL, 0, 0, port_tally_types, NULL, "As in a tally; loaded."},
    {"cargo_type", COL_CHOICE, COL_CREATE | COL_NOT_NULL, 0, 0, port_cargo_types, NULL, "As in a tally; automobile."},
    {"cargo_count", COL_INT, COL_CREATE | COL_NOT_NULL, 1, 10000, NULL, NULL, "Units; 1."},
    {"location", COL_TEXT, COL_CREATE, 0, 50, NULL, NULL, "As in a tally; may be empty."},
    {"notes", COL_TEXT, COL_CREATE, 0, 500, NULL, NULL, "The note; may be empty."},
    {"shift_period", COL_CHOICE, COL_CREATE, 0, 0, port_shifts, NULL, "The shift."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_legacy_body = {.name = "cargo-tally", .title = "Former tally", .columns = legacy_columns};

static const struct column stored_columns[] = {
    {"success", COL_BOOL, COL_NOT_NULL, 0, 0, NULL, NULL, "True."},
    {"tally_id", COL_UUID, COL_NOT_NULL, 0, 0, NULL, NULL, "The tally."},
    {"new_progress", COL_NUMBER, 0, 0, 0, NULL, NULL, "Percent of what is to be moved; null when it can't be had now."},
    {"total_loaded", COL_INT, 0, 0, INT64_MAX, NULL, NULL, "Units loaded so far; null when that can't be had now."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_legacy_stored = {
    .name = "stored", .title = "Stored former tally", .columns = stored_columns};

static const struct column tallies_columns[] = {
    {"vessel_id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "The vessel."},
    {"vessel_name", COL_TEXT, COL_NOT_NULL, 1, 100, NULL, NULL, "Its name."},
    {"recent_tallies", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The last ten."},
    {"total_loaded", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Units loaded so far."},
    {"progress", COL_NUMBER, COL_NOT_NULL, 0, 0, NULL, NULL, "Percent of what is to be moved."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_legacy_recent = {
    .name = "recent", .title = "Former list of tallies", .columns = tallies_columns};

static const struct column summary_columns[] = {
    {"total_vessels", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "All that there ever were."},
    {"active_vessels", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Those that have arrived and are not done."},
    {"vessels", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "The first hundred that have not departed."},
    {"timestamp", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "Now."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

const struct resource port_legacy_vessels = {
    .name = "summary", .title = "Former summary of vessels", .columns = summary_columns};

enum outcome port_legacy_summary(struct exchange *x)
{
    struct db_result *result;
    enum outcome o = db_query(x->db, x->arena, DB_READ, port_summary_sql, NULL, 0, &result, x->err);

    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}

/* Columns: the whole answer, total loaded, progress. */
static enum outcome read_totals(struct exchange *x, struct db_result **result)
{
    enum outcome o = db_query(x->db, x->arena, DB_READ, port_cargo_tally_sql, x->args, 1, result, x->err);

    if (o == OUT_OK && db_rows(*result) == 0)
        o = error_set(x->err, OUT_NOT_FOUND, "There is no such vessel.");
    return o;
}

enum outcome port_legacy_tallies(struct exchange *x)
{
    struct db_result *result;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o == OUT_OK)
        o = read_totals(x, &result);
    if (o == OUT_OK)
        response_json(x->resp, 200, db_get_str(result, 0, 0));
    return o;
}

/* Puts a value under the name that a tally has for it; empty texts are none. */
static void carry(struct values *to, const char *name, const struct values *from, const char *old_name,
                  const char *fallback)
{
    int i = resource_column(&port_tallies, name);
    const char *text = values_get(&port_legacy_body, from, old_name);

    to->text[i] = text != NULL && *text != '\0' ? text : fallback;
    to->given[i] = true;
}

enum outcome port_legacy_tally(struct exchange *x)
{
    struct values old, v = {.given = {false}};
    struct db_result *result;
    struct str json = STR("");
    bool fresh = false, known;
    const char *id;
    enum outcome o = resource_check_id(x, COL_INT, x->args[0]);

    if (o == OUT_OK)
        o = body_read(x, &port_legacy_body, COL_CREATE, &old);
    if (o != OUT_OK)
        return o;
    id = values_get(&port_legacy_body, &old, "id");
    if (id == NULL)
        id = random_uuid(x->arena);
    carry(&v, "id", &old, "id", id);
    carry(&v, "tally_type", &old, "tally_type", "loaded");
    carry(&v, "cargo_type", &old, "cargo_type", "automobile");
    carry(&v, "count", &old, "cargo_count", "1");
    carry(&v, "location", &old, "location", NULL);
    carry(&v, "shift", &old, "shift_period", NULL);
    carry(&v, "note", &old, "notes", NULL);
    o = port_tally_store(x, x->args[0], &v, &fresh, &json);
    if (o != OUT_OK)
        return o;
    /* It is stored. Should the totals not be had now, the answer must still say so, or the client sends it again under
     * another id. */
    known = read_totals(x, &result) == OUT_OK;
    json.p = arena_printf(x->arena,
                          "{\"success\":true,\"tally_id\":\"%s\",\"new_progress\":%s,\"total_loaded\":%s}", id,
                          known ? db_get(result, 0, 2) : "null", known ? db_get(result, 0, 1) : "null");
    json.n = strlen(json.p);
    x->resp->repeats = !fresh;
    response_json(x->resp, fresh ? 201 : 200, json);
    return OUT_OK;
}
