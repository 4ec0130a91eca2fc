/* SPDX-License-Identifier: Apache-2.0
 *
 * Method calls on their way to Telegram. Each chat has a queue and is served in order; chats do not wait for
 * each other. What Telegram asks for (retry_after) is kept to per chat, what it advises (Bot FAQ: 1 message a
 * second in a chat with bursts, 20 a minute in a group, about 30 a second in all) is kept to by buckets. Loop
 * thread.
 *
 * A call is repeated here only when it surely did not take effect: refused (429, as often as it takes), or
 * never sent (DNS, connect, TLS; five tries). What may have arrived is told as such (`maybe`), and its owner
 * decides. That is every 5xx: telegram-bot-api answers 500 to calls it was working on when it restarts
 * (Client.cpp), and a front says 502 or 504 also of a call that it had handed on.
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
    const char *bot;   /* for log lines; NULL = "" */
    const char *proxy; /* as http_request.proxy; borrowed for the sender's life */
    bool ipv4;
    struct loop *loop;
    struct http *http;
    int timeout_ms; /* of one try, from its start to the end of the answer; 0 = 30 s */
};

struct tg_call {
    const char *method; /* "sendMessage"; a constant */
    const char *body;   /* JSON; copied */
    int64_t chat_id;    /* whose queue; 0 = none: at once, past the buckets (getMe, setMyCommands) */
    bool group;         /* 20 a minute */
    bool message;       /* counts as one; typing actions and callback answers do not */
    /* Progress and typing: given up instead of waiting for a chat that is told to wait (TG_FLOOD, with the
     * rest of that time) or for more than 2 s (TG_RETRY), and not repeated. */
    bool droppable;
    /* Exactly once, also at close (TG_RETRY, nothing sent). maybe: it may have arrived though reply says not.
     * `reply` is borrowed. May call anything of this header. NULL = nobody waits. */
    void (*done)(void *ctx, const struct tg_reply *reply, bool maybe);
    void *ctx;
};

/* Copies what it needs. 0, X_E_INVALID, -ENOMEM; no text of it shows the token. */
int tg_sender_open(struct tg_sender **out, const struct tg_sender_conf *conf, struct err *err);
/* 0; X_E_FULL when 1,000 calls wait for one chat or 10,000 in all; X_E_CLOSED; -ENOMEM. done is called in a
 * later loop round, and only after 0. */
int tg_send(struct tg_sender *s, const struct tg_call *call);
/* Calls of chat `from` that wait go to `to`, first there: the group is a supergroup now. Their bodies still
 * name the old one, so each comes back as TG_MOVED, in order; its owner sends it with a new body, behind the
 * others. */
void tg_sender_moved(struct tg_sender *s, int64_t from, int64_t to);
size_t tg_sender_waiting(const struct tg_sender *s); /* calls whose done is still to come */
/* Before http_close. done of every call is called; frees in a later loop round. NULL is fine. */
void tg_sender_close(struct tg_sender *s);

#endif
