/* SPDX-License-Identifier: Apache-2.0
 *
 * /usage, /export, /forget: what somebody asks about themselves. A group's conversation is not one person's,
 * so there only the usage is told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "adapters/telegram/inside.h"
#include "base/utf.h"
#include "chat/about.h"

#define EXPORT_BYTES 50000 /* of text; more than that is cut at its beginning */

struct asked {
    struct item *it;
    enum person_what what;
};

static void told(void *ctx, int rc, const char *json)
{
    struct asked *q = ctx;
    struct item *it = q->it;
    struct account *a = it->a;
    struct buf out = BUF_INIT(4U << 20);
    chat_about(&out, it->lang, q->what, rc, json);
    const char *text = buf_text(&out);
    if (out.len > EXPORT_BYTES) /* the newest is kept */
        text += out.len - utf8_floor(text, out.len, EXPORT_BYTES);
    while (((unsigned char)*text & 0xC0U) == 0x80U)
        text++;
    if (!a->closing)
        question_reply(it, text, "");
    buf_free(&out);
    account_release(a);
    free(q);
}

void person_tell(struct item *it, enum person_what what)
{
    struct account *a = it->a;
    char user[24];
    struct asked *q = calloc(1, sizeof *q);
    if (!q) {
        post_why(it, TEXT_TROUBLE);
        batch_done(it);
        return;
    }
    *q = (struct asked){ it, what };
    snprintf(user, sizeof user, "%lld", (long long)it->u->from_id);
    const struct message who = {
        .channel = CHANNEL, .bot = a->bot, .user = user, .conversation = it->conversation
    };
    account_hold(a);
    a->host->person(a->host, what, &who, told, q);
}
