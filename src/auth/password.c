/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/password.h"

#include <sodium.h>
#include <string.h>

#define PASSES 2
#define MEMORY ((size_t)19 * 1024 * 1024)

char *password_hash(struct arena *arena, const char *password)
{
    char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

    return crypto_pwhash_str(hash, password, strlen(password), PASSES, MEMORY) == 0 ? hash : NULL;
}

bool password_verify(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
