/* SPDX-License-Identifier: Apache-2.0
 *
 * lexicon: the words of lexicon.txt, sorted once by their bytes. Every entry that is a prefix of a text is
 * the last one that does not sort behind it, or a prefix of that: so each entry knows its longest prefix in
 * the table, and one search finds them all, whole words, phrases and beginnings of words alike. That keeps
 * the cost linear in the text. Forms are listed, not stemmed: a reader sees exactly what matches.
 */
#include "pipeline/lexicon.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf.h"

#define ENTRIES_MAX 8192
#define NO_PREFIX   UINT16_MAX

__asm__(".pushsection .rodata\n.global lexicon_text\n.hidden lexicon_text\nlexicon_text:\n"
        ".incbin \"src/pipeline/lexicon.txt\"\n.byte 0\n.popsection\n");
extern const char lexicon_text[];

struct entry {
    const char *at; /* into lexicon_text */
    uint16_t len;
    uint16_t prefix; /* the longest entry that this one begins with */
    bool open;       /* any ending will do */
    uint64_t signs;
};

struct lexicon {
    struct entry entry[ENTRIES_MAX];
    size_t n, mistake;
    size_t from[UINT8_MAX + 2]; /* by first byte: [from[b], from[b + 1]) */
};

static struct lexicon lexicon;

#define NAME(name) #name,
static const char *const sign_name[] = { LEXICON_SIGNS(NAME) };

bool lexicon_looks_inside(uint32_t cp)
{
    bool semitic = cp >= 0x0590 && cp < 0x0900, hangul = cp >= 0xAC00 && cp <= 0xD7A3;
    return semitic || hangul || utf_is_wide(cp);
}

/* 0 = there is no such sign. */
static uint64_t sign_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(sign_name); i++)
        if (str_eqs(name, sign_name[i]))
            return UINT64_C(1) << i;
    return 0;
}

static bool is_plain(struct str word)
{
    bool blank = true; /* before it */
    for (size_t pos = 0; pos < word.len;) {
        uint32_t cp = utf8_next(word.at, word.len, &pos);
        if (cp == ' ' ? blank : !utf_is_word(cp) || utf_plain(cp) != cp)
            return false;
        blank = cp == ' ';
    }
    return !blank;
}

static bool add_word(struct lexicon *l, struct str word, uint64_t signs)
{
    bool open = word.len && word.at[word.len - 1] == '*';
    word.len -= open;
    if (!is_plain(word) || word.len >= UINT16_MAX || l->n == ENTRIES_MAX)
        return false;
    size_t pos = 0;
    open = open || lexicon_looks_inside(utf8_next(word.at, word.len, &pos));
    l->entry[l->n++] = (struct entry){ word.at, (uint16_t)word.len, NO_PREFIX, open, signs };
    return true;
}

/* "sign: word, word" */
static bool add_line(struct lexicon *l, struct str line)
{
    struct str sign, word;
    if (line.len == 0 || line.at[0] == '#')
        return true;
    uint64_t signs = str_cut(&line, ':', &sign) ? sign_of(sign) : 0;
    bool good = signs != 0 && line.len != 0;
    while (good && str_cut(&line, ',', &word))
        good = add_word(l, str_trim(word), signs);
    return good;
}

static int by_bytes(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    if (order == 0)
        order = (x->len > y->len) - (x->len < y->len);
    return order ? order : x->open - y->open;
}

static bool begins_with(const struct entry *e, const struct entry *prefix)
{
    return e->len >= prefix->len && memcmp(e->at, prefix->at, prefix->len) == 0;
}

static void join_repeats(struct lexicon *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (n && by_bytes(&l->entry[n - 1], &l->entry[i]) == 0)
            l->entry[n - 1].signs |= l->entry[i].signs;
        else
            l->entry[n++] = l->entry[i];
    l->n = n;
}

/* What begins with an entry stands right behind it, so the candidates are the one before and its prefixes. */
static void link_prefixes(struct lexicon *l)
{
    for (size_t i = 1; i < l->n; i++) {
        size_t p = i - 1;
        while (p != NO_PREFIX && !begins_with(&l->entry[i], &l->entry[p]))
            p = l->entry[p].prefix;
        l->entry[i].prefix = (uint16_t)p;
    }
}

static void index_first_bytes(struct lexicon *l)
{
    size_t i = 0;
    for (size_t byte = 0; byte <= UINT8_MAX + 1; byte++) {
        while (i < l->n && (unsigned char)l->entry[i].at[0] < byte)
            i++;
        l->from[byte] = i;
    }
}

static void lexicon_build(void)
{
    struct lexicon *l = &lexicon;
    struct str rest = str_of(lexicon_text), line;
    for (size_t number = 1; str_cut(&rest, '\n', &line); number++)
        if (!add_line(l, line) && !l->mistake)
            l->mistake = number;
    qsort(l->entry, l->n, sizeof *l->entry, by_bytes);
    join_repeats(l);
    link_prefixes(l);
    index_first_bytes(l);
}

static const struct lexicon *lexicon_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, lexicon_build);
    return &lexicon;
}

/* The last entry with the first byte of `text` that does not sort behind it, NO_PREFIX when there is none. */
static size_t last_not_behind(const struct lexicon *l, const char *text)
{
    const unsigned char byte = (unsigned char)text[0];
    size_t from = l->from[byte], lo = from, hi = l->from[byte + 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strncmp(l->entry[mid].at, text, l->entry[mid].len) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > from ? lo - 1 : NO_PREFIX;
}

uint64_t lexicon_signs(const char *text, bool inside)
{
    const struct lexicon *l = lexicon_get();
    uint64_t signs = 0;
    for (size_t i = last_not_behind(l, text); i != NO_PREFIX; i = l->entry[i].prefix) {
        const struct entry *e = &l->entry[i];
        if (strncmp(e->at, text, e->len) != 0)
            continue;
        bool ends = text[e->len] == ' ' || text[e->len] == '\0';
        if (e->open || (ends && !inside))
            signs |= e->signs;
    }
    return signs;
}

size_t lexicon_mistake(void)
{
    return lexicon_get()->mistake;
}
