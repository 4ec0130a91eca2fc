/* SPDX-License-Identifier: Apache-2.0
 *
 * The bots of this process: each token of the configuration is an account of its own (account.c), and what
 * the gateway has to say goes to the account whose id it names.
 */
#include "adapters/telegram/telegram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/telegram/inside.h"

struct adapter {
    struct account *at[CONFIG_BOTS_MAX];
    size_t n, live; /* live: accounts not freed, and the adapter itself until it is closed */
};

void telegram_gone(struct adapter *t)
{
    if (--t->live == 0)
        free(t);
}

static struct account *account_of(const struct adapter *t, const char *bot)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->at[i]->bot, bot) == 0)
            return t->at[i];
    return NULL;
}

static void telegram_close(struct adapter *t)
{
    for (size_t i = 0; i < t->n; i++)
        account_close(t->at[i]);
    t->n = 0;
    telegram_gone(t);
}

static int open_all(struct adapter *t, struct host *host, const struct config *c, struct err *err)
{
    for (size_t i = 0; i < c->telegram.n; i++) {
        if (!c->telegram.at[i].token[0])
            continue;
        int rc = account_open(&t->at[t->n], t, host, &c->telegram.at[i], c->server.base_path, err);
        if (rc)
            return rc;
        t->n++;
        t->live++;
    }
    return t->n ? 0 : err_set(err, X_E_NOT_FOUND, "telegram.token is not set");
}

static int telegram_open(struct adapter **out, struct host *host, struct err *err)
{
    struct adapter *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, -ENOMEM, "out of memory");
    struct snapshot *s = host->snapshot(host);
    t->live = 1;
    int rc = open_all(t, host, s->config, err);
    snapshot_unref(s);
    if (rc)
        telegram_close(t);
    else
        *out = t;
    return rc;
}

static void telegram_intake(struct adapter *t, bool on)
{
    for (size_t i = 0; i < t->n; i++)
        account_intake(t->at[i], on);
}

/* ---- to the account ---- */

static struct account *of(const struct adapter *t, const struct turn *turn)
{
    return account_of(t, turn->msg.bot);
}

static void on_refused(struct adapter *t, struct turn *turn, const struct refusal *why)
{
    question_refused(of(t, turn), turn, why);
}

static void on_replay(struct adapter *t, struct turn *turn, const char *answer_json X_UNUSED)
{
    question_replay(of(t, turn), turn);
}

static void on_accepted(struct adapter *t, struct turn *turn)
{
    question_accepted(of(t, turn), turn);
}

/* A turn that was taken up again after a restart may be of a bot that is not here any more. */
static void on_failed(struct adapter *t, struct turn *turn, const struct refusal *why X_UNUSED)
{
    question_failed(of(t, turn), turn);
}

static void on_progress(struct adapter *t, struct turn *turn, const char *what)
{
    if (of(t, turn))
        work_progress(of(t, turn), turn, what);
}

static int on_sentence(struct adapter *t X_UNUSED, struct turn *turn, const char *text, size_t len)
{
    work_sentence(turn, text, len);
    return 0;
}

static void on_restart(struct adapter *t X_UNUSED, struct turn *turn)
{
    work_restart(turn);
}

static int on_parts(struct adapter *t, const struct turn *turn, struct arena *words,
                    const char *const **payload, size_t *n)
{
    return parts_of(of(t, turn), turn, words, payload, n);
}

/* Without an account the address is looked at by any: it says that it is not for it. */
static void on_deliver(struct adapter *t, const struct delivery *d)
{
    struct account *a = account_of(t, d->bot);
    post_deliver(a ? a : t->at[0], d);
}

static int rank(const char *health)
{
    return strcmp(health, "down") == 0 ? 2 : strcmp(health, "degraded") == 0;
}

static const char *telegram_health(struct adapter *t, struct buf *detail)
{
    const char *worst = "ok";
    for (size_t i = 0; i < t->n; i++) {
        if (t->n > 1)
            buf_printf(detail, "%s%s: ", i ? "; " : "", t->at[i]->me.username);
        const char *is = account_health(t->at[i], detail);
        worst = rank(is) > rank(worst) ? is : worst;
    }
    return worst;
}

const struct adapter_ops adapter_telegram = {
    .name = CHANNEL,
    .open = telegram_open,
    .intake = telegram_intake,
    .close = telegram_close,
    .refused = on_refused,
    .replay = on_replay,
    .accepted = on_accepted,
    .progress = on_progress,
    .sentence = on_sentence,
    .restart = on_restart,
    .deliver = on_deliver,
    .failed = on_failed,
    .parts = on_parts,
    .health = telegram_health,
};
