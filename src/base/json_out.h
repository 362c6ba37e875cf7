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

/* "key":"text" */
void json_member(struct buf *b, const char *key, const char *text);

/* "key":number */
void json_number(struct buf *b, const char *key, long long number);

/* "key":[ or "key":{ */
void json_open(struct buf *b, const char *key, char bracket);

/* A comma, unless an array or object was just opened; then `text`, which is JSON. */
void json_item(struct buf *b, const char *text);

/* JSON of our own, which is written with ' for " so that people can read it. */
void json_constant(struct buf *b, const char *text);

/* "key":["text",…]; the texts end with NULL. */
void json_texts(struct buf *b, const char *key, const char *const *texts);

#endif
