/* SPDX-License-Identifier: Apache-2.0
 *
 * What one getUpdates brought. The offset moves on when every update of it is taken care of: stored, refused
 * for good, or handled here; a process that dies before hears them all again, and the store knows which it
 * has. What is kept about chats and people is looked up for all updates at once; they go on in the order in
 * which they came. Above high water, and while the store has trouble, the rest of the batch waits where it
 * is.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"

#define AGAIN_MS  1000
#define TRIES_MAX 30 /* then the person is told that it did not work */

static bool has_words(enum admit admit)
{
    return admit != ADMIT_PASS && admit != ADMIT_DENIED;
}

static void batch_end(struct adapter *a)
{
    struct batch *b = &a->batch;
    int64_t last = 0;
    for (size_t i = 0; i < b->n; i++)
        last = b->item[i].u->update_id > last ? b->item[i].u->update_id : last;
    b->live = false;
    b->item = NULL;
    b->n = 0;
    arena_wipe(&b->words);
    poll_confirm(a, last + 1);
}

static void let_go(struct adapter *a)
{
    struct batch *b = &a->batch;
    if (--b->open == 0 && b->live)
        batch_end(a);
}

void batch_done(struct item *it)
{
    if (it->state == ITEM_DONE)
        return;
    it->state = ITEM_DONE;
    let_go(it->a);
}

void batch_retry(struct item *it)
{
    struct adapter *a = it->a;
    if (++it->tries >= TRIES_MAX) {
        log_error("telegram.update_given_up", "bot=%s update=%lld", a->bot, (long long)it->u->update_id);
        post_why(it, TEXT_TROUBLE);
        batch_done(it);
        return;
    }
    it->state = ITEM_READY;
    a->batch.waiting = true;
    timer_start(&a->batch.again, AGAIN_MS);
}

/* ---- one update ---- */

static void migrated(struct item *it)
{
    struct adapter *a = it->a;
    char key[KEY_MAX];
    batch_conversation_key(key, a, it->u->migrated_to, 0);
    a->host->state_put(a->host, key, it->conversation, 0, NULL, NULL);
    tg_sender_moved(a->sender, it->u->chat_id, it->u->migrated_to);
    struct tg_update as = *it->u;
    as.chat_id = as.migrated_to;
    batch_tell(a, &as, it->conversation, NULL);
    log_info("telegram.group_moved", "bot=%s", a->bot);
}

static void item_run(struct item *it)
{
    it->state = ITEM_SUBMITTED;
    switch (it->admit) {
    case ADMIT_ASK:
        question_ask(it);
        return;
    case ADMIT_BUTTON:
        button_pressed(it);
        return;
    case ADMIT_COMMAND:
        command_run(it);
        break;
    case ADMIT_MIGRATED:
        migrated(it);
        break;
    case ADMIT_EMPTY:
        post_why(it, TEXT_EMPTY);
        break;
    case ADMIT_MEDIA:
        post_why(it, TEXT_MEDIA);
        break;
    case ADMIT_DENIED:
        if (it->u->chat == TG_PRIVATE)
            post_why(it, TEXT_DENIED);
        break;
    case ADMIT_PASS:
        break;
    }
    batch_done(it);
}

void batch_run(struct adapter *a)
{
    struct batch *b = &a->batch;
    if (!b->live || a->closing)
        return;
    b->open++;
    for (size_t i = 0; i < b->n && !b->waiting && a->intake && b->item[i].state != ITEM_LOOKING; i++)
        if (b->item[i].state == ITEM_READY)
            item_run(&b->item[i]);
    let_go(a);
}

static void on_again(struct timer *t)
{
    struct adapter *a = CONTAINER_OF(t, struct adapter, batch.again);
    a->batch.waiting = false;
    batch_run(a);
}

/* ---- what is known of its chat and its person ---- */

static void looked_up(struct item *it)
{
    struct adapter *a = it->a;
    if (--it->lookups == 0) {
        if (it->state == ITEM_LOOKING)
            it->state = ITEM_READY;
        batch_run(a);
    }
    telegram_release(a);
}

/* A store that cannot answer now cannot take the message either: then submit says so. */
static void on_conversation(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    if (rc == 0 && value && !it->conversation)
        it->conversation = arena_strdup(&it->a->batch.words, value);
    if (!it->conversation && it->u->thread_id)
        it->conversation = arena_printf(&it->a->batch.words, "%lld:%lld", (long long)it->u->chat_id,
                                        (long long)it->u->thread_id);
    else if (!it->conversation)
        it->conversation = arena_printf(&it->a->batch.words, "%lld", (long long)it->u->chat_id);
    looked_up(it);
}

static void on_language(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    if (rc == 0 && value && !it->lang_said && text_language_of(value)) {
        snprintf(it->lang, sizeof it->lang, "%s", value);
        it->lang_said = true;
    }
    looked_up(it);
}

void batch_conversation_key(char out[KEY_MAX], const struct adapter *a, int64_t chat, int64_t thread)
{
    if (thread)
        telegram_key(out, a, "conv.%lld:%lld", (long long)chat, (long long)thread);
    else
        telegram_key(out, a, "conv.%lld", (long long)chat);
}

static void look_up(struct item *it)
{
    struct adapter *a = it->a;
    const struct tg_update *u = it->u;
    char conv[KEY_MAX], lang[KEY_MAX];
    batch_conversation_key(conv, a, u->chat_id, u->thread_id);
    telegram_key(lang, a, "lang.%lld", (long long)u->from_id);
    it->lookups = 2;
    telegram_hold(a);
    telegram_hold(a);
    a->host->state_get(a->host, conv, on_conversation, it);
    a->host->state_get(a->host, lang, on_language, it);
}

void batch_tell(struct adapter *a, const struct tg_update *like, const char *conversation, const char *lang)
{
    for (size_t i = 0; i < a->batch.n; i++) {
        struct item *it = &a->batch.item[i];
        const struct tg_update *u = it->u;
        if (conversation && u->chat_id == like->chat_id && u->thread_id == like->thread_id)
            it->conversation = arena_strdup(&a->batch.words, conversation);
        if (lang && u->from_id == like->from_id) {
            snprintf(it->lang, sizeof it->lang, "%s", lang);
            it->lang_said = true;
        }
    }
}

/* ---- the whole ---- */

void batch_begin(struct adapter *a, struct tg_update *u, size_t n)
{
    struct batch *b = &a->batch;
    b->item = arena_array(&b->words, n, sizeof *b->item);
    if (!b->item) {
        arena_wipe(&b->words);
        log_error("telegram.batch_too_big", "bot=%s updates=%zu", a->bot, n);
        poll_go(a, AGAIN_MS);
        return;
    }
    b->n = n;
    b->live = true;
    b->waiting = false;
    b->open = n + 1;
    for (size_t i = 0; i < n; i++) {
        struct item *it = &b->item[i];
        *it = (struct item){ .a = a, .u = &u[i], .admit = admit_update(&u[i], &a->lists) };
        snprintf(it->lang, sizeof it->lang, "%.5s", u[i].from_lang);
        it->state = has_words(it->admit) ? ITEM_LOOKING : ITEM_READY;
    }
    for (size_t i = 0; i < n; i++)
        if (has_words(b->item[i].admit))
            look_up(&b->item[i]);
    batch_run(a);
    let_go(a);
}

void batch_open(struct adapter *a)
{
    arena_init(&a->batch.words, BATCH_BYTES);
    telegram_hold(a);
    timer_open(&a->batch.again, a->host->loop, on_again);
}

static void timer_gone(struct timer *t)
{
    telegram_release(CONTAINER_OF(t, struct adapter, batch.again));
}

void batch_close(struct adapter *a)
{
    timer_close(&a->batch.again, timer_gone);
}
