/* SPDX-License-Identifier: Apache-2.0
 *
 * What every unit test includes. cmocka.h wants these headers before it.
 */
#ifndef STEVEDORES_TESTS_UNIT_H
#define STEVEDORES_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

/* A test's arena and error, made and checked away by the fixtures below. */
struct unit {
    struct arena *arena;
    struct error err;
};

static inline int unit_setup(void **state)
{
    static struct unit u;

    u.arena = arena_new(4096);
    error_init(&u.err, u.arena);
    *state = &u;
    return 0;
}

static inline int unit_teardown(void **state)
{
    arena_free(&((struct unit *)*state)->arena);
    return 0;
}

#define a_test(fn) cmocka_unit_test_setup_teardown(fn, unit_setup, unit_teardown)

#endif
