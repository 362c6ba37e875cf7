/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base/json_out.h"

#include <string.h>

void json_text(struct buf *b, const char *text)
{
    const char *from = text;

    if (text == NULL) {
        buf_puts(b, "null");
        return;
    }
    buf_char(b, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, from, (size_t)(text - from));
        if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else
            buf_printf(b, "\\%c", c);
        from = text + 1;
    }
    buf_puts(b, from);
    buf_char(b, '"');
}

/* No text ends so: a quote stands behind it. */
static void separate(struct buf *b)
{
    if (b->len > 0 && strchr("{[", b->data[b->len - 1]) == NULL)
        buf_char(b, ',');
}

void json_key(struct buf *b, const char *key)
{
    separate(b);
    json_text(b, key);
    buf_char(b, ':');
}

void json_member(struct buf *b, const char *key, const char *text)
{
    json_key(b, key);
    json_text(b, text);
}

void json_number(struct buf *b, const char *key, long long number)
{
    json_key(b, key);
    buf_printf(b, "%lld", number);
}

void json_open(struct buf *b, const char *key, char bracket)
{
    json_key(b, key);
    buf_char(b, bracket);
}

void json_item(struct buf *b, const char *text)
{
    separate(b);
    buf_puts(b, text);
}

void json_constant(struct buf *b, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "'");

        buf_add(b, text, n);
        if (text[n] == '\0')
            return;
        buf_char(b, '"');
        text += n + 1;
    }
}

void json_texts(struct buf *b, const char *key, const char *const *texts)
{
    json_open(b, key, '[');
    for (size_t i = 0; texts[i] != NULL; i++) {
        separate(b);
        json_text(b, texts[i]);
    }
    buf_char(b, ']');
}
