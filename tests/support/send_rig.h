/* SPDX-License-Identifier: Apache-2.0
 *
 * A sender before a Bot API server of its own, on one loop, under a clock that runs 100 ms for every
 * millisecond of the test; and probes that note what their calls came to. Whatever is logged is kept.
 */
#ifndef TESTS_SUPPORT_SEND_RIG_H
#define TESTS_SUPPORT_SEND_RIG_H

#include "adapters/telegram/send.h"
#include "base/str.h"
#include "io/http.h"
#include "tests/support/fake_bot.h"

#define TOKEN       "123456:AAsecretsecretsecret"
#define TICK_MS     100
#define SCRIPT_STEP 16

struct send_rig {
    struct loop loop;
    struct http *http;
    struct fake_bot bot;
    struct tg_sender *sender;
    struct timer tick;
    int64_t mono_ms;
    int ticks;
    size_t open; /* probes without their done */
    int timeout_ms;
    struct fake_bot_reply script[SCRIPT_STEP]; /* for the first calls */
    struct fake_bot_reply after;               /* for the others */
    struct buf log;
};

struct send_probe {
    struct send_rig *rig;
    int dones;
    struct tg_reply reply;
    bool maybe;
    int64_t at_ms;
    size_t order; /* how many were done before */
    void (*then)(struct send_probe *p);
};

void send_rig_sender_by(struct send_rig *r, const char *scheme); /* "http" or "https" */
void send_rig_sender(struct send_rig *r);
int send_rig_setup(void **state);      /* nobody listens, and there is no sender */
int send_rig_setup_open(void **state); /* both */
int send_rig_teardown(void **state);   /* checks that every done was called, that nothing leaked, that no log
                                     line   shows the token */
void send_rig_close_sender(struct send_rig *r);
void send_rig_until_calls(struct send_rig *r, size_t calls);
void send_rig_until_done(struct send_rig *r); /* no probe is open */
void send_rig_spend(struct send_rig *r, int ms);
size_t send_rig_logged(const struct send_rig *r, const char *event);

/* `body` of the call is the text of a message to its chat. */
int send_probe_try(struct send_probe *p, struct tg_call call);
void send_probe_send(struct send_probe *p, struct send_rig *r, struct tg_call call);
void send_probe_ended(const struct send_probe *p, enum tg_end end, bool maybe); /* asserts it */

#define MESSAGE(chat, words)                                                                                 \
    (struct tg_call)                                                                                         \
    {                                                                                                        \
        .chat_id = (chat), .body = (words), .message = true                                                  \
    }
#define TYPING(chat)                                                                                         \
    (struct tg_call)                                                                                         \
    {                                                                                                        \
        .method = "sendChatAction", .chat_id = (chat), .droppable = true                                     \
    }
#define REFUSAL(code, more) "{\"ok\":false,\"error_code\":" #code ",\"description\":\"" more "\"}"
#define FLOOD(s)                                                                                             \
    {                                                                                                        \
        .status = 429, .body = "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests\","     \
                               "\"parameters\":{\"retry_after\":" #s "}}"                                    \
    }

#endif
