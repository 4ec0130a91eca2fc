/* SPDX-License-Identifier: Apache-2.0
 *
 * restore: the person reads their own data again. Only this turn's map is consulted, and it was opened for
 * this conversation alone, so nobody else's value can come back.
 */
#include "pipeline/restore.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "pipeline/stages.h"

#define RESTORED_MAX (1U << 20)

static const struct pseudonym *pseudonym_at(const struct turn *t, const char *text, size_t len)
{
    for (size_t i = 0; i < t->redaction.map_len; i++) {
        const char *name = t->redaction.map[i].placeholder;
        size_t n = strlen(name);
        if (n <= len && strncasecmp(text, name, n) == 0)
            return &t->redaction.map[i];
    }
    return NULL;
}

const char *restore_text(struct turn *t, const char *text, size_t len)
{
    if (t->redaction.map_len == 0 || !memchr(text, '<', len))
        return arena_strndup(&t->arena, text, len);
    struct buf out = BUF_INIT(RESTORED_MAX);
    for (size_t i = 0; i < len;) {
        const struct pseudonym *p = text[i] == '<' ? pseudonym_at(t, text + i, len - i) : NULL;
        if (p) {
            buf_adds(&out, p->value);
            i += strlen(p->placeholder);
        } else {
            buf_addc(&out, text[i++]);
        }
    }
    const char *restored = out.failed ? NULL : arena_strndup(&t->arena, buf_text(&out), out.len);
    buf_free(&out);
    return restored;
}

enum verdict stage_restore(struct turn *t, struct worker *w X_UNUSED)
{
    if (!t->answer.text)
        t->answer.text = restore_text(t, t->answer.redacted, strlen(t->answer.redacted));
    return t->answer.text ? NEXT : turn_fail(t, -ENOMEM, "restore");
}
