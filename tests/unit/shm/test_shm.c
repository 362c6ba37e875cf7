/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/shm.h"

static char name[64];

static int forget(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    (void)shm_unlink(name);
    return 0;
}

static void two_openers_share_it(void **state)
{
    struct shm *a = shm_open_segment(name);
    struct shm *b = shm_open_segment(name);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(shm_agent_age_ms(b), -1);
    shm_agent_beat(a);
    assert_in_range(shm_agent_age_ms(b), 0, 60000);
    shm_close(&a);
    assert_null(a);
    shm_close(&b);
}

static void another_layout_is_replaced(void **state)
{
    static const char junk[4096] = "this is something else";
    int fd = shm_open(name, O_RDWR | O_CREAT, 0600);
    struct shm *s;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, junk, sizeof(junk)), (ssize_t)sizeof(junk));
    s = shm_open_segment(name);
    assert_non_null(s);
    assert_int_equal(shm_agent_age_ms(s), -1);
    shm_close(&s);
    (void)close(fd);
}

static void without_a_segment_nobody_is_there(void **state)
{
    struct shm *s = NULL;

    (void)state;
    shm_agent_beat(NULL);
    assert_int_equal(shm_agent_age_ms(NULL), -1);
    shm_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_openers_share_it, forget, forget),
        cmocka_unit_test_setup_teardown(another_layout_is_replaced, forget, forget),
        cmocka_unit_test_setup_teardown(without_a_segment_nobody_is_there, forget, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
