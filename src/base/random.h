/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers from the kernel, through libsodium.
 */
#ifndef STEVEDORES_BASE_RANDOM_H
#define STEVEDORES_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Must be called once before the others and before anything else that uses libsodium; ends the process if the
 * kernel has no randomness to give. */
void random_init(void);

/* `bytes` random bytes as lower-case hex. */
char *random_hex(struct arena *arena, size_t bytes);

/* A random UUID, version 4 (RFC 9562 section 5.4), in its text form. */
char *random_uuid(struct arena *arena);

#endif
