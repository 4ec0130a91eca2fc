/* SPDX-License-Identifier: Apache-2.0
 *
 * An update that asks something becomes a turn. Its id with Telegram is the dedup key, so an update heard
 * twice is answered once. A refusal that will pass (the daemon stops, the store has trouble, too much at
 * once) leaves the update where it is; one that is meant for the person is told, at most once a minute in a
 * chat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/hash.h"

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

static bool fill(struct turn *t, const struct item *it, const char *text, const char *consent)
{
    const struct tg_update *u = it->u;
    struct arena *a = &t->arena;
    const struct place where = post_place_of(it);
    t->msg = (struct message){ .channel = "telegram",
                               .bot = arena_strdup(a, it->a->bot),
                               .external_id = id_text(t, u->update_id),
                               .user = id_text(t, u->from_id),
                               .conversation = arena_strdup(a, it->conversation),
                               .address = post_place_write(&where, a),
                               .text = arena_strdup(a, text),
                               .locale = locale_of(t, it),
                               .country = "",
                               .consent = arena_strdup(a, consent),
                               .peer_ip = "",
                               .received_ms = clock_wall_ms() };
    sha256_hex(t->msg.body_hash, text, strlen(text));
    return !a->failed && t->msg.address;
}

static void submit(struct item *it, const char *text, const char *consent)
{
    struct adapter *a = it->a;
    struct turn *t = it->conversation ? a->host->turn_new(a->host, a) : NULL;
    struct work *w = t ? typing_begin(a, it->u->chat_id, it->u->thread_id) : NULL;
    if (!w || !fill(t, it, text, consent)) {
        if (w)
            typing_end(a, w);
        if (t)
            a->host->turn_drop(a->host, t);
        batch_retry(it);
        return;
    }
    w->item = it;
    t->adapter_ctx = w;
    a->host->submit(a->host, t);
}

void question_ask(struct item *it)
{
    submit(it, it->u->text, "");
}

void question_agreed(struct item *it, const char *question, const char *version)
{
    submit(it, question, version);
}

/* ---- what became of it ---- */

static struct item *work_over(struct adapter *a, struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct item *it = w ? w->item : NULL;
    if (w)
        typing_end(a, w);
    t->adapter_ctx = NULL;
    return it;
}

static bool code_is(const struct refusal *why, const char *code)
{
    return strcmp(why->code, code) == 0;
}

void question_refused(struct adapter *a, struct turn *t, const struct refusal *why)
{
    struct item *it = work_over(a, t);
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

void question_replay(struct adapter *a, struct turn *t, const char *answer_json X_UNUSED)
{
    struct item *it = work_over(a, t); /* the outbox has brought the answer, or will */
    if (it)
        batch_done(it);
}

void question_accepted(struct adapter *a X_UNUSED, struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct item *it = w ? w->item : NULL;
    if (!it)
        return;
    w->item = NULL;
    batch_done(it);
}

/* It is stored, and will be tried again: the person hears the answer then. */
void question_failed(struct adapter *a, struct turn *t, const struct refusal *why X_UNUSED)
{
    work_over(a, t);
}
