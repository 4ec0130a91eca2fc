/* SPDX-License-Identifier: Apache-2.0
 *
 * What is seen while a turn runs: "typing" in a channel, which lasts ten seconds (Discord, Trigger Typing
 * Indicator); on an interaction Discord says "is thinking" by itself, and the stage is written over that when
 * it takes longer. Nothing of it is more than an attempt.
 */
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/discord/inside.h"

#define TYPING_FIRST_MS 300
#define TYPING_EVERY_MS 8000
#define STAGE_FIRST_MS  1500
#define STAGE_EVERY_MS  1500 /* two edits are at least 1.2 s apart */

struct work *dc_work_begin(struct adapter *a, const struct place *to)
{
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct work){ .a = a,
                        .to = *to,
                        .due_ms = clock_mono_ms() + (to->token[0] ? STAGE_FIRST_MS : TYPING_FIRST_MS),
                        .stage = TEXT_SEARCHING,
                        .next = a->works };
    if (w->next)
        w->next->prev = w;
    a->works = w;
    return w;
}

void dc_work_end(struct work *w)
{
    *(w->prev ? &w->prev->next : &w->a->works) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    explicit_bzero(w->to.token, sizeof w->to.token);
    free(w);
}

/* A turn that was taken up again after a restart has nobody yet. */
void dc_work_progress(struct adapter *a, struct turn *t, const char *what)
{
    struct place to;
    struct work *w = t->adapter_ctx;
    if (!w && dc_place_read(&to, t->msg.address))
        t->adapter_ctx = w = dc_work_begin(a, &to);
    if (!w)
        return;
    w->stage = strcmp(what, "writing") == 0 ? TEXT_WRITING : TEXT_SEARCHING;
    if (w->to.token[0] && w->due_ms == INT64_MAX)
        w->due_ms = clock_mono_ms() + STAGE_EVERY_MS;
}

static void typing(struct adapter *a, struct work *w)
{
    const struct dc_request q = { .call = DC_CALL_TYPING, .a = w->to.channel, .body = "", .droppable = true };
    (void)dc_rest_send(a->rest, &q);
}

static void stage(struct adapter *a, struct work *w)
{
    struct buf body = BUF_INIT(4096);
    const struct dc_post post = {
        .content = text_in(w->to.lang, w->stage), .embeds = "", .components = "", .reply_to = "", .nonce = ""
    };
    dc_edit(&body, &post);
    const struct dc_request q = { .call = DC_CALL_EDIT_ORIGINAL,
                                  .a = w->to.application,
                                  .b = w->to.token,
                                  .body = buf_text(&body),
                                  .droppable = true };
    if (!body.failed)
        (void)dc_rest_send(a->rest, &q);
    buf_free(&body);
}

void dc_work_tick(struct adapter *a, int64_t now)
{
    for (struct work *w = a->works; w; w = w->next) {
        if (w->due_ms > now || w->event)
            continue;
        if (w->to.token[0]) {
            w->due_ms = INT64_MAX; /* until the stage is another */
            stage(a, w);
        } else {
            w->due_ms = now + TYPING_EVERY_MS;
            typing(a, w);
        }
    }
}
