/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider slots of one configuration and the breaker of each.
 *
 *   closed --5 failures in a row--> open --30 s, or longer when told--> one probe
 *   probe: any answer -> closed, failure -> open again, cancelled -> open, next call probes
 *   LLM_KEY, LLM_MONEY from any state -> dead, until the configuration is loaded again
 *
 * A refusal or a prompt that is too long shows a provider that works, so it counts as an
 * answer. A probe is taken by llm_start, not by asking llm_usable: a turn may ask about a
 * slot and never come to use it. Reports carry no call, so a late failure of a call that
 * was running when the breaker opened may end a probe early; that costs one more wait.
 */
#include "llm/llm.h"

#include <parley/clock.h>
#include <parley/log.h>

#include "base/utf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BREAKER_FAILURES 5
#define BREAKER_OPEN_MS  30000
#define BREAKER_LONGEST  600000       /* what a provider's Retry-After may ask for */
#define BODY_CAP_BYTES   (16LL << 20) /* of one answer: an event of 300 bytes for each of 50,000 tokens */

enum state { CLOSED, OPEN, PROBING, DEAD };

struct slot {
    struct config_provider conf; /* strings in `text`; the key stays with the provider */
    char *text;
    const struct provider_ops *ops;
    struct provider *provider;
    enum state state;
    int failures;
    int64_t open_until_ms;
    struct provider_call *probe; /* PROBING: the call, so that its cancel can be told apart */
};

struct llm {
    struct slot slot[CONFIG_PROVIDERS_MAX];
    size_t n;
};

static const struct provider_ops *const formats[] = {
    &provider_openai, &provider_gemini,     &provider_anthropic,
    &provider_ollama, &provider_perplexity, &provider_extractive,
};

static const struct provider_ops *format_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (!strcmp(formats[i]->format, name))
            return formats[i];
    return NULL;
}

/* ---- open, close ---- */

/* The configuration may go (SIGHUP) before the last turn that uses this set. */
static int conf_copy(struct slot *s, const struct config_provider *from)
{
    const char *text[] = { from->name, from->format, from->base_url, from->model };
    const char **copy[] = { &s->conf.name, &s->conf.format, &s->conf.base_url, &s->conf.model };
    size_t bytes = 1;
    s->conf = *from;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        bytes += strlen(text[i]) + 1;
    char *at = s->text = malloc(bytes);
    if (!at)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        *copy[i] = memcpy(at, text[i], strlen(text[i]) + 1);
        at += strlen(text[i]) + 1;
    }
    *at = '\0';
    s->conf.api_key = at;
    return 0;
}

static int slot_open(struct slot *s, const struct config_provider *conf, struct http *http, struct err *err)
{
    const struct provider_conf pc = {
        .name = conf->name,
        .base_url = conf->base_url,
        .api_key = conf->api_key,
        .model = conf->model,
        .connect_ms = conf->connect_ms,
        .first_byte_ms = conf->first_byte_ms,
        .idle_ms = conf->idle_ms,
        .body_cap_bytes = BODY_CAP_BYTES,
    };
    if (conf_copy(s, conf))
        return err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    int rc = s->ops->open(&s->provider, &pc, http, err);
    if (rc) {
        free(s->text);
        s->text = NULL;
    }
    return rc;
}

/* A server on one's own machine or network speaks plain http and has no keys to give; what is
 * behind https without a key could only answer 401. */
static bool lacks_key(const struct provider_ops *ops, const struct config_provider *conf)
{
    return ops->needs_key && !conf->api_key[0] && strncasecmp(conf->base_url, "http://", 7) != 0;
}

static int open_one(struct llm *l, const struct config_provider *conf, struct http *http, struct err *err)
{
    struct slot *s = &l->slot[l->n];
    s->ops = format_of(conf->format);
    if (!s->ops)
        return err_set(err, X_E_INVALID, "llm.%s.format: \"%s\" is not a known format", conf->name,
                       conf->format);
    if (lacks_key(s->ops, conf)) {
        log_info("llm.off", "provider=%s reason=\"no API key\"", conf->name);
        return 0;
    }
    int rc = slot_open(s, conf, http, err);
    if (rc)
        return rc;
    l->n++;
    log_info("llm.on", "provider=%s format=%s model=\"%s\"", conf->name, conf->format, conf->model);
    return 0;
}

int llm_open(struct llm **out, const struct config *conf, struct http *http, struct err *err)
{
    struct llm *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, -ENOMEM, "no memory for the providers");
    for (size_t i = 0; i < conf->llm.n; i++) {
        int rc = open_one(l, &conf->llm.at[i], http, err);
        if (rc) {
            llm_close(l);
            return rc;
        }
    }
    *out = l;
    return 0;
}

void llm_close(struct llm *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++) {
        l->slot[i].ops->close(l->slot[i].provider);
        free(l->slot[i].text);
    }
    free(l);
}

size_t llm_count(const struct llm *l)
{
    return l->n;
}

const struct config_provider *llm_conf(const struct llm *l, size_t slot)
{
    return &l->slot[slot].conf;
}

bool llm_is_builtin(const struct llm *l, size_t slot)
{
    return l->slot[slot].ops == &provider_extractive;
}

bool llm_cites(const struct llm *l, size_t slot)
{
    return l->slot[slot].ops->cites;
}

/* ---- breaker ---- */

bool llm_usable(struct llm *l, size_t slot, int64_t now_mono_ms)
{
    const struct slot *s = &l->slot[slot];
    return s->state == CLOSED || (s->state == OPEN && now_mono_ms >= s->open_until_ms);
}

static bool is_failure(enum llm_end end)
{
    return end != LLM_OK && end != LLM_REFUSED && end != LLM_TOO_LONG;
}

static void breaker_kill(struct slot *s, const struct llm_result *r)
{
    if (s->state != DEAD)
        log_error("llm.disabled", "provider=%s reason=%s status=%d detail=\"%s\" until=reload", s->conf.name,
                  llm_end_name(r->end), r->status, r->detail);
    s->state = DEAD;
}

static void breaker_answered(struct slot *s)
{
    if (s->state != CLOSED)
        log_info("llm.breaker_closed", "provider=%s", s->conf.name);
    s->state = CLOSED;
    s->failures = 0;
}

static void breaker_failed(struct slot *s, const struct llm_result *r, int64_t now_mono_ms)
{
    int64_t wait_ms = r->retry_after_ms > BREAKER_OPEN_MS ? r->retry_after_ms : BREAKER_OPEN_MS;
    if (s->state == OPEN || (s->state == CLOSED && ++s->failures < BREAKER_FAILURES))
        return;
    if (wait_ms > BREAKER_LONGEST)
        wait_ms = BREAKER_LONGEST;
    if (s->state == CLOSED)
        log_warn("llm.breaker_open", "provider=%s failures=%d last=%s status=%d detail=\"%s\" wait_ms=%lld",
                 s->conf.name, s->failures, llm_end_name(r->end), r->status, r->detail, (long long)wait_ms);
    s->state = OPEN;
    s->open_until_ms = now_mono_ms + wait_ms;
}

void llm_report(struct llm *l, size_t slot, const struct llm_result *r, int64_t now_mono_ms)
{
    struct slot *s = &l->slot[slot];
    s->probe = NULL;
    if (r->end == LLM_KEY || r->end == LLM_MONEY)
        breaker_kill(s, r);
    else if (s->state == DEAD)
        return;
    else if (is_failure(r->end))
        breaker_failed(s, r, now_mono_ms);
    else
        breaker_answered(s);
}

/* ---- calls ---- */

/* A probe that never came to a report leaves the breaker open and due. */
static void probe_over(struct slot *s)
{
    s->probe = NULL;
    if (s->state == PROBING)
        s->state = OPEN;
}

int llm_start(struct llm *l, size_t slot, const struct llm_request *req, const struct llm_sink *sink,
              struct provider_call **out, struct err *err)
{
    struct slot *s = &l->slot[slot];
    bool probe = s->state == OPEN;
    if (probe)
        s->state = PROBING;
    int rc = s->ops->start(s->provider, req, sink, out, err);
    if (probe && rc)
        probe_over(s);
    else if (probe && s->state == PROBING)
        s->probe = *out;
    return rc;
}

void llm_resume(struct llm *l, size_t slot, struct provider_call *c)
{
    if (l->slot[slot].ops->resume)
        l->slot[slot].ops->resume(c);
}

void llm_cancel(struct llm *l, size_t slot, struct provider_call *c)
{
    struct slot *s = &l->slot[slot];
    if (s->probe == c)
        probe_over(s);
    s->ops->cancel(c);
}

/* ---- names and sizes ---- */

const char *llm_end_name(enum llm_end e)
{
    static const char *const name[LLM_END_COUNT] = {
        [LLM_OK] = "ok",
        [LLM_TRANSIENT] = "transient",
        [LLM_RATE] = "rate",
        [LLM_MONEY] = "money",
        [LLM_KEY] = "key",
        [LLM_TOO_LONG] = "too_long",
        [LLM_REFUSED] = "refused",
        [LLM_BAD_REQUEST] = "bad_request",
        [LLM_CUT] = "cut",
        [LLM_TIMEOUT_CONNECT] = "timeout_connect",
        [LLM_TIMEOUT_FIRST] = "timeout_first",
        [LLM_TIMEOUT_IDLE] = "timeout_idle",
        [LLM_TIMEOUT_TOTAL] = "timeout_total",
    };
    return e < LLM_END_COUNT ? name[e] : "unknown";
}

static bool is_hangul(uint32_t cp)
{
    return (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x1100 && cp <= 0x11FF);
}

int64_t llm_tokens(const char *text)
{
    size_t len = strlen(text), pos = 0;
    int64_t wide = 0, narrow_bytes = 0;
    while (pos < len) {
        size_t from = pos;
        if ((unsigned char)text[pos] < 0x80) {
            pos++;
            narrow_bytes++;
            continue;
        }
        uint32_t cp = utf8_next(text, len, &pos);
        if (utf_is_wide(cp) || is_hangul(cp))
            wide++;
        else
            narrow_bytes += (int64_t)(pos - from);
    }
    return wide + (narrow_bytes + 3) / 4;
}
