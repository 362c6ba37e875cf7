/* SPDX-License-Identifier: Apache-2.0
 *
 * The site's address, as --url has it, and what its page is made of.
 */
#ifndef STEVEDORES_CTL_SITE_H
#define STEVEDORES_CTL_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* The address without the slash at its end, on the arena; NULL: it is no http:// or https:// address of a host. */
const char *site_base(const char *url, struct arena *arena);

bool site_is_encrypted(const char *base);

#define SITE_ASSETS_MAX 16

/* Paths under /assets/ that the page names, each once, at most SITE_ASSETS_MAX; returns how many. */
size_t site_assets(struct str page, struct arena *arena, const char *paths[SITE_ASSETS_MAX]);

#endif
