/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "base/random.h"
#include "engine/cursor.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static const struct cursor sample = {
    .backwards = true, .sort = "-status,-eta", .page = 7, .id = "42", .nkeys = 2, .keys = {"berthed", "2026-11-20 22:00:00+00"}};

static void a_cursor_comes_back(void **state)
{
    struct unit *u = *state;
    char *text = cursor_seal(&sample, "vessels", SECRET, u->arena);
    struct cursor c;

    assert_true(cursor_open(&c, text, "vessels", SECRET, "", u->arena));
    assert_true(c.backwards);
    assert_string_equal(c.sort, "-status,-eta");
    assert_int_equal(c.page, 7);
    assert_string_equal(c.id, "42");
    assert_int_equal(c.nkeys, 2);
    assert_string_equal(c.keys[0], sample.keys[0]);
    assert_string_equal(c.keys[1], sample.keys[1]);
}

/* What has a term too many, or none, leads nowhere. */
static void the_number_of_terms_is_bounded(void **state)
{
    struct unit *u = *state;
    struct cursor c = sample, back;

    c.keys[0] = "a\x1f" "b\x1f" "c\x1f" "d";
    assert_false(cursor_open(&back, cursor_seal(&c, "vessels", SECRET, u->arena), "vessels", SECRET, "", u->arena));
    c.nkeys = 0;
    assert_false(cursor_open(&back, cursor_seal(&c, "vessels", SECRET, u->arena), "vessels", SECRET, "", u->arena));
}

static void it_is_bound_to_list_and_secret(void **state)
{
    struct unit *u = *state;
    char *text = cursor_seal(&sample, "vessels", SECRET, u->arena);
    struct cursor c;

    assert_false(cursor_open(&c, text, "tallies", SECRET, "", u->arena));
    assert_false(cursor_open(&c, text, "vessels\x1fstatus\x1f{berthed}", SECRET, "", u->arena));
    assert_false(cursor_open(&c, text, "vessels", SECRET "x", "", u->arena));
}

/* After a change of keys, and until the old one is taken out. */
static void one_of_the_key_before_opens_as_well(void **state)
{
    static const char next[] = "another-secret-of-32-characters!";
    struct unit *u = *state;
    char *old = cursor_seal(&sample, "vessels", SECRET, u->arena);
    char *new = cursor_seal(&sample, "vessels", next, u->arena);
    struct cursor c;

    assert_true(cursor_open(&c, old, "vessels", next, SECRET, u->arena));
    assert_string_equal(c.id, "42");
    assert_true(cursor_open(&c, new, "vessels", next, SECRET, u->arena));
    assert_false(cursor_open(&c, old, "vessels", next, "", u->arena));
    assert_false(cursor_open(&c, old, "vessels", next, SECRET "x", u->arena));
    assert_false(cursor_open(&c, old, "tallies", next, SECRET, u->arena));
    assert_false(cursor_open(&c, new, "vessels", SECRET, "", u->arena)); /* the old one seals nothing any more */
    /* No key is no key: nobody can seal with the empty one. */
    assert_false(cursor_open(&c, cursor_seal(&sample, "vessels", "", u->arena), "vessels", next, "", u->arena));
}

static void any_changed_character_is_noticed(void **state)
{
    struct unit *u = *state;
    char *text = cursor_seal(&sample, "vessels", SECRET, u->arena);
    size_t n = strlen(text);
    struct cursor c;

    for (size_t i = 0; i < n; i++) {
        char kept = text[i];

        text[i] = kept == 'A' ? 'B' : 'A';
        /* The last character has bits that base64 doesn't use. */
        assert_true(!cursor_open(&c, text, "vessels", SECRET, "", u->arena) || i == n - 1);
        text[i] = kept;
    }
    for (size_t i = 0; i < n; i++) {
        char *cut = arena_strndup(u->arena, text, i);

        assert_false(cursor_open(&c, cut, "vessels", SECRET, "", u->arena));
    }
    assert_false(cursor_open(&c, "!!!", "vessels", SECRET, "", u->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {a_test(a_cursor_comes_back), a_test(it_is_bound_to_list_and_secret),
                                       a_test(the_number_of_terms_is_bounded),
                                       a_test(one_of_the_key_before_opens_as_well),
                                       a_test(any_changed_character_is_noticed)};

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
