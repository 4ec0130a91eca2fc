/* SPDX-License-Identifier: Apache-2.0
 *
 * Websocket sessions on libwebsockets 4.1, as a guest on our loop. Its own timers are avoided: one
 * sorted list, and armed only after socket events. Pings and deadlines come from ws_sweep and a
 * pass over all sessions. A session is never closed from inside one of its callbacks except by
 * returning -1 from RECEIVE; everything else goes through the list of leavers, which the prepare
 * handle works off outside libwebsockets.
 *
 * The library answers an upgrade in the very buffer it reads from and so overwrites frames that came
 * in the same segment (bytes 400 to 530). Therefore the head is taken off the socket before, and the
 * library is fed one of our own that differs only in the key.
 *
 * Limit: like the library, it accepts unmasked frames from clients.
 */
#include <libwebsockets.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/utf.h"

#include "io/ws_impl.h"
#include "io/ws_queue.h"

#define WS_QUEUE_HIGH (SERVER_STREAM_QUEUE / 2)
#define WS_QUEUE_LOW  (SERVER_STREAM_QUEUE / 8)
#define WS_HEAD                                                                                              \
    "GET / HTTP/1.1\r\nHost: parley\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                        \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n\r\n"
#define WS_CLOSE_MS   2000 /* for the peer to answer our close frame */
#define WS_KEY_MAX    32
#define WS_REASON_MAX 123 /* RFC 6455 section 5.5 */

enum ws_state {
    WS_NEW,     /* adopted, handshake under way */
    WS_UP,      /* open */
    WS_LEAVING, /* close asked for; what is queued goes first */
    WS_CLOSING, /* close frame sent */
};

struct ws_session {
    struct ws *ws;
    struct lws *wsi; /* NULL once the library has let go */
    const struct ws_route *route;
    struct ws_session *next_leaving;
    server_id id; /* 0 = the user has been told it is closed, or was never told it is open */
    enum ws_state state;
    bool listed, adopting, full, ping_due, pong_owed;
    int close_code;
    int64_t until_ms; /* NEW, LEAVING, CLOSING */
    struct buf in;
    struct ws_queue out;
    char reason[WS_REASON_MAX + 1];
    char peer_ip[46];
};

bool ws_owns(server_id id)
{
    return (id & WS_MARK) != 0;
}

/* ---- sessions ------------------------------------------------------------------------------- */

static void unlist(struct ws_session *s)
{
    struct ws_session **at = &s->ws->leaving;
    while (s->listed && *at != s)
        at = &(*at)->next_leaving;
    if (s->listed)
        *at = s->next_leaving;
    s->listed = false;
}

static void tell_closed(struct ws_session *s)
{
    server_id id = s->id;
    s->id = 0;
    if (!id)
        return;
    slots_drop(&s->ws->sessions, id);
    if (s->route->closed && s->state != WS_NEW)
        s->route->closed(s->route->ctx, id);
}

static void session_free(struct ws_session *s)
{
    tell_closed(s);
    unlist(s);
    ws_queue_drop(&s->out);
    buf_free(&s->in);
    free(s);
}

/* Puts the session on the list that the prepare handle works off outside the library. */
static void leave_soon(struct ws_session *s)
{
    if (s->listed)
        return;
    s->listed = true;
    s->next_leaving = s->ws->leaving;
    s->ws->leaving = s;
}

/* No close frame: the peer is gone or will not listen. */
static void hang_up(struct ws_session *s)
{
    if (s->wsi)
        shutdown(lws_get_socket_fd(s->wsi), SHUT_RDWR);
}

static void set_reason(struct ws_session *s, int code, const char *reason)
{
    size_t n = reason ? strlen(reason) : 0;
    n = utf8_floor(reason ? reason : "", n, WS_REASON_MAX);
    memcpy(s->reason, reason ? reason : "", n);
    s->reason[n] = '\0';
    s->close_code = code;
}

static void leave(struct ws_session *s, int code, const char *reason)
{
    if (s->state != WS_UP)
        return;
    set_reason(s, code, reason);
    s->state = WS_LEAVING;
    s->until_ms = clock_mono_ms() + WS_CLOSE_MS;
    if (s->out.head)
        lws_callback_on_writable(s->wsi);
    else
        leave_soon(s);
}

/* Outside the library. The session may be gone when this returns. */
static void send_close(struct ws_session *s)
{
    unsigned char *reason = (unsigned char *)s->reason;
    if (!s->wsi || s->state != WS_LEAVING)
        return;
    s->state = WS_CLOSING;
    s->until_ms = clock_mono_ms() + WS_CLOSE_MS;
    lws_close_reason(s->wsi, (enum lws_close_status)s->close_code, reason, strlen(s->reason));
    lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

void ws_send_closes(struct ws *w)
{
    while (w->leaving) {
        struct ws_session *s = w->leaving;
        w->leaving = s->next_leaving;
        s->listed = false;
        send_close(s);
    }
}

/* ---- callbacks of the library --------------------------------------------------------------- */

static int on_refused(struct ws_session *s, void *in, size_t len)
{
    (void)s;
    (void)in;
    (void)len;
    return -1;
}

static int on_confirm(struct ws_session *s, void *in, size_t len)
{
    (void)len;
    return s && in && !strcmp(in, "websocket") ? 0 : -1;
}

static int on_filter(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    return s ? 0 : -1;
}

static int on_open(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    s->state = WS_UP;
    if (s->ws->saying_goodbye)
        leave(s, 1001, "shutting down");
    if (s->route->opened)
        s->route->opened(s->route->ctx, s->id, s->peer_ip);
    return 0;
}

static int reject(struct ws_session *s, int code, const char *reason)
{
    set_reason(s, code, reason);
    s->state = WS_CLOSING;
    s->until_ms = clock_mono_ms() + WS_CLOSE_MS;
    lws_close_reason(s->wsi, (enum lws_close_status)code, (unsigned char *)s->reason, strlen(s->reason));
    return -1;
}

static int on_receive(struct ws_session *s, void *in, size_t len)
{
    if (s->state != WS_UP)
        return 0; /* closing: what still comes is not for anybody */
    if (lws_frame_is_binary(s->wsi))
        return reject(s, 1003, "text only");
    if (lws_is_first_fragment(s->wsi))
        buf_clear(&s->in);
    buf_add(&s->in, in, len);
    if (s->in.failed)
        return reject(s, 1009, "message too big");
    if (!lws_is_final_fragment(s->wsi) || lws_remaining_packet_payload(s->wsi))
        return 0;
    if (!utf8_valid(buf_text(&s->in), s->in.len))
        return reject(s, 1007, "not UTF-8");
    struct buf whole = s->in;
    buf_init(&s->in, s->route->message_max);
    if (s->route->text)
        s->route->text(s->route->ctx, s->id, s->peer_ip, buf_text(&whole), whole.len);
    buf_free(&whole);
    return 0;
}

static int on_pong(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    s->pong_owed = false;
    return 0;
}

static int write_ping(struct ws_session *s)
{
    unsigned char frame[LWS_PRE + 4] = { 0 }; /* with a payload: the library hides empty pongs */
    s->ping_due = false;
    s->pong_owed = true;
    return lws_write(s->wsi, frame + LWS_PRE, 4, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* One write per call; the library asks again when the socket has room. */
static int on_writable(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    int r = 0;
    if (s->ping_due && !s->out.begun)
        r = write_ping(s);
    else if (s->out.head)
        r = ws_queue_write(&s->out, s->wsi);
    if (r)
        return r;
    if (s->out.head || s->ping_due)
        lws_callback_on_writable(s->wsi);
    else if (s->state == WS_LEAVING)
        leave_soon(s);
    if (s->full && s->out.bytes <= WS_QUEUE_LOW) {
        s->full = false;
        if (s->id && s->state == WS_UP && s->route->drained)
            s->route->drained(s->route->ctx, s->id);
    }
    return 0;
}

static int on_closed(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    tell_closed(s);
    unlist(s);
    s->state = WS_CLOSING;
    return 0;
}

static int on_destroy(struct ws_session *s, void *in, size_t len)
{
    (void)in;
    (void)len;
    s->wsi = NULL;
    if (!s->adopting)
        session_free(s);
    return 0;
}

static const struct {
    enum lws_callback_reasons reason;
    int (*run)(struct ws_session *s, void *in, size_t len);
    bool without_session;
} reactions[] = {
    { LWS_CALLBACK_RECEIVE, on_receive, false },
    { LWS_CALLBACK_SERVER_WRITEABLE, on_writable, false },
    { LWS_CALLBACK_RECEIVE_PONG, on_pong, false },
    { LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, on_confirm, true },
    { LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION, on_filter, true },
    { LWS_CALLBACK_ESTABLISHED, on_open, false },
    { LWS_CALLBACK_CLOSED, on_closed, false },
    { LWS_CALLBACK_WSI_DESTROY, on_destroy, false },
    { LWS_CALLBACK_HTTP, on_refused, true },
    { LWS_CALLBACK_HTTP_BODY, on_refused, true },
    { LWS_CALLBACK_HTTP_BODY_COMPLETION, on_refused, true },
};

/* The library's session meets ours: the first thing that happens to it. */
static int meet(struct lws *wsi)
{
    struct ws *w = lws_context_user(lws_get_context(wsi));
    if (w->adopting) {
        w->adopting->wsi = wsi;
        lws_set_opaque_user_data(wsi, w->adopting);
    }
    return 0;
}

int ws_on_event(struct lws *wsi, int reason, void *in, size_t len)
{
    struct ws_session *s = lws_get_opaque_user_data(wsi);
    if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED)
        return meet(wsi);
    for (size_t i = 0; i < ARRAY_LEN(reactions); i++)
        if ((int)reactions[i].reason == reason)
            return s || reactions[i].without_session ? reactions[i].run(s, in, len) : 0;
    return 0;
}

/* ---- what the server calls ------------------------------------------------------------------- */

static struct ws_session *session_new(struct ws *w, const struct ws_route *route, const char *peer_ip)
{
    struct ws_session *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    *s = (struct ws_session){ .ws = w, .route = route, .state = WS_NEW, .adopting = true };
    ws_queue_init(&s->out);
    s->until_ms = clock_mono_ms() + w->conf.handshake_ms;
    buf_init(&s->in, route->message_max);
    memcpy(s->peer_ip, peer_ip, strnlen(peer_ip, sizeof(s->peer_ip) - 1));
    s->id = slots_add(&w->sessions, s);
    if (s->id)
        return s;
    free(s);
    return NULL;
}

void ws_adopt(struct ws *w, int fd, struct str key, const struct ws_route *route, const char *peer_ip)
{
    char head[sizeof(WS_HEAD) + WS_KEY_MAX];
    int len = snprintf(head, sizeof(head), WS_HEAD, (int)key.len, key.at);
    struct ws_session *s = key.len <= WS_KEY_MAX ? session_new(w, route, peer_ip) : NULL;
    if (!s) {
        close(fd);
        return;
    }
    w->adopting = s;
    /* Runs the handshake at once, so the session may be open, or over, when this returns. */
    lws_adopt_socket_vhost_readbuf(w->library.vhost, fd, head, (size_t)len);
    w->adopting = NULL;
    s->adopting = false;
    if (!s->wsi)
        session_free(s);
    else
        lws_cancel_service(w->library.lws); /* a round of the library's own, for what it put off */
}

static struct ws_session *find(const struct ws *w, server_id id)
{
    struct ws_session *s = slots_get(&w->sessions, id);
    return s && s->state == WS_UP ? s : NULL;
}

int ws_send(struct ws *w, server_id id, const char *text, size_t len)
{
    struct ws_session *s = find(w, id);
    if (!s)
        return X_E_CLOSED;
    if (len > SERVER_STREAM_QUEUE - s->out.bytes || ws_queue_add(&s->out, text, len)) {
        ws_queue_drop(&s->out);
        leave(s, 1013, "too slow");
        return X_E_CLOSED;
    }
    lws_callback_on_writable(s->wsi);
    if (s->out.bytes <= WS_QUEUE_HIGH)
        return 0;
    s->full = true;
    return X_E_FULL;
}

void ws_close(struct ws *w, server_id id, int code, const char *reason)
{
    struct ws_session *s = find(w, id);
    if (s)
        leave(s, code, reason);
}

size_t ws_count(const struct ws *w)
{
    return w->sessions.used;
}

void ws_sweep(struct ws *w, int64_t now_ms)
{
    struct ws_session *s;
    for (uint32_t at = 0; (s = slots_next(&w->sessions, &at));)
        if (s->state != WS_UP && now_ms >= s->until_ms)
            hang_up(s);
}

void ws_ping_all(struct ws *w)
{
    struct ws_session *s;
    for (uint32_t at = 0; (s = slots_next(&w->sessions, &at));) {
        if (s->state != WS_UP)
            continue;
        if (s->pong_owed || s->ping_due) { /* no answer, or no room to ask all the while */
            hang_up(s);
            continue;
        }
        s->ping_due = true;
        lws_callback_on_writable(s->wsi);
    }
}

void ws_goodbye(struct ws *w)
{
    struct ws_session *s;
    w->saying_goodbye = true;
    for (uint32_t at = 0; (s = slots_next(&w->sessions, &at));)
        leave(s, 1001, "shutting down");
}
