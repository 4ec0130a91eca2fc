/* SPDX-License-Identifier: Apache-2.0
 *
 * "typing" while a turn runs. Telegram shows it for five seconds at most (Bot API, sendChatAction), so it is
 * said every four, and not at all for what is answered at once. One timer for all turns.
 */
#include <stdlib.h>

#include <parley/clock.h>

#include "adapters/telegram/inside.h"

#define FIRST_MS 400
#define EVERY_MS 4000
#define TICK_MS  200

static void say(struct adapter *a, const struct work *w)
{
    struct buf body = BUF_INIT(512);
    tg_chat_action(&body, w->chat, w->thread);
    const struct tg_call call = {
        .method = "sendChatAction", .body = buf_text(&body), .chat_id = w->chat, .droppable = true
    };
    if (!body.failed)
        (void)tg_send(a->sender, &call); /* full: what is more urgent waits already */
    buf_free(&body);
}

static void on_tick(struct timer *t)
{
    struct adapter *a = CONTAINER_OF(t, struct adapter, typing);
    int64_t now = clock_mono_ms();
    for (struct work *w = a->works; w; w = w->next) {
        if (w->typing_ms > now)
            continue;
        w->typing_ms = now + EVERY_MS;
        say(a, w);
    }
    if (a->works)
        timer_start(t, TICK_MS);
}

struct work *typing_begin(struct adapter *a, int64_t chat, int64_t thread)
{
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct work){
        .chat = chat, .thread = thread, .typing_ms = clock_mono_ms() + FIRST_MS, .next = a->works
    };
    if (w->next)
        w->next->prev = w;
    else
        timer_start(&a->typing, TICK_MS);
    a->works = w;
    return w;
}

void typing_end(struct adapter *a, struct work *w)
{
    *(w->prev ? &w->prev->next : &a->works) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    free(w);
}

/* A turn that was taken up again after a restart has nobody yet who types. */
void typing_progress(struct adapter *a, struct turn *t, const char *what X_UNUSED)
{
    struct place to;
    if (!t->adapter_ctx && post_place_read(&to, t->msg.address))
        t->adapter_ctx = typing_begin(a, to.chat, to.thread);
}

static void timer_gone(struct timer *t)
{
    telegram_release(CONTAINER_OF(t, struct adapter, typing));
}

void typing_open(struct adapter *a)
{
    telegram_hold(a);
    timer_open(&a->typing, a->host->loop, on_tick);
}

void typing_close(struct adapter *a)
{
    timer_close(&a->typing, timer_gone);
}
