/* SPDX-License-Identifier: Apache-2.0
 *
 * What is seen while a turn runs: "typing" in a channel, which lasts ten seconds (Discord, Trigger Typing
 * Indicator); on an interaction Discord says "is thinking" by itself, and when it takes longer the stage is
 * written over that. On demand a channel sees a message that becomes the answer, and both of them the
 * sentences that have passed the validator. Nothing of it is more than an attempt.
 * The message has the nonce of the answer's first part. Whoever delivers that and does not know what is there
 * creates it with the same nonce, is given the one that is there, and writes over it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/discord/format.h"
#include "adapters/discord/inside.h"

#define TYPING_FIRST_MS 300
#define TYPING_EVERY_MS 8000
#define SHOW_MS         1500  /* what takes less shows nothing but the answer */
#define CHANGE_MS       1500  /* two edits are at least 1.2 s apart */
#define SAID_MAX        65536 /* bytes of sentences; what is longer is shown no further */

struct work *dc_work_begin(struct adapter *a, const struct place *to)
{
    struct work *w = calloc(1, sizeof *w);
    int64_t now = clock_mono_ms();
    if (!w)
        return NULL;
    *w = (struct work){ .a = a,
                        .to = *to,
                        .typing_ms = to->token[0] ? INT64_MAX : now + TYPING_FIRST_MS,
                        .show_ms = now + SHOW_MS,
                        .stage = TEXT_SEARCHING,
                        .changed = true,
                        .next = a->works };
    buf_init(&w->said, SAID_MAX);
    if (w->next)
        w->next->prev = w;
    a->works = w;
    return w;
}

static void work_free(struct work *w)
{
    explicit_bzero(w->to.token, sizeof w->to.token);
    buf_free(&w->said);
    free(w);
}

void dc_work_end(struct work *w)
{
    *(w->prev ? &w->prev->next : &w->a->works) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    w->next = w->prev = NULL;
    w->over = true;
    if (!w->calls)
        work_free(w);
}

void dc_work_deliver(struct work *w, struct post *p)
{
    if (w->calls && !w->to.token[0] && !w->shown[0])
        w->post = p;
    else
        dc_post_over(p, w->shown, w->again || w->asked);
    dc_work_end(w);
}

/* ---- the turn goes on ---- */

/* A turn that was taken up again after a restart has nobody yet. */
static struct work *work_of(struct adapter *a, struct turn *t)
{
    struct place to;
    struct work *w = t->adapter_ctx;
    if (!w && dc_place_read(&to, t->msg.address) && (w = dc_work_begin(a, &to)))
        w->again = true;
    t->adapter_ctx = w;
    if (w)
        memcpy(w->turn_id, t->id, sizeof w->turn_id);
    return w;
}

void dc_work_progress(struct adapter *a, struct turn *t, const char *what)
{
    struct work *w = work_of(a, t);
    if (!w)
        return;
    w->stage = strcmp(what, "writing") == 0 ? TEXT_WRITING : TEXT_SEARCHING;
    w->changed = w->changed || !w->said.len;
}

int dc_work_sentence(struct adapter *a, struct turn *t, const char *text, size_t len)
{
    struct work *w = a->edits ? work_of(a, t) : NULL;
    if (w && w->said.len + len < SAID_MAX) {
        buf_add(&w->said, text, len);
        w->changed = true;
    }
    return 0;
}

void dc_work_restart(struct adapter *a X_UNUSED, struct turn *t)
{
    struct work *w = t->adapter_ctx;
    if (!w || !w->said.len)
        return;
    buf_clear(&w->said);
    w->changed = true;
}

/* ---- what is shown ---- */

static void typing(struct adapter *a, struct work *w)
{
    const struct dc_request q = { .call = DC_CALL_TYPING, .a = w->to.channel, .body = "", .droppable = true };
    (void)dc_rest_send(a->rest, &q);
}

static void on_shown(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct work *w = ctx;
    struct adapter *a = w->a;
    struct post *p = w->post;
    w->calls = 0;
    if (reply->end == DC_OK && !w->to.token[0])
        snprintf(w->shown, sizeof w->shown, "%s", reply->id);
    w->show_ms = clock_mono_ms() + CHANGE_MS;
    if (p)
        dc_post_over(p, w->shown, true);
    if (w->over)
        work_free(w);
    dc_release(a);
}

/* The sentences as far as they fit one message, or the stage. NULL: no memory. */
static const char *words_now(const struct work *w, struct arena *words)
{
    struct dc_part *part = NULL;
    size_t n = 0;
    if (!w->said.len)
        return text_in(w->to.lang, w->stage);
    if (dc_format(buf_text(&w->said), "", NULL, 0, false, words, &part, &n))
        return NULL;
    return n ? part[0].content : text_in(w->to.lang, w->stage);
}

static void show(struct adapter *a, struct work *w)
{
    char nonce[DC_NONCE_BYTES];
    bool token = w->to.token[0] != '\0', first = !token && !w->shown[0];
    struct buf body = BUF_INIT(PAYLOAD_MAX);
    struct arena words;
    dc_nonce(nonce, w->turn_id, 0);
    arena_init(&words, TURN_ARENA_BYTES);
    const struct dc_post post = { .content = words_now(w, &words),
                                  .embeds = "",
                                  .components = "",
                                  .reply_to = first ? w->to.reply_to : "",
                                  .nonce = first ? nonce : "" };
    if (post.content)
        (first ? dc_create : dc_edit)(&body, &post);
    arena_wipe(&words);
    const struct dc_request q = { .call = token   ? DC_CALL_EDIT_ORIGINAL
                                          : first ? DC_CALL_CREATE_MESSAGE
                                                  : DC_CALL_EDIT_MESSAGE,
                                  .a = token ? w->to.application : w->to.channel,
                                  .b = token ? w->to.token : w->shown,
                                  .body = buf_text(&body),
                                  .droppable = true,
                                  .done = on_shown,
                                  .ctx = w };
    w->changed = false;
    if (post.content && !body.failed && dc_rest_send(a->rest, &q) == 0) {
        w->calls = 1;
        w->asked = w->asked || first;
        dc_hold(a);
    }
    buf_free(&body);
}

/* Where a thread is started for the answer, nothing is shown beside it. */
static bool shows(const struct adapter *a, const struct work *w)
{
    return w->to.token[0] || (a->edits && !w->to.thread_at[0] && !w->again && w->turn_id[0]);
}

void dc_work_tick(struct adapter *a, int64_t now)
{
    for (struct work *w = a->works; w; w = w->next) {
        if (w->event)
            continue;
        if (w->typing_ms <= now && !w->shown[0]) {
            w->typing_ms = now + TYPING_EVERY_MS;
            typing(a, w);
        }
        if (w->changed && !w->calls && w->show_ms <= now && shows(a, w))
            show(a, w);
    }
}
