/* SPDX-License-Identifier: Apache-2.0
 *
 * Text to value, strictly: the whole text or nothing, no leading blanks, no overflow.
 */
#ifndef STEVEDORES_BASE_PARSE_H
#define STEVEDORES_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal integer, optional minus sign. False when it isn't one or doesn't fit. */
bool parse_i64(const char *s, int64_t *out) __attribute__((warn_unused_result));

/* True for an RFC 3339 full-date ("2026-11-20") that exists in the calendar, from year 1970 to 9999. */
bool parse_is_date(const char *s);

/* True for an RFC 3339 date-time ("2026-11-20T22:00:00Z", "…+01:00", fractions up to 9 digits) that exists in the
 * calendar, from year 1970 to 9999. PostgreSQL takes the same text. */
bool parse_is_time(const char *s);

/* True for a UUID in its canonical text form (RFC 9562 section 4), any version, upper or lower case. */
bool parse_is_uuid(const char *s);

/* True when a well-formed JSON text has an escape for NUL (\u0000), which neither a C string nor PostgreSQL's text and
 * jsonb can hold: what is read from it would end early. */
bool parse_has_json_nul(const char *json, size_t n);

#endif
