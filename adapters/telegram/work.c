/* SPDX-License-Identifier: Apache-2.0
 *
 * What is seen while a turn runs. "typing" lasts five seconds at most (Bot API, sendChatAction), so it is
 * said every four, and not at all for what is answered at once. On demand also a message that names the stage
 * and becomes the answer ("edit"), or, in private chats, a draft of it: the sentences that have passed the
 * validator ("draft"). One timer for all turns; nothing of it is more than an attempt, and what Telegram
 * refuses for a time is left out.
 * A message that shows progress is kept in `state` under its turn: whoever delivers the answer, after a
 * restart too, writes it over that message and not beside it. Writing the same twice is no second answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/format.h"
#include "adapters/telegram/inside.h"

#define FIRST_MS  400
#define EVERY_MS  4000
#define TICK_MS   200
#define SHOW_MS   900      /* what takes less shows nothing but the answer */
#define CHANGE_MS 1200     /* between two changes of one message */
#define SAID_MAX  65536    /* bytes of a draft; what is longer is shown no further */
#define SHOWN_MS  86400000 /* as long as an answer is tried to be sent */

static void typing(struct account *a, const struct work *w)
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

/* ---- what is shown ---- */

static void work_free(struct work *w)
{
    buf_free(&w->said);
    free(w);
}

static void keep_shown(const struct work *w)
{
    char key[KEY_MAX], value[24];
    snprintf(value, sizeof value, "%lld", (long long)w->shown);
    account_key(key, w->a, "shown.%s", w->turn->id);
    w->a->host->state_put(w->a->host, key, value, clock_wall_ms() + SHOWN_MS, NULL, NULL);
}

static void on_shown(void *ctx, const struct tg_reply *reply, bool maybe X_UNUSED)
{
    struct work *w = ctx;
    struct account *a = w->a;
    struct post *p = w->post;
    w->calls--;
    if (reply->end == TG_OK && reply->message_id && !w->shown) {
        w->shown = reply->message_id;
        if (w->turn)
            keep_shown(w);
    }
    w->show_ms = clock_mono_ms() + (reply->retry_after_ms > CHANGE_MS ? reply->retry_after_ms : CHANGE_MS);
    if (!w->turn && !w->calls) {
        int64_t edit = a->progress == PROGRESS_EDIT ? w->shown : 0;
        work_free(w);
        if (p)
            post_over(p, edit);
    }
    account_release(a);
}

/* Markdown as far as it goes: the last message of it, so that what is new is seen. NULL: nothing yet. */
static char *payload_now(const struct work *w)
{
    struct arena words;
    struct tg_text *text = NULL;
    char *out = NULL;
    size_t n = 0;
    if (!w->said.len)
        return parts_plain(text_in(w->lang, w->stage), "");
    arena_init(&words, TURN_ARENA_BYTES);
    if (tg_format(buf_text(&w->said), "", NULL, 0, &words, &text, &n) == 0 && n) {
        struct buf b = BUF_INIT(1U << 18);
        tg_text_json(&b, &text[n - 1], "");
        out = buf_steal(&b);
        buf_free(&b);
    }
    arena_wipe(&words);
    return out;
}

static const char *fill_call(struct buf *body, struct work *w, const char *payload)
{
    struct account *a = w->a;
    if (a->progress == PROGRESS_DRAFT) {
        if (!w->shown)
            w->shown = ++a->drafts;
        tg_send_draft(body, w->chat, w->thread, w->shown, payload);
        return "sendMessageDraft";
    }
    if (w->shown) {
        tg_edit_message(body, w->chat, w->shown, payload, false);
        return "editMessageText";
    }
    tg_send_message(body, w->chat, w->thread, 0, payload, false);
    return "sendMessage";
}

static void show(struct work *w)
{
    struct account *a = w->a;
    struct buf body = BUF_INIT(1U << 18);
    char *payload = payload_now(w);
    w->changed = false;
    if (payload) {
        bool first = a->progress == PROGRESS_EDIT && !w->shown;
        const struct tg_call call = { .method = fill_call(&body, w, payload),
                                      .body = buf_text(&body),
                                      .chat_id = w->chat,
                                      .group = w->group,
                                      .message = first,
                                      .droppable = true,
                                      .done = on_shown,
                                      .ctx = w };
        if (!body.failed && tg_send(a->sender, &call) == 0) {
            w->calls++;
            account_hold(a);
        }
    }
    free(payload);
    buf_free(&body);
}

static bool shows(const struct work *w)
{
    return w->a->progress == PROGRESS_EDIT || (w->a->progress == PROGRESS_DRAFT && !w->group);
}

static void on_tick(struct timer *t)
{
    struct account *a = CONTAINER_OF(t, struct account, tick);
    int64_t now = clock_mono_ms();
    for (struct work *w = a->works; w; w = w->next) {
        if (w->typing_ms <= now) {
            w->typing_ms = now + EVERY_MS;
            typing(a, w);
        }
        if (w->changed && !w->calls && w->show_ms <= now && !w->item && shows(w) &&
            !(w->again && a->progress == PROGRESS_EDIT))
            show(w);
    }
    if (a->works)
        timer_start(t, TICK_MS);
}

/* ---- a turn's life ---- */

struct work *work_begin(struct account *a, const struct place *where, bool quiet)
{
    struct work *w = calloc(1, sizeof *w);
    int64_t now = clock_mono_ms();
    if (!w)
        return NULL;
    *w = (struct work){ .a = a,
                        .chat = where->chat,
                        .thread = where->thread,
                        .group = where->group,
                        .typing_ms = quiet ? INT64_MAX : now + FIRST_MS,
                        .show_ms = quiet ? INT64_MAX : now + SHOW_MS,
                        .stage = TEXT_SEARCHING,
                        .next = a->works };
    memcpy(w->lang, where->lang, sizeof w->lang);
    buf_init(&w->said, SAID_MAX);
    if (w->next)
        w->next->prev = w;
    else
        timer_start(&a->tick, TICK_MS);
    a->works = w;
    return w;
}

void work_end(struct work *w)
{
    *(w->prev ? &w->prev->next : &w->a->works) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    w->next = w->prev = NULL;
    w->turn = NULL;
    if (!w->calls)
        work_free(w);
}

/* A turn that was taken up again after a restart has nobody yet who types. */
void work_progress(struct account *a, struct turn *t, const char *what)
{
    struct place to;
    struct work *w = t->adapter_ctx;
    if (!w && place_read(&to, t->msg.address) && (w = work_begin(a, &to, to.guest[0] != '\0'))) {
        w->turn = t;
        w->again = true;
        t->adapter_ctx = w;
    }
    if (!w)
        return;
    w->stage = strcmp(what, "writing") == 0 ? TEXT_WRITING : TEXT_SEARCHING;
    w->changed = true;
}

void work_sentence(struct turn *t, const char *text, size_t len)
{
    struct work *w = t->adapter_ctx;
    if (!w || w->a->progress != PROGRESS_DRAFT || w->said.len + len >= SAID_MAX)
        return;
    buf_add(&w->said, text, len);
    w->changed = true;
}

void work_restart(struct turn *t)
{
    struct work *w = t->adapter_ctx;
    if (!w)
        return;
    buf_clear(&w->said);
    w->changed = true;
}

/* ---- the answer over it ---- */

bool work_deliver(struct work *w, struct post *p)
{
    struct account *a = w->a;
    int64_t edit = a->progress == PROGRESS_EDIT ? w->shown : 0;
    if (w->calls)
        w->post = p;
    bool later = w->calls;
    work_end(w);
    if (!later && edit) {
        post_over(p, edit);
        return true;
    }
    return later;
}

struct looking {
    struct account *a;
    struct post *p;
};

static void on_looked(void *ctx, int rc, const char *value)
{
    struct looking *l = ctx;
    struct account *a = l->a;
    int64_t id = 0;
    if (rc || !value || !str_int(str_of(value), 1, INT64_MAX, &id))
        id = 0;
    post_over(l->p, id);
    free(l);
    account_release(a);
}

void work_look(struct account *a, const char *turn_id, struct post *p)
{
    struct looking *l = calloc(1, sizeof *l);
    char key[KEY_MAX];
    if (!l) {
        post_over(p, 0);
        return;
    }
    *l = (struct looking){ a, p };
    account_key(key, a, "shown.%s", turn_id);
    account_hold(a);
    a->host->state_get(a->host, key, on_looked, l);
}

static void timer_gone(struct timer *t)
{
    account_release(CONTAINER_OF(t, struct account, tick));
}

void work_open(struct account *a)
{
    account_hold(a);
    timer_open(&a->tick, a->host->loop, on_tick);
}

void work_close(struct account *a)
{
    timer_close(&a->tick, timer_gone);
}
