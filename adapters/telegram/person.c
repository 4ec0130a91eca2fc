/* SPDX-License-Identifier: Apache-2.0
 *
 * /usage, /export, /forget: what somebody asks about themselves. A group's conversation is not one person's,
 * so there only the usage is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/telegram/inside.h"
#include "base/json.h"
#include "base/utf.h"

#define EXPORT_BYTES 50000 /* of text; more than that is cut at its beginning */

struct asked {
    struct item *it;
    enum person_what what;
};

static void usage_text(struct buf *out, const char *lang, const cJSON *o)
{
    double limit = json_number(o, "limit", -1);
    buf_printf(out, "%s: %.0f", text_in(lang, TEXT_USAGE), json_number(o, "used", 0));
    if (limit >= 0)
        buf_printf(out, " / %.0f", limit);
    buf_printf(out, " (%s)", json_text(o, "tier", ""));
}

static void export_text(struct buf *out, const char *lang, const cJSON *o)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(o, "messages"))
    {
        bool you = strcmp(json_text(m, "from", ""), "you") == 0;
        buf_printf(out, "%s%.16s %s:\n", out->len ? "\n\n" : "", json_text(m, "at", ""),
                   text_in(lang, you ? TEXT_YOU : TEXT_BOT));
        buf_adds(out, json_text(m, "text", ""));
    }
    if (!out->len)
        buf_adds(out, text_in(lang, TEXT_NOTHING_KEPT));
}

static void told(void *ctx, int rc, const char *json)
{
    struct asked *q = ctx;
    struct item *it = q->it;
    struct account *a = it->a;
    struct buf out = BUF_INIT(4U << 20);
    cJSON *o = NULL;
    if (rc || json_parse(&o, json, strlen(json), NULL))
        buf_adds(&out, text_in(it->lang, TEXT_TROUBLE));
    else if (q->what == PERSON_USAGE)
        usage_text(&out, it->lang, o);
    else if (q->what == PERSON_EXPORT)
        export_text(&out, it->lang, o);
    else
        buf_adds(&out, text_in(it->lang, TEXT_FORGOTTEN));
    const char *text = buf_text(&out);
    if (out.len > EXPORT_BYTES) /* the newest is kept */
        text += out.len - utf8_floor(text, out.len, EXPORT_BYTES);
    while (((unsigned char)*text & 0xC0U) == 0x80U)
        text++;
    if (!a->closing)
        question_reply(it, text, "");
    cJSON_Delete(o);
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
