/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict on purpose: ws or wss, no user, no fragment, no escapes in the host, visible ASCII only.
 */
#include "io/ws_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_CHARS LETTERS "0123456789.-_"

static bool take_scheme(struct ws_url *u, const char **at)
{
    u->tls = strncasecmp(*at, "wss://", 6) == 0;
    if (!u->tls && strncasecmp(*at, "ws://", 5) != 0)
        return false;
    *at += u->tls ? 6 : 5;
    return true;
}

/* "name", "127.0.0.1" or "[::1]"; `at` moves behind it. */
static bool take_host(struct ws_url *u, const char **at)
{
    bool six = **at == '[';
    const char *from = *at + six;
    size_t len = six ? strcspn(from, "]") : strspn(from, NAME_CHARS);
    if (len == 0 || len > WS_HOST_MAX || (six && from[len] != ']'))
        return false;
    memcpy(u->host, from, len);
    u->host[len] = '\0';
    *at = from + len + six;
    unsigned char binary[16];
    return !six || inet_pton(AF_INET6, u->host, binary) == 1;
}

static bool take_port(struct ws_url *u, const char **at)
{
    int64_t port = u->tls ? 443 : 80;
    size_t len = 0;
    if (**at == ':') {
        len = strspn(++*at, "0123456789");
        if (!str_int((struct str){ *at, len }, 1, 65535, &port))
            return false;
    }
    *at += len;
    u->port = (int)port;
    return true;
}

static bool take_path(struct ws_url *u, const char *at)
{
    size_t len = strlen(at);
    if (len > WS_PATH_MAX || (len && *at != '/' && *at != '?'))
        return false;
    for (size_t i = 0; i < len; i++)
        if (at[i] <= ' ' || at[i] > '~' || at[i] == '#')
            return false;
    snprintf(u->path, sizeof(u->path), "%s%s", *at == '/' ? "" : "/", at);
    return true;
}

static void write_host_port(struct ws_url *u)
{
    bool six = strchr(u->host, ':') != NULL;
    int n = snprintf(u->host_port, sizeof(u->host_port), six ? "[%s]" : "%s", u->host);
    if (u->port != (u->tls ? 443 : 80))
        snprintf(u->host_port + n, sizeof(u->host_port) - (size_t)n, ":%d", u->port);
}

int ws_url_parse(struct ws_url *out, const char *url, struct err *err)
{
    const char *at = url;
    *out = (struct ws_url){ .tls = false };
    if (!take_scheme(out, &at))
        return err_set(err, X_E_INVALID, "websocket: bad URL: neither ws nor wss");
    if (!take_host(out, &at))
        return err_set(err, X_E_INVALID, "websocket: bad URL: host");
    if (!take_port(out, &at))
        return err_set(err, X_E_INVALID, "websocket: bad URL: port");
    if (!take_path(out, at))
        return err_set(err, X_E_INVALID, "websocket: bad URL: path or query");
    write_host_port(out);
    return 0;
}
