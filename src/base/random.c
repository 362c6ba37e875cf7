/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/random.h"

#include <sodium.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/log.h"

void random_init(void)
{
    if (sodium_init() < 0) {
        log_event(LOG_ERROR, "no_randomness");
        exit(EX_OSERR);
    }
}

char *random_hex(struct arena *arena, size_t bytes)
{
    unsigned char *raw = arena_alloc(arena, bytes);
    char *hex = arena_alloc(arena, bytes * 2 + 1);

    randombytes_buf(raw, bytes);
    return sodium_bin2hex(hex, bytes * 2 + 1, raw, bytes);
}

char *random_uuid(struct arena *arena)
{
    unsigned char b[16];

    randombytes_buf(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return arena_printf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                        b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
