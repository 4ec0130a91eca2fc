/* SPDX-License-Identifier: Apache-2.0
 *
 * Ollama's own format: POST {base_url}/api/chat, answered as one JSON object per line; the
 * one with done:true ends the answer and holds the usage. There are no keys. A prompt
 * longer than the server's context is cut without a word, rules first, so a context that
 * holds it is asked for; only four sizes, because a change makes the server load the model
 * again.
 */
#include <string.h>

#include "llm/call.h"
#include "llm/llm.h"

#define CONTEXT_DEFAULT 4096 /* the smallest a current server starts with */
#define CONTEXT_MOST    32768
#define ANSWER_TOKENS   1024 /* room for the answer where the caller names none */

static void read_usage(struct reader *r, const cJSON *doc)
{
    struct llm_result *to = &r->result;
    to->tokens_in = reader_count(doc, "prompt_eval_count", to->tokens_in);
    if (to->tokens_in == 0)
        to->tokens_in = -1; /* a prompt that was still in memory, not an empty one */
    to->tokens_out = reader_count(doc, "eval_count", to->tokens_out);
}

static void ollama_event(struct reader *r, const cJSON *doc)
{
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(doc, "message");
    reader_text(r, json_text(message, "content", ""));
    if (r->dropped || r->decided || !json_bool(doc, "done", false))
        return;
    read_usage(r, doc);
    reader_finish(r, LLM_OK, strcmp(json_text(doc, "done_reason", "stop"), "length") ? NULL : "length");
}

/* 0 = the server's default will do. */
static int64_t context_for(const struct llm_request *req)
{
    int64_t need = req->max_tokens > 0 ? req->max_tokens : ANSWER_TOKENS, context = CONTEXT_DEFAULT;
    for (size_t i = 0; i < req->messages; i++)
        need += llm_tokens(req->message[i].text);
    if (need <= CONTEXT_DEFAULT)
        return 0;
    while (context < need && context < CONTEXT_MOST)
        context *= 2;
    return context;
}

static void ollama_write(struct jsonw *w, const struct provider *p, const struct llm_request *req)
{
    int64_t context = context_for(req);
    jw_text(w, "model", p->model);
    call_write_messages(w, req, MESSAGES_ALL);
    jw_bool(w, "stream", true);
    jw_obj(w, "options");
    if (req->max_tokens > 0)
        jw_int(w, "num_predict", req->max_tokens);
    if (context)
        jw_int(w, "num_ctx", context);
    jw_end_obj(w);
}

const struct wire ollama_wire = {
    .path = "/api/chat",
    .lines = true,
    .write = ollama_write,
    .event = ollama_event,
};

static int ollama_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                       struct err *err)
{
    return call_open(out, &ollama_wire, conf, http, err);
}

const struct provider_ops provider_ollama = {
    .format = "ollama",
    .open = ollama_open,
    .start = call_start,
    .resume = call_resume,
    .cancel = call_cancel,
    .close = call_close,
};
