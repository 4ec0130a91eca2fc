/* SPDX-License-Identifier: Apache-2.0
 *
 * A message said here becomes a turn like any other, and what happens to it goes to the ear. One ear for all
 * messages: who says several tells them apart by their tags. Nothing is kept: an answer that comes up after a
 * restart is told to the ear as such.
 */
#include "adapters/loopback/loopback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "base/hash.h"
#include "base/rand.h"

struct adapter {
    struct host *host;
    struct loopback_ear ear;
    bool intake;
    char last[TURN_ID_BYTES];
};

static int loopback_open(struct adapter **out, struct host *host, struct err *err)
{
    struct adapter *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, -ENOMEM, "loopback: out of memory");
    a->host = host;
    a->intake = true;
    *out = a;
    return 0;
}

static void loopback_intake(struct adapter *a, bool on)
{
    a->intake = on;
}

static void loopback_close(struct adapter *a)
{
    free(a);
}

void loopback_listen(struct adapter *a, const struct loopback_ear *ear)
{
    a->ear = *ear;
}

const char *loopback_turn_id(const struct adapter *a)
{
    return a->last;
}

static const char *or_empty(struct turn *t, const char *text)
{
    return arena_strdup(&t->arena, text);
}

int loopback_say(struct adapter *a, const struct loopback_message *m)
{
    if (!a->intake)
        return X_E_CLOSED;
    struct turn *t = a->host->turn_new(a->host, a);
    if (!t)
        return -ENOMEM;
    char id[TURN_ID_BYTES];
    ulid_new(id);
    const char *text = m->text ? m->text : "";
    t->msg = (struct message){ .channel = "loopback",
                               .bot = "default",
                               .external_id = or_empty(t, m->external_id ? m->external_id : id),
                               .user = or_empty(t, m->user),
                               .conversation = or_empty(t, m->conversation ? m->conversation : id),
                               .address = or_empty(t, m->tag),
                               .text = or_empty(t, text),
                               .locale = or_empty(t, m->locale),
                               .country = "",
                               .consent = or_empty(t, m->consent),
                               .peer_ip = or_empty(t, m->peer_ip),
                               .received_ms = clock_wall_ms(),
                               .interactive = true };
    sha256_hex(t->msg.body_hash, text, strlen(text));
    if (t->arena.failed) {
        a->host->turn_drop(a->host, t);
        return -ENOMEM;
    }
    memcpy(a->last, t->id, sizeof a->last);
    a->host->submit(a->host, t);
    return 0;
}

static void loopback_refused(struct adapter *a, struct turn *t, const struct refusal *why)
{
    if (a->ear.refused)
        a->ear.refused(a->ear.ctx, t->msg.address, why);
}

static void loopback_replay(struct adapter *a, struct turn *t, const char *answer_json)
{
    if (a->ear.replay)
        a->ear.replay(a->ear.ctx, t->msg.address, answer_json);
}

static void loopback_accepted(struct adapter *a, struct turn *t)
{
    if (a->ear.accepted)
        a->ear.accepted(a->ear.ctx, t->msg.address);
}

static void loopback_progress(struct adapter *a, struct turn *t, const char *what)
{
    if (a->ear.progress)
        a->ear.progress(a->ear.ctx, t->msg.address, what);
}

static int loopback_sentence(struct adapter *a, struct turn *t, const char *text, size_t len)
{
    return a->ear.sentence ? a->ear.sentence(a->ear.ctx, t->msg.address, text, len) : 0;
}

static void loopback_restart(struct adapter *a, struct turn *t)
{
    if (a->ear.restart)
        a->ear.restart(a->ear.ctx, t->msg.address);
}

static void loopback_deliver(struct adapter *a, const struct delivery *d)
{
    struct delivered how = { .state = OUTBOX_SENT, .platform_id = "" };
    if (a->ear.part)
        how.state = a->ear.part(a->ear.ctx, d->address, d->part, d->payload);
    if (a->ear.answered)
        a->ear.answered(a->ear.ctx, d->address, d->answer_json, d->turn == NULL);
    a->host->delivered(a->host, d->turn_id, d->part, &how);
}

static void loopback_failed(struct adapter *a, struct turn *t, const struct refusal *why)
{
    if (a->ear.failed)
        a->ear.failed(a->ear.ctx, t->msg.address, why);
}

static int loopback_parts(struct adapter *a, const struct turn *t, struct arena *words,
                          const char *const **payload, size_t *n)
{
    return a->ear.parts ? a->ear.parts(a->ear.ctx, t, words, payload, n) : 0;
}

const struct adapter_ops adapter_loopback = {
    .name = "loopback",
    .open = loopback_open,
    .intake = loopback_intake,
    .close = loopback_close,
    .refused = loopback_refused,
    .replay = loopback_replay,
    .accepted = loopback_accepted,
    .progress = loopback_progress,
    .sentence = loopback_sentence,
    .restart = loopback_restart,
    .deliver = loopback_deliver,
    .failed = loopback_failed,
    .parts = loopback_parts,
};
