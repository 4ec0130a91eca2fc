/* SPDX-License-Identifier: Apache-2.0
 *
 * Usage, export, and that it is forgotten.
 */
#include "chat/about.h"

#include <string.h>

#include "base/json.h"
#include "chat/texts.h"

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

void chat_about(struct buf *out, const char *lang, enum person_what what, int rc, const char *json)
{
    cJSON *o = NULL;
    if (rc || json_parse(&o, json, strlen(json), NULL))
        buf_adds(out, text_in(lang, TEXT_TROUBLE));
    else if (what == PERSON_USAGE)
        usage_text(out, lang, o);
    else if (what == PERSON_EXPORT)
        export_text(out, lang, o);
    else
        buf_adds(out, text_in(lang, TEXT_FORGOTTEN));
    cJSON_Delete(o);
}
