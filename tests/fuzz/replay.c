/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a target over its corpus, without libFuzzer: one cmocka test per target. The program is called fuzz_X and reads
 * $srcdir/tests/fuzz/corpus/X.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static char folder[4096];

/* A broken promise ends the program, so the file's name is printed before. */
static void replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    long size;
    uint8_t *data;

    print_message("%s\n", path);
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    assert_true(size >= 0);
    rewind(f);
    data = malloc((size_t)size + (size == 0)); /* exactly, so that AddressSanitizer sees a byte too much */
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, f), size);
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

static void the_corpus_breaks_no_promise(void **state)
{
    DIR *d = opendir(folder);
    int n = 0;

    (void)state;
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        char path[sizeof(folder) + 300];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        replay(path);
        n++;
    }
    (void)closedir(d);
    assert_true(n > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_corpus_breaks_no_promise)};
    const char *srcdir = getenv("srcdir"), *target = strrchr(argv[0], '/');

    target = strstr(target != NULL ? target : argv[0], "fuzz_");
    if (target == NULL)
        return 2;
    (void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".",
                   target + strlen("fuzz_"));
    (void)LLVMFuzzerInitialize(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
