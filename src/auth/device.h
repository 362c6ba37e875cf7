/* SPDX-License-Identifier: Apache-2.0
 *
 * Browsers that have logged in to an account before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): attempts
 * from them are counted by themselves, so that nobody who guesses at an account from elsewhere keeps its owner out.
 *
 * A cookie holds a token for each of the last accounts, the newest first: base64url(nonce || BLAKE2b-128 MAC of account and
 * nonce under SECRET_KEY), so a token is worth nothing for another account. It is sent with logins only, and opens nothing.
 */
#ifndef STEVEDORES_AUTH_DEVICE_H
#define STEVEDORES_AUTH_DEVICE_H

#include "conf/conf.h"
#include "http/request.h"
#include "http/response.h"

/* The token that this browser has for the account, on the arena; NULL when it has none that is good. */
const char *device_token(const struct conf *conf, const struct http_request *req, const char *username,
                         struct arena *arena);

/* The browser has just logged in to the account: gives it a token for it, unless it has one. */
void device_remember(const struct conf *conf, const struct http_request *req, struct http_response *resp,
                     const char *username, struct arena *arena);

#endif
