/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/unit/unit.h"

#include "base/random.h"
#include "cache/entry.h"

static const unsigned char mac_key[16] = "sixteen bytes..";

static const struct entry sample = {
    .made_ms = 1795600000000,
    .ttl_ms = 60000,
    .cost_us = 1234,
    .versions = {7, 8, 0, 9},
    .key = {"the key's hash.."},
};

/* As a route would answer; the first two headers are not the board's. */
static void answer(struct http_response *r, struct str body)
{
    response_init(r);
    response_header(r, "RateLimit", "\"minute\";r=9;t=60");
    response_header(r, "X-Request-Id", "0123");
    response_json(r, 200, body);
    r->etag = "\"abc\"";
    response_header(r, "Link", "</api/vessels?page=2>; rel=\"next\"");
    response_header(r, "X-Empty", "");
}

static struct str pack(struct unit *u, struct str body)
{
    struct http_response r;

    answer(&r, body);
    return entry_pack(&sample, &r, 2, mac_key, u->arena);
}

/* A copy of exactly these bytes, so that reading on is an error that tools see. */
static struct str copy(struct unit *u, struct str s)
{
    char *p = arena_alloc(u->arena, s.n);

    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

static bool holds(struct str bytes)
{
    struct entry e;

    return entry_check(bytes, &sample.key, mac_key, &e);
}

static void an_answer_comes_back_as_it_was(void **state)
{
    static const struct str bodies[] = {{"{\"data\":[]}", 11}, {"", 0}, {"a\0b\0\0c\xff", 7}, {"\0", 1}};
    struct unit *u = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct str bytes = copy(u, pack(u, bodies[i]));
        struct http_response was, r;
        struct entry e;

        answer(&was, bodies[i]);
        response_init(&r);
        response_header(&r, "RateLimit", "another's");
        assert_true(entry_check(bytes, &sample.key, mac_key, &e));
        assert_memory_equal(&e, &sample, sizeof(e));
        entry_respond(bytes, &r);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.content_type, was.content_type);
        assert_string_equal(r.etag, "\"abc\"");
        assert_int_equal(r.body.n, bodies[i].n);
        assert_memory_equal(r.body.p, bodies[i].p, bodies[i].n);
        assert_int_equal(r.nheaders, 3); /* what was this request's own stays, the other one's own stays away */
        assert_string_equal(r.headers[0].value, "another's");
        assert_string_equal(r.headers[1].name, "Link");
        assert_string_equal(r.headers[1].value, "</api/vessels?page=2>; rel=\"next\"");
        assert_string_equal(r.headers[2].name, "X-Empty");
        assert_string_equal(r.headers[2].value, "");
    }
}

static void an_answer_without_headers_comes_back_too(void **state)
{
    struct unit *u = *state;
    struct http_response r;
    struct str bytes;

    answer(&r, STR("body"));
    bytes = entry_pack(&sample, &r, r.nheaders, mac_key, u->arena);
    response_init(&r);
    assert_true(holds(bytes));
    entry_respond(bytes, &r);
    assert_int_equal(r.nheaders, 0);
    assert_int_equal(r.body.n, 4);
    assert_memory_equal(r.body.p, "body", 4);
}

static void every_changed_bit_is_found_out(void **state)
{
    struct unit *u = *state;
    struct str bytes = copy(u, pack(u, STR("{\"data\":[1,2,3]}")));
    char *p = (char *)(uintptr_t)bytes.p;

    assert_true(holds(bytes));
    for (size_t i = 0; i < bytes.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            p[i] ^= (char)(1 << bit);
            assert_false(holds(bytes));
            p[i] ^= (char)(1 << bit);
        }
        p[i] = (char)~p[i];
        assert_false(holds(bytes));
        p[i] = (char)~p[i];
    }
    assert_true(holds(bytes));
}

static void every_other_length_is_found_out(void **state)
{
    struct unit *u = *state;
    struct str whole = pack(u, STR("{\"data\":[1,2,3]}")), longer;

    for (size_t n = 0; n < whole.n; n++)
        assert_false(holds(copy(u, (struct str){whole.p, n})));
    for (size_t n = 1; n < 20; n++) {
        char *p = arena_zalloc(u->arena, whole.n + n);

        memcpy(p, whole.p, whole.n);
        longer = (struct str){p, whole.n + n};
        assert_false(holds(longer));
    }
    assert_true(holds(copy(u, whole)));
}

/* Whoever lacks the key can't make one, with a length and an hour of their own. */
static void what_others_made_is_found_out(void **state)
{
    struct unit *u = *state;
    struct str bytes = pack(u, STR("{}"));
    unsigned char other_mac[16];
    struct cache_key other_key = sample.key;
    struct http_response r;
    struct entry e;

    other_key.hash[15] ^= 1;
    assert_false(entry_check(bytes, &other_key, mac_key, &e));
    for (size_t i = 0; i < sizeof(mac_key); i++) {
        memcpy(other_mac, mac_key, sizeof(other_mac));
        other_mac[i] ^= 0x80;
        assert_false(entry_check(bytes, &sample.key, other_mac, &e));
        answer(&r, STR("{}"));
        assert_false(holds(entry_pack(&sample, &r, 2, other_mac, u->arena)));
    }
    assert_true(holds(bytes));
}

/* Without the MAC, what is left: another answer, another length, and texts that don't end are still found out. */
static void what_lies_here_is_read_by_its_form(void **state)
{
    struct unit *u = *state;
    struct str bytes = copy(u, pack(u, STR("{\"data\":[1,2,3]}")));
    char *p = (char *)(uintptr_t)bytes.p;
    struct cache_key other_key = sample.key;
    struct entry e;

    p[0] ^= 1;
    assert_true(entry_read(bytes, &sample.key, &e));
    assert_memory_equal(&e, &sample, sizeof(e));
    assert_false(holds(bytes));
    other_key.hash[0] ^= 1;
    assert_false(entry_read(bytes, &other_key, &e));
    for (size_t n = 0; n < bytes.n; n++)
        assert_false(entry_read(copy(u, (struct str){bytes.p, n}), &sample.key, &e));
    for (size_t i = 0; i < bytes.n; i++) {
        if (p[i] == '\0')
            p[i] = 'x';
    }
    assert_false(entry_read(bytes, &sample.key, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(an_answer_comes_back_as_it_was), a_test(an_answer_without_headers_comes_back_too),
        a_test(every_changed_bit_is_found_out), a_test(every_other_length_is_found_out),
        a_test(what_others_made_is_found_out), a_test(what_lies_here_is_read_by_its_form),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
