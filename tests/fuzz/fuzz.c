/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "http/problem.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    random_init();
    log_init("fuzz", LOG_ERROR);
    return 0;
}

void fuzz_broken(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "broken promise: %s (%s:%d)\n", condition, file, line);
    abort();
}

void fuzz_begin(struct fuzz *f)
{
    f->arena = arena_new(4096);
    error_init(&f->err, f->arena);
}

void fuzz_end(struct fuzz *f)
{
    arena_free(&f->arena);
}

char *fuzz_text(struct fuzz *f, const uint8_t *data, size_t size)
{
    const void *nul = size > 0 ? memchr(data, '\0', size) : NULL;

    return arena_strndup(f->arena, size > 0 ? (const char *)data : "",
                         nul != NULL ? (size_t)((const uint8_t *)nul - data) : size);
}

char *fuzz_line(struct fuzz *f, const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t n = end != NULL ? (size_t)(end - *data) : *size;
    char *line = fuzz_text(f, *data, n);

    n += end != NULL;
    *data += n;
    *size -= n;
    return line;
}

void fuzz_percent(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
            buf_char(b, *text);
        else
            buf_printf(b, "%%%02x", c);
    }
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static void space(const char **p)
{
    *p += strspn(*p, " \t\r\n");
}

static bool take(const char **p, const char *word)
{
    if (!str_starts(*p, word))
        return false;
    *p += strlen(word);
    return true;
}

static bool string(const char **p)
{
    if (!take(p, "\""))
        return false;
    while (**p != '"') {
        if ((unsigned char)**p < 0x20)
            return false;
        if (*(*p)++ != '\\')
            continue;
        if (**p == 'u') {
            if (strspn(*p + 1, "0123456789abcdefABCDEF") < 4)
                return false;
            *p += 5;
        } else if (**p == '\0' || strchr("\"\\/bfnrt", *(*p)++) == NULL) {
            return false;
        }
    }
    (*p)++;
    return true;
}

static bool digits(const char **p)
{
    size_t n = strspn(*p, "0123456789");

    *p += n;
    return n > 0;
}

static bool number(const char **p)
{
    (void)take(p, "-");
    if (!take(p, "0") && !digits(p))
        return false;
    if (take(p, ".") && !digits(p))
        return false;
    if (take(p, "e") || take(p, "E")) {
        if (!take(p, "+"))
            (void)take(p, "-");
        return digits(p);
    }
    return true;
}

static bool value(const char **p, int depth);

static bool members(const char **p, bool named, const char *end, int depth)
{
    space(p);
    if (take(p, end))
        return true;
    do {
        space(p);
        if (named) {
            if (!string(p))
                return false;
            space(p);
            if (!take(p, ":"))
                return false;
        }
        if (!value(p, depth))
            return false;
    } while (take(p, ","));
    return take(p, end);
}

/* A value and the space around it. */
static bool value(const char **p, int depth)
{
    bool ok;

    if (depth == 0)
        return false;
    space(p);
    if (take(p, "{"))
        ok = members(p, true, "}", depth - 1);
    else if (take(p, "["))
        ok = members(p, false, "]", depth - 1);
    else
        ok = **p == '"' ? string(p) : take(p, "true") || take(p, "false") || take(p, "null") || number(p);
    space(p);
    return ok;
}

bool fuzz_is_json(const char *text)
{
    return str_is_text(text, strlen(text)) && value(&text, 32) && *text == '\0';
}

bool fuzz_has_nul_escape(const char *text, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (text[i] != '\\')
            continue;
        if (n - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0)
            return true;
        i++; /* whatever is escaped, a backslash for one, begins no escape */
    }
    return false;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

void fuzz_head(struct str head)
{
    const char *p = head.p, *end = head.p + head.n;

    PROMISE(head.n > 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0);
    while (p < end - 2) {
        size_t name = strcspn(p, ":\r\n");

        PROMISE(name > 0 && p[name] == ':' && p[name + 1] == ' ');
        p += name;
        while (*p != '\r') {
            PROMISE((unsigned char)*p >= 0x20 && *p != 0x7f);
            p++;
        }
        PROMISE(p[1] == '\n');
        p += 2;
    }
}

void fuzz_problem(struct fuzz *f, const char *request_id)
{
    struct http_request req = {.id = request_id};
    struct http_response resp;

    PROMISE(f->err.outcome > OUT_NOT_MODIFIED && f->err.outcome < OUT_COUNT);
    PROMISE(f->err.outcome != OUT_INVALID || f->err.nfields > 0);
    response_init(&resp);
    problem_respond(&resp, &req, &f->err);
    PROMISE(resp.status >= 400 && resp.status == problem_status(f->err.outcome));
    PROMISE(strlen(resp.body.p) == resp.body.n);
    PROMISE(fuzz_is_json(resp.body.p));
    fuzz_head(response_head(&resp, &req, f->arena));
}

const struct conf *fuzz_conf(void)
{
    static struct conf conf;
    static bool loaded;
    /* Those of a test: nothing here is asked for anything. */
    static char settings[][80] = {"SECRET_KEY=0123456789abcdef0123456789abcdef", "DATABASE_URL=host=/nowhere",
                                  "MAX_HEADER_BYTES=4096", "MAX_BODY_BYTES=1024", "MAX_PATH_BYTES=64",
                                  "MAX_QUERY_BYTES=256"};
    char *const env[] = {settings[0], settings[1], settings[2], settings[3], settings[4], settings[5], NULL};

    if (!loaded && !conf_load(&conf, CONF_DAEMON, NULL, env, stderr))
        abort();
    loaded = true;
    return &conf;
}
