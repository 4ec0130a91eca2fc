/* SPDX-License-Identifier: Apache-2.0
 *
 * From the bytes of an answer to text and a result, without any I/O: what all wire formats
 * share. A format supplies struct wire and reads single events through the reader_* calls
 * at the end. One rule decides whether an answer is whole: its finish was seen. Loop thread.
 */
#ifndef LLM_READER_H
#define LLM_READER_H

#include <parley/provider.h>

#include "base/json.h"
#include "io/sse.h"
#include "llm/frames.h"

#define READER_CITATIONS_MAX 50

struct provider;
struct reader;

/* What a format has of its own. */
struct wire {
    const char *path;        /* behind base_url */
    const char *after_model; /* the URL goes on with the model and this; NULL = the model is not in it */
    const char *key_header;  /* "x-api-key: "; NULL = no key is ever sent */
    const char *header;      /* one more line, or NULL */
    bool lines;              /* a stream is NDJSON, not server-sent events */
    /* The request's members; the object around them is the caller's. */
    void (*write)(struct jsonw *w, const struct provider *p, const struct llm_request *req);
    /* One event of a stream, or a whole answer. Errors were looked for before; `doc` is an object or
     * an array. Stops by itself once `decided` or `dropped`. */
    void (*event)(struct reader *r, const cJSON *doc);
};

enum shape { SHAPE_STREAM, SHAPE_JSON, SHAPE_REFUSAL };

struct reader {
    const struct wire *wire;
    struct llm_sink sink;
    const struct llm_request *req;
    const char *key;
    enum shape shape;
    struct sse sse;
    struct frames frames;
    struct buf body; /* SHAPE_REFUSAL */
    struct buf held; /* text that came while the sink was full */
    int events;
    int cited, cited_full; /* the highest number reported; with title or snippet */
    bool said;             /* some text */
    bool finished;
    bool full;    /* the sink said X_E_FULL and has not resumed */
    bool dropped; /* cancelled by the sink, inside one of its callbacks */
    bool decided; /* result.end stands; read no more */
    struct llm_result result;
};

/* ---- for the owner ---- */

/* Borrows all but the sink. `key` is there to be kept out of details. */
void reader_init(struct reader *r, const struct wire *wire, const struct llm_request *req,
                 const struct llm_sink *sink, const char *key);
void reader_free(struct reader *r);
void reader_head(struct reader *r, int status, const char *content_type); /* NULL = none */
void reader_feed(struct reader *r, const char *bytes, size_t len);
/* No more bytes come. An answer that is not whole ends as `otherwise`, with `detail` ("" = its own words). */
void reader_end(struct reader *r, enum llm_end otherwise, const char *detail);
void reader_resume(struct reader *r); /* hands over what was held; the sink may be full again */
/* The end may be told. A good one waits for text the sink has not taken; after a bad one the text is void. */
bool reader_over(const struct reader *r);
void reader_decide(struct reader *r, enum llm_end end, const char *fmt, ...) X_PRINTF(3, 4);

/* ---- for the formats ---- */

void reader_text(struct reader *r, const char *text);
/* The provider says that it is done. LLM_OK and LLM_REFUSED are told at the end of the stream, since usage
 * may follow; anything else ends the call now. `why` NULL = nothing worth a note; a constant, never the
 * provider's words. */
void reader_finish(struct reader *r, enum llm_end end, const char *why);
/* n 0 = the next number. Each number is reported once, and once more when a title or snippet has come. */
void reader_cite(struct reader *r, int n, const char *url, const char *title, const char *snippet);
/* A token count at `key`; `before` when there is none or none to be believed. */
int64_t reader_count(const cJSON *obj, const char *key, int64_t before);
void reader_cost(struct reader *r, double usd);

#endif
