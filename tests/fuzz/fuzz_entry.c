/* SPDX-License-Identifier: Apache-2.0
 *
 * What Redis or memcached give back as a cached answer. By the first byte: 0, bytes as they come, which must be refused;
 * 1, bytes under a head and a MAC that fit them, as one who has the key (another version of this program, a mistake of
 * our own) might have stored them.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "cache/entry.c" /* struct head, make_mac() */

static const struct cache_key key = {"0123456789abcdef"};
static const unsigned char mac_key[16] = "a key of 16 byt";

static void try_bytes(struct fuzz *f, const uint8_t *data, size_t size)
{
    struct entry e;

    PROMISE(!entry_check((struct str){arena_strndup(f->arena, (const char *)data, size), size}, &key, mac_key, &e));
}

static void try_forged(struct fuzz *f, const uint8_t *data, size_t size)
{
    struct head head = {.magic = ENTRY_MAGIC};
    size_t n = sizeof(head) + size;
    char *bytes = arena_alloc(f->arena, n);
    struct http_response resp;
    struct entry e;
    struct str packed;

    head.length = (uint32_t)n;
    head.entry.key = key;
    head.entry.made_ms = (int64_t)size;
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), data, size);
    make_mac(head.mac, bytes, n, mac_key);
    memcpy(bytes, head.mac, sizeof(head.mac));
    if (!entry_check((struct str){bytes, n}, &key, mac_key, &e))
        return;
    response_init(&resp);
    entry_respond((struct str){bytes, n}, &resp);
    PROMISE(resp.status == 200 && resp.body.n <= size);
    packed = entry_pack(&e, &resp, 0, mac_key, f->arena);
    PROMISE(packed.n == n && memcmp(packed.p, bytes, n) == 0);
    /* Any changed bit is noticed. */
    bytes[resp.body.n % n] ^= 1;
    PROMISE(!entry_check((struct str){bytes, n}, &key, mac_key, &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    if (data[0] % 2 == 0)
        try_bytes(&f, data + 1, size - 1);
    else
        try_forged(&f, data + 1, size - 1);
    fuzz_end(&f);
    return 0;
}
