/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "engine/cursor.h"

#include <sodium.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#define MAC_BYTES  16
#define SEPARATOR  '\x1f'
#define TEXT_MAX   1024 /* longer than any sort keys we have */
#define VARIANT    sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* The key for this purpose only, so that the secret can serve others as well. */
static void derive_key(unsigned char key[crypto_generichash_KEYBYTES], const char *secret)
{
    static const char purpose[] = "stevedores cursor 2";

    (void)crypto_generichash(key, crypto_generichash_KEYBYTES, (const unsigned char *)secret, strlen(secret),
                             (const unsigned char *)purpose, sizeof(purpose) - 1);
}

static void make_mac(unsigned char mac[MAC_BYTES], const char *text, size_t n, const char *scope, const char *secret)
{
    unsigned char key[crypto_generichash_KEYBYTES];
    crypto_generichash_state state;

    derive_key(key, secret);
    (void)crypto_generichash_init(&state, key, sizeof(key), MAC_BYTES);
    (void)crypto_generichash_update(&state, (const unsigned char *)scope, strlen(scope) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)text, n);
    (void)crypto_generichash_final(&state, mac, MAC_BYTES);
}

char *cursor_seal(const struct cursor *c, const char *scope, const char *secret, struct arena *arena)
{
    struct buf b;
    size_t size;
    char *out;

    buf_init(&b, arena, 256);
    buf_add(&b, (const char[MAC_BYTES]){0}, MAC_BYTES);
    buf_printf(&b, "%c%c%s%c%lld%c%s", c->backwards ? 'p' : 'n', SEPARATOR, c->sort, SEPARATOR, (long long)c->page,
               SEPARATOR, c->id);
    for (size_t i = 0; i < c->nkeys; i++)
        buf_printf(&b, "%c%s", SEPARATOR, c->keys[i]);
    make_mac((unsigned char *)b.data, b.data + MAC_BYTES, b.len - MAC_BYTES, scope, secret);
    size = sodium_base64_encoded_len(b.len, VARIANT);
    out = arena_alloc(arena, size);
    return sodium_bin2base64(out, size, (const unsigned char *)b.data, b.len, VARIANT);
}

/* Cuts the next field off *text. */
static char *next_field(char **text)
{
    char *field = *text;

    if (field != NULL) {
        char *end = strchr(field, SEPARATOR);

        *text = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = '\0';
    }
    return field;
}

/* True when `raw`, MAC and text, was sealed with this secret. */
static bool is_sealed(const unsigned char *raw, size_t n, const char *scope, const char *secret)
{
    unsigned char mac[MAC_BYTES];

    make_mac(mac, (const char *)raw + MAC_BYTES, n - MAC_BYTES, scope, secret);
    return sodium_memcmp(mac, raw, MAC_BYTES) == 0;
}

bool cursor_open(struct cursor *c, const char *text, const char *scope, const char *secret, const char *previous,
                 struct arena *arena)
{
    unsigned char *raw = arena_alloc(arena, TEXT_MAX + 1);
    size_t n;
    char *rest, *direction, *page, *key;

    if (sodium_base642bin(raw, TEXT_MAX, text, strlen(text), NULL, &n, NULL, VARIANT) != 0 || n <= MAC_BYTES)
        return false;
    raw[n] = '\0';
    if (!is_sealed(raw, n, scope, secret) && (*previous == '\0' || !is_sealed(raw, n, scope, previous)))
        return false;
    rest = (char *)raw + MAC_BYTES;
    direction = next_field(&rest);
    c->backwards = direction[0] == 'p';
    c->sort = next_field(&rest);
    page = next_field(&rest);
    c->id = next_field(&rest);
    c->nkeys = 0;
    while (c->nkeys < CURSOR_KEYS_MAX && (key = next_field(&rest)) != NULL)
        c->keys[c->nkeys++] = key;
    return c->nkeys > 0 && rest == NULL && parse_i64(page, &c->page);
}
