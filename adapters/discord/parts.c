/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer is sent as, made before it is recorded: text in Discord's Markdown, sources in an embed, and
 * the buttons under it. A payload is a dc_part_json with "components", and "notice" where it is for the one
 * who asked alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/format.h"
#include "adapters/discord/inside.h"
#include "base/json.h"
#include "chat/answer_words.h"
#include "chat/button.h"

static char *payload_of(const struct dc_part *p, const char *components, bool notice)
{
    struct buf b = BUF_INIT(PAYLOAD_MAX);
    dc_part_json(&b, p);
    if (!b.failed && b.len && (components[0] || notice)) {
        b.len--; /* its closing bracket */
        if (components[0])
            buf_printf(&b, ",\"components\":%s", components);
        buf_printf(&b, "%s}", notice ? ",\"notice\":true" : "");
    }
    char *json = buf_steal(&b);
    buf_free(&b);
    return json;
}

static const char *agree_button(struct adapter *a, const struct turn *t, const struct place *to,
                                struct arena *words)
{
    const struct choice agree = { text_in(to->lang, TEXT_AGREE), to->ephemeral ? "private" : "agree",
                                  DC_SUCCESS };
    const char *note = chat_agree_note(t->snap->policies->consent.version, t->msg.text, words);
    return note ? dc_person_buttons(a, to->user, "agree", note, CHAT_AGREE_MS, &agree, 1, words) : "";
}

static const char *buttons_of(struct adapter *a, const struct turn *t, const struct place *to,
                              struct arena *words)
{
    static const struct choice thumb[] = { { "\U0001F44D", "up", DC_SECONDARY },
                                           { "\U0001F44E", "down", DC_SECONDARY } };
    if (!to->user[0])
        return "";
    if (strcmp(t->answer.code, "consent_required") == 0)
        return agree_button(a, t, to, words);
    if (!a->feedback || strcmp(t->answer.code, "ok") != 0)
        return "";
    return dc_person_buttons(a, to->user, "rate", t->id, CHAT_RATE_MS, thumb, ARRAY_LEN(thumb), words);
}

/* Whether it is an answer, or words about why there is none. */
static bool is_notice(const struct turn *t)
{
    return strcmp(t->answer.code, "ok") != 0;
}

int dc_parts_of(struct adapter *a, const struct turn *t, struct arena *words, const char *const **payload,
                size_t *n)
{
    struct place to;
    struct dc_part *part = NULL;
    size_t sources;
    if (!dc_place_read(&to, t->msg.address))
        to = (struct place){ 0 };
    struct rich_source *source = chat_answer_sources(t, &sources, words);
    const char *said = chat_answer_words(t, to.lang, words);
    if (!source || !said)
        return -ENOMEM;
    int rc = dc_format(said, text_in(to.lang, TEXT_SOURCES), source, sources, true, words, &part, n);
    if (rc == 0 && *n == 0)
        rc = dc_format("…", "", NULL, 0, false, words, &part, n);
    if (rc)
        return rc;
    *n = *n < STORE_PARTS_MAX ? *n : STORE_PARTS_MAX;
    const char **out = arena_array(words, *n, sizeof *out);
    const char *buttons = buttons_of(a, t, &to, words);
    for (size_t i = 0; i < *n && out; i++) {
        char *json = payload_of(&part[i], i + 1 == *n ? buttons : "", is_notice(t));
        out[i] = json ? arena_strdup(words, json) : NULL;
        free(json);
        if (!out[i])
            return -ENOMEM;
    }
    *payload = out;
    return words->failed || !out ? -ENOMEM : 0;
}

char *dc_parts_whole(const char *answer_json)
{
    struct arena words;
    struct dc_part *part = NULL;
    size_t n = 0;
    cJSON *o = NULL;
    if (json_parse(&o, answer_json, strlen(answer_json), NULL))
        return NULL;
    arena_init(&words, TURN_ARENA_BYTES);
    int rc = dc_format(json_text(o, "answer", ""), "", NULL, 0, false, &words, &part, &n);
    char *payload = rc == 0 && n ? payload_of(&part[0], "", true) : NULL;
    arena_wipe(&words);
    cJSON_Delete(o);
    return payload;
}
