/* SPDX-License-Identifier: Apache-2.0
 *
 * How many tokens a text may be, for budgets and for calls whose provider reports none. A rule by script and
 * no model's own table: it serves all of them, and usage fields correct it after the call.
 */
#include <string.h>

#include "base/utf.h"
#include "llm/llm.h"

static bool is_hangul(uint32_t cp)
{
    return (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x1100 && cp <= 0x11FF);
}

int64_t llm_tokens(const char *text)
{
    size_t len = strlen(text), pos = 0;
    int64_t wide = 0, narrow_bytes = 0;
    while (pos < len) {
        size_t from = pos;
        if ((unsigned char)text[pos] < 0x80) {
            pos++;
            narrow_bytes++;
            continue;
        }
        uint32_t cp = utf8_next(text, len, &pos);
        if (utf_is_wide(cp) || is_hangul(cp))
            wide++;
        else
            narrow_bytes += (int64_t)(pos - from);
    }
    return wide + (narrow_bytes + 3) / 4;
}
