/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects and arrays walked by span, see the header. Broken text ends the walk with `whole` false; no step
 * leaves the text, and every step advances.
 */
#include "base/json_span.h"

#include "base/json_scan.h"
#include "base/str.h"

static char here(struct span *s)
{
    s->pos = json_skip_space(s->text.at, s->text.len, s->pos);
    return s->pos < s->text.len ? s->text.at[s->pos] : '\0';
}

static void close_with(struct span *s)
{
    s->whole = here(s) == (s->open == '{' ? '}' : ']');
    s->pos += s->whole;
    s->whole = s->whole && here(s) == '\0' && s->pos == s->text.len;
    s->done = true;
}

void span_open(struct span *s, struct str text, char open)
{
    *s = (struct span){ .text = text, .open = open };
    s->done = here(s) != open;
    s->pos += !s->done;
    if (!s->done && (here(s) == '}' || here(s) == ']'))
        close_with(s);
}

/* The value at the position; empty at the end of the text. */
static struct str take(struct span *s)
{
    size_t from = s->pos;
    s->pos = json_skip_value(s->text.at, s->text.len, from);
    return (struct str){ s->text.at + from, s->pos - from };
}

static bool take_key(struct span *s, struct str *key)
{
    struct str quoted;
    if (here(s) != '"')
        return false;
    quoted = take(s);
    if (quoted.len < 2 || here(s) != ':')
        return false;
    *key = (struct str){ quoted.at + 1, quoted.len - 2 };
    s->pos++;
    return true;
}

bool span_next(struct span *s, struct str *key, struct str *value)
{
    *key = (struct str){ "", 0 };
    if (s->done)
        return false;
    if ((s->open == '{' && !take_key(s, key)) || here(s) == '\0') {
        s->done = true;
        return false;
    }
    *value = take(s);
    if (here(s) == ',')
        s->pos++;
    else
        close_with(s);
    return true;
}

struct str span_member(struct str object, const char *name)
{
    struct str key, value, found = { NULL, 0 };
    struct span s;
    span_open(&s, object, '{');
    while (span_next(&s, &key, &value))
        if (!found.at && str_eqs(key, name))
            found = value;
    return s.whole ? found : (struct str){ NULL, 0 };
}
