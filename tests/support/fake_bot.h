/* SPDX-License-Identifier: Apache-2.0
 *
 * A Bot API server on the loop of the test: it writes down every call in the order they came, and answers as
 * the test's function says. One thread, so a test sees exactly what was on its way at one moment.
 */
#ifndef TESTS_SUPPORT_FAKE_BOT_H
#define TESTS_SUPPORT_FAKE_BOT_H

#include "io/loop.h"

#define FAKE_BOT_CALLS 8192

struct fake_bot_call {
    char path[96]; /* "/bot1:x/sendMessage" */
    char body[128];
    int64_t chat; /* of "chat_id":, 0 = none */
    int64_t at_ms;
};

enum fake_bot_way {
    BOT_ANSWERS,
    BOT_HOLDS, /* until fake_bot_release */
    BOT_CUTS,  /* half of the answer, then RST */
    BOT_DROPS, /* RST and no answer */
};

struct fake_bot_reply {
    enum fake_bot_way way;
    int status;       /* 0 = 200 */
    int retry_after;  /* the header; 0 = none */
    const char *body; /* NULL = {"ok":true,"result":{"message_id":N}}, N counting from 1 */
};

struct fake_bot_peer;

struct fake_bot {
    struct loop *loop;
    uv_tcp_t listener;
    int port;
    struct fake_bot_reply (*reply)(void *ctx, const struct fake_bot_call *call); /* NULL = the default */
    void *ctx;
    struct fake_bot_call *call; /* FAKE_BOT_CALLS of them */
    size_t calls, connections;
    size_t now, most; /* calls without an answer yet, and the most there ever were */
    struct fake_bot_peer *peers;
};

/* Takes a port and refuses connections; fails the test when it cannot. */
void fake_bot_open(struct fake_bot *b, struct loop *l);
void fake_bot_listen(struct fake_bot *b);
void fake_bot_release(struct fake_bot *b); /* whatever is held gets the default answer */
void fake_bot_close(struct fake_bot *b);   /* handles close as the loop runs on */
void fake_bot_free(struct fake_bot *b);    /* after that */

#endif
