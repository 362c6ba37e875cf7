/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of reports about the content security policy, which anybody may send.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops/csp_report.h"
#include "engine/exchange.h"
#include "shm/counters.h"

/* The counters of this process, in a segment whose name is gone. */
static const struct shm *counting(void)
{
    static const struct shm_region *const regions[] = {&counters_region, NULL};
    static char name[40];
    static struct conf conf = {.shm_name = name};
    static struct shm *shm;

    if (shm == NULL) {
        (void)snprintf(name, sizeof(name), "/stevedores-fuzz-csp-%d", (int)getpid());
        shm = shm_open_segment(&conf, regions);
        (void)shm_unlink(name);
    }
    return shm;
}

static int64_t counted(const struct shm *shm)
{
    return counter_get(counters_open(shm), COUNTER_CSP_REPORT_URI) + counter_get(counters_open(shm), COUNTER_CSP_REPORT_TO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {.id = "12345678", .remote_addr = "10.0.0.1"};
    struct http_response resp;
    struct exchange x = {.req = &req, .resp = &resp, .conf = fuzz_conf(), .shm = counting()};
    int64_t before = counted(x.shm);
    struct fuzz f;
    char *body;

    fuzz_begin(&f);
    response_init(&resp);
    body = arena_alloc(f.arena, size + 1); /* with the NUL that request_read() puts behind */
    if (size > 0)
        memcpy(body, data, size);
    body[size] = '\0';
    req.body = (struct str){body, size};
    x.arena = f.arena;
    x.err = &f.err;
    if (csp_report_post(&x) == OUT_OK) {
        PROMISE(resp.status == 204 && f.err.nfields == 0);
        PROMISE(memchr(body, '{', size) != NULL);
    } else {
        fuzz_problem(&f, "12345678");
    }
    /* Each that was counted has its braces. */
    for (size_t i = 0; i < size; i++)
        before += body[i] == '{';
    PROMISE(counted(x.shm) <= before);
    fuzz_end(&f);
    return 0;
}
