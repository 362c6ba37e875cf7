/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "db/hosts.h"

#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 64 /* keywords of a URL; libpq 15 knows 42 */
#define MEMBER_SIZE 1024

/* What there is one of for each host, libpq's names. */
static const char *const lists[] = {"host", "hostaddr", "port"};
#define NLISTS (sizeof(lists) / sizeof(lists[0]))

static size_t members(const char *list)
{
    size_t n = 1;

    for (; *list != '\0'; list++)
        n += *list == ',' ? 1 : 0;
    return n;
}

bool hosts_read(const char *url, struct hosts *h)
{
    *h = (struct hosts){.options = PQconninfoParse(url, NULL), .n = 1};
    if (h->options == NULL)
        return false;
    for (const PQconninfoOption *o = h->options; o->keyword != NULL; o++) {
        if (o->val != NULL && (strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0) &&
            members(o->val) > h->n)
            h->n = members(o->val);
    }
    if (h->n > HOSTS_MAX)
        h->n = HOSTS_MAX;
    return true;
}

void hosts_deinit(struct hosts *h)
{
    PQconninfoFree(h->options);
    h->options = NULL;
}

void hosts_member(const char *list, size_t n, char *out, size_t size)
{
    if (strchr(list, ',') == NULL)
        n = 0;
    for (; n > 0 && *list != '\0'; n--) {
        list += strcspn(list, ",");
        if (*list == ',')
            list++;
    }
    (void)snprintf(out, size, "%.*s", (int)strcspn(list, ","), list);
}

/* Where in `lists` a keyword is; NLISTS: it isn't. */
static size_t list_of(const char *keyword)
{
    size_t i = 0;

    while (i < NLISTS && strcmp(keyword, lists[i]) != 0)
        i++;
    return i;
}

PGconn *hosts_connect(const struct hosts *h, size_t n, const char *application)
{
    /* The later of two wins. Left to itself the kernel waits a quarter of an hour for a host that has gone silent. */
    const char *keys[OPTIONS_MAX + 8] = {"tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count"};
    const char *values[OPTIONS_MAX + 8] = {"3000", "2", "1", "2"};
    char own[NLISTS][MEMBER_SIZE];
    size_t used = 4;

    for (const PQconninfoOption *o = h->options; o->keyword != NULL && used < OPTIONS_MAX; o++) {
        size_t list = list_of(o->keyword);

        if (o->val == NULL)
            continue;
        if (list < NLISTS)
            hosts_member(o->val, n, own[list], sizeof(own[list]));
        keys[used] = o->keyword;
        values[used++] = list < NLISTS ? own[list] : o->val;
    }
    keys[used] = "application_name";
    values[used++] = application;
    keys[used] = "client_encoding";
    values[used] = "UTF8";
    return PQconnectStartParams(keys, values, 0);
}
