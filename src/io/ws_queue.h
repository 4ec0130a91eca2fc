/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts on their way out of one websocket, the server's or the client's: copied in whole, handed to the
 * library in pieces. Its owner keeps the bounds. Loop thread only.
 */
#ifndef IO_WS_QUEUE_H
#define IO_WS_QUEUE_H

#include <parley/status.h>

struct lws;
struct ws_message;

struct ws_queue {
    struct ws_message *head, **tail;
    size_t bytes; /* not yet handed on */
    bool begun;   /* some of the first message is on its way */
};

void ws_queue_init(struct ws_queue *q);
int ws_queue_add(struct ws_queue *q, const char *text, size_t len); /* 0 or -ENOMEM */
/* In a writeable callback, with something queued: one piece. 0, or -1 for the callback to return. */
int ws_queue_write(struct ws_queue *q, struct lws *wsi);
void ws_queue_drop(struct ws_queue *q); /* all of it */

#endif
