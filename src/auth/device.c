/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/device.h"

#include <sodium.h>
#include <string.h>

#include "base/str.h"

/* Not __Host-, which would have to be sent with every request. */
#define COOKIE_SECURE "__Secure-stevedores_device"
#define COOKIE_PLAIN  "stevedores_device_plain"
#define COOKIE_PATH   "/api/login"
#define LIFE_S        15552000 /* half a year */
#define ACCOUNTS_MAX  16       /* a tablet is shared by a few gangs; who is pushed out is a stranger again */

#define NONCE_BYTES 16
#define MAC_BYTES   16
#define TOKEN_CHARS 43 /* of 32 bytes */
#define VARIANT     sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void make_mac(unsigned char mac[MAC_BYTES], const unsigned char nonce[NONCE_BYTES], const char *username,
                     const char *secret)
{
    static const char purpose[] = "stevedores device 1";
    unsigned char key[crypto_generichash_KEYBYTES];
    crypto_generichash_state state;

    (void)crypto_generichash(key, sizeof(key), (const unsigned char *)secret, strlen(secret),
                             (const unsigned char *)purpose, sizeof(purpose) - 1);
    (void)crypto_generichash_init(&state, key, sizeof(key), MAC_BYTES);
    (void)crypto_generichash_update(&state, nonce, NONCE_BYTES);
    (void)crypto_generichash_update(&state, (const unsigned char *)username, strlen(username));
    (void)crypto_generichash_final(&state, mac, MAC_BYTES);
}

static bool is_signed(const unsigned char raw[NONCE_BYTES + MAC_BYTES], const char *username, const char *secret)
{
    unsigned char mac[MAC_BYTES];

    make_mac(mac, raw, username, secret);
    return sodium_memcmp(mac, raw + NONCE_BYTES, MAC_BYTES) == 0;
}

static bool is_of_account(const struct conf *conf, const char *token, const char *username)
{
    unsigned char raw[NONCE_BYTES + MAC_BYTES];
    size_t n;

    return sodium_base642bin(raw, sizeof(raw), token, TOKEN_CHARS, NULL, &n, NULL, VARIANT) == 0 && n == sizeof(raw) &&
           (is_signed(raw, username, conf->secret_key) ||
            (*conf->secret_key_previous != '\0' && is_signed(raw, username, conf->secret_key_previous)));
}

static const char *cookie_name(const struct http_request *req)
{
    return req->https ? COOKIE_SECURE : COOKIE_PLAIN;
}

/* The next token of the cookie's value, or NULL; *p moves behind it. */
static const char *next_token(const char **p)
{
    while (**p != '\0') {
        const char *token = *p;
        size_t n = strcspn(token, ".");

        *p += n + (token[n] == '.');
        if (n == TOKEN_CHARS)
            return token;
    }
    return NULL;
}

const char *device_token(const struct conf *conf, const struct http_request *req, const char *username,
                         struct arena *arena)
{
    const char *p = request_cookie(req, cookie_name(req), arena), *token;

    for (int i = 0; p != NULL && i < ACCOUNTS_MAX && (token = next_token(&p)) != NULL; i++) {
        if (is_of_account(conf, token, username))
            return arena_strndup(arena, token, TOKEN_CHARS);
    }
    return NULL;
}

void device_remember(const struct conf *conf, const struct http_request *req, struct http_response *resp,
                     const char *username, struct arena *arena)
{
    unsigned char raw[NONCE_BYTES + MAC_BYTES];
    char fresh[TOKEN_CHARS + 1];
    const char *p, *token;
    struct buf b;

    if (device_token(conf, req, username, arena) != NULL)
        return;
    randombytes_buf(raw, NONCE_BYTES);
    make_mac(raw + NONCE_BYTES, raw, username, conf->secret_key);
    (void)sodium_bin2base64(fresh, sizeof(fresh), raw, sizeof(raw), VARIANT);
    buf_init(&b, arena, 1024);
    buf_printf(&b, "%s=%s", cookie_name(req), fresh);
    p = request_cookie(req, cookie_name(req), arena);
    for (int i = 1; p != NULL && i < ACCOUNTS_MAX && (token = next_token(&p)) != NULL; i++) {
        /* Whatever a stranger put there is not sent back. */
        if (strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == TOKEN_CHARS)
            buf_printf(&b, ".%.*s", TOKEN_CHARS, token);
    }
    buf_printf(&b, "; Path=" COOKIE_PATH "; Max-Age=%d; HttpOnly; SameSite=Lax%s", LIFE_S, req->https ? "; Secure" : "");
    response_header(resp, "Set-Cookie", b.data);
}
