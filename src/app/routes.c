/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole API.
 */
#include "config.h"
#include "app/route.h"

#include "app/events.h"
#include "app/meta.h"
#include "app/openapi.h"
#include "app/route_metrics.h"
#include "boards/delivery/delivery.h"
#include "boards/labour/labour.h"
#include "boards/port/port.h"
#include "engine/resource.h"
#include "ops/csp_report.h"
#include "ops/health.h"
#include "ops/operations.h"
#include "people/people.h"

/* What answers are made from: each table whose change changes the answer, by its tag in cache_versions. */
static const struct cache_policy dashboard = {CACHE_DASHBOARD, {"berths", "tallies", "vessels"}};
static const struct cache_policy berth_list = {CACHE_LIST, {"berths"}};
static const struct cache_policy tally_list = {CACHE_LIST, {"tallies", "vessels"}};
static const struct cache_policy vessel_list = {CACHE_LIST, {"tallies", "vessels"}};
static const struct cache_policy vessel_tallies = {CACHE_LIST, {"vessel_{}"}};
static const struct cache_policy vessel_row = {CACHE_ROW, {"vessel_{}"}};

static const struct cache_policy delivery_board = {CACHE_DASHBOARD,
                                                   {"allocations", "backlog", "features", "projects", "resources"}};
static const struct cache_policy project_list = {CACHE_LIST, {"project_totals", "projects"}};
static const struct cache_policy project_row = {CACHE_ROW, {"project_totals", "projects"}};
static const struct cache_policy feature_list = {CACHE_LIST, {"feature_totals", "features", "projects"}};
static const struct cache_policy feature_row = {CACHE_ROW, {"feature_totals", "features", "projects"}};
static const struct cache_policy backlog_list = {CACHE_LIST, {"backlog", "features", "projects", "resources"}};
static const struct cache_policy backlog_row = {CACHE_ROW, {"backlog", "features", "projects", "resources"}};
static const struct cache_policy resource_list = {CACHE_LIST, {"allocations", "resources"}};
static const struct cache_policy resource_row = {CACHE_ROW, {"allocations", "resources"}};
static const struct cache_policy allocation_list = {CACHE_LIST, {"allocations", "projects", "resources"}};
static const struct cache_policy allocation_row = {CACHE_ROW, {"allocations", "projects", "resources"}};

static const struct cache_policy labour_dashboard_answer = {CACHE_DASHBOARD, {"clients", "contracts", "jobs", "workers"}};
static const struct cache_policy labour_money_answer = {CACHE_DASHBOARD,
                                                        {"clients", "contracts", "jobs", "payments", "workers"}};
static const struct cache_policy client_list = {CACHE_LIST, {"clients"}};
static const struct cache_policy client_row = {CACHE_ROW, {"clients"}};
static const struct cache_policy contract_list = {CACHE_LIST, {"contracts", "jobs", "workers"}};
static const struct cache_policy contract_row = {CACHE_ROW, {"contracts", "jobs", "workers"}};
static const struct cache_policy job_list = {CACHE_LIST, {"clients", "jobs"}};
static const struct cache_policy job_row = {CACHE_ROW, {"clients", "jobs"}};
static const struct cache_policy payment_list = {CACHE_LIST, {"clients", "contracts", "jobs", "payments", "workers"}};
static const struct cache_policy payment_row = {CACHE_ROW, {"clients", "contracts", "jobs", "payments", "workers"}};
static const struct cache_policy worker_list = {CACHE_LIST, {"workers"}};
static const struct cache_policy worker_row = {CACHE_ROW, {"workers"}};

const struct route routes[] = {
    {HTTP_GET, "/health", health_all, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Each part by itself: healthy, degraded or unhealthy"},
    {HTTP_GET, "/health/quick", health_quick, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "The same as the agent last found it, without asking anybody"},
    {HTTP_GET, "/health/live", health_live, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL, "The process answers"},
    {HTTP_GET, "/health/ready", health_ready, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Requests can be served: database and schema are there"},
    {HTTP_GET, "/metrics", route_metrics_get, NULL, NULL, ROLE_ANYBODY, RATE_EXEMPT, NULL,
     "Counters of the whole pool, for Prometheus"},
    {HTTP_POST, "/api/csp-reports", csp_report_post, NULL, NULL, ROLE_ANYBODY, RATE_REPORT, NULL,
     "A browser's report of what the Content-Security-Policy kept away"},

    {HTTP_GET, "/events", events_get, NULL, NULL, ROLE_VIEWER, RATE_READ, NULL,
     "What changes, as it changes: EventSource or WebSocket, where the web server holds such connections"},

    {HTTP_GET, "/api/operations", operations_get, NULL, NULL, ROLE_ADMIN, RATE_READ, NULL,
     "How this host does, now and over the last hour"},

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
    {HTTP_GET, "/api/sessions", list_get, &people_all_sessions, NULL, ROLE_ADMIN, RATE_READ, NULL,
     "Who is logged in where"},
    {HTTP_DELETE, "/api/sessions/{id}", people_any_session_end, &people_all_sessions, NULL, ROLE_ADMIN, RATE_WRITE, NULL,
     "End anybody's session"},
    {HTTP_GET, "/api/keys", list_get, &people_all_keys, NULL, ROLE_ADMIN, RATE_READ, NULL, "API keys of everybody"},
    {HTTP_DELETE, "/api/keys/{id}", people_any_key_revoke, &people_all_keys, NULL, ROLE_ADMIN, RATE_WRITE, NULL,
     "Revoke anybody's API key"},
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

    {HTTP_GET, "/api/vessels/{id}/report", port_vessel_report, &port_vessels, "port", ROLE_VIEWER, RATE_READ, &vessel_row,
     "A vessel's call: times, shift by shift what was tallied, hours, remarks; or its counts as CSV"},

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

    {HTTP_GET, "/api/delivery/dashboard", delivery_dashboard, NULL, "delivery", ROLE_VIEWER, RATE_READ, &delivery_board,
     "Projects at work: progress, what is late or at risk, burn-up, who has how much to do"},
    {HTTP_GET, "/api/projects", list_get, &delivery_projects, "delivery", ROLE_VIEWER, RATE_READ, &project_list,
     "Projects, filtered, sorted, by page"},
    {HTTP_POST, "/api/projects", resource_create, &delivery_projects, "delivery", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Add a project, or several"},
    {HTTP_GET, "/api/projects/{id}", resource_get, &delivery_projects, "delivery", ROLE_VIEWER, RATE_READ, &project_row,
     "One project"},
    {HTTP_PATCH, "/api/projects/{id}", resource_update, &delivery_projects, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Change a project, or move it along its life cycle"},
    {HTTP_DELETE, "/api/projects/{id}", resource_delete, &delivery_projects, "delivery", ROLE_MANAGER, RATE_WRITE, NULL,
     "Remove a project that nothing belongs to"},
    {HTTP_GET, "/api/projects/{id}/features", list_get, &delivery_features, "delivery", ROLE_VIEWER, RATE_READ,
     &feature_list, "A project's features"},
    {HTTP_GET, "/api/projects/{id}/backlog", list_get, &delivery_backlog, "delivery", ROLE_VIEWER, RATE_READ,
     &backlog_list, "A project's backlog, in its order"},
    {HTTP_GET, "/api/projects/{id}/allocations", list_get, &delivery_allocations, "delivery", ROLE_VIEWER, RATE_READ,
     &allocation_list, "Who is allocated to a project"},

    {HTTP_GET, "/api/features", list_get, &delivery_features, "delivery", ROLE_VIEWER, RATE_READ, &feature_list,
     "Features of all projects"},
    {HTTP_POST, "/api/features", resource_create, &delivery_features, "delivery", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Add a feature, or several"},
    {HTTP_GET, "/api/features/{id}", resource_get, &delivery_features, "delivery", ROLE_VIEWER, RATE_READ, &feature_row,
     "One feature"},
    {HTTP_PATCH, "/api/features/{id}", resource_update, &delivery_features, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Change a feature, or move it along its life cycle"},
    {HTTP_DELETE, "/api/features/{id}", resource_delete, &delivery_features, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Remove a feature that no backlog item belongs to"},
    {HTTP_GET, "/api/features/{id}/backlog", list_get, &delivery_feature_backlog, "delivery", ROLE_VIEWER, RATE_READ,
     &backlog_list, "The backlog items of a feature"},

    {HTTP_GET, "/api/backlog", list_get, &delivery_backlog, "delivery", ROLE_VIEWER, RATE_READ, &backlog_list,
     "Backlog items of all projects"},
    {HTTP_POST, "/api/backlog", resource_create, &delivery_backlog, "delivery", ROLE_CLERK, RATE_WRITE, NULL,
     "Add a backlog item at the end of its project, or several"},
    {HTTP_GET, "/api/backlog/{id}", resource_get, &delivery_backlog, "delivery", ROLE_VIEWER, RATE_READ, &backlog_row,
     "One backlog item"},
    {HTTP_PATCH, "/api/backlog/{id}", resource_update, &delivery_backlog, "delivery", ROLE_CLERK, RATE_WRITE, NULL,
     "Change a backlog item, or move it: in its life cycle, its order, to another project"},
    {HTTP_DELETE, "/api/backlog/{id}", resource_delete, &delivery_backlog, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Remove a backlog item"},

    {HTTP_GET, "/api/resources", list_get, &delivery_resources, "delivery", ROLE_VIEWER, RATE_READ, &resource_list,
     "People, by skill, by when they are free"},
    {HTTP_POST, "/api/resources", resource_create, &delivery_resources, "delivery", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Add a person, or several"},
    {HTTP_GET, "/api/resources/{id}", resource_get, &delivery_resources, "delivery", ROLE_VIEWER, RATE_READ,
     &resource_row, "One person"},
    {HTTP_PATCH, "/api/resources/{id}", resource_update, &delivery_resources, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Change a person"},
    {HTTP_DELETE, "/api/resources/{id}", resource_delete, &delivery_resources, "delivery", ROLE_MANAGER, RATE_WRITE,
     NULL, "Remove a person who has no allocation and no item"},
    {HTTP_GET, "/api/resources/{id}/allocations", list_get, &delivery_resource_allocations, "delivery", ROLE_VIEWER,
     RATE_READ, &allocation_list, "What a person is allocated to"},

    {HTTP_GET, "/api/allocations", list_get, &delivery_allocations, "delivery", ROLE_VIEWER, RATE_READ,
     &allocation_list, "Allocations of all people"},
    {HTTP_POST, "/api/allocations", resource_create, &delivery_allocations, "delivery", ROLE_SUPERVISOR, RATE_WRITE,
     NULL, "Allocate somebody to a project, or several"},
    {HTTP_GET, "/api/allocations/{id}", resource_get, &delivery_allocations, "delivery", ROLE_VIEWER, RATE_READ,
     &allocation_row, "One allocation"},
    {HTTP_PATCH, "/api/allocations/{id}", resource_update, &delivery_allocations, "delivery", ROLE_SUPERVISOR,
     RATE_WRITE, NULL, "Change an allocation"},
    {HTTP_DELETE, "/api/allocations/{id}", resource_delete, &delivery_allocations, "delivery", ROLE_SUPERVISOR,
     RATE_WRITE, NULL, "Remove an allocation"},

    {HTTP_GET, "/api/labour/dashboard", labour_dashboard, NULL, "labour", ROLE_VIEWER, RATE_READ,
     &labour_dashboard_answer, "Labour hire today: jobs, open places, fill rate, hours, workers"},
    {HTTP_GET, "/api/labour/money", labour_money, NULL, "labour", ROLE_MANAGER, RATE_READ, &labour_money_answer,
     "What labour costs and what is owed for it, by currency"},

    {HTTP_GET, "/api/clients", list_get, &labour_clients, "labour", ROLE_VIEWER, RATE_READ, &client_list, "Clients"},
    {HTTP_POST, "/api/clients", resource_create, &labour_clients, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Add clients"},
    {HTTP_GET, "/api/clients/{id}", resource_get, &labour_clients, "labour", ROLE_VIEWER, RATE_READ, &client_row,
     "One client"},
    {HTTP_PATCH, "/api/clients/{id}", resource_update, &labour_clients, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Change a client"},
    {HTTP_DELETE, "/api/clients/{id}", resource_delete, &labour_clients, "labour", ROLE_MANAGER, RATE_WRITE, NULL,
     "Remove a client that never had a job"},
    {HTTP_GET, "/api/clients/{id}/jobs", list_get, &labour_jobs, "labour", ROLE_VIEWER, RATE_READ, &job_list,
     "A client's jobs"},

    {HTTP_GET, "/api/workers", list_get, &labour_workers, "labour", ROLE_VIEWER, RATE_READ, &worker_list,
     "Workers, by skills, tickets, availability"},
    {HTTP_POST, "/api/workers", resource_create, &labour_workers, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Add workers"},
    {HTTP_GET, "/api/workers/{id}", resource_get, &labour_workers, "labour", ROLE_VIEWER, RATE_READ, &worker_row,
     "One worker"},
    {HTTP_PATCH, "/api/workers/{id}", resource_update, &labour_workers, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Change a worker"},
    {HTTP_DELETE, "/api/workers/{id}", resource_delete, &labour_workers, "labour", ROLE_MANAGER, RATE_WRITE, NULL,
     "Remove a worker who never had a contract"},
    {HTTP_GET, "/api/workers/{id}/contracts", list_get, &labour_contracts_of_worker, "labour", ROLE_SUPERVISOR,
     RATE_READ, &contract_list, "A worker's contracts"},

    {HTTP_GET, "/api/jobs", list_get, &labour_jobs, "labour", ROLE_VIEWER, RATE_READ, &job_list,
     "Jobs, filtered, sorted, by page"},
    {HTTP_POST, "/api/jobs", resource_create, &labour_jobs, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Draft jobs"},
    {HTTP_GET, "/api/jobs/{id}", resource_get, &labour_jobs, "labour", ROLE_VIEWER, RATE_READ, &job_row, "One job"},
    {HTTP_PATCH, "/api/jobs/{id}", resource_update, &labour_jobs, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Change a job, or move it along its life cycle"},
    {HTTP_GET, "/api/jobs/{id}/contracts", list_get, &labour_contracts, "labour", ROLE_SUPERVISOR, RATE_READ,
     &contract_list, "A job's contracts"},

    {HTTP_GET, "/api/contracts", list_get, &labour_contracts, "labour", ROLE_SUPERVISOR, RATE_READ, &contract_list,
     "Contracts, filtered, sorted, by page"},
    {HTTP_POST, "/api/contracts", resource_create, &labour_contracts, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Offer workers places in jobs"},
    {HTTP_GET, "/api/contracts/{id}", resource_get, &labour_contracts, "labour", ROLE_SUPERVISOR, RATE_READ,
     &contract_row, "One contract"},
    {HTTP_PATCH, "/api/contracts/{id}", resource_update, &labour_contracts, "labour", ROLE_SUPERVISOR, RATE_WRITE, NULL,
     "Change a contract, or move it along its life cycle"},
    {HTTP_GET, "/api/contracts/{id}/payments", list_get, &labour_payments, "labour", ROLE_MANAGER, RATE_READ,
     &payment_list, "A contract's payments"},

    {HTTP_GET, "/api/payments", list_get, &labour_payments, "labour", ROLE_MANAGER, RATE_READ, &payment_list,
     "Payments, filtered, sorted, by page"},
    {HTTP_POST, "/api/payments", resource_create, &labour_payments, "labour", ROLE_MANAGER, RATE_WRITE, NULL,
     "Make payments out, as far as was earned"},
    {HTTP_GET, "/api/payments/{id}", resource_get, &labour_payments, "labour", ROLE_MANAGER, RATE_READ, &payment_row,
     "One payment"},
    {HTTP_PATCH, "/api/payments/{id}", resource_update, &labour_payments, "labour", ROLE_MANAGER, RATE_WRITE, NULL,
     "Change a payment's day or reference, or move it along its life cycle"},

    {HTTP_OTHER, NULL, NULL, NULL, NULL, ROLE_NONE, RATE_EXEMPT, NULL, NULL},
};
