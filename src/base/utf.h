/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 by RFC 3629: validity, stepping, cutting, light case folding. Pure; any thread.
 */
#ifndef BASE_UTF_H
#define BASE_UTF_H

#include <parley/base.h>

bool utf8_valid(const char *text, size_t len); /* no overlong, surrogate, > U+10FFFF; NUL is valid */
/* Decodes at text[*pos], advances; invalid bytes give U+FFFD one byte at a time. */
static inline uint32_t utf8_next(const char *text, size_t len, size_t *pos);
size_t utf8_put(char out[4], uint32_t cp);
/* Largest n <= max with text[0..n) not cutting a character. */
size_t utf8_floor(const char *text, size_t len, size_t max);
/* Bytes at the end that begin a character but do not finish it (0..3). */
size_t utf8_tail(const char *text, size_t len);
size_t utf8_count(const char *text, size_t len); /* code points */
/* In UTF-16 code units, as platforms count: how many, and the bytes of the first `max` of them, no character
 * cut. */
size_t utf16_count(const char *text, size_t len);
size_t utf16_floor(const char *text, size_t len, size_t max);
/* Simple lower case: ASCII, Latin-1/Ext-A, Greek, Cyrillic. */
static inline uint32_t utf_lower(uint32_t cp);
uint32_t utf_plain(uint32_t cp); /* utf_lower without accents: Latin with Vietnamese, and Russian yo as ye */
/* A letter, digit or combining mark. */
static inline bool utf_is_word(uint32_t cp);
/* A letter of a script written without spaces: Han, kana, Thai, Lao, Khmer. */
static inline bool utf_is_wide(uint32_t cp);
bool utf_is_space(uint32_t cp);
/* End of the first sentence in text[from..len): the offset just after . ! ? … 。！？ with the closing
 * quotes, brackets and citations "[1]" behind it, when white space follows (CJK enders and danda need
 * none), or before a blank line, a line that starts with a list mark, heading, quotation or table, or
 * the end of a heading. White space belongs to the sentence it precedes. len when none is complete;
 * with at_end false, anything under len will stand whatever follows. Common abbreviations, initials,
 * decimals and list numbers ("1. ") do not end a sentence. In utf_sentence.c. */
size_t utf_sentence_end(const char *text, size_t len, size_t from, bool at_end);

/* Most text is ASCII, and every pass over a turn's words comes through here: that much is inline, the tables
 * stay in utf.c. */
uint32_t utf8_next_far(const char *text, size_t len, size_t *pos);
uint32_t utf_lower_far(uint32_t cp);
bool utf_is_word_far(uint32_t cp);
bool utf_is_wide_far(uint32_t cp);

static inline uint32_t utf8_next(const char *text, size_t len, size_t *pos)
{
    if (*pos < len && (unsigned char)text[*pos] < 0x80)
        return (unsigned char)text[(*pos)++];
    return utf8_next_far(text, len, pos);
}

static inline uint32_t utf_lower(uint32_t cp)
{
    if (cp < 0x80)
        return cp - 'A' < 26 ? cp + 32 : cp;
    return utf_lower_far(cp);
}

static inline bool utf_is_word(uint32_t cp)
{
    if (cp < 0x80)
        return cp - '0' < 10 || (cp | 32) - 'a' < 26;
    return utf_is_word_far(cp);
}

static inline bool utf_is_wide(uint32_t cp)
{
    return cp >= 0x0E01 /* Thai: the first of them */ && utf_is_wide_far(cp);
}

#endif
