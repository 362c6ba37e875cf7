/* SPDX-License-Identifier: Apache-2.0
 *
 * Vessels and berths: what they consist of. The engine does the rest.
 */
#include "config.h"
#include "boards/port/port.h"

#include <string.h>

#include "boards/port/berth_row.sql.h"
#include "boards/port/vessel_row.sql.h"

const char *const port_vessel_types[] = {"roro", "container", "general", "bulk", "multipurpose", NULL};

const char *const port_vessel_statuses[] = {"expected",          "arrived",  "berthed", "operations_active",
                                            "operations_complete", "departed", NULL};

const char *const port_cargo_types[] = {"automobile",   "van",          "truck",  "heavy_equipment", "breakbulk",
                                        "container_20", "container_40", "reefer", "general",         NULL};

#define QUARTERS(hour) hour ":00", hour ":15", hour ":30", hour ":45"
static const char *const quarter_hours[] = {
    QUARTERS("00"), QUARTERS("01"), QUARTERS("02"), QUARTERS("03"), QUARTERS("04"), QUARTERS("05"), QUARTERS("06"),
    QUARTERS("07"), QUARTERS("08"), QUARTERS("09"), QUARTERS("10"), QUARTERS("11"), QUARTERS("12"), QUARTERS("13"),
    QUARTERS("14"), QUARTERS("15"), QUARTERS("16"), QUARTERS("17"), QUARTERS("18"), QUARTERS("19"), QUARTERS("20"),
    QUARTERS("21"), QUARTERS("22"), QUARTERS("23"), NULL};

bool port_imo_is_valid(const char *imo, const char **why)
{
    int sum = 0;

    *why = "must be an IMO number: seven digits, the last one a check digit";
    if (strlen(imo) != 7 || strspn(imo, "0123456789") != 7)
        return false;
    for (int i = 0; i < 6; i++)
        sum += (imo[i] - '0') * (7 - i);
    *why = "is not an IMO number: its check digit is wrong";
    return sum % 10 == imo[6] - '0';
}

static const struct column vessel_columns[] = {
    {"id", COL_INT, COL_NOT_NULL, 1, INT64_MAX, NULL, NULL, "Number of the call."},
    {"name", COL_TEXT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 1, 100, NULL, NULL, "Name of the ship."},
    {"imo", COL_TEXT, COL_CREATE | COL_UPDATE, 7, 7, NULL, port_imo_is_valid, "IMO number."},
    {"vessel_type", COL_CHOICE, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 0, 0, port_vessel_types, NULL,
     "Kind of ship."},
    {"line", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 100, NULL, NULL, "Shipping line."},
    {"status", COL_CHOICE, COL_UPDATE | COL_NOT_NULL, 0, 0, port_vessel_statuses, NULL,
     "Where the call is in its life cycle."},
    {"berth", COL_TEXT, COL_CREATE | COL_UPDATE, 1, 32, NULL, NULL, "Berth, planned or taken."},
    {"eta", COL_TIME, COL_CREATE | COL_UPDATE, 0, 0, NULL, NULL, "Estimated time of arrival."},
    {"etd", COL_TIME, COL_CREATE | COL_UPDATE, 0, 0, NULL, NULL, "Estimated time of departure."},
    {"arrived_at", COL_TIME, 0, 0, 0, NULL, NULL, "When the status became arrived."},
    {"berthed_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it became berthed."},
    {"operations_started_at", COL_TIME, 0, 0, 0, NULL, NULL, "When work began."},
    {"operations_completed_at", COL_TIME, 0, 0, 0, NULL, NULL, "When work was complete."},
    {"departed_at", COL_TIME, 0, 0, 0, NULL, NULL, "When it became departed."},
    {"cargo_capacity", COL_COUNTS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 999999, port_cargo_types, NULL,
     "Units to be moved, by cargo type."},
    {"capacity_total", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Their sum."},
    {"gangs", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 100, NULL, NULL, "Gangs assigned."},
    {"drivers", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 1000, NULL, NULL, "Drivers assigned."},
    {"vans", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 500, NULL, NULL, "Vans for the drivers."},
    {"wagons", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 500, NULL, NULL, "Station wagons for the drivers."},
    {"shifts", COL_WORDS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 3, port_shifts, NULL,
     "Shifts in which it is worked; all of them unless said."},
    {"breaks", COL_COUNTS, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 180, quarter_hours, NULL,
     "Planned breaks: minutes, by when they begin on the port's clock."},
    {"notes", COL_TEXT, COL_CREATE | COL_UPDATE, 0, 2000, NULL, NULL, "Remarks."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {"created_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was announced."},
    {"updated_at", COL_TIME, COL_NOT_NULL, 0, 0, NULL, NULL, "When it was last changed."},
    {"loaded", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Units loaded so far."},
    {"discharged", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Units discharged so far."},
    {"damaged", COL_INT, COL_NOT_NULL, 0, INT64_MAX, NULL, NULL, "Units found damaged."},
    {"progress_percent", COL_NUMBER, 0, 0, 0, NULL, NULL, "Of what is to be moved; null without a plan."},
    {"cargo", COL_JSON, COL_NOT_NULL, 0, 0, NULL, NULL, "Plan and totals by cargo type."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct filter vessel_filters[] = {
    {"status", FILTER_IN, COL_CHOICE, port_vessel_statuses, "v.status = ANY (?::text[])", NULL},
    {"vessel_type", FILTER_IN, COL_CHOICE, port_vessel_types, "v.vessel_type = ANY (?::text[])", NULL},
    {"berth", FILTER_EQ, COL_TEXT, NULL, "v.berth = ?::text", NULL},
    {"eta_from", FILTER_EQ, COL_TIME, NULL, "coalesce(v.eta, 'infinity') >= ?::timestamptz", NULL},
    {"eta_to", FILTER_EQ, COL_TIME, NULL, "coalesce(v.eta, 'infinity') < ?::timestamptz", NULL},
    {"eta_null", FILTER_EQ, COL_BOOL, NULL, "(coalesce(v.eta, 'infinity') = 'infinity') = ?::boolean", NULL},
    {"q", FILTER_SEARCH, COL_TEXT, NULL, "v.name || ' ' || coalesce(v.imo, '') ILIKE ?::text", NULL},
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key vessel_sorts[] = {
    {"eta", {{"coalesce(v.eta, 'infinity')", "timestamptz"}}},
    {"etd", {{"coalesce(v.etd, 'infinity')", "timestamptz"}}},
    {"name", {{"v.name", "text"}}},
    {"updated_at", {{"v.updated_at", "timestamptz"}}},
    {"status,eta", {{"v.status", "text"}, {"coalesce(v.eta, 'infinity')", "timestamptz"}}},
    {"id", {{"v.id", "bigint"}}},
    {NULL, {{NULL, NULL}}},
};

static const struct constraint vessel_constraints[] = {
    {"vessels_berth_exists", "berth", OUT_INVALID, "there is no such berth"},
    {"vessels_berth_taken", "berth", OUT_CONFLICT, "another vessel lies at this berth"},
    {"vessels_berth_needed", "berth", OUT_INVALID, "is needed from 'berthed' on"},
    {"vessels_imo_in_port", "imo", OUT_CONFLICT, "this ship has a call already that has not departed"},
    {"vessels_etd_after_eta", "etd", OUT_INVALID, "must be after eta"},
    {NULL, NULL, OUT_OK, NULL},
};

const struct resource port_vessels = {
    .name = "vessels",
    .title = "Vessel",
    .table = "vessels",
    .id = "id",
    .id_type = COL_INT,
    .row_sql = port_vessel_row_sql,
    .columns = vessel_columns,
    .filters = vessel_filters,
    .sorts = vessel_sorts,
    .sort_descending = true,
    .versioned = true,
    .constraints = vessel_constraints,
};

static const struct column berth_columns[] = {
    {"name", COL_TEXT, COL_CREATE | COL_REQUIRED | COL_NOT_NULL, 1, 32, NULL, NULL, "What the berth is called; never changes."},
    {"length_m", COL_INT, COL_CREATE | COL_UPDATE | COL_REQUIRED | COL_NOT_NULL, 10, 2000, NULL, NULL, "Metres."},
    {"position", COL_INT, COL_CREATE | COL_UPDATE | COL_NOT_NULL, 0, 1000000, NULL, NULL, "Order along the quay."},
    {"version", COL_INT, COL_NOT_NULL, 1, INT32_MAX, NULL, NULL, "Counts the changes."},
    {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const struct constraint berth_constraints[] = {
    {"berths_pkey", "name", OUT_CONFLICT, "there is a berth of this name already"},
    {"vessels_berth_exists", "name", OUT_CONFLICT, "vessels lie at this berth, or have been there"},
    {NULL, NULL, OUT_OK, NULL},
};

static const struct filter berth_filters[] = {
    {NULL, FILTER_EQ, COL_TEXT, NULL, NULL, NULL},
};

static const struct sort_key berth_sorts[] = {
    {"position", {{"v.position", "integer"}}},
    {"name", {{"v.name", "text"}}},
    {NULL, {{NULL, NULL}}},
};

const struct resource port_berths = {
    .name = "berths",
    .title = "Berth",
    .table = "berths",
    .id = "name",
    .id_type = COL_TEXT,
    .row_sql = port_berth_row_sql,
    .columns = berth_columns,
    .filters = berth_filters,
    .sorts = berth_sorts,
    .versioned = true,
    .few = true,
    .constraints = berth_constraints,
};
