/* SPDX-License-Identifier: Apache-2.0
 *
 * intake: from an adapter's message to a running turn. One turn of a conversation runs at a time; a few
 * wait behind it, already stored; more get a polite notice. Order in a conversation is the order of submit:
 * places are taken before the message is stored.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/json.h"
#include "base/rand.h"
#include "gateway/inside.h"

#define LEASE_MS      180000 /* at least, and always longer than the turn's deadline */
#define RETRY_BASE_MS 1000
#define PAYLOAD_MAX   ((size_t)8 * MESSAGE_TEXT_MAX)

static void start(struct ticket *k);

/* ---- tickets ---- */

struct turn *intake_turn_new(struct host *h, struct adapter *a)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct ticket *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    arena_init(&k->turn.arena, TURN_ARENA_BYTES);
    k->gateway = g;
    k->turn.adapter = a;
    k->turn.pipeline = &g->pipe;
    for (size_t i = 0; i < g->channels; i++)
        if (g->channel[i].adapter == a)
            k->channel = &g->channel[i];
    ulid_new(k->turn.id);
    return &k->turn;
}

void intake_turn_drop(struct host *h X_UNUSED, struct turn *t)
{
    struct ticket *k = ticket_of(t);
    struct gateway *g = k->gateway;
    if (k->counted) {
        table_drop(&g->turns, &k->by_id);
        g->in_flight--;
    }
    snapshot_unref(t->snap);
    if (k->set)
        set_release(g, k->set);
    arena_wipe(&t->arena);
    free(k);
    intake_pressure(g);
    gateway_check_drained(g);
}

static int count_in(struct ticket *k)
{
    struct gateway *g = k->gateway;
    struct turn *t = &k->turn;
    k->set = g->set;
    k->set->refs++;
    t->llm = k->set->llm;
    t->snap = snapshot_ref(k->set->snap);
    t->started_mono_us = clock_mono_us();
    if (!t->request_id[0])
        memcpy(t->request_id, t->id, sizeof t->id);
    int rc = table_put(&g->turns, &k->by_id, t->id);
    if (rc)
        return rc;
    k->counted = true;
    g->in_flight++;
    intake_pressure(g);
    return 0;
}

/* ---- a place in the conversation ---- */

static struct conversation *conversation_of(struct gateway *g, const char *key)
{
    struct table_link *l = table_get(&g->conversations, key);
    if (l)
        return CONTAINER_OF(l, struct conversation, link);
    struct conversation *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    memcpy(c->key, key, strlen(key) + 1);
    if (table_put(&g->conversations, &c->link, c->key)) {
        free(c);
        return NULL;
    }
    return c;
}

static int conversation_join(struct ticket *k, size_t waiting_max)
{
    struct conversation *c = conversation_of(k->gateway, k->turn.identity.conv_key);
    if (!c)
        return -ENOMEM;
    if (c->active && c->waiting >= waiting_max)
        return X_E_BUSY;
    k->conv = c;
    if (!c->active) {
        c->active = k;
        return 0;
    }
    *(c->last ? &c->last->behind : &c->first) = k;
    c->last = k;
    c->waiting++;
    return 0;
}

static void conversation_unlink(struct conversation *c, struct ticket *k)
{
    struct ticket **at = &c->first, *before = NULL;
    while (*at != k) {
        before = *at;
        at = &(*at)->behind;
    }
    *at = k->behind;
    if (c->last == k)
        c->last = before;
    c->waiting--;
}

static void conversation_leave(struct ticket *k)
{
    struct conversation *c = k->conv;
    if (!c)
        return;
    k->conv = NULL;
    if (c->active != k) {
        conversation_unlink(c, k);
        return;
    }
    c->active = c->first;
    if (c->active) {
        c->first = c->active->behind;
        c->last = c->first ? c->last : NULL;
        c->waiting--;
        start(c->active);
        return;
    }
    table_drop(&k->gateway->conversations, &c->link);
    free(c);
}

static void leave_and_drop(struct ticket *k)
{
    conversation_leave(k);
    intake_turn_drop(&k->gateway->host, &k->turn);
}

/* ---- running ---- */

static void failed(struct ticket *k, const char *code, const char *message)
{
    const struct refusal why = { .code = code, .message = message, .retry_after_ms = 2000 };
    k->channel->ops->failed(k->turn.adapter, &k->turn, &why);
}

static int64_t lease_ms(const struct turn *t)
{
    int64_t deadline = (int64_t)t->snap->config->answer.deadline_ms + LEASE_MS / 2;
    return deadline > LEASE_MS ? deadline : LEASE_MS;
}

static void claimed(struct store_op *op)
{
    struct ticket *k = op->ctx;
    k->running = false;
    if (op->rc == 0 && !k->gateway->pipe.hurry) {
        k->turn.attempt = op->u.claim.attempt;
        k->running = true;
        pipeline_answer(&k->turn);
        return;
    }
    if (op->rc < 0)
        log_error("inbox.claim_failed", "turn=%s err=\"%s\"", k->turn.id, op->err.text);
    failed(k, "unavailable", "The answer is delayed. It will be made as soon as possible.");
    leave_and_drop(k); /* RECEIVED in the store, or somebody else's: the sweep decides */
}

/* The ticket has become its conversation's active one, or was stored while it already was. */
static void start(struct ticket *k)
{
    if (!k->stored || k->running)
        return;
    k->running = true;
    if (k->turn.lease[0]) {
        k->turn.attempt = 1;
        pipeline_answer(&k->turn);
        return;
    }
    int64_t now = clock_wall_ms();
    ulid_new(k->turn.lease);
    k->op = (struct store_op){ .kind = STORE_CLAIM, .done = claimed, .ctx = k };
    k->op.u.claim = (struct store_claim){ .inbox_id = k->turn.inbox_id,
                                          .lease = k->turn.lease,
                                          .now_ms = now,
                                          .lease_until_ms = now + lease_ms(&k->turn) };
    store_submit(k->gateway->pipe.store, &k->op);
}

/* ---- T1 ---- */

static void refuse(struct ticket *k, const char *code, const char *message, int64_t retry_ms)
{
    const struct refusal why = { .code = code, .message = message, .retry_after_ms = retry_ms };
    intake_refused(&k->turn, &why);
}

static void duplicate(struct ticket *k, const struct store_ingested *was)
{
    struct turn *t = &k->turn;
    if (!was->same_body) {
        refuse(k, "key_reused", "This idempotency key was used before with another message.", -1);
    } else if (was->answer_json) {
        k->channel->ops->replay(t->adapter, t, was->answer_json);
        leave_and_drop(k);
    } else if (was->state >= INBOX_ANSWERED) {
        refuse(k, "conflict", "This message was answered, and its answer has been deleted.", -1);
    } else {
        refuse(k, "conflict", "This message is already being answered.", 1000);
    }
}

static void ingested(struct store_op *op)
{
    struct ticket *k = op->ctx;
    struct gateway *g = k->gateway;
    struct turn *t = &k->turn;
    const struct store_ingested *got = &op->u.ingest.out;
    g->store_broken = op->rc < 0;
    if (op->rc == X_E_DUPLICATE) {
        duplicate(k, got);
        return;
    }
    if (op->rc) {
        log_error("inbox.ingest_failed", "err=\"%s\"", op->err.text);
        refuse(k, "unavailable", "The message could not be stored. Please try again later.", 5000);
        return;
    }
    health_count_accepted();
    t->inbox_id = got->inbox_id;
    t->quota = got->quota;
    t->consent_given = got->consent_given;
    k->stored = true;
    k->channel->ops->accepted(t->adapter, t);
    if (k->conv->active == k)
        start(k);
}

static bool is_reply(const struct turn *t)
{
    return t->msg.reply && t->msg.reply[0];
}

static const char *payload_of(struct turn *t)
{
    struct buf b = BUF_INIT(PAYLOAD_MAX);
    struct jsonw w;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_text(&w, "text", t->msg.text);
    jw_text(&w, "locale", t->msg.locale);
    jw_text(&w, "country", t->msg.country);
    jw_text(&w, "language", t->identity.language);
    jw_text(&w, "conversation", t->msg.conversation);
    jw_text(&w, "request_id", t->request_id);
    if (is_reply(t))
        jw_text(&w, "reply", t->msg.reply);
    jw_end_obj(&w);
    char *text = b.failed ? NULL : arena_strndup(&t->arena, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}

static bool ingest(struct ticket *k)
{
    struct turn *t = &k->turn;
    const struct policies *p = t->snap->policies;
    char *month = arena_alloc(&t->arena, 8);
    const char *payload = payload_of(t);
    int64_t now = clock_wall_ms();
    if (!month || !payload)
        return false;
    clock_month(month, now);
    bool at_once = k->conv->active == k;
    if (at_once)
        ulid_new(t->lease);
    k->op = (struct store_op){ .kind = STORE_INGEST, .done = ingested, .ctx = k };
    k->op.u.ingest.arena = &t->arena;
    k->op.u.ingest.in = (struct store_ingest){
        .turn_id = t->id,
        .channel = t->msg.channel,
        .bot = t->msg.bot,
        .external_id = t->msg.external_id,
        .user_key = t->identity.user_key,
        .conv_key = t->identity.conv_key,
        .address = t->msg.address,
        .payload = payload,
        .body_hash = t->msg.body_hash,
        .now_ms = now,
        .month = month,
        .default_tier = t->snap->config->tiers.fallback,
        .unmetered = is_reply(t),
        .consent_version = strcmp(t->msg.consent, p->consent.version) == 0 ? t->msg.consent : "",
        .lease = at_once ? t->lease : NULL,
        .lease_until_ms = now + lease_ms(t),
    };
    memcpy(k->op.u.ingest.in.tier_limit, p->tiers.monthly, sizeof p->tiers.monthly);
    store_submit(k->gateway->pipe.store, &k->op);
    return true;
}

void intake_admitted(struct turn *t)
{
    struct ticket *k = ticket_of(t);
    int rc = conversation_join(k, GATEWAY_WAITING_MAX);
    if (rc == X_E_BUSY)
        refuse(k, "busy", "I am still answering your earlier messages. Please wait for them.", 3000);
    else if (rc || !ingest(k))
        refuse(k, "internal", "Out of memory.", -1);
}

void intake_refused(struct turn *t, const struct refusal *why)
{
    struct ticket *k = ticket_of(t);
    health_count_refused();
    k->channel->ops->refused(t->adapter, t, why);
    leave_and_drop(k);
}

void intake_submit(struct host *h, struct turn *t)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct ticket *k = ticket_of(t);
    if (g->draining)
        refuse(k, "draining", "The service is restarting. Please try again in a moment.", 2000);
    else if (g->in_flight >= (size_t)g->set->snap->config->workers.turns_max)
        refuse(k, "busy", "Too many messages at once. Please try again in a moment.", 1000);
    else if (count_in(k))
        refuse(k, "internal", "Out of memory.", -1);
    else
        pipeline_admit(t);
}

/* ---- after a restart ---- */

static int recovered_fill(struct turn *t, const struct store_inbox_row *row)
{
    cJSON *p = NULL;
    int rc = json_parse(&p, row->payload, strlen(row->payload), &t->err);
    if (rc)
        return rc;
    struct arena *a = &t->arena;
    t->msg.channel = arena_strdup(a, row->channel);
    t->msg.bot = arena_strdup(a, row->bot);
    t->msg.external_id = arena_strdup(a, row->external_id);
    t->msg.address = arena_strdup(a, row->address);
    t->msg.user = t->msg.peer_ip = t->msg.consent = "";
    t->msg.text = arena_strdup(a, json_text(p, "text", ""));
    t->msg.locale = arena_strdup(a, json_text(p, "locale", ""));
    t->msg.country = arena_strdup(a, json_text(p, "country", ""));
    t->msg.reply = arena_strdup(a, json_text(p, "reply", ""));
    t->msg.conversation = arena_strdup(a, json_text(p, "conversation", ""));
    t->msg.received_ms = row->received_ms;
    t->identity.language = arena_strdup(a, json_text(p, "language", "en"));
    strncat(t->request_id, json_text(p, "request_id", ""), sizeof t->request_id - 1);
    strncat(t->identity.user_key, row->user_key, KEY_BYTES - 1);
    strncat(t->identity.conv_key, row->conv_key, KEY_BYTES - 1);
    t->id[0] = '\0';
    strncat(t->id, row->turn_id, TURN_ID_BYTES - 1);
    t->inbox_id = row->id;
    t->quota = row->quota;
    t->consent_given = arena_strdup(a, row->consent_given);
    cJSON_Delete(p);
    return a->failed ? -ENOMEM : 0;
}

void intake_recovered(struct gateway *g, const struct store_inbox_row *row)
{
    struct channel *c = channel_named(g, row->channel);
    if (!c || table_get(&g->turns, row->turn_id))
        return; /* its adapter is off (it stays stored), or it is in hand */
    struct turn *t = intake_turn_new(&g->host, c->adapter);
    if (!t)
        return;
    struct ticket *k = ticket_of(t);
    int rc = recovered_fill(t, row);
    if (rc == 0)
        rc = count_in(k);
    k->stored = true;
    if (rc == 0)
        rc = conversation_join(k, SIZE_MAX);
    if (rc) {
        log_error("inbox.unreadable", "turn=%s err=\"%s\"", row->turn_id, t->err.text);
        leave_and_drop(k);
        return;
    }
    log_info("inbox.resumed", "turn=%s tries=%d crashes=%d", t->id, row->tries, row->crashes);
    if (k->conv->active == k)
        start(k);
}

/* ---- the end ---- */

static void released(struct store_op *op)
{
    struct ticket *k = op->ctx;
    if (op->rc < 0)
        log_error("inbox.release_failed", "turn=%s err=\"%s\"", k->turn.id, op->err.text);
    if (op->rc == 0 && op->u.release.state == INBOX_DEAD)
        log_error("inbox.dead", "turn=%s err=\"%s\"", k->turn.id, k->turn.err.text);
    bool draining = op->u.release.unattempted;
    failed(k, draining ? "draining" : "unavailable",
           draining ? "The service is restarting; your message is kept and will be answered."
                    : "The answer could not be made just now; it will be tried again.");
    leave_and_drop(k);
}

static int64_t retry_after(int attempt)
{
    return (int64_t)RETRY_BASE_MS << (attempt < 6 ? attempt : 6);
}

static void give_back(struct ticket *k)
{
    struct turn *t = &k->turn;
    int64_t now = clock_wall_ms();
    bool draining = k->gateway->pipe.hurry;
    log_warn("turn.failed", "turn=%s attempt=%d err=\"%s\"", t->id, t->attempt, t->err.text);
    k->op = (struct store_op){ .kind = STORE_RELEASE, .done = released, .ctx = k };
    k->op.u.release = (struct store_release){ .inbox_id = t->inbox_id,
                                              .lease = t->lease,
                                              .now_ms = now,
                                              .next_at_ms = draining ? now : now + retry_after(t->attempt),
                                              .error = t->err.text,
                                              .unattempted = draining,
                                              .notice_json = k->gateway->notice_json };
    store_submit(k->gateway->pipe.store, &k->op);
}

void intake_finished(struct turn *t, enum verdict how)
{
    struct ticket *k = ticket_of(t);
    if (how == FAIL) {
        give_back(k);
        return;
    }
    if (how == DONE)
        failed(k, "unavailable", "The answer was made elsewhere.");
    else
        health_count_turn(t);
    leave_and_drop(k);
}

/* Nothing is freed here: a cancelled turn goes by way of the store, so walking the table is safe. */
static void hurry_one(void *ctx X_UNUSED, struct table_link *l)
{
    struct ticket *k = CONTAINER_OF(l, struct ticket, by_id);
    if (k->running)
        pipeline_cancel(&k->turn);
}

void intake_hurry(struct gateway *g)
{
    g->pipe.hurry = true;
    table_each(&g->turns, hurry_one, NULL);
}

void intake_pressure(struct gateway *g)
{
    size_t high = (size_t)g->set->snap->config->workers.turns_max, low = high / 2;
    bool off = g->draining || (g->intake_off ? g->in_flight > low : g->in_flight >= high);
    if (off == g->intake_off)
        return;
    g->intake_off = off;
    for (size_t i = 0; i < g->channels; i++)
        g->channel[i].ops->intake(g->channel[i].adapter, !off);
}
