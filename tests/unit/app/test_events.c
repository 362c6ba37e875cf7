/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "app/events.h"
#include "auth/session.h"

static struct conf all = {.boards = (char[]){"port,labour,delivery"}, .cache = true, .events_renew_s = 150,
                          .events_socket = (char[]){"/run/events.sock"}};
static struct conf port = {.boards = (char[]){"port"}, .cache = true, .events_renew_s = 150,
                           .events_socket = (char[]){"/run/events.sock"}};

static void a_tag_is_told_to_whoever_may_read_what_is_made_from_it(void **state)
{
    (void)state;
    assert_int_equal(events_reader(&all, "tallies"), ROLE_VIEWER);
    assert_int_equal(events_reader(&all, "contracts"), ROLE_VIEWER); /* for supervisors, but in the dashboard as well */
    assert_int_equal(events_reader(&all, "payments"), ROLE_MANAGER);
    assert_int_equal(events_reader(&port, "payments"), ROLE_NONE);
    assert_int_equal(events_reader(&all, "people"), ROLE_NONE);
    assert_int_equal(events_reader(&all, ""), ROLE_NONE);
}

static void a_tag_of_one_row_among_many_is_of_its_kind(void **state)
{
    (void)state;
    assert_int_equal(events_reader(&all, "vessel_07"), ROLE_VIEWER);
    assert_int_equal(events_reader(&all, "vessel_63"), ROLE_VIEWER);
    assert_int_equal(events_reader(&all, "vessel_"), ROLE_NONE);
    assert_int_equal(events_reader(&all, "vessel_7"), ROLE_NONE);
    assert_int_equal(events_reader(&all, "vessel_071"), ROLE_NONE);
    assert_int_equal(events_reader(&all, "vessel_ab"), ROLE_NONE);
    assert_int_equal(events_reader(&all, "vessel"), ROLE_NONE);
}

static void channels_are_those_of_the_least_roles(void **state)
{
    (void)state;
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        assert_int_equal(events_is_audience(&all, role), role == ROLE_VIEWER || role == ROLE_MANAGER);
        assert_int_equal(events_is_audience(&port, role), role == ROLE_VIEWER);
    }
}

static void a_channel_is_another_after_its_time(void **state)
{
    const struct unit *u = *state;

    assert_int_equal(events_epoch(&all, 1500000), 10);
    assert_int_equal(events_epoch(&all, 1649999), 10);
    assert_int_equal(events_epoch(&all, 1650000), 11);
    assert_string_equal(events_channel(ROLE_MANAGER, 11, u->arena), "manager-11");
}

/* Where GET /events leads to: the listener's and the channel's name, or NULL. */
static const char *led_to(struct unit *u, const struct conf *conf, enum http_method method, struct caller caller,
                          enum outcome outcome)
{
    struct http_request req = {.method = method, .fetch_site = "", .origin = "https://elsewhere", .host = "here"};
    struct http_response resp;
    struct exchange x = {.arena = u->arena, .conf = conf, .caller = &caller, .req = &req, .resp = &resp, .err = &u->err};

    response_init(&resp);
    assert_int_equal(events_get(&x), outcome);
    if (resp.nheaders == 0)
        return NULL;
    assert_int_equal(resp.status, 204);
    assert_string_equal(resp.headers[0].name, "X-Accel-Redirect");
    return resp.headers[0].value;
}

static void everybody_listens_where_their_role_reaches(void **state)
{
    static const char *const channels[] = {[ROLE_VIEWER] = "/_events/user-7/viewer-", [ROLE_CLERK] = "/_events/user-7/viewer-",
                                           [ROLE_SUPERVISOR] = "/_events/user-7/viewer-",
                                           [ROLE_MANAGER] = "/_events/user-7/manager-", [ROLE_ADMIN] = "/_events/user-7/manager-"};
    struct unit *u = *state;

    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        const struct caller caller = {.role = role, .via = VIA_KEY, .user_id = 7};

        assert_true(str_starts(led_to(u, &all, HTTP_GET, caller, OUT_OK), channels[role]));
        assert_true(str_starts(led_to(u, &port, HTTP_GET, caller, OUT_OK), channels[ROLE_VIEWER]));
    }
}

static void nobody_is_let_in_by_another_site_nor_where_nobody_speaks(void **state)
{
    struct conf silent = all, uncached = all;
    struct unit *u = *state;
    struct caller key = {.role = ROLE_ADMIN, .via = VIA_KEY, .user_id = 7};
    struct caller session = {.role = ROLE_ADMIN, .via = VIA_SESSION, .user_id = 7};

    silent.events_socket = (char[]){""};
    uncached.cache = false;
    assert_null(led_to(u, &all, HTTP_GET, session, OUT_DENIED));
    assert_null(led_to(u, &silent, HTTP_GET, key, OUT_NOT_FOUND));
    assert_null(led_to(u, &uncached, HTTP_GET, key, OUT_NOT_FOUND));
    assert_null(led_to(u, &all, HTTP_HEAD, key, OUT_OK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(a_tag_is_told_to_whoever_may_read_what_is_made_from_it),
        a_test(a_tag_of_one_row_among_many_is_of_its_kind),
        a_test(channels_are_those_of_the_least_roles),
        a_test(a_channel_is_another_after_its_time),
        a_test(everybody_listens_where_their_role_reaches),
        a_test(nobody_is_let_in_by_another_site_nor_where_nobody_speaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
