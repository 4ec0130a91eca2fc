/* SPDX-License-Identifier: Apache-2.0
 *
 * One request at a time: getMe, then getUpdates for ever. Whatever goes wrong (no answer, a hung or half-open
 * socket, 5xx, bytes that are no answer) ends in the same place: the call is over, a wait, a new connection.
 * There is no watchdog beside it that could fight it: the total time of a request is its bound. Every change
 * of state is one line in the log, however long it lasts. With a webhook the same loop sets it, and looks
 * now and then whether it is still set: another program with this token may have taken it away.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"

#define CONNECT_MS  10000
#define SHORT_MS    20000 /* of a call that Telegram does not hold back */
#define SLACK_MS    10000 /* beyond what Telegram was asked to wait */
#define SPACING_MS  1250  /* between two polls that brought nothing: 5 in 6 seconds at most */
#define BACKOFF_MS  1000
#define BACKOFF_CAP 30000
#define CONFLICT_MS 3000 /* tdlib/telegram-bot-api delays a repeated conflict by as much */
#define GARBLED_MAX 3
#define OFFSET_MS   (24 * 3600000LL) /* Bot API, getUpdates: updates are kept no longer than 24 hours */

const char *poll_state_name(enum poll_state s)
{
    static const char *const name[] = {
        [POLL_STARTING] = "starting",
        [POLL_OK] = "ok",
        [POLL_NETWORK] = "no answer",
        [POLL_CONFLICT] = "another program polls with this token",
        [POLL_WEBHOOK] = "a webhook is set",
        [POLL_FLOOD] = "told to wait",
        [POLL_REFUSED] = "the webhook is refused",
        [POLL_UNAUTHORIZED] = "the token is not valid",
    };
    return name[s];
}

static void state_is(struct account *a, enum poll_state s, const char *detail)
{
    if (a->poll.state == s)
        return;
    a->poll.state = s;
    if (s == POLL_UNAUTHORIZED)
        log_error("telegram.unauthorized", "bot=%s detail=\"%s\" hint=\"set telegram.token, start again\"",
                  a->bot, detail);
    else if (s == POLL_OK)
        log_info("telegram.up", "bot=%s name=%s", a->bot, a->me.username);
    else
        log_warn("telegram.trouble", "bot=%s why=\"%s\" detail=\"%s\"", a->bot, poll_state_name(s), detail);
    if (s == POLL_OK)
        post_up(a);
}

/* ---- what came ---- */

static int64_t at_least(int64_t least_ms, int64_t ms)
{
    return ms > least_ms ? ms : least_ms;
}

static int64_t pause_ms(struct account *a)
{
    return at_least(BACKOFF_MS, backoff_next_ms(&a->poll.backoff));
}

static void got_me(struct account *a)
{
    struct err err = { "" };
    if (tg_me_read(buf_text(&a->poll.body), a->poll.body.len, &a->me, &err)) {
        state_is(a, POLL_NETWORK, err.text);
        poll_go(a, pause_ms(a));
        return;
    }
    a->poll.ask = a->hook_url ? ASK_HOOK : ASK_UPDATES;
    a->poll.completed_ms = clock_mono_ms();
    if (!a->hook_url)
        state_is(a, POLL_OK, "");
    if (!a->me.reads_groups)
        log_info("telegram.privacy_mode",
                 "bot=%s hint=\"in groups it sees mentions, replies and commands only\"", a->bot);
    menu_sync(a);
    poll_go(a, 1);
}

/* Bytes that are no answer again and again at the same offset, or one update that is too large: what Telegram
 * holds there is passed over. One update lost is better than a bot that never hears again. */
static void skip_poison(struct account *a)
{
    static const char member[] = "\"update_id\":";
    struct poll *p = &a->poll;
    const char *at = strstr(buf_text(&p->body), member);
    int64_t id;
    if (!at)
        return;
    at += sizeof member - 1;
    at += strspn(at, " ");
    if (!str_int((struct str){ at, strspn(at, "0123456789") }, 1, INT64_MAX - 1, &id))
        return;
    log_error("telegram.update_skipped", "bot=%s update=%lld", a->bot, (long long)id);
    p->garbled = 0;
    p->offset = id + 1;
    p->offset_ms = clock_wall_ms();
}

/* Read at once: tg_reply_read takes no more than 1 MiB. */
static int got_updates(struct account *a)
{
    struct poll *p = &a->poll;
    struct batch *b = batch_new(a);
    struct tg_update *u;
    size_t n, unreadable;
    struct err err = { "" };
    int rc =
        b ? tg_updates_read(buf_text(&p->body), p->body.len, &a->me, &b->words, &u, &n, &unreadable, &err)
          : -ENOMEM;
    if (rc) {
        batch_drop(b);
        return rc;
    }
    p->garbled = 0;
    p->limit = n < (size_t)p->limit ? TG_BATCH_MAX : p->limit;
    p->completed_ms = clock_mono_ms();
    backoff_reset(&p->backoff);
    state_is(a, POLL_OK, "");
    if (unreadable)
        log_warn("telegram.unreadable", "bot=%s updates=%zu", a->bot, unreadable);
    buf_clear(&p->body);
    if (n) {
        batch_begin(b, u, n);
        return 0;
    }
    batch_drop(b);
    poll_go(a, at_least(1, p->began_ms + SPACING_MS - p->completed_ms));
    return 0;
}

/* ---- the webhook ---- */

static void hook_is_set(struct account *a)
{
    a->poll.ask = ASK_HOOKED;
    a->poll.completed_ms = clock_mono_ms();
    backoff_reset(&a->poll.backoff);
    state_is(a, POLL_OK, "");
    poll_go(a, a->poll_s * 1000LL);
}

/* What Telegram says of its calls is told once for each time it failed. */
static void got_hooked(struct account *a)
{
    struct tg_hook hook;
    struct err err = { "" };
    if (tg_hook_read(buf_text(&a->poll.body), a->poll.body.len, &hook, &err)) {
        state_is(a, POLL_NETWORK, err.text);
        poll_go(a, pause_ms(a));
        return;
    }
    if (hook.error_s > a->poll.hook_error_s && a->poll.hook_error_s)
        log_warn("telegram.webhook_failing", "bot=%s pending=%lld detail=\"%s\"", a->bot,
                 (long long)hook.pending, hook.detail);
    a->poll.hook_error_s = hook.error_s > 0 ? hook.error_s : 1;
    if (strcmp(hook.url, a->hook_url) == 0) {
        hook_is_set(a);
        return;
    }
    log_warn("telegram.webhook_lost", "bot=%s hint=\"another program with this token has changed it\"",
             a->bot);
    a->poll.ask = ASK_HOOK;
    poll_go(a, 1);
}

static void got_ok(struct account *a)
{
    switch (a->poll.ask) {
    case ASK_ME:
        got_me(a);
        break;
    case ASK_UNHOOK:
        log_info("telegram.webhook_taken_away", "bot=%s pending=kept", a->bot);
        a->poll.ask = ASK_UPDATES;
        poll_go(a, 1);
        break;
    case ASK_HOOK:
        log_info("telegram.webhook_set", "bot=%s", a->bot);
        hook_is_set(a);
        break;
    case ASK_HOOKED:
        got_hooked(a);
        break;
    case ASK_UPDATES: /* it says ok, and nothing could be made of it */
        state_is(a, POLL_NETWORK, "garbled");
        poll_go(a, pause_ms(a));
        break;
    }
}

static void got_conflict(struct account *a, const char *detail)
{
    bool hook = strstr(detail, "webhook") != NULL;
    state_is(a, hook ? POLL_WEBHOOK : POLL_CONFLICT, detail);
    a->poll.ask = hook ? ASK_UNHOOK : ASK_UPDATES;
    poll_go(a, at_least(CONFLICT_MS, backoff_next_ms(&a->poll.backoff)));
}

static void got(struct account *a, const struct tg_reply *r)
{
    switch (r->end) {
    case TG_OK:
        got_ok(a);
        break;
    case TG_CONFLICT:
        got_conflict(a, r->detail);
        break;
    case TG_FLOOD:
        state_is(a, POLL_FLOOD, r->detail);
        poll_go(a, at_least(BACKOFF_MS, r->retry_after_ms));
        break;
    case TG_UNAUTHORIZED:
        state_is(a, POLL_UNAUTHORIZED, r->detail);
        break;
    case TG_RETRY:
    case TG_MOVED:
    case TG_NO_THREAD:
    case TG_GONE:
    case TG_BAD_ENTITIES:
    case TG_BAD:
        state_is(a, a->poll.ask == ASK_HOOK && r->end == TG_BAD ? POLL_REFUSED : POLL_NETWORK, r->detail);
        poll_go(a, pause_ms(a));
        break;
    }
}

/* ---- the request ---- */

static int on_part(void *ctx, const char *bytes, size_t len)
{
    struct account *a = ctx;
    buf_add(&a->poll.body, bytes, len);
    return a->poll.body.failed ? -ENOMEM : 0;
}

/* All at once are too much: one by one, until they come through again. */
static void got_too_much(struct account *a)
{
    struct poll *p = &a->poll;
    bool one = p->limit == 1;
    if (one)
        skip_poison(a);
    p->limit = 1;
    poll_go(a, one ? pause_ms(a) : 1);
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct account *a = ctx;
    struct poll *p = &a->poll;
    const char *header = http_header(p->call, "retry-after");
    struct tg_reply r;
    int64_t wait_s = -1;
    if (header)
        str_int(str_of(header), 0, 86400, &wait_s);
    p->call = NULL;
    if (how == HTTP_TOO_BIG && p->ask == ASK_UPDATES) {
        got_too_much(a);
        return;
    }
    if (how != HTTP_OK) {
        state_is(a, POLL_NETWORK, detail);
        poll_go(a, pause_ms(a));
        return;
    }
    if (status == 200 && p->ask == ASK_UPDATES) {
        if (got_updates(a) == 0)
            return;
        if (++p->garbled >= GARBLED_MAX)
            skip_poison(a);
    }
    tg_reply_read(status, wait_s, buf_text(&p->body), p->body.len, &r);
    got(a, &r);
}

static const char *request_fill(struct account *a, struct buf *body, int *total_ms)
{
    *total_ms = SHORT_MS;
    switch (a->poll.ask) {
    case ASK_ME:
        buf_adds(body, "{}");
        return "getMe";
    case ASK_UNHOOK:
        buf_adds(body, "{\"drop_pending_updates\":false}");
        return "deleteWebhook";
    case ASK_HOOK:
        tg_set_webhook(body, a->hook_url, a->hook_secret, a->me.guest);
        return "setWebhook";
    case ASK_HOOKED:
        buf_adds(body, "{}");
        return "getWebhookInfo";
    case ASK_UPDATES:
        break;
    }
    /* An offset says nothing a day later: what it did not confirm is gone, and the next id may be smaller. */
    if (clock_wall_ms() - a->poll.offset_ms > OFFSET_MS)
        a->poll.offset = 0;
    /* After trouble it is told at once whether that is over. */
    int held_s = a->poll.state == POLL_OK ? a->poll_s : 0;
    *total_ms = held_s * 1000 + SLACK_MS;
    tg_get_updates(body, a->poll.offset, a->poll.limit, held_s, a->me.guest);
    return "getUpdates";
}

static int request_start(struct account *a, struct err *err)
{
    static const char *const header[] = { "Content-Type: application/json" };
    struct poll *p = &a->poll;
    struct buf body = BUF_INIT(4096), url = BUF_INIT(4096);
    int total_ms;
    const char *method = request_fill(a, &body, &total_ms);
    buf_printf(&url, "%s/bot%s/%s", a->api, a->token, method);
    const struct http_request req = { .method = "POST",
                                      .url = buf_text(&url),
                                      .header = header,
                                      .headers = ARRAY_LEN(header),
                                      .body = buf_text(&body),
                                      .body_len = body.len,
                                      .proxy = a->proxy,
                                      .ipv4 = a->ipv4,
                                      .fresh = p->state != POLL_OK,
                                      .connect_ms = CONNECT_MS,
                                      .total_ms = total_ms,
                                      .body_cap_bytes = TG_BODY_MAX,
                                      .ctx = a,
                                      .body_part = on_part,
                                      .done = on_done };
    int rc = body.failed || url.failed ? err_set(err, -ENOMEM, "out of memory")
                                       : http_start(a->host->http, &req, &p->call, err);
    buf_free(&body);
    buf_free(&url);
    return rc;
}

static void on_offset(void *ctx, int rc, const char *value)
{
    struct account *a = ctx;
    int64_t offset;
    if (rc == 0 && value && str_int(str_of(value), 1, INT64_MAX - 1, &offset)) {
        a->poll.offset = offset;
        a->poll.offset_ms = clock_wall_ms();
    }
    poll_go(a, 1);
    account_release(a);
}

static void on_timer(struct timer *t)
{
    struct account *a = CONTAINER_OF(t, struct account, poll.timer);
    struct poll *p = &a->poll;
    struct err err = { "" };
    if (!p->loaded && !a->hook_url) {
        char key[KEY_MAX];
        p->loaded = true;
        account_key(key, a, "offset");
        account_hold(a);
        a->host->state_get(a->host, key, on_offset, a);
        return;
    }
    buf_clear(&p->body);
    p->began_ms = clock_mono_ms();
    int rc = request_start(a, &err);
    if (rc) {
        p->call = NULL;
        state_is(a, POLL_NETWORK, err.text);
        poll_go(a, pause_ms(a));
    }
}

void poll_go(struct account *a, int64_t after_ms)
{
    if (a->intake && !a->closing && !a->poll.call && !a->polled && a->poll.state != POLL_UNAUTHORIZED)
        timer_start(&a->poll.timer, after_ms);
}

static void on_confirmed(void *ctx, int rc, const char *value X_UNUSED)
{
    struct account *a = ctx;
    if (rc)
        log_warn("telegram.offset_not_kept", "bot=%s rc=%s", a->bot, status_name(rc));
    poll_go(a, 1); /* without it a restart only hears again what is stored already */
    account_release(a);
}

void poll_confirm(struct account *a, int64_t offset)
{
    char key[KEY_MAX], value[24];
    a->poll.offset = offset;
    a->poll.offset_ms = clock_wall_ms();
    snprintf(value, sizeof value, "%lld", (long long)offset);
    account_key(key, a, "offset");
    account_hold(a);
    a->host->state_put(a->host, key, value, a->poll.offset_ms + OFFSET_MS, on_confirmed, a);
}

static void timer_gone(struct timer *t)
{
    account_release(CONTAINER_OF(t, struct account, poll.timer));
}

void poll_open(struct account *a)
{
    struct poll *p = &a->poll;
    p->limit = TG_BATCH_MAX;
    p->backoff = (struct backoff){ .base_ms = BACKOFF_MS, .cap_ms = BACKOFF_CAP };
    buf_init(&p->body, TG_BODY_MAX);
    account_hold(a);
    timer_open(&p->timer, a->host->loop, on_timer);
    poll_go(a, 1);
}

void poll_pause(struct account *a)
{
    timer_stop(&a->poll.timer);
    if (a->poll.call)
        http_cancel(a->poll.call); /* what it would have brought is not confirmed: it comes again */
    a->poll.call = NULL;
}

void poll_close(struct account *a)
{
    poll_pause(a);
    timer_close(&a->poll.timer, timer_gone);
}
