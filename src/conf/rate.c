/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "conf/rate.h"

#include <string.h>

#include "base/parse.h"

static bool read_unit(const char *p, size_t n, struct rate *r)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0) {
            r->unit = units[i].name;
            r->window_s = units[i].seconds;
            return true;
        }
    }
    return false;
}

bool rate_parse(const char *text, struct rate rates[RATES_MAX], size_t *n, const char **why)
{
    *n = 0;
    if (strcmp(text, "off") == 0)
        return true;
    for (;;) {
        size_t length = strcspn(text, ";"), digits = strcspn(text, "/;");
        char number[16];

        *why = "has too many limits";
        if (*n == RATES_MAX)
            return false;
        *why = "is not of the form NUMBER/UNIT;NUMBER/UNIT, with unit second, minute, hour or day, or off";
        if (digits == 0 || digits >= sizeof(number) || text[digits] != '/')
            return false;
        memcpy(number, text, digits);
        number[digits] = '\0';
        if (!parse_i64(number, &rates[*n].count) || rates[*n].count < 1 || rates[*n].count > 1000000 ||
            !read_unit(text + digits + 1, length - digits - 1, &rates[*n]))
            return false;
        for (size_t i = 0; i < *n; i++) {
            *why = "limits the same unit twice";
            if (rates[i].window_s == rates[*n].window_s)
                return false;
        }
        (*n)++;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}
