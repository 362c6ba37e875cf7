/* SPDX-License-Identifier: Apache-2.0
 *
 * What a board declares of a resource: its columns, filters, sort keys and constraints, as tables of constants. One
 * list engine (list.c) and one write engine (write.c) serve every resource from them; import and export use the same.
 *
 * SQL is joined from the constants here and nothing else; values travel as parameters.
 */
#ifndef STEVEDORES_ENGINE_RESOURCE_H
#define STEVEDORES_ENGINE_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"
#include "engine/exchange.h"

enum column_type {
    COL_TEXT,   /* min..max characters */
    COL_INT,    /* min..max */
    COL_BOOL,
    COL_DATE,   /* RFC 3339 full-date */
    COL_TIME,   /* RFC 3339 */
    COL_UUID,
    COL_CHOICE, /* one of choices */
    COL_COUNTS, /* JSON object {choice: 0..max} */
    COL_WORDS,  /* JSON array of up to max different words such as "crane" or "hot work"; jsonb in the table;
                * or of the choices, where there are some */
    COL_NUMBER, /* with decimals; only shown */
    COL_JSON,   /* whatever the SQL makes of it; only shown */
};

enum {
    COL_CREATE = 1,   /* may be given to create a row */
    COL_UPDATE = 2,   /* may be changed */
    COL_REQUIRED = 4, /* must be given to create a row */
    COL_NOT_NULL = 8, /* null is refused, and never shown */
    COL_SECRET = 16,  /* never shown */
};

#define RESOURCE_COLUMNS_MAX 40

/* A member of the resource's JSON, by the order in which row_sql has them; behind those, what can be given but is not shown. */
struct column {
    const char *name; /* in JSON, CSV and the table; NULL ends the list */
    enum column_type type;
    unsigned flags;
    int64_t min, max;
    const char *const *choices;                          /* NULL-terminated */
    bool (*check)(const char *value, const char **why);  /* what else must hold; NULL: nothing */
    const char *help;
};

enum filter_op {
    FILTER_EQ,     /* name=value, whatever the SQL compares it with: "v.eta >= ?", "(v.eta IS NULL) = ?" */
    FILTER_IN,     /* name=a,b */
    FILTER_WORDS,  /* name=a,b: has all of these words */
    FILTER_SEARCH, /* part of a text, whatever the case; unless rows are few, from three characters on: trigram indexes need them */
};

struct filter {
    const char *name; /* query parameter; NULL ends the list */
    enum filter_op op;
    enum column_type type;
    const char *const *choices;
    const char *sql;   /* condition with one '?' for the value */
    const char *needs; /* one of these filters (separated by '|') must be there too, or no index serves; NULL: none */
};

#define SORT_TERMS_MAX 3

struct sort_term {
    const char *sql;  /* expression; never NULL */
    const char *type; /* its SQL type */
};

/* An order that lists have, one way or wholly reversed: sort=status,eta and sort=-status,-eta. */
struct sort_key {
    const char *name; /* "eta", "status,eta"; NULL ends the list */
    struct sort_term terms[SORT_TERMS_MAX]; /* an index has (terms…, id) */
};

/* What a violated constraint means to the client. */
struct constraint {
    const char *name; /* NULL ends the list */
    const char *field;
    enum outcome outcome;
    const char *detail;
};

struct resource {
    const char *name;   /* "vessels" */
    const char *title;  /* of one: "Vessel" */
    const char *table;
    const char *id;     /* column */
    enum column_type id_type;
    const char *row_sql; /* SELECT of one row's JSON members from the row "v" */
    const struct column *columns;
    const struct filter *filters;
    const struct sort_key *sorts; /* the first is the default */
    bool sort_descending;         /* of the default */
    bool versioned;               /* the table has a column "version", which every change raises: ETag, If-Match */
    bool few;                     /* so few rows that they can be read whole; others have count_watch() in the schema */
    const char *parent;           /* filter that the path's first argument stands for; NULL: none */
    const char *parent_exists_sql; /* SELECT … $1: has a row when the parent exists */
    const char *count_sql;        /* exact number of all rows without counting them, where it isn't count_watch()'s; or NULL */
    const char *count_parent_sql; /* the same of one parent ($1); NULL: counted up to a bound */
    const struct constraint *constraints;
};

/* Which members of the rows are wanted; n 0: all of them. */
struct fields {
    size_t n;
    const struct column *columns[RESOURCE_COLUMNS_MAX];
};

/* Values for the columns of a resource, in their order. */
struct values {
    bool given[RESOURCE_COLUMNS_MAX];
    const char *text[RESOURCE_COLUMNS_MAX]; /* as a parameter for PostgreSQL; NULL is SQL NULL */
};

/* PostgreSQL's name of the type. */
const char *column_sql_type(const struct column *c);

/* Index of the column of that name, or -1. */
int resource_column(const struct resource *r, const char *name);

/* Checks a value given as text (a query parameter, a CSV cell) against type, bounds and choices. On failure adds
 * `name` to the error's fields. Only the choices are optional (NULL: any). */
enum outcome column_check(const struct column *c, const char *name, const char *text, struct error *e)
    __attribute__((warn_unused_result));

/* What stands in COL_WORDS: 1 to WORD_MAX of a-z, 0-9, space, '_', '+', '/' and '-', a letter or digit first. */
#define WORD_MAX 40
bool column_is_word(const char *text, const char **why);

/* "fields=id,name" as the members that are wanted. */
enum outcome resource_read_fields(struct exchange *x, const char *text, struct fields *fields)
    __attribute__((warn_unused_result));

/* Appends the join that makes the column j.json, a row's JSON, of a FROM item named v. */
void resource_add_json(struct buf *sql, const struct resource *r, const struct fields *fields);

struct json_object;

/* The request's body as JSON of whatever type (NULL is JSON null), released with the arena. OUT_INVALID when there is
 * none, or it isn't strict JSON in UTF-8, or nests too deeply. */
enum outcome body_parse(struct exchange *x, struct json_object **value) __attribute__((warn_unused_result));

/* True when the body is an array: many rows at once. */
bool body_is_array(const struct json_object *body);

/* One object of the body, checked against the columns that carry `flag` (COL_CREATE or COL_UPDATE). With
 * COL_CREATE the required ones must be there. Every wrong member is named in *e. The values live as long as the object. */
enum outcome body_take(const struct resource *r, struct json_object *object, unsigned flag, struct values *v,
                       struct error *e) __attribute__((warn_unused_result));

/* body_take() of each object of an array. Appends to *json what they have, [{column: text or null, …}, …], for jsonb_to_recordset();
 * *n is how many there are. Fails as body_take() does, as soon as one is wrong. */
enum outcome body_take_all(const struct resource *r, struct json_object *array, unsigned flag, struct buf *json, size_t *n,
                           struct error *e) __attribute__((warn_unused_result));

/* OUT_INVALID when a NUL is left in the body behind body_take(): in a name. */
enum outcome body_check_names(struct exchange *x) __attribute__((warn_unused_result));

/* body_parse() and body_take() of a body that is one object. */
enum outcome body_read(struct exchange *x, const struct resource *r, unsigned flag, struct values *v)
    __attribute__((warn_unused_result));

/* The value of a column that the body may have had; NULL when it wasn't given. */
const char *values_get(const struct resource *r, const struct values *v, const char *name);

/* Turns the database's refusal (a constraint, class SD of schema/) into the client's mistake, with the field in *e; any
 * other outcome is returned as it is. */
enum outcome resource_explain(const struct resource *r, const struct db_failure *f, enum outcome o, struct error *e);

/* The same for a request in hand. */
enum outcome resource_failure(struct exchange *x, const struct resource *r, enum outcome o);

/* The path argument as the resource's id; OUT_NOT_FOUND when it can't be one. */
enum outcome resource_check_id(struct exchange *x, enum column_type type, const char *id);

/* Answers with {"data": json}. */
void respond_row(struct exchange *x, int status, struct str json);

/* Gives the answer, a row, its entity tag: the version, which is all that If-Match compares, and a hash of the body. */
void resource_tag(struct exchange *x, const char *version);

/* The version that If-Match asks for; NULL: none in particular. */
enum outcome resource_if_match(struct exchange *x, const char **version) __attribute__((warn_unused_result));

/* A body that is an array, of up to BULK_MAX rows: `one` stores each, in one transaction, where one that is refused doesn't
 * undo the others. The answer says of each row what became of it. `one` leaves status and JSON of what it stored.
 *
 * `together`, where there is one (else NULL), is tried first: it stores all of them by one statement, and fills rows[], or fails
 * when anything about any row is out of the ordinary. Then nothing of it stays, and `one` finds out which row it is. */
#define BULK_MAX 500
struct bulk_row {
    int status;
    struct str json;
    const char *location; /* NULL: none */
};
typedef enum outcome bulk_one(struct exchange *x, struct json_object *object, struct bulk_row *row);
typedef enum outcome bulk_together(struct exchange *x, struct json_object *array, struct bulk_row *rows);
enum outcome bulk_run(struct exchange *x, struct json_object *array, bulk_together *together, bulk_one *one)
    __attribute__((warn_unused_result));

/* True when the request asks for a list as CSV. */
bool list_wants_csv(const struct http_request *req);

/* Handlers for the route table; x->resource says of what. */
handler_fn list_get;        /* GET of a collection */
handler_fn resource_get;    /* GET of one row, by the path's first argument */
handler_fn resource_create; /* POST of one row, or of an array of them */
handler_fn resource_update; /* PATCH, JSON merge patch (RFC 7396) */
handler_fn resource_delete; /* DELETE */

#endif
