/* SPDX-License-Identifier: Apache-2.0
 *
 * The note of a consent is "version, line feed, question": a version has no line feed.
 */
#include "chat/button.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/rand.h"

void chat_token_new(char out[CHAT_TOKEN + 1])
{
    uint8_t raw[CHAT_TOKEN / 2];
    rand_bytes(raw, sizeof raw);
    hex_write(out, raw, sizeof raw);
}

bool chat_press_read(const char *press, char token[CHAT_TOKEN + 1], const char **word)
{
    if (strspn(press, "0123456789abcdef") != CHAT_TOKEN || press[CHAT_TOKEN] != ':')
        return false;
    memcpy(token, press, CHAT_TOKEN);
    token[CHAT_TOKEN] = '\0';
    *word = press + CHAT_TOKEN + 1;
    return true;
}

void chat_button_write(struct buf *out, const struct chat_button *b)
{
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "user", b->user);
    jw_text(&w, "what", b->what);
    jw_text(&w, "note", b->note);
    jw_end_obj(&w);
}

bool chat_button_read(struct chat_button *out, const char *value, struct arena *words)
{
    cJSON *o = NULL;
    if (json_parse(&o, value, strlen(value), NULL))
        return false;
    *out = (struct chat_button){ .user = arena_strdup(words, json_text(o, "user", "")),
                                 .what = arena_strdup(words, json_text(o, "what", "")),
                                 .note = arena_strdup(words, json_text(o, "note", "")) };
    cJSON_Delete(o);
    return !words->failed && out->user[0] && out->what[0];
}

const char *chat_agree_note(const char *version, const char *question, struct arena *words)
{
    return arena_printf(words, "%s\n%s", version, question);
}

bool chat_agree_read(const char *note, const char **version, const char **question, struct arena *words)
{
    const char *end = strchr(note, '\n');
    *version = end ? arena_strndup(words, note, (size_t)(end - note)) : NULL;
    *question = end ? arena_strdup(words, end + 1) : NULL;
    return *version && *question;
}
