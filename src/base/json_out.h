/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text appended to a builder. For the small documents the program makes itself (problems, envelopes,
 * health); rows come from PostgreSQL as JSON and are passed through.
 */
#ifndef STEVEDORES_BASE_JSON_OUT_H
#define STEVEDORES_BASE_JSON_OUT_H

#include "base/str.h"

/* "text", quoted and escaped (RFC 8259); NULL becomes null. The text must be UTF-8. */
void json_text(struct buf *b, const char *text);

/* "key": with the quotes and the colon; a comma before it unless an object or array was just opened. */
void json_key(struct buf *b, const char *key);

#endif
