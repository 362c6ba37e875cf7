/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/tier.h"

#include <sodium.h>
#include <string.h>

void tier_key_text(const struct cache_key *key, char out[TIER_KEY_TEXT_SIZE])
{
    static const char prefix[] = {'s', 'd', ':'};

    memcpy(out, prefix, sizeof(prefix));
    (void)sodium_bin2hex(out + sizeof(prefix), TIER_KEY_TEXT_SIZE - sizeof(prefix), key->hash, sizeof(key->hash));
}
