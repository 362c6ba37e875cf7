/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done with the database's answers; asking it is for the tests that have one.
 */
#include "config.h"
#include "cache/versions.c" /* to answer in its stead */
#include "tests/unit/processes.h"

#include "base/random.h"

static const struct shm_region *const only_versions[] = {&versions_region, NULL};
static const char *const both[] = {"vessels", "tallies"};
static struct conf conf;
static struct shm *segment;

static struct versions *new_versions(void)
{
    segment = segment_new(&conf, only_versions);
    return versions_open(segment);
}

/* As versions_refresh() does with a row. */
static void answer(struct versions *v, const char *tag, int64_t version, int64_t asked, int64_t now)
{
    struct slot *s = find(v, tag);

    assert_non_null(s);
    memcpy(s->tag, tag, strlen(tag) + 1);
    learn(s, version, asked, now);
}

static struct version version_of(struct versions *v, const char *tag)
{
    struct version version;

    assert_true(versions_get(v, &tag, 1, &version));
    return version;
}

static void at_first_nothing_is_known(void **state)
{
    struct versions *v = new_versions();
    struct version out[2];
    struct tag_version all[VERSIONS_MAX];

    (void)state;
    assert_true(versions_get(v, both, 0, out)); /* of nothing everything is known */
    assert_false(versions_get(v, both, 2, out));
    assert_int_equal(versions_all(v, all), 0);
    answer(v, "tallies", 5, 100, 110);
    assert_false(versions_get(v, both, 2, out)); /* one of them is not enough */
    assert_true(versions_get(v, both + 1, 1, out));
    answer(v, "vessels", 9, 100, 110);
    assert_true(versions_get(v, both, 2, out));
    assert_int_equal(out[0].version, 9); /* in the order they were asked for */
    assert_int_equal(out[1].version, 5);
    assert_int_equal(versions_all(v, all), 2);
    assert_string_equal(all[0].tag, "tallies");
    assert_int_equal(all[0].v.version, 5);
    shm_close(&segment);
}

static void a_version_was_certain_when_the_question_was_sent(void **state)
{
    struct versions *v = new_versions();
    struct version now;

    (void)state;
    answer(v, "vessels", 7, 1000, 1050);
    assert_int_equal(version_of(v, "vessels").known_ms, 1000);
    answer(v, "vessels", 7, 1200, 1210);
    assert_int_equal(version_of(v, "vessels").known_ms, 1200);
    answer(v, "vessels", 7, 1100, 1300); /* an answer that was slower than the next one */
    now = version_of(v, "vessels");
    assert_int_equal(now.known_ms, 1200);
    assert_int_equal(now.last_version, 0);
    answer(v, "vessels", 8, 1400, 1410);
    now = version_of(v, "vessels");
    assert_int_equal(now.version, 8);
    assert_int_equal(now.known_ms, 1400);
    assert_int_equal(now.last_version, 7);
    assert_int_equal(now.last_known_ms, 1200);
    shm_close(&segment);
}

/* The agent asked, then a write was answered here, then the agent's answer came: with what was before the write. */
static void an_overtaken_answer_takes_nothing_back(void **state)
{
    struct versions *v = new_versions();
    struct version now;

    (void)state;
    answer(v, "vessels", 7, 1000, 1010);
    answer(v, "vessels", 8, 1105, 1110);
    answer(v, "vessels", 7, 1100, 1120);
    answer(v, "vessels", 7, 1110, 1120);
    now = version_of(v, "vessels");
    assert_int_equal(now.version, 8);
    assert_int_equal(now.known_ms, 1105);
    assert_int_equal(now.last_version, 7);
    shm_close(&segment);
}

/* A backup was restored: what it says is what counts, as soon as it was asked after we learned the other. */
static void a_database_that_went_back_is_believed(void **state)
{
    struct versions *v = new_versions();

    (void)state;
    answer(v, "vessels", 80, 1000, 1010);
    answer(v, "vessels", 7, 1011, 1020);
    assert_int_equal(version_of(v, "vessels").version, 7);
    assert_int_equal(version_of(v, "vessels").known_ms, 1011);
    assert_int_equal(version_of(v, "vessels").last_version, 80);
    answer(v, "vessels", 8, 1100, 1110);
    assert_int_equal(version_of(v, "vessels").version, 8);
    shm_close(&segment);
}

static void a_doubt_lasts_until_it_was_asked_again(void **state)
{
    struct versions *v = new_versions();
    int64_t now = clock_mono_ms();

    (void)state;
    answer(v, "vessels", 7, now, now);
    answer(v, "tallies", 7, now, now);
    assert_false(version_of(v, "vessels").doubted);
    versions_doubt(v);
    assert_true(v->doubt_ms >= now);
    now = v->doubt_ms;
    assert_true(version_of(v, "vessels").doubted);
    assert_true(version_of(v, "tallies").doubted);
    answer(v, "vessels", 7, now - 1, now + 50); /* asked before the write ended */
    assert_true(version_of(v, "vessels").doubted);
    answer(v, "vessels", 7, now, now + 50);
    assert_true(version_of(v, "vessels").doubted); /* in the same millisecond: who knows */
    answer(v, "vessels", 7, now + 1, now + 50);
    assert_false(version_of(v, "vessels").doubted);
    assert_true(version_of(v, "tallies").doubted);
    answer(v, "tallies", 8, now + 1, now + 50);
    assert_false(version_of(v, "tallies").doubted);
    shm_close(&segment);
}

static void there_is_room_for_so_many(void **state)
{
    struct versions *v = new_versions();
    struct tag_version all[VERSIONS_MAX];
    struct version out;
    char tag[TAG_SIZE];
    const char *const name = tag;

    (void)state;
    for (int i = 0; i < VERSIONS_MAX; i++) {
        (void)snprintf(tag, sizeof(tag), "tag%d", i);
        answer(v, tag, i + 1, 10, 10);
    }
    assert_int_equal(versions_all(v, all), VERSIONS_MAX);
    (void)snprintf(tag, sizeof(tag), "one-more");
    assert_null(find(v, tag));
    assert_false(versions_get(v, &name, 1, &out));
    assert_int_equal(version_of(v, "tag63").version, 64);
    shm_close(&segment);
}

static int lock_and(void *arg, int signal_number)
{
    struct versions *v = arg;

    if (!shm_lock(&v->lock, forget, v))
        return 1;
    (void)raise(signal_number);
    shm_unlock(&v->lock);
    return 0;
}

/* Nothing is known then, so nothing is served that may be old. */
static void while_it_is_held_nothing_is_known(void **state)
{
    struct versions *v = new_versions();
    struct tag_version all[VERSIONS_MAX];
    struct version out[2];
    pid_t holder;
    int status;

    (void)state;
    answer(v, "vessels", 7, 10, 10);
    answer(v, "tallies", 7, 10, 10);
    holder = child_start(lock_and, v, SIGSTOP);
    child_await_stop(holder);
    assert_false(versions_get(v, both, 2, out));
    assert_int_equal(versions_all(v, all), 0);
    assert_int_equal(kill(holder, SIGCONT), 0);
    assert_int_equal(child_end(holder), 0);
    assert_true(versions_get(v, both, 2, out));
    holder = child_start(lock_and, v, SIGKILL);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_false(versions_get(v, both, 2, out));
    shm_close(&segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(at_first_nothing_is_known),
        a_shared_test(a_version_was_certain_when_the_question_was_sent),
        a_shared_test(an_overtaken_answer_takes_nothing_back),
        a_shared_test(a_database_that_went_back_is_believed),
        a_shared_test(a_doubt_lasts_until_it_was_asked_again),
        a_shared_test(there_is_room_for_so_many),
        a_shared_test(while_it_is_held_nothing_is_known),
    };

    random_init();
    log_init("test_versions", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
