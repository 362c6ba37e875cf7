/* SPDX-License-Identifier: Apache-2.0
 *
 * A cached answer as bytes, with a header by which an answer that isn't the one asked for is found out: a tier that came
 * back with old memory, mixed up its replies, or was written to by somebody else.
 *
 * Form, in the machine's own byte order:
 *   mac        SipHash-2-4 of all that follows, under a key that only this site has
 *   magic, length of the whole, made (ms since 1970), ttl (ms), cost of making it (µs)
 *   versions   of the tags it was made from, in the order of the route's policy; 0 behind the last
 *   key        of the request
 *   content type, ETag, then each header's name and value, all with NUL at their ends; an empty name; the body
 */
#ifndef STEVEDORES_CACHE_ENTRY_H
#define STEVEDORES_CACHE_ENTRY_H

#include "cache/tier.h"
#include "cache/versions.h"
#include "http/response.h"

#define ENTRY_HEADERS_MAX 8 /* of a board's own; an answer with more is never found again */

struct entry {
    int64_t made_ms;
    int64_t ttl_ms;
    int64_t cost_us;
    int64_t versions[TAGS_MAX];
    struct cache_key key;
};

/* The response, which has its ETag, as bytes on `arena`; of its headers those from the given one on. */
struct str entry_pack(const struct entry *e, const struct http_response *resp, size_t first_header,
                      const unsigned char mac_key[16], struct arena *arena);

/* Checks the bytes and reads the header. False when they are not what entry_pack() made with this key, or, whoever made
 * them, not of its form. */
bool entry_check(struct str bytes, const struct cache_key *key, const unsigned char mac_key[16], struct entry *e)
    __attribute__((warn_unused_result));

/* The same of bytes whose MAC was looked at when they came to this host: in its own memory they are as they were put there,
 * and the MAC of a dashboard takes as long as all the rest of a hit. */
bool entry_read(struct str bytes, const struct cache_key *key, struct entry *e) __attribute__((warn_unused_result));

/* Answers with bytes that were checked; the response refers to them. */
void entry_respond(struct str bytes, struct http_response *resp);

#endif
