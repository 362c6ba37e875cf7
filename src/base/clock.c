/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t now_us(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t); /* can't fail for these two clocks */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_real_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

void clock_text(int64_t real_ms, char out[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(real_ms / 1000);
    struct tm tm;

    (void)gmtime_r(&seconds, &tm);
    (void)snprintf(out, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(real_ms % 1000));
}
