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

static bool is_same(const struct cursor *a, const struct cursor *b)
{
    return a->backwards == b->backwards && a->page == b->page && strcmp(a->sort, b->sort) == 0 &&
           strcmp(a->key, b->key) == 0 && strcmp(a->id, b->id) == 0;
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
    size_t at;

    where = fuzz_line(f, &data, &size);
    c.backwards = *where == 'p';
    c.sort = fuzz_line(f, &data, &size);
    c.key = fuzz_line(f, &data, &size);
    c.id = fuzz_line(f, &data, &size);
    if (strchr(c.sort, SEPARATOR) != NULL || strchr(c.key, SEPARATOR) != NULL || strchr(c.id, SEPARATOR) != NULL ||
        strlen(c.sort) + strlen(c.key) + strlen(c.id) > TEXT_MAX - 64)
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
