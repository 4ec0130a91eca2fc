/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate works on whole sentences (base/utf.h says where one ends), so a phrase split over any number of
 * stream chunks is seen whole. With answer.grounding = strict everything is held until the end, because the
 * verdict on the answer may replace it.
 */
#include "pipeline/output.h"

#include <errno.h>
#include <string.h>

#include "base/utf.h"
#include "pipeline/pipeline.h"
#include "pipeline/restore.h"
#include "pipeline/validate.h"

struct words { /* grows inside the arena, doubling */
    char *at;
    size_t len, cap;
};

struct output {
    struct turn *turn;
    struct words pending, redacted, text;
    size_t released; /* bytes of `text` the adapter has */
    size_t look_at;  /* bytes of `pending` to wait for before the next look for an end or a cut */
    bool hold;
};

static int words_add(struct arena *a, struct words *w, const char *bytes, size_t len)
{
    if (w->len + len > OUTPUT_MAX)
        return X_E_LIMIT;
    if (w->len + len + 1 > w->cap) {
        size_t cap = w->cap ? w->cap : 1024;
        while (cap < w->len + len + 1)
            cap *= 2;
        char *grown = arena_alloc(a, cap);
        if (!grown)
            return -ENOMEM;
        if (w->len)
            memcpy(grown, w->at, w->len);
        w->at = grown;
        w->cap = cap;
    }
    memcpy(w->at + w->len, bytes, len);
    w->len += len;
    w->at[w->len] = '\0';
    return 0;
}

int output_open(struct turn *t)
{
    struct output *o = arena_alloc(&t->arena, sizeof *o);
    if (!o)
        return -ENOMEM;
    o->turn = t;
    o->hold = t->snap->config->answer.grounding == GROUNDING_STRICT;
    t->output = o;
    return 0;
}

static int release(struct output *o)
{
    if (o->hold || o->released == o->text.len)
        return 0;
    size_t from = o->released;
    o->released = o->text.len;
    return o->turn->pipeline->hooks->sentence(o->turn, o->text.at + from, o->text.len - from);
}

/* `redacted` has passed the checks. */
static int pass(struct output *o, const char *redacted, size_t len)
{
    struct turn *t = o->turn;
    const char *restored = restore_text(t, redacted, len);
    if (!restored)
        return -ENOMEM;
    int rc = words_add(&t->arena, &o->redacted, redacted, len);
    if (rc == 0)
        rc = words_add(&t->arena, &o->text, restored, strlen(restored));
    return rc ? rc : release(o);
}

static int check_and_pass(struct output *o, size_t len)
{
    const char *clean = validate_sentence(o->turn, o->pending.at, len);
    if (!clean)
        return -ENOMEM;
    memmove(o->pending.at, o->pending.at + len, o->pending.len - len + 1);
    o->pending.len -= len;
    o->look_at = 0;
    return pass(o, clean, strlen(clean));
}

/* Where an endless sentence may be cut: at white space before the held tail, outside every match. After a
 * look that found no place the next one waits for an eighth more, so that the work does not grow with the
 * square. */
static size_t forced_cut(struct output *o)
{
    if (o->pending.len < OUTPUT_HOLD)
        return 0;
    size_t cut = o->pending.len - OUTPUT_TAIL;
    while (cut > 1 && o->pending.at[cut - 1] != ' ' && o->pending.at[cut - 1] != '\n')
        cut--;
    if (cut <= 1)
        cut = utf8_floor(o->pending.at, o->pending.len, o->pending.len - OUTPUT_TAIL);
    cut = validate_safe_cut(o->turn, o->pending.at, o->pending.len, cut);
    o->look_at = cut ? 0 : o->pending.len + o->pending.len / 8;
    return cut;
}

static int drain(struct output *o, bool at_end)
{
    int full = 0;
    while (o->pending.len && (at_end || o->pending.len >= o->look_at)) {
        size_t end = utf_sentence_end(o->pending.at, o->pending.len, 0, at_end);
        if (end >= o->pending.len && !at_end)
            end = forced_cut(o);
        if (end == 0)
            break;
        int rc = check_and_pass(o, end);
        if (rc == X_E_FULL)
            full = rc;
        else if (rc)
            return rc;
    }
    return full;
}

int output_write(struct output *o, const char *bytes, size_t len)
{
    int rc = words_add(&o->turn->arena, &o->pending, bytes, len);
    return rc ? rc : drain(o, false);
}

int output_finish(struct output *o)
{
    int rc = drain(o, true);
    return rc == X_E_FULL ? 0 : rc;
}

void output_restart(struct output *o)
{
    if (o->released)
        o->turn->pipeline->hooks->restart(o->turn);
    o->pending.len = o->redacted.len = o->text.len = o->released = o->look_at = 0;
}

int output_append(struct output *o, const char *text)
{
    int rc = o->text.len ? words_add(&o->turn->arena, &o->redacted, "\n\n", 2) : 0;
    if (rc == 0 && o->text.len)
        rc = words_add(&o->turn->arena, &o->text, "\n\n", 2);
    if (rc == 0)
        rc = pass(o, text, strlen(text));
    return rc == X_E_FULL ? 0 : rc;
}

int output_replace(struct output *o, const char *text)
{
    o->pending.len = o->redacted.len = o->text.len = 0;
    return output_append(o, text);
}

/* In place: it only gets shorter. */
static void drop_citations(const struct turn *t, struct words *w, bool (*alive)(const struct turn *, size_t))
{
    size_t to = 0;
    for (size_t i = 0; i < w->len;) {
        size_t n = 0, span = w->at[i] == '[' ? validate_citation(w->at, w->len, i, &n) : 0;
        if (span && !alive(t, n)) {
            i += span;
            while (to && w->at[to - 1] == ' ')
                to--;
        } else {
            memmove(w->at + to, w->at + i, span ? span : 1);
            to += span ? span : 1;
            i += span ? span : 1;
        }
    }
    if (w->len)
        w->at[w->len = to] = '\0';
}

void output_drop_citations(struct output *o, bool (*alive)(const struct turn *t, size_t n))
{
    drop_citations(o->turn, &o->redacted, alive);
    drop_citations(o->turn, &o->text, alive);
    if (o->released)
        o->released = o->text.len;
}

bool output_released(const struct output *o)
{
    return o->released > 0;
}

int64_t output_tokens(const struct output *o)
{
    return llm_tokens(output_redacted(o)) + (o->pending.len ? llm_tokens(o->pending.at) : 0);
}

const char *output_redacted(const struct output *o)
{
    return o->redacted.len ? o->redacted.at : "";
}

const char *output_text(const struct output *o)
{
    return o->text.len ? o->text.at : "";
}
