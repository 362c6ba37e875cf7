/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashes: Argon2id in libsodium's text form, with the parameters PASSWORD_MEMORY_KIB and PASSWORD_PASSES;
 * their defaults are the first choice of OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
 *
 * Verified besides, for accounts that come from a Flask application, are werkzeug's (werkzeug.security, 0.9 to 3.1):
 *   pbkdf2:HASH[:ITERATIONS]$salt$hex   HASH: sha1, sha256 or sha512; RFC 8018 section 5.2, as many bytes as HASH has
 *   scrypt:N:R:P$salt$hex               RFC 7914, 64 bytes
 * The salt is its own characters. werkzeug writes ITERATIONS always; without them they are 600000, the default of 2.3.
 *
 * A hash costs what its own text says. Texts that ask for more than this are refused before anything is computed, so
 * that a row of the database can't be used to exhaust the machine: Argon2id beyond the settings' bounds, 2000000
 * iterations, N * R * P = 2^20 (128 MiB, some 0.6 s). Callers bound how many of them are computed at a time
 * (guard/gate.h).
 */
#ifndef STEVEDORES_AUTH_PASSWORD_H
#define STEVEDORES_AUTH_PASSWORD_H

#include "base/arena.h"
#include "conf/conf.h"

#define PASSWORD_MIN 10  /* characters */
#define PASSWORD_MAX 256 /* bytes; a longer one is no safer and costs */

enum password_result {
    PASSWORD_WRONG,
    PASSWORD_RIGHT,
    PASSWORD_OUTDATED, /* right, but to be hashed anew: another form, or other parameters than are configured now */
};

/* The hash, on the arena; NULL when its memory can't be had. Takes some 10 ms at the defaults. */
char *password_hash(struct arena *arena, const struct conf *conf, const char *password) __attribute__((warn_unused_result));

/* Is it the password that was hashed? What isn't a hash, or can't be computed, is PASSWORD_WRONG, and takes as long as if it were
 * one. Compares in constant time. */
enum password_result password_verify(const char *hash, const char *password, const struct conf *conf)
    __attribute__((warn_unused_result));

/* Takes as long as password_verify() does with a hash of the configured parameters: where there is no hash to verify. */
void password_waste(const char *password, const struct conf *conf);

#endif
