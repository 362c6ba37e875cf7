/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate limits as the configuration has them.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "conf/rate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rate rates[RATES_MAX], again[RATES_MAX];
    const char *why = NULL, *text;
    struct fuzz f;
    struct buf b;
    size_t n, m;

    fuzz_begin(&f);
    text = fuzz_text(&f, data, size);
    if (rate_parse(text, rates, &n, &why)) {
        PROMISE(n <= RATES_MAX && (n > 0 || strcmp(text, "off") == 0));
        buf_init(&b, f.arena, 64);
        for (size_t i = 0; i < n; i++) {
            PROMISE(rates[i].count >= 1 && rates[i].window_s >= 1);
            for (size_t j = 0; j < i; j++)
                PROMISE(rates[i].window_s != rates[j].window_s);
            buf_printf(&b, "%s%lld/%s", i > 0 ? ";" : "", (long long)rates[i].count, rates[i].unit);
        }
        PROMISE(n == 0 || rate_parse(b.data, again, &m, &why));
        PROMISE(n == 0 || m == n);
        for (size_t i = 0; i < n; i++)
            PROMISE(again[i].count == rates[i].count && again[i].window_s == rates[i].window_s);
    } else {
        PROMISE(why != NULL && *why != '\0');
    }
    fuzz_end(&f);
    return 0;
}
