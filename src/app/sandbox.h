/* SPDX-License-Identifier: Apache-2.0
 *
 * A daemon gives up what it doesn't need, so that whoever takes it over has it neither.
 */
#ifndef STEVEDORES_APP_SANDBOX_H
#define STEVEDORES_APP_SANDBOX_H

/* Refuses root, switches core dumps off, and takes away for good: new privileges (prctl(2), PR_SET_NO_NEW_PRIVS) and,
 * where libseccomp was there at build time, starting processes and programs and the kernel's administration
 * (seccomp(2)). Files, sockets and threads stay as they are. After the log's start and before the first connection.
 * Returns 0, or the process's exit status: EX_NOPERM for root, EX_OSERR when something that every kernel can do failed.
 * A kernel without seccomp is logged and gone on with. */
int sandbox_enter(void) __attribute__((warn_unused_result));

/* The same for a process whose work is to start programs: that it may, and they have what it has. */
int sandbox_enter_starter(void) __attribute__((warn_unused_result));

#endif
