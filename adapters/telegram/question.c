/* SPDX-License-Identifier: Apache-2.0
 *
 * An update that asks something becomes a turn. Its id with Telegram is the dedup key, so an update heard
 * twice is answered once. What we answer by ourselves becomes a turn too (message.reply): the same inbox and
 * outbox see to it that it is neither lost nor said twice. A refusal that will pass (the daemon stops, the
 * store has trouble, too much at once) leaves the update where it is; one that is meant for the person is
 * told, at most once a minute in a chat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/hash.h"

/* What is asked, beyond what the update says. */
struct asking {
    const char *text, *consent, *reply;
    const char *once; /* instead of the update's id: of several updates with it one is answered */
};

static const char *id_text(struct turn *t, int64_t id)
{
    return arena_printf(&t->arena, "%lld", (long long)id);
}

/* The language that was chosen, but still the region the person's app names: the law goes by it. */
static const char *locale_of(struct turn *t, const struct item *it)
{
    const char *region = strpbrk(it->u->from_lang, "-_");
    if (!it->lang_said)
        return arena_strdup(&t->arena, it->u->from_lang);
    return arena_printf(&t->arena, "%s%s", it->lang, region ? region : "");
}

/* Of the update itself: a reply may come out another way when the update is heard again. */
static void hash_update(char out[SHA256_HEX], struct turn *t, const struct item *it, const struct asking *q)
{
    const char *all = arena_printf(&t->arena, "%s\n%s\n%s", it->u->command, q->text, it->u->data);
    sha256_hex(out, all ? all : "", all ? strlen(all) : 0);
}

static bool fill(struct turn *t, const struct item *it, const struct asking *q)
{
    const struct tg_update *u = it->u;
    struct arena *a = &t->arena;
    const struct place where = place_of(it);
    bool reply = q->reply[0];
    t->msg =
        (struct message){ .channel = CHANNEL,
                          .bot = arena_strdup(a, it->a->bot),
                          .external_id = q->once[0] ? arena_strdup(a, q->once) : id_text(t, u->update_id),
                          .user = id_text(t, u->from_id),
                          .address = place_write(&where, a),
                          .text = arena_strdup(a, q->text),
                          .locale = locale_of(t, it),
                          .country = "",
                          .consent = arena_strdup(a, q->consent),
                          .reply = arena_strdup(a, q->reply),
                          .peer_ip = "",
                          .received_ms = clock_wall_ms(),
                          .fresh = reply };
    /* A reply is no part of the conversation, and waits for nothing that is being answered in it. */
    t->msg.conversation = reply ? arena_printf(a, "%s/%lld", it->conversation, (long long)u->update_id)
                                : arena_strdup(a, it->conversation);
    hash_update(t->msg.body_hash, t, it, q);
    return !a->failed && t->msg.address;
}

static void submit(struct item *it, const struct asking *q)
{
    struct account *a = it->a;
    const struct place where = place_of(it);
    struct turn *t = it->conversation ? a->host->turn_new(a->host, a->adapter) : NULL;
    struct work *w = t ? work_begin(a, &where, q->reply[0] || where.guest[0]) : NULL;
    if (!w || !fill(t, it, q)) {
        if (w)
            work_end(w);
        if (t)
            a->host->turn_drop(a->host, t);
        batch_retry(it);
        return;
    }
    w->item = it;
    w->turn = t;
    t->adapter_ctx = w;
    a->host->submit(a->host, t);
}

void question_ask(struct item *it)
{
    submit(it, &(struct asking){ .text = it->u->text, .consent = "", .reply = "", .once = "" });
}

void question_agreed(struct item *it, const char *question, const char *version, const char *token)
{
    char once[KEY_MAX];
    snprintf(once, sizeof once, "agreed %s", token);
    submit(it, &(struct asking){ .text = question, .consent = version, .reply = "", .once = once });
}

void question_reply(struct item *it, const char *text, const char *buttons)
{
    const char *reply = parts_reply(text, buttons, &it->b->words);
    if (!reply) {
        log_error("telegram.reply_too_long", "bot=%s bytes=%zu", it->a->bot, strlen(text));
        post_why(it, TEXT_TROUBLE);
        batch_done(it);
        return;
    }
    submit(it, &(struct asking){ .text = it->u->text, .consent = "", .reply = reply, .once = "" });
}

/* ---- what became of it ---- */

static struct item *work_over(struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct item *it = w ? w->item : NULL;
    if (w)
        work_end(w);
    t->adapter_ctx = NULL;
    return it;
}

static bool code_is(const struct refusal *why, const char *code)
{
    return strcmp(why->code, code) == 0;
}

void question_refused(struct account *a, struct turn *t, const struct refusal *why)
{
    struct item *it = work_over(t);
    if (!it)
        return;
    bool passes =
        code_is(why, "draining") || code_is(why, "unavailable") || (code_is(why, "busy") && !a->intake);
    if (passes)
        it->tries = 0; /* however long that takes: nothing new is heard meanwhile */
    if (passes || code_is(why, "internal")) {
        batch_retry(it);
        return;
    }
    if (code_is(why, "busy"))
        post_why(it, TEXT_BUSY);
    else if (code_is(why, "rate_limited"))
        post_why(it, TEXT_LIMITED);
    else if (!code_is(why, "conflict") && !code_is(why, "key_reused")) /* those were heard before */
        post_why(it, TEXT_TROUBLE);
    batch_done(it);
}

void question_replay(struct account *a X_UNUSED, struct turn *t)
{
    struct item *it = work_over(t); /* the outbox has brought the answer, or will */
    if (it)
        batch_done(it);
}

void question_accepted(struct account *a, struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct item *it = w ? w->item : NULL;
    if (!it)
        return;
    w->item = NULL;
    if (it->used)
        a->host->state_put(a->host, it->used, NULL, 0, NULL, NULL);
    batch_done(it);
}

/* It is stored, and will be tried again: the person hears the answer then. */
void question_failed(struct account *a X_UNUSED, struct turn *t)
{
    work_over(t);
}
