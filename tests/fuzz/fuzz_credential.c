/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a request is a credential: the first line is the Authorization header, the second the Cookie header.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "auth/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {.id = "12345678", .remote_addr = "10.0.0.1"};
    char hash[TOKEN_HASH_SIZE];
    const char *token = NULL;
    struct fuzz f;
    enum via via;

    fuzz_begin(&f);
    req.authorization = fuzz_line(&f, &data, &size);
    req.cookie = fuzz_line(&f, &data, &size);
    via = session_credential(&req, f.arena, &token);
    PROMISE(via == VIA_NOBODY || strlen(token) == (via == VIA_KEY ? API_KEY_SIZE : TOKEN_SIZE) - 1);
    PROMISE(via != VIA_KEY || strstr(req.authorization, token) != NULL);
    PROMISE(via != VIA_SESSION || (*req.authorization == '\0' && strstr(req.cookie, token) != NULL));
    if (via != VIA_NOBODY) {
        token_hash(token, hash);
        PROMISE(strspn(hash, "0123456789abcdef") == TOKEN_HASH_SIZE - 1);
    }
    fuzz_end(&f);
    return 0;
}
