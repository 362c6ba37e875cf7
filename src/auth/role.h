/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles: each may do what the ones before it may.
 */
#ifndef STEVEDORES_AUTH_ROLE_H
#define STEVEDORES_AUTH_ROLE_H

/* ROLE_NONE is no role at all: a route without one doesn't pass route_check(). ROLE_ANYBODY needs no login. */
enum role { ROLE_NONE, ROLE_ANYBODY, ROLE_VIEWER, ROLE_CLERK, ROLE_SUPERVISOR, ROLE_MANAGER, ROLE_ADMIN };

const char *role_text(enum role role);

/* One that a person can have ("viewer" to "admin"), or ROLE_NONE. */
enum role role_parse(const char *text);

/* What role_parse() takes; NULL-terminated. The schema says the same. */
extern const char *const role_choices[];

#endif
