/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashes as the database (and, before it, another application) has them: the first line is a password, the
 * second a hash.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/password.h"

/* The work that the hash asks for, which is its maker's choice, within what one input may cost: the product of the
 * numbers in its parameters, which end at the first '$' ("scrypt:16:8:1$salt$…") or the fourth
 * ("$argon2id$v=19$m=8,t=1,p=1$…"). Without a number a default applies, which is for real passwords. */
static bool is_cheap(const char *hash)
{
    int ends = *hash == '$' ? 4 : 1;
    double work = 1;
    bool any = false;

    while (*hash != '\0' && !(*hash == '$' && --ends == 0)) {
        if (*hash >= '0' && *hash <= '9') {
            char *end;

            work *= (double)strtoull(hash, &end, 10) + 1;
            hash = end;
            any = true;
        } else {
            hash++;
        }
    }
    return any && work < 100000;
}

static bool is_right(const char *hash, const char *password)
{
    static const struct conf conf = {.password_memory_kib = 19456, .password_passes = 2};

    return password_verify(hash, password, &conf) != PASSWORD_WRONG;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    const char *password, *hash;

    fuzz_begin(&f);
    password = fuzz_line(&f, &data, &size);
    hash = fuzz_line(&f, &data, &size);
    if (is_cheap(hash) && is_right(hash, password)) {
        PROMISE(!is_right(hash, arena_printf(f.arena, "%sx", password)));
        PROMISE(*password == '\0' ||
                !is_right(hash, arena_strndup(f.arena, password, strlen(password) - 1)));
        PROMISE(!is_right(arena_strndup(f.arena, hash, strlen(hash) - 1), password));
        PROMISE(is_right(hash, password));
    }
    fuzz_end(&f);
    return 0;
}
