/* SPDX-License-Identifier: Apache-2.0
 *
 * The ceiling: a responder that does nothing but send the bytes of a file with a dashboard's headers. It accepts as libfcgi
 * does by itself.
 */
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    FCGX_Request request;
    FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
    char *bytes = malloc(1 << 20);
    size_t n;

    if (f == NULL || bytes == NULL)
        return 1;
    n = fread(bytes, 1, 1 << 20, f);
    (void)fclose(f);
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        (void)FCGX_PutStr(bytes, (int)n, request.out);
        FCGX_Finish_r(&request);
    }
    free(bytes);
    return 0;
}
