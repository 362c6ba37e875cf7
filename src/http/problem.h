/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong, for the client: application/problem+json (RFC 9457).
 */
#ifndef STEVEDORES_HTTP_PROBLEM_H
#define STEVEDORES_HTTP_PROBLEM_H

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"

/* Turns an error into the response: the only place where an outcome becomes a status code. */
void problem_respond(struct http_response *r, const struct http_request *req, const struct error *e);

/* Appends the problem document alone. */
void problem_json(struct buf *b, const struct http_request *req, const struct error *e);

/* The status code of an outcome. */
int problem_status(enum outcome outcome);

/* What all problems of the outcome have: a title, and a name that programs can compare (on `arena`). */
const char *problem_title(enum outcome outcome);
const char *problem_type(enum outcome outcome, struct arena *arena);

#endif
