/* SPDX-License-Identifier: Apache-2.0
 *
 * Migrations: the numbered files of schema/, each applied once, in its own transaction together with the row that says
 * so. Their names are NNNN_BOARD_what.sql; BOARD is "core" or a board, whose files are applied only where it is switched
 * on. A session lock makes two at once take turns; the second finds nothing to do.
 */
#ifndef STEVEDORES_DB_MIGRATE_H
#define STEVEDORES_DB_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "db/db.h"

struct migration {
    int version;
    bool wanted;          /* of "core" or of a board that is switched on; the others are only known */
    const char *name;     /* file name without ".sql" */
    const char *sql;
    char checksum[65];    /* SHA-256 of the file, hex */
    const char *applied;  /* when, RFC 3339; NULL: not yet */
    int64_t milliseconds; /* that it took */
    bool fresh;           /* applied by this call */
};

/* Reads conf->schema_dir, files of boards that are switched off too: they tell what the database may have. Refuses an
 * .sql file whose name isn't understood, and a number that two files have. The list and its texts are on the arena. */
enum outcome migrate_read(const struct conf *conf, struct arena *arena, struct migration **list, size_t *n,
                          struct error *e) __attribute__((warn_unused_result));

/* Notes which of them are applied. Refuses an applied file that has changed or is missing, a database that is newer than
 * the files, and a gap in their numbers. */
enum outcome migrate_status(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
    __attribute__((warn_unused_result));

/* Applies what is wanted and isn't applied. Waits while another process does, and as long as 5 minutes for others who use a table
 * that is to be changed: for at most a second of three with everybody else waiting behind it. */
enum outcome migrate_apply(struct db *db, struct arena *arena, struct migration *list, size_t n, struct error *e)
    __attribute__((warn_unused_result));

/* The settings with DATABASE_OWNER_URL, where there is one, in DATABASE_URL's place; texts are borrowed. */
struct conf migrate_owner(const struct conf *conf);

/* After the migrations, as the owner (`db`): writes down how long the audit trail is kept and, where the schema's owner is another
 * role than the application's, gives that one, which DATABASE_URL names, what it needs of the tables
 * (schema/0006_core_people.sql, grant_application). */
enum outcome migrate_finish(struct db *db, const struct conf *conf, struct arena *arena, struct error *e)
    __attribute__((warn_unused_result));

/* Creates the application's role if there is none (see above), with the password that DATABASE_URL has. Connects for
 * itself, as the owner. */
enum outcome migrate_create_role(const struct conf *conf, struct arena *arena, bool *created, struct error *e)
    __attribute__((warn_unused_result));

/* Creates the database that DATABASE_URL names if there is none; *created tells. Connects for itself, to the database
 * "postgres" when that one isn't there. */
enum outcome migrate_create_database(const struct conf *conf, struct arena *arena, bool *created, struct error *e)
    __attribute__((warn_unused_result));

#endif
