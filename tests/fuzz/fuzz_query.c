/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries: "a=1&b=2".
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "http/request.h"

static void check_same(struct fuzz *f, const struct http_param *params, size_t n)
{
    struct http_param again[REQUEST_PARAMS_MAX];
    struct buf b;
    size_t m;

    buf_init(&b, f->arena, 64);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&b, '&');
        fuzz_percent(&b, params[i].name);
        buf_char(&b, '=');
        fuzz_percent(&b, params[i].value);
    }
    PROMISE(query_parse(b.data, again, REQUEST_PARAMS_MAX, &m, f->arena, &f->err) == OUT_OK);
    PROMISE(m == n);
    for (size_t i = 0; i < n; i++)
        PROMISE(strcmp(again[i].name, params[i].name) == 0 && strcmp(again[i].value, params[i].value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_param params[REQUEST_PARAMS_MAX];
    struct fuzz f;
    size_t n;

    fuzz_begin(&f);
    if (query_parse(fuzz_text(&f, data, size), params, REQUEST_PARAMS_MAX, &n, f.arena, &f.err) != OUT_OK) {
        fuzz_problem(&f, "12345678");
    } else {
        PROMISE(n <= REQUEST_PARAMS_MAX);
        for (size_t i = 0; i < n; i++) {
            PROMISE(*params[i].name != '\0');
            PROMISE(str_is_text(params[i].name, strlen(params[i].name)));
            PROMISE(str_is_text(params[i].value, strlen(params[i].value)));
            for (size_t j = 0; j < i; j++)
                PROMISE(strcmp(params[i].name, params[j].name) != 0);
        }
        check_same(&f, params, n);
    }
    fuzz_end(&f);
    return 0;
}
