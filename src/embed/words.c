/* SPDX-License-Identifier: Apache-2.0
 *
 * A stemmer that is light on purpose: embedder and index also see character n-grams, which do the
 * rest, and a wrong cut costs more than a missed one.
 */
#include "embed/words.h"

#include <string.h>

#include "base/utf.h"
#include "embed/fold.h"

static void append(struct word *w, uint32_t cp)
{
    uint32_t folded = fold_char(cp);
    char bytes[4];
    size_t n;

    if (folded < 0x80 && folded > 0 && w->len < WORD_BYTES_MAX) {
        w->at[w->len++] = (char)folded;
        w->at[w->len] = '\0';
        return;
    }
    n = utf8_put(bytes, folded);
    if (folded == 0 || w->len + n > WORD_BYTES_MAX)
        return;
    memcpy(w->at + w->len, bytes, n);
    w->len += n;
    w->at[w->len] = '\0';
}

static uint32_t peek_wide(const struct words *w, size_t *pos)
{
    uint32_t cp = *pos < w->len ? utf8_next(w->text, w->len, pos) : 0;

    return cp && utf_is_wide(cp) ? cp : 0;
}

/* Each character with its neighbour; alone only when the run is one character long. */
static void take_wide(struct words *w, struct word *out, uint32_t first)
{
    size_t pos = w->pos, pair_end;
    uint32_t second = peek_wide(w, &pos);

    append(out, first);
    out->wide = out->run_end = true;
    if (!second)
        return;
    append(out, second);
    pair_end = pos;
    out->run_end = !peek_wide(w, &pos);
    if (out->run_end)
        w->pos = pair_end;
}

bool words_next(struct words *w, struct word *out)
{
    *out = (struct word){ 0 };
    while (w->pos < w->len) {
        size_t from = w->pos;
        uint32_t cp = utf8_next(w->text, w->len, &w->pos);

        if (utf_is_wide(cp)) {
            if (out->len)
                w->pos = from;
            else
                take_wide(w, out, cp);
            break;
        }
        if (utf_is_word(cp))
            append(out, cp);
        else if (out->len)
            break;
    }
    return out->len > 0;
}

static bool ends(const struct word *w, const char *ending)
{
    size_t n = strlen(ending);

    return w->len > n && memcmp(w->at + w->len - n, ending, n) == 0;
}

static void cut(struct word *w, size_t n)
{
    w->len -= n;
    w->at[w->len] = '\0';
}

static bool has_vowel(const struct word *w, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("aeiouy", w->at[i]))
            return true;
    return false;
}

static void stem_plural(struct word *w)
{
    if (w->len > 4 && ends(w, "ies")) {
        cut(w, 3);
        append(w, 'y');
    } else if (w->len > 4 && (ends(w, "sses") || ends(w, "xes") || ends(w, "ches") || ends(w, "shes"))) {
        cut(w, 2);
    } else if (w->len > 3 && ends(w, "s") && !ends(w, "ss") && !ends(w, "us") && !ends(w, "is")) {
        cut(w, 1);
    }
}

static void stem_verb(struct word *w)
{
    size_t ending = ends(w, "ing") ? 3 : ends(w, "ed") ? 2 : 0;

    if (!ending || w->len < ending + 3 || !has_vowel(w, w->len - ending))
        return;
    cut(w, ending);
    if (w->at[w->len - 1] == w->at[w->len - 2] && !strchr("lsz", w->at[w->len - 1]))
        cut(w, 1);
}

void word_stem(struct word *w)
{
    for (size_t i = 0; i < w->len; i++)
        if (w->at[i] < 'a' || w->at[i] > 'z')
            return;
    stem_plural(w);
    stem_verb(w);
    if (w->len > 4 && ends(w, "e"))
        cut(w, 1);
}

void word_mark(const struct word *w, struct word_marked *out)
{
    size_t len = w->len + 2;

    out->at[0] = '<';
    memcpy(out->at + 1, w->at, w->len);
    out->at[len - 1] = '>';
    out->chars = 0;
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)out->at[i] & 0xc0) != 0x80)
            out->start[out->chars++] = (uint8_t)i;
    out->start[out->chars] = (uint8_t)len;
}
