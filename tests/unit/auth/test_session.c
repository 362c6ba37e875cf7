/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <sodium.h>

#include "auth/session.h"

static struct http_request request(const char *cookie, const char *authorization, bool https)
{
    return (struct http_request){.cookie = cookie, .authorization = authorization, .https = https};
}

static enum via credential(struct unit *u, const char *cookie, const char *authorization, bool https, const char **token)
{
    struct http_request req = request(cookie, authorization, https);

    *token = NULL;
    return session_credential(&req, u->arena, token);
}

#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij012_-56"
#define KEY   "sdk_0123abcd_" TOKEN

static void tokens_are_256_random_bits(void **state)
{
    char a[TOKEN_SIZE], b[TOKEN_SIZE], hash[TOKEN_HASH_SIZE], again[TOKEN_HASH_SIZE];
    unsigned char bytes[40];
    size_t n;

    (void)state;
    token_make(a);
    token_make(b);
    assert_int_equal(strlen(a), TOKEN_SIZE - 1);
    assert_string_not_equal(a, b);
    assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), a, strlen(a), NULL, &n, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
    assert_int_equal(n, 32);
    token_hash(a, hash);
    token_hash(a, again);
    assert_int_equal(strlen(hash), 64);
    assert_string_equal(hash, again);
    token_hash(b, again);
    assert_string_not_equal(hash, again);
}

static void the_session_is_in_the_cookie_of_the_scheme(void **state)
{
    struct unit *u = *state;
    const char *token;

    assert_int_equal(credential(u, "stevedores_plain=" TOKEN, "", false, &token), VIA_SESSION);
    assert_string_equal(token, TOKEN);
    assert_int_equal(credential(u, "a=b; stevedores_plain=" TOKEN "; c=d", "", false, &token), VIA_SESSION);
    assert_int_equal(credential(u, "__Host-stevedores=" TOKEN, "", true, &token), VIA_SESSION);
    assert_int_equal(credential(u, "__Host-stevedores=" TOKEN, "", false, &token), VIA_NOBODY);
    assert_int_equal(credential(u, "stevedores_plain=" TOKEN, "", true, &token), VIA_NOBODY);
}

static void what_has_not_the_form_is_nobodys(void **state)
{
    static const char *const cookies[] = {"", "stevedores_plain", "stevedores_plain=", "stevedores_plain=" TOKEN "x",
                                          "stevedores_plain=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij012_-5.",
                                          "stevedores_plain=\"" TOKEN "\"", "xstevedores_plain=" TOKEN};
    static const char *const values[] = {"Bearer", "Bearer ", "Bearer x", "Bearer " TOKEN, "Basic " KEY, KEY, "Bearer" KEY,
                                         "Bearer sdk_0123abcd-" TOKEN, "Bearer " KEY "x"};
    struct unit *u = *state;
    const char *token;

    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++)
        assert_int_equal(credential(u, cookies[i], "", false, &token), VIA_NOBODY);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) /* and the cookie doesn't help */
        assert_int_equal(credential(u, "stevedores_plain=" TOKEN, values[i], false, &token), VIA_NOBODY);
}

static void an_api_key_is_in_the_header(void **state)
{
    struct unit *u = *state;
    char key[API_KEY_SIZE];
    const char *token;

    assert_int_equal(credential(u, "", "Bearer " KEY, false, &token), VIA_KEY);
    assert_string_equal(token, KEY);
    assert_int_equal(credential(u, "", "bearer \t" KEY, true, &token), VIA_KEY);
    api_key_make(key);
    assert_int_equal(strlen(key), API_KEY_SIZE - 1);
    assert_int_equal(credential(u, "", arena_printf(u->arena, "Bearer %s", key), true, &token), VIA_KEY);
}

static void the_cookie_as_browsers_get_it(void **state)
{
    static const struct conf conf = {.session_absolute_s = 3600};
    struct unit *u = *state;
    struct http_request plain = request("", "", false), tls = request("", "", true);
    struct http_response resp;

    response_init(&resp);
    session_cookie(&conf, &plain, &resp, u->arena, TOKEN);
    session_cookie(&conf, &tls, &resp, u->arena, TOKEN);
    session_cookie(&conf, &tls, &resp, u->arena, NULL);
    assert_string_equal(resp.headers[0].value,
                        "stevedores_plain=" TOKEN "; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
    assert_string_equal(resp.headers[1].value,
                        "__Host-stevedores=" TOKEN "; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure");
    assert_string_equal(resp.headers[2].value,
                        "__Host-stevedores=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

static void the_trail_gets_json_whatever_the_name(void **state)
{
    static const struct caller c = {.via = VIA_KEY, .user_id = 7, .username = "a\"b\\c\n"};
    struct unit *u = *state;
    struct http_request req = {.remote_addr = "10.0.0.1", .id = "0123456789abcdef"};

    assert_string_equal(session_actor(&c, &req, u->arena),
                        "{\"id\":7,\"name\":\"a\\\"b\\\\c\\u000a\",\"via\":\"key\",\"address\":\"10.0.0.1\","
                        "\"request_id\":\"0123456789abcdef\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(tokens_are_256_random_bits),
        a_test(the_session_is_in_the_cookie_of_the_scheme),
        a_test(what_has_not_the_form_is_nobodys),
        a_test(an_api_key_is_in_the_header),
        a_test(the_cookie_as_browsers_get_it),
        a_test(the_trail_gets_json_whatever_the_name),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
