/* SPDX-License-Identifier: Apache-2.0
 *
 * The menu of commands, in each language and for private chats and groups. It is set when its hash is not the
 * one in the store: setMyCommands at every start earns a 429. One call after the other, beside the polls;
 * what fails is tried again at the next start.
 */
#include <stdio.h>
#include <string.h>

#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/hash.h"

#define BODY_MAX 8192
#define SCOPES   2

static const struct {
    const char *name;
    enum text text;
    bool in_groups;
} menu[] = {
    { "ask", TEXT_MENU_ASK, true },
    { "help", TEXT_MENU_HELP, true },
    { "language", TEXT_MENU_LANGUAGE, false },
    { "privacy", TEXT_MENU_PRIVACY, true },
    { "reset", TEXT_MENU_RESET, true },
    { "usage", TEXT_MENU_USAGE, true },
    { "export", TEXT_MENU_EXPORT, true },
    { "forget", TEXT_MENU_FORGET, true },
};

/* The n-th call: scopes by languages, the first of which is for all who speak none of them. */
static bool menu_call(struct buf *body, size_t n)
{
    struct tg_command command[ARRAY_LEN(menu)];
    size_t len = 0, language = n / SCOPES;
    bool groups = n % SCOPES;
    if (language > text_languages_len)
        return false;
    const struct text_language *l = &text_languages[language ? language - 1 : 0];
    for (size_t i = 0; i < ARRAY_LEN(menu); i++)
        if (!groups || menu[i].in_groups)
            command[len++] = (struct tg_command){ menu[i].name, l->text[menu[i].text] };
    tg_set_commands(body, command, len, groups ? "all_group_chats" : "default", language ? l->code : "");
    return !body->failed;
}

static void menu_hash(char out[SHA256_HEX])
{
    struct buf all = BUF_INIT(1U << 20), body = BUF_INIT(BODY_MAX);
    for (size_t n = 0; menu_call(&body, n); n++) {
        buf_add(&all, buf_text(&body), body.len);
        buf_clear(&body);
    }
    sha256_hex(out, buf_text(&all), all.len);
    buf_free(&all);
    buf_free(&body);
}

static void menu_next(struct account *a);

static void on_set(void *ctx, const struct tg_reply *reply, bool maybe X_UNUSED)
{
    struct account *a = ctx;
    if (reply->end == TG_OK && !a->closing) {
        a->menu_next++;
        menu_next(a);
    } else if (!a->closing) {
        log_warn("telegram.menu_not_set", "bot=%s detail=\"%s\"", a->bot, reply->detail);
    }
    account_release(a);
}

static void menu_next(struct account *a)
{
    struct buf body = BUF_INIT(BODY_MAX);
    char key[KEY_MAX];
    if (!menu_call(&body, a->menu_next)) {
        account_key(key, a, "menu");
        a->host->state_put(a->host, key, a->menu_hash, 0, NULL, NULL);
        log_info("telegram.menu_set", "bot=%s calls=%zu", a->bot, a->menu_next);
    } else {
        const struct tg_call call = {
            .method = "setMyCommands", .body = buf_text(&body), .done = on_set, .ctx = a
        };
        account_hold(a);
        if (tg_send(a->sender, &call))
            account_release(a);
    }
    buf_free(&body);
}

static void on_hash(void *ctx, int rc, const char *value)
{
    struct account *a = ctx;
    if (rc == 0 && !a->closing && (!value || strcmp(value, a->menu_hash) != 0))
        menu_next(a);
    account_release(a);
}

void menu_sync(struct account *a)
{
    char key[KEY_MAX];
    menu_hash(a->menu_hash);
    a->menu_next = 0;
    account_key(key, a, "menu");
    account_hold(a);
    a->host->state_get(a->host, key, on_hash, a);
}
