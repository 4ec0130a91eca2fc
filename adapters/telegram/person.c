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

#define EXPORT_BYTES 60000 /* of text; more than that is cut at its beginning */

struct asked {
    struct adapter *a;
    struct place where;
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
        buf_printf(out, "%s%.16s %s\n", out->len ? "\n\n" : "", json_text(m, "at", ""), you ? "<" : ">");
        buf_adds(out, json_text(m, "text", ""));
    }
    if (!out->len)
        buf_adds(out, text_in(lang, TEXT_NOTHING_KEPT));
}

static void told(void *ctx, int rc, const char *json)
{
    struct asked *q = ctx;
    struct buf out = BUF_INIT(4U << 20);
    cJSON *o = NULL;
    if (rc || json_parse(&o, json, strlen(json), NULL))
        buf_adds(&out, text_in(q->where.lang, TEXT_TROUBLE));
    else if (q->what == PERSON_USAGE)
        usage_text(&out, q->where.lang, o);
    else if (q->what == PERSON_EXPORT)
        export_text(&out, q->where.lang, o);
    else
        buf_adds(&out, text_in(q->where.lang, TEXT_FORGOTTEN));
    const char *text = buf_text(&out);
    if (out.len > EXPORT_BYTES) /* the newest is kept */
        text += out.len - utf8_floor(text, out.len, EXPORT_BYTES);
    while (((unsigned char)*text & 0xC0U) == 0x80U)
        text++;
    if (!q->a->closing)
        post_long(q->a, &q->where, text);
    cJSON_Delete(o);
    buf_free(&out);
    telegram_release(q->a);
    free(q);
}

void person_tell(const struct item *it, enum person_what what)
{
    struct adapter *a = it->a;
    char user[24];
    struct asked *q = calloc(1, sizeof *q);
    if (!q) {
        post_why(it, TEXT_TROUBLE);
        return;
    }
    *q = (struct asked){ a, post_place_of(it), what };
    snprintf(user, sizeof user, "%lld", (long long)it->u->from_id);
    const struct message who = {
        .channel = "telegram", .bot = a->bot, .user = user, .conversation = it->conversation
    };
    telegram_hold(a);
    a->host->person(a->host, what, &who, told, q);
}
