/* SPDX-License-Identifier: Apache-2.0
 *
 * One file's bytes as a document: which format, its title, its sections. A format fills text and
 * sections and may leave the title; what no format knows (byte order mark, title of last
 * resort) is settled here.
 */
#include "docs/docs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf.h"

void document_free(struct document *d)
{
    for (size_t i = 0; i < d->sections; i++)
        free(d->section[i].heading);
    free(d->section);
    free(d->title);
    free(d->text);
    *d = (struct document){ 0 };
}

/* One line, white space runs as one space, at most DOCS_TITLE_MAX bytes. NULL: out of memory. */
static char *title_of(const char *text, size_t len)
{
    char line[DOCS_TITLE_MAX + 4];
    size_t n = 0;
    bool gap = false;

    for (size_t pos = 0; pos < len;) {
        uint32_t cp = utf8_next(text, len, &pos);
        char put[5];
        size_t more;

        if (utf_is_space(cp) || cp < 0x20 || cp == 0x7f) {
            gap = n > 0;
            continue;
        }
        more = utf8_put(put, cp);
        if (n + gap + more > DOCS_TITLE_MAX)
            break;
        if (gap)
            line[n++] = ' ';
        memcpy(line + n, put, more);
        n += more;
        gap = false;
    }
    return strndup(line, n);
}

int document_section(struct document *d, const struct buf *text, const char *heading, size_t len)
{
    struct section *more, *last = d->sections ? &d->section[d->sections - 1] : NULL;

    if (last)
        last->to = text->len;
    if (last && last->to == last->from) { /* a heading without text: its place is taken */
        free(last->heading);
        d->sections--;
    }
    more = realloc(d->section, (d->sections + 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    d->section = more;
    more[d->sections] =
        (struct section){ .heading = title_of(heading, len), .from = text->len, .to = text->len };
    if (!more[d->sections].heading)
        return -ENOMEM;
    d->sections++;
    if (!d->title && *more[d->sections - 1].heading) {
        d->title = more[d->sections - 1].heading;
        more[d->sections - 1].heading = strdup("");
        return more[d->sections - 1].heading ? 0 : -ENOMEM;
    }
    return 0;
}

/* Line ends become \n, other control characters spaces. */
static int plain_parse(struct document *d, const char *bytes, size_t len)
{
    struct buf text = BUF_INIT(DOCS_FILE_MAX);
    int rc = document_section(d, &text, "", 0);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '\r') {
            if (i + 1 == len || bytes[i + 1] != '\n')
                buf_addc(&text, '\n');
        } else {
            buf_addc(&text, (c < 0x20 && c != '\n') || c == 0x7f ? ' ' : (char)c);
        }
    }
    d->len = text.len;
    d->text = buf_steal(&text);
    return rc ? rc : d->text ? 0 : -ENOMEM;
}

static bool is_plain(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && strcasecmp(path + n - 4, ".txt") == 0;
}

static char *title_fallback(struct document *d, const char *path)
{
    struct str rest = { d->text, d->len }, line;
    const char *name = strrchr(path, '/'), *dot;

    while (str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len) {
            d->untitled = line.len > DOCS_TITLE_MAX;
            return title_of(line.at, line.len);
        }
    }
    name = name ? name + 1 : path;
    dot = strrchr(name, '.');
    return title_of(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static void close_last(struct document *d)
{
    struct section *last = d->sections ? &d->section[d->sections - 1] : NULL;

    if (!last)
        return;
    last->to = d->len;
    if (last->to == last->from) {
        free(last->heading);
        d->sections--;
    }
}

int document_parse(struct document *out, const char *path, const char *bytes, size_t len, struct err *err)
{
    int rc;

    *out = (struct document){ 0 };
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        len -= 3;
    }
    rc = is_plain(path) ? plain_parse(out, bytes, len) : markdown_parse(out, bytes, len, err);
    if (!rc)
        close_last(out);
    if (!rc && (!out->title || !*out->title)) {
        free(out->title);
        out->title = title_fallback(out, path);
        rc = out->title ? 0 : -ENOMEM;
    }
    if (rc == -ENOMEM)
        err_set(err, rc, "out of memory");
    if (rc)
        document_free(out);
    return rc;
}
