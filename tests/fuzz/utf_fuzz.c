/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 and sentence ends on hostile bytes. What a stream relies on: an end that was
 * announced on a part of the text is the end of the whole; every call gets further;
 * no cut is inside a character.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

#define STREAM_MAX 512 /* every prefix of a text is tried: keep that square small */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_decoding(const char *text, size_t len)
{
    bool valid = utf8_valid(text, len), replaced = false;
    size_t pos = 0, n = 0;

    while (pos < len) {
        size_t at = pos;
        char again[4];
        uint32_t cp = utf8_next(text, len, &pos);

        must(pos > at && pos - at <= 4 && pos <= len, "decoding steps on");
        if (cp == 0xFFFD && pos - at == 1)
            replaced = true;
        else
            must(utf8_put(again, cp) == pos - at && memcmp(again, text + at, pos - at) == 0,
                 "encoding restores");
        (void)utf_is_word(utf_lower(cp));
        n++;
    }
    must(valid != replaced, "valid means nothing was replaced");
    must(utf8_count(text, len) == n, "count agrees");
}

static void check_cuts(const char *text, size_t len)
{
    bool valid = utf8_valid(text, len);

    for (size_t max = 0; max <= len && max <= STREAM_MAX; max++) {
        size_t n = utf8_floor(text, len, max);

        must(n <= max && max - n <= 3, "floor is near");
        must(!valid || utf8_valid(text, n), "floor cuts between characters");
        must(!valid || utf8_valid(text, max - utf8_tail(text, max)), "tail is what is incomplete");
    }
}

static void check_sentences(const char *text, size_t len)
{
    bool valid = utf8_valid(text, len);
    size_t from = 0;

    while (from < len) {
        size_t end = utf_sentence_end(text, len, from, true);

        must(end > from && end <= len, "a sentence has length");
        must(!valid || utf8_valid(text + from, end - from), "a sentence has whole characters");
        for (size_t have = from; have < len && len <= STREAM_MAX; have++) {
            size_t early = utf_sentence_end(text, have, from, false);

            must(early == have || early == end, "an announced end stands");
        }
        from = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    check_decoding(text, size);
    check_cuts(text, size);
    check_sentences(text, size);
    return 0;
}
