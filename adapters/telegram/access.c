/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairing: a chat that nobody has let in is given a code, and whoever of it knows an admin shows it to them.
 * Codes are kept in memory only, a few at a time and for an hour; what an admin has said is kept for good.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/rand.h"

#define CODE_MS 3600000

void access_key(char out[KEY_MAX], const struct account *a, int64_t chat)
{
    account_key(out, a, "pair.%lld", (long long)chat);
}

/* Letters and digits that nobody takes for one another. */
static void code_new(char code[9])
{
    static const char letter[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (size_t i = 0; i < 8; i++)
        code[i] = letter[rand_below(sizeof letter - 1)];
    code[8] = '\0';
}

/* The chat's own place, else a free one; NULL: too many wait. */
static struct pair *pair_of(struct account *a, int64_t chat, int64_t now)
{
    struct pair *found = NULL;
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *p = &a->pair[i];
        if (p->chat == chat && p->until_ms > now)
            return p;
        if (p->until_ms <= now)
            found = p;
    }
    if (found) {
        *found = (struct pair){ .chat = chat, .until_ms = now + CODE_MS };
        code_new(found->code);
    }
    return found;
}

void access_ask(struct item *it)
{
    struct account *a = it->a;
    const struct place where = place_of(it);
    struct buf text = BUF_INIT(4096);
    if (!post_why_due(a, where.chat))
        return;
    struct pair *p = pair_of(a, where.chat, clock_mono_ms());
    if (!p) {
        log_warn("telegram.pairing_full", "bot=%s waiting=%d", a->bot, PAIRS_MAX);
        post_tell(a, &where, text_in(it->lang, TEXT_DENIED));
        return;
    }
    const char *const arg[] = { p->code };
    p->group = where.group;
    memcpy(p->lang, it->lang, sizeof p->lang);
    text_fill(&text, it->lang, TEXT_PAIR, arg, ARRAY_LEN(arg));
    post_tell(a, &where, buf_text(&text));
    log_info("telegram.pairing_asked", "bot=%s", a->bot);
    buf_free(&text);
}

static void reply_about(struct item *it, enum text which, const char *chat)
{
    const char *const arg[] = { chat };
    struct buf text = BUF_INIT(4096);
    text_fill(&text, it->lang, which, arg, ARRAY_LEN(arg));
    question_reply(it, buf_text(&text), "");
    buf_free(&text);
}

void access_approve(struct item *it)
{
    struct account *a = it->a;
    struct pair *p = NULL;
    char key[KEY_MAX], chat[24];
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (a->pair[i].until_ms > clock_mono_ms() && strcasecmp(a->pair[i].code, it->u->text) == 0)
            p = &a->pair[i];
    if (!p) {
        question_reply(it, text_in(it->lang, TEXT_CODE_UNKNOWN), "");
        return;
    }
    const struct place there = { .chat = p->chat, .group = p->group };
    snprintf(chat, sizeof chat, "%lld", (long long)p->chat);
    access_key(key, a, p->chat);
    a->host->state_put(a->host, key, "1", 0, NULL, NULL);
    log_info("telegram.paired", "bot=%s", a->bot);
    post_tell(a, &there, text_in(p->lang, TEXT_PAIRED));
    *p = (struct pair){ 0 };
    reply_about(it, TEXT_APPROVED, chat);
}

void access_revoke(struct item *it)
{
    struct account *a = it->a;
    char key[KEY_MAX];
    int64_t chat;
    if (!str_int(str_of(it->u->text), INT64_MIN, INT64_MAX, &chat)) {
        question_reply(it, "/revoke ID", "");
        return;
    }
    access_key(key, a, chat);
    a->host->state_put(a->host, key, NULL, 0, NULL, NULL);
    log_info("telegram.unpaired", "bot=%s", a->bot);
    question_reply(it, text_in(it->lang, TEXT_REVOKED), "");
}
