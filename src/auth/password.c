/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/password.h"

#include <sodium.h>
#include <string.h>

#define PASSES 2
#define MEMORY ((size_t)19 * 1024 * 1024)

char *password_hash(struct arena *arena, const struct conf *conf, const char *password)
{
    (void)conf;
    char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

    return crypto_pwhash_str(hash, password, strlen(password), PASSES, MEMORY) == 0 ? hash : NULL;
}

void password_waste(const char *password, const struct conf *conf) { (void)password; (void)conf; }
enum password_result password_verify(const char *hash, const char *password, const struct conf *conf)
{
(void)conf;
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
