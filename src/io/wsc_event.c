/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library reports of its sockets. A socket that was let go has no connection any more, and whatever
 * still comes of it says: close. Nothing here kills a socket but by returning -1.
 */
#include <libwebsockets.h>

#include <poll.h>
#include <string.h>

#include "base/utf.h"

#include "io/wsc_impl.h"

#define READ_MAX    16384
#define HEADERS_MAX 16384 /* of the request and the answer */
#define LIBRARY_S   3600  /* its own time-outs, that ours may come first */
#define NO_PROXY    ":0"  /* else the library takes one from the environment */

/* What the library still has to say of this socket is not ours. */
static void forget(struct wsc_conn *c)
{
    lws_set_opaque_user_data(c->wsi, NULL);
    c->wsi = NULL;
}

/* ---- becoming open ------------------------------------------------------------------------------------ */

static int on_connected(struct wsc_conn *c, void *in, size_t len)
{
    (void)in;
    (void)len;
    c->connected = true;
    return 0;
}

static int on_headers(struct wsc_conn *c, void *in, size_t len)
{
    unsigned char **at = in;
    const unsigned char *agent = (const unsigned char *)c->agent;
    c->asked = true;
    return lws_add_http_header_by_name(c->wsi, (const unsigned char *)"User-Agent:", agent,
                                       (int)strlen(c->agent), at, *at + len);
}

static int on_open(struct wsc_conn *c, void *in, size_t len)
{
    (void)in;
    (void)len;
    if (c->state != WSC_DIALLING)
        return 0; /* given up: killed in the next round */
    timer_stop(&c->timer);
    c->state = WSC_UP;
    c->was_open = true;
    if (c->req.opened)
        c->req.opened(c->req.ctx);
    return 0;
}

static int on_error(struct wsc_conn *c, void *in, size_t len)
{
    char says[80];
    int status = (int)lws_http_client_http_response(c->wsi);
    size_t n = 0;
    for (const char *at = in; at && n < len && n < sizeof(says) - 1 && at[n] >= ' ' && at[n] <= '~'; n++)
        says[n] = at[n];
    says[n] = '\0';
    forget(c);
    if (c->state != WSC_DIALLING)
        return 0;
    c->status = status == 101 ? 0 : status;
    wsc_dial_failed(c, says);
    return 0;
}

/* ---- messages -------------------------------------------------------------------------------------------
 */

/* Not by returning -1: then the library loses its place in the frame, takes the rest for nonsense, and may
 * break off before the peer has read why. */
static int refuse(struct wsc_conn *c, int code, const char *why)
{
    wsc_leave(c, code, why);
    buf_free(&c->in);
    return 0;
}

static int deliver(struct wsc_conn *c, bool binary)
{
    struct buf whole = c->in;
    buf_init(&c->in, c->req.message_max);
    if (binary)
        c->req.binary(c->req.ctx, buf_text(&whole), whole.len);
    else
        c->req.text(c->req.ctx, buf_text(&whole), whole.len);
    buf_free(&whole);
    return 0;
}

static int on_receive(struct wsc_conn *c, void *in, size_t len)
{
    bool binary = lws_frame_is_binary(c->wsi);
    if (c->state != WSC_UP)
        return 0; /* closing, or dropped: what still comes is not for anybody */
    if (binary ? !c->req.binary : !c->req.text)
        return refuse(c, 1003, binary ? "no binary messages" : "no text messages");
    if (lws_is_first_fragment(c->wsi))
        buf_clear(&c->in);
    buf_add(&c->in, in, len);
    if (c->in.failed)
        return refuse(c, 1009, "message too big");
    if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi))
        return 0;
    if (!binary && !utf8_valid(buf_text(&c->in), c->in.len))
        return refuse(c, 1007, "not UTF-8");
    return deliver(c, binary);
}

/* One write per call. Once more after the last: only then has the library nothing left over. */
static int on_writable(struct wsc_conn *c, void *in, size_t len)
{
    (void)in;
    (void)len;
    if (c->out.head) {
        if (ws_queue_write(&c->out, c->wsi))
            return -1;
        lws_callback_on_writable(c->wsi);
    } else if (c->state == WSC_LEAVING) {
        wsc_soon(c);
    }
    return 0;
}

/* ---- the end ----------------------------------------------------------------------------------------------
 */

/* The library answers with the same code and closes. */
static int on_peer_close(struct wsc_conn *c, void *in, size_t len)
{
    const unsigned char *at = in;
    if (c->state != WSC_UP && c->state != WSC_LEAVING)
        return 0;
    wsc_closing(c);
    c->ours = false;
    c->code = len >= 2 ? at[0] << 8 | at[1] : len ? 1002 : WSC_NO_CODE;
    size_t n = len > 2 ? len - 2 : 0;
    if (n > WSC_REASON_MAX || (n && !utf8_valid((const char *)at + 2, n)))
        n = 0;
    if (n)
        memcpy(c->reason, at + 2, n);
    c->reason[n] = '\0';
    return 0;
}

/* Whether it was the peer that went: else the library did not like what came. */
static bool has_gone(struct lws *wsi)
{
    struct pollfd p = { .fd = lws_get_socket_fd(wsi), .events = POLLRDHUP };
    return poll(&p, 1, 0) != 0;
}

static int on_closed(struct wsc_conn *c, void *in, size_t len)
{
    const char *host = c->url.host;
    bool gone = has_gone(c->wsi);
    (void)in;
    (void)len;
    forget(c);
    if (c->state == WSC_DIALLING) {
        wsc_dial_failed(c, "closed");
    } else if (c->state == WSC_CLOSING && c->ours) {
        wsc_end(c, "%s was closed with %d%s%s", host, c->code, c->reason[0] ? ": " : "", c->reason);
    } else if (c->state == WSC_CLOSING) {
        wsc_end(c, "%s closed with %d", host, c->code);
    } else if (c->state == WSC_UP || c->state == WSC_LEAVING) {
        c->ours = false;
        c->code = WSC_LOST;
        c->reason[0] = '\0';
        wsc_end(c, gone ? "the connection to %s was lost" : "%s sent what is no websocket frame", host);
    }
    return 0;
}

static int on_certificate(struct wsc_conn *c, const void *verification)
{
    const char *bad = wsc_tls_untrusted(verification);
    if (bad && c)
        c->untrusted = bad;
    return 0; /* the verdict is OpenSSL's */
}

/* ---- the library ----------------------------------------------------------------------------------------
 */

static const struct {
    enum lws_callback_reasons reason;
    int (*run)(struct wsc_conn *c, void *in, size_t len);
} reactions[] = {
    { LWS_CALLBACK_CLIENT_RECEIVE, on_receive },
    { LWS_CALLBACK_CLIENT_WRITEABLE, on_writable },
    { LWS_CALLBACK_WSI_CREATE, on_connected },
    { LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER, on_headers },
    { LWS_CALLBACK_CLIENT_ESTABLISHED, on_open },
    { LWS_CALLBACK_CLIENT_CONNECTION_ERROR, on_error },
    { LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, on_peer_close },
    { LWS_CALLBACK_CLIENT_CLOSED, on_closed },
    { LWS_CALLBACK_CLOSED_CLIENT_HTTP, on_closed },
};

/* Of one that fails before it has a connection of ours attached, the address is all there is. */
static int meet(struct lws *wsi)
{
    struct wsc *w = lws_context_user(lws_get_context(wsi));
    if (w->dialling)
        w->dialling->wsi = wsi;
    return 0;
}

static int react(struct lws *wsi, size_t which, void *in, size_t len)
{
    struct wsc_conn *c = lws_get_opaque_user_data(wsi);
    return c && c->wsi == wsi ? reactions[which].run(c, in, len) : -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    if (reason == LWS_CALLBACK_CLIENT_HTTP_BIND_PROTOCOL)
        return meet(wsi);
    if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
        return on_certificate(lws_get_opaque_user_data(wsi), user);
    if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR && lws_get_socket_fd(wsi) < 0)
        wsc_dial_reap(lws_context_user(lws_get_context(wsi)), wsi);
    for (size_t i = 0; i < ARRAY_LEN(reactions); i++)
        if (reactions[i].reason == reason)
            return react(wsi, i, in, len);
    return 0;
}

static const struct lws_protocols protocols[] = {
    { .name = "parley", .callback = on_event },
    { 0 },
};

int wsc_library_open(struct wsc *w)
{
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .protocols = protocols,
        .user = w,
        .provided_client_ssl_ctx = w->tls,
        .http_proxy_address = NO_PROXY,
        .pt_serv_buf_size = READ_MAX,
        .max_http_header_data2 = HEADERS_MAX,
        .timeout_secs = LIBRARY_S,
        .connect_timeout_secs = LIBRARY_S,
    };
    return ws_library_open(&w->library, w->loop, &info);
}
