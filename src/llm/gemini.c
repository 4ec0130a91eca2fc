/* SPDX-License-Identifier: Apache-2.0
 *
 * Google's generateContent, streamed: POST {base_url}/models/{model}:streamGenerateContent.
 * Asked for server-sent events; a proxy that drops the query answers with one JSON array
 * that grows, which is read as it comes. There is no end mark: the chunk with a finishReason
 * ends the answer. A blocked prompt is a 200 without candidates. Usage is in every chunk
 * and cumulative; thinking is counted apart and billed as output.
 */
#include <string.h>

#include "llm/call.h"

static const struct {
    const char *reason, *note;
    enum llm_end end;
} finishes[] = {
    { "STOP", NULL, LLM_OK },
    { "MAX_TOKENS", "length", LLM_OK },
    { "SAFETY", "SAFETY", LLM_REFUSED },
    { "RECITATION", "RECITATION", LLM_REFUSED },
    { "BLOCKLIST", "BLOCKLIST", LLM_REFUSED },
    { "PROHIBITED_CONTENT", "PROHIBITED_CONTENT", LLM_REFUSED },
    { "SPII", "SPII", LLM_REFUSED },
    { "LANGUAGE", "LANGUAGE", LLM_BAD_REQUEST },
};

static const cJSON *item(const cJSON *doc, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(doc, key);
}

static void finish(struct reader *r, const char *reason)
{
    if (!*reason || !strcmp(reason, "FINISH_REASON_UNSPECIFIED"))
        return;
    for (size_t i = 0; i < ARRAY_LEN(finishes); i++)
        if (!strcmp(finishes[i].reason, reason)) {
            reader_finish(r, finishes[i].end, finishes[i].note);
            return;
        }
    reader_finish(r, LLM_TRANSIENT, "OTHER"); /* a malformed tool call, something new */
}

static void read_usage(struct reader *r, const cJSON *usage)
{
    struct llm_result *to = &r->result;
    int64_t said = reader_count(usage, "candidatesTokenCount", -1);
    int64_t thought = reader_count(usage, "thoughtsTokenCount", -1);
    to->tokens_in = reader_count(usage, "promptTokenCount", to->tokens_in);
    to->cached_in = reader_count(usage, "cachedContentTokenCount", to->cached_in);
    if (said >= 0 || thought >= 0)
        to->tokens_out = (said > 0 ? said : 0) + (thought > 0 ? thought : 0);
}

static void read_sources(struct reader *r, const cJSON *grounding)
{
    const cJSON *at;
    int n = 0;
    cJSON_ArrayForEach(at, item(grounding, "groundingChunks"))
    {
        const cJSON *web = item(at, "web");
        reader_cite(r, ++n, json_text(web, "uri", ""), json_text(web, "title", ""), "");
    }
}

static void read_candidate(struct reader *r, const cJSON *candidate)
{
    const cJSON *part;
    if (json_number(candidate, "index", 0) > 0)
        return;
    cJSON_ArrayForEach(part,
                       item(item(candidate, "content"), "parts")) if (!json_bool(part, "thought", false))
        reader_text(r, json_text(part, "text", ""));
    read_sources(r, item(candidate, "groundingMetadata"));
    if (!r->dropped && !r->decided)
        finish(r, json_text(candidate, "finishReason", ""));
}

static void gemini_event(struct reader *r, const cJSON *doc)
{
    const cJSON *candidate;
    read_usage(r, item(doc, "usageMetadata"));
    if (*json_text(item(doc, "promptFeedback"), "blockReason", "")) {
        reader_decide(r, LLM_REFUSED, "the prompt was blocked");
        return;
    }
    cJSON_ArrayForEach(candidate, item(doc, "candidates"))
    {
        read_candidate(r, candidate);
        if (r->dropped || r->decided)
            return;
    }
}

static void write_parts(struct jsonw *w, const char *text)
{
    jw_arr(w, "parts");
    jw_obj(w, NULL);
    jw_text(w, "text", text);
    jw_end_obj(w);
    jw_end_arr(w);
}

static void write_contents(struct jsonw *w, const struct llm_request *req)
{
    jw_arr(w, "contents");
    for (size_t i = 0; i < req->messages; i++) {
        if (call_skips(req, i))
            continue;
        jw_obj(w, NULL);
        jw_text(w, "role", req->message[i].role == LLM_USER ? "user" : "model");
        write_parts(w, req->message[i].text);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void gemini_write(struct jsonw *w, const struct provider *p X_UNUSED, const struct llm_request *req)
{
    struct buf rules;
    call_system_text(&rules, req);
    if (rules.len) {
        jw_obj(w, "systemInstruction");
        write_parts(w, buf_text(&rules));
        jw_end_obj(w);
    }
    w->out->failed |= rules.failed;
    buf_free(&rules);
    write_contents(w, req);
    if (req->max_tokens > 0) {
        jw_obj(w, "generationConfig");
        jw_int(w, "maxOutputTokens", req->max_tokens);
        jw_end_obj(w);
    }
}

const struct wire gemini_wire = {
    .path = "/models/",
    .after_model = ":streamGenerateContent?alt=sse",
    .key_header = "x-goog-api-key: ",
    .write = gemini_write,
    .event = gemini_event,
};

static int gemini_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                       struct err *err)
{
    return call_open(out, &gemini_wire, conf, http, err);
}

const struct provider_ops provider_gemini = {
    .format = "gemini",
    .needs_key = true,
    .open = gemini_open,
    .start = call_start,
    .resume = call_resume,
    .cancel = call_cancel,
    .close = call_close,
};
