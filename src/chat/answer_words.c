/* SPDX-License-Identifier: Apache-2.0
 *
 * The quota's notices are made here and not in the pipeline, because here it is known what language the
 * platform speaks with this person.
 */
#include "chat/answer_words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "chat/texts.h"
#include "conf/snapshot.h"

static bool linked(const char *source)
{
    return strncasecmp(source, "https://", 8) == 0 || strncasecmp(source, "http://", 7) == 0;
}

struct rich_source *chat_answer_sources(const struct turn *t, size_t *n, struct arena *words)
{
    *n = t->snap->config->answer.footer ? t->answer.sources : 0;
    struct rich_source *source = arena_array(words, *n + 1, sizeof *source);
    for (size_t i = 0; i < *n && source; i++) {
        const struct source *s = &t->answer.source[i];
        source[i] = (struct rich_source){ .n = s->n,
                                          .title = s->title && s->title[0] ? s->title : s->source,
                                          .url = s->source && linked(s->source) ? s->source : "" };
    }
    return source;
}

static bool warned(const struct turn *t, const char *code)
{
    for (size_t i = 0; i < t->validation.warnings; i++)
        if (strcmp(t->validation.warning[i], code) == 0)
            return true;
    return false;
}

/* Of the quota's notice: the day on which it begins anew. */
static void put_quota_over(struct buf *out, const struct turn *t, const char *lang)
{
    const char *details = t->answer.details_json ? t->answer.details_json : "{}";
    cJSON *o = NULL;
    char limit[24];
    snprintf(limit, sizeof limit, "%lld", (long long)t->quota.limit);
    if (json_parse(&o, details, strlen(details), NULL))
        o = NULL;
    const char *const arg[] = { limit, json_text(o, "resets", "") };
    text_fill(out, lang, TEXT_QUOTA_OVER, arg, ARRAY_LEN(arg));
    cJSON_Delete(o);
}

static void put_quota_near(struct buf *out, const struct turn *t, const char *lang)
{
    char used[24], limit[24];
    snprintf(used, sizeof used, "%lld", (long long)t->quota.used);
    snprintf(limit, sizeof limit, "%lld", (long long)t->quota.limit);
    const char *const arg[] = { used, limit };
    buf_adds(out, "\n\n*");
    text_fill(out, lang, TEXT_QUOTA_NEAR, arg, ARRAY_LEN(arg));
    buf_adds(out, "*");
}

const char *chat_answer_words(const struct turn *t, const char *lang, struct arena *words)
{
    struct buf b = BUF_INIT(CHAT_WORDS_MAX);
    if (strcmp(t->answer.code, "quota_exceeded") == 0)
        put_quota_over(&b, t, lang);
    else
        buf_adds(&b, t->answer.text ? t->answer.text : "");
    if (t->snap->config->answer.footer && warned(t, "quota_nearly_used"))
        put_quota_near(&b, t, lang);
    char *text = b.failed ? NULL : arena_strndup(words, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}
