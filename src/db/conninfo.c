/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "db/conninfo.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static void add_pair(struct buf *b, const char *keyword, const char *value)
{
    buf_printf(b, "%s='", keyword);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            buf_char(b, '\\');
        buf_char(b, *p);
    }
    buf_puts(b, "' ");
}

char *conninfo_with_database(const char *url, const char *database, struct arena *arena)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    struct buf b;

    if (options == NULL)
        return NULL;
    buf_init(&b, arena, 512);
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (o->val != NULL && strcmp(o->keyword, "dbname") != 0)
            add_pair(&b, o->keyword, o->val);
    }
    add_pair(&b, "dbname", database);
    PQconninfoFree(options);
    return b.data;
}

bool conninfo_to_environment(const char *url, struct buf *left_out)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool ok = options != NULL;

    for (const PQconninfoOption *o = options; ok && o->keyword != NULL; o++) {
        if (o->val == NULL)
            continue;
        if (o->envvar != NULL)
            ok = setenv(o->envvar, o->val, 1) == 0;
        else
            buf_printf(left_out, " %s", o->keyword);
    }
    PQconninfoFree(options);
    return ok;
}
