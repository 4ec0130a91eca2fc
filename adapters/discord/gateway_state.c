/* SPDX-License-Identifier: Apache-2.0
 *
 * The phases, and the two things that go on beside them: heartbeats from the hello on, and a session that is
 * kept until Discord says it is over, three resumes have failed or nobody has heard of it for ten minutes.
 * A connection that does not come about says nothing about the session: a network may be away for a while. On
 * an invalid session the connection is left, since the address it was resumed at is none to identify at.
 */
#include "adapters/discord/gateway_state.h"

#include <string.h>

#include "io/ws_url.h"

#define RECONNECT_SPREAD_MS 1000
#define INVALID_LEAST_MS    1000 /* Discord asks for one to five seconds (Gateway, Resuming) */
#define INVALID_SPREAD_MS   4000
#define BEAT_ASKED_STEP_MS  1000 /* a heartbeat that is asked for more often is not sent */
#define BACKOFF_TRIES_MAX   16

static const struct dc_close none = { 0, DC_THEN_RESUME, "it was not closed yet" };
static const struct dc_close too_late = { 0, DC_THEN_RESUME, "Discord took too long to answer" };
static const struct dc_close zombie = { 0, DC_THEN_RESUME, "Discord no longer answered heartbeats" };
static const struct dc_close asked = { 0, DC_THEN_RESUME, "Discord asked for a new connection" };
static const struct dc_close invalid = { 0, DC_THEN_RESUME, "Discord said the session is not valid" };
static const struct dc_close broken = { 0, DC_THEN_IDENTIFY, "Discord sent a READY that cannot be used" };

/* `span` times a fraction of one. */
static int64_t share(int64_t span, uint32_t random)
{
    return (int64_t)((double)span * ((double)random / 4294967296.0));
}

static int64_t backoff(int tries, uint32_t random)
{
    int64_t most = DC_BACKOFF_MS << (tries < BACKOFF_TRIES_MAX ? tries : BACKOFF_TRIES_MAX);

    return share(most < DC_BACKOFF_MAX_MS ? most : DC_BACKOFF_MAX_MS, random);
}

static void forget(struct dc_session *s)
{
    *s = (struct dc_session){ .seq = -1 };
}

void dc_gateway_init(struct dc_gateway *g, const char *url, struct dc_budget *budget,
                     const struct dc_session *kept)
{
    *g = (struct dc_gateway){ .url = url, .budget = budget, .why = &none };
    forget(&g->session);
    if (kept && kept->id[0])
        g->session = *kept;
}

const char *dc_gateway_address(const struct dc_gateway *g)
{
    return g->session.id[0] ? g->session.url : g->url;
}

const char *dc_gateway_why(const struct dc_gateway *g)
{
    return g->why->hint;
}

static bool is_greeted(const struct dc_gateway *g)
{
    return g->phase == DC_PHASE_GREETED || g->phase == DC_PHASE_BEGINNING || g->phase == DC_PHASE_LIVE;
}

static bool is_connected(const struct dc_gateway *g)
{
    return g->phase == DC_PHASE_CONNECTING || g->phase == DC_PHASE_OPEN || is_greeted(g);
}

/* ---- what happened ---- */

static void idle(struct dc_gateway *g, int64_t due_ms)
{
    g->phase = DC_PHASE_IDLE;
    g->due_ms = due_ms;
}

static void resume_failed(struct dc_gateway *g)
{
    if (g->resuming && ++g->resumes >= DC_RESUMES_MAX)
        forget(&g->session);
    g->resuming = false;
}

void dc_gateway_opened(struct dc_gateway *g, const struct dc_now *now)
{
    if (g->phase != DC_PHASE_CONNECTING)
        return;
    g->phase = DC_PHASE_OPEN;
    g->due_ms = now->mono_ms + DC_HELLO_MS;
    g->sends = (struct pace){ 0 };
}

/* The wait that is planned may be longer already: after an invalid session. */
void dc_gateway_closed(struct dc_gateway *g, int code, const struct dc_now *now)
{
    const struct dc_close *why = dc_close_of(code);
    bool ours = g->phase == DC_PHASE_CLOSING, steady;
    int64_t due_ms;

    if (!ours && !is_connected(g))
        return;
    steady = g->live_ms && now->mono_ms - g->live_ms >= DC_STEADY_MS;
    g->tries = steady ? 0 : g->tries + 1;
    g->live_ms = 0;
    resume_failed(g);
    if (!ours || why->then == DC_THEN_STOP)
        g->why = why;
    if (g->why->then == DC_THEN_IDENTIFY)
        forget(&g->session);
    due_ms = now->mono_ms + backoff(g->tries, now->random);
    idle(g, ours && g->due_ms > due_ms ? g->due_ms : due_ms);
    if (g->why->then == DC_THEN_STOP || g->leaving)
        g->phase = DC_PHASE_STOPPED;
}

/* Given up by us: not tried again before `due_ms`. */
static void give_up(struct dc_gateway *g, const struct dc_close *why, int64_t due_ms)
{
    g->why = why;
    g->phase = DC_PHASE_CLOSING;
    g->due_ms = due_ms;
    g->close_told = false;
}

static void greet(struct dc_gateway *g, const struct dc_frame *f, const struct dc_now *now)
{
    if (g->phase != DC_PHASE_OPEN)
        return;
    g->phase = DC_PHASE_GREETED;
    g->interval_ms = f->interval_ms;
    g->beat_ms = now->mono_ms + share(f->interval_ms, now->random);
    g->beaten_ms = now->mono_ms - BEAT_ASKED_STEP_MS;
    g->acked = true;
    g->beat_asked = false;
}

static void live(struct dc_gateway *g, const struct dc_now *now)
{
    g->phase = DC_PHASE_LIVE;
    g->live_ms = now->mono_ms;
    g->count.resumed += g->resuming;
    g->resuming = false;
    g->resumes = 0;
}

/* A resume goes to an address that Discord told; it carries the token, so never from wss to anything less. */
static bool is_address(const struct dc_gateway *g, const char *url)
{
    struct ws_url own, its;

    return ws_url_parse(&its, url, NULL) == 0 &&
           (its.tls || (ws_url_parse(&own, g->url, NULL) == 0 && !own.tls));
}

static void ready(struct dc_gateway *g, const struct dc_frame *f, const struct dc_now *now)
{
    struct dc_ready said;

    if (g->phase != DC_PHASE_BEGINNING)
        return;
    if (dc_ready_read(f->data, &said, NULL) || !is_address(g, said.resume_url)) {
        give_up(g, &broken, now->mono_ms + INVALID_LEAST_MS);
        return;
    }
    memcpy(g->session.id, said.session_id, sizeof g->session.id);
    memcpy(g->session.url, said.resume_url, sizeof g->session.url);
    live(g, now);
}

static void invalid_session(struct dc_gateway *g, const struct dc_frame *f, const struct dc_now *now)
{
    if (!is_greeted(g))
        return;
    if (!f->resumable) {
        forget(&g->session);
        g->resuming = false;
    }
    give_up(g, &invalid, now->mono_ms + INVALID_LEAST_MS + share(INVALID_SPREAD_MS, now->random));
}

void dc_gateway_frame(struct dc_gateway *g, const struct dc_frame *f, const struct dc_now *now)
{
    if (!is_connected(g))
        return;
    if (f->seq > g->session.seq)
        g->session.seq = f->seq;
    g->session.heard_wall_ms = now->wall_ms;
    switch (f->kind) {
    case DC_HELLO:
        greet(g, f, now);
        break;
    case DC_ACK:
        g->acked = true;
        break;
    case DC_BEAT_ASKED:
        g->beat_asked = true;
        break;
    case DC_RECONNECT:
        give_up(g, &asked, now->mono_ms + share(RECONNECT_SPREAD_MS, now->random));
        break;
    case DC_INVALID_SESSION:
        invalid_session(g, f, now);
        break;
    case DC_READY:
        ready(g, f, now);
        break;
    case DC_RESUMED:
        if (g->phase == DC_PHASE_BEGINNING && g->resuming)
            live(g, now);
        break;
    case DC_MESSAGE:
    case DC_INTERACTION:
    case DC_GUILD:
    case DC_GUILD_GONE:
    case DC_THREAD:
    case DC_OTHER:
        break;
    }
}

void dc_gateway_leave(struct dc_gateway *g)
{
    g->leaving = true;
}

/* ---- what to do ---- */

static enum dc_act wait_until(int64_t *due_ms, int64_t at_ms)
{
    *due_ms = at_ms;
    return DC_ACT_WAIT;
}

static enum dc_act close_now(struct dc_gateway *g, const struct dc_close *why, const struct dc_now *now)
{
    give_up(g, why, now->mono_ms);
    g->close_told = true;
    return DC_ACT_CLOSE;
}

/* When an identify may go, by the monotonic clock. */
static int64_t identify_due(struct dc_gateway *g, const struct dc_now *now)
{
    return now->mono_ms + dc_budget_due(g->budget, now->wall_ms) - now->wall_ms;
}

static enum dc_act next_idle(struct dc_gateway *g, const struct dc_now *now, int64_t *due_ms)
{
    int64_t at_ms = g->due_ms;

    if (g->session.id[0] && now->wall_ms - g->session.heard_wall_ms > DC_STALE_MS)
        forget(&g->session);
    if (!g->session.id[0] && identify_due(g, now) > at_ms)
        at_ms = identify_due(g, now);
    if (at_ms > now->mono_ms)
        return wait_until(due_ms, at_ms);
    g->phase = DC_PHASE_CONNECTING;
    g->due_ms = now->mono_ms + DC_CONNECT_MS;
    g->count.connects++;
    return DC_ACT_CONNECT;
}

static enum dc_act begin(struct dc_gateway *g, const struct dc_now *now)
{
    g->phase = DC_PHASE_BEGINNING;
    g->due_ms = now->mono_ms + DC_BEGIN_MS;
    g->resuming = g->session.id[0] != '\0';
    pace_take(&g->sends, DC_SEND_STEP_MS, now->mono_ms);
    if (g->resuming) {
        g->count.resumes++;
        return DC_ACT_RESUME;
    }
    g->count.identifies++;
    g->budget->remaining--;
    g->budget->last_wall_ms = now->wall_ms;
    forget(&g->session);
    return DC_ACT_IDENTIFY;
}

static enum dc_act beat(struct dc_gateway *g, const struct dc_now *now)
{
    g->beat_asked = false;
    g->beaten_ms = now->mono_ms;
    pace_take(&g->sends, DC_SEND_STEP_MS, now->mono_ms);
    return DC_ACT_BEAT;
}

/* DC_ACT_WAIT: no heartbeat now. One that is asked for changes nothing of when the next is due and what of it
 * must be acknowledged, or a server that only asks would never be found dead. */
static enum dc_act next_beat(struct dc_gateway *g, const struct dc_now *now)
{
    if (now->mono_ms >= g->beat_ms) {
        if (!g->acked) {
            g->count.zombies++;
            return close_now(g, &zombie, now);
        }
        g->acked = false;
        g->beat_ms = now->mono_ms + g->interval_ms;
        return beat(g, now);
    }
    if (g->beat_asked && now->mono_ms - g->beaten_ms >= BEAT_ASKED_STEP_MS)
        return beat(g, now);
    g->beat_asked = false;
    return DC_ACT_WAIT;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static enum dc_act next_greeted(struct dc_gateway *g, const struct dc_now *now, int64_t *due_ms)
{
    int64_t own_ms = INT64_MAX;
    enum dc_act act = next_beat(g, now);

    if (act != DC_ACT_WAIT)
        return act;
    if (g->phase == DC_PHASE_BEGINNING) {
        if (now->mono_ms >= g->due_ms)
            return close_now(g, &too_late, now);
        own_ms = g->due_ms;
    } else if (g->phase == DC_PHASE_GREETED) {
        own_ms = g->session.id[0] ? now->mono_ms : identify_due(g, now);
        if (own_ms <= now->mono_ms)
            return begin(g, now);
    }
    return wait_until(due_ms, earlier(own_ms, g->beat_ms));
}

enum dc_act dc_gateway_next(struct dc_gateway *g, const struct dc_now *now, int64_t *due_ms)
{
    *due_ms = INT64_MAX;
    if (g->leaving && g->phase == DC_PHASE_IDLE)
        g->phase = DC_PHASE_STOPPED;
    if (g->leaving && is_connected(g))
        return close_now(g, &none, now);
    switch (g->phase) {
    case DC_PHASE_IDLE:
        return next_idle(g, now, due_ms);
    case DC_PHASE_CONNECTING:
    case DC_PHASE_OPEN:
        return now->mono_ms >= g->due_ms ? close_now(g, &too_late, now) : wait_until(due_ms, g->due_ms);
    case DC_PHASE_GREETED:
    case DC_PHASE_BEGINNING:
    case DC_PHASE_LIVE:
        return next_greeted(g, now, due_ms);
    case DC_PHASE_CLOSING:
        if (g->close_told)
            return DC_ACT_WAIT;
        g->close_told = true;
        return DC_ACT_CLOSE;
    case DC_PHASE_STOPPED:
        break;
    }
    return DC_ACT_STOP;
}

bool dc_gateway_may_send(struct dc_gateway *g, const struct dc_now *now)
{
    if (g->phase != DC_PHASE_LIVE || pace_due(&g->sends, DC_SEND_STEP_MS, DC_SEND_BURST) > now->mono_ms)
        return false;
    pace_take(&g->sends, DC_SEND_STEP_MS, now->mono_ms);
    return true;
}
