/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer is sent as, made before it is recorded, so that the outbox holds every message whole:
 * text with entities, sources, notices in the person's language, and the buttons under it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/telegram/format.h"
#include "adapters/telegram/inside.h"
#include "adapters/telegram/wire_impl.h"
#include "base/json.h"
#include "base/utf.h"

#define PAYLOAD_MAX (256U << 10) /* of one message: its text, and a hundred links */
#define REPLY_MAX   (1U << 20)
#define AGREE_MS    3600000        /* the consent button keeps the question so long */
#define RATE_MS     (7 * 86400000) /* what a feedback button is good for */

static char *payload_of(const struct tg_text *t, const char *buttons)
{
    struct buf b = BUF_INIT(PAYLOAD_MAX);
    tg_text_json(&b, t, buttons);
    char *json = buf_steal(&b);
    buf_free(&b);
    return json;
}

char *parts_plain(const char *text, const char *buttons)
{
    return payload_of(&(struct tg_text){ .text = text }, buttons);
}

/* ---- an answer ---- */

static bool linked(const char *source)
{
    return strncasecmp(source, "https://", 8) == 0 || strncasecmp(source, "http://", 7) == 0;
}

static struct rich_source *sources_of(const struct turn_answer *ans, size_t n, struct arena *words)
{
    struct rich_source *source = arena_array(words, n + 1, sizeof *source);
    for (size_t i = 0; i < n && source; i++) {
        const struct source *s = &ans->source[i];
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

/* Markdown, before the sources. */
static const char *words_of(const struct turn *t, const char *lang, struct arena *words)
{
    struct buf b = BUF_INIT(REPLY_MAX);
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

/* ---- the buttons under it ---- */

static const char *agree_button(struct account *a, const struct turn *t, const struct place *to,
                                struct arena *words)
{
    const struct button agree = { .text = text_in(to->lang, TEXT_AGREE), .arg = "yes" };
    const char *note = arena_printf(words, "%s\n%s", t->snap->policies->consent.version, t->msg.text);
    return note ? buttons_make(a, to->user, "agree", note, AGREE_MS, &agree, 1, false, words) : "";
}

static const char *rate_buttons(struct account *a, const struct turn *t, const struct place *to,
                                struct arena *words)
{
    static const struct button thumb[] = { { "\U0001F44D", "up" }, { "\U0001F44E", "down" } };
    return buttons_make(a, to->user, "rate", t->id, RATE_MS, thumb, ARRAY_LEN(thumb), true, words);
}

/* Under the last message of it. A guest query's answer stands where we hear of no button. */
static const char *buttons_of(struct account *a, const struct turn *t, const struct place *to,
                              struct arena *words)
{
    if (!a || !to->user || to->guest[0])
        return "";
    if (strcmp(t->answer.code, "consent_required") == 0)
        return agree_button(a, t, to, words);
    return a->feedback && strcmp(t->answer.code, "ok") == 0 ? rate_buttons(a, t, to, words) : "";
}

/* ---- a reply of our own ---- */

/* The payloads as they stand in its array. */
static int reply_parts(const char *reply, struct arena *words, const char *const **payload, size_t *n)
{
    const char **out = arena_array(words, STORE_PARTS_MAX, sizeof *out);
    struct str key, item;
    struct span list;
    *n = 0;
    span_open(&list, str_of(reply), '[');
    while (out && *n < STORE_PARTS_MAX && span_next(&list, &key, &item))
        out[(*n)++] = arena_strndup(words, item.at, item.len);
    *payload = out;
    return words->failed || !out || !*n ? -ENOMEM : 0;
}

/* A byte is at least one UTF-16 unit, so as many bytes always fit; cut at the end of a line, if there is one.
 */
static size_t piece_len(const char *text, size_t len)
{
    size_t n = utf8_floor(text, len, TG_TEXT_MAX);
    const char *line = n < len ? memrchr(text, '\n', n) : NULL;
    return line && line > text ? (size_t)(line - text) : n;
}

char *parts_reply(const char *text, const char *buttons, struct arena *words)
{
    struct buf all = BUF_INIT(REPLY_MAX);
    size_t len = strlen(text);
    buf_addc(&all, '[');
    while (len && !words->failed) {
        size_t n = piece_len(text, len);
        char *piece = arena_strndup(words, text, n);
        if (piece && piece[strspn(piece, " \n")]) {
            char *payload = parts_plain(piece, n == len ? buttons : "");
            buf_printf(&all, "%s%s", all.len > 1 ? "," : "", payload ? payload : "");
            all.failed = all.failed || !payload;
            free(payload);
        }
        text += n;
        len -= n;
    }
    buf_addc(&all, ']');
    char *out = all.failed || all.len < 3 ? NULL : arena_strndup(words, buf_text(&all), all.len);
    buf_free(&all);
    return out;
}

/* ---- all parts ---- */

int parts_of(struct account *a, const struct turn *t, struct arena *words, const char *const **payload,
             size_t *n)
{
    struct place to;
    struct tg_text *text = NULL;
    if (t->msg.reply && t->msg.reply[0])
        return reply_parts(t->msg.reply, words, payload, n);
    if (!place_read(&to, t->msg.address))
        to = (struct place){ 0 };
    size_t sources = t->snap->config->answer.footer ? t->answer.sources : 0;
    struct rich_source *source = sources_of(&t->answer, sources, words);
    const char *said = words_of(t, to.lang, words);
    if (!source || !said)
        return -ENOMEM;
    int rc = tg_format(said, text_in(to.lang, TEXT_SOURCES), source, sources, words, &text, n);
    if (rc == 0 && *n == 0) /* nothing to be seen: an answer all the same */
        rc = tg_format("…", "", NULL, 0, words, &text, n);
    if (rc)
        return rc;
    *n = to.guest[0] ? 1 : *n < STORE_PARTS_MAX ? *n : STORE_PARTS_MAX;
    const char **out = arena_array(words, *n, sizeof *out);
    const char *buttons = buttons_of(a, t, &to, words);
    for (size_t i = 0; i < *n && out; i++) {
        char *json = payload_of(&text[i], i + 1 == *n ? buttons : "");
        out[i] = json ? arena_strdup(words, json) : NULL;
        free(json);
        if (!out[i])
            return -ENOMEM;
    }
    *payload = out;
    return words->failed || !out ? -ENOMEM : 0;
}

char *parts_whole(const char *answer_json)
{
    struct arena words;
    struct tg_text *text = NULL;
    size_t n = 0;
    cJSON *o = NULL;
    if (json_parse(&o, answer_json, strlen(answer_json), NULL))
        return NULL;
    arena_init(&words, TURN_ARENA_BYTES);
    int rc = tg_format(json_text(o, "answer", ""), "", NULL, 0, &words, &text, &n);
    char *payload = rc == 0 && n ? payload_of(&text[0], "") : NULL;
    arena_wipe(&words);
    cJSON_Delete(o);
    return payload;
}
