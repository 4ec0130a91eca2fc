/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of one gateway connection after the other, as a machine without clock, socket or chance: the
 * caller says what happened and asks what to do next. Not thread-safe.
 *
 *   dc_gateway_next -> DC_ACT_CONNECT to dc_gateway_address   -> dc_gateway_opened | dc_gateway_closed
 *                   -> DC_ACT_IDENTIFY, _RESUME, _BEAT        -> send that frame (wire.h)
 *                   -> DC_ACT_CLOSE with DC_CLOSE_OURS, once  -> dc_gateway_closed, also when nobody answers
 *                   -> DC_ACT_WAIT until *due_ms              -> or until something happens
 *                   -> DC_ACT_STOP                            -> for ever; dc_gateway_why says why
 *
 * A session outlives connections and, kept by the caller as text, the process: what happened meanwhile is
 * sent again from its seq on. Three resumes that fail, and a new one is begun. A new one costs an identify,
 * of which there are 1,000 a day for the token, so those are a budget that is kept too.
 */
#ifndef DISCORD_GATEWAY_STATE_H
#define DISCORD_GATEWAY_STATE_H

#include "adapters/discord/wire_rest.h"
#include "base/pace.h"

#define DC_RESUMES_MAX      3
#define DC_BACKOFF_MS       1000 /* of the first reconnect, full jitter, doubling up to ... */
#define DC_BACKOFF_MAX_MS   30000
#define DC_STEADY_MS        30000 /* a connection that lived so long starts the back-off anew */
#define DC_CONNECT_MS       15000 /* for TLS and websocket */
#define DC_HELLO_MS         20000
#define DC_BEGIN_MS         60000  /* from identify or resume to READY or RESUMED, replays between them */
#define DC_STALE_MS         600000 /* a session not heard of for so long is not tried any more */
#define DC_SEND_BURST       50     /* frames besides heartbeats: with DC_SEND_STEP_MS at most 110 in 60 s, */
#define DC_SEND_STEP_MS     1000   /* of the 120 that Discord takes (Gateway, Rate Limiting) */
#define DC_IDENTIFY_STEP_MS 5000   /* between two identifies (Gateway, Identifying) */
#define DC_IDENTIFIES       1000   /* a day, until /gateway/bot says otherwise */
#define DC_IDENTIFY_RESERVE 50     /* of them are left to the operator */

/* The caller's clocks, and 32 bits by lot that are new each time. */
struct dc_now {
    int64_t mono_ms, wall_ms;
    uint32_t random;
};

/* ---- what is kept on disk ---- */

struct dc_session {
    char id[DC_SESSION_BYTES]; /* "" = none */
    char url[DC_URL_BYTES];    /* to resume at */
    int64_t seq;               /* the last that was received; -1 = none */
    int64_t heard_wall_ms;
};

/* JSON. To lose nothing in a crash, write the seq of the last event that is stored, not of the last received.
 */
void dc_session_write(struct buf *out, const struct dc_session *s);
/* 0, X_E_INVALID: *out is none. */
int dc_session_read(const char *text, struct dc_session *out);

/* Identifies of the token, over all shards: one in 5 s, however many Discord would take at once. */
struct dc_budget {
    int total, remaining;
    int64_t reset_wall_ms; /* when remaining is total again */
    int64_t last_wall_ms;  /* of the last identify */
};

void dc_budget_init(struct dc_budget *b);
void dc_budget_write(struct buf *out, const struct dc_budget *b);
int dc_budget_read(const char *text, struct dc_budget *out); /* 0, X_E_INVALID: as dc_budget_init */
void dc_budget_learn(struct dc_budget *b, const struct dc_gateway_bot *said, int64_t wall_ms);
/* When the next identify may go, by the wall clock; what is past means now. Once half of them are gone, the
 * rest is spread over the time that is left. */
int64_t dc_budget_due(struct dc_budget *b, int64_t wall_ms);

/* ---- the machine ---- */

enum dc_act {
    DC_ACT_WAIT,
    DC_ACT_CONNECT,
    DC_ACT_IDENTIFY, /* write the budget to disk before it is sent */
    DC_ACT_RESUME,
    DC_ACT_BEAT,
    DC_ACT_CLOSE,
    DC_ACT_STOP,
};

enum dc_phase {
    DC_PHASE_IDLE, /* until due_ms */
    DC_PHASE_CONNECTING,
    DC_PHASE_OPEN,      /* a hello is to come */
    DC_PHASE_GREETED,   /* identify or resume is to be sent */
    DC_PHASE_BEGINNING, /* READY or RESUMED is to come */
    DC_PHASE_LIVE,
    DC_PHASE_CLOSING, /* closed is to be told */
    DC_PHASE_STOPPED,
};

struct dc_gateway {
    enum dc_phase phase;
    struct dc_session session;
    struct dc_budget *budget;
    const char *url;
    int64_t due_ms; /* of the phase: its end */
    int64_t interval_ms, beat_ms, beaten_ms, live_ms;
    int tries;   /* connections since one was steady */
    int resumes; /* that failed, one after the other */
    bool resuming, acked, beat_asked, leaving, close_told;
    struct pace sends;
    const struct dc_close *why; /* of the last close */
    /* since the beginning, for metrics */
    struct {
        uint64_t connects, identifies, resumes, resumed, zombies;
    } count;
};

/* Borrows `url` (of /gateway/bot) and the budget for good. `kept` may be NULL. */
void dc_gateway_init(struct dc_gateway *g, const char *url, struct dc_budget *budget,
                     const struct dc_session *kept);
/* Ask until it says DC_ACT_WAIT, after every call below and at *due_ms (mono; INT64_MAX = nothing planned).
 */
enum dc_act dc_gateway_next(struct dc_gateway *g, const struct dc_now *now, int64_t *due_ms);
void dc_gateway_opened(struct dc_gateway *g, const struct dc_now *now);
/* Every frame, before its event is handled. */
void dc_gateway_frame(struct dc_gateway *g, const struct dc_frame *f, const struct dc_now *now);
/* The connection is gone, or did not come about (code 0), or was given up. */
void dc_gateway_closed(struct dc_gateway *g, int code, const struct dc_now *now);
/* The daemon goes: the connection is closed so that the session stays, and none is opened any more. */
void dc_gateway_leave(struct dc_gateway *g);

/* A presence or the like may be sent now, and is counted. */
bool dc_gateway_may_send(struct dc_gateway *g, const struct dc_now *now);
/* Where DC_ACT_CONNECT goes; dc_gateway_url completes it. */
const char *dc_gateway_address(const struct dc_gateway *g);
/* Why it was closed last, one sentence; never NULL. */
const char *dc_gateway_why(const struct dc_gateway *g);

#endif
