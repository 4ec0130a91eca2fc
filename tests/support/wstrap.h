/* SPDX-License-Identifier: Apache-2.0
 *
 * A websocket server on loopback, plain or TLS, that says what the test's function says, byte for byte, on
 * one thread for each connection. What it notes may be read after wstrap_close.
 */
#ifndef TESTS_SUPPORT_WSTRAP_H
#define TESTS_SUPPORT_WSTRAP_H

#include <openssl/ssl.h>

#include "tests/support/seats.h"

enum { WS_CONTINUATION, WS_TEXT, WS_BINARY, WS_CLOSE_FRAME = 8, WS_PING, WS_PONG, WS_FIN = 0x80 };

struct wstrap;

struct wsframe {
    int first; /* opcode with FIN and reserved bits */
    size_t len;
    unsigned char bytes[1 << 19]; /* with a NUL */
};

struct wspeer {
    struct wstrap *trap;
    int fd;
    SSL *ssl; /* NULL = plain */
    char head[4096];
    struct wsframe heard; /* by wspeer_hear */
};

struct wstrap {
    struct seats seats;             /* first */
    void (*play)(struct wspeer *p); /* a connection from its first byte on; the caller closes */
    SSL_CTX *tls;
    _Atomic int requests, played; /* upgrades asked for; connections that are over */
    char head[4096];              /* of the last request */
    struct wsframe last;          /* that any of them heard */
};

void wstrap_open(struct wstrap *t, void (*play)(struct wspeer *p),
                 SSL_CTX *tls); /* `tls` is freed by close */
void wstrap_close(struct wstrap *t);
/* A certificate for this name, its own authority; the PEM goes to `ca_file`. Aborts when it cannot. */
SSL_CTX *wstrap_tls(const char *name, const char *ca_file);

bool wspeer_head(struct wspeer *p);   /* reads a request */
bool wspeer_accept(struct wspeer *p); /* and answers it with 101 */
bool wspeer_say(struct wspeer *p, const void *bytes, size_t len);
bool wspeer_text(struct wspeer *p, const char *text);
size_t wsframe_build(unsigned char *out, int first, bool masked, const void *payload, size_t len);
bool wspeer_frame(struct wspeer *p, int first, const void *payload, size_t len);
bool wspeer_hear(struct wspeer *p); /* a frame, for p->heard and trap->last */
void wspeer_until_gone(struct wspeer *p);
void wspeer_reset(struct wspeer *p); /* its end will be an RST */

#endif
