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

void json_key(struct buf *b, const char *key)
{
    if (b->len > 0 && strchr("{[", b->data[b->len - 1]) == NULL)
        buf_char(b, ',');
    json_text(b, key);
    buf_char(b, ':');
}
