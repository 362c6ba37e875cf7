/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON bodies against the port board's resources. The first byte picks resource and use.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "boards/port/port.h"

static const struct {
    const struct resource *resource;
    unsigned flag;
} uses[] = {
    {&port_vessels, COL_CREATE},
    {&port_vessels, COL_UPDATE},
    {&port_tallies, COL_CREATE},
    {&port_berths, COL_CREATE},
};

static void check_values(struct fuzz *f, const struct resource *r, unsigned flag, const struct values *v)
{
    for (int i = 0; r->columns[i].name != NULL; i++) {
        const struct column *c = &r->columns[i];
        const char *text = v->text[i];

        if (!v->given[i]) {
            PROMISE(text == NULL);
            PROMISE(flag != COL_CREATE || (c->flags & COL_REQUIRED) == 0);
            continue;
        }
        PROMISE((c->flags & flag) != 0);
        PROMISE(values_get(r, v, c->name) == text);
        if (text == NULL) {
            PROMISE((c->flags & COL_NOT_NULL) == 0);
            continue;
        }
        PROMISE(str_is_text(text, strlen(text)));
        PROMISE(column_check(c, c->name, text, &f->err) == OUT_OK);
        PROMISE(c->type != COL_COUNTS || fuzz_is_json(text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {.id = "12345678"};
    struct exchange x = {.req = &req, .conf = fuzz_conf()};
    struct values v;
    struct fuzz f;
    size_t use;
    char *body;

    if (size == 0)
        return 0;
    fuzz_begin(&f);
    use = data[0] % (sizeof(uses) / sizeof(uses[0]));
    body = arena_alloc(f.arena, size); /* with the NUL that request_read() puts behind */
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';
    req.body = (struct str){body, size - 1};
    x.arena = f.arena;
    x.err = &f.err;
    if (body_read(&x, uses[use].resource, uses[use].flag, &v) == OUT_OK) {
        PROMISE(f.err.nfields == 0);
        /* A member's name or text that ends early would be another than the one that was sent. */
        PROMISE(!fuzz_has_nul_escape(body, size - 1));
        check_values(&f, uses[use].resource, uses[use].flag, &v);
    } else {
        fuzz_problem(&f, "12345678");
    }
    fuzz_end(&f);
    return 0;
}
