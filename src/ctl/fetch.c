/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "ctl/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct fetch {
    CURL *curl;
    bool trust_anybody;
};

/* What comes in. */
struct incoming {
    struct buf headers, body;
};

struct fetch *fetch_new(void)
{
    struct fetch *f = mem_zalloc(sizeof(*f));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        f->curl = curl_easy_init();
    if (f->curl == NULL) {
        curl_global_cleanup();
        free(f);
        return NULL;
    }
    return f;
}

void fetch_free(struct fetch **f)
{
    if (*f == NULL)
        return;
    curl_easy_cleanup((*f)->curl);
    curl_global_cleanup();
    free(*f);
    *f = NULL;
}

void fetch_trust_anybody(struct fetch *f)
{
    f->trust_anybody = true;
}

/* A line each; a status line begins a new answer (behind "100 Continue"). */
static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
    struct incoming *in = arg;
    size_t len = size * n;

    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        in->headers.len = 0;
        in->headers.data[0] = '\0';
        return len;
    }
    while (len > 0 && strchr("\r\n", data[len - 1]) != NULL)
        len--;
    if (len > 0 && memchr(data, '\0', len) == NULL) {
        buf_add(&in->headers, data, len);
        buf_char(&in->headers, '\n');
    }
    return size * n;
}

/* Anything but the number of bytes ends the transfer. */
static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct incoming *in = arg;

    if (in->body.len + size * n > (size_t)FETCH_BODY_MAX)
        return 0;
    buf_add(&in->body, data, size * n);
    return size * n;
}

static bool set_up(struct fetch *f, const char *url, const char *encodings, bool decode, struct curl_slist *headers,
                   struct incoming *in)
{
    CURL *c = f->curl;

    curl_easy_reset(c); /* keeps the connection */
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK && curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "stevedoresctl/" PACKAGE_VERSION) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, f->trust_anybody ? 0L : 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, f->trust_anybody ? 0L : 2L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           (!decode || curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, encodings) == CURLE_OK) &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, in) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, in) == CURLE_OK;
}

/* "Expire date:Nov 30 22:13:00 2027 GMT", of the site's own certificate. */
static int64_t certificate_end(CURL *curl)
{
    static const char name[] = "Expire date:";
    struct curl_certinfo *info = NULL;

    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL || info->num_of_certs < 1)
        return -1;
    for (const struct curl_slist *l = info->certinfo[0]; l != NULL; l = l->next) {
        if (strncmp(l->data, name, strlen(name)) == 0)
            return curl_getdate(l->data + strlen(name), NULL);
    }
    return -1;
}

static void look(CURL *curl, struct fetch_answer *answer)
{
    long version = 0;
    curl_off_t us = 0;

    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status) != CURLE_OK ||
        curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version) != CURLE_OK ||
        curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us) != CURLE_OK)
        answer->error = "libcurl doesn't say what came";
    answer->us = us;
    answer->http = version == CURL_HTTP_VERSION_2_0 ? 20 : version == CURL_HTTP_VERSION_1_0 ? 10 : 11;
    answer->certificate_ends_s = certificate_end(curl);
}

void fetch_get(struct fetch *f, struct arena *arena, const char *url, const char *encodings, bool decode,
               struct fetch_answer *answer)
{
    const char *line = arena_printf(arena, "Accept-Encoding: %s", encodings);
    struct curl_slist *headers = decode ? NULL : curl_slist_append(NULL, line);
    struct incoming in;
    CURLcode code = CURLE_OUT_OF_MEMORY;

    *answer = (struct fetch_answer){.certificate_ends_s = -1};
    buf_init(&in.headers, arena, 2048);
    buf_init(&in.body, arena, 16384);
    if ((decode || headers != NULL) && set_up(f, url, encodings, decode, headers, &in))
        code = curl_easy_perform(f->curl);
    answer->headers = in.headers.data;
    answer->body = (struct str){in.body.data, in.body.len};
    if (code == CURLE_OK) {
        look(f->curl, answer);
    } else {
        answer->error = arena_strdup(arena, curl_easy_strerror(code));
        answer->untrusted = code == CURLE_PEER_FAILED_VERIFICATION;
    }
    curl_slist_free_all(headers);
}

const char *fetch_header(const struct fetch_answer *answer, struct arena *arena, const char *name, int *n)
{
    const size_t len = strlen(name);
    const char *found = NULL;
    int count = 0;

    for (const char *line = answer->headers; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *value;

        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        value = line + len + 1;
        value += strspn(value, " \t");
        if (count++ == 0)
            found = arena_strndup(arena, value, strcspn(value, "\n"));
    }
    if (n != NULL)
        *n = count;
    return found;
}
