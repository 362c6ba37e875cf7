/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool parse_i64(const char *s, int64_t *out)
{
    char *end;
    long long v;

    if (!isdigit((unsigned char)s[0]) && !(s[0] == '-' && isdigit((unsigned char)s[1])))
        return false;
    errno = 0;
    v = strtoll(s, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *out = v;
    return true;
}

/* Exactly `n` digits at *s, which moves behind them; -1 when they aren't there. */
static int digits(const char **s, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*s)[i]))
            return -1;
        v = v * 10 + ((*s)[i] - '0');
    }
    *s += n;
    return v;
}

static bool take(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_offset(const char **s)
{
    int hour, minute;

    if (take(s, 'Z') || take(s, 'z'))
        return true;
    if (!take(s, '+') && !take(s, '-'))
        return false;
    hour = digits(s, 2);
    if (hour < 0 || hour > 14 || !take(s, ':')) /* no civil time is further from UTC than 14 hours */
        return false;
    minute = digits(s, 2);
    return minute >= 0 && minute <= 59;
}

static bool take_date(const char **s)
{
    int year, month, day;

    year = digits(s, 4);
    if (year < 1970 || !take(s, '-'))
        return false;
    month = digits(s, 2);
    if (month < 1 || month > 12 || !take(s, '-'))
        return false;
    day = digits(s, 2);
    return day >= 1 && day <= days_in(year, month);
}

bool parse_is_date(const char *s)
{
    return take_date(&s) && *s == '\0';
}

bool parse_is_time(const char *s)
{
    int hour, minute, second;

    if (!take_date(&s) || (!take(&s, 'T') && !take(&s, 't')))
        return false;
    hour = digits(&s, 2);
    if (hour < 0 || hour > 23 || !take(&s, ':'))
        return false;
    minute = digits(&s, 2);
    if (minute < 0 || minute > 59 || !take(&s, ':'))
        return false;
    second = digits(&s, 2);
    if (second < 0 || second > 59)
        return false;
    if (take(&s, '.')) {
        int n = 0;

        while (isdigit((unsigned char)*s) && n < 9) {
            s++;
            n++;
        }
        if (n == 0)
            return false;
    }
    return take_offset(&s) && *s == '\0';
}

bool parse_is_uuid(const char *s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(s) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'x' ? !isxdigit((unsigned char)s[i]) : s[i] != '-')
            return false;
    }
    return true;
}

bool parse_has_json_nul(const char *json, size_t n)
{
    const char *end = json + n;

    for (const char *p = json; (p = memchr(p, '\\', (size_t)(end - p))) != NULL;) {
        if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0)
            return true;
        p += end - p > 1 ? 2 : 1; /* what is escaped may be a backslash, which begins nothing then */
    }
    return false;
}
