/* SPDX-License-Identifier: Apache-2.0
 *
 * A websocket URL taken apart (RFC 6455 section 3). It may come from a peer (a resume address), and its path
 * goes into a request head as it stands, so what could break out of a request line is refused. Pure; any
 * thread.
 */
#ifndef IO_WS_URL_H
#define IO_WS_URL_H

#include <parley/status.h>

#define WS_HOST_MAX 100  /* bytes; the library's own buffers cut at about 110 */
#define WS_PATH_MAX 1500 /* bytes of path and query; the library cuts at 2,000 */

struct ws_url {
    bool tls;
    int port;
    char host[WS_HOST_MAX + 1];      /* without brackets */
    char host_port[WS_HOST_MAX + 9]; /* what the Host header says */
    char path[WS_PATH_MAX + 2];      /* "/" at least, and the query */
};

/* 0 or X_E_INVALID; the text of `err` shows nothing of the URL (tokens live there). */
int ws_url_parse(struct ws_url *out, const char *url, struct err *err);

#endif
