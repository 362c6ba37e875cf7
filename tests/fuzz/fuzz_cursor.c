/* SPDX-License-Identifier: Apache-2.0
 *
 * Cursors. By the first byte: 0, a text as it comes, which must be refused, for nobody without the secret can make one; 1,
 * lines that become a cursor, of which one character is changed then; 2, bytes under a valid MAC, so that what lies
 * behind the check is reached as well.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "engine/cursor.c" /* make_mac() */

#define SECRET "0123456789abcdef0123456789abcdef"
#define SCOPE  "vessels"

static bool are_same(const char *const *a, const char *const *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(a[i], b[i]) != 0)
            return false;
    }
    return true;
}

static bool is_same(const struct cursor *a, const struct cursor *b)
{
    return a->backwards == b->backwards && a->page == b->page && strcmp(a->sort, b->sort) == 0 &&
           strcmp(a->id, b->id) == 0 && a->nkeys == b->nkeys && are_same(a->keys, b->keys, a->nkeys);
}

static void try_text(struct fuzz *f, const uint8_t *data, size_t size)
{
    struct cursor c;

    PROMISE(!cursor_open(&c, fuzz_text(f, data, size), SCOPE, SECRET, "", f->arena));
}

static void try_fields(struct fuzz *f, const uint8_t *data, size_t size)
{
    struct cursor c = {.page = 1}, back;
    const char *where;
    char *text;
    size_t at, length;

    where = fuzz_line(f, &data, &size);
    c.backwards = *where == 'p';
    c.sort = fuzz_line(f, &data, &size);
    c.id = fuzz_line(f, &data, &size);
    c.nkeys = 1 + strlen(where) % CURSOR_KEYS_MAX;
    length = strlen(c.sort) + strlen(c.id);
    if (strchr(c.sort, SEPARATOR) != NULL || strchr(c.id, SEPARATOR) != NULL)
        return;
    for (size_t i = 0; i < c.nkeys; i++) {
        c.keys[i] = fuzz_line(f, &data, &size);
        length += strlen(c.keys[i]);
        if (strchr(c.keys[i], SEPARATOR) != NULL)
            return;
    }
    if (length > TEXT_MAX - 64)
        return;
    for (const char *p = where; *p != '\0'; p++)
        c.page = (c.page * 131 + (unsigned char)*p) % INT32_MAX;
    text = cursor_seal(&c, SCOPE, SECRET, f->arena);
    PROMISE(cursor_open(&back, text, SCOPE, SECRET, "", f->arena) && is_same(&back, &c));
    PROMISE(!cursor_open(&back, text, SCOPE "x", SECRET, "", f->arena));
    PROMISE(!cursor_open(&back, text, SCOPE, SECRET "x", "", f->arena));
    at = (size_t)c.page % strlen(text);
    text[at] = text[at] == 'A' ? 'B' : 'A';
    PROMISE(!cursor_open(&back, text, SCOPE, SECRET, "", f->arena));
    text[at] = '\0';
    PROMISE(!cursor_open(&back, text, SCOPE, SECRET, "", f->arena));
}

static void try_forged(struct fuzz *f, const uint8_t *data, size_t size)
{
    size_t n = MAC_BYTES + size, room = sodium_base64_encoded_len(n, VARIANT);
    unsigned char *raw = arena_alloc(f->arena, n);
    char *text = arena_alloc(f->arena, room);
    struct cursor c, back;

    if (size > 0)
        memcpy(raw + MAC_BYTES, data, size);
    make_mac(raw, (const char *)raw + MAC_BYTES, size, SCOPE, SECRET);
    (void)sodium_bin2base64(text, room, raw, n, VARIANT);
    if (!cursor_open(&c, text, SCOPE, SECRET, "", f->arena))
        return;
    PROMISE(cursor_open(&back, cursor_seal(&c, SCOPE, SECRET, f->arena), SCOPE, SECRET, "", f->arena));
    PROMISE(is_same(&back, &c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct fuzz *, const uint8_t *, size_t) = {try_text, try_fields, try_forged};
    struct fuzz f;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    tries[data[0] % 3](&f, data + 1, size - 1);
    fuzz_end(&f);
    return 0;
}
