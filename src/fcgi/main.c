/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedores-fcgi: a responder. spawn-fcgi passes the listening socket as descriptor 0.
 */
#include "config.h"

#include <unistd.h>

#include "app/sandbox.h"
#include "app/serve.h"
#include "app/start.h"

int main(int argc, char **argv)
{
    struct conf conf;
    int status;

    if (!start(argc, argv, "stevedores-fcgi", "Answers the requests that a web server passes on by FastCGI.", &conf,
               &status))
        return status;
    status = sandbox_enter();
    if (status == 0)
        status = serve(STDIN_FILENO, &conf);
    conf_deinit(&conf);
    return status;
}
