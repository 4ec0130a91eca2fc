/* SPDX-License-Identifier: Apache-2.0
 *
 * May this upgrade become a session? Everything is decided here, before libwebsockets sees a
 * byte, so that each refusal is a proper HTTP answer.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/server_impl.h"

#define WS_KEY_LEN   24 /* base64 of 16 bytes: RFC 6455 section 4.1 */
#define ORIGIN_BYTES 512

static bool is_key(struct str key)
{
    if (key.len != WS_KEY_LEN || key.at[22] != '=' || key.at[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        char c = key.at[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && c != '+' && c != '/')
            return false;
    }
    return true;
}

static void cut_suffix(char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    if (n > m && !strcmp(text + n - m, suffix))
        text[n - m] = '\0';
}

/* "https://chat.example" against "chat.example[:443]". */
static bool is_same_host(const char *origin, const char *host)
{
    bool tls = !strncasecmp(origin, "https://", 8);
    if (!tls && strncasecmp(origin, "http://", 7) != 0)
        return false;
    char bare[ORIGIN_BYTES];
    size_t n = strnlen(host, sizeof(bare) - 1);
    memcpy(bare, host, n);
    bare[n] = '\0';
    cut_suffix(bare, tls ? ":443" : ":80");
    return !strcasecmp(origin + (tls ? 8 : 7), bare);
}

static bool copy_text(char out[ORIGIN_BYTES], struct str s)
{
    if (s.len >= ORIGIN_BYTES)
        return false;
    memcpy(out, s.at, s.len);
    out[s.len] = '\0';
    return true;
}

static bool may_connect(const struct ws_route *r, const struct gate_head *head)
{
    char origin[ORIGIN_BYTES], host[ORIGIN_BYTES];
    if (!head->origin.at)
        return true;
    if (!copy_text(origin, head->origin) || !copy_text(host, head->host))
        return false;
    return is_same_host(origin, host) || (r->origin_ok && r->origin_ok(r->ctx, origin, host));
}

static const struct gate_fault *check(const struct server *s, struct gate_head *head,
                                      const struct ws_route **route)
{
    char path[SERVER_HEAD_MAX + 1];
    struct str query;
    if (gate_target(head, path, sizeof(path), &query))
        return head->fault;
    const char *inner = server_strip_base(s, path);
    *route = inner ? routes_ws(&s->routes, inner) : NULL;
    if (!*route)
        return &reject_not_found;
    if (!str_eqs(head->ws_version, "13"))
        return &reject_ws_version;
    if (!is_key(head->ws_key) || head->ws_protocol.at)
        return &reject_ws_fields;
    return may_connect(*route, head) ? NULL : &reject_origin;
}

/* Takes the peeked head off the socket; it is all there. */
static bool skip(int fd, size_t len)
{
    char scrap[SERVER_HEAD_MAX];
    return len <= sizeof(scrap) && recv(fd, scrap, len, MSG_DONTWAIT) == (ssize_t)len;
}

void server_take_ws(struct server *s, const struct arrival *a)
{
    const struct ws_route *route = NULL;
    const struct gate_fault *fault = check(s, a->head, &route);
    if (fault) {
        reject_send(&s->lingers, a->fd, fault, "", a->head);
        return;
    }
    struct peer peer;
    char text[PEER_TEXT];
    peer_of(&peer, (const struct sockaddr *)&a->address);
    peer_client(&peer, a->head->forwarded, a->head->forwardeds, s->trusted, s->nets);
    peer_text(text, &peer);
    if (skip(a->fd, a->head_len))
        ws_adopt(s->ws, a->fd, a->head->ws_key, route, text);
    else
        close(a->fd);
}
