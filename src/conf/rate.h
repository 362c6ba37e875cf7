/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate limits as the configuration has them: "1000/hour;100/minute".
 */
#ifndef STEVEDORES_CONF_RATE_H
#define STEVEDORES_CONF_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_MAX 3

struct rate {
    int64_t count;    /* so many … */
    int64_t window_s; /* … in so many seconds */
    const char *unit; /* "minute": a constant */
};

/* Reads one to RATES_MAX rates, or "off" (*n is 0 then). False with a reason. */
bool rate_parse(const char *text, struct rate rates[RATES_MAX], size_t *n, const char **why)
    __attribute__((warn_unused_result));

#endif
