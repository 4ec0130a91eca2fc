/* SPDX-License-Identifier: Apache-2.0
 *
 * An interaction. Its first answer is due within three seconds, always by HTTP. Of a question that came over
 * the gateway it goes out at once, before anything is looked up or stored (the gateway brings the event again
 * after a crash); of one that came by HTTP, which nobody brings again, when it is stored, and in time in any
 * case. The answer is written over it later. All else is answered by that first answer itself.
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
    snprintf(p.interaction, sizeof p.interaction, "%s", i->id);
    p.until_ms = (made > 0 && made < now ? made : now) + DC_INTERACTION_TOKEN_MS;
    memcpy(p.lang, e->lang, sizeof p.lang);
    return p;
}

/* ---- the first answer ---- */

static void on_first(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct event *e = ctx;
    if (reply->end != DC_OK && reply->end != DC_ACKNOWLEDGED)
        log_warn("discord.ack_failed", "status=%d detail=\"%s\"", reply->status, reply->detail);
    dc_event_let_go(e);
}

static void on_said(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct event *e = ctx;
    struct adapter *a = e->a;
    if (reply->end != DC_OK && reply->end != DC_ACKNOWLEDGED)
        log_warn("discord.word_lost", "detail=\"%s\"", reply->detail);
    if (e->used && !a->closing)
        a->host->state_put(a->host, e->used, NULL, 0, NULL, NULL);
    if (!a->closing)
        dc_event_done(e);
    dc_event_let_go(e);
}

/* said: it is all that will be said, and ends the event. */
static void first(struct event *e, struct buf *body, bool said)
{
    struct adapter *a = e->a;
    const struct dc_reply told = { .end = DC_OK };
    e->acked = true;
    dc_event_hold(e);
    if (e->request) {
        dc_endpoint_answer(a, e->request, buf_text(body));
        e->request = 0;
        (said ? on_said : on_first)(e, &told, false);
        return;
    }
    const struct dc_request q = { .call = DC_CALL_CALLBACK,
                                  .a = e->interaction->id,
                                  .b = e->interaction->token,
                                  .body = buf_text(body),
                                  .repeatable = true, /* Discord takes one, and says so to the second */
                                  .done = said ? on_said : on_first,
                                  .ctx = e };
    const struct dc_reply lost = { .end = DC_RETRY, .detail = "too much waits to be sent" };
    if (body->failed || dc_rest_send(a->rest, &q))
        (said ? on_said : on_first)(e, &lost, false);
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
    first(e, &body, false);
    buf_free(&body);
}

/* The buttons go from the message they are under; its words stay. */
void dc_interact_buttons_away(struct event *e)
{
    static const char callback[] = "{\"type\":7,\"data\":{\"components\":[]}}";
    static const char body[] = "{\"components\":[]}";
    const struct place to = dc_interact_place(e);
    const struct dc_request q = {
        .call = DC_CALL_EDIT_ORIGINAL, .a = to.application, .b = to.token, .body = body, .repeatable = true
    };
    if (e->acked) {
        (void)dc_rest_send(e->a->rest, &q);
        return;
    }
    struct buf b = BUF_INIT(256);
    buf_adds(&b, callback);
    first(e, &b, false);
    buf_free(&b);
}

static void choices(struct event *e)
{
    struct buf body = BUF_INIT(16384);
    dc_command_choices(e, &body);
    first(e, &body, true);
    buf_free(&body);
}

/* Only an answer to a question is for all to see. */
static bool for_one(const struct dc_interaction *i)
{
    if (i->type == DC_COMPONENT)
        return dc_person_press_is_private(i);
    return !dc_command_is_ask(i) || dc_command_is_private(i);
}

/* What becomes a turn takes its time; all else is answered at once, and needs no "is thinking". */
static bool makes_turn(const struct dc_interaction *i)
{
    return i->type == DC_COMPONENT ? dc_person_press_is_turn(i) : dc_command_is_ask(i);
}

void dc_interact_arrived(struct event *e)
{
    struct dc_interaction *i = e->interaction;
    e->acks_ephemeral = for_one(i) || !dc_event_allowed(e);
    if (i->type == DC_PING) {
        struct buf body = BUF_INIT(256);
        dc_pong(&body);
        first(e, &body, true);
        buf_free(&body);
    } else if (i->type == DC_AUTOCOMPLETE) {
        choices(e);
    } else if (!e->request && makes_turn(i)) {
        dc_interact_ack(e);
    }
}

/* ---- words of our own ---- */

/* Behind a first answer that all can see: that one is to say something else than "thinking" first, or this
 * would be written over it. */
static void hush(struct event *e, const struct place *to)
{
    struct buf body = BUF_INIT(4096);
    dc_edit(&body,
            &(struct dc_post){ .content = "…", .embeds = "", .components = "", .reply_to = "", .nonce = "" });
    const struct dc_request q = { .call = DC_CALL_EDIT_ORIGINAL,
                                  .a = to->application,
                                  .b = to->token,
                                  .body = buf_text(&body),
                                  .repeatable = true };
    (void)dc_rest_send(e->a->rest, &q);
    buf_free(&body);
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
    if (!e->acked) { /* nothing was said yet, so this is the first answer */
        dc_answer(&body, &post);
        first(e, &body, true);
        buf_free(&body);
        return;
    }
    bool public = beside && !is_quiet(e);
    if (beside)
        dc_follow_up(&body, &post);
    else
        dc_edit(&body, &post);
    const struct dc_request q = { .call = beside ? DC_CALL_FOLLOW_UP : DC_CALL_EDIT_ORIGINAL,
                                  .a = to.application,
                                  .b = to.token,
                                  .body = buf_text(&body),
                                  .repeatable = !beside,
                                  .done = on_said,
                                  .ctx = e };
    if (public)
        hush(e, &to);
    dc_event_hold(e);
    if (body.failed || dc_rest_send(a->rest, &q)) {
        dc_event_done(e);
        dc_event_let_go(e);
    }
    if (public)
        dc_post_away(a, &to);
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
