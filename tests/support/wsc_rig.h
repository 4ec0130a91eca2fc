/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop, a websocket client and a server that misbehaves (wstrap.h) in one; and a probe: one connection that
 * notes what happened to it and does in its callbacks what it is told.
 */
#ifndef TESTS_SUPPORT_WSC_RIG_H
#define TESTS_SUPPORT_WSC_RIG_H

#include "base/str.h"
#include "io/wsc.h"

#include "tests/support/wstrap.h"

enum wsc_act { WSC_NOTHING, WSC_CLOSE, WSC_DROP, WSC_DROP_OTHER, WSC_CONNECT, WSC_SHUT, WSC_ECHO };

struct wsc_rig {
    struct loop loop;
    struct wsc *wsc;
    struct wstrap trap;
    struct timer watchdog;
    bool shut;
};

struct wsc_probe {
    struct wsc_rig *rig;
    struct wsc_conn *conn;
    struct wsc_probe *other; /* for DROP_OTHER and CONNECT */
    int opens, texts, binaries, closes;
    struct buf last; /* of the last message */
    struct wsc_end end;
    char reason[128], detail[256];
    enum wsc_act in_open, in_text, in_close;
};

/* The trap plays `play`; with `tls`, its authority is `ca_file`. */
struct wsc_rig *wsc_rig_open(void (*play)(struct wspeer *p), SSL_CTX *tls, const char *ca_file);
void wsc_rig_close(struct wsc_rig *r); /* checks that nothing leaked; frees */
void wsc_rig_until(struct wsc_rig *r, const int *what, int n);
void wsc_rig_until_atomic(struct wsc_rig *r, _Atomic int *what, int n);
void wsc_rig_spend(struct wsc_rig *r, int ms); /* lets the loop run for so long */

/* Fills in what `req` does not say; "{}" in url stands for 127.0.0.1 and the trap's port, "{}" behind a name
 * for the port. */
int wsc_probe_try(struct wsc_probe *p, const char *url, struct wsc_request req, struct err *err);
void wsc_probe_start(struct wsc_probe *p, const char *url, struct wsc_request req);
void wsc_probe_open(struct wsc_probe *p, const char *url, struct wsc_request req); /* and waits until it is */
void wsc_probe_wait(struct wsc_probe *p);                                          /* for closed() */
void wsc_probe_binary(void *ctx, const void *bytes, size_t len);                   /* for req.binary */
void wsc_probe_free(struct wsc_probe *p);

/* A listener whose queue is full drops what comes: to the client, a black hole. Port 0 = any. */
struct wsc_hole {
    int listener, filler[4], port;
};

void wsc_hole_open(struct wsc_hole *h, const char *ip, int port);
void wsc_hole_close(struct wsc_hole *h);

#endif
