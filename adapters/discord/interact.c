/* SPDX-License-Identifier: Apache-2.0
 *
 * An interaction. Its first answer is due within three seconds, always by HTTP: of what came over the gateway
 * it goes out at once, before anything is looked up or stored (the gateway brings the event again after a
 * crash); of what came by HTTP, which nobody brings again, when it is stored, and in time in any case. All
 * that follows is written over that first answer.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"

struct place dc_interact_place(const struct event *e)
{
    const struct dc_interaction *i = e->interaction;
    struct place p = { .ephemeral = e->acks_ephemeral };
    int64_t made = dc_id_ms(i->id), now = clock_wall_ms();
    snprintf(p.channel, sizeof p.channel, "%s", i->channel_id[0] ? i->channel_id : "0");
    snprintf(p.user, sizeof p.user, "%s", i->user_id);
    snprintf(p.application, sizeof p.application, "%s",
             i->application_id[0] ? i->application_id : e->a->me.application_id);
    snprintf(p.token, sizeof p.token, "%s", i->token);
    p.until_ms = (made > 0 && made < now ? made : now) + DC_INTERACTION_TOKEN_MS;
    memcpy(p.lang, e->lang, sizeof p.lang);
    return p;
}

/* ---- the first answer ---- */

static void on_first(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct adapter *a = ctx;
    if (reply->end != DC_OK && reply->end != DC_ACKNOWLEDGED)
        log_warn("discord.ack_failed", "status=%d detail=\"%s\"", reply->status, reply->detail);
    dc_release(a);
}

static void first(struct event *e, struct buf *body)
{
    struct adapter *a = e->a;
    e->acked = true;
    if (e->request) {
        dc_endpoint_answer(a, e->request, buf_text(body));
        e->request = 0;
        return;
    }
    const struct dc_request q = { .call = DC_CALL_CALLBACK,
                                  .a = e->interaction->id,
                                  .b = e->interaction->token,
                                  .body = buf_text(body),
                                  .repeatable = true, /* Discord takes one, and says so to the second */
                                  .done = on_first,
                                  .ctx = a };
    dc_hold(a);
    if (body->failed || dc_rest_send(a->rest, &q))
        dc_release(a);
}

static bool is_quiet(const struct event *e)
{
    return e->interaction->type == DC_COMPONENT && dc_person_press_is_quiet(e->interaction);
}

void dc_interact_ack(struct event *e)
{
    struct buf body = BUF_INIT(4096);
    if (e->acked)
        return;
    if (is_quiet(e))
        dc_defer_update(&body);
    else
        dc_defer(&body, e->acks_ephemeral);
    first(e, &body);
    buf_free(&body);
}

static void choices(struct event *e)
{
    struct buf body = BUF_INIT(16384);
    dc_command_choices(e, &body);
    first(e, &body);
    buf_free(&body);
    dc_event_done(e);
}

/* Only an answer to a question is for all to see. */
static bool for_one(const struct dc_interaction *i)
{
    if (i->type == DC_COMPONENT)
        return dc_person_press_is_private(i);
    return !dc_command_is_ask(i) || dc_command_is_private(i);
}

void dc_interact_arrived(struct event *e)
{
    struct dc_interaction *i = e->interaction;
    e->acks_ephemeral = for_one(i) || !dc_event_allowed(e);
    if (i->type == DC_PING) {
        struct buf body = BUF_INIT(256);
        dc_pong(&body);
        first(e, &body);
        buf_free(&body);
        dc_event_done(e);
    } else if (i->type == DC_AUTOCOMPLETE) {
        choices(e);
    } else if (!e->request) {
        dc_interact_ack(e);
    }
}

/* ---- words of our own ---- */

static void on_said(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct event *e = ctx;
    struct adapter *a = e->a;
    if (reply->end != DC_OK)
        log_warn("discord.word_lost", "detail=\"%s\"", reply->detail);
    if (e->used && !a->closing)
        a->host->state_put(a->host, e->used, NULL, 0, NULL, NULL);
    if (!a->closing)
        dc_event_done(e);
    dc_event_let_go(e);
}

/* What is said quietly, or in public though it is for one, is a message beside that only they see. */
static void say_beside(struct event *e, const struct place *to, struct buf *body, struct dc_request *q)
{
    const struct dc_request away = {
        .call = DC_CALL_DELETE_ORIGINAL, .a = to->application, .b = to->token, .body = "", .repeatable = true
    };
    if (!is_quiet(e))
        (void)dc_rest_send(e->a->rest, &away);
    q->call = DC_CALL_FOLLOW_UP;
    q->body = buf_text(body);
}

void dc_interact_say(struct event *e, const char *text, const char *components)
{
    struct adapter *a = e->a;
    const struct place to = dc_interact_place(e);
    bool beside = is_quiet(e) || !e->acks_ephemeral;
    struct buf body = BUF_INIT(PAYLOAD_MAX);
    const struct dc_post post = { .content = text,
                                  .embeds = "",
                                  .components = components,
                                  .reply_to = "",
                                  .nonce = "",
                                  .ephemeral = true };
    if (!e->acked && e->request) { /* nothing was said yet, so this is the first answer */
        dc_answer(&body, &post);
        first(e, &body);
        buf_free(&body);
        if (e->used)
            a->host->state_put(a->host, e->used, NULL, 0, NULL, NULL);
        dc_event_done(e);
        return;
    }
    struct dc_request q = { .call = DC_CALL_EDIT_ORIGINAL,
                            .a = to.application,
                            .b = to.token,
                            .repeatable = !beside,
                            .done = on_said,
                            .ctx = e };
    if (beside)
        dc_follow_up(&body, &post);
    else
        dc_edit(&body, &post);
    q.body = buf_text(&body);
    if (beside)
        say_beside(e, &to, &body, &q);
    dc_event_hold(e);
    if (body.failed || dc_rest_send(a->rest, &q)) {
        dc_event_done(e);
        dc_event_let_go(e);
    }
    buf_free(&body);
}

/* ---- what it wants ---- */

static void ask(struct event *e)
{
    struct dc_interaction *i = e->interaction;
    const struct dc_option *question = dc_option_of(i, "question");
    const char *text = i->has_target ? i->target.text : question ? question->text : "";
    if (!text[0]) {
        dc_interact_say(e, text_in(e->lang, i->has_target && i->target.attachments ? TEXT_MEDIA : TEXT_EMPTY),
                        "");
        return;
    }
    dc_question_ask(e, text, "", "");
}

void dc_interact_run(struct event *e)
{
    struct dc_interaction *i = e->interaction;
    if (!dc_event_allowed(e))
        dc_interact_say(e, text_in(e->lang, TEXT_DENIED), "");
    else if (i->type == DC_COMPONENT)
        dc_person_pressed(e);
    else if (i->type != DC_COMMAND)
        dc_interact_say(e, text_in(e->lang, TEXT_UNKNOWN), "");
    else if (dc_command_is_ask(i))
        ask(e);
    else if (!dc_command_run(e))
        dc_interact_say(e, text_in(e->lang, TEXT_UNKNOWN), "");
}
