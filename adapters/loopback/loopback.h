/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter without a network: a caller in the same process says something and hears what an adapter
 * hears. `parley ask` and the whole-turn tests use it. Loop thread only.
 */
#ifndef ADAPTERS_LOOPBACK_H
#define ADAPTERS_LOOPBACK_H

#include <parley/adapter.h>

/* What happened to one message, in the order of adapter.h. Any may be NULL. `tag` is what say() was given. */
struct loopback_ear {
    void *ctx;
    void (*accepted)(void *ctx, const char *tag);
    void (*progress)(void *ctx, const char *tag, const char *what);
    int (*sentence)(void *ctx, const char *tag, const char *text, size_t len); /* may answer X_E_FULL */
    void (*restart)(void *ctx, const char *tag);
    void (*refused)(void *ctx, const char *tag, const struct refusal *why);
    void (*replay)(void *ctx, const char *tag, const char *answer_json);
    void (*answered)(void *ctx, const char *tag, const char *answer_json, bool after_restart);
    void (*failed)(void *ctx, const char *tag, const struct refusal *why);
    /* may: adapter_ops.parts; then each part is told to `part`, which answers OUTBOX_SENT or
     * what else becomes of it. */
    int (*parts)(void *ctx, const struct turn *t, struct arena *words, const char *const **payload,
                 size_t *n);
    enum outbox_state (*part)(void *ctx, const char *tag, int part, const char *payload);
};

/* Strings NULL mean "". The tag is stored as the message's address, so it survives a restart. */
struct loopback_message {
    const char *tag, *text, *user, *conversation, *external_id, *locale, *consent, *peer_ip;
};

extern const struct adapter_ops adapter_loopback;

void loopback_listen(struct adapter *a, const struct loopback_ear *ear);
int loopback_say(struct adapter *a,
                 const struct loopback_message *m); /* 0, X_E_CLOSED (intake off), -ENOMEM */
/* The id of the turn made by the last say(), for host->drained. */
const char *loopback_turn_id(const struct adapter *a);

#endif
