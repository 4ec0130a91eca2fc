/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole turns without sockets: a real gateway (store, knowledge, pipeline, providers) with the loopback
 * adapter on a thread of its own, a temporary state directory, and a diary of everything the adapter heard.
 * The test thread says things and waits for entries; nothing sleeps.
 */
#ifndef TESTS_SUPPORT_TURN_KIT_H
#define TESTS_SUPPORT_TURN_KIT_H

#include <pthread.h>

#include "adapters/loopback/loopback.h"
#include "gateway/gateway.h"

#define KIT_SETS_MAX 24
#define KIT_WAIT_MS  20000

enum kit_what {
    KIT_ACCEPTED,
    KIT_PROGRESS,
    KIT_SENTENCE,
    KIT_RESTART,
    KIT_REFUSED,
    KIT_REPLAY,
    KIT_ANSWERED,
    KIT_FAILED,
    KIT_PART,
    KIT_NOTE /* of the test itself */
};

struct kit_entry {
    enum kit_what what;
    char *tag;
    char *text; /* sentence, progress, refusal code, or answer JSON */
    bool after_restart;
};

struct kit {
    char dir[64];
    const char *set[KIT_SETS_MAX];
    size_t sets;
    struct gateway *gateway;
    struct adapter *adapter;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct kit_entry *entry;
    size_t entries;
    bool ready, ended;
    int open_rc;
    struct err err;
    int parts;         /* > 0: an answer is sent as so many, "1/3" and on */
    int sentence_full; /* how many sentences to answer with X_E_FULL */
};

/* Makes the directory and a small index (staking, seed phrases, gas); does not start anything. */
void kit_make(struct kit *k);
void kit_set(struct kit *k, const char *setting); /* "llm.openai.base_url=..."; before kit_start; copied */
void kit_start(struct kit *k);                    /* asserts that it came up */
int kit_try_start(struct kit *k);                 /* the rc of gateway_open */
void kit_stop(struct kit *k);                     /* drain and join; may start again on the same directory */
void kit_free(struct kit *k);                     /* removes the directory */

void kit_say(struct kit *k, const struct loopback_message *m);
void kit_ask(struct kit *k, const char *tag, const char *text); /* user "u", conversation = tag */
/* Waits for the first entry of this kind with this tag; fails the test after KIT_WAIT_MS. */
const struct kit_entry *kit_wait(struct kit *k, const char *tag, enum kit_what what);
/* The n-th, from 1; kept until this thread's next wait. */
const struct kit_entry *kit_wait_n(struct kit *k, const char *tag, enum kit_what what, size_t n);
void kit_note(struct kit *k, const char *tag, const char *text); /* any thread: an entry of the test's own */
size_t kit_count(struct kit *k, const char *tag, enum kit_what what);
/* All sentences of a tag since its last restart, concatenated; the caller frees. */
char *kit_heard(struct kit *k, const char *tag);
/* Runs `fn` on the loop thread and waits for it. */
void kit_on_loop(struct kit *k, void (*fn)(struct kit *k, void *arg), void *arg);
struct store_counts kit_counts(struct kit *k);
/* One number from the database, through its own read connection: "select count(*) from usage". */
int64_t kit_sql(struct kit *k, const char *sql);

#endif
