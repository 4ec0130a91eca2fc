/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter's own parts, private to adapters/discord. Loop thread.
 *
 *   discord.c    opened with its token, closed in steps
 *   link.c       the connection: what gateway_state.h says is to be done, and the session kept in `state`
 *   threads.c    whose threads are whose
 *   endpoint.c   interactions that Discord brings by HTTP, signed
 *   event.c      a message or an interaction, from its arrival until it is stored or handled
 *   message.c, interact.c, command.c   what each of them wants
 *   person.c     what is replied from the store; buttons
 *   place.c, parts.c, post.c   messages out: where to, made of what, and sending them
 *   work.c       what is seen while a turn runs
 *   rest.c       calls on their way
 */
#ifndef DISCORD_INSIDE_H
#define DISCORD_INSIDE_H

#include <parley/adapter.h>

#include "adapters/discord/gateway_state.h"
#include "adapters/discord/inflate.h"
#include "adapters/discord/rest.h"
#include "base/table.h"
#include "chat/texts.h"
#include "conf/snapshot.h"
#include "io/limiter.h"
#include "io/loop.h"
#include "io/server.h"
#include "io/wsc.h"

#define CHANNEL        "discord"
#define BOT            "default"
#define KEY_MAX        192
#define EVENT_BYTES    (1U << 20) /* of one event's words */
#define EVENTS_MAX     4096       /* that wait to be stored or handled */
#define PAYLOAD_MAX    (256U << 10)
#define DC_PAYLOAD_MAX (16U << 20) /* of Discord: a GUILD_CREATE of a large server has megabytes */
#define SEEN_MAX       8192        /* signatures remembered within their window */
#define SIGNATURE_S    120         /* how far Discord's clock and ours may be apart */
#define LIST_MAX       CONFIG_LIST_MAX

struct post;

/* Where a message goes, as the outbox keeps it. */
struct place {
    char channel[DC_ID_BYTES], reply_to[DC_ID_BYTES], user[DC_ID_BYTES];
    char thread_at[DC_ID_BYTES]; /* a thread is started at this message, and has its id; "" = none */
    char application[DC_ID_BYTES];
    char token[DC_TOKEN_MAX]; /* of an interaction, "" = a message in the channel */
    char interaction[DC_ID_BYTES];
    int64_t until_ms; /* wall: how long the token is good */
    bool ephemeral;
    char lang[8];
};

enum event_state { EVENT_LOOKING, EVENT_READY, EVENT_SUBMITTED, EVENT_DONE };

struct event {
    struct event *next, *prev;
    struct adapter *a;
    int64_t seq;       /* of the gateway; -1 = it came by HTTP */
    server_id request; /* HTTP: the call that waits for the first answer; 0 = answered, or none */
    int64_t began_ms;  /* mono */
    int64_t due_ms;    /* mono: EVENT_READY, not before */
    struct arena words;
    struct dc_message *message; /* one of these */
    struct dc_interaction *interaction;
    enum event_state state;
    int lookups, tries;
    size_t holds; /* calls and requests to the store that still come back */
    bool acked, acks_ephemeral;
    const char *conversation; /* NULL until looked up */
    char lang[8];
    bool lang_said;
    const char *used; /* the state key of the button that asked: dropped when its turn is stored */
};

/* A turn of ours, from submit to its end; in turn->adapter_ctx. */
struct work {
    struct work *next, *prev;
    struct adapter *a;
    struct event *event; /* until the gateway has it or has said no */
    struct place to;
    char turn_id[TURN_ID_BYTES];
    int64_t typing_ms, show_ms; /* mono: when the next sign of life may go */
    enum text stage;
    struct buf said;         /* sentences that have passed the validator */
    bool changed;            /* since it was shown */
    bool again;              /* taken up by another process: what that showed is not known here */
    bool asked;              /* a message that shows progress may be there */
    bool over;               /* freed when the call on its way comes back */
    size_t calls;            /* 0 or 1 */
    char shown[DC_ID_BYTES]; /* the message; "" = not known */
    struct post *post;       /* the answer that waits for `shown` */
};

struct lists {
    const char *guild[LIST_MAX], *channel[LIST_MAX], *role[LIST_MAX], *deny[LIST_MAX];
    size_t guilds, channels, roles, denies;
    bool direct_messages;
};

struct thread { /* one that may be ours, or whose parent counts */
    struct table_link link;
    char id[DC_ID_BYTES], parent[DC_ID_BYTES];
    bool ours;
};

struct adapter {
    struct host *host;
    struct snapshot *snap; /* of the start: the lists' strings are its */
    struct dc_rest *rest;
    struct wsc *wsc;
    struct wsc_conn *conn;
    struct dc_inflate *inflate; /* NULL: the gateway sends plain text */
    struct limiter *tells;
    struct lists lists;
    const char *token, *public_key, *dev_guild; /* snap's */
    bool by_http, auto_thread, feedback;
    bool edits; /* a message in a channel shows progress, and becomes the answer */
    int shard, shards;
    unsigned intents;
    struct dc_me me;
    struct dc_gateway gw;
    struct dc_budget budget;
    struct dc_session kept;
    char url[DC_URL_BYTES]; /* of the gateway; "" = to be asked */
    struct timer timer;     /* the gateway's next step */
    struct timer tick;      /* signs of life, first answers that are due, the session on disk, presence */
    int64_t session_ms, presence_ms; /* mono: when written or sent last */
    int64_t kept_seq;
    char presence[16];
    int asks; /* of /gateway/bot in a row without an answer */
    enum dc_phase phase_told;
    struct table threads;
    size_t n_threads;
    struct buf our_threads;      /* ids, each with a blank behind it: what is kept */
    struct event *events, *last; /* oldest first */
    size_t n_events;
    struct work *works;
    uint64_t seen[SEEN_MAX];
    int64_t seen_ms[SEEN_MAX];
    size_t seen_next;
    char commands_hash[65];
    bool commands_sent;
    size_t held;
    bool loaded, intake, closing, left;
};

/* discord.c */
void dc_hold(struct adapter *a);
void dc_release(struct adapter *a);
void dc_key(char out[KEY_MAX], const char *fmt, ...) X_PRINTF(2, 3); /* "discord.<what>" */
/* Words of this shard that outlive the process for a week. `done` of dc_kept goes on with dc_release. */
void dc_keep(struct adapter *a, const char *what, const char *text, state_done *done, void *ctx);
void dc_kept(struct adapter *a, const char *what, state_done *done);
struct dc_now dc_now(void);

/* link.c */
void dc_link_start(struct adapter *a);
void dc_link_run(struct adapter *a);
void dc_link_leave(struct adapter *a);          /* keeps the session; closed() goes on with dc_release */
void dc_link_keep(struct adapter *a, bool now); /* writes the session when it has changed */
void dc_link_presence(struct adapter *a);
const char *dc_link_health(struct adapter *a, struct buf *detail);

/* threads.c */
void dc_threads_frame(struct adapter *a, const struct dc_frame *f); /* of a guild or a thread */
void dc_threads_load(struct adapter *a);

/* endpoint.c */
int dc_endpoint_open(struct adapter *a, const char *path, struct err *err);
void dc_endpoint_answer(struct adapter *a, server_id request, const char *json);

/* event.c */
struct event *dc_event_new(struct adapter *a, int64_t seq, server_id request); /* NULL: full, or no memory */
void dc_event_begin(struct event *e); /* its message or interaction is filled in */
void dc_event_done(struct event *e);
void dc_event_hold(struct event *e);
void dc_event_let_go(struct event *e); /* the last one of an event that is done frees it */
void dc_event_retry(struct event *e);  /* not now: again in a moment */
void dc_event_tick(struct adapter *a, int64_t now);
void dc_events_run(struct adapter *a);
void dc_events_free(struct adapter *a);
int64_t dc_events_stored(const struct adapter *a); /* the seq up to which all is taken care of */
void dc_event_conversation_key(char out[KEY_MAX], const struct event *e);
const char *dc_event_user(const struct event *e);
bool dc_event_allowed(const struct event *e); /* by the lists */

/* message.c */
void dc_message_run(struct event *e);
bool dc_message_wanted(const struct event *e); /* somebody speaks to us */

/* interact.c */
void dc_interact_arrived(struct event *e); /* what must be answered at once, is */
void dc_interact_run(struct event *e);
/* The first answer, if there is none yet: "is thinking". */
void dc_interact_ack(struct event *e);
/* What it is answered with by ourselves; ends the event. components: "" or JSON. */
void dc_interact_say(struct event *e, const char *text, const char *components);
struct place dc_interact_place(const struct event *e);
void dc_interact_buttons_away(struct event *e);

/* command.c */
void dc_command_sync(struct adapter *a);
/* False: no command of ours. */
bool dc_command_run(struct event *e);
bool dc_command_is_ask(const struct dc_interaction *i);
bool dc_command_is_private(const struct dc_interaction *i); /* its answer is for the one who asks */
void dc_command_choices(struct event *e, struct buf *out);

/* question.c */
void dc_question_ask(struct event *e, const char *text, const char *consent, const char *once);
void dc_question_refused(struct adapter *a, struct turn *t, const struct refusal *why);
void dc_question_replay(struct adapter *a, struct turn *t);
void dc_question_accepted(struct adapter *a, struct turn *t);
void dc_question_failed(struct adapter *a, struct turn *t);

/* place.c */
bool dc_place_read(struct place *out, const char *address);
char *dc_place_write(const struct place *p, struct arena *a);

/* parts.c */
int dc_parts_of(struct adapter *a, const struct turn *t, struct arena *words, const char *const **payload,
                size_t *n);
char *dc_parts_whole(const char *answer_json); /* malloc; NULL: none */

/* post.c */
void dc_post_deliver(struct adapter *a, const struct delivery *d);
/* It goes over this message; "" = it is one of its own, perhaps (`there`) over one that is not known. */
void dc_post_over(struct post *p, const char *message, bool there);
void dc_post_away(struct adapter *a, const struct place *to); /* an interaction's first answer */
/* A message of our own in a channel; nobody waits for it. */
void dc_post_tell(struct adapter *a, const struct place *to, const char *text);
void dc_post_why(const struct event *e, enum text why); /* at most once a minute in a channel */

/* work.c */
struct work *dc_work_begin(struct adapter *a, const struct place *to);
void dc_work_end(struct work *w);
void dc_work_progress(struct adapter *a, struct turn *t, const char *what);
int dc_work_sentence(struct adapter *a, struct turn *t, const char *text, size_t len);
void dc_work_restart(struct adapter *a, struct turn *t);
/* Ends it; the first part of its answer goes on with dc_post_over, now or when it is known what is there. */
void dc_work_deliver(struct work *w, struct post *p);
void dc_work_tick(struct adapter *a, int64_t now);

/* person.c */
void dc_person_tell(struct event *e, enum person_what what);
/* Components that mean `what` to this person; "" when there is no memory. */
struct choice {
    const char *label, *word;
    enum dc_button_style style;
};
const char *dc_person_buttons(struct adapter *a, const char *user, const char *what, const char *note,
                              int64_t for_ms, const struct choice *choice, size_t n, struct arena *words);
const char *dc_person_languages(struct event *e);
void dc_person_pressed(struct event *e);
bool dc_person_press_is_quiet(const struct dc_interaction *i); /* nothing new is to be seen: feedback */
bool dc_person_press_is_turn(const struct dc_interaction *i);  /* a question is asked with it */
bool dc_person_press_is_private(const struct dc_interaction *i);

#endif
