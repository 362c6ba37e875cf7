/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "auth/password.h"
#include "base/random.h"
#include "base/str.h"

static void only_the_same_password_passes(void **state)
{
    struct unit *u = *state;
    char *hash = password_hash(u->arena, "correct horse");

    assert_non_null(hash);
    assert_true(password_verify(hash, "correct horse"));
    assert_false(password_verify(hash, "correct horse "));
    assert_false(password_verify(hash, "Correct horse"));
    assert_false(password_verify(hash, ""));
}

static void the_cost_is_what_the_header_says(void **state)
{
    struct unit *u = *state;

    assert_true(str_starts(password_hash(u->arena, "correct horse"), "$argon2id$v=19$m=19456,t=2,p=1$"));
}

static void each_hash_has_its_own_salt(void **state)
{
    struct unit *u = *state;

    assert_string_not_equal(password_hash(u->arena, "correct horse"), password_hash(u->arena, "correct horse"));
}

static void what_is_no_hash_passes_nobody(void **state)
{
    (void)state;
    assert_false(password_verify("", ""));
    assert_false(password_verify("correct horse", "correct horse"));
    assert_false(password_verify("$argon2id$v=19$m=19456,t=2,p=1$", "correct horse"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(only_the_same_password_passes),
        a_test(the_cost_is_what_the_header_says),
        a_test(each_hash_has_its_own_salt),
        a_test(what_is_no_hash_passes_nobody),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
