/* SPDX-License-Identifier: Apache-2.0
 *
 * What the formatter knows of single characters: those that are not seen, those that belong to the one before
 * them, and those that an answer may write by name. Not all of Unicode or HTML: what models write, and what
 * platforms treat in ways of their own.
 */
#include "rich/page_impl.h"

#include <stdlib.h>

#include "base/utf.h"

/* Nothing to see for Telegram (tdlib, misc.cpp): a text of these alone is an empty one. */
static bool unseen(uint32_t cp)
{
    return utf_is_space(cp) || cp == 0x180E || (cp >= 0x200B && cp <= 0x200F) ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x2064) || cp == 0x2800 || cp == 0xFEFF ||
           cp == 0xFFFC || cp == 0x30A || cp == 0x333 || cp == 0x33F || (cp >= 0xE0000 && cp <= 0xE0FFF);
}

bool rich_blank(const char *text, size_t len)
{
    for (size_t pos = 0; pos < len;)
        if (!unseen(utf8_next(text, len, &pos)))
            return false;
    return true;
}

bool rich_joins(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36F) || (cp >= 0x483 && cp <= 0x489) || (cp >= 0x591 && cp <= 0x5BD) ||
           (cp >= 0x64B && cp <= 0x65F) || (cp >= 0x93A && cp <= 0x94D && cp != 0x93D) || cp == 0x200D ||
           (cp >= 0x20D0 && cp <= 0x20FF) || (cp >= 0x3099 && cp <= 0x309A) ||
           (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0x1F3FB && cp <= 0x1F3FF) ||
           (cp >= 0xE0000 && cp <= 0xE0FFF);
}

static const struct {
    char name[8];
    uint32_t cp;
} references[] = {
    { "Auml", 0xC4 },    { "Ouml", 0xD6 },    { "Uuml", 0xDC },     { "amp", '&' },      { "apos", '\'' },
    { "asymp", 0x2248 }, { "auml", 0xE4 },    { "bull", 0x2022 },   { "cent", 0xA2 },    { "copy", 0xA9 },
    { "deg", 0xB0 },     { "divide", 0xF7 },  { "euro", 0x20AC },   { "frac12", 0xBD },  { "ge", 0x2265 },
    { "gt", '>' },       { "harr", 0x2194 },  { "hellip", 0x2026 }, { "infin", 0x221E }, { "laquo", 0xAB },
    { "larr", 0x2190 },  { "ldquo", 0x201C }, { "le", 0x2264 },     { "lsquo", 0x2018 }, { "lt", '<' },
    { "mdash", 0x2014 }, { "micro", 0xB5 },   { "middot", 0xB7 },   { "minus", 0x2212 }, { "nbsp", 0xA0 },
    { "ndash", 0x2013 }, { "ne", 0x2260 },    { "ouml", 0xF6 },     { "para", 0xB6 },    { "plusmn", 0xB1 },
    { "pound", 0xA3 },   { "quot", '"' },     { "raquo", 0xBB },    { "rarr", 0x2192 },  { "rdquo", 0x201D },
    { "reg", 0xAE },     { "rsquo", 0x2019 }, { "sect", 0xA7 },     { "szlig", 0xDF },   { "times", 0xD7 },
    { "trade", 0x2122 }, { "uuml", 0xFC },    { "yen", 0xA5 },
};

uint32_t rich_reference(struct str s)
{
    struct str inner = { s.at + 1, s.len > 2 ? s.len - 2 : 0 };
    bool hex = str_starts(inner, "#x") || str_starts(inner, "#X");
    unsigned long cp;

    if (str_starts(inner, "#")) {
        cp = strtoul(inner.at + (hex ? 2 : 1), NULL, hex ? 16 : 10); /* ends at the ';' */
        return cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF) ? 0 : (uint32_t)cp;
    }
    for (size_t i = 0; i < ARRAY_LEN(references); i++)
        if (str_eqs(inner, references[i].name))
            return references[i].cp;
    return 0;
}
