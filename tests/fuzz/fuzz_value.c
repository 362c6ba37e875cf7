/* SPDX-License-Identifier: Apache-2.0
 *
 * Single values given as text: query parameters, cells of a CSV file. The first byte picks the column.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "boards/port/port.h"
#include "ctl/import_kinds.h"

#define COLUMNS_MAX 512

static size_t add_all(const struct column **all, size_t n, const struct column *columns)
{
    for (; columns != NULL && columns->name != NULL && n < COLUMNS_MAX; columns++)
        all[n++] = columns;
    return n;
}

/* "2026-11-20T14:30:00Z" by the C library: a day that doesn't exist becomes another one. */
static void check_time(const char *text)
{
    struct tm given = {0}, tm;
    time_t t;

    PROMISE(sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d", &given.tm_year, &given.tm_mon, &given.tm_mday, &given.tm_hour,
                   &given.tm_min, &given.tm_sec) == 6);
    given.tm_year -= 1900;
    given.tm_mon -= 1;
    tm = given;
    t = timegm(&tm);
    PROMISE(t >= 0);
    PROMISE(tm.tm_year == given.tm_year && tm.tm_mon == given.tm_mon && tm.tm_mday == given.tm_mday &&
            tm.tm_hour == given.tm_hour && tm.tm_min == given.tm_min && tm.tm_sec == given.tm_sec);
}

static void check_accepted(struct fuzz *f, const struct column *c, const char *text)
{
    const char *why;
    int64_t number = 0;
    bool known = false;

    PROMISE(c->check == NULL || c->check(text, &why));
    switch (c->type) {
    case COL_TEXT:
        for (const char *p = text; *p != '\0'; p++) {
            PROMISE((unsigned char)*p >= 0x20 || strchr("\t\n\r", *p) != NULL);
            number += ((unsigned char)*p & 0xc0) != 0x80;
        }
        PROMISE(number >= c->min && number <= c->max);
        break;
    case COL_INT:
        PROMISE(parse_i64(text, &number) && number >= c->min && number <= c->max);
        PROMISE(strspn(text, "-0123456789") == strlen(text));
        break;
    case COL_BOOL:
        PROMISE(strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
        break;
    case COL_DATE:
        PROMISE(strlen(text) == 10);
        check_time(arena_printf(f->arena, "%sT00:00:00Z", text));
        break;
    case COL_TIME:
        check_time(text);
        break;
    case COL_UUID:
        PROMISE(strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36);
        break;
    case COL_CHOICE:
        for (size_t i = 0; c->choices[i] != NULL; i++)
            known = known || strcmp(c->choices[i], text) == 0;
        PROMISE(known);
        break;
    case COL_WORDS:
        PROMISE(text[strspn(text, " \t\n\r")] == '[');
        /* fall through */
    case COL_COUNTS: /* goes to PostgreSQL's jsonb as it is */
        PROMISE(fuzz_is_json(text));
        PROMISE(!fuzz_has_nul_escape(text, strlen(text)));
        break;
    case COL_NUMBER:
    case COL_JSON:
        PROMISE(false); /* only shown */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct column others[] = {
        {"active", COL_BOOL, 0, 0, 0, NULL, NULL, ""},
        {"due_on", COL_DATE, 0, 0, 0, NULL, NULL, ""},
        {"skills", COL_WORDS, 0, 0, 20, NULL, NULL, ""},
        {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL},
    };
    const struct column *all[COLUMNS_MAX], *c;
    struct fuzz f;
    char *text;
    size_t n = 0;

    n = add_all(all, n, others);
    n = add_all(all, n, port_vessels.columns);
    n = add_all(all, n, port_tallies.columns);
    for (const struct kind *k = import_kinds; k->name != NULL; k++)
        n = add_all(all, n, k->more);
    if (size == 0)
        return 0;
    fuzz_begin(&f);
    c = all[data[0] % n];
    text = fuzz_text(&f, data + 1, size - 1);
    if (str_is_text(text, strlen(text))) { /* whoever calls column_check() has made sure of it */
        if (column_check(c, c->name, text, &f.err) == OUT_OK)
            check_accepted(&f, c, text);
        else
            fuzz_problem(&f, "12345678");
    }
    fuzz_end(&f);
    return 0;
}
