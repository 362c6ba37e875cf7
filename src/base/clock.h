/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks. Durations and deadlines are measured on the monotonic one, which no administrator sets.
 */
#ifndef STEVEDORES_BASE_CLOCK_H
#define STEVEDORES_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_us(void); /* microseconds since boot, never going back */
int64_t clock_mono_ms(void);
int64_t clock_real_ms(void); /* milliseconds since 1970 UTC, for stamps that people read */

/* "2026-11-20T22:00:00.123Z" (RFC 3339) of such a stamp. */
#define CLOCK_TEXT_SIZE 64
void clock_text(int64_t real_ms, char out[CLOCK_TEXT_SIZE]);

#endif
