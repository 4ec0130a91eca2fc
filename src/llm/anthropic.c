/* SPDX-License-Identifier: Apache-2.0
 *
 * Anthropic's messages: POST {base_url}/messages, answered as server-sent events whose
 * "type" repeats their name. Usage comes in two halves, input with message_start, output
 * with message_delta; input read from or written to the cache is counted apart from the
 * rest, here it is added. An overload may be an error event inside a 200. max_tokens is
 * required.
 */
#include <string.h>

#include "llm/call.h"

#define MAX_TOKENS 4096 /* where the caller names none; every model takes it */

static const cJSON *item(const cJSON *doc, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(doc, key);
}

static void read_usage(struct reader *r, const cJSON *usage)
{
    struct llm_result *to = &r->result;
    int64_t fresh = reader_count(usage, "input_tokens", -1);
    int64_t read = reader_count(usage, "cache_read_input_tokens", -1);
    int64_t written = reader_count(usage, "cache_creation_input_tokens", 0);
    if (fresh > 0 || read > 0) /* message_delta may say 0 for what message_start has told */
        to->tokens_in = (fresh > 0 ? fresh : 0) + (read > 0 ? read : 0) + written;
    if (read >= 0)
        to->cached_in = read;
    to->tokens_out = reader_count(usage, "output_tokens", to->tokens_out);
    to->searches = (int)reader_count(item(usage, "server_tool_use"), "web_search_requests", to->searches);
}

static void finish(struct reader *r, const char *reason)
{
    if (!strcmp(reason, "refusal"))
        reader_finish(r, LLM_REFUSED, "refusal");
    else if (!strcmp(reason, "max_tokens") || !strcmp(reason, "model_context_window_exceeded"))
        reader_finish(r, LLM_OK, "length");
    else if (*reason)
        reader_finish(r, LLM_OK, NULL);
}

static void read_source(struct reader *r, const cJSON *citation)
{
    reader_cite(r, 0, json_text(citation, "url", ""), json_text(citation, "title", ""),
                json_text(citation, "cited_text", ""));
}

/* A whole message, or the empty one a stream begins with. */
static void read_message(struct reader *r, const cJSON *message)
{
    const cJSON *block;
    cJSON_ArrayForEach(block, item(message, "content")) reader_text(r, json_text(block, "text", ""));
    if (r->dropped || r->decided)
        return;
    read_usage(r, item(message, "usage"));
    finish(r, json_text(message, "stop_reason", ""));
}

static void anthropic_event(struct reader *r, const cJSON *doc)
{
    const char *type = json_text(doc, "type", "");
    const cJSON *delta = item(doc, "delta");
    if (!strcmp(type, "message_start")) {
        read_message(r, item(doc, "message"));
    } else if (!strcmp(type, "message")) {
        read_message(r, doc);
    } else if (!strcmp(type, "content_block_start")) {
        reader_text(r, json_text(item(doc, "content_block"), "text", ""));
    } else if (!strcmp(type, "content_block_delta")) { /* text_delta; thinking has other members */
        reader_text(r, json_text(delta, "text", ""));
        read_source(r, item(delta, "citation"));
    } else if (!strcmp(type, "message_delta")) {
        read_usage(r, item(doc, "usage"));
        finish(r, json_text(delta, "stop_reason", ""));
    }
}

static void anthropic_write(struct jsonw *w, const struct provider *p, const struct llm_request *req)
{
    struct buf rules;
    call_system_text(&rules, req);
    jw_text(w, "model", p->model);
    jw_int(w, "max_tokens", req->max_tokens > 0 ? req->max_tokens : MAX_TOKENS);
    if (rules.len)
        jw_text(w, "system", buf_text(&rules));
    w->out->failed |= rules.failed;
    buf_free(&rules);
    call_write_messages(w, req, MESSAGES_TALK);
    jw_bool(w, "stream", true);
}

const struct wire anthropic_wire = {
    .path = "/messages",
    .key_header = "x-api-key: ",
    .header = "anthropic-version: 2023-06-01",
    .write = anthropic_write,
    .event = anthropic_event,
};

static int anthropic_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                          struct err *err)
{
    return call_open(out, &anthropic_wire, conf, http, err);
}

const struct provider_ops provider_anthropic = {
    .format = "anthropic",
    .needs_key = true,
    .open = anthropic_open,
    .start = call_start,
    .resume = call_resume,
    .cancel = call_cancel,
    .close = call_close,
};
