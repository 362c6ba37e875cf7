/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/password.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#define ARGON2_MEMORY_MAX_KIB 1048576 /* as the bounds of the settings */
#define ARGON2_PASSES_MAX     20
#define ITERATIONS_MAX        2000000
#define ITERATIONS_DEFAULT    600000
#define SCRYPT_COST_MAX       1048576 /* N * R * P */
#define SCRYPT_BYTES          64
#define SALT_MAX              256
#define NUMBER_MAX            10 /* digits */

static size_t memory_bytes(const struct conf *conf)
{
    return (size_t)conf->password_memory_kib * 1024;
}

char *password_hash(struct arena *arena, const struct conf *conf, const char *password)
{
    char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

    return crypto_pwhash_str(hash, password, strlen(password), (unsigned long long)conf->password_passes,
                             memory_bytes(conf)) == 0
               ? hash
               : NULL;
}

void password_waste(const char *password, const struct conf *conf)
{
    static const unsigned char salt[crypto_pwhash_SALTBYTES] = "nobody's salt";
    unsigned char key[32]; /* as many bytes as crypto_pwhash_str() takes */

    if (crypto_pwhash(key, sizeof(key), password, strlen(password), salt, (unsigned long long)conf->password_passes,
                      memory_bytes(conf), crypto_pwhash_ALG_ARGON2ID13) == 0) /* fails where verifying would */
        sodium_memzero(key, sizeof(key));
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* Takes `literal` off the front of *p. */
static bool take(const char **p, const char *literal)
{
    if (!str_starts(*p, literal))
        return false;
    *p += strlen(literal);
    return true;
}

/* Takes a decimal number from 1 to `max` off the front of *p. */
static bool take_number(const char **p, int64_t max, int64_t *out)
{
    char digits[NUMBER_MAX + 1];
    size_t n = strspn(*p, "0123456789");

    if (n == 0 || n > NUMBER_MAX)
        return false;
    memcpy(digits, *p, n);
    digits[n] = '\0';
    *p += n;
    return parse_i64(digits, out) && *out >= 1 && *out <= max;
}

/* "$salt$hex" behind werkzeug's method: the salt is borrowed, the hex of exactly `n` bytes is put into `out`. */
static bool read_salt_and_hash(const char *p, struct str *salt, unsigned char *out, size_t n)
{
    const char *end;
    size_t got;

    if (*p != '$' || (end = strchr(p + 1, '$')) == NULL)
        return false;
    *salt = (struct str){p + 1, (size_t)(end - p) - 1};
    return salt->n >= 1 && salt->n <= SALT_MAX && strlen(end + 1) == n * 2 &&
           sodium_hex2bin(out, n, end + 1, n * 2, NULL, &got, NULL) == 0 && got == n;
}

/* --- the three forms ------------------------------------------------------------------------------------------------ */

enum check {
    UNUSABLE, /* no hash, or one that costs too much; nothing was computed */
    NO,
    YES,
    YES_BUT_OLD,
};

static enum check verify_argon2id(const char *hash, const char *password, const struct conf *conf)
{
    const char *p = hash;
    int64_t memory_kib, passes;

    if (!take(&p, "$argon2id$v=19$m=") || !take_number(&p, ARGON2_MEMORY_MAX_KIB, &memory_kib) || !take(&p, ",t=") ||
        !take_number(&p, ARGON2_PASSES_MAX, &passes) || !take(&p, ",p=1$"))
        return UNUSABLE;
    if (crypto_pwhash_str_verify(hash, password, strlen(password)) != 0)
        return NO;
    return crypto_pwhash_str_needs_rehash(hash, (unsigned long long)conf->password_passes, memory_bytes(conf)) == 0
               ? YES
               : YES_BUT_OLD;
}

/* `p` stands behind "pbkdf2:". */
static enum check verify_pbkdf2(const char *p, const char *password)
{
    unsigned char expected[EVP_MAX_MD_SIZE], got[EVP_MAX_MD_SIZE];
    const EVP_MD *digest = take(&p, "sha256")   ? EVP_sha256()
                           : take(&p, "sha512") ? EVP_sha512()
                           : take(&p, "sha1")   ? EVP_sha1()
                                                : NULL;
    int64_t iterations = ITERATIONS_DEFAULT;
    struct str salt;
    size_t n;
    bool same;

    if (digest == NULL || (take(&p, ":") && !take_number(&p, ITERATIONS_MAX, &iterations)))
        return UNUSABLE;
    n = (size_t)EVP_MD_get_size(digest);
    if (!read_salt_and_hash(p, &salt, expected, n))
        return UNUSABLE;
    same = PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)salt.p, (int)salt.n, (int)iterations,
                             digest, (int)n, got) == 1 &&
           sodium_memcmp(expected, got, n) == 0;
    sodium_memzero(got, sizeof(got));
    return same ? YES_BUT_OLD : NO;
}

/* `p` stands behind "scrypt:". */
static enum check verify_scrypt(const char *p, const char *password)
{
    unsigned char expected[SCRYPT_BYTES], got[SCRYPT_BYTES];
    int64_t n, r, lanes;
    struct str salt;
    bool same;

    if (!take_number(&p, SCRYPT_COST_MAX, &n) || !take(&p, ":") || !take_number(&p, SCRYPT_COST_MAX, &r) ||
        !take(&p, ":") || !take_number(&p, SCRYPT_COST_MAX, &lanes))
        return UNUSABLE;
    /* Each is 2^20 at most, so the product fits. */
    if (n < 2 || (n & (n - 1)) != 0 || n * r * lanes > SCRYPT_COST_MAX ||
        !read_salt_and_hash(p, &salt, expected, sizeof(expected)))
        return UNUSABLE;
    same = crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)password, strlen(password), (const uint8_t *)salt.p,
                                                 salt.n, (uint64_t)n, (uint32_t)r, (uint32_t)lanes, got,
                                                 sizeof(got)) == 0 &&
           sodium_memcmp(expected, got, sizeof(got)) == 0;
    sodium_memzero(got, sizeof(got));
    return same ? YES_BUT_OLD : NO;
}

enum password_result password_verify(const char *hash, const char *password, const struct conf *conf)
{
    enum check check = UNUSABLE;
    const char *p = hash;

    if (hash[0] == '$')
        check = verify_argon2id(hash, password, conf);
    else if (take(&p, "pbkdf2:"))
        check = verify_pbkdf2(p, password);
    else if (take(&p, "scrypt:"))
        check = verify_scrypt(p, password);
    if (check == UNUSABLE)
        password_waste(password, conf);
    return check == YES ? PASSWORD_RIGHT : check == YES_BUT_OLD ? PASSWORD_OUTDATED : PASSWORD_WRONG;
}
