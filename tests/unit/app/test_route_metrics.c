/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/processes.h"

#include <sodium.h>

#include "app/route_metrics.h"

static const struct shm_region *const regions[] = {&route_metrics_region, NULL};
static struct conf conf;

static int64_t read_count(const struct route_metrics *m, const struct route *r, enum status_class status)
{
    struct histogram h = {.sum_us = 0};

    route_metrics_read(m, r, status, &h);
    return histogram_count(&h);
}

static void each_route_and_class_is_counted_apart(void **state)
{
    struct shm *shm = segment_new(&conf, regions);
    struct route_metrics m;
    int64_t n = 0;

    (void)state;
    route_metrics_init(&m, shm);
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        n++;
        for (int64_t i = 0; i < n; i++)
            route_metrics_count(&m, r, 200 + 100 * (int)(n % STATUS_COUNT), 5);
    }
    route_metrics_count(&m, NULL, 404, 5);
    n = 0;
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        n++;
        for (int status = 0; status < STATUS_COUNT; status++)
            assert_int_equal(read_count(&m, r, (enum status_class)status), status == n % STATUS_COUNT ? n : 0);
    }
    assert_int_equal(read_count(&m, NULL, STATUS_4XX), 1);
    assert_int_equal(read_count(&m, NULL, STATUS_2XX), 0);
    shm_close(&shm);
}

/* The keys come first in the region: those of another program's table, which knew only some of these routes. */
static void another_table_goes_on_in_the_same_places(void **state)
{
    struct shm *shm = segment_new(&conf, regions);
    uint64_t *keys = shm_region(shm, &route_metrics_region);
    struct route_metrics before, after;

    (void)state;
    route_metrics_init(&before, shm);
    route_metrics_count(&before, &routes[0], 200, 5);
    route_metrics_count(&before, &routes[2], 200, 5);
    keys[before.place[1]] = UINT64_C(0x5eed); /* a route that is no more */
    route_metrics_init(&after, shm);
    assert_int_equal(after.place[0], before.place[0]);
    assert_int_equal(after.place[2], before.place[2]);
    assert_int_not_equal(after.place[1], before.place[1]);
    assert_int_equal(read_count(&after, &routes[0], STATUS_2XX), 1);
    assert_int_equal(read_count(&after, &routes[1], STATUS_2XX), 0);
    assert_int_equal(read_count(&after, &routes[2], STATUS_2XX), 1);
    shm_close(&shm);
}

static void without_a_place_it_is_among_the_others(void **state)
{
    struct shm *shm = segment_new(&conf, regions);
    uint64_t *keys = shm_region(shm, &route_metrics_region);
    struct route_metrics m;

    (void)state;
    for (uint64_t i = 1; i <= ROUTES_MAX; i++)
        keys[i] = i;
    route_metrics_init(&m, shm);
    route_metrics_count(&m, &routes[0], 200, 5);
    route_metrics_count(&m, &routes[1], 200, 5);
    assert_int_equal(read_count(&m, NULL, STATUS_2XX), 2);
    shm_close(&shm);
}

static int count_all(void *arg, int i)
{
    struct route_metrics m;

    (void)i;
    route_metrics_init(&m, arg);
    for (const struct route *r = routes; r->pattern != NULL; r++)
        route_metrics_count(&m, r, 200, 5);
    return 0;
}

static void who_starts_at_once_agrees_on_the_places(void **state)
{
    struct shm *shm = segment_new(&conf, regions);
    struct route_metrics m;
    pid_t children[16];

    (void)state;
    for (int i = 0; i < 16; i++)
        children[i] = child_start(count_all, shm, i);
    for (int i = 0; i < 16; i++)
        assert_int_equal(child_end(children[i]), 0);
    route_metrics_init(&m, shm);
    for (const struct route *r = routes; r->pattern != NULL; r++)
        assert_int_equal(read_count(&m, r, STATUS_2XX), 16);
    shm_close(&shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_shared_test(each_route_and_class_is_counted_apart),
        a_shared_test(another_table_goes_on_in_the_same_places),
        a_shared_test(without_a_place_it_is_among_the_others),
        a_shared_test(who_starts_at_once_agrees_on_the_places),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
