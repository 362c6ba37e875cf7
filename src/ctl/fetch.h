/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the site over HTTP, as a browser would: for validate and load. The only place that sees libcurl. Every wait is
 * bounded by FETCH_TIMEOUT_MS; no redirect is followed and no proxy used.
 */
#ifndef STEVEDORES_CTL_FETCH_H
#define STEVEDORES_CTL_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define FETCH_TIMEOUT_MS 10000
#define FETCH_BODY_MAX   (16L * 1024 * 1024)

struct fetch; /* one connection, which is kept from one answer to the next */

/* What came back; texts are on the arena that fetch_get() was given. */
struct fetch_answer {
    const char *error; /* nobody answered, and why; NULL: somebody did */
    bool untrusted;    /* because of the certificate */
    long status;
    int http;          /* version: 10, 11, 20 */
    int64_t us;        /* from the request's beginning to the answer's end */
    int64_t certificate_ends_s; /* real time; -1: there is none, or it doesn't say */
    const char *headers; /* "Name: value\n" each */
    struct str body;
};

/* NULL when libcurl can't be set up. End with fetch_free(). */
struct fetch *fetch_new(void);
void fetch_free(struct fetch **f);

/* From now on certificates that can't be verified will do. */
void fetch_trust_anybody(struct fetch *f);

/* GET. `encodings` is sent as Accept-Encoding; the body stays as it came, unless `decode`: then what libcurl knows of these
 * is undone. */
void fetch_get(struct fetch *f, struct arena *arena, const char *url, const char *encodings, bool decode,
               struct fetch_answer *answer);

/* The first header of that name, whatever its case; NULL: none. *n (unless NULL): how many there are. */
const char *fetch_header(const struct fetch_answer *answer, struct arena *arena, const char *name, int *n);

#endif
