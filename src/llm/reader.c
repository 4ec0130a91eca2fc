/* SPDX-License-Identifier: Apache-2.0
 *
 * Written for what servers do, not for what their pages say: errors inside a 200, a JSON
 * body where a stream was asked for, no end mark, garbage between good events, a
 * connection that breaks after the last word.
 *
 * Nothing is freed here inside a callback: handlers only write `decided` (or the owner's
 * cancel writes `dropped`) and stop the feed; the owner acts on that when the feed returns.
 *
 * Memory: one event (1 MiB at most) and, while the sink is full, the rest of the bytes in hand.
 */
#include "llm/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "llm/outcome.h"

#define TOKENS_SANE 1e12
#define COST_SANE   1e6 /* US dollars of one answer */
#define STOP        1   /* any non-zero: the parser returns it */

void reader_decide(struct reader *r, enum llm_end end, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(r->result.detail, sizeof r->result.detail, fmt, args);
    va_end(args);
    r->decided = true;
    r->result.end = end;
}

static void decide_error(struct reader *r, int status, const cJSON *error)
{
    r->decided = true;
    r->result.end = outcome_end(status, error);
    if (r->result.retry_after_ms < 0)
        r->result.retry_after_ms = outcome_retry_info(error);
    outcome_detail(r->result.detail, status, error, r->key, r->req);
}

bool reader_over(const struct reader *r)
{
    return r->decided && !(r->result.end == LLM_OK && r->held.len > 0);
}

/* ---- what formats say ---- */

static void emit(struct reader *r, const char *bytes, size_t len)
{
    if (!len || r->dropped)
        return;
    r->said = true;
    if (r->full)
        buf_add(&r->held, bytes, len);
    else
        r->full = r->sink.text(r->sink.ctx, bytes, len) == X_E_FULL;
    if (r->held.failed)
        reader_decide(r, LLM_CUT, "no memory for text the reader has not taken");
}

void reader_text(struct reader *r, const char *text)
{
    emit(r, text, strlen(text));
}

void reader_finish(struct reader *r, enum llm_end end, const char *why)
{
    if (end != LLM_OK && end != LLM_REFUSED) {
        reader_decide(r, end, "finish_reason %s", why);
        return;
    }
    r->finished = true;
    if (end == LLM_REFUSED)
        r->result.end = LLM_REFUSED;
    if (why)
        (void)snprintf(r->result.detail, sizeof r->result.detail, "finish_reason %s", why);
}

void reader_cite(struct reader *r, int n, const char *url, const char *title, const char *snippet)
{
    bool full = *title || *snippet;
    int *highest = full ? &r->cited_full : &r->cited;
    if (n == 0)
        n = (r->cited > r->cited_full ? r->cited : r->cited_full) + 1;
    if (!*url || n < 0 || n <= *highest || n > READER_CITATIONS_MAX || (!full && n <= r->cited_full) ||
        r->dropped || r->decided)
        return;
    *highest = n;
    if (r->sink.citation)
        r->sink.citation(r->sink.ctx, &(struct llm_citation){ n, url, title, snippet });
}

int64_t reader_count(const cJSON *obj, const char *key, int64_t before)
{
    double n = json_number(obj, key, -1);
    return n >= 0 && n <= TOKENS_SANE ? (int64_t)n : before;
}

/* 0 in a stream is "unknown", not a price. */
void reader_cost(struct reader *r, double usd)
{
    if (usd > 0 && usd < COST_SANE)
        r->result.cost_nusd = (int64_t)(usd * 1e9 + 0.5);
}

/* ---- events ---- */

static void read_doc(struct reader *r, const char *name, const cJSON *doc)
{
    const cJSON *error = outcome_error(doc);
    if (!error && !strcmp(name, "error"))
        error = doc;
    if (!error) {
        r->events++;
        r->wire->event(r, doc);
    } else if (!r->finished) {
        decide_error(r, 200, error);
    }
}

/* 1, 2 = "\\uXXXX" of a high, a low surrogate stands at `at`; 0 = neither. */
static int surrogate_at(const char *at, size_t len)
{
    if (len < 6 || at[0] != '\\' || at[1] != 'u' || (at[2] | 0x20) != 'd')
        return 0;
    return strchr("89abAB", at[3]) ? 1 : strchr("cdefCDEF", at[3]) ? 2 : 0;
}

/* Servers that cut text by UTF-16 units halve characters, and each half makes its event invalid JSON. The
 * halves become U+FFFD, the event stays. */
static int parse_mended(cJSON **out, const char *data, size_t len)
{
    struct buf copy = BUF_INIT(JSON_BYTES_MAX + 1);
    size_t mended = 0;
    buf_add(&copy, data, len);
    for (size_t i = 0; !copy.failed && i < len; i++) {
        int half = surrogate_at(copy.at + i, len - i);
        if (half == 1 && surrogate_at(copy.at + i + 6, len > i + 6 ? len - i - 6 : 0) == 2) {
            i += 11;
        } else if (half) {
            memcpy(copy.at + i + 2, "fffd", 4);
            mended++;
        } else if (copy.at[i] == '\\') {
            i++;
        }
    }
    int rc = mended ? json_parse(out, copy.at, len, NULL) : X_E_INVALID;
    buf_free(&copy);
    return rc;
}

static int on_event(void *ctx, const char *name, const char *data, size_t len, const char *id X_UNUSED)
{
    struct reader *r = ctx;
    cJSON *doc = NULL;
    if (str_eqs(str_trim((struct str){ data, len }), "[DONE]"))
        return 0;
    int rc = json_parse(&doc, data, len, NULL);
    if (rc)
        rc = parse_mended(&doc, data, len);
    if (rc || !(cJSON_IsObject(doc) || cJSON_IsArray(doc)))
        r->result.skipped_events++;
    else
        read_doc(r, name, doc);
    cJSON_Delete(doc);
    return r->dropped || r->decided ? STOP : 0;
}

static int on_frame(void *ctx, const char *text, size_t len)
{
    return on_event(ctx, "", text, len, "");
}

/* ---- bytes ---- */

void reader_init(struct reader *r, const struct wire *wire, const struct llm_request *req,
                 const struct llm_sink *sink, const char *key)
{
    *r = (struct reader){ .wire = wire, .sink = *sink, .req = req, .key = key };
    r->result = (struct llm_result){ .end = LLM_OK,
                                     .tokens_in = -1,
                                     .tokens_out = -1,
                                     .cached_in = -1,
                                     .cost_nusd = -1,
                                     .retry_after_ms = -1 };
    sse_init(&r->sse, JSON_BYTES_MAX, on_event, r);
    frames_init(&r->frames, wire->lines ? FRAMES_LINES : FRAMES_OBJECTS, JSON_BYTES_MAX, on_frame, r);
    buf_init(&r->body, JSON_BYTES_MAX);
    buf_init(&r->held, JSON_BYTES_MAX);
}

void reader_free(struct reader *r)
{
    sse_free(&r->sse);
    frames_free(&r->frames);
    buf_free(&r->body);
    buf_free(&r->held);
}

void reader_head(struct reader *r, int status, const char *content_type)
{
    r->result.status = status;
    if (status / 100 != 2) {
        r->shape = SHAPE_REFUSAL;
    } else if (content_type && !strncasecmp(content_type, "application/json", 16)) {
        r->shape = SHAPE_JSON;
        r->frames.framing = FRAMES_OBJECTS;
    }
}

static void read_refusal(struct reader *r)
{
    cJSON *doc = NULL;
    json_parse(&doc, buf_text(&r->body), r->body.len, NULL);
    decide_error(r, r->result.status, outcome_error(doc));
    cJSON_Delete(doc);
}

/* What a refusal has to say stands in front: of a body without end no more is read. */
static void feed_refusal(struct reader *r, const char *bytes, size_t len)
{
    size_t room = r->body.max - r->body.len;
    buf_add(&r->body, bytes, len < room ? len : room);
    if (len > room)
        read_refusal(r);
}

void reader_feed(struct reader *r, const char *bytes, size_t len)
{
    int rc;
    if (r->decided || r->dropped)
        return;
    if (r->shape == SHAPE_REFUSAL) {
        feed_refusal(r, bytes, len);
        return;
    }
    if (r->shape == SHAPE_JSON || r->wire->lines)
        rc = frames_feed(&r->frames, bytes, len);
    else
        rc = sse_feed(&r->sse, bytes, len);
    if (rc && !r->decided && !r->dropped)
        reader_decide(r, LLM_CUT, "an event cannot be read: %s", status_name(rc));
}

/* The last event may lack the line that ends it. */
static void flush(struct reader *r)
{
    if (r->shape == SHAPE_REFUSAL) /* the status stands, however its body ended */
        read_refusal(r);
    else if (r->shape == SHAPE_JSON || r->wire->lines)
        frames_end(&r->frames);
    else
        sse_feed(&r->sse, "\n\n", 2);
}

static void end_whole(struct reader *r)
{
    r->decided = true;
    if (r->result.skipped_events && !r->result.detail[0])
        (void)snprintf(r->result.detail, sizeof r->result.detail, "%d unreadable events skipped",
                       r->result.skipped_events);
}

void reader_end(struct reader *r, enum llm_end otherwise, const char *detail)
{
    if (!r->decided && !r->dropped)
        flush(r);
    if (r->decided || r->dropped)
        return;
    if (r->finished && (r->said || r->result.end == LLM_REFUSED))
        end_whole(r);
    else if (*detail)
        reader_decide(r, otherwise, "%s", detail);
    else if (r->finished)
        reader_decide(r, otherwise, "finished without any text");
    else
        reader_decide(r, otherwise, "ended without finish_reason: %d events, %d unreadable", r->events,
                      r->result.skipped_events);
}

void reader_resume(struct reader *r)
{
    struct buf held = r->held;
    r->full = false;
    buf_init(&r->held, JSON_BYTES_MAX);
    emit(r, buf_text(&held), held.len);
    buf_free(&held);
}
