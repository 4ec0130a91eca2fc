/* SPDX-License-Identifier: Apache-2.0
 *
 * One bot: opened with its token, closed in steps because timers, calls and requests to the store come back
 * later. Opening asks nobody: a Telegram that is away, or a token that is wrong, does not hold up the daemon.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/telegram/inside.h"
#include "base/hash.h"

#define TELLS_MAX 65536 /* chats remembered for "at most once a minute" */

void account_hold(struct account *a)
{
    a->held++;
}

static void secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void account_release(struct account *a)
{
    if (--a->held)
        return;
    batch_free(a);
    buf_free(&a->poll.body);
    limiter_close(a->tells);
    secret_free(a->token);
    secret_free(a->hook_secret);
    secret_free(a->proxy);
    free(a->hook_url);
    free(a->api);
    if (a->adapter)
        telegram_gone(a->adapter);
    free(a);
}

void account_key(char out[KEY_MAX], const struct account *a, const char *fmt, ...)
{
    va_list ap;
    int n = snprintf(out, KEY_MAX, CHANNEL ".%s.", a->bot);
    va_start(ap, fmt);
    vsnprintf(out + n, KEY_MAX - (size_t)n, fmt, ap);
    va_end(ap);
}

/* ---- opening ---- */

static size_t ids_of(int64_t *out, const char *const *text, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n && len < ADMIT_IDS_MAX; i++)
        len += str_int(str_of(text[i]), INT64_MIN, INT64_MAX, &out[len]);
    return len;
}

static void fill_lists(struct admit_lists *l, const struct config_telegram *c)
{
    l->allows = ids_of(l->allow, c->allow, c->allows);
    l->denies = ids_of(l->deny, c->deny, c->denies);
    l->admins = ids_of(l->admin, c->admin, c->admins);
    l->pairing = c->access == ACCESS_PAIRING;
}

/* Of the URL as it is said: one without a path is completed with ours. */
static char *hook_url(const struct config_telegram *c, const char *base_path)
{
    const char *host = strstr(c->webhook_url, "://");
    bool bare = host && !strchr(host + 3, '/');
    struct buf b = BUF_INIT(4096);
    buf_adds(&b, c->webhook_url);
    if (bare)
        buf_printf(&b, "%s%s", base_path, c->webhook_path);
    return buf_steal(&b);
}

/* Known to nobody who does not know the token, and the same after a restart. */
static char *hook_secret(const struct config_telegram *c)
{
    char hex[SHA256_HEX];
    struct buf b = BUF_INIT(4096);
    if (c->webhook_secret[0])
        return strdup(c->webhook_secret);
    buf_printf(&b, "parley webhook %s", c->token);
    sha256_hex(hex, buf_text(&b), b.len);
    explicit_bzero(b.at, b.len);
    buf_free(&b);
    return strdup(hex);
}

static int fill(struct account *a, const struct config_telegram *c, const char *base_path, struct err *err)
{
    size_t digits = strspn(c->token, "0123456789");
    if (digits == 0 || digits >= sizeof a->bot || c->token[digits] != ':')
        return err_set(err, X_E_INVALID, "telegram%s%s.token is not a bot token (123456:ABC...)",
                       c->name[0] ? "." : "", c->name);
    memcpy(a->bot, c->token, digits);
    a->token = strdup(c->token);
    a->api = strdup(c->api_base);
    a->proxy = strdup(c->proxy);
    a->ipv4 = c->ipv4;
    a->feedback = c->feedback;
    a->progress = c->progress;
    a->poll_s = c->poll_s;
    fill_lists(&a->lists, c);
    if (strcmp(c->mode, "webhook") == 0) {
        a->hook_url = hook_url(c, base_path);
        a->hook_secret = hook_secret(c);
        if (!a->hook_url || !a->hook_secret)
            return err_set(err, -ENOMEM, "out of memory");
    }
    if (!a->token || !a->api || !a->proxy)
        return err_set(err, -ENOMEM, "out of memory");
    int rc = limiter_open(&a->tells, TELLS_MAX, err);
    const struct tg_sender_conf conf = { .api_base = a->api,
                                         .token = a->token,
                                         .bot = a->bot,
                                         .proxy = a->proxy,
                                         .ipv4 = a->ipv4,
                                         .loop = a->host->loop,
                                         .http = a->host->http };
    if (rc == 0)
        rc = tg_sender_open(&a->sender, &conf, err);
    return rc || !a->hook_url ? rc : webhook_open(a, c->webhook_path, err); /* last: it cannot be undone */
}

int account_open(struct account **out, struct adapter *t, struct host *host, const struct config_telegram *c,
                 const char *base_path, struct err *err)
{
    struct account *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, -ENOMEM, "out of memory");
    a->host = host;
    a->intake = true;
    account_hold(a);
    int rc = fill(a, c, base_path, err);
    if (rc) {
        tg_sender_close(a->sender);
        account_release(a);
        return rc;
    }
    a->adapter = t;
    batch_open(a);
    work_open(a);
    poll_open(a);
    *out = a;
    return 0;
}

/* ---- running, closing ---- */

void account_intake(struct account *a, bool on)
{
    a->intake = on;
    if (!on) {
        poll_pause(a);
        return;
    }
    batch_run(a);
    poll_go(a, 1);
}

void account_close(struct account *a)
{
    a->closing = true;
    poll_close(a);
    batch_close(a);
    work_close(a);
    post_close(a);
    tg_sender_close(a->sender);
    account_release(a);
}

const char *account_health(struct account *a, struct buf *detail)
{
    const struct poll *p = &a->poll;
    int64_t age_s = p->completed_ms ? (clock_mono_ms() - p->completed_ms) / 1000 : -1;
    if (p->state != POLL_OK)
        buf_printf(detail, "%s; ", poll_state_name(p->state));
    if (age_s >= 0)
        buf_printf(detail, "%s %lld s ago, ", a->hook_url ? "webhook looked at" : "last poll",
                   (long long)age_s);
    buf_printf(detail, "%zu waiting to be sent", tg_sender_waiting(a->sender));
    /* Above high water it does not poll: that is the gateway's trouble, and said there. */
    bool stale = a->intake && !a->polled && age_s > 2 * a->poll_s + 20;
    return p->state == POLL_UNAUTHORIZED ? "down" : p->state != POLL_OK || stale ? "degraded" : "ok";
}
