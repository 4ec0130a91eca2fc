/* SPDX-License-Identifier: Apache-2.0
 *
 * Only what depends on nobody: no person's warnings, no restored text. Warnings come back as constants of
 * the program, because turn_warn keeps the pointer.
 */
#include "pipeline/cache_text.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

static const char *const lasting_warning[] = {
    "no_citations", "ungrounded", "not_in_documents", "dead_citation", "foreign_personal_data",
};

void cache_encode(const struct turn *t, struct buf *out)
{
    const struct turn_answer *a = &t->answer;
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "text", a->redacted);
    jw_text(&w, "provider", a->provider);
    jw_text(&w, "model", a->model);
    jw_int(&w, "confidence", t->validation.confidence);
    jw_arr(&w, "warnings");
    for (size_t i = 0; i < t->validation.warnings; i++)
        jw_text(&w, NULL, t->validation.warning[i]);
    jw_end_arr(&w);
    jw_arr(&w, "sources");
    for (size_t i = 0; i < a->sources; i++) {
        jw_obj(&w, NULL);
        jw_int(&w, "n", a->source[i].n);
        jw_text(&w, "title", a->source[i].title);
        jw_text(&w, "source", a->source[i].source);
        jw_text(&w, "excerpt", a->source[i].excerpt);
        jw_num(&w, "score", a->source[i].score, 6);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    jw_end_obj(&w);
}

static void decode_warnings(const cJSON *list, struct turn *t)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
    {
        for (size_t i = 0; i < ARRAY_LEN(lasting_warning); i++)
            if (cJSON_IsString(one) && strcmp(one->valuestring, lasting_warning[i]) == 0)
                turn_warn(t, lasting_warning[i]);
    }
}

static void decode_sources(const cJSON *list, struct turn *t)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
    {
        if (t->answer.sources == TURN_PASSAGES_MAX)
            return;
        t->answer.source[t->answer.sources++] =
            (struct source){ .n = (int)json_number(one, "n", 0),
                             .title = arena_strdup(&t->arena, json_text(one, "title", "")),
                             .source = arena_strdup(&t->arena, json_text(one, "source", "")),
                             .excerpt = arena_strdup(&t->arena, json_text(one, "excerpt", "")),
                             .score = json_number(one, "score", 0) };
    }
}

int cache_decode(const char *json, struct turn *t)
{
    cJSON *body = NULL;
    if (json_parse(&body, json, strlen(json), NULL))
        return X_E_INVALID;
    const char *text = json_text(body, "text", "");
    struct turn_answer *a = &t->answer;
    bool ours = text[0] != '\0';
    if (ours) {
        a->code = "ok";
        a->redacted = arena_strdup(&t->arena, text);
        a->text = NULL;
        a->provider = arena_strdup(&t->arena, json_text(body, "provider", ""));
        a->model = arena_strdup(&t->arena, json_text(body, "model", ""));
        t->validation.is_safe = true;
        t->validation.confidence = (int)json_number(body, "confidence", 0);
        decode_warnings(cJSON_GetObjectItemCaseSensitive(body, "warnings"), t);
        decode_sources(cJSON_GetObjectItemCaseSensitive(body, "sources"), t);
    }
    cJSON_Delete(body);
    if (t->arena.failed)
        return -ENOMEM;
    return ours ? 0 : X_E_INVALID;
}
