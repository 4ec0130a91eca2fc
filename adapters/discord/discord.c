/* SPDX-License-Identifier: Apache-2.0
 *
 * Opened with its token, asking nobody: a Discord that is away does not hold up the daemon. Closed in steps,
 * because the connection, calls and requests to the store come back later; the connection is left in a way
 * that keeps its session.
 */
#include "adapters/discord/discord.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"
#include "base/rand.h"

#define TELLS_MAX 65536
#define TICK_MS   200
#define KEPT_MS   (7 * INT64_C(86400000))

void dc_hold(struct adapter *a)
{
    a->held++;
}

static void thread_free(void *ctx, struct table_link *l)
{
    struct adapter *a = ctx;
    table_drop(&a->threads, l);
    free(CONTAINER_OF(l, struct thread, link));
}

void dc_release(struct adapter *a)
{
    if (--a->held)
        return;
    table_each(&a->threads, thread_free, a);
    table_free(&a->threads);
    limiter_close(a->tells);
    dc_inflate_close(a->inflate);
    buf_free(&a->our_threads);
    snapshot_unref(a->snap);
    free(a);
}

void dc_key(char out[KEY_MAX], const char *fmt, ...)
{
    va_list ap;
    int n = snprintf(out, KEY_MAX, CHANNEL ".");
    va_start(ap, fmt);
    vsnprintf(out + n, KEY_MAX - (size_t)n, fmt, ap);
    va_end(ap);
}

void dc_keep(struct adapter *a, const char *what, const char *text, state_done *done, void *ctx)
{
    char key[KEY_MAX];
    dc_key(key, "%s.%d", what, a->shard);
    a->host->state_put(a->host, key, text, clock_wall_ms() + KEPT_MS, done, ctx);
}

void dc_kept(struct adapter *a, const char *what, state_done *done)
{
    char key[KEY_MAX];
    dc_key(key, "%s.%d", what, a->shard);
    dc_hold(a);
    a->host->state_get(a->host, key, done, a);
}

struct dc_now dc_now(void)
{
    return (struct dc_now){ .mono_ms = clock_mono_ms(),
                            .wall_ms = clock_wall_ms(),
                            .random = (uint32_t)rand_below(UINT64_C(1) << 32) };
}

static void on_timer(struct timer *t)
{
    dc_link_start(CONTAINER_OF(t, struct adapter, timer));
}

static void on_tick(struct timer *t)
{
    struct adapter *a = CONTAINER_OF(t, struct adapter, tick);
    int64_t now = clock_mono_ms();
    dc_event_tick(a, now);
    dc_work_tick(a, now);
    dc_link_keep(a, false);
    dc_link_presence(a);
    timer_start(t, TICK_MS);
}

/* ---- opening ---- */

static void fill_lists(struct lists *l, const struct config *c)
{
    memcpy(l->guild, c->discord.guild, sizeof l->guild);
    memcpy(l->channel, c->discord.channel, sizeof l->channel);
    memcpy(l->role, c->discord.role, sizeof l->role);
    memcpy(l->deny, c->discord.deny, sizeof l->deny);
    l->guilds = c->discord.guilds;
    l->channels = c->discord.channels;
    l->roles = c->discord.roles;
    l->denies = c->discord.denies;
    l->direct_messages = c->discord.direct_messages;
}

static void fill(struct adapter *a, const struct config *c)
{
    a->token = c->discord.token;
    a->public_key = c->discord.public_key;
    a->dev_guild = c->discord.dev_guild;
    a->by_http = strcmp(c->discord.mode, "http") == 0;
    a->auto_thread = c->discord.auto_thread;
    a->feedback = c->discord.feedback;
    a->edits = strcmp(c->discord.progress, "edit") == 0;
    a->shard = c->discord.shard;
    a->shards = c->discord.shards;
    a->intents = DC_INTENTS_LEAST | (c->discord.message_content ? DC_INTENT_MESSAGE_CONTENT : 0);
    snprintf(a->url, sizeof a->url, "%s", c->discord.gateway_url);
    snprintf(a->me.application_id, sizeof a->me.application_id, "%s", c->discord.app_id);
    a->gw.session.seq = a->kept.seq = a->kept_seq = -1;
    fill_lists(&a->lists, c);
}

static int open_parts(struct adapter *a, const struct config *c, struct err *err)
{
    const struct dc_rest_conf conf = {
        .api_base = c->discord.api_base, .token = a->token, .loop = a->host->loop, .http = a->host->http
    };
    int rc = limiter_open(&a->tells, TELLS_MAX, err);
    if (rc == 0)
        rc = dc_rest_open(&a->rest, &conf, err);
    if (rc == 0 && !a->by_http)
        rc = wsc_open(&a->wsc, a->host->loop, NULL, err);
    if (rc == 0 && !a->by_http && c->discord.compress && dc_inflate_open(&a->inflate, DC_PAYLOAD_MAX))
        rc = err_set(err, -ENOMEM, "out of memory");
    if (rc == 0 && a->by_http)
        rc = dc_endpoint_open(a, c->discord.interactions_path, err); /* last: it cannot be undone */
    return rc;
}

static int open_with(struct adapter **out, struct host *host, struct snapshot *s, struct err *err)
{
    if (!s->config->discord.token[0])
        return err_set(err, X_E_NOT_FOUND, "discord.token is not set");
    struct adapter *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, -ENOMEM, "out of memory");
    a->host = host;
    a->snap = snapshot_ref(s);
    a->intake = true;
    table_init(&a->threads);
    buf_init(&a->our_threads, 1U << 16);
    dc_hold(a);
    fill(a, s->config);
    int rc = open_parts(a, s->config, err);
    if (rc) {
        dc_rest_close(a->rest);
        dc_release(a);
        return rc;
    }
    dc_hold(a);
    dc_hold(a);
    timer_open(&a->timer, host->loop, on_timer);
    timer_open(&a->tick, host->loop, on_tick);
    timer_start(&a->tick, TICK_MS);
    if (a->by_http)
        dc_command_sync(a);
    else
        dc_link_start(a);
    *out = a;
    return 0;
}

static int discord_open(struct adapter **out, struct host *host, struct err *err)
{
    struct snapshot *s = host->snapshot(host);
    int rc = open_with(out, host, s, err);
    snapshot_unref(s);
    return rc;
}

/* ---- running, closing ---- */

static void discord_intake(struct adapter *a, bool on)
{
    a->intake = on;
    dc_events_run(a);
}

static void timer_gone(struct timer *t)
{
    dc_release(CONTAINER_OF(t, struct adapter, timer));
}

static void tick_gone(struct timer *t)
{
    dc_release(CONTAINER_OF(t, struct adapter, tick));
}

static void discord_close(struct adapter *a)
{
    dc_link_leave(a);
    a->closing = true;
    timer_close(&a->timer, timer_gone);
    timer_close(&a->tick, tick_gone);
    dc_rest_close(a->rest);
    a->rest = NULL;
    dc_events_free(a);
    dc_release(a);
}

static void on_refused(struct adapter *a, struct turn *t, const struct refusal *why)
{
    dc_question_refused(a, t, why);
}

static void on_replay(struct adapter *a, struct turn *t, const char *answer_json X_UNUSED)
{
    dc_question_replay(a, t);
}

static void on_failed(struct adapter *a, struct turn *t, const struct refusal *why X_UNUSED)
{
    dc_question_failed(a, t);
}

const struct adapter_ops adapter_discord = {
    .name = CHANNEL,
    .open = discord_open,
    .intake = discord_intake,
    .close = discord_close,
    .refused = on_refused,
    .replay = on_replay,
    .accepted = dc_question_accepted,
    .progress = dc_work_progress,
    .sentence = dc_work_sentence,
    .restart = dc_work_restart,
    .deliver = dc_post_deliver,
    .failed = on_failed,
    .parts = dc_parts_of,
    .health = dc_link_health,
};
