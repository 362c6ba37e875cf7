/* SPDX-License-Identifier: Apache-2.0
 *
 * The port board: vessels, berths, cargo tallies and the dashboard over them.
 */
#ifndef STEVEDORES_BOARDS_PORT_PORT_H
#define STEVEDORES_BOARDS_PORT_PORT_H

#include "engine/resource.h"

extern const struct resource port_vessels;
extern const struct resource port_tallies;
extern const struct resource port_berths;

/* What the handlers below take and give, where it isn't one of those. */
extern const struct resource port_void_body;
extern const struct resource port_legacy_body;
extern const struct resource port_dashboard_answer;
extern const struct resource port_report_answer;
extern const struct resource port_legacy_vessels;
extern const struct resource port_legacy_recent;
extern const struct resource port_legacy_stored;

/* The values that columns of this board can have; NULL-terminated. The schema says the same. */
extern const char *const port_vessel_types[];
extern const char *const port_vessel_statuses[];
extern const char *const port_tally_types[];
extern const char *const port_cargo_types[];
extern const char *const port_shifts[];

handler_fn port_dashboard;       /* GET /api/dashboard */
handler_fn port_vessel_report;   /* GET /api/vessels/{id}/report, as JSON or CSV */
handler_fn port_tally_create;    /* POST /api/vessels/{id}/tallies */
handler_fn port_tally_void;      /* POST /api/tallies/{id}/void */
handler_fn port_legacy_summary;  /* GET /api/vessels/summary */
handler_fn port_legacy_tallies;  /* GET /api/vessels/{id}/cargo-tally */
handler_fn port_legacy_tally;    /* POST /api/vessels/{id}/cargo-tally */

/* Stores what `v` (values for port_tallies) says for the vessel and tells whether it is new. On OUT_OK *json is the
 * stored row. One statement; two when the same id is being stored by somebody else at this moment. */
enum outcome port_tally_store(struct exchange *x, const char *vessel_id, const struct values *v, bool *fresh,
                              struct str *json) __attribute__((warn_unused_result));

/* IMO number: seven digits with a checksum (IMO resolution A.1117(30)). */
bool port_imo_is_valid(const char *imo, const char **why);

#endif
