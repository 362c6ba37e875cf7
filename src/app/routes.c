/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole API.
 */
#include "config.h"
#include "app/route.h"

#include "app/meta.h"
#include "app/openapi.h"
#include "boards/port/port.h"
#include "engine/resource.h"
#include "ops/csp_report.h"
#include "ops/health.h"
#include "ops/metrics.h"
#include "people/people.h"

/* What answers are made from: each table whose change changes the answer, by its tag in cache_versions. */
static const struct cache_policy dashboard = {CACHE_DASHBOARD, {"berths", "tallies", "vessels"}};
static const struct cache_policy berth_list = {CACHE_LIST, {"berths"}};
static const struct cache_policy tally_list = {CACHE_LIST, {"tallies", "vessels"}};
static const struct cache_policy vessel_list = {CACHE_LIST, {"tallies", "vessels"}};
static const struct cache_policy vessel_tallies = {CACHE_LIST, {"vessel_{}"}};
static const struct cache_policy vessel_row = {CACHE_ROW, {"vessel_{}"}};

const struct route routes[] = {
    {HTTP_GET, "/health", health_all, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Each part by itself: healthy, degraded or unhealthy"},
    {HTTP_GET, "/health/live", health_live, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL, "The process answers"},
    {HTTP_GET, "/health/ready", health_ready, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Requests can be served: database and schema are there"},
    {HTTP_GET, "/metrics", metrics_get, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Counters of the whole pool, for Prometheus"},
    {HTTP_POST, "/api/csp-reports", csp_report_post, NULL, NULL, ROLE_ANYBODY, RATE_REPORT, NULL,
     "A browser's report of what the Content-Security-Policy kept away"},

    {HTTP_GET, "/api/openapi.json", openapi_get, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL,
     "This API's description, of the boards that are on"},
    {HTTP_GET, "/api/meta", meta_get, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL,
     "Boards, values that forms offer, and the moves of the life cycles"},

    {HTTP_POST, "/api/login", people_login, NULL, NULL, ROLE_ANYBODY, RATE_LOGIN, NULL, "Log in"},
    {HTTP_POST, "/api/logout", people_logout, NULL, NULL, ROLE_VIEWER, RATE_WRITE, NULL, "Log out"},
    {HTTP_GET, "/api/me", people_me, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL, "Who I am"},
    {HTTP_POST, "/api/me/password", people_my_password, NULL, NULL, ROLE_VIEWER, RATE_LOGIN, NULL,
     "Change my password; my other sessions end"},
    {HTTP_GET, "/api/me/sessions", people_sessions, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL, "Where I am logged in"},
    {HTTP_DELETE, "/api/me/sessions", people_sessions_end, NULL, NULL, ROLE_VIEWER, RATE_WRITE, NULL,
     "End my sessions but this one"},
    {HTTP_DELETE, "/api/me/sessions/{id}", people_session_end, NULL, NULL, ROLE_VIEWER, RATE_WRITE, NULL,
     "End one of my sessions"},
    {HTTP_GET, "/api/me/keys", people_keys, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL, "My API keys"},
    {HTTP_POST, "/api/me/keys", people_key_create, NULL, NULL, ROLE_VIEWER, RATE_WRITE, NULL,
     "Make an API key, which is shown once"},
    {HTTP_DELETE, "/api/me/keys/{id}", people_key_revoke, NULL, NULL, ROLE_VIEWER, RATE_WRITE, NULL,
     "Revoke one of my API keys"},
    {HTTP_GET, "/api/users", list_get, &people_users, NULL, ROLE_ADMIN, RATE_READ, NULL, "Accounts"},
    {HTTP_POST, "/api/users", people_user_create, NULL, NULL, ROLE_ADMIN, RATE_WRITE, NULL, "Add an account"},
    {HTTP_GET, "/api/users/{id}", resource_get, &people_users, NULL, ROLE_ADMIN, RATE_READ, NULL, "One account"},
    {HTTP_PATCH, "/api/users/{id}", resource_update, &people_users, NULL, ROLE_ADMIN, RATE_WRITE, NULL,
     "Change an account's name, role or status"},
    {HTTP_POST, "/api/users/{id}/password", people_user_password, NULL, NULL, ROLE_ADMIN, RATE_WRITE, NULL,
     "Give an account a new password; its sessions and API keys end"},
    {HTTP_GET, "/api/audit", list_get, &people_audit, NULL, ROLE_ADMIN, RATE_READ, NULL,
     "Who did what, as JSON or CSV"},

    {HTTP_GET, "/api/dashboard", port_dashboard, NULL, "port", ROLE_VIEWER, RATE_READ, &dashboard,
     "The port today: vessels, arrivals, berths, totals, hours"},
    {HTTP_GET, "/api/berths", list_get, &port_berths, "port", ROLE_VIEWER, RATE_READ, &berth_list,
     "Berths along the quay"},

    {HTTP_POST, "/api/berths", resource_create, &port_berths, "port", ROLE_MANAGER, RATE_WRITE, NULL, "Add a berth"},
    {HTTP_GET, "/api/berths/{name}", resource_get, &port_berths, "port", ROLE_VIEWER, RATE_READ, &berth_list, "One berth"},
    {HTTP_PATCH, "/api/berths/{name}", resource_update, &port_berths, "port", ROLE_MANAGER, RATE_WRITE, NULL,
     "Change a berth's length or place"},
    {HTTP_DELETE, "/api/berths/{name}", resource_delete, &port_berths, "port", ROLE_MANAGER, RATE_WRITE, NULL,
     "Remove a berth that no vessel has had"},

    {HTTP_GET, "/api/vessels/summary", port_legacy_summary, NULL, "port", ROLE_VIEWER, RATE_READ, &vessel_list,
     "Vessels in short, under the former application's names"},
    {HTTP_GET, "/api/vessels", list_get, &port_vessels, "port", ROLE_VIEWER, RATE_READ, &vessel_list,
     "Vessels, filtered, sorted, by page"},
    {HTTP_POST, "/api/vessels", resource_create, &port_vessels, "port", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Announce a vessel"},
    {HTTP_GET, "/api/vessels/{id}", resource_get, &port_vessels, "port", ROLE_VIEWER, RATE_READ, &vessel_row,
     "One vessel"},
    {HTTP_PATCH, "/api/vessels/{id}", resource_update, &port_vessels, "port", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Change a vessel, or move it along its life cycle"},

    {HTTP_GET, "/api/vessels/{id}/tallies", list_get, &port_tallies, "port", ROLE_VIEWER, RATE_READ, &vessel_tallies,
     "A vessel's tallies"},
    {HTTP_POST, "/api/vessels/{id}/tallies", port_tally_create, NULL, "port", ROLE_CLERK, RATE_WRITE, NULL,
     "Record a tally; the same id again stores nothing"},
    {HTTP_GET, "/api/tallies", list_get, &port_tallies, "port", ROLE_VIEWER, RATE_READ, &tally_list,
     "Tallies of all vessels"},
    {HTTP_POST, "/api/tallies/{id}/void", port_tally_void, NULL, "port", ROLE_CLERK, RATE_WRITE, NULL, "Void a tally"},

    {HTTP_GET, "/api/vessels/{id}/cargo-tally", port_legacy_tallies, NULL, "port", ROLE_VIEWER, RATE_READ,
     &vessel_tallies, "A vessel's last tallies, under the former application's names"},
    {HTTP_POST, "/api/vessels/{id}/cargo-tally", port_legacy_tally, NULL, "port", ROLE_CLERK, RATE_WRITE, NULL,
     "Record a tally, under the former application's names"},

    {HTTP_OTHER, NULL, NULL, NULL, NULL, ROLE_NONE, RATE_EXEMPT, NULL, NULL},
};
