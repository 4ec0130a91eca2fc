/* SPDX-License-Identifier: Apache-2.0
 *
 * The library wants LWS_PRE bytes of its own before what it sends, so a message is kept behind as many.
 */
#include <libwebsockets.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/ws_queue.h"

#define WRITE_MAX 16384 /* per writeable callback: a longer message goes out in fragments */

struct ws_message {
    struct ws_message *next;
    size_t len, sent;
    unsigned char bytes[]; /* LWS_PRE, then the text */
};

void ws_queue_init(struct ws_queue *q)
{
    *q = (struct ws_queue){ .head = NULL };
    q->tail = &q->head;
}

static void drop_first(struct ws_queue *q)
{
    struct ws_message *m = q->head;
    q->head = m->next;
    if (!q->head)
        q->tail = &q->head;
    q->begun = false;
    free(m);
}

void ws_queue_drop(struct ws_queue *q)
{
    while (q->head)
        drop_first(q);
    q->bytes = 0;
}

int ws_queue_add(struct ws_queue *q, const char *text, size_t len)
{
    struct ws_message *m = malloc(sizeof(*m) + LWS_PRE + len);
    if (!m)
        return -ENOMEM;
    *m = (struct ws_message){ .len = len };
    memcpy(m->bytes + LWS_PRE, text, len);
    *q->tail = m;
    q->tail = &m->next;
    q->bytes += len;
    return 0;
}

int ws_queue_write(struct ws_queue *q, struct lws *wsi)
{
    struct ws_message *m = q->head;
    size_t n = m->len - m->sent;
    if (n > WRITE_MAX)
        n = WRITE_MAX;
    int flags = lws_write_ws_flags(LWS_WRITE_TEXT, m->sent == 0, m->sent + n == m->len);
    if (lws_write(wsi, m->bytes + LWS_PRE + m->sent, n, (enum lws_write_protocol)flags) < 0)
        return -1;
    m->sent += n;
    q->bytes -= n;
    q->begun = true;
    if (m->sent == m->len)
        drop_first(q);
    return 0;
}
