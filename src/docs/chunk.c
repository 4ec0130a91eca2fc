/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a document into chunks of at most CHUNK_CHARS code points. A passage is read by people and
 * quoted sentence by sentence, so a chunk begins and ends with whole sentences where it can: the
 * overlap, at least CHUNK_OVERLAP code points, is widened to the beginning of its sentence
 * unless that is more than CHUNK_OVERLAP_MAX away. Every search looks at a bounded window: the
 * time is linear in the text whatever it holds.
 */
#include "docs/docs.h"

#include <string.h>

#include "base/utf.h"

#define CHUNK_LOOKAHEAD 16 /* bytes after the limit that tell whether a sentence ended there */

static bool space_at(const char *text, size_t at)
{
    return text[at] == ' ' || text[at] == '\n' || text[at] == '\t';
}

static size_t skip_space(const char *text, size_t from, size_t to)
{
    while (from < to && space_at(text, from))
        from++;
    return from;
}

/* The offset `chars` code points after `from`, at most `to`. */
static size_t forward(const char *text, size_t from, size_t to, size_t chars)
{
    while (chars-- > 0 && from < to)
        (void)utf8_next(text, to, &from);
    return from;
}

static size_t backward(const char *text, size_t from, size_t end, size_t chars)
{
    while (end > from && chars > 0) {
        end--;
        chars -= ((unsigned char)text[end] & 0xc0) != 0x80;
    }
    return end;
}

/* Last sentence end in (from, limit], or `from`. */
static size_t last_sentence(const char *text, size_t from, size_t limit, size_t to)
{
    size_t window = limit + CHUNK_LOOKAHEAD < to ? limit + CHUNK_LOOKAHEAD : to;
    size_t best = from;

    for (size_t at = from; at < limit;) {
        size_t end = utf_sentence_end(text, window, at, window == to);

        if (end > limit || end <= at || (end == window && window < to))
            break;
        best = at = end;
    }
    return best;
}

static size_t last_word(const char *text, size_t from, size_t limit)
{
    for (size_t at = limit; at > from; at--)
        if (space_at(text, at - 1))
            return at;
    return from;
}

/* Where the chunk that begins at `from` ends: beyond `before`, the end of the last one, whose overlap it
 * begins with. A sentence's end in the first third is too early. */
static size_t chunk_end(const char *text, size_t from, size_t to, size_t before)
{
    size_t limit = forward(text, from, to, CHUNK_CHARS), end, least;

    if (limit == to)
        return to;
    before = skip_space(text, before, to);
    least = from + (limit - from) / 3;
    if (least <= before)
        least = before + 1;
    end = last_sentence(text, from, limit, to);
    if (end < least)
        end = last_word(text, from, limit);
    return end < least ? limit : end;
}

/* Where the chunk after [from, end) begins. Over a wide gap nothing is repeated: it would fill the chunk. */
static size_t chunk_next(const char *text, size_t from, size_t end, size_t to)
{
    size_t want = backward(text, from, end, CHUNK_OVERLAP);
    size_t sentence = last_sentence(text, from, want, end), word;

    if (want == from || skip_space(text, end, to) - end > CHUNK_OVERLAP)
        return end;
    if (sentence > from && sentence >= backward(text, from, end, CHUNK_OVERLAP_MAX))
        return sentence;
    for (word = want; word < end && !space_at(text, word); word++)
        ;
    return word < end ? word : want;
}

static struct str trimmed(const char *text, size_t from, size_t to)
{
    return str_trim((struct str){ text + from, to - from });
}

int chunks_cut(const struct document *d, int (*each)(void *ctx, const char *heading, struct str text),
               void *ctx)
{
    for (size_t i = 0; i < d->sections; i++) {
        const struct section *s = &d->section[i];
        size_t from = skip_space(d->text, s->from, s->to), end = from;

        while (from < s->to) {
            struct str text;
            int rc;

            end = chunk_end(d->text, from, s->to, end);
            text = trimmed(d->text, from, end);
            rc = text.len ? each(ctx, s->heading, text) : 0;
            if (rc)
                return rc;
            if (skip_space(d->text, end, s->to) >= s->to)
                break;
            from = skip_space(d->text, chunk_next(d->text, from, end, s->to), s->to);
        }
    }
    return 0;
}
