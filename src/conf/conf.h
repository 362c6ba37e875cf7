/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration: one table of settings (conf.c) gives the parser, `--help`, `check-config` and the sample file.
 *
 * Settings come from the environment, optionally after a file of KEY=VALUE lines (systemd's EnvironmentFile form)
 * that the environment overrides. A secret may come from a file of its own, named by NAME_FILE. Read once at the
 * start into a struct that is passed along as const; nothing else in the program calls getenv().
 */
#ifndef STEVEDORES_CONF_CONF_H
#define STEVEDORES_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_log_requests { LOG_REQUESTS_ALL, LOG_REQUESTS_SLOW, LOG_REQUESTS_NONE };

/* A member per setting; the table in conf.c has the units and bounds. Texts are owned by the struct. */
struct conf {
    char *alert_command;
    int64_t alert_database_connections;
    int64_t alert_error_percent;
    int64_t alert_p95_ms;
    int64_t alert_repeat_minutes;
    char *alert_webhook_url;
    int64_t audit_retention_days;
    char *boards;
    int64_t breaker_failures;
    int64_t breaker_open_ms;
    bool cache;
    int64_t cache_command_timeout_ms;
    int64_t cache_connect_timeout_ms;
    int64_t cache_local_mb;
    int64_t cache_max_stale_ms;
    int64_t cache_max_value_bytes;
    int64_t cache_poll_ms;
    int64_t cache_stale_if_error_s;
    int64_t cache_ttl_dashboard_s;
    int64_t cache_ttl_list_s;
    int64_t cache_ttl_row_s;
    int64_t cache_ttl_session_s;
    int64_t cache_wait_ms;
    int64_t database_connect_timeout_ms;
    char *database_owner_url;
    bool database_prepare;
    int64_t database_reconnect_max_ms;
    char *database_replica_url;
    int64_t database_statement_timeout_ms;
    char *database_url;
    int64_t events_renew_s;
    char *events_socket;
    char *flask_database_url;
    int64_t login_concurrency;
    int64_t login_wait_ms;
    int64_t log_level;
    int64_t log_requests;
    int64_t max_body_bytes;
    int64_t max_header_bytes;
    int64_t max_path_bytes;
    int64_t max_query_bytes;
    int64_t max_requests;
    char *memcached_servers;
    int64_t memory_limit_mb;
    int64_t password_memory_kib;
    int64_t password_passes;
    int64_t peer_timeout_ms;
    int64_t per_page_default;
    int64_t per_page_max;
    bool own_socket; /* out of the alphabet: beside the next switch it leaves no hole */
    bool plain_http;
    char *port_timezone;
    bool rate_limit;
    char *rate_limit_account;
    char *rate_limit_address;
    char *rate_limit_export;
    char *rate_limit_login;
    char *rate_limit_read;
    char *rate_limit_report;
    char *rate_limit_write;
    char *redis_url;
    int64_t responder_memory_mb;
    char *schema_dir;
    char *secret_key;
    char *secret_key_previous;
    int64_t session_absolute_s;
    int64_t session_idle_s;
    char *shifts;
    char *shm_name;
    int64_t slow_query_ms;
    int64_t slow_request_ms;
    int64_t web_workers;
};

/* Who reads: a daemon goes without what only the operator's commands need. */
enum conf_reader { CONF_DAEMON, CONF_OPERATOR };

/* Reads `env_file` (NULL: none) and then `environ`. On failure every problem is written to `errors`, a line each
 * that starts with the setting's name, and false is returned; *c is then not to be used. Warnings, of a secret's
 * file that everybody may read, are written there also when it succeeds. */
bool conf_load(struct conf *c, enum conf_reader reader, const char *env_file, char *const environ_[], FILE *errors)
    __attribute__((warn_unused_result));

/* Frees the texts. */
void conf_deinit(struct conf *c);

/* Two processes with the same fingerprint give the same answers: the program's version and every setting that shapes an
 * answer, SECRET_KEY among them. Needs libsodium to be initialised. */
void conf_fingerprint(const struct conf *c, unsigned char out[32]);

/* True when the board is switched on. */
bool conf_has_board(const struct conf *c, const char *board);

/* True when changes are told as they happen: EVENTS_SOCKET is set, and there are versions to tell (CACHE). */
bool conf_has_events(const struct conf *c);

/* The settings with type, default, bounds and meaning: for --help. */
void conf_print_help(FILE *f);

/* The settings as they are in force; secrets are shown as "(set)" or "(not set)". For check-config. */
void conf_print(const struct conf *c, FILE *f);
void conf_print_json(const struct conf *c, FILE *f);

/* A sample environment file: every setting commented out at its default. */
void conf_print_sample(FILE *f);

#endif
