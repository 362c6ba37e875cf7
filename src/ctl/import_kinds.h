/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be imported: the columns of a file, the checks that only the database can make, and the statement that
 * stores. Tables of constants; cmd_import.c does the work.
 */
#ifndef STEVEDORES_CTL_IMPORT_KINDS_H
#define STEVEDORES_CTL_IMPORT_KINDS_H

#include "engine/resource.h"

/* A set-based check: its SELECT gives line, field and reason of what is wrong in "staged". Rows that an earlier check
 * found are in "refused". */
struct check {
    const char *sql;   /* NULL ends the list */
    const char *needs; /* only when the file has this column; NULL: always */
};

struct kind {
    const char *name;          /* NULL ends the list */
    const char *board;
    const struct resource *resource;
    const struct column *more; /* what an import may set beyond the resource's own columns; they win */
    const char *required;      /* column names, separated by spaces; "a|b": one of them, cells may be empty */
    const char *staged;        /* definition of the temporary table's columns */
    const char *resolve;       /* statement before the checks; NULL: nothing */
    const char *resolve_needs; /* only when the file has this column */
    const struct check *checks;
    const char *before;        /* runs before rows are stored; NULL: nothing */
    const char *store;         /* all at once; or, when it is NULL, */
    const char *store_line;    /* line $1, where each row can be refused for its own reason */
};

/* Rows with an id that an earlier line has. Found by grouping, because sorting a million wide rows would take longer than
 * storing them. */
#define ID_TWICE                                                                                                          \
    {                                                                                                                     \
        "SELECT s.row_line, 'id', 'stands in line ' || d.first || ' already' FROM staged s"                               \
        " JOIN (SELECT id, min(row_line) AS first FROM staged WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1) AS d" \
        " ON d.id = s.id WHERE s.row_line > d.first",                                                                     \
            "id"                                                                                                          \
    }

/* Numbers that are given anew must not be those that later lines bring. */
#define KEEP_NUMBERS(table)                                                                                               \
    "SET LOCAL enable_seqscan = off;" /* planned while the table may still be empty: by index all the same */             \
    "SELECT setval(pg_get_serial_sequence('" table "', 'id'),"                                                            \
    " greatest((SELECT max(id) FROM staged), nextval(pg_get_serial_sequence('" table "', 'id'))))"                        \
    " WHERE EXISTS (SELECT FROM staged WHERE id IS NOT NULL)"

/* A row that is known by its number is the same row if these columns are the same. */
#define ID_OF_ANOTHER(table, one, columns_there, columns_here)                                                    \
    {                                                                                                             \
        "SELECT s.row_line, 'id', 'another " one " has this id' FROM staged s JOIN " table " v ON v.id = s.id"    \
        " WHERE (" columns_there ") IS DISTINCT FROM (" columns_here ")",                                         \
            "id"                                                                                                  \
    }

/* Ends the SELECT that stores line $1 of "staged" s, unless its number is known. */
#define OF_LINE(table) " FROM staged s WHERE s.row_line = $1::bigint AND NOT EXISTS (SELECT FROM " table " v WHERE v.id = s.id)"
#define NUMBER(table)  "coalesce(s.id, nextval(pg_get_serial_sequence('" table "', 'id')))"

/* When the row was made and last changed, so that what was exported comes back as it was. */
#define TIMES                                                                  \
    {"created_at", COL_TIME, 0, 0, 0, NULL, NULL, "Now, when it is missing."}, \
    {"updated_at", COL_TIME, 0, 0, 0, NULL, NULL, "Now, when it is missing."}

#define ID_COLUMN(what) {"id", COL_INT, 0, 1, INT64_MAX, NULL, NULL, "Number of the " what "; given anew when it is missing."}
#define NO_COLUMN       {NULL, COL_TEXT, 0, 0, 0, NULL, NULL, NULL}

extern const struct kind import_kinds[]; /* of the port */
extern const struct kind import_delivery_kinds[];
extern const struct kind import_labour_kinds[];

/* The column of that name in a file of this kind; NULL: there is none. */
const struct column *kind_column(const struct kind *k, const char *name);

/* Whether a cell of this column must not be empty. */
bool kind_requires(const struct kind *k, const char *column);

/* Checks the names of a file's header: each known, none twice, all there that must be. On success the n columns are in
 * `columns`; otherwise e's field names the one that is wrong. */
enum outcome kind_read_header(const struct kind *k, const char *const *names, size_t n, const struct column **columns,
                              struct error *e) __attribute__((warn_unused_result));

#endif
