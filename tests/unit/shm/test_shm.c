/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/lock.h"
#include "shm/shm.h"

/* A region that counts under its lock. */
struct ledger {
    struct shm_lock lock;
    int64_t begun, ended; /* equal while the lock is free */
    int64_t repaired;
};

static size_t ledger_size(const struct conf *conf)
{
    return sizeof(struct ledger) + (size_t)conf->cache_local_mb;
}

static void ledger_init(void *region, size_t size)
{
    struct ledger *l = region;

    (void)size;
    shm_lock_init(&l->lock);
    l->begun = l->ended = 7;
}

static size_t notes_size(const struct conf *conf)
{
    (void)conf;
    return 100;
}

static const struct shm_region ledger = {"ledger", 1, ledger_size, ledger_init};
static const struct shm_region ledger2 = {"ledger", 2, ledger_size, ledger_init};
static const struct shm_region notes = {"notes", 1, notes_size, NULL};
static const struct shm_region *const both[] = {&ledger, &notes, NULL};
static const struct shm_region *const newer[] = {&ledger2, &notes, NULL};

static char name[64];
static struct conf conf = {.shm_name = name, .cache_local_mb = 8};

static int forget(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof(name), "/stevedores-unit-%d", (int)getpid());
    (void)shm_unlink(name);
    return 0;
}

static void two_openers_share_it(void **state)
{
    struct shm *a = shm_open_segment(&conf, both);
    struct shm *b = shm_open_segment(&conf, both);
    struct ledger *in_a = shm_region(a, &ledger), *in_b = shm_region(b, &ledger);
    int64_t age;

    (void)state;
    assert_false(shm_is_private(a));
    assert_false(shm_agent_is_there(b, &age));
    assert_int_equal(age, -1);
    shm_agent_beat(a);
    assert_true(shm_agent_is_there(b, &age));
    assert_in_range(age, 0, SHM_AGENT_SILENT_MS - 1);
    assert_int_equal(in_b->begun, 7);
    in_a->begun = 8;
    assert_int_equal(in_b->begun, 8);
    memset(shm_region(a, &notes), 1, 100); /* beside it, not in it */
    assert_int_equal(in_b->begun, 8);
    assert_int_equal(shm_size(a, &notes), 100);
    shm_close(&a);
    assert_null(a);
    shm_close(&b);
    a = shm_open_segment(&conf, both); /* outlives who made it */
    in_a = shm_region(a, &ledger);
    assert_int_equal(in_a->begun, 8);
    shm_close(&a);
}

static void another_layout_is_replaced(void **state)
{
    struct shm *old = shm_open_segment(&conf, both), *s, *looker;
    struct conf larger = conf;

    (void)state;
    ((struct ledger *)shm_region(old, &ledger))->begun = 9;
    looker = shm_open_existing(&conf, newer);
    assert_null(looker);
    s = shm_open_segment(&conf, newer);
    assert_int_equal(((struct ledger *)shm_region(s, &ledger2))->begun, 7);
    assert_false(shm_is_current(old));
    assert_true(shm_is_current(s));
    assert_int_equal(((struct ledger *)shm_region(old, &ledger))->begun, 9); /* whoever has it still has it whole */
    shm_close(&old);
    shm_close(&s);
    larger.cache_local_mb += 4096;
    s = shm_open_segment(&larger, newer);
    assert_int_equal(((struct ledger *)shm_region(s, &ledger2))->begun, 7);
    shm_close(&s);
}

static void somebody_elses_object_is_replaced(void **state)
{
    static const char junk[4096] = "this is something else";
    int fd = shm_open(name, O_RDWR | O_CREAT, 0600);
    struct shm *s;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, junk, sizeof(junk)), (ssize_t)sizeof(junk));
    s = shm_open_segment(&conf, both);
    assert_false(shm_is_private(s));
    assert_int_equal(((struct ledger *)shm_region(s, &ledger))->begun, 7);
    shm_close(&s);
    (void)close(fd);
}

/* Its maker died before it was finished: the magic isn't there yet. */
static void a_half_made_one_is_begun_again(void **state)
{
    struct shm *s = shm_open_segment(&conf, both);
    uint64_t nothing = 0;
    int fd = shm_open(name, O_RDWR, 0);

    (void)state;
    ((struct ledger *)shm_region(s, &ledger))->begun = 9;
    shm_close(&s);
    assert_int_equal(pwrite(fd, &nothing, sizeof(nothing), 0), (ssize_t)sizeof(nothing));
    (void)close(fd);
    s = shm_open_segment(&conf, both);
    assert_int_equal(((struct ledger *)shm_region(s, &ledger))->begun, 7);
    shm_close(&s);
}

static void nothing_is_made_for_who_only_looks(void **state)
{
    struct shm *s = shm_open_existing(&conf, both);

    (void)state;
    assert_null(s);
    s = shm_open_segment(&conf, both);
    shm_close(&s);
    s = shm_open_existing(&conf, both);
    assert_non_null(s);
    shm_close(&s);
}

/* A name that the system refuses: the process goes on by itself. */
static void without_a_segment_there_is_one_of_ones_own(void **state)
{
    struct conf bad = conf;
    char no_such_name[] = "/no/such/name";
    struct shm *s;

    (void)state;
    bad.shm_name = no_such_name;
    s = shm_open_segment(&bad, both);
    assert_true(shm_is_private(s));
    assert_int_equal(((struct ledger *)shm_region(s, &ledger))->begun, 7);
    shm_close(&s);
}

static void repair(void *arg)
{
    struct ledger *l = arg;

    l->ended = l->begun;
    l->repaired++;
}

/* Children die between the two halves of a change, holding the lock. */
static void a_lock_survives_its_owner(void **state)
{
    struct shm *s = shm_open_segment(&conf, both);
    struct ledger *l = shm_region(s, &ledger);

    (void)state;
    for (int i = 1; i <= 20; i++) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
            if (!shm_lock(&l->lock, repair, l))
                _exit(1);
            l->begun++;
            _exit(2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_int_not_equal(l->begun, l->ended);
        if (i % 2 == 0) { /* else the next child finds it as it is */
            assert_true(shm_lock(&l->lock, repair, l));
            assert_int_equal(l->begun, l->ended);
            assert_int_equal(l->repaired, i);
            shm_unlock(&l->lock);
        }
    }
    shm_close(&s);
}

/* One that was stopped with the lock in hand holds up the others for SHM_LOCK_WAIT_MS and no longer. */
static void waiting_for_a_lock_is_bounded(void **state)
{
    struct shm *s = shm_open_segment(&conf, both);
    struct ledger *l = shm_region(s, &ledger);
    int ready[2], status;
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!shm_lock(&l->lock, repair, l))
            _exit(1);
        (void)!write(ready[1], "x", 1);
        (void)raise(SIGSTOP);
        shm_unlock(&l->lock);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_false(shm_lock(&l->lock, repair, l));
    (void)kill(child, SIGCONT);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(shm_lock(&l->lock, repair, l));
    assert_int_equal(l->repaired, 0);
    shm_unlock(&l->lock);
    (void)close(ready[0]);
    (void)close(ready[1]);
    shm_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_openers_share_it, forget, forget),
        cmocka_unit_test_setup_teardown(another_layout_is_replaced, forget, forget),
        cmocka_unit_test_setup_teardown(somebody_elses_object_is_replaced, forget, forget),
        cmocka_unit_test_setup_teardown(a_half_made_one_is_begun_again, forget, forget),
        cmocka_unit_test_setup_teardown(nothing_is_made_for_who_only_looks, forget, forget),
        cmocka_unit_test_setup_teardown(without_a_segment_there_is_one_of_ones_own, forget, forget),
        cmocka_unit_test_setup_teardown(a_lock_survives_its_owner, forget, forget),
        cmocka_unit_test_setup_teardown(waiting_for_a_lock_is_bounded, forget, forget),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
