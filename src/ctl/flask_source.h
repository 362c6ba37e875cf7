/* SPDX-License-Identifier: Apache-2.0
 *
 * The database of a Stevedores Dashboard 3.0, the Flask application: what is in it and how it comes over. Installations differ in
 * their columns and in the kind of their keys, so its catalogue is asked, and a table says what is made of which column. It is
 * only read, in one snapshot.
 */
#ifndef STEVEDORES_CTL_FLASK_SOURCE_H
#define STEVEDORES_CTL_FLASK_SOURCE_H

#include "ctl/ctl.h"

enum flask_take {
    TAKE_KEY,      /* a number or a UUID, as text */
    TAKE_TEXT,     /* without blanks at its ends; nothing when it is empty */
    TAKE_COUNT,    /* an integer */
    TAKE_NUMBER,   /* an integer, where 0 is what nobody filled in */
    TAKE_BOOL,
    TAKE_TIME,     /* a date is its beginning */
    TAKE_TIME_END, /* a date is its end */
    TAKE_NOTE,     /* a line "ours: …" of the notes, for what has no column here; "" is a line without that */
    TAKE_NOTHING,  /* stays behind; "ours" says why */
};

struct flask_column {
    const char *ours; /* in the staging table (flask_stage.sql); NULL ends the list */
    enum flask_take take;
    bool needed;        /* nothing can be made of rows without it */
    const char *theirs; /* names that it goes by, separated by blanks: the first that isn't empty in a row counts */
};

struct flask_table {
    const char *what;  /* users, vessels, tallies */
    const char *stage; /* staging table */
    const char *theirs; /* names, separated by blanks: the first that is there */
    const struct flask_column *columns;
};

extern const struct flask_table flask_users, flask_vessels, flask_tallies;

/* Their database while it is read. */
struct flask_source {
    struct conf conf; /* ours, with their URL; texts are borrowed */
    struct db *db;
};

/* SQLAlchemy has its driver's name in the scheme, postgresql+psycopg2://…, which libpq doesn't know: the URL without it. */
const char *flask_url(struct arena *arena, const char *url);

/* Connects, and begins the snapshot. c->err says in whose database what went wrong, here and below. Also after a failure, end
 * with flask_close(). */
enum outcome flask_open(struct ctl *c, struct flask_source *s, const char *url) __attribute__((warn_unused_result));
void flask_close(struct flask_source *s);

/* Copies a table's rows into its staging table in c->db, in constant memory, and notes in flask_there how many there are and in
 * flask_left what stays behind. Times without a zone are of `zone`. Shows on a terminal how far it is. */
enum outcome flask_fetch(struct ctl *c, struct flask_source *s, const struct flask_table *t, const char *zone)
    __attribute__((warn_unused_result));

/* Copies counts and sums of their tallies, as their database has them, into flask_sums. */
enum outcome flask_fetch_sums(struct ctl *c, struct flask_source *s) __attribute__((warn_unused_result));

/* A line on standard error that the next one takes the place of, if that is a terminal. NULL: no line any more. */
void flask_progress(const char *doing, int64_t done, int64_t all);

#endif
