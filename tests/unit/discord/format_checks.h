/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of every list of parts that dc_format makes, and what can be read in them: a small reader of
 * Discord's Markdown, written from the other side. It takes marks off as Discord's clients do (fences,
 * backticks, backslashes, stars, links, quotations, headings, items) and keeps characters that are not white
 * space. A mark that this reader takes for text, or the other way round, shows as a difference to the answer.
 */
#ifndef DISCORD_FORMAT_CHECKS_H
#define DISCORD_FORMAT_CHECKS_H

#include <ctype.h>
#include <string.h>

#include "adapters/discord/format.h"
#include "base/utf.h"
#include "tests/support/seen.h"

/* ---- rules ---- */

static inline bool dc_calls_somebody(const char *text)
{
    return strcasestr(text, "@everyone") || strcasestr(text, "@here") || strstr(text, "<@") ||
           strstr(text, "<#");
}

/* Every fence that is opened is closed, on a line of its own. */
static inline bool dc_fences_match(const char *text)
{
    size_t fences = 0;

    for (const char *at = text; (at = strstr(at, "```")); at += 3) {
        fences++;
        if (at > text && at[-1] != '\n')
            return false;
        if (fences % 2 == 0 && at[3] != '\n' && at[3] != '\0')
            return false;
    }
    return fences % 2 == 0;
}

static inline const char *dc_parts_fault(const struct dc_part *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(p[i].content);

        if (!utf8_valid(p[i].content, len) || (!len && !p[i].embeds[0]))
            return "empty or not UTF-8";
        if (utf16_count(p[i].content, len) > DC_CONTENT_MAX)
            return "too long";
        if (dc_calls_somebody(p[i].content) || dc_calls_somebody(p[i].embeds))
            return "somebody is called";
        if (!dc_fences_match(p[i].content))
            return "a fence is open";
        if (p[i].embeds[0] && i + 1 < n)
            return "sources before the end";
    }
    return NULL;
}

/* ---- what is read ---- */

struct dc_reader {
    struct seen *out;
    const char *at;
    bool label; /* of a link is open */
};

static inline void dc_see(struct dc_reader *r, const char *text, size_t len)
{
    see(r->out, text, len, 0);
}

/* Whatever stands between two marks, as it is. */
static inline void dc_read_until(struct dc_reader *r, const char *mark)
{
    const char *end = strstr(r->at, mark);
    size_t len = end ? (size_t)(end - r->at) : strlen(r->at);

    dc_see(r, r->at, len);
    r->at += len + (end ? strlen(mark) : 0);
}

static inline void dc_read_fence(struct dc_reader *r)
{
    r->at += 3;
    r->at += strcspn(r->at, "\n"); /* the language */
    dc_read_until(r, "```");
}

static inline void dc_read_code(struct dc_reader *r)
{
    const char *mark = r->at[1] == '`' ? "``" : "`";

    r->at += strlen(mark);
    dc_read_until(r, mark);
}

/* Text of a link is read when its address is passed: "](<...>)" and " (<...>)" leave nothing to be seen. */
static inline bool dc_skip_address(struct dc_reader *r)
{
    bool label = r->label && strncmp(r->at, "](<", 3) == 0, behind = strncmp(r->at, " (<", 3) == 0;
    const char *end = label || behind ? strstr(r->at, ">)") : NULL;

    if (!end)
        return false;
    r->at = end + 2;
    r->label = r->label && !label;
    return true;
}

/* At the beginning of a line. */
static inline void dc_read_line_marks(struct dc_reader *r)
{
    if (strncmp(r->at, "> ", 2) == 0)
        r->at += 2;
    if (strncmp(r->at, "# ", 2) == 0 || strncmp(r->at, "## ", 3) == 0 || strncmp(r->at, "### ", 4) == 0)
        r->at += strcspn(r->at, " ") + 1;
    r->at += strspn(r->at, " ");
    if (strncmp(r->at, "- ", 2) == 0) {
        dc_see(r, "\u2022", 3);
        r->at += 2;
    }
}

static inline void dc_read_address(struct dc_reader *r)
{
    const char *end = strchr(r->at, '>');

    for (r->at++; r->at < end; r->at++) { /* what was encoded is what it was */
        char byte = *r->at;
        if (strncmp(r->at, "%3C", 3) == 0 || strncmp(r->at, "%3E", 3) == 0 || strncmp(r->at, "%5C", 3) == 0 ||
            strncmp(r->at, "%40", 3) == 0 || strncmp(r->at, "%60", 3) == 0) {
            byte = (char)strtol((char[]){ r->at[1], r->at[2], 0 }, NULL, 16);
            r->at += 2;
        }
        if ((unsigned char)byte < 0x80) {
            dc_see(r, &byte, 1);
        } else {
            size_t len = 1;
            while (((unsigned char)r->at[len] & 0xC0U) == 0x80U)
                len++;
            dc_see(r, r->at, len);
            r->at += len - 1;
        }
    }
    r->at = end + 1;
}

static inline void dc_read_one(struct dc_reader *r)
{
    size_t len = 1;

    if (r->at[0] == '\\' && ispunct((unsigned char)r->at[1])) {
        dc_see(r, r->at + 1, 1);
        r->at += 2;
    } else if (strncmp(r->at, "```", 3) == 0) {
        dc_read_fence(r);
    } else if (r->at[0] == '`') {
        dc_read_code(r);
    } else if (r->at[0] == '<' && strncasecmp(r->at + 1, "http", 4) == 0 && strchr(r->at, '>')) {
        dc_read_address(r);
    } else if (r->at[0] == '*' || strncmp(r->at, "~~", 2) == 0) {
        r->at += r->at[0] == '*' ? 1 : 2;
    } else if (r->at[0] == '[' && strstr(r->at, "](<")) {
        r->at++;
        r->label = true;
    } else if (!dc_skip_address(r)) {
        while (((unsigned char)r->at[len] & 0xC0U) == 0x80U)
            len++;
        dc_see(r, r->at, len);
        r->at += len;
    }
}

static inline void seen_of_parts(struct seen *s, const struct dc_part *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct dc_reader r = { s, p[i].content, false };

        dc_read_line_marks(&r);
        while (*r.at) {
            bool line = *r.at == '\n';

            dc_read_one(&r);
            if (line)
                dc_read_line_marks(&r);
        }
    }
}

#endif
