/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer is sent as, made before it is recorded, so that the outbox holds every message whole:
 * text with entities, sources, notices in the person's language, and the buttons under it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/telegram/format.h"
#include "adapters/telegram/inside.h"
#include "adapters/telegram/wire_impl.h"
#include "base/json.h"
#include "base/utf.h"
#include "chat/answer_words.h"
#include "chat/button.h"

#define PAYLOAD_MAX (256U << 10) /* of one message: its text, and a hundred links */

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

/* ---- the buttons under it ---- */

static const char *agree_button(struct account *a, const struct turn *t, const struct place *to,
                                struct arena *words)
{
    const struct button agree = { .text = text_in(to->lang, TEXT_AGREE), .arg = "yes" };
    const char *note = chat_agree_note(t->snap->policies->consent.version, t->msg.text, words);
    return note ? buttons_make(a, to->user, "agree", note, CHAT_AGREE_MS, &agree, 1, false, words) : "";
}

static const char *rate_buttons(struct account *a, const struct turn *t, const struct place *to,
                                struct arena *words)
{
    static const struct button thumb[] = { { "\U0001F44D", "up" }, { "\U0001F44E", "down" } };
    return buttons_make(a, to->user, "rate", t->id, CHAT_RATE_MS, thumb, ARRAY_LEN(thumb), true, words);
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
    struct buf all = BUF_INIT(CHAT_WORDS_MAX);
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
    size_t sources;
    struct rich_source *source = chat_answer_sources(t, &sources, words);
    const char *said = chat_answer_words(t, to.lang, words);
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
