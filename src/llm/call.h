/* SPDX-License-Identifier: Apache-2.0
 *
 * One provider call over HTTP, the same for every wire format: the request goes out, the
 * answer comes in, back-pressure, timeouts, cancel. A format file is a struct wire
 * (llm/reader.h) and a provider_ops whose entries are these functions. Loop thread.
 */
#ifndef LLM_CALL_H
#define LLM_CALL_H

#include "io/http.h"
#include "llm/reader.h"

struct provider {
    const struct wire *wire;
    struct http *http;
    char *url, *key_line, *key, *model; /* key_line: NULL = none is sent */
    int connect_ms, first_byte_ms, idle_ms;
    int64_t body_cap_bytes;
};

/* The formats, for the fuzz targets that feed their event readers. */
extern const struct wire openai_wire, perplexity_wire, gemini_wire, anthropic_wire, ollama_wire;

int call_open(struct provider **out, const struct wire *wire, const struct provider_conf *conf,
              struct http *http, struct err *err);
int call_start(struct provider *p, const struct llm_request *req, const struct llm_sink *sink,
               struct provider_call **out, struct err *err);
void call_resume(struct provider_call *c);
void call_cancel(struct provider_call *c);
void call_close(struct provider *p);

/* ---- for request writers ---- */

enum messages {
    MESSAGES_ALL,       /* as they are */
    MESSAGES_ALTERNATE, /* the rules first, then user and assistant by turns, user first, none empty */
    MESSAGES_TALK,      /* the same without the rules: they have a place of their own */
};

/* "messages": [{"role","content"}]. */
void call_write_messages(struct jsonw *w, const struct llm_request *req, enum messages which);
/* True for what a strict service refuses or wants elsewhere: rules, empty text, an assistant who begins. */
bool call_skips(const struct llm_request *req, size_t i);
/* The system messages as one text; the caller frees `out`. */
void call_system_text(struct buf *out, const struct llm_request *req);

#endif
