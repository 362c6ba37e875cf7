/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedores-agent: one per host, for what is not an answer to a request. It says that it is alive, once a second, in
 * shared memory, where the responders look.
 */
#include "config.h"

#include <signal.h>
#include <sysexits.h>
#include <time.h>

#include "app/start.h"
#include "base/log.h"
#include "shm/shm.h"

#define BEAT_S 1

int main(int argc, char **argv)
{
    const struct timespec beat = {.tv_sec = BEAT_S};
    struct conf conf;
    struct shm *shm;
    sigset_t stop;
    int status;

    if (!start(argc, argv, "stevedores-agent", "Works beside the responders of a host.", &conf, &status))
        return status;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGUSR1); /* multiwatch's way to say stop */
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    shm = shm_open_segment(conf.shm_name);
    if (shm == NULL) {
        conf_deinit(&conf);
        return EX_UNAVAILABLE;
    }
    log_event(LOG_INFO, "started", F_STR("version", PACKAGE_VERSION));
    do
        shm_agent_beat(shm);
    while (sigtimedwait(&stop, NULL, &beat) < 0);
    log_event(LOG_INFO, "stopped");
    shm_close(&shm);
    conf_deinit(&conf);
    return 0;
}
