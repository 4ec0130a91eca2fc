/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter's own parts, private to adapters/telegram. Loop thread. The adapter is a handful of accounts
 * (bots), each of which is all by itself:
 *
 *   account.c   one bot: opened with its token, closed in steps
 *   poll.c      getMe, then getUpdates for ever, or the webhook kept set: one request at a time, one way to
 *               recover
 *   webhook.c   updates that Telegram brings
 *   batch.c     what one getUpdates or one webhook call brought, confirmed when each update is taken care of
 *   question.c  an update that asks something -> a turn, and what became of it
 *   commands.c, buttons.c, access.c, person.c, menu.c, texts.c   what the bot says and takes by itself
 *   place.c, parts.c, post.c   messages out: where to, made of what, and sending them
 *   work.c      what is seen while a turn runs
 */
#ifndef TELEGRAM_INSIDE_H
#define TELEGRAM_INSIDE_H

#include <parley/adapter.h>

#include "adapters/telegram/admit.h"
#include "adapters/telegram/send.h"
#include "chat/texts.h"
#include "adapters/telegram/wire.h"
#include "base/str.h"
#include "conf/snapshot.h"
#include "io/backoff.h"
#include "io/http.h"
#include "io/limiter.h"
#include "io/loop.h"
#include "io/server.h"

#define CHANNEL     "telegram"
#define BATCH_BYTES (2 * TG_BATCH_ARENA) /* as read, and what is looked up for it */
#define KEY_MAX     192                  /* bytes of a state key */
#define PAIRS_MAX   10                   /* chats that wait to be let in */

enum poll_state {
    POLL_STARTING,
    POLL_OK,
    POLL_NETWORK,      /* no answer, or not from Telegram: 5xx, garbled */
    POLL_CONFLICT,     /* somebody else polls with this token */
    POLL_WEBHOOK,      /* a webhook is set: it is taken away, nothing pending is dropped */
    POLL_FLOOD,        /* told to wait */
    POLL_REFUSED,      /* the webhook's address is not taken */
    POLL_UNAUTHORIZED, /* the token is not valid: over until the next start */
};

enum poll_ask {
    ASK_ME,
    ASK_UNHOOK,  /* polling, and a webhook is set */
    ASK_UPDATES, /* polling */
    ASK_HOOK,    /* set the webhook */
    ASK_HOOKED,  /* is it still set */
};

struct poll {
    struct timer timer; /* the next request, whatever it is */
    struct http_call *call;
    struct buf body;
    int64_t offset; /* 0 = none */
    int64_t offset_ms;
    int64_t began_ms, completed_ms; /* mono; 0 = never */
    int64_t hook_error_s;           /* of the webhook's last failure that was told */
    struct backoff backoff;
    enum poll_state state;
    enum poll_ask ask;
    int limit;   /* updates asked for: fewer after an answer that was too large */
    int garbled; /* answers in a row that could not be read */
    bool loaded; /* the stored offset was asked for */
};

enum item_state { ITEM_LOOKING, ITEM_READY, ITEM_SUBMITTED, ITEM_DONE };

/* One update of a batch. */
struct item {
    struct batch *b;
    struct account *a;
    const struct tg_update *u;
    enum admit admit;
    enum item_state state;
    int lookups;
    int tries;
    char *conversation; /* batch's words; NULL until looked up */
    char lang[8];       /* what our own texts are in */
    bool lang_said;     /* chosen with /language */
    bool paired;        /* an admin has let the chat in */
    const char *used;   /* the state key of the button that asked: dropped when its turn is stored; or NULL */
};

struct batch {
    struct batch *next;
    struct account *a;
    struct arena words;
    struct item *item;
    size_t n, open;    /* open: items not done, +1 while it is worked on */
    server_id request; /* the webhook call that waits for its answer; 0 = it was polled */
    bool refused;      /* request: not now, bring it again */
};

/* A turn of ours, from submit to its end; in turn->adapter_ctx. It outlives the turn while calls about it are
 * on their way. */
struct work {
    struct work *next, *prev;
    struct account *a;
    struct item *item; /* until the gateway has it or has said no */
    struct turn *turn; /* NULL: it is over */
    int64_t chat, thread;
    bool group;
    char lang[8];
    int64_t typing_ms; /* mono: when to say it next; INT64_MAX = never, nobody waits for it */
    /* what is shown of it, where that is asked for */
    int64_t show_ms, shown; /* mono: not before; message or draft, 0 = none yet */
    enum text stage;
    struct buf said; /* sentences that have passed the validator */
    bool changed;
    bool again; /* taken up again: what is shown of it is in `state` */
    size_t calls;
    struct post *post; /* waits for the end of the last of them */
};

struct pair {               /* a chat that asks to be let in */
    int64_t chat, until_ms; /* mono */
    char code[9], lang[8];
    bool group;
};

struct account {
    struct adapter *adapter;
    struct host *host;
    struct tg_sender *sender;
    struct limiter *tells; /* how often a chat is told why not, and an address that its secret is wrong */
    struct admit_lists lists;
    struct tg_me me;   /* username "" until getMe */
    char bot[24];      /* its id as text, from the token */
    char *token, *api; /* owned, as all strings here */
    char *proxy;       /* "" = none */
    char *hook_url;    /* NULL: it polls */
    char *hook_secret;
    bool ipv4, feedback;
    enum progress progress;
    int poll_s;
    struct poll poll;
    struct batch *batches;
    size_t hook_calls;  /* of those, brought by webhook calls */
    struct timer again; /* batches: what could not be taken is tried again */
    bool waiting;       /* for `again` */
    bool polled;        /* a batch of getUpdates is being taken care of */
    struct work *works;
    int64_t drafts;
    struct pair pair[PAIRS_MAX];
    struct post *late; /* post.c: perhaps sent, said again when Telegram answers again */
    struct timer tick; /* work.c */
    size_t menu_next;  /* menu.c: calls made */
    char menu_hash[65];
    size_t held; /* timers, calls and state requests that still come back */
    bool intake, closing;
};

/* telegram.c */
void telegram_gone(struct adapter *t); /* an account is freed */

/* account.c */
/* 0 (closed with account_close), X_E_NOT_FOUND, X_E_INVALID, -ENOMEM. */
int account_open(struct account **out, struct adapter *t, struct host *host, const struct config_telegram *c,
                 const char *base_path, struct err *err);
void account_intake(struct account *a, bool on);
void account_close(struct account *a);
const char *account_health(struct account *a, struct buf *detail); /* as adapter_ops.health */
void account_hold(struct account *a);
void account_release(struct account *a); /* the last one frees it */
/* "telegram.<bot>.<what>" */
void account_key(char out[KEY_MAX], const struct account *a, const char *fmt, ...) X_PRINTF(3, 4);

/* poll.c */
void poll_open(struct account *a);
void poll_go(struct account *a, int64_t after_ms); /* unless one is under way, or intake is off */
void poll_pause(struct account *a);
void poll_confirm(struct account *a, int64_t offset); /* stores it, then polls on */
void poll_close(struct account *a);
const char *poll_state_name(enum poll_state s);

/* webhook.c */
int webhook_open(struct account *a, const char *path, struct err *err);
void webhook_answer(struct account *a, server_id request, bool taken);

/* batch.c */
void batch_open(struct account *a);
void batch_close(struct account *a);
struct batch *batch_new(struct account *a);                       /* NULL: out of memory */
void batch_drop(struct batch *b);                                 /* before batch_begin */
void batch_begin(struct batch *b, struct tg_update *u, size_t n); /* u in its words */
void batch_run(struct account *a);                                /* all of them */
void batch_free(struct account *a);
void batch_done(struct item *it);  /* taken care of */
void batch_retry(struct item *it); /* not now: again in a moment */
/* Of the chat's (or topic's) name as a conversation, where it is not simply its id. */
void batch_conversation_key(char out[KEY_MAX], const struct account *a, int64_t chat, int64_t thread);
/* What items that wait must know already. NULL = unchanged. */
void batch_tell(struct account *a, const struct tg_update *like, const char *conversation, const char *lang);

/* question.c */
void question_ask(struct item *it);
/* The question a consent was asked for, again and with it; once for each `token`. */
void question_agreed(struct item *it, const char *question, const char *version, const char *token);
/* Our own answer to this update, in as many messages as it needs: as durable as any, said once. */
void question_reply(struct item *it, const char *text, const char *buttons);
void question_refused(struct account *a, struct turn *t, const struct refusal *why);
void question_replay(struct account *a, struct turn *t);
void question_accepted(struct account *a, struct turn *t);
void question_failed(struct account *a, struct turn *t);

/* place.c */
struct place { /* where a message goes */
    int64_t chat, thread, reply_to, user;
    bool group;
    char lang[8];
    char guest[128]; /* the guest query it answers; "" = none */
};
bool place_read(struct place *out, const char *address);
char *place_write(const struct place *p, struct arena *a); /* JSON, NULL = out of memory */
struct place place_of(const struct item *it);

/* work.c */
void work_open(struct account *a);
void work_close(struct account *a);
/* quiet: nothing is seen of it. NULL: out of memory. */
struct work *work_begin(struct account *a, const struct place *where, bool quiet);
void work_end(struct work *w);
void work_progress(struct account *a, struct turn *t, const char *what);
void work_sentence(struct turn *t, const char *text, size_t len);
void work_restart(struct turn *t);
/* Ends it for this part 0 of its answer: true when `p` is sent later, by post_over(). */
bool work_deliver(struct work *w, struct post *p);
/* The message that shows progress of a turn that is not at hand any more; post_over() comes later. */
void work_look(struct account *a, const char *turn_id, struct post *p);

/* parts.c */
/* An outbox payload. buttons: "" or rows as JSON. The caller frees it; NULL: out of memory. */
char *parts_plain(const char *text, const char *buttons);
int parts_of(struct account *a, const struct turn *t, struct arena *words, const char *const **payload,
             size_t *n);
/* The payloads of a reply, as JSON, for turn->msg.reply. NULL: out of memory. */
char *parts_reply(const char *text, const char *buttons, struct arena *words);
char *parts_whole(const char *answer_json); /* of an answer that was recorded without parts */

/* post.c */
void post_deliver(struct account *a, const struct delivery *d);
void post_over(struct post *p, int64_t edit); /* goes out over message `edit`; 0 = as a new one */
/* Words of our own; nobody waits for them. */
void post_tell(struct account *a, const struct place *where, const char *text);
/* Why there is no answer; at most once a minute in a chat. */
void post_why(const struct item *it, enum text why);
bool post_why_due(struct account *a, int64_t chat); /* takes that minute */
void post_up(struct account *a);                    /* Telegram answers again */
void post_close(struct account *a);

/* commands.c: what /name does is over when it calls batch_done(), at once or later */
void command_run(struct item *it);

/* person.c */
void person_tell(struct item *it, enum person_what what);

/* access.c */
void access_ask(struct item *it); /* an unknown chat is given a code */
void access_approve(struct item *it);
void access_revoke(struct item *it);
void access_key(char out[KEY_MAX], const struct account *a, int64_t chat); /* there: it is let in */

/* buttons.c */
struct button {
    const char *text, *arg; /* arg: at most 16 letters and digits */
};
/* Buttons that mean `what` with their arg to this person alone, once, for so long; `note` is kept along.
 * JSON in `words`, "" when there is no memory. */
const char *buttons_make(struct account *a, int64_t user, const char *what, const char *note, int64_t for_ms,
                         const struct button *button, size_t n, bool in_a_row, struct arena *words);
void button_pressed(struct item *it);
void button_denied(struct item *it);

/* menu.c */
void menu_sync(struct account *a);

#endif
