/* SPDX-License-Identifier: Apache-2.0
 *
 * What the beginnings of the daemons have in common.
 */
#ifndef STEVEDORES_APP_START_H
#define STEVEDORES_APP_START_H

#include "conf/conf.h"

/* Reads options (--help, --version, --check-config, --env-file FILE) and configuration, and starts the log. Returns true
 * when the program is to go on; otherwise *status is its exit status: 0 after --help and the like, EX_USAGE or
 * EX_CONFIG with the reasons on standard error. */
bool start(int argc, char **argv, const char *program, const char *what, struct conf *conf, int *status);

#endif
