/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ops/exposition.h"

#include <stdio.h>
#include <stdlib.h>

/* Bounds of the buckets, as powers of two in microseconds, so that they are bounds of struct histogram's own and the counts
 * exact: 16, 64 and 256 µs, then each doubling from a millisecond to 17 s. A time is cut to whole microseconds when it is taken,
 * so what the next bucket begins with took longer than the bound. */
static const int bounds[] = {4, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};

void exposition_family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

static void add_number(struct buf *b, int64_t value, int digits)
{
    int64_t unit = 1;

    for (int i = 0; i < digits; i++)
        unit *= 10;
    if (digits == 0)
        buf_printf(b, "%lld", (long long)value);
    else
        buf_printf(b, "%s%lld.%0*lld", value < 0 ? "-" : "", llabs(value / unit), digits, llabs(value % unit));
}

/* Whatever the value is, it ends where it ends. */
static void add_label(struct buf *b, char before, const struct label *label)
{
    buf_printf(b, "%c%s=\"", before, label->name);
    for (const char *p = label->value; *p != '\0'; p++) {
        if (*p == '\n')
            buf_puts(b, "\\n");
        else if (*p == '"' || *p == '\\')
            buf_printf(b, "\\%c", *p);
        else
            buf_char(b, *p);
    }
    buf_char(b, '"');
}

/* name_suffix{labels,le="…"}; `le` may be NULL. */
static void add_name(struct buf *b, const char *name, const char *suffix, const struct label *labels, const char *le)
{
    char before = '{';

    buf_puts(b, name);
    buf_puts(b, suffix);
    for (const struct label *l = labels; l != NULL && l->name != NULL; l++) {
        add_label(b, before, l);
        before = ',';
    }
    if (le != NULL) {
        add_label(b, before, &(struct label){"le", le});
        before = ',';
    }
    if (before == ',')
        buf_char(b, '}');
    buf_char(b, ' ');
}

void exposition_sample(struct buf *b, const char *name, const struct label *labels, int64_t value, int digits)
{
    add_name(b, name, "", labels, NULL);
    add_number(b, value, digits);
    buf_char(b, '\n');
}

void exposition_single(struct buf *b, const char *name, const char *type, const char *help, int64_t value, int digits)
{
    exposition_family(b, name, type, help);
    exposition_sample(b, name, NULL, value, digits);
}

static void add_count(struct buf *b, const char *name, const char *suffix, const struct label *labels, const char *le,
                      int64_t count)
{
    add_name(b, name, suffix, labels, le);
    add_number(b, count, 0);
    buf_char(b, '\n');
}

void exposition_histogram(struct buf *b, const char *name, const struct label *labels, const struct histogram *h)
{
    const int64_t all = histogram_count(h);
    int64_t below = 0;
    int bucket = 0;

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const int64_t us = INT64_C(1) << bounds[i];
        char le[32];

        while (bucket < histogram_bucket(us))
            below += h->counts[bucket++];
        (void)snprintf(le, sizeof(le), "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
        add_count(b, name, "_bucket", labels, le, below);
    }
    add_count(b, name, "_bucket", labels, "+Inf", all);
    add_name(b, name, "_sum", labels, NULL);
    add_number(b, h->sum_us, 6);
    buf_char(b, '\n');
    add_count(b, name, "_count", labels, NULL, all);
}
