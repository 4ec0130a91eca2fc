/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway's connection. gateway_state.h says what is to be done; here it is done. What outlives the
 * process is in `state`: the session with the sequence of the last event that is taken care of, the budget of
 * identifies (written before each is sent), and who we are. A stop closes with a code that keeps the session,
 * so that what happens during a restart is heard after it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"
#include "base/json.h"
#include "base/rand.h"

#define KEEP_MS     400   /* the session is written at most so often */
#define HEARD_MS    60000 /* and so often when nothing happens: how old it may be is counted */
#define ASK_MS      1000
#define ASK_CAP_MS  60000
#define TEXT_BYTES  4096
#define PRESENCE_MS 15000

/* ---- what is kept ---- */

void dc_link_keep(struct adapter *a, bool now)
{
    struct buf b = BUF_INIT(TEXT_BYTES);
    struct dc_session s = a->gw.session;
    int64_t mono = clock_mono_ms();
    s.seq = dc_events_stored(a);
    bool changed = s.seq != a->kept_seq || mono - a->session_ms > HEARD_MS;
    if (a->by_http || !s.id[0] || (!now && (!changed || mono - a->session_ms < KEEP_MS)))
        return;
    a->session_ms = mono;
    a->kept_seq = s.seq;
    dc_session_write(&b, &s);
    if (!b.failed)
        dc_keep(a, "session", buf_text(&b), NULL, NULL);
    buf_free(&b);
}

static void keep_me(struct adapter *a)
{
    struct buf b = BUF_INIT(TEXT_BYTES);
    struct jsonw w;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_text(&w, "user", a->me.user_id);
    jw_text(&w, "application", a->me.application_id);
    jw_end_obj(&w);
    if (!b.failed)
        dc_keep(a, "me", buf_text(&b), NULL, NULL);
    buf_free(&b);
}

/* ---- events ---- */

static void on_event(struct adapter *a, const struct dc_frame *f)
{
    struct event *e = dc_event_new(a, f->seq, 0);
    struct err err = { "" };
    int rc = -ENOMEM;
    if (!e) {
        log_error("discord.event_dropped", "seq=%lld waiting=%zu", (long long)f->seq, a->n_events);
        return;
    }
    if (f->kind == DC_MESSAGE && (e->message = arena_alloc(&e->words, sizeof *e->message)))
        rc = dc_message_read(f->data, &a->me, &e->words, e->message, &err);
    else if (f->kind == DC_INTERACTION && (e->interaction = arena_alloc(&e->words, sizeof *e->interaction)))
        rc = dc_interaction_read(f->data, &a->me, &e->words, e->interaction, &err);
    if (rc && rc != X_E_LIMIT) {
        log_warn("discord.event_unreadable", "seq=%lld err=\"%s\"", (long long)f->seq, err.text);
        e->message = NULL;
        e->interaction = NULL;
        dc_event_done(e);
    } else if (e->message && !dc_message_wanted(e)) {
        dc_event_done(e);
    } else {
        dc_event_begin(e);
    }
}

static void on_ready(struct adapter *a, const struct dc_frame *f)
{
    struct dc_ready r;
    if (dc_ready_read(f->data, &r, NULL))
        return;
    a->me = r.me;
    keep_me(a);
    dc_command_sync(a);
}

static void on_text(void *ctx, const char *text, size_t len)
{
    struct adapter *a = ctx;
    const struct dc_now now = dc_now();
    struct dc_frame f;
    struct err err = { "" };
    if (dc_frame_read(text, len, &f, &err)) {
        log_warn("discord.frame_unreadable", "bytes=%zu err=\"%s\"", len, err.text);
        return;
    }
    bool live = a->gw.phase == DC_PHASE_BEGINNING || a->gw.phase == DC_PHASE_LIVE;
    bool known = f.seq >= 0 && f.seq <= a->gw.session.seq && a->gw.resuming;
    dc_gateway_frame(&a->gw, &f, &now);
    if (f.kind == DC_READY)
        on_ready(a, &f);
    else if (f.kind == DC_RESUMED)
        dc_command_sync(a);
    else if (live && !known && (f.kind == DC_MESSAGE || f.kind == DC_INTERACTION))
        on_event(a, &f);
    else if (f.kind == DC_GUILD || f.kind == DC_THREAD)
        dc_threads_frame(a, &f);
    dc_link_run(a);
}

/* ---- the connection ---- */

/* Binary is what is compressed. Once that is broken nothing behind it can be read: the session goes on over
 * another connection. */
static void on_binary(void *ctx, const void *bytes, size_t len)
{
    struct adapter *a = ctx;
    struct str payload = { NULL, 0 };
    int rc = a->inflate ? dc_inflate_add(a->inflate, bytes, len, &payload) : 0;
    if (!a->inflate || rc)
        log_warn("discord.frame_unreadable", "bytes=%zu err=\"%s\"", len,
                 a->inflate ? status_name(rc) : "binary");
    if (rc)
        wsc_close(a->conn, DC_CLOSE_OURS, "");
    else if (payload.at)
        on_text(a, payload.at, payload.len);
}

static void on_opened(void *ctx)
{
    struct adapter *a = ctx;
    const struct dc_now now = dc_now();
    dc_gateway_opened(&a->gw, &now);
    dc_link_run(a);
}

static void shut(struct adapter *a)
{
    if (a->wsc)
        wsc_shut(a->wsc);
    a->wsc = NULL;
}

static void on_closed(void *ctx, const struct wsc_end *end)
{
    struct adapter *a = ctx;
    const struct dc_now now = dc_now();
    a->conn = NULL;
    dc_gateway_closed(&a->gw, end->was_open ? end->code : 0, &now);
    if (!end->ours && !a->closing)
        log_info("discord.closed", "code=%d status=%d why=\"%s\" detail=\"%s\"", end->code, end->status,
                 dc_gateway_why(&a->gw), end->detail);
    if (a->closing)
        shut(a);
    else
        dc_link_run(a);
    dc_release(a);
}

static void connect_now(struct adapter *a)
{
    struct buf url = BUF_INIT(TEXT_BYTES);
    struct err err = { "" };
    dc_gateway_url(&url, dc_gateway_address(&a->gw), a->inflate != NULL);
    if (a->inflate)
        dc_inflate_reset(a->inflate);
    const struct wsc_request req = { .url = buf_text(&url),
                                     .connect_ms = DC_CONNECT_MS,
                                     .message_max = DC_PAYLOAD_MAX,
                                     .ctx = a,
                                     .opened = on_opened,
                                     .text = on_text,
                                     .binary = on_binary,
                                     .closed = on_closed };
    dc_hold(a);
    if (url.failed || wsc_connect(a->wsc, &req, &a->conn, &err)) {
        const struct dc_now now = dc_now();
        log_warn("discord.connect_failed", "err=\"%s\"", err.text);
        a->conn = NULL;
        dc_gateway_closed(&a->gw, 0, &now);
        dc_release(a);
    }
    buf_free(&url);
}

static void send_frame(struct adapter *a, struct buf *frame)
{
    if (a->conn && !frame->failed && wsc_send(a->conn, buf_text(frame), frame->len))
        log_warn("discord.frame_unsent", "bytes=%zu", frame->len);
    explicit_bzero(frame->at, frame->len);
    buf_free(frame);
}

static struct dc_presence presence_of(struct adapter *a)
{
    bool well = a->host->ready(a->host);
    return (struct dc_presence){ .status = well ? DC_ONLINE : DC_IDLE, .text = well ? "" : "not ready" };
}

static void on_budget(void *ctx, int rc, const char *value X_UNUSED)
{
    struct adapter *a = ctx;
    struct buf frame = BUF_INIT(DC_FRAME_MAX);
    const struct dc_identify who = { .token = a->token,
                                     .intents = a->intents,
                                     .shard = a->shard,
                                     .shards = a->shards,
                                     .presence = presence_of(a) };
    if (rc)
        log_warn("discord.budget_not_kept", "rc=%s", status_name(rc));
    if (a->gw.phase == DC_PHASE_BEGINNING && !a->gw.resuming) {
        dc_identify(&frame, &who);
        send_frame(a, &frame);
    }
    dc_release(a);
}

static void identify(struct adapter *a)
{
    struct buf b = BUF_INIT(TEXT_BYTES);
    dc_budget_write(&b, &a->budget);
    dc_hold(a);
    dc_keep(a, "budget", b.failed ? NULL : buf_text(&b), on_budget, a);
    buf_free(&b);
}

static void resume(struct adapter *a)
{
    struct buf frame = BUF_INIT(DC_FRAME_MAX);
    dc_resume(&frame, a->token, a->gw.session.id, a->gw.session.seq);
    send_frame(a, &frame);
}

static void beat(struct adapter *a)
{
    struct buf frame = BUF_INIT(DC_FRAME_MAX);
    dc_heartbeat(&frame, a->gw.session.seq);
    send_frame(a, &frame);
}

/* One line for each change that an operator would want to know of. */
static void tell_phase(struct adapter *a)
{
    enum dc_phase is = a->gw.phase;
    if (is == a->phase_told)
        return;
    if (is == DC_PHASE_LIVE)
        log_info("discord.up", "identifies=%llu resumed=%llu", (unsigned long long)a->gw.count.identifies,
                 (unsigned long long)a->gw.count.resumed);
    else if (is == DC_PHASE_STOPPED && !a->left)
        log_error("discord.stopped", "why=\"%s\"", dc_gateway_why(&a->gw));
    else if (a->phase_told == DC_PHASE_LIVE && !a->left)
        log_warn("discord.trouble", "why=\"%s\"", dc_gateway_why(&a->gw));
    if (is == DC_PHASE_LIVE || is == DC_PHASE_STOPPED || a->phase_told == DC_PHASE_LIVE)
        a->phase_told = is;
}

void dc_link_run(struct adapter *a)
{
    int64_t due = INT64_MAX;
    bool wait = a->by_http || !a->gw.url;
    while (!wait) {
        const struct dc_now now = dc_now();
        switch (dc_gateway_next(&a->gw, &now, &due)) {
        case DC_ACT_CONNECT:
            connect_now(a);
            break;
        case DC_ACT_IDENTIFY:
            identify(a);
            break;
        case DC_ACT_RESUME:
            resume(a);
            break;
        case DC_ACT_BEAT:
            beat(a);
            break;
        case DC_ACT_CLOSE:
            if (a->conn)
                wsc_close(a->conn, DC_CLOSE_OURS, "");
            break;
        case DC_ACT_STOP:
            due = INT64_MAX;
            wait = true;
            break;
        case DC_ACT_WAIT:
            wait = true;
            break;
        }
    }
    tell_phase(a);
    if (due != INT64_MAX && !a->closing)
        timer_start(&a->timer, due > clock_mono_ms() ? due - clock_mono_ms() : 1);
}

/* ---- the beginning ---- */

static void begin(struct adapter *a)
{
    dc_gateway_init(&a->gw, a->url, &a->budget, a->kept.id[0] ? &a->kept : NULL);
    a->kept_seq = a->kept.seq;
    dc_link_run(a);
}

static void on_bot_body(void *ctx, const char *json, size_t len)
{
    struct adapter *a = ctx;
    struct dc_gateway_bot bot;
    struct err err = { "" };
    if (dc_gateway_bot_read(json, len, &bot, &err)) {
        log_warn("discord.gateway_unknown", "err=\"%s\"", err.text);
        return;
    }
    dc_budget_learn(&a->budget, &bot, clock_wall_ms());
    snprintf(a->url, sizeof a->url, "%s", bot.url);
}

static void on_bot(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct adapter *a = ctx;
    if (a->url[0] && !a->closing) {
        begin(a);
    } else if (!a->closing && reply->end != DC_UNAUTHORIZED) {
        int64_t most = ASK_MS << (a->asks < 6 ? a->asks : 6);
        a->asks++;
        timer_start(&a->timer, (most < ASK_CAP_MS ? most : ASK_CAP_MS) / 2 + (int64_t)rand_below(ASK_MS));
    }
    dc_release(a);
}

static void ask(struct adapter *a)
{
    const struct dc_request q = { .call = DC_CALL_GATEWAY_BOT,
                                  .body = "",
                                  .repeatable = true,
                                  .done = on_bot,
                                  .body_of = on_bot_body,
                                  .ctx = a };
    dc_hold(a);
    if (dc_rest_send(a->rest, &q))
        dc_release(a);
}

static void loaded(struct adapter *a)
{
    if (--a->asks > 0 || a->closing)
        return;
    a->asks = 0;
    a->loaded = true;
    if (a->url[0])
        begin(a);
    else
        ask(a);
}

static void on_session(void *ctx, int rc, const char *value)
{
    struct adapter *a = ctx;
    if (rc || !value || dc_session_read(value, &a->kept))
        a->kept = (struct dc_session){ .seq = -1 };
    loaded(a);
    dc_release(a);
}

static void on_budget_kept(void *ctx, int rc, const char *value)
{
    struct adapter *a = ctx;
    if (rc || !value || dc_budget_read(value, &a->budget))
        dc_budget_init(&a->budget);
    loaded(a);
    dc_release(a);
}

static void on_me(void *ctx, int rc, const char *value)
{
    struct adapter *a = ctx;
    cJSON *o = NULL;
    if (rc == 0 && value && json_parse(&o, value, strlen(value), NULL) == 0) {
        snprintf(a->me.user_id, sizeof a->me.user_id, "%s", json_text(o, "user", ""));
        snprintf(a->me.application_id, sizeof a->me.application_id, "%s", json_text(o, "application", ""));
    }
    cJSON_Delete(o);
    if (!a->me.user_id[0])
        a->kept = (struct dc_session){ .seq = -1 }; /* without knowing who we are nothing can be resumed */
    loaded(a);
    dc_release(a);
}

void dc_link_start(struct adapter *a)
{
    if (a->loaded) { /* the timer */
        if (a->gw.url)
            dc_link_run(a);
        else
            ask(a);
        return;
    }
    a->asks = 3;
    dc_kept(a, "session", on_session);
    dc_kept(a, "budget", on_budget_kept);
    dc_kept(a, "me", on_me);
    dc_threads_load(a);
}

/* ---- the end, health, presence ---- */

void dc_link_leave(struct adapter *a)
{
    a->left = true;
    if (a->by_http)
        return;
    dc_link_keep(a, true);
    dc_gateway_leave(&a->gw);
    if (a->conn)
        wsc_close(a->conn, DC_CLOSE_OURS, "");
    else
        shut(a);
}

void dc_link_presence(struct adapter *a)
{
    const struct dc_now now = dc_now();
    const struct dc_presence p = presence_of(a);
    struct buf frame = BUF_INIT(DC_FRAME_MAX);
    const char *is = p.status == DC_ONLINE ? "online" : "idle";
    if (a->gw.phase != DC_PHASE_LIVE || strcmp(a->presence, is) == 0 ||
        now.mono_ms - a->presence_ms < PRESENCE_MS || !dc_gateway_may_send(&a->gw, &now))
        return;
    a->presence_ms = now.mono_ms;
    if (a->presence[0] || p.status != DC_ONLINE) {
        dc_presence(&frame, &p);
        send_frame(a, &frame);
    }
    snprintf(a->presence, sizeof a->presence, "%s", is);
}

const char *dc_link_health(struct adapter *a, struct buf *detail)
{
    bool shut_out = dc_rest_shut_out(a->rest), live = a->gw.phase == DC_PHASE_LIVE;
    int invalid = dc_rest_invalid(a->rest);
    if (shut_out)
        buf_adds(detail, "the token is not valid; ");
    else if (!a->by_http && !live)
        buf_printf(detail, "not connected: %s; ",
                   a->gw.url ? dc_gateway_why(&a->gw) : "the gateway is not known");
    buf_printf(detail, "%zu waiting to be sent, %zu events open", dc_rest_waiting(a->rest), a->n_events);
    if (invalid)
        buf_printf(detail, ", %d calls refused in ten minutes", invalid);
    if (shut_out || a->gw.phase == DC_PHASE_STOPPED)
        return "down";
    return a->by_http || live ? "ok" : "degraded";
}
