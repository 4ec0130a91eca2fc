/* SPDX-License-Identifier: Apache-2.0
 *
 * What one getUpdates or one webhook call brought. It is confirmed (the offset moves on, the call is answered
 * 200) when every update of it is taken care of: stored, refused for good, or handled here; a process that
 * dies before hears them all again, and the store knows which it has. What is kept about chats and people is
 * looked up for all updates at once; they go on in the order in which they came. Above high water, and while
 * the store has trouble, the rest of a polled batch waits where it is; a webhook call is told to come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"

#define AGAIN_MS  1000
#define TRIES_MAX 30 /* then the person is told that it did not work */

struct batch *batch_new(struct account *a)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->a = a;
    arena_init(&b->words, BATCH_BYTES);
    return b;
}

void batch_drop(struct batch *b)
{
    if (!b)
        return;
    arena_wipe(&b->words);
    free(b);
}

static void confirm(struct account *a, const struct batch *b)
{
    int64_t last = 0;
    if (b->request) {
        a->hook_calls--;
        webhook_answer(a, b->request, !b->refused);
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        last = b->item[i].u->update_id > last ? b->item[i].u->update_id : last;
    a->polled = false;
    poll_confirm(a, last + 1);
}

static void let_go(struct batch *b)
{
    struct account *a = b->a;
    struct batch **at = &a->batches;
    if (--b->open)
        return;
    while (*at != b)
        at = &(*at)->next;
    *at = b->next;
    confirm(a, b);
    batch_drop(b);
}

void batch_done(struct item *it)
{
    if (it->state == ITEM_DONE)
        return;
    it->state = ITEM_DONE;
    let_go(it->b);
}

void batch_retry(struct item *it)
{
    struct account *a = it->a;
    if (it->b->request) {
        it->b->refused = true;
        batch_done(it);
        return;
    }
    if (++it->tries >= TRIES_MAX) {
        log_error("telegram.update_given_up", "bot=%s update=%lld", a->bot, (long long)it->u->update_id);
        post_why(it, TEXT_TROUBLE);
        batch_done(it);
        return;
    }
    it->state = ITEM_READY;
    a->waiting = true;
    timer_start(&a->again, AGAIN_MS);
}

/* ---- one update ---- */

static void migrated(struct item *it)
{
    struct account *a = it->a;
    char key[KEY_MAX];
    batch_conversation_key(key, a, it->u->migrated_to, 0);
    a->host->state_put(a->host, key, it->conversation, 0, NULL, NULL);
    if (it->paired) {
        access_key(key, a, it->u->migrated_to);
        a->host->state_put(a->host, key, "1", 0, NULL, NULL);
    }
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
        return;
    case ADMIT_MIGRATED:
        migrated(it);
        break;
    case ADMIT_EMPTY:
        post_why(it, TEXT_EMPTY);
        break;
    case ADMIT_MEDIA:
        post_why(it, TEXT_MEDIA);
        break;
    case ADMIT_STRANGER:
        if (it->u->kind == TG_CALLBACK)
            button_denied(it);
        else
            access_ask(it);
        break;
    case ADMIT_DENIED:
        if (it->u->kind == TG_CALLBACK)
            button_denied(it);
        else if (it->u->chat == TG_PRIVATE && !it->u->guest[0])
            post_why(it, TEXT_DENIED);
        break;
    case ADMIT_PASS:
        break;
    }
    batch_done(it);
}

static void run(struct batch *b)
{
    struct account *a = b->a;
    b->open++;
    for (size_t i = 0; i < b->n && !a->waiting && a->intake && b->item[i].state != ITEM_LOOKING; i++)
        if (b->item[i].state == ITEM_READY)
            item_run(&b->item[i]);
    if (b->request && !a->intake && b->item[0].state == ITEM_READY)
        batch_retry(&b->item[0]);
    let_go(b);
}

void batch_run(struct account *a)
{
    for (struct batch *b = a->batches, *next; b && !a->closing; b = next) {
        next = b->next;
        run(b);
    }
}

static void on_again(struct timer *t)
{
    struct account *a = CONTAINER_OF(t, struct account, again);
    a->waiting = false;
    batch_run(a);
}

/* ---- what is known of its chat and its person ---- */

static void looked_up(struct item *it)
{
    struct account *a = it->a;
    if (--it->lookups == 0) {
        it->admit = admit_update(it->u, &a->lists, it->paired);
        if (it->state == ITEM_LOOKING)
            it->state = ITEM_READY;
        if (!a->closing)
            run(it->b);
    }
    account_release(a);
}

/* A store that cannot answer now cannot take the message either: then submit says so. */
static void on_conversation(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    const struct tg_update *u = it->u;
    struct arena *words = &it->b->words;
    if (rc == 0 && value && !it->conversation)
        it->conversation = arena_strdup(words, value);
    if (!it->conversation && u->guest[0]) /* a chat we are not in: nothing of it is known but the person */
        it->conversation = arena_printf(words, "guest:%lld", (long long)u->from_id);
    else if (!it->conversation && u->thread_id)
        it->conversation = arena_printf(words, "%lld:%lld", (long long)u->chat_id, (long long)u->thread_id);
    else if (!it->conversation)
        it->conversation = arena_printf(words, "%lld", (long long)u->chat_id);
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

static void on_paired(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    it->paired = rc == 0 && value;
    looked_up(it);
}

void batch_conversation_key(char out[KEY_MAX], const struct account *a, int64_t chat, int64_t thread)
{
    if (thread)
        account_key(out, a, "conv.%lld:%lld", (long long)chat, (long long)thread);
    else
        account_key(out, a, "conv.%lld", (long long)chat);
}

static void ask(struct item *it, const char *key, state_done *done)
{
    account_hold(it->a);
    it->a->host->state_get(it->a->host, key, done, it);
}

static void look_up(struct item *it)
{
    struct account *a = it->a;
    const struct tg_update *u = it->u;
    bool pairing = a->lists.pairing && !u->guest[0];
    char key[KEY_MAX];
    it->lookups = 2 + pairing;
    if (u->guest[0])
        account_key(key, a, "guest.%lld", (long long)u->from_id);
    else
        batch_conversation_key(key, a, u->chat_id, u->thread_id);
    ask(it, key, on_conversation);
    account_key(key, a, "lang.%lld", (long long)u->from_id);
    ask(it, key, on_language);
    access_key(key, a, u->chat_id);
    if (pairing)
        ask(it, key, on_paired);
}

void batch_tell(struct account *a, const struct tg_update *like, const char *conversation, const char *lang)
{
    for (struct batch *b = a->batches; b; b = b->next)
        for (size_t i = 0; i < b->n; i++) {
            struct item *it = &b->item[i];
            const struct tg_update *u = it->u;
            if (conversation && u->chat_id == like->chat_id && u->thread_id == like->thread_id &&
                !u->guest[0])
                it->conversation = arena_strdup(&b->words, conversation);
            if (lang && u->from_id == like->from_id) {
                snprintf(it->lang, sizeof it->lang, "%s", lang);
                it->lang_said = true;
            }
        }
}

/* ---- the whole ---- */

static bool begin_items(struct batch *b, struct tg_update *u, size_t n)
{
    b->item = arena_array(&b->words, n, sizeof *b->item);
    if (!b->item)
        return false;
    b->n = n;
    b->open = n + 1;
    for (size_t i = 0; i < n; i++) {
        struct item *it = &b->item[i];
        *it = (struct item){ .b = b, .a = b->a, .u = &u[i] };
        it->admit = admit_update(&u[i], &b->a->lists, false);
        snprintf(it->lang, sizeof it->lang, "%.5s", u[i].from_lang);
        it->state = it->admit == ADMIT_PASS || it->admit == ADMIT_DENIED ? ITEM_READY : ITEM_LOOKING;
    }
    return true;
}

void batch_begin(struct batch *b, struct tg_update *u, size_t n)
{
    struct account *a = b->a;
    if (!begin_items(b, u, n)) {
        log_error("telegram.batch_too_big", "bot=%s updates=%zu", a->bot, n);
        if (b->request)
            webhook_answer(a, b->request, false);
        else
            poll_go(a, AGAIN_MS);
        batch_drop(b);
        return;
    }
    if (b->request)
        a->hook_calls++;
    else
        a->polled = true;
    a->waiting = false;
    b->next = a->batches;
    a->batches = b;
    for (size_t i = 0; i < n; i++)
        if (b->item[i].state == ITEM_LOOKING)
            look_up(&b->item[i]);
    run(b);
    let_go(b);
}

void batch_open(struct account *a)
{
    account_hold(a);
    timer_open(&a->again, a->host->loop, on_again);
}

static void timer_gone(struct timer *t)
{
    account_release(CONTAINER_OF(t, struct account, again));
}

void batch_close(struct account *a)
{
    timer_close(&a->again, timer_gone);
}

void batch_free(struct account *a)
{
    while (a->batches) {
        struct batch *b = a->batches;
        a->batches = b->next;
        batch_drop(b);
    }
}
