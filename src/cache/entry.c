/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "cache/entry.h"

#include <sodium.h>
#include <string.h>

#define ENTRY_MAGIC UINT32_C(0x53444531) /* "SDE1" */

struct head {
    unsigned char mac[8];
    uint32_t magic;
    uint32_t length;
    struct entry entry;
};

static void add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text) + 1);
}

static void make_mac(unsigned char out[8], const char *bytes, size_t n, const unsigned char mac_key[16])
{
    (void)crypto_shorthash(out, (const unsigned char *)bytes + 8, n - 8, mac_key);
}

struct str entry_pack(const struct entry *e, const struct http_response *resp, size_t first_header,
                      const unsigned char mac_key[16], struct arena *arena)
{
    struct head head;
    struct buf b;

    memset(&head, 0, sizeof(head)); /* padding, too, is under the mac */
    head.magic = ENTRY_MAGIC;
    head.entry = *e;
    buf_init(&b, arena, sizeof(head) + 512 + resp->body.n);
    buf_add(&b, (const char *)&head, sizeof(head));
    add_text(&b, resp->content_type);
    add_text(&b, resp->etag);
    for (size_t i = first_header; i < resp->nheaders; i++) {
        add_text(&b, resp->headers[i].name);
        add_text(&b, resp->headers[i].value);
    }
    buf_char(&b, '\0');
    buf_add(&b, resp->body.p, resp->body.n);
    head.length = (uint32_t)b.len;
    memcpy(b.data, &head, sizeof(head));
    make_mac(head.mac, b.data, b.len, mac_key);
    memcpy(b.data, head.mac, sizeof(head.mac));
    return (struct str){b.data, b.len};
}

/* The NUL that ends the text at p, or NULL. */
static const char *text_end(const char *p, const char *end)
{
    return memchr(p, '\0', (size_t)(end - p));
}

/* True when the texts are all there. The MAC says who made the bytes, this that entry_respond() may read them. */
static bool has_form(const char *p, const char *end)
{
    for (int i = 0; i < 2; i++) { /* content type, ETag */
        p = text_end(p, end);
        if (p == NULL)
            return false;
        p++;
    }
    for (int headers = 0; p < end && *p != '\0'; headers++) {
        if (headers == ENTRY_HEADERS_MAX)
            return false;
        for (int i = 0; i < 2; i++) { /* name, value */
            p = text_end(p, end);
            if (p == NULL)
                return false;
            p++;
        }
    }
    return p < end;
}

bool entry_read(struct str bytes, const struct cache_key *key, struct entry *e)
{
    struct head head;

    if (bytes.n < sizeof(head))
        return false;
    memcpy(&head, bytes.p, sizeof(head));
    if (head.magic != ENTRY_MAGIC || head.length != bytes.n ||
        memcmp(head.entry.key.hash, key->hash, sizeof(key->hash)) != 0 ||
        !has_form(bytes.p + sizeof(head), bytes.p + bytes.n))
        return false;
    *e = head.entry;
    return true;
}

bool entry_check(struct str bytes, const struct cache_key *key, const unsigned char mac_key[16], struct entry *e)
{
    unsigned char mac[8];

    if (bytes.n < sizeof(struct head))
        return false;
    make_mac(mac, bytes.p, bytes.n, mac_key);
    return sodium_memcmp(mac, bytes.p, sizeof(mac)) == 0 && entry_read(bytes, key, e);
}

void entry_respond(struct str bytes, struct http_response *resp)
{
    const char *p = bytes.p + sizeof(struct head);

    resp->status = 200;
    resp->content_type = p;
    p += strlen(p) + 1;
    resp->etag = p;
    p += strlen(p) + 1;
    while (*p != '\0') {
        const char *name = p, *value = p + strlen(p) + 1;

        response_header(resp, name, value);
        p = value + strlen(value) + 1;
    }
    p++;
    resp->body = (struct str){p, bytes.n - (size_t)(p - bytes.p)};
}
