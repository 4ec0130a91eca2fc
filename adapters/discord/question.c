/* SPDX-License-Identifier: Apache-2.0
 *
 * What asks something becomes a turn. The id of the message or interaction is the dedup key, so that what is
 * heard twice is answered once. A refusal that will pass leaves the event where it is; one that is meant for
 * the person is told.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/discord/inside.h"
#include "base/hash.h"

#define IN_LINE_MS 120000

/* In a channel the answer is a reply, or goes to a thread that is started at the question. */
static struct place channel_place(const struct event *e)
{
    const struct dc_message *m = e->message;
    struct place p = { .ephemeral = false };
    snprintf(p.channel, sizeof p.channel, "%s", m->channel_id);
    snprintf(p.user, sizeof p.user, "%s", m->author_id);
    memcpy(p.lang, e->lang, sizeof p.lang);
    bool thread = table_get(&e->a->threads, m->channel_id) || m->in_thread;
    if (e->a->auto_thread && !m->dm && !thread)
        snprintf(p.thread_at, sizeof p.thread_at, "%s", m->id);
    else
        snprintf(p.reply_to, sizeof p.reply_to, "%s", m->id);
    return p;
}

static struct place place_of(const struct event *e)
{
    return e->message ? channel_place(e) : dc_interact_place(e);
}

/* The language that was chosen, but still the region the person's app names: the law goes by it. */
static const char *locale_of(struct turn *t, const struct event *e)
{
    const char *said = e->interaction ? e->interaction->locale : "";
    const char *region = strpbrk(said, "-_");
    return e->lang_said ? arena_printf(&t->arena, "%s%s", e->lang, region ? region : "")
                        : arena_strdup(&t->arena, said);
}

static bool fill(struct turn *t, const struct event *e, const struct place *to, const char *text,
                 const char *consent, const char *once)
{
    struct arena *a = &t->arena;
    const char *id = once[0] ? once : e->message ? e->message->id : e->interaction->id;
    t->msg =
        (struct message){ .channel = CHANNEL,
                          .bot = BOT,
                          .external_id = arena_strdup(a, id),
                          .user = arena_strdup(a, dc_event_user(e)),
                          .conversation = arena_strdup(a, to->thread_at[0] ? to->thread_at : e->conversation),
                          .address = dc_place_write(to, a),
                          .text = arena_strdup(a, text),
                          .locale = locale_of(t, e),
                          .country = "",
                          .consent = arena_strdup(a, consent),
                          .peer_ip = "",
                          .received_ms = clock_wall_ms() };
    sha256_hex(t->msg.body_hash, text, strlen(text));
    return !a->failed && t->msg.address;
}

void dc_question_ask(struct event *e, const char *text, const char *consent, const char *once)
{
    struct adapter *a = e->a;
    const struct place to = place_of(e);
    struct turn *t = e->conversation ? a->host->turn_new(a->host, a) : NULL;
    struct work *w = t ? dc_work_begin(a, &to) : NULL;
    if (!w || !fill(t, e, &to, text, consent, once)) {
        if (w)
            dc_work_end(w);
        if (t)
            a->host->turn_drop(a->host, t);
        dc_event_retry(e);
        return;
    }
    w->event = e;
    t->adapter_ctx = w;
    a->host->submit(a->host, t);
}

/* ---- what became of it ---- */

static struct event *work_over(struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct event *e = w ? w->event : NULL;
    if (w)
        dc_work_end(w);
    t->adapter_ctx = NULL;
    return e;
}

static void tell(struct event *e, enum text why)
{
    if (e->interaction) {
        dc_interact_say(e, text_in(e->lang, why), "");
        return;
    }
    dc_post_why(e, why);
    dc_event_done(e);
}

void dc_question_refused(struct adapter *a, struct turn *t, const struct refusal *why)
{
    static const struct {
        const char *code;
        enum text text;
    } said[] = { { "busy", TEXT_BUSY }, { "rate_limited", TEXT_LIMITED } };
    struct event *e = work_over(t);
    if (!e)
        return;
    /* A channel is one conversation of many people: what stands in line behind others waits here. */
    bool in_line = strcmp(why->code, "busy") == 0 && clock_mono_ms() - e->began_ms < IN_LINE_MS;
    bool passes = strcmp(why->code, "draining") == 0 || strcmp(why->code, "unavailable") == 0 || in_line ||
                  (strcmp(why->code, "busy") == 0 && !a->intake);
    if (passes)
        e->tries = 0;
    if (passes || strcmp(why->code, "internal") == 0) {
        dc_event_retry(e);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        if (strcmp(why->code, said[i].code) == 0) {
            tell(e, said[i].text);
            return;
        }
    if (strcmp(why->code, "conflict") == 0 || strcmp(why->code, "key_reused") == 0)
        dc_event_done(e); /* heard before */
    else
        tell(e, TEXT_TROUBLE);
}

void dc_question_replay(struct adapter *a X_UNUSED, struct turn *t)
{
    struct event *e = work_over(t); /* the outbox has brought the answer, or will */
    if (e)
        dc_event_done(e);
}

void dc_question_accepted(struct adapter *a, struct turn *t)
{
    struct work *w = t->adapter_ctx;
    struct event *e = w ? w->event : NULL;
    if (!e)
        return;
    w->event = NULL;
    if (e->used)
        a->host->state_put(a->host, e->used, NULL, 0, NULL, NULL);
    dc_event_done(e);
}

void dc_question_failed(struct adapter *a X_UNUSED, struct turn *t)
{
    work_over(t);
}
