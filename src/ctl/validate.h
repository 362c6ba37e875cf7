/* SPDX-License-Identifier: Apache-2.0
 *
 * The checklist of a deployment: a table of checks for each topic, which cmd_validate.c runs in order. A check looks at one
 * thing and says what it found, and, when that isn't as it should be, what to do next.
 */
#ifndef STEVEDORES_CTL_VALIDATE_H
#define STEVEDORES_CTL_VALIDATE_H

#include "ctl/ctl.h"
#include "ctl/fetch.h"
#include "shm/shm.h"

enum verdict {
    CHECK_OK,
    CHECK_WARNING, /* works, and could be better */
    CHECK_FAILED,
    CHECK_SKIPPED, /* can't be looked at here, or isn't part of this deployment */
};

/* What came of a check; texts are on the command's arena. */
struct finding {
    enum verdict verdict;
    const char *found;
    const char *todo; /* NULL: nothing */
    int64_t us;       /* -1: as long as the check took */
};

struct validate {
    struct ctl *ctl;
    const struct conf *conf;
    struct arena *arena;
    struct shm *shm;     /* the pool's segment; NULL: there is none */
    bool has_database;   /* it answered */
    const char *base;    /* the site's address; NULL: --url wasn't given */
    struct fetch *fetch; /* NULL without an address */
    struct fetch_answer page; /* of the address "/" */
    struct finding now;  /* of the check that runs */
};

typedef void check_fn(struct validate *v);

struct check {
    const char *topic;
    const char *name;
    check_fn *run;
};

/* Each ends with a topic of NULL. */
extern const struct check checks_of_settings[];
extern const struct check checks_of_database[];
extern const struct check checks_of_host[];
extern const struct check checks_of_site[];

/* What a check ends with: one of these, what it found, and what to do. */
void check_ok(struct validate *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_skip(struct validate *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_warn(struct validate *v, const char *todo, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void check_fail(struct validate *v, const char *todo, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
