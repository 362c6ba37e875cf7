/* SPDX-License-Identifier: Apache-2.0
 *
 * The werkzeug hashes were made by werkzeug 3.1.8 (generate_password_hash) and are what Python's hashlib.pbkdf2_hmac and
 * hashlib.scrypt give for the same parameters; those with the salt NaCl by hashlib alone.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "auth/password.h"
#include "base/random.h"
#include "base/str.h"

#define HORSE "correct horse"
#define CRANE "Schl\xc3\xbcssel f\xc3\xbcr Kr\xc3\xa4ne"

static const struct conf defaults = {.password_memory_kib = 19456, .password_passes = 2};
static const struct conf cheap = {.password_memory_kib = 7168, .password_passes = 1};

static const struct {
    const char *password;
    const char *hash;
} werkzeug[] = {
    {HORSE, "pbkdf2:sha256:600000$5n9KOJIGtUKFmRcS$66aff9dca65bdf19719c37b6e0128cfadcf2229eb0a7991f968f38d82c12e5ad"},
    {HORSE, "pbkdf2:sha256:260000$CVtBcI1I8c4koTsM$599844b7890116d28e9035353f83c5506a3b29f3f8936564c80a67f5f487f88c"},
    {HORSE, "pbkdf2:sha1:1000$mGBJ60eea9wMYxvF$bd010f7abb0b3d4b5e10366bcc7e6a67295f5fb2"},
    {HORSE, "pbkdf2:sha512:1000$bZBdD78tjjASDR0w$23f71b25b1ed3bc24c5e661fffd41233aef29778cdd57529d2b1ad81b2c23007"
            "6ade0b3689cee9bbcafda73a69516a38ce20ec273eb06a0b3956abb4a039f181"},
    {HORSE, "scrypt:32768:8:1$NQsLBASnL1OSUiyw$ebf24529e91ad2d8cbee3fa1f62850eed70f00db28e03217f26d91c632ce9928"
            "961c5c91467f6c81d4d00b55890742e4bb0ca8cdb797d1d7629a239227660108"},
    {HORSE, "scrypt:1024:4:2$wN7ifIrnOkIO6DeG$b8be196ea9ed6937374638bafc48c2b78245e64ad114de248203fc7b20e701b4"
            "801d029c1c91839fa6448cfb88b199eba320345237a93bf18cfc4bf0c85888f1"},
    {CRANE, "pbkdf2:sha256:1000$HQerNpC9zhEAwV2W$e1053cbfcd4aed0263729f3e3a9fa10dc8e8837796a6511c5b23c5be351fdf47"},
    {CRANE, "scrypt:1024:8:1$PUjYobMvOhDhTImr$f178acdfefc8bdbaf80ca589a4c57c01f083cb34f801a524c80602fbc0537d60"
            "a6cdbfbb60208bc7e7b0eef401a66228fca1b78d179065cf81a0ed1c865b98e3"},
    /* Without iterations: those of werkzeug 2.3. */
    {HORSE, "pbkdf2:sha256$NaCl$a5352e9634fe1923e23124c85042e316b1e5082d59dba62081c999d25aa7c8c5"},
    /* The most that is computed. */
    {HORSE, "pbkdf2:sha256:2000000$NaCl$d8553eb52bbba2fd10ade20c6a08b6192b6b05cb258abd22e7734415d2995dcf"},
};

static void only_the_same_password_passes(void **state)
{
    struct unit *u = *state;
    char *hash = password_hash(u->arena, &cheap, HORSE);

    assert_non_null(hash);
    assert_int_equal(password_verify(hash, HORSE, &cheap), PASSWORD_RIGHT);
    assert_int_equal(password_verify(hash, "correct horse ", &cheap), PASSWORD_WRONG);
    assert_int_equal(password_verify(hash, "Correct horse", &cheap), PASSWORD_WRONG);
    assert_int_equal(password_verify(hash, "", &cheap), PASSWORD_WRONG);
}

static void the_cost_is_what_the_settings_say(void **state)
{
    struct unit *u = *state;

    assert_true(str_starts(password_hash(u->arena, &defaults, HORSE), "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_true(str_starts(password_hash(u->arena, &cheap, HORSE), "$argon2id$v=19$m=7168,t=1,p=1$"));
}

static void each_hash_has_its_own_salt(void **state)
{
    struct unit *u = *state;

    assert_string_not_equal(password_hash(u->arena, &cheap, HORSE), password_hash(u->arena, &cheap, HORSE));
}

static void one_of_other_parameters_is_outdated(void **state)
{
    struct unit *u = *state;
    const struct conf more_memory = {.password_memory_kib = 8192, .password_passes = 1};
    const struct conf more_passes = {.password_memory_kib = 7168, .password_passes = 2};
    char *hash = password_hash(u->arena, &cheap, HORSE);

    assert_int_equal(password_verify(hash, HORSE, &more_memory), PASSWORD_OUTDATED);
    assert_int_equal(password_verify(hash, HORSE, &more_passes), PASSWORD_OUTDATED);
    assert_int_equal(password_verify(hash, "Correct horse", &more_memory), PASSWORD_WRONG);
}

static void werkzeugs_are_right_and_outdated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(werkzeug) / sizeof(werkzeug[0]); i++) {
        const char *hash = werkzeug[i].hash;

        if (password_verify(hash, werkzeug[i].password, &defaults) != PASSWORD_OUTDATED)
            fail_msg("%s is not verified", hash);
    }
}

static void with_another_password_werkzeugs_are_wrong(void **state)
{
    struct unit *u = *state;

    for (size_t i = 2; i < 8; i++) { /* the costly ones need not be all of it */
        const char *hash = werkzeug[i].hash;

        assert_int_equal(password_verify(hash, "correct hors", &defaults), PASSWORD_WRONG);
        assert_int_equal(password_verify(hash, "", &defaults), PASSWORD_WRONG);
        /* One more character of the salt, and one that is another. */
        assert_int_equal(password_verify(arena_printf(u->arena, "%.*sx%s", (int)strcspn(hash, "$") + 1, hash,
                                                      strchr(hash, '$') + 1),
                                         werkzeug[i].password, &defaults),
                         PASSWORD_WRONG);
    }
}

/* Every place of a hash matters: no text that differs from a true one in one character passes, except in the case of a hex
 * digit. */
static void a_changed_character_is_noticed(void **state)
{
    struct unit *u = *state;
    const char *hash = werkzeug[2].hash; /* sha1, 1000 iterations */
    size_t n = strlen(hash);

    for (size_t i = 0; i < n; i++) {
        static const char others[] = {'0', '$', ':', 'g', ' ', '\xff', '\0'}; /* the last one cuts it short */

        for (size_t j = 0; j < sizeof(others); j++) {
            char *text = arena_strdup(u->arena, hash);

            if (text[i] == others[j])
                continue;
            text[i] = others[j];
            if (password_verify(text, HORSE, &defaults) != PASSWORD_WRONG)
                fail_msg("%s passes", text);
        }
    }
    assert_int_equal(password_verify(arena_printf(u->arena, "%s00", hash), HORSE, &defaults), PASSWORD_WRONG);
    assert_int_equal(password_verify(arena_printf(u->arena, "%s$", hash), HORSE, &defaults), PASSWORD_WRONG);
    assert_int_equal(password_verify(arena_printf(u->arena, "%s\n", hash), HORSE, &defaults), PASSWORD_WRONG);
}

#define HEX64 "66aff9dca65bdf19719c37b6e0128cfadcf2229eb0a7991f968f38d82c12e5ad"

static void what_is_no_hash_passes_nobody(void **state)
{
    static const char *const texts[] = {
        "", "$", "$$", "$$$", "correct horse", ":", "pbkdf2", "pbkdf2:", "pbkdf2:sha256", "pbkdf2:sha256:",
        "pbkdf2:sha256:1000", "pbkdf2:sha256:1000$", "pbkdf2:sha256:1000$salt", "pbkdf2:sha256:1000$salt$",
        "pbkdf2:sha256:1000$$" HEX64, "pbkdf2:sha256:1000$salt$" HEX64 "00", "pbkdf2:sha256:1000$salt$66aff9",
        "pbkdf2:sha256:1000$salt$g6aff9dca65bdf19719c37b6e0128cfadcf2229eb0a7991f968f38d82c12e5ad",
        "pbkdf2:sha256:1000$salt$" HEX64 "$", "pbkdf2:sha256:$salt$" HEX64, "pbkdf2:sha256:0$salt$" HEX64,
        "pbkdf2:sha256:-1$salt$" HEX64, "pbkdf2:sha256:+1000$salt$" HEX64, "pbkdf2:sha256: 1000$salt$" HEX64,
        "pbkdf2:sha256:1000 $salt$" HEX64, "pbkdf2:sha256:1e3$salt$" HEX64, "pbkdf2:sha256:1000:1$salt$" HEX64,
        "pbkdf2:sha256:1000.0$salt$" HEX64, "pbkdf2:md5:1000$salt$" HEX64, "pbkdf2:sha2561000$salt$" HEX64,
        "pbkdf2::1000$salt$" HEX64, "pbkdf2:sha512:1000$salt$" HEX64, "pbkdf2:sha1:1000$salt$" HEX64,
        "PBKDF2:sha256:1000$salt$" HEX64, "sha256$salt$" HEX64, "md5$salt$00", "plain$$correct horse",
        "scrypt", "scrypt:", "scrypt$salt$" HEX64 HEX64, "scrypt:1024$salt$" HEX64 HEX64,
        "scrypt:1024:8$salt$" HEX64 HEX64, "scrypt:1024:8:1", "scrypt:1024:8:1$", "scrypt:1024:8:1$salt",
        "scrypt:1024:8:1$salt$", "scrypt:1024:8:1$salt$" HEX64, "scrypt:1024:8:1$$" HEX64 HEX64,
        "scrypt:1024:8:1:1$salt$" HEX64 HEX64, "scrypt:1023:8:1$salt$" HEX64 HEX64,
        "scrypt:1:8:1$salt$" HEX64 HEX64, "scrypt:0:8:1$salt$" HEX64 HEX64, "scrypt:1024:0:1$salt$" HEX64 HEX64,
        "scrypt:1024:8:0$salt$" HEX64 HEX64, "scrypt:-1024:8:1$salt$" HEX64 HEX64,
        "scrypt:1024:8:-1$salt$" HEX64 HEX64, "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$argon2id$v=19$m=,t=2,p=1$c2FsdHNhbHQ$aGFzaA", "$argon2id$v=19$m=8,t=1,p=2$c2FsdHNhbHQ$aGFzaA",
        "$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$aGFzaA", "$2b$12$abcdefghijklmnopqrstuv",
    };
    static const char *const passwords[] = {"", HORSE};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (int j = 0; j < 2; j++) {
            if (password_verify(texts[i], passwords[j], &defaults) != PASSWORD_WRONG)
                fail_msg("'%s' passes", texts[i]);
        }
    }
}

/* These are true hashes: only their price keeps them out. */
static void too_dear_a_hash_is_refused(void **state)
{
    char hash[crypto_pwhash_STRBYTES];

    (void)state;
    assert_int_equal(password_verify("pbkdf2:sha256:2000001$NaCl$e54b5a75fd9756e0fb947816b95c91220dc426164da2859cb114597a356754c2", HORSE, &defaults), PASSWORD_WRONG);
    assert_int_equal(password_verify("scrypt:262144:8:1$NaCl$fa9c32355625c6a7edbda0616995a5e2512b137b"
                                     "e00aa194e4b5e7b4d98dd575bac87de83d4ff5b42869807eb7942552e6a37d89a8905ac681bfb4c8660827b0", HORSE, &defaults), PASSWORD_WRONG);
    assert_int_equal(crypto_pwhash_str(hash, HORSE, strlen(HORSE), 20, crypto_pwhash_MEMLIMIT_MIN), 0);
    assert_int_equal(password_verify(hash, HORSE, &defaults), PASSWORD_OUTDATED);
    assert_int_equal(crypto_pwhash_str(hash, HORSE, strlen(HORSE), 21, crypto_pwhash_MEMLIMIT_MIN), 0);
    assert_int_equal(password_verify(hash, HORSE, &defaults), PASSWORD_WRONG);
}

/* None of these ends in anybody's lifetime, or fits anybody's memory, if it is computed; nor may a number wrap around to
 * something that does. */
static void absurd_numbers_are_refused(void **state)
{
    static const char *const methods[] = {
        "pbkdf2:sha256:2147483647", "pbkdf2:sha256:4294967297", "pbkdf2:sha256:9223372036854775807",
        "pbkdf2:sha256:18446744073709551617", "pbkdf2:sha256:00000000000000001000",
        "pbkdf2:sha512:99999999999999999999999999999999999999999999999999999999999999999999999999",
        "scrypt:1073741824:8:1", "scrypt:9223372036854775808:8:1", "scrypt:18446744073709551618:8:1",
        "scrypt:1024:1073741824:1", "scrypt:1024:8:1073741823", "scrypt:1024:4294967304:1", "scrypt:1024:8:4294967297",
        "scrypt:1048576:1048576:1048576", "scrypt:1048576:1048576:16777216",
        "scrypt:99999999999999999999999999999999999:99999999999999999999999999999999:9999999999999999999999999999",
    };
    static const char *const argon2[] = {
        "$argon2id$v=19$m=4194304,t=3,p=1$", "$argon2id$v=19$m=1048577,t=1,p=1$", "$argon2id$v=19$m=65536,t=4294967295,p=1$",
        "$argon2id$v=19$m=4294967304,t=1,p=1$", "$argon2id$v=19$m=18446744073709551624,t=1,p=1$",
        "$argon2id$v=19$m=65536,t=1,p=16777215$",
    };
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const char *hex = strstr(methods[i], "sha256") != NULL ? HEX64 : HEX64 HEX64;

        assert_int_equal(password_verify(arena_printf(u->arena, "%s$salt$%s", methods[i], hex), HORSE, &defaults),
                         PASSWORD_WRONG);
    }
    for (size_t i = 0; i < sizeof(argon2) / sizeof(argon2[0]); i++)
        assert_int_equal(password_verify(arena_printf(u->arena, "%sc2FsdHNhbHRzYWx0c2FsdA$%043d", argon2[i], 0), HORSE,
                                         &defaults),
                         PASSWORD_WRONG);
}

static void too_long_a_salt_is_refused(void **state)
{
    struct unit *u = *state;

    assert_int_equal(password_verify(arena_printf(u->arena, "pbkdf2:sha256:1$%0*d$" HEX64, 1000000, 0), HORSE, &defaults),
                     PASSWORD_WRONG);
}

/* As much work as verifying, by the process's own clock; a tenth and ten times are far from both nothing and twice. */
static void wasting_costs_what_verifying_does(void **state)
{
    struct unit *u = *state;
    const struct conf dear = {.password_memory_kib = 32768, .password_passes = 4};
    char *hash = password_hash(u->arena, &dear, HORSE);
    struct timespec t[3];
    double verify, waste;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]);
    assert_int_equal(password_verify(hash, "wrong", &dear), PASSWORD_WRONG);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[1]);
    password_waste("wrong", &dear);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[2]);
    verify = (double)(t[1].tv_sec - t[0].tv_sec) + 1e-9 * (double)(t[1].tv_nsec - t[0].tv_nsec);
    waste = (double)(t[2].tv_sec - t[1].tv_sec) + 1e-9 * (double)(t[2].tv_nsec - t[1].tv_nsec);
    print_message("verify %.1f ms, waste %.1f ms of processor time\n", verify * 1e3, waste * 1e3);
    assert_true(waste > verify / 10 && waste < verify * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(only_the_same_password_passes),
        a_test(the_cost_is_what_the_settings_say),
        a_test(each_hash_has_its_own_salt),
        a_test(one_of_other_parameters_is_outdated),
        a_test(werkzeugs_are_right_and_outdated),
        a_test(with_another_password_werkzeugs_are_wrong),
        a_test(a_changed_character_is_noticed),
        a_test(what_is_no_hash_passes_nobody),
        a_test(too_dear_a_hash_is_refused),
        a_test(absurd_numbers_are_refused),
        a_test(too_long_a_salt_is_refused),
        a_test(wasting_costs_what_verifying_does),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
