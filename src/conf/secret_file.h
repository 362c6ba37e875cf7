/* SPDX-License-Identifier: Apache-2.0
 *
 * A setting that is read from a file of its own, so that it stands in no environment: a Docker or Kubernetes secret,
 * a systemd credential (systemd.exec(5), "Credentials").
 */
#ifndef STEVEDORES_CONF_SECRET_FILE_H
#define STEVEDORES_CONF_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The file's content without its last line end ("\n" or "\r\n"), on the arena; 1 to `max` bytes without NUL. A path
 * that doesn't begin with a slash is looked up in `directory` ($CREDENTIALS_DIRECTORY; NULL: there is none). NULL
 * with the reason in *why, a text that follows the setting's name, shows neither content nor path (which may be a
 * secret put in the wrong place), and belongs to the arena. *open_to_all: everybody on the machine may read it. Only
 * regular files are read, so this doesn't wait. */
char *secret_file_read(const char *path, const char *directory, size_t max, struct arena *arena, const char **why,
                       bool *open_to_all) __attribute__((warn_unused_result));

#endif
