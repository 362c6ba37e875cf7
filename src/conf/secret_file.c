/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "conf/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to `size` bytes; -1 with errno. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t got = read(fd, out + n, size - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* Of an open file. */
static char *read_value(int fd, size_t max, struct arena *arena, const char **why, bool *open_to_all)
{
    size_t size = max + 2; /* with its line end */
    char *text = arena_alloc(arena, size + 1);
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && (n = read_all(fd, text, size + 1)) < 0)) {
        *why = arena_printf(arena, "can't be read: %s", strerror(errno));
        return NULL;
    }
    *why = "names something that is no regular file";
    if (!S_ISREG(st.st_mode))
        return NULL;
    *open_to_all = (st.st_mode & S_IROTH) != 0;
    if (n > 0 && text[n - 1] == '\n')
        n -= n > 1 && text[n - 2] == '\r' ? 2 : 1;
    *why = "names a file that is empty";
    if (n == 0)
        return NULL;
    *why = arena_printf(arena, "names a file that has more than %zu bytes", max);
    if ((size_t)n > max)
        return NULL;
    text[n] = '\0';
    *why = "names a file that has a NUL byte in it";
    return strlen(text) == (size_t)n ? text : NULL;
}

char *secret_file_read(const char *path, const char *directory, size_t max, struct arena *arena, const char **why,
                       bool *open_to_all)
{
    char *value;
    int fd;

    *open_to_all = false;
    if (*path != '/') {
        *why = "must begin with a slash, for there is no $CREDENTIALS_DIRECTORY to look in";
        if (directory == NULL || *directory == '\0')
            return NULL;
        *why = "is empty";
        if (*path == '\0')
            return NULL;
        path = arena_printf(arena, "%s/%s", directory, path);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* not to wait for the writer of a pipe */
    if (fd < 0) {
        *why = arena_printf(arena, "can't be read: %s", strerror(errno));
        return NULL;
    }
    value = read_value(fd, max, arena, why, open_to_all);
    (void)close(fd); /* was only read */
    return value;
}
