/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAI wire format: POST {base_url}/chat/completions, answered as server-sent
 * events. Written for what compatible servers do: choices null or missing, usage late,
 * early or never, OpenRouter's finish_reason "error". Only choice 0 is read; tool calls
 * are not asked for.
 */
#include "llm/openai.h"

#include <string.h>

#include "llm/call.h"

static void read_usage(struct reader *r, const cJSON *usage)
{
    const cJSON *cached = cJSON_GetObjectItemCaseSensitive(usage, "prompt_tokens_details");
    const cJSON *cost = cJSON_GetObjectItemCaseSensitive(usage, "cost");
    struct llm_result *to = &r->result;
    to->tokens_in = reader_count(usage, "prompt_tokens", to->tokens_in);
    to->tokens_out = reader_count(usage, "completion_tokens", to->tokens_out);
    to->cached_in = reader_count(cached, "cached_tokens", to->cached_in);
    reader_cost(r, cJSON_IsObject(cost) ? json_number(cost, "total_cost", 0) : json_number(usage, "cost", 0));
}

static void finish(struct reader *r, const char *reason)
{
    if (!strcmp(reason, "error")) /* OpenRouter; no such thing at OpenAI */
        reader_finish(r, LLM_TRANSIENT, "error");
    else if (!strcmp(reason, "content_filter"))
        reader_finish(r, LLM_REFUSED, "content_filter");
    else
        reader_finish(r, LLM_OK, strcmp(reason, "length") ? NULL : "length");
}

static void read_choice(struct reader *r, const cJSON *choice)
{
    const cJSON *piece = cJSON_GetObjectItemCaseSensitive(choice, "delta");
    if (!piece && r->shape == SHAPE_JSON)
        piece = cJSON_GetObjectItemCaseSensitive(choice, "message");
    if (json_number(choice, "index", 0) > 0)
        return;
    if (*json_text(piece, "refusal", ""))
        r->result.end = LLM_REFUSED;
    reader_text(r, json_text(piece, "content", ""));
    if (!r->dropped && *json_text(choice, "finish_reason", ""))
        finish(r, json_text(choice, "finish_reason", ""));
}

void openai_event(struct reader *r, const cJSON *doc)
{
    const cJSON *choice;
    cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(doc, "choices"))
    {
        read_choice(r, choice);
        if (r->dropped || r->decided)
            return;
    }
    read_usage(r, cJSON_GetObjectItemCaseSensitive(doc, "usage"));
}

static void openai_write(struct jsonw *w, const struct provider *p, const struct llm_request *req)
{
    bool platform = !strncmp(p->url, "https://api.openai.com/", 23);
    jw_text(w, "model", p->model);
    call_write_messages(w, req, MESSAGES_ALL);
    jw_bool(w, "stream", true);
    jw_obj(w, "stream_options");
    jw_bool(w, "include_usage", true);
    jw_end_obj(w);
    if (req->max_tokens > 0) /* OpenAI's newer models refuse the old name, other servers the new one */
        jw_int(w, platform ? "max_completion_tokens" : "max_tokens", req->max_tokens);
}

const struct wire openai_wire = {
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .write = openai_write,
    .event = openai_event,
};

static int openai_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                       struct err *err)
{
    return call_open(out, &openai_wire, conf, http, err);
}

const struct provider_ops provider_openai = {
    .format = "openai",
    .needs_key = true,
    .open = openai_open,
    .start = call_start,
    .resume = call_resume,
    .cancel = call_cancel,
    .close = call_close,
};
