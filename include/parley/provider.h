/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider turns a prompt into model text. One file per wire format in src/llm/.
 * Everything here runs on the loop thread. A call may report (even end) before
 * start() returns. After end() the call no longer exists; cancel() ends it silently.
 */
#ifndef PARLEY_PROVIDER_H
#define PARLEY_PROVIDER_H

#include <parley/status.h>
#include <parley/turn.h>

struct http; /* io/http.h */

enum llm_role { LLM_SYSTEM, LLM_USER, LLM_ASSISTANT };

struct llm_message {
    enum llm_role role;
    const char *text;
};

/* Borrowed until the call ends. */
struct llm_request {
    const struct llm_message *message;
    size_t messages;
    int max_tokens;
    int total_ms;         /* what is left of the turn's deadline */
    const char *question; /* redacted; the extractive provider reads these three */
    const struct turn_passages *passages;
    const char *language;
};

/* How a call ended, by what the caller should do next (../shared facts: retry table). */
enum llm_end {
    LLM_OK,              /* finish_reason seen */
    LLM_TRANSIENT,       /* network, 408, 5xx, overload: next provider */
    LLM_RATE,            /* 429: wait retry_after_ms or next provider */
    LLM_MONEY,           /* billing: disable the key, alarm */
    LLM_KEY,             /* 401, 403: disable the key, alarm */
    LLM_TOO_LONG,        /* context length */
    LLM_BAD_REQUEST,     /* our bug or a gone model */
    LLM_REFUSED,         /* content policy */
    LLM_CUT,             /* the stream ended without finish_reason, or was not what it claims */
    LLM_TIMEOUT_CONNECT, /* nothing was sent: as LLM_TRANSIENT */
    LLM_TIMEOUT_FIRST,   /* no first byte, or no first event behind it */
    LLM_TIMEOUT_IDLE,    /* silence inside the answer */
    LLM_TIMEOUT_TOTAL,
    LLM_END_COUNT
};

struct llm_result {
    enum llm_end end;
    int status;             /* HTTP, 0 = none */
    int64_t tokens_in;      /* -1 = not reported */
    int64_t tokens_out;     /* -1 = not reported */
    int64_t cached_in;      /* of tokens_in, read from the provider's cache; -1 = not reported */
    int searches;           /* web searches the provider made and bills */
    int64_t cost_nusd;      /* reported by the provider; -1 = not */
    int64_t retry_after_ms; /* -1 = not said */
    int skipped_events;     /* of a stream: could not be parsed */
    char detail[160];       /* for the operator; no user words, no key */
};

struct llm_citation {
    int n; /* the number the answer uses for it; the same number again replaces it */
    const char *url, *title, *snippet; /* never NULL; as the provider gave them */
};

struct llm_sink {
    void *ctx;
    /* Model text, any split, UTF-8 possibly cut anywhere. 0, or X_E_FULL: the bytes were
     * taken, but send no more until ops->resume(). */
    int (*text)(void *ctx, const char *bytes, size_t len);
    /* may be NULL; a source the provider itself cites */
    void (*citation)(void *ctx, const struct llm_citation *c);
    /* Exactly once, unless cancelled. */
    void (*end)(void *ctx, const struct llm_result *result);
};

struct provider_conf {
    const char *name;     /* the key under "llm": "openai", "local", ... */
    const char *base_url; /* no trailing slash */
    const char *api_key;  /* "" = none */
    const char *model;
    int connect_ms, first_byte_ms, idle_ms; /* idle_ms: longest gap inside a stream */
    int64_t body_cap_bytes;                 /* a longer answer ends the call as LLM_CUT */
};

struct provider;
struct provider_call;

struct provider_ops {
    const char *format; /* "openai", "extractive", ... */
    bool needs_key;     /* off without one */
    bool cites;         /* [n] in its text are its own sources, not our passages */
    /* must. `conf` is copied. */
    int (*open)(struct provider **out, const struct provider_conf *conf, struct http *http, struct err *err);
    /* must. Non-zero: the call never was, the sink hears nothing. */
    int (*start)(struct provider *p, const struct llm_request *req, const struct llm_sink *sink,
                 struct provider_call **out, struct err *err);
    void (*resume)(struct provider_call *call); /* may: only after X_E_FULL */
    void (*cancel)(struct provider_call *call); /* must */
    void (*close)(struct provider *p);          /* must: no call is running */
};

extern const struct provider_ops provider_openai;
extern const struct provider_ops provider_gemini;
extern const struct provider_ops provider_anthropic;
extern const struct provider_ops provider_ollama;
extern const struct provider_ops provider_perplexity;
extern const struct provider_ops provider_extractive;

#endif
