/* SPDX-License-Identifier: Apache-2.0
 *
 * How things end. Every function that can fail for a reason outside the program returns an outcome; the detail
 * goes into a struct error on the request's arena. http/problem.c turns the two into a response, so a status
 * code is chosen in one place.
 */
#ifndef STEVEDORES_BASE_ERR_H
#define STEVEDORES_BASE_ERR_H

#include <stddef.h>

#include "base/arena.h"

enum outcome {
    OUT_OK,
    OUT_NOT_MODIFIED,   /* the client has it already */
    OUT_INVALID,        /* the client sent something wrong */
    OUT_UNAUTHENTICATED, /* nobody who is known, and somebody is needed */
    OUT_BAD_LOGIN,      /* wrong name or password */
    OUT_DENIED,         /* may not */
    OUT_NOT_FOUND,
    OUT_BAD_METHOD,     /* the path exists, the method doesn't */
    OUT_CONFLICT,       /* right in itself, not in this state */
    OUT_PRECONDITION,   /* the row isn't any more what the client has seen */
    OUT_KEY_REUSED,     /* an Idempotency-Key that was another request's */
    OUT_TOO_LARGE,      /* body */
    OUT_URI_TOO_LONG,
    OUT_BAD_MEDIA_TYPE, /* body isn't JSON */
    OUT_HEADERS_TOO_LARGE,
    OUT_LIMITED,        /* too many requests */
    OUT_UNAVAILABLE,    /* a dependency is away: try again later */
    OUT_UNCERTAIN,      /* a write whose answer was lost: done or not done, nobody knows */
    OUT_INTERNAL,       /* our own mistake */
    OUT_COUNT
};

#define ERROR_FIELDS_MAX 8

struct error_field {
    const char *field; /* name of the parameter, member or column */
    const char *detail;
};

/* All texts live on `arena`. */
struct error {
    struct arena *arena;
    enum outcome outcome;
    const char *detail; /* for the client; NULL: the outcome's own text */
    const char *log;    /* for the log only; NULL: nothing to add */
    struct error_field fields[ERROR_FIELDS_MAX];
    const char *current; /* JSON of the row as it is, for OUT_PRECONDITION; NULL: none */
    size_t nfields;     /* may pass ERROR_FIELDS_MAX: the rest was not kept */
};

void error_init(struct error *e, struct arena *arena);

/* Sets outcome and detail, for the client. Returns the outcome. */
enum outcome error_set(struct error *e, enum outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a field that is wrong: outcome becomes `outcome`, which is returned. */
enum outcome error_field(struct error *e, enum outcome outcome, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets outcome and a text that only the log shows. Returns the outcome. */
enum outcome error_log(struct error *e, enum outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
