/* SPDX-License-Identifier: Apache-2.0
 *
 * CSV (RFC 4180) by rows, through libcsv, in constant memory.
 */
#ifndef STEVEDORES_CTL_CSV_READER_H
#define STEVEDORES_CTL_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_FIELDS_MAX 64
#define CSV_ROW_MAX    65536 /* bytes of a row's fields together */

/* A row; fields are NUL-terminated and valid during the call. */
struct csv_row {
    int64_t line; /* where it begins, from 1 */
    size_t n;
    const char *fields[CSV_FIELDS_MAX];
    size_t lengths[CSV_FIELDS_MAX]; /* a field with a NUL in it is longer than it looks */
    bool quoted_empty[CSV_FIELDS_MAX]; /* "" and not nothing: PostgreSQL's CSV tells an empty text from NULL by it */
};

/* Reads f to its end and calls fn for each row that is not empty, until fn returns false. A byte order mark is skipped;
 * spaces around a field belong to it.
 * Returns true at the end; false when the file can't be understood from some line on (*line, *why), or fn said so
 * (*why is NULL). *bytes grows while it reads, for whoever shows progress. */
bool csv_read(FILE *f, bool (*fn)(void *ctx, const struct csv_row *row), void *ctx, int64_t *bytes, int64_t *line,
              const char **why) __attribute__((warn_unused_result));

#endif
