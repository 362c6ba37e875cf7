/* SPDX-License-Identifier: Apache-2.0
 *
 * The Cookie header, and of it the one by which a client says which versions it has seen. The first line is a cookie's
 * name, the second the header.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "cache/cache.c" /* read_seen() */

/* RFC 6265 section 5.4 read backwards: pairs between semicolons, the first of a name. */
static const char *find_cookie(struct fuzz *f, const char *header, const char *name)
{
    char *rest = arena_strdup(f->arena, header);

    while (rest != NULL) {
        char *pair = strsep(&rest, ";");

        pair += strspn(pair, " \t");
        if (str_starts(pair, name) && pair[strlen(name)] == '=')
            return pair + strlen(name) + 1;
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cache_policy policy = {CACHE_LIST, {"vessels", "tallies"}};
    struct http_request req = {.id = "12345678"};
    struct lookup l = {.policy = &policy, .ntags = 2};
    const char *name, *value, *expected;
    struct fuzz f;

    fuzz_begin(&f);
    name = fuzz_line(&f, &data, &size);
    req.cookie = fuzz_line(&f, &data, &size);
    if (*name != '\0' && strpbrk(name, "=; \t") == NULL) {
        value = request_cookie(&req, name, f.arena);
        expected = find_cookie(&f, req.cookie, name);
        PROMISE((value == NULL) == (expected == NULL));
        PROMISE(value == NULL || strcmp(value, expected) == 0);
    }

    l.arena = f.arena;
    memcpy(l.tags, policy.tags, sizeof(l.tags));
    read_seen(&l, &req);
    expected = find_cookie(&f, req.cookie, SEEN_COOKIE);
    for (size_t i = 0; i < l.ntags; i++) {
        PROMISE(l.seen[i] <= clock_real_ms() * 1000 + CLOCKS_DIFFER_US);
        PROMISE(l.seen[i] == 0 ||
                (expected != NULL &&
                 strstr(expected, arena_printf(f.arena, "%s.", policy.tags[i])) != NULL));
    }
    for (size_t i = l.ntags; i < TAGS_MAX; i++)
        PROMISE(l.seen[i] == 0);
    fuzz_end(&f);
    return 0;
}
