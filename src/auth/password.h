/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashes: Argon2id in libsodium's text form, with the parameters that OWASP's Password Storage Cheat Sheet gives
 * as its first choice (19 MiB, 2 passes, 1 lane).
 */
#ifndef STEVEDORES_AUTH_PASSWORD_H
#define STEVEDORES_AUTH_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "conf/conf.h"

#define PASSWORD_MIN 10  /* characters */
#define PASSWORD_MAX 256 /* bytes; a longer one is no safer and costs */

/* The hash, on the arena; NULL when its 19 MiB can't be had. Takes some 10 ms. */
char *password_hash(struct arena *arena, const struct conf *conf, const char *password) __attribute__((warn_unused_result));

/* True when the password is the one that was hashed. */
enum password_result { PASSWORD_WRONG, PASSWORD_RIGHT, PASSWORD_OUTDATED };
void password_waste(const char *password, const struct conf *conf);
enum password_result password_verify(const char *hash, const char *password, const struct conf *conf) __attribute__((warn_unused_result));

#endif
