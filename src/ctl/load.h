/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of stevedoresctl load share: load_mix.c says who asks for what, load_run.c has h2load ask,
 * load_pool.c sees what that was for the pool, when it is on this host, and cmd_load.c judges.
 */
#ifndef STEVEDORES_CTL_LOAD_H
#define STEVEDORES_CTL_LOAD_H

#include "ctl/ctl.h"
#include "ctl/fetch.h"
#include "ctl/times.h"

enum load_kind { LOAD_DASHBOARD, LOAD_API, LOAD_HEALTH, LOAD_STATIC, LOAD_KINDS };

/* A kind of requests: its part of the users, and what it may take. */
struct load_kind_info {
    const char *name;
    int percent;       /* of the users */
    int permille;      /* so many of a thousand of its requests … */
    int64_t target_us; /* … may take no longer */
    bool limited;      /* takes a key, and rate limits count it */
    bool program;      /* the program answers, not the web server */
};

extern const struct load_kind_info load_kinds[LOAD_KINDS];

/* How many of `users` (at least LOAD_USERS_MIN) each kind gets: at least one, together all of them. */
#define LOAD_USERS_MIN LOAD_KINDS
void load_share(int64_t users, int64_t of_kind[LOAD_KINDS]);

/* Paths; they grow on the arena. */
struct load_paths {
    const char **at;
    size_t n, cap;
};

/* What each kind asks for: of the boards that are on, with ids from the database, and the files that the page names (none when
 * there is no page). */
enum outcome load_mix(struct ctl *c, const struct fetch_answer *page, struct load_paths of_kind[LOAD_KINDS])
    __attribute__((warn_unused_result));

/* What the pool counted so far. */
struct load_counts {
    int64_t requests, hits, answers, queries, query_us;
};

/* The pool over a run. */
struct load_pool;

/* NULL when there is no segment on this host. End with load_pool_free(). */
struct load_pool *load_pool_new(const struct conf *conf);
void load_pool_free(struct load_pool **p);

/* Looks at memory and processor time: at the beginning, now and then, and at the end. */
void load_pool_look(struct load_pool *p);

/* Since the beginning. -1: not known. */
void load_pool_counts(const struct load_pool *p, struct load_counts *since);
int64_t load_pool_memory(const struct load_pool *p);  /* the most that pool and agent had, bytes */
int64_t load_pool_cpu_us(const struct load_pool *p);

/* Users who ask for the same, with the same key: an h2load process. */
struct load_group {
    enum load_kind kind;
    int64_t users;
    const char *key; /* NULL: without one */
    /* of load_run() alone: */
    int32_t pid;     /* 0: ended */
    const char *log;
};

/* What came back, of a kind. */
struct load_result {
    int64_t requests;
    int64_t errors;  /* no answer, or neither 2xx nor 3xx; with those that were … */
    int64_t limited; /* … 429 */
    struct times times; /* microseconds, of all, corrected (times.h) */
};

struct load_run {
    const char *base;
    int64_t seconds;
    int64_t per_minute; /* requests of each user */
    struct load_group *groups;
    size_t n;
    const struct load_paths *paths; /* of each kind */
    struct load_result results[LOAD_KINDS]; /* sorted; each .times is to be freed */
    int64_t span_us; /* from the first request to the last answer */
    int64_t sent;    /* requests that the program answered */
};

/* True when h2load can be started. */
bool load_has_h2load(void);

/* Lets all groups ask until they are through; blocks for about .seconds, and a minute longer at most. False with the reason in
 * *why; a signal that ends the program is one. */
bool load_run(struct load_run *run, struct load_pool *pool, struct arena *arena, const char **why) __attribute__((warn_unused_result));

#endif
