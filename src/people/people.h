/* SPDX-License-Identifier: Apache-2.0
 *
 * People at the front door: logging in and out, one's own sessions and API keys, accounts, the audit trail. Routed like a
 * board; auth/ knows who somebody is, this lets them change it.
 */
#ifndef STEVEDORES_PEOPLE_PEOPLE_H
#define STEVEDORES_PEOPLE_PEOPLE_H

#include "auth/password.h"
#include "engine/resource.h"

extern const struct resource people_users;
extern const struct resource people_audit;
extern const struct resource people_all_sessions;
extern const struct resource people_all_keys;

/* What the handlers below take, */
extern const struct resource people_login_body;
extern const struct resource people_password_change;
extern const struct resource people_key_body;
extern const struct resource people_new_password;

/* and what they give. */
extern const struct resource people_caller;
extern const struct resource people_session;
extern const struct resource people_key;
extern const struct resource people_key_made;

handler_fn people_login;         /* POST /api/login */
handler_fn people_logout;        /* POST /api/logout */
handler_fn people_me;            /* GET /api/me */
handler_fn people_my_password;   /* POST /api/me/password */
handler_fn people_sessions;      /* GET /api/me/sessions */
handler_fn people_session_end;   /* DELETE /api/me/sessions/{id} */
handler_fn people_sessions_end;  /* DELETE /api/me/sessions: all but this one */
handler_fn people_keys;          /* GET /api/me/keys */
handler_fn people_key_create;    /* POST /api/me/keys */
handler_fn people_key_revoke;    /* DELETE /api/me/keys/{id} */
handler_fn people_any_session_end; /* DELETE /api/sessions/{id} */
handler_fn people_any_key_revoke;  /* DELETE /api/keys/{id} */
handler_fn people_user_create;   /* POST /api/users */
handler_fn people_user_password; /* POST /api/users/{id}/password */

/* The hash of a password that somebody chose, made when the gate lets it through. OUT_INVALID names `field` when it isn't
 * good enough, OUT_UNAVAILABLE when too many are at it. */
enum outcome people_hash(struct exchange *x, const char *field, const char *password, char **hash)
    __attribute__((warn_unused_result));

/* Whether it is the password of that hash (NULL: of nobody; takes as long), when the gate lets it through. */
enum outcome people_verify(struct exchange *x, const char *hash, const char *password, enum password_result *result)
    __attribute__((warn_unused_result));

/* 204, nothing to say. */
void people_done(struct exchange *x);

#endif
