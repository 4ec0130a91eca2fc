/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of every list of messages that tg_format makes, whatever the answer was, and what is read in
 * them. Rules of entities: Bot API, "Formatting options"; tdlib, MessageEntity.cpp.
 */
#ifndef FORMAT_CHECKS_H
#define FORMAT_CHECKS_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/telegram/format.h"
#include "base/utf.h"
#include "tests/support/seen.h"

/* ---- rules ---- */

static inline bool is_code(enum rich_style s)
{
    return s == RICH_CODE || s == RICH_PRE;
}

/* Two entities that share a character. */
static inline const char *overlap_fault(const struct tg_entity *a, const struct tg_entity *b)
{
    if (a->style == b->style)
        return "two of one style overlap";
    if (b->offset + b->length > a->offset + a->length)
        return "entities cross";
    if (a->style == RICH_QUOTE)
        return NULL;
    if (b->style == RICH_QUOTE)
        return "a quotation within something";
    return is_code(a->style) || is_code(b->style) ? "code overlaps" : NULL;
}

static inline const char *pairs_fault(const struct tg_text *t)
{
    for (size_t i = 0; i < t->entities; i++) {
        for (size_t j = i + 1; j < t->entities; j++) {
            const struct tg_entity *a = &t->entity[i], *b = &t->entity[j];
            const char *fault;

            if (b->offset < a->offset || (b->offset == a->offset && b->length > a->length))
                return "not sorted";
            fault = b->offset < a->offset + a->length ? overlap_fault(a, b) : NULL;
            if (fault)
                return fault;
        }
    }
    return NULL;
}

/* The character at a UTF-16 offset; 0 = inside a surrogate pair or behind the end. */
static inline uint32_t char_at_unit(const char *text, size_t want)
{
    size_t len = strlen(text), pos = 0, at = 0;

    while (pos < len) {
        uint32_t cp = utf8_next(text, len, &pos);

        if (at >= want)
            return at == want ? cp : 0;
        at += cp > 0xFFFF ? 2 : 1;
    }
    return 0;
}

static inline size_t unit_count(const char *text)
{
    size_t len = strlen(text), pos = 0, n = 0;

    while (pos < len)
        n += utf8_next(text, len, &pos) > 0xFFFF ? 2 : 1;
    return n;
}

static inline const char *entity_fault(const struct tg_text *t, const struct tg_entity *e)
{
    uint32_t first = char_at_unit(t->text, e->offset), last = 0;
    size_t end = e->offset + e->length;

    if (e->length == 0 || end > unit_count(t->text))
        return "an entity is empty or out of bounds";
    last = char_at_unit(t->text, end - 1);
    last = last ? last : char_at_unit(t->text, end - 2);
    if (first == 0 || last == 0 || (end < unit_count(t->text) && char_at_unit(t->text, end) == 0))
        return "an entity begins or ends inside a character";
    if (first == ' ' || first == '\n' ||
        (e->style != RICH_PRE && e->style != RICH_QUOTE && utf_is_space(first)) || utf_is_space(last))
        return "an entity begins or ends with white space";
    if (e->style == RICH_LINK && strncasecmp(e->extra, "http", 4) != 0)
        return "a link to nowhere";
    return NULL;
}

static inline const char *text_fault(const struct tg_text *t)
{
    size_t len = strlen(t->text), units = unit_count(t->text);

    if (len == 0 || !utf8_valid(t->text, len))
        return "empty or not UTF-8";
    if (units > TG_TEXT_MAX || t->entities > TG_ENTITIES_MAX)
        return "too much for one message";
    if (strchr(" \n", t->text[0]) || strchr(" \n", t->text[len - 1]))
        return "white space at an end";
    for (size_t i = 0; i < t->entities; i++) {
        const char *fault = entity_fault(t, &t->entity[i]);

        if (fault)
            return fault;
    }
    return pairs_fault(t);
}

static inline const char *format_fault(const struct tg_text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *fault = text_fault(&t[i]);

        if (fault)
            return fault;
    }
    return NULL;
}

/* ---- what is read ---- */

static inline void seen_of_messages(struct seen *s, const struct tg_text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(t[i].text), unit = 0;
        unsigned styles[TG_TEXT_MAX] = { 0 };

        for (size_t e = 0; e < t[i].entities; e++)
            for (size_t u = 0; u < t[i].entity[e].length; u++)
                styles[t[i].entity[e].offset + u] |= 1U << t[i].entity[e].style;
        for (size_t pos = 0; pos < len;) {
            uint32_t cp = utf8_next(t[i].text, len, &pos);

            see_char(s, cp, styles[unit]);
            unit += cp > 0xFFFF ? 2 : 1;
        }
    }
}

#endif
