/* SPDX-License-Identifier: Apache-2.0
 *
 * Method calls on their way to Telegram. Each chat has a queue and is served in order; chats do not wait for
 * each other. What Telegram asks for (retry_after) is kept to per chat, what it advises (Bot FAQ: 1 message a
 * second in a chat with bursts, 20 a minute in a group, about 30 a second in all) is kept to by buckets. Loop
 * thread.
 *
 * A call is repeated here only when it surely did not take effect: refused (429), or never sent (DNS,
 * connect, TLS). What may have arrived is told as such (`maybe`), and its owner decides.
 */
#ifndef TELEGRAM_SEND_H
#define TELEGRAM_SEND_H

#include <parley/status.h>

#include "adapters/telegram/wire.h"

struct loop;
struct http;

struct tg_sender;

struct tg_sender_conf {
    const char *api_base; /* no trailing slash */
    const char *token;
    struct loop *loop;
    struct http *http;
};

struct tg_call {
    const char *method; /* "sendMessage"; a constant */
    const char *body;   /* JSON; copied */
    int64_t chat_id;    /* whose queue; 0 = none: at once, past the buckets (getMe, setMyCommands) */
    bool group;         /* 20 a minute */
    bool message;       /* counts as one; typing actions and callback answers do not */
    bool droppable;     /* progress and typing: not queued behind a retry_after, given up when it is late */
    /* Exactly once, also at close (TG_RETRY, nothing sent). maybe: it may have arrived though reply says not.
     * `reply` is borrowed. May call anything of this header. NULL = nobody waits. */
    void (*done)(void *ctx, const struct tg_reply *reply, bool maybe);
    void *ctx;
};

int tg_sender_open(struct tg_sender **out, const struct tg_sender_conf *conf, struct err *err);
/* 0; X_E_FULL when 1,000 calls wait for one chat or 10,000 in all; -ENOMEM. done is not called then. */
int tg_send(struct tg_sender *s, const struct tg_call *call);
/* Calls of chat `from` that wait go to `to`: the group is a supergroup now. */
void tg_sender_moved(struct tg_sender *s, int64_t from, int64_t to);
size_t tg_sender_waiting(const struct tg_sender *s);
void tg_sender_close(struct tg_sender *s); /* done of every call is called; frees in a later loop round */

#endif
