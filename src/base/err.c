/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/err.h"

void error_init(struct error *e, struct arena *arena)
{
    *e = (struct error){.arena = arena, .outcome = OUT_OK};
}

enum outcome error_set(struct error *e, enum outcome outcome, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    e->detail = arena_vprintf(e->arena, fmt, ap);
    va_end(ap);
    e->outcome = outcome;
    return outcome;
}

enum outcome error_field(struct error *e, enum outcome outcome, const char *field, const char *fmt, ...)
{
    va_list ap;

    if (e->nfields < ERROR_FIELDS_MAX) {
        va_start(ap, fmt);
        e->fields[e->nfields].field = arena_strdup(e->arena, field);
        e->fields[e->nfields].detail = arena_vprintf(e->arena, fmt, ap);
        va_end(ap);
    }
    e->nfields++;
    e->outcome = outcome;
    return outcome;
}

enum outcome error_log(struct error *e, enum outcome outcome, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    e->log = arena_vprintf(e->arena, fmt, ap);
    va_end(ap);
    e->outcome = outcome;
    return outcome;
}
