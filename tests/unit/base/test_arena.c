/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdalign.h>

static void pieces_are_aligned_and_apart(void **state)
{
    struct unit *u = *state;
    char *before = NULL;

    for (size_t n = 0; n < 3000; n += 37) {
        char *p = arena_alloc(u->arena, n);

        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_ptr_not_equal(p, before);
        memset(p, 0x5a, n);
        before = p;
    }
}

static void a_piece_larger_than_a_block_fits(void **state)
{
    struct unit *u = *state;
    char *small = arena_strdup(u->arena, "small");
    char *large = arena_alloc(u->arena, 100000);
    char *after = arena_strdup(u->arena, "after");

    memset(large, 'x', 100000);
    assert_string_equal(small, "small");
    assert_string_equal(after, "after");
}

static void note(void *arg)
{
    char *order = arg;

    order[strlen(order)] = order[15]++;
}

static void cleanups_run_last_first_at_reset(void **state)
{
    struct unit *u = *state;
    char a[16] = "", b[16] = "";

    a[15] = 'a';
    b[15] = 'b';
    arena_cleanup(u->arena, note, a);
    arena_cleanup(u->arena, note, b);
    arena_cleanup(u->arena, note, a);
    assert_string_equal(a, "");
    arena_reset(u->arena);
    assert_string_equal(a, "ab");
    assert_string_equal(b, "b");
    arena_reset(u->arena); /* they run once */
    assert_string_equal(a, "ab");
    assert_int_equal(arena_used(u->arena), 0);
}

static void printf_makes_what_it_is_told(void **state)
{
    struct unit *u = *state;

    assert_string_equal(arena_printf(u->arena, "%s-%d", "a", 7), "a-7");
    assert_string_equal(arena_strndup(u->arena, "abcdef", 3), "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(pieces_are_aligned_and_apart),
        a_test(a_piece_larger_than_a_block_fits),
        a_test(cleanups_run_last_first_at_reset),
        a_test(printf_makes_what_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
