/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom an address stands for in rate limits. The text is REMOTE_ADDR.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <string.h>

#include "guard/limit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char a4[4], a6[16];
    char text6[INET6_ADDRSTRLEN];
    const char *text, *who;
    struct fuzz f;

    fuzz_begin(&f);
    text = fuzz_text(&f, data, size);
    who = limit_address(text, f.arena);
    PROMISE(str_starts(who, "address:"));
    if (inet_pton(AF_INET, text, a4) == 1) {
        /* The same person through either kind of socket. */
        PROMISE(strcmp(who, limit_address(arena_printf(f.arena, "::ffff:%s", text), f.arena)) == 0);
        PROMISE(strcmp(who + 8, text) == 0);
    } else if (inet_pton(AF_INET6, text, a6) == 1) {
        /* Whoever has one address of a network has all of them. */
        static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
        bool is_mapped = memcmp(a6, mapped, sizeof(mapped)) == 0;

        a6[15] ^= 1;
        (void)inet_ntop(AF_INET6, a6, text6, sizeof(text6));
        PROMISE((strcmp(who, limit_address(text6, f.arena)) == 0) != is_mapped);
        a6[15] ^= 1;
        a6[0] ^= 1;
        (void)inet_ntop(AF_INET6, a6, text6, sizeof(text6));
        PROMISE(strcmp(who, limit_address(text6, f.arena)) != 0);
    } else {
        PROMISE(strcmp(who + 8, text) == 0);
    }
    fuzz_end(&f);
    return 0;
}
