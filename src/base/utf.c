/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 and the little of Unicode that Parley needs: words, spaces, scripts without
 * spaces, simple lower case. No tables of a library, so every build agrees on what a
 * word is and an index made by one is readable by another.
 *
 * Limits: case folding is one code point to one (no "ß" -> "ss") and covers Latin, Greek,
 * Cyrillic and Armenian; no normalisation: a text in NFD stays in NFD.
 */
#include "base/utf.h"

#include <string.h>

#include "base/utf_word.h"

#define REPLACEMENT 0xFFFDU
#define HIGH_BITS   0x8080808080808080ULL

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

/* Bytes of the character a lead byte opens; 0 when no character starts with it. */
static size_t lead_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* RFC 3629 narrows the second byte so that no overlong, surrogate or too large value gets through. */
static bool second_fits(unsigned char lead, unsigned char second)
{
    unsigned char lo = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char hi = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    return second >= lo && second <= hi;
}

/* Bytes at `at` that are a character or its beginning: `*need` is its full length. 0 when invalid. */
static size_t sequence(const char *at, size_t len, size_t *need)
{
    unsigned char lead = (unsigned char)at[0];
    size_t have = 1;

    *need = lead_length(lead);
    if (*need == 0)
        return 0;
    if (*need > 1 && len > 1) {
        if (!second_fits(lead, (unsigned char)at[1]))
            return 0;
        have = 2;
    }
    while (have < *need && have < len) {
        if (!is_continuation(at[have]))
            return 0;
        have++;
    }
    return have;
}

bool utf8_valid(const char *text, size_t len)
{
    size_t pos = 0, need;
    uint64_t word;

    while (pos < len) {
        if (len - pos >= sizeof word) {
            memcpy(&word, text + pos, sizeof word);
            if (!(word & HIGH_BITS)) {
                pos += sizeof word;
                continue;
            }
        }
        if (sequence(text + pos, len - pos, &need) == 0 || need > len - pos)
            return false;
        pos += need;
    }
    return true;
}

uint32_t utf8_next_far(const char *text, size_t len, size_t *pos)
{
    static const unsigned char lead_mask[5] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    const char *at = text + *pos;
    size_t need, have = sequence(at, len - *pos, &need);
    uint32_t cp;

    if (have == 0 || have < need) {
        *pos += 1;
        return REPLACEMENT;
    }
    cp = (unsigned char)at[0] & lead_mask[need];
    for (size_t i = 1; i < need; i++)
        cp = cp << 6 | ((unsigned char)at[i] & 0x3FU);
    *pos += need;
    return cp;
}

size_t utf8_put(char out[4], uint32_t cp)
{
    static const unsigned char lead[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    size_t n;

    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = REPLACEMENT;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80U | (cp & 0x3FU));
        cp >>= 6;
    }
    out[0] = (char)(lead[n] | cp);
    return n;
}

size_t utf8_floor(const char *text, size_t len, size_t max)
{
    size_t need;

    if (max >= len)
        return len;
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        const char *at = text + (max - back);

        if (is_continuation(*at))
            continue;
        if (sequence(at, len - (max - back), &need) == need && need > back)
            return max - back;
        break;
    }
    return max;
}

size_t utf8_tail(const char *text, size_t len)
{
    size_t need;

    for (size_t back = 1; back <= 3 && back <= len; back++) {
        const char *at = text + (len - back);

        if (is_continuation(*at))
            continue;
        return sequence(at, back, &need) == back && need > back ? back : 0;
    }
    return 0;
}

size_t utf8_count(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t pos = 0; pos < len; n++)
        (void)utf8_next(text, len, &pos);
    return n;
}

size_t utf16_count(const char *text, size_t len)
{
    size_t pos = 0, units = 0;

    while (pos < len)
        units += utf8_next(text, len, &pos) > 0xFFFF ? 2 : 1;
    return units;
}

size_t utf16_floor(const char *text, size_t len, size_t max)
{
    size_t pos = 0, end = 0, units = 0;

    while (pos < len) {
        units += utf8_next(text, len, &pos) > 0xFFFF ? 2 : 1;
        if (units > max)
            break;
        end = pos;
    }
    return end;
}

/* How the capitals of a range find their small letters. PAIRS: capital and small alternate. */
enum fold { SHIFT, PAIRS };

struct fold_range {
    uint32_t from, to;
    enum fold how;
    int32_t delta; /* SHIFT: added; PAIRS: parity of the capitals */
};

static const struct fold_range fold_table[] = {
    { 0x41, 0x5A, SHIFT, 32 },    { 0xC0, 0xD6, SHIFT, 32 },     { 0xD8, 0xDE, SHIFT, 32 },
    { 0x100, 0x12F, PAIRS, 0 },   { 0x130, 0x130, SHIFT, -199 }, { 0x132, 0x137, PAIRS, 0 },
    { 0x139, 0x148, PAIRS, 1 },   { 0x14A, 0x177, PAIRS, 0 },    { 0x178, 0x178, SHIFT, -121 },
    { 0x179, 0x17E, PAIRS, 1 },   { 0x1A0, 0x1A5, PAIRS, 0 },    { 0x1AF, 0x1B0, PAIRS, 1 },
    { 0x1CD, 0x1DC, PAIRS, 1 },   { 0x200, 0x21F, PAIRS, 0 },    { 0x370, 0x373, PAIRS, 0 },
    { 0x376, 0x377, PAIRS, 0 },   { 0x386, 0x386, SHIFT, 38 },   { 0x388, 0x38A, SHIFT, 37 },
    { 0x38C, 0x38C, SHIFT, 64 },  { 0x38E, 0x38F, SHIFT, 63 },   { 0x391, 0x3A1, SHIFT, 32 },
    { 0x3A3, 0x3AB, SHIFT, 32 },  { 0x3D8, 0x3EF, PAIRS, 0 },    { 0x400, 0x40F, SHIFT, 80 },
    { 0x410, 0x42F, SHIFT, 32 },  { 0x460, 0x481, PAIRS, 0 },    { 0x48A, 0x4BF, PAIRS, 0 },
    { 0x4C0, 0x4C0, SHIFT, 15 },  { 0x4C1, 0x4CE, PAIRS, 1 },    { 0x4D0, 0x52F, PAIRS, 0 },
    { 0x531, 0x556, SHIFT, 48 },  { 0x1E00, 0x1E95, PAIRS, 0 },  { 0x1E9E, 0x1E9E, SHIFT, -7615 },
    { 0x1EA0, 0x1EFF, PAIRS, 0 }, { 0xFF21, 0xFF3A, SHIFT, 32 },
};

uint32_t utf_lower_far(uint32_t cp)
{
    for (size_t i = 0; i < ARRAY_LEN(fold_table); i++) {
        const struct fold_range *r = &fold_table[i];

        if (cp < r->from)
            break;
        if (cp > r->to)
            continue;
        if (r->how == SHIFT)
            return (uint32_t)((int32_t)cp + r->delta);
        return (cp & 1U) == (uint32_t)r->delta ? cp + 1 : cp;
    }
    return cp;
}

/* Vietnamese, in blocks of one base letter. */
static char vietnamese_base(uint32_t cp)
{
    static const struct {
        uint32_t to;
        char base;
    } block[] = { { 0x1EB7, 'a' }, { 0x1EC7, 'e' }, { 0x1ECB, 'i' },
                  { 0x1EE3, 'o' }, { 0x1EF1, 'u' }, { 0x1EF9, 'y' } };
    size_t i = 0;

    while (cp > block[i].to)
        i++;
    return block[i].base;
}

uint32_t utf_plain(uint32_t cp)
{
    static const char latin1[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuyty"; /* from U+00E0; 0 = stays */
    static const char latin_a[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                                  "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    cp = utf_lower(cp);
    if (cp < 0xDF)
        return cp;
    if (cp == 0xDF)
        return 's';
    if (cp <= 0xFF)
        return latin1[cp - 0xE0] ? (unsigned char)latin1[cp - 0xE0] : cp;
    if (cp <= 0x17F)
        return (unsigned char)latin_a[cp - 0x100];
    if (cp >= 0x1EA0 && cp <= 0x1EF9)
        return (unsigned char)vietnamese_base(cp);
    if (cp == 0x1A1 || cp == 0x1B0)
        return cp == 0x1A1 ? 'o' : 'u';
    return cp == 0x451 ? 0x435 : cp; /* Russian yo is mostly written ye */
}

static bool in_ranges(const struct utf_range *r, size_t n, uint32_t cp)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (cp > r[mid].to)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= r[lo].from;
}

bool utf_is_word_far(uint32_t cp)
{
    return in_ranges(utf_word_range, ARRAY_LEN(utf_word_range), cp);
}

bool utf_is_wide_far(uint32_t cp)
{
    static const struct utf_range wide[] = {
        { 0x0E01, 0x0E3A },   { 0x0E40, 0x0E4E },   /* Thai */
        { 0x0E81, 0x0ECD },   { 0x0EDC, 0x0EDF },   /* Lao */
        { 0x1780, 0x17D3 },   { 0x17DC, 0x17DD },   /* Khmer */
        { 0x3005, 0x3007 },   { 0x3021, 0x3029 },   /* Han marks and numerals */
        { 0x3031, 0x3035 },   { 0x3038, 0x303C },   /* kana repetition, Han */
        { 0x3041, 0x309A },   { 0x309D, 0x309F },   /* hiragana */
        { 0x30A1, 0x30FA },   { 0x30FC, 0x30FF },   /* katakana */
        { 0x31F0, 0x31FF },   { 0x3400, 0x4DBF },   /* katakana, Han A */
        { 0x4E00, 0x9FFF },   { 0xF900, 0xFAD9 },   /* Han */
        { 0xFF66, 0xFF9F },                         /* halfwidth katakana */
        { 0x1AFF0, 0x1B16F }, { 0x20000, 0x3FFFD }, /* kana, Han B and on */
    };

    return in_ranges(wide, ARRAY_LEN(wide), cp);
}

bool utf_is_space(uint32_t cp)
{
    if (cp < 0x80)
        return cp == ' ' || (cp >= '\t' && cp <= '\r');
    return cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}
