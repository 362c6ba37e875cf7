/* SPDX-License-Identifier: Apache-2.0
 *
 * Keyset cursors: where a page ended, sealed with SECRET_KEY and bound to the list that made it. After a change of
 * keys those sealed with SECRET_KEY_PREVIOUS open as well.
 *
 * Form: base64url( BLAKE2b-128 keyed MAC || text ), text = fields separated by 0x1f: direction, sort, page, id, keys…
 * The MAC covers the text and the list's name and filters, so a cursor of another list or filter is not accepted.
 */
#ifndef STEVEDORES_ENGINE_CURSOR_H
#define STEVEDORES_ENGINE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define CURSOR_KEYS_MAX 3

struct cursor {
    bool backwards;
    const char *sort; /* as in the query: "-eta" */
    int64_t page;     /* number of the page it leads to */
    const char *id;   /* of the last row seen, */
    size_t nkeys;
    const char *keys[CURSOR_KEYS_MAX]; /* and its terms of the sort order, as PostgreSQL prints them */
};

/* Sealed text. `scope` names the list and its filters. */
char *cursor_seal(const struct cursor *c, const char *scope, const char *secret, struct arena *arena);

/* False when the text isn't one that cursor_seal() made with this scope and either secret. `previous`: "" for none. */
bool cursor_open(struct cursor *c, const char *text, const char *scope, const char *secret, const char *previous,
                 struct arena *arena) __attribute__((warn_unused_result));

#endif
