/* SPDX-License-Identifier: Apache-2.0
 *
 * One bot account: opened with its token, closed in steps because timers, calls and requests to the store
 * come back later. Opening asks nobody: a Telegram that is away, or a token that is wrong, does not hold up
 * the daemon.
 */
#include "adapters/telegram/telegram.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"

#define TELLS_MAX 65536 /* chats remembered for "at most once a minute" */

void telegram_hold(struct adapter *a)
{
    a->held++;
}

void telegram_release(struct adapter *a)
{
    if (--a->held)
        return;
    arena_wipe(&a->batch.words);
    buf_free(&a->poll.body);
    limiter_close(a->tells);
    if (a->token)
        explicit_bzero(a->token, strlen(a->token));
    free(a->token);
    free(a->api);
    free(a);
}

void telegram_key(char out[KEY_MAX], const struct adapter *a, const char *fmt, ...)
{
    va_list ap;
    int n = snprintf(out, KEY_MAX, "telegram.%s.", a->bot);
    va_start(ap, fmt);
    vsnprintf(out + n, KEY_MAX - (size_t)n, fmt, ap);
    va_end(ap);
}

static size_t ids_of(int64_t *out, const char *const *text, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n && len < ADMIT_IDS_MAX; i++)
        len += str_int(str_of(text[i]), INT64_MIN, INT64_MAX, &out[len]);
    return len;
}

static int fill(struct adapter *a, const struct config *c, struct err *err)
{
    size_t digits = strspn(c->telegram.token, "0123456789");
    if (digits == 0 || digits >= sizeof a->bot || c->telegram.token[digits] != ':')
        return err_set(err, X_E_INVALID, "telegram.token is not a bot token (123456:ABC...)");
    memcpy(a->bot, c->telegram.token, digits);
    a->token = strdup(c->telegram.token);
    a->api = strdup(c->telegram.api_base);
    a->poll_s = c->telegram.poll_s;
    a->lists.allows = ids_of(a->lists.allow, c->telegram.allow, c->telegram.allows);
    a->lists.denies = ids_of(a->lists.deny, c->telegram.deny, c->telegram.denies);
    if (!a->token || !a->api)
        return err_set(err, -ENOMEM, "out of memory");
    int rc = limiter_open(&a->tells, TELLS_MAX, err);
    const struct tg_sender_conf conf = {
        .api_base = a->api, .token = a->token, .bot = a->bot, .loop = a->host->loop, .http = a->host->http
    };
    return rc ? rc : tg_sender_open(&a->sender, &conf, err);
}

static int open_with(struct adapter **out, struct host *host, const struct config *c, struct err *err)
{
    if (!c->telegram.token[0])
        return err_set(err, X_E_NOT_FOUND, "telegram.token is not set");
    if (strcmp(c->telegram.mode, "polling") != 0)
        return err_set(err, X_E_NOT_FOUND, "telegram.mode: this version only polls");
    struct adapter *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, -ENOMEM, "out of memory");
    a->host = host;
    a->intake = true;
    telegram_hold(a);
    int rc = fill(a, c, err);
    if (rc) {
        telegram_release(a);
        return rc;
    }
    batch_open(a);
    typing_open(a);
    poll_open(a);
    *out = a;
    return 0;
}

static int telegram_open(struct adapter **out, struct host *host, struct err *err)
{
    struct snapshot *s = host->snapshot(host);
    int rc = open_with(out, host, s->config, err);
    snapshot_unref(s);
    return rc;
}

static void telegram_intake(struct adapter *a, bool on)
{
    a->intake = on;
    if (!on) {
        poll_pause(a);
        return;
    }
    batch_run(a);
    poll_go(a, 1);
}

static void telegram_close(struct adapter *a)
{
    a->closing = true;
    poll_close(a);
    batch_close(a);
    typing_close(a);
    post_close(a);
    tg_sender_close(a->sender);
    telegram_release(a);
}

static const char *telegram_health(struct adapter *a, struct buf *detail)
{
    const struct poll *p = &a->poll;
    int64_t age_s = p->completed_ms ? (clock_mono_ms() - p->completed_ms) / 1000 : -1;
    if (p->state != POLL_OK)
        buf_printf(detail, "%s; ", poll_state_name(p->state));
    if (age_s >= 0)
        buf_printf(detail, "last poll %lld s ago, ", (long long)age_s);
    buf_printf(detail, "%zu waiting to be sent", tg_sender_waiting(a->sender));
    /* Above high water it does not poll: that is the gateway's trouble, and said there. */
    bool stale = a->intake && !a->batch.live && age_s > 2 * a->poll_s + 20;
    return p->state == POLL_UNAUTHORIZED ? "down" : p->state != POLL_OK || stale ? "degraded" : "ok";
}

const struct adapter_ops adapter_telegram = {
    .name = "telegram",
    .open = telegram_open,
    .intake = telegram_intake,
    .close = telegram_close,
    .refused = question_refused,
    .replay = question_replay,
    .accepted = question_accepted,
    .progress = typing_progress,
    .deliver = post_deliver,
    .failed = question_failed,
    .parts = post_parts,
    .health = telegram_health,
};
