/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter's own parts, private to adapters/telegram. Loop thread.
 *
 *   poll.c     getMe, then getUpdates for ever: one request at a time, one way to recover
 *   batch.c    what one getUpdates brought; confirmed to Telegram when each update of it is taken care of
 *   question.c an update that asks something -> a turn, and what became of it
 *   commands.c, buttons.c, menu.c, texts.c   what the bot says and takes by itself
 *   post.c     messages out: answers from the outbox, and words of our own
 *   typing.c   "typing" while a turn runs
 */
#ifndef TELEGRAM_INSIDE_H
#define TELEGRAM_INSIDE_H

#include <parley/adapter.h>

#include "adapters/telegram/admit.h"
#include "adapters/telegram/send.h"
#include "adapters/telegram/texts.h"
#include "adapters/telegram/wire.h"
#include "base/str.h"
#include "conf/snapshot.h"
#include "io/backoff.h"
#include "io/http.h"
#include "io/limiter.h"
#include "io/loop.h"

#define BATCH_BYTES (2 * TG_BATCH_ARENA) /* as read, and what is looked up for it */
#define KEY_MAX     160                  /* bytes of a state key */

enum poll_state {
    POLL_STARTING,
    POLL_OK,
    POLL_NETWORK,      /* no answer, or not from Telegram: 5xx, garbled */
    POLL_CONFLICT,     /* somebody else polls with this token */
    POLL_WEBHOOK,      /* a webhook is set: it is taken away, nothing pending is dropped */
    POLL_FLOOD,        /* told to wait */
    POLL_UNAUTHORIZED, /* the token is not valid: over until the next start */
};

struct poll {
    struct timer timer; /* the next request, whatever it is */
    struct http_call *call;
    struct buf body;
    int64_t offset; /* 0 = none */
    int64_t offset_ms;
    int64_t began_ms, completed_ms; /* mono; 0 = never */
    struct backoff backoff;
    enum poll_state state;
    enum poll_ask { ASK_ME, ASK_UNHOOK, ASK_UPDATES } ask;
    int garbled; /* answers in a row that could not be read */
    bool loaded; /* the stored offset was asked for */
};

enum item_state { ITEM_LOOKING, ITEM_READY, ITEM_SUBMITTED, ITEM_DONE };

/* One update of the batch. */
struct item {
    struct adapter *a;
    const struct tg_update *u;
    enum admit admit;
    enum item_state state;
    int lookups;
    int tries;
    char *conversation; /* batch's words; NULL until looked up */
    char lang[8];       /* what our own texts are in */
    bool lang_said;     /* chosen with /language */
};

struct batch {
    struct arena words;
    struct item *item;
    size_t n, open; /* open: items not done, +1 while it is worked on */
    struct timer again;
    bool waiting; /* for `again` */
    bool live;
};

/* A turn of ours, from submit to its end. In turn->adapter_ctx. */
struct work {
    struct work *next, *prev;
    struct item *item; /* until the gateway has it or has said no */
    int64_t chat, thread;
    int64_t typing_ms; /* mono: when to say it next */
};

struct adapter {
    struct host *host;
    struct tg_sender *sender;
    struct limiter *tells; /* how often a chat is told why not */
    struct admit_lists lists;
    struct tg_me me;   /* username "" until getMe */
    char bot[24];      /* its id as text, from the token */
    char *token, *api; /* owned */
    int poll_s;
    struct poll poll;
    struct batch batch;
    struct work *works;
    struct post *late; /* post.c: perhaps sent, said again when Telegram answers again */
    struct timer typing;
    size_t menu_next; /* menu.c: calls made */
    char menu_hash[65];
    size_t held; /* timers, calls and state requests that still come back */
    bool intake, closing;
};

/* telegram.c */
void telegram_hold(struct adapter *a);
void telegram_release(struct adapter *a); /* the last one frees it */
/* "telegram.<bot>.<what>" */
void telegram_key(char out[KEY_MAX], const struct adapter *a, const char *fmt, ...) X_PRINTF(3, 4);

/* poll.c */
void poll_open(struct adapter *a);
void poll_go(struct adapter *a, int64_t after_ms); /* unless one is under way, or intake is off */
void poll_pause(struct adapter *a);
void poll_confirm(struct adapter *a, int64_t offset); /* stores it, then polls on */
void poll_close(struct adapter *a);
const char *poll_state_name(enum poll_state s);

/* batch.c */
void batch_open(struct adapter *a);
void batch_close(struct adapter *a);
void batch_begin(struct adapter *a, struct tg_update *u, size_t n); /* u in batch.words */
void batch_run(struct adapter *a);
void batch_done(struct item *it);  /* taken care of */
void batch_retry(struct item *it); /* not now: again in a moment */
/* Of the chat's (or topic's) name as a conversation, where it is not simply its id. */
void batch_conversation_key(char out[KEY_MAX], const struct adapter *a, int64_t chat, int64_t thread);
/* What later items of the batch must know already. NULL = unchanged. */
void batch_tell(struct adapter *a, const struct tg_update *like, const char *conversation, const char *lang);

/* question.c */
void question_ask(struct item *it);
/* The question a consent was asked for, again and with it. */
void question_agreed(struct item *it, const char *question, const char *version);
void question_refused(struct adapter *a, struct turn *t, const struct refusal *why);
void question_replay(struct adapter *a, struct turn *t, const char *answer_json);
void question_accepted(struct adapter *a, struct turn *t);
void question_failed(struct adapter *a, struct turn *t, const struct refusal *why);

/* typing.c */
void typing_open(struct adapter *a);
void typing_close(struct adapter *a);
struct work *typing_begin(struct adapter *a, int64_t chat, int64_t thread); /* NULL: out of memory */
void typing_end(struct adapter *a, struct work *w);
void typing_progress(struct adapter *a, struct turn *t, const char *what);

/* post.c */
struct place { /* where a message goes */
    int64_t chat, thread, reply_to;
    bool group;
    char lang[8];
};
bool post_place_read(struct place *out, const char *address);
char *post_place_write(const struct place *p, struct arena *a); /* JSON, NULL = out of memory */
struct place post_place_of(const struct item *it);
void post_deliver(struct adapter *a, const struct delivery *d);
/* Words of our own; nobody waits for them. buttons: "" or rows as JSON. */
void post_tell(struct adapter *a, const struct place *where, const char *text, const char *buttons);
/* The same, in as many messages as it needs. */
void post_long(struct adapter *a, const struct place *where, const char *text);
/* Why there is no answer; at most once a minute in a chat. */
void post_why(const struct item *it, enum text why);
int post_parts(struct adapter *a, const struct turn *t, struct arena *words, const char *const **payload,
               size_t *n);

void post_up(struct adapter *a); /* Telegram answers again */
void post_close(struct adapter *a);

/* commands.c */
void command_run(struct item *it);

/* person.c: answers in a message of its own, later */
void person_tell(const struct item *it, enum person_what what);

/* buttons.c */
struct button {
    const char *text, *arg; /* arg: at most 16 letters and digits */
};
/* Buttons, one in a row, that mean `what` with their arg to this person alone, once, for so long; `note` is
 * kept along. JSON in `words`, "" when there is no memory. */
const char *buttons_make(struct adapter *a, int64_t user, const char *what, const char *note, int64_t for_ms,
                         const struct button *button, size_t n, struct arena *words);
void button_pressed(struct item *it);

/* menu.c */
void menu_sync(struct adapter *a);

#endif
