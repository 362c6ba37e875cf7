/* SPDX-License-Identifier: Apache-2.0
 *
 * Environment files. Behind the name of every secret a mark is put in, which must not come out again.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK "xyzzy-plugh"

/* True when only blanks stand between the line's beginning and p. */
static bool is_at_line(const uint8_t *data, const uint8_t *p)
{
    while (p > data && p[-1] != '\n' && isspace(p[-1]))
        p--;
    return p == data || p[-1] == '\n';
}

/* The file with its marks; *n grows by them. */
static char *mark_secrets(struct fuzz *f, const uint8_t *data, size_t *n)
{
    static const char *const secrets[] = {"SECRET_KEY=", "SECRET_KEY_PREVIOUS=", "DATABASE_URL=", "REDIS_URL="};
    struct buf b;

    buf_init(&b, f->arena, *n + 64);
    for (size_t i = 0; i < *n; i++) {
        for (size_t j = 0; j < sizeof(secrets) / sizeof(secrets[0]); j++) {
            size_t length = strlen(secrets[j]);

            if (i >= length && memcmp(data + i - length, secrets[j], length) == 0 &&
                is_at_line(data, data + i - length))
                buf_puts(&b, MARK);
        }
        buf_char(&b, (char)data[i]);
    }
    *n = b.len;
    return b.data;
}

/* What a function prints; the caller frees it. */
static char *printed(const struct conf *c, void (*print)(const struct conf *c, FILE *out))
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    print(c, out);
    (void)fclose(out);
    PROMISE(strstr(text, MARK) == NULL);
    return text;
}

static void check_loaded(struct conf *c)
{
    unsigned char fingerprint[32];
    char *text;

    PROMISE(strlen(c->secret_key) >= 32 && c->database_url[0] != '\0' && c->shm_name[0] == '/');
    PROMISE(c->per_page_default >= 1 && c->per_page_default <= c->per_page_max);
    conf_fingerprint(c, fingerprint);
    free(printed(c, conf_print));
    text = printed(c, conf_print_json);
    PROMISE(!str_is_text(text, strlen(text)) || fuzz_is_json(text));
    free(text);
    conf_deinit(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const no_environ[] = {NULL};
    char path[64], *errors = NULL;
    size_t n = size, length;
    struct conf c;
    struct fuzz f;
    char *file;
    FILE *out;
    bool ok;
    int fd;

    if (size > 0 && memmem(data, size, MARK, strlen(MARK)) != NULL)
        return 0; /* libFuzzer learns it, from strstr() below */
    if (size > 0 && memmem(data, size, "_FILE=", strlen("_FILE=")) != NULL)
        return 0; /* what lies in other files is no part of the input */
    fuzz_begin(&f);
    fd = memfd_create("conf", MFD_CLOEXEC);
    file = mark_secrets(&f, data, &n);
    PROMISE(fd >= 0 && write(fd, file, n) == (ssize_t)n);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    out = open_memstream(&errors, &length);
    ok = conf_load(&c, CONF_OPERATOR, path, no_environ, out);
    (void)fclose(out);
    (void)close(fd);
    PROMISE(ok ? length == 0 || str_starts(errors, "warning: ") : length > 0);
    PROMISE(strstr(errors, MARK) == NULL);
    free(errors);
    if (ok) {
        PROMISE(n == 0 || memchr(file, '\0', n) == NULL); /* or a value would be another than the file's */
        check_loaded(&c);
    }
    fuzz_end(&f);
    return 0;
}
