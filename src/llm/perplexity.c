/* SPDX-License-Identifier: Apache-2.0
 *
 * Perplexity: OpenAI's format, answered from a web search. The [n] in the text are places
 * in the answer's own list of sources: search_results (title, url, snippet), or citations
 * (URLs alone) in older answers; either comes with the last chunk or again with each. The
 * cost is reported and far above what the tokens come to. Parameters the service does not
 * know (stream_options) are not sent; usage comes unasked. Roles must alternate.
 */
#include "llm/call.h"
#include "llm/openai.h"

static const cJSON *list(const cJSON *doc, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(doc, key);
    return cJSON_IsArray(found) ? found : NULL;
}

static void read_sources(struct reader *r, const cJSON *doc)
{
    const cJSON *at;
    int n = 0;
    cJSON_ArrayForEach(at, list(doc, "search_results")) reader_cite(
        r, ++n, json_text(at, "url", ""), json_text(at, "title", ""), json_text(at, "snippet", ""));
    if (n)
        return;
    cJSON_ArrayForEach(at, list(doc, "citations"))
        reader_cite(r, ++n, cJSON_IsString(at) ? at->valuestring : "", "", "");
}

static void perplexity_event(struct reader *r, const cJSON *doc)
{
    const cJSON *usage = cJSON_GetObjectItemCaseSensitive(doc, "usage");
    read_sources(r, doc);
    openai_event(r, doc);
    r->result.searches = (int)reader_count(usage, "num_search_queries", r->result.searches);
}

static void perplexity_write(struct jsonw *w, const struct provider *p, const struct llm_request *req)
{
    jw_text(w, "model", p->model);
    call_write_messages(w, req, MESSAGES_ALTERNATE);
    jw_bool(w, "stream", true);
    if (req->max_tokens > 0)
        jw_int(w, "max_tokens", req->max_tokens);
}

const struct wire perplexity_wire = {
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .write = perplexity_write,
    .event = perplexity_event,
};

static int perplexity_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                           struct err *err)
{
    return call_open(out, &perplexity_wire, conf, http, err);
}

const struct provider_ops provider_perplexity = {
    .format = "perplexity",
    .needs_key = true,
    .cites = true,
    .open = perplexity_open,
    .start = call_start,
    .resume = call_resume,
    .cancel = call_cancel,
    .close = call_close,
};
