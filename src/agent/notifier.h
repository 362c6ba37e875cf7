/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells people of alerts: runs ALERT_COMMAND, posts to ALERT_WEBHOOK_URL. The agent itself may not start programs
 * (app/sandbox.h), so a child of it does, which has neither the database nor the shared memory and hears of alerts through
 * a socket. It takes them one at a time, and each way of telling has 15 s. When the agent ends it tells what it has heard and
 * ends, too.
 */
#ifndef STEVEDORES_AGENT_NOTIFIER_H
#define STEVEDORES_AGENT_NOTIFIER_H

#include <stdbool.h>

#include "conf/conf.h"
#include "ops/alerts.h"

struct notifier;

/* Starts the child, before sandbox_enter() and whatever it should not have. NULL: there is nobody to tell, or it could not be
 * started, which is logged. */
struct notifier *notifier_start(const struct conf *conf);

/* Passes it on, without waiting; one that doesn't fit any more is logged and lost. NULL: nobody is told. */
void notifier_tell(struct notifier *n, const struct alert_notice *notice);

/* False when the child has ended, which is logged once: another one needs another agent. True for NULL. */
bool notifier_is_alive(struct notifier *n);

/* Lets it end; not waited for. */
void notifier_free(struct notifier **n);

#endif
