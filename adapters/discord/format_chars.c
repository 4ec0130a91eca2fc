/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that means nothing but itself. Discord takes a backslash off any ASCII punctuation that follows it,
 * and nothing off in code. Where a backslash would not do, because Discord's server looks for mentions before
 * its clients look for Markdown, a character of no width goes in between: U+200B.
 *
 * An address in plain text would be a link with a preview, and an underscore in it must not be escaped: it is
 * put in angle brackets.
 */
#include "adapters/discord/format_impl.h"

#include <string.h>
#include <strings.h>

#include "base/utf.h"

static bool begins(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(end - at) >= n && strncasecmp(at, word, n) == 0;
}

/* After this character one of no width has to come: "@everyone", "<@1>", what would end code. */
static bool calls(const char *at, const char *end, enum format_where where)
{
    if (*at == '@')
        return begins(at + 1, end, "everyone") || begins(at + 1, end, "here");
    if (*at == '<')
        return begins(at + 1, end, "@") || begins(at + 1, end, "#") || begins(at + 1, end, "/");
    return *at == '`' && where >= FORMAT_CODE && begins(at + 1, end, where == FORMAT_CODE ? "`" : "``");
}

/* One that stands alone is text; two are a spoiler or a line through. */
static bool is_doubled(const char *text, const char *at, const char *end)
{
    return (at + 1 < end && at[1] == *at) || (at > text && at[-1] == *at);
}

static bool is_markup(const char *text, const char *at, const char *end)
{
    if (!*at)
        return false;
    if (*at == '|' || *at == '~')
        return is_doubled(text, at, end);
    return strchr("\\*_`<>[", *at) != NULL;
}

/* At the beginning of a line or of a numbered item: a heading, small print, a quotation, an item. */
static bool is_line_markup(const char *text, const char *at)
{
    if (!*at || !strchr("#-+", *at))
        return false;
    text += strspn(text, " ");
    if (text + strspn(text, "0123456789") < at && strspn(text, "0123456789") > 0) {
        text += strspn(text, "0123456789");
        text += *text == '.';
        text += strspn(text, " ");
    }
    return text == at;
}

/* ---- addresses ---- */

static bool ends_address(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '"' || c == '`';
}

/* The bytes of an address at the beginning, without the punctuation of the sentence it stands in; 0 = none.
 */
static size_t address_len(const char *at, const char *end)
{
    size_t n = 0, closing = 0, opening = 0;

    if (!begins(at, end, "http://") && !begins(at, end, "https://"))
        return 0;
    for (; at + n < end && !ends_address(at[n]); n++) {
        opening += at[n] == '(';
        closing += at[n] == ')';
    }
    while (n > 0 && (strchr(".,;:!?'*_~|]", at[n - 1]) || (at[n - 1] == ')' && closing > opening)))
        closing -= at[--n] == ')';
    return n;
}

/* What would end the brackets early, begin a block of code, or call somebody from within, is encoded. */
static void put_address(struct buf *out, const char *url, size_t len)
{
    const char *end = url + len;

    buf_addc(out, '<');
    for (const char *at = url; at < end; at++)
        if (strchr("<>\\`", *at) || (*at == '@' && calls(at, end, FORMAT_TEXT)))
            buf_printf(out, "%%%02X", (unsigned char)*at);
        else
            buf_addc(out, *at);
    buf_addc(out, '>');
}

static bool is_address(const char *at, size_t len)
{
    char url[DC_LINK_MAX + 1];

    if (len == 0 || len > DC_LINK_MAX)
        return false;
    memcpy(url, at, len);
    url[len] = '\0';
    return rich_url_ok(url);
}

/* ---- text and links ---- */

static void put_char(struct buf *out, const char *text, const char *at, const char *end,
                     enum format_where where)
{
    if (where < FORMAT_CODE &&
        (is_markup(text, at, end) || (where == FORMAT_LINE && is_line_markup(text, at))))
        buf_addc(out, '\\');
    buf_addc(out, *at);
    if (calls(at, end, where))
        buf_adds(out, FORMAT_NO_WIDTH);
}

void format_plain(struct buf *out, const char *text, size_t len, enum format_where where)
{
    const char *end = text + len;

    for (const char *at = text; at < end;) {
        bool inside = at > text && utf_is_word((unsigned char)at[-1]);
        size_t address = where >= FORMAT_CODE || inside ? 0 : address_len(at, end);

        if (is_address(at, address)) {
            put_address(out, at, address);
            at += address;
        } else {
            put_char(out, text, at++, end, where);
        }
    }
}

/* Discord shows no link whose text looks like an address, or has brackets that do not match. */
static bool is_label(const char *label, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("[]", label[i]) || begins(label + i, label + len, "://"))
            return false;
    return len > 0;
}

bool format_link(struct buf *out, const char *label, size_t len, const char *url)
{
    size_t bytes = strlen(url);

    if (bytes > DC_LINK_MAX)
        return false;
    if (len != bytes || memcmp(label, url, len) != 0) {
        bool whole = is_label(label, len);

        buf_adds(out, whole ? "[" : "");
        format_plain(out, label, len, FORMAT_TEXT);
        buf_adds(out, whole ? "](" : " (");
        put_address(out, url, bytes);
        buf_addc(out, ')');
    } else {
        put_address(out, url, bytes);
    }
    return true;
}
