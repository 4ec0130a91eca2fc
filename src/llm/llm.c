/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider slots of one configuration: who may be asked with which key. Keys take turns.
 *
 *   belongs to the key       LLM_KEY, LLM_MONEY: dead until the configuration is loaded again
 *                            LLM_RATE: waits as long as it was told, else counts towards its breaker
 *   belongs to the provider  5xx, network, timeouts, a cut stream, a gone model: whoever asks gets them
 *   to neither               an answer, a refusal, too long a prompt: it works, both breakers close
 *
 * What belongs to the key still proves that somebody is there, and ends a probe of the provider well. A key
 * on probe is well at its first text; the provider only at the end, because it may yet cut its stream.
 */
#include "llm/llm.h"

#include <parley/log.h>

#include "base/metric.h"
#include "llm/breaker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_CAP_BYTES (16LL << 20) /* of one answer: an event of 300 bytes for each of 50,000 tokens */
#define SLOW_US        10000000     /* what a failure counts as in the smoothed time to a first text */
#define SMOOTHING      4            /* a new time moves it by a quarter of the way */

struct key {
    struct provider *provider; /* with this key in its requests */
    struct breaker breaker;
    enum llm_end died_of; /* BREAKER_DEAD */
};

struct slot {
    struct config_provider conf; /* strings in `text`; the keys stay with the providers */
    char *text;
    const struct provider_ops *ops;
    struct meter *meter;
    struct breaker breaker;
    struct key key[CONFIG_KEYS_MAX];
    size_t keys, turn;     /* turn: index of the key to look at first */
    int64_t first_text_us; /* smoothed; -1 = unknown */
};

struct llm {
    struct slot slot[CONFIG_PROVIDERS_MAX];
    size_t n;
};

_Static_assert(CONFIG_KEYS_MAX <= 8, "llm_call.tried has a bit for each key");

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
    size_t bytes = 0;
    s->conf = *from;
    memset(s->conf.key, 0, sizeof s->conf.key);
    s->conf.keys = 0;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        bytes += strlen(text[i]) + 1;
    char *at = s->text = malloc(bytes);
    if (!at)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        *copy[i] = memcpy(at, text[i], strlen(text[i]) + 1);
        at += strlen(text[i]) + 1;
    }
    return 0;
}

static int key_open(struct slot *s, const char *key, struct http *http, struct err *err)
{
    const struct provider_conf pc = {
        .name = s->conf.name,
        .base_url = s->conf.base_url,
        .api_key = key,
        .model = s->conf.model,
        .connect_ms = s->conf.connect_ms,
        .first_byte_ms = s->conf.first_byte_ms,
        .idle_ms = s->conf.idle_ms,
        .body_cap_bytes = BODY_CAP_BYTES,
    };
    int rc = s->ops->open(&s->key[s->keys].provider, &pc, http, err);
    s->keys += rc == 0;
    return rc;
}

static void slot_close(struct slot *s)
{
    while (s->keys > 0)
        s->ops->close(s->key[--s->keys].provider);
    free(s->text);
    s->text = NULL;
}

/* A provider without a key has one nameless one, so that everything else need not ask. */
static int slot_open(struct slot *s, const struct config_provider *conf, struct http *http, struct err *err)
{
    if (conf_copy(s, conf))
        return err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    s->meter = meter_of(conf->name);
    s->first_text_us = -1;
    int rc = conf->keys ? 0 : key_open(s, "", http, err);
    for (size_t i = 0; i < conf->keys && rc == 0; i++)
        rc = key_open(s, conf->key[i], http, err);
    if (rc)
        slot_close(s);
    return rc;
}

/* A server on one's own machine or network speaks plain http and has no keys to give; what is
 * behind https without a key could only answer 401. */
static bool lacks_key(const struct provider_ops *ops, const struct config_provider *conf)
{
    return ops->needs_key && !conf->keys && strncasecmp(conf->base_url, "http://", 7) != 0;
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
    log_info("llm.on", "provider=%s format=%s model=\"%s\" keys=%zu", conf->name, conf->format, conf->model,
             conf->keys);
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
    for (size_t i = 0; l && i < l->n; i++)
        slot_close(&l->slot[i]);
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

struct meter *llm_meter(const struct llm *l, size_t slot)
{
    return l->slot[slot].meter;
}

/* ---- who may be asked ---- */

/* 1.. of the next key that lets a call through and is not in `tried`; 0 = none. */
static unsigned key_next(const struct slot *s, uint8_t tried, int64_t now_mono_ms)
{
    for (size_t n = 0; n < s->keys; n++) {
        size_t i = (s->turn + n) % s->keys;
        if (!(tried >> i & 1) && breaker_lets(&s->key[i].breaker, now_mono_ms))
            return (unsigned)i + 1;
    }
    return 0;
}

static unsigned usable_key(const struct slot *s, uint8_t tried, int64_t now_mono_ms)
{
    return breaker_lets(&s->breaker, now_mono_ms) ? key_next(s, tried, now_mono_ms) : 0;
}

bool llm_usable(const struct llm *l, size_t slot, int64_t now_mono_ms)
{
    return usable_key(&l->slot[slot], 0, now_mono_ms) != 0;
}

int64_t llm_wait_ms(const struct llm *l, size_t slot, int64_t now_mono_ms)
{
    const struct slot *s = &l->slot[slot];
    int64_t least = -1;
    if (usable_key(s, 0, now_mono_ms))
        return 0;
    for (size_t i = 0; i < s->keys && breaker_lets(&s->breaker, now_mono_ms); i++) {
        const struct breaker *b = &s->key[i].breaker;
        if (b->state == BREAKER_CLOSED && (least < 0 || b->cool_ms - now_mono_ms < least))
            least = b->cool_ms - now_mono_ms;
    }
    return least;
}

int64_t llm_first_text_us(const struct llm *l, size_t slot)
{
    return l->slot[slot].first_text_us;
}

static void timed(struct slot *s, int64_t us)
{
    s->first_text_us = s->first_text_us < 0 ? us : s->first_text_us + (us - s->first_text_us) / SMOOTHING;
}

/* ---- what is learnt from a call ---- */

enum blame { ON_NOBODY, ON_KEY, ON_PROVIDER };

static enum blame blame_of(enum llm_end end)
{
    switch (end) {
    case LLM_OK:
    case LLM_REFUSED:
    case LLM_TOO_LONG:
        return ON_NOBODY;
    case LLM_KEY:
    case LLM_MONEY:
    case LLM_RATE:
        return ON_KEY;
    case LLM_TRANSIENT:
    case LLM_BAD_REQUEST:
    case LLM_CUT:
    case LLM_TIMEOUT_CONNECT:
    case LLM_TIMEOUT_FIRST:
    case LLM_TIMEOUT_IDLE:
    case LLM_TIMEOUT_TOTAL:
    case LLM_END_COUNT:
        break;
    }
    return ON_PROVIDER;
}

bool llm_rotates(const struct llm *l, const struct llm_call *c, enum llm_end end, int64_t now_mono_ms)
{
    return blame_of(end) == ON_KEY && usable_key(&l->slot[c->slot], c->tried, now_mono_ms) != 0;
}

static void slot_answered(struct slot *s)
{
    if (breaker_answered(&s->breaker))
        log_info("llm.breaker_closed", "provider=%s", s->conf.name);
}

static void slot_failed(struct slot *s, const struct llm_call *c, const struct llm_result *r, int64_t now)
{
    if (breaker_failed(&s->breaker, c->slot_probe, r->retry_after_ms, now))
        log_warn("llm.breaker_open", "provider=%s failures=%d last=%s status=%d detail=\"%s\" wait_ms=%lld",
                 s->conf.name, s->breaker.failures, llm_end_name(r->end), r->status, r->detail,
                 (long long)(s->breaker.until_ms - now));
}

static void key_disable(struct slot *s, unsigned key, const struct llm_result *r)
{
    struct key *k = &s->key[key - 1];
    if (!breaker_kill(&k->breaker))
        return;
    k->died_of = r->end;
    log_error("llm.disabled", "provider=%s reason=%s key=%u of=%zu status=%d detail=\"%s\" hint=\"%s\"",
              s->conf.name, llm_end_name(r->end), key, s->keys, r->status, r->detail,
              r->end == LLM_MONEY ? "add credit or raise the limit there, then reload (SIGHUP)"
                                  : "replace this key in api_key, then reload (SIGHUP)");
}

static void key_failed(struct slot *s, const struct llm_call *c, const struct llm_result *r, int64_t now)
{
    struct breaker *b = &s->key[c->key - 1].breaker;
    bool told = r->retry_after_ms >= 0;
    if (r->end != LLM_RATE)
        key_disable(s, c->key, r);
    else if (told ? breaker_cool(b, c->key_probe, r->retry_after_ms, now)
                  : breaker_failed(b, c->key_probe, 0, now))
        log_warn("llm.key_waits", "provider=%s key=%u of=%zu wait_ms=%lld detail=\"%s\"", s->conf.name,
                 c->key, s->keys, (long long)((told ? b->cool_ms : b->until_ms) - now), r->detail);
}

void llm_report(struct llm *l, struct llm_call *c, const struct llm_result *r, int64_t now_mono_ms)
{
    struct slot *s = &l->slot[c->slot];
    enum blame blame = blame_of(r->end);
    c->running = NULL;
    if (c->key == 0)
        return;
    if (blame != ON_NOBODY)
        timed(s, SLOW_US);
    if (blame == ON_PROVIDER) {
        breaker_spared(&s->key[c->key - 1].breaker, c->key_probe);
        slot_failed(s, c, r, now_mono_ms);
        return;
    }
    if (blame == ON_NOBODY || c->slot_probe)
        slot_answered(s);
    if (blame == ON_NOBODY)
        breaker_answered(&s->key[c->key - 1].breaker);
    else
        key_failed(s, c, r, now_mono_ms);
}

void llm_heard(struct llm *l, struct llm_call *c, int64_t first_text_us)
{
    struct slot *s = &l->slot[c->slot];
    timed(s, first_text_us);
    if (c->key && c->key_probe)
        breaker_answered(&s->key[c->key - 1].breaker);
}

/* ---- calls ---- */

int llm_start(struct llm *l, struct llm_call *c, const struct llm_request *req, const struct llm_sink *sink,
              int64_t now_mono_ms, struct err *err)
{
    struct slot *s = &l->slot[c->slot];
    c->slot_probe = c->key_probe = false;
    c->running = NULL;
    c->key = usable_key(s, c->tried, now_mono_ms);
    if (c->key == 0)
        return err_set(err, X_E_CLOSED, "off since it was chosen");
    struct key *k = &s->key[c->key - 1];
    s->turn = c->key % s->keys;
    c->tried |= (uint8_t)(1U << (c->key - 1));
    c->slot_probe = breaker_take(&s->breaker);
    c->key_probe = breaker_take(&k->breaker);
    return s->ops->start(k->provider, req, sink, &c->running, err);
}

void llm_resume(struct llm *l, struct llm_call *c)
{
    if (c->running && l->slot[c->slot].ops->resume)
        l->slot[c->slot].ops->resume(c->running);
}

void llm_cancel(struct llm *l, struct llm_call *c, int64_t waited_us)
{
    struct slot *s = &l->slot[c->slot];
    if (c->key) {
        breaker_spared(&s->breaker, c->slot_probe);
        breaker_spared(&s->key[c->key - 1].breaker, c->key_probe);
    }
    if (waited_us > s->first_text_us)
        timed(s, waited_us);
    if (c->running)
        s->ops->cancel(c->running);
    c->running = NULL;
}

/* ---- for people ---- */

static void say(struct buf *out, const char *what, unsigned key, int64_t wait_ms)
{
    buf_printf(out, "%s%s", out->len ? ", " : "", what);
    if (key)
        buf_printf(out, " %u", key);
    if (wait_ms > 0)
        buf_printf(out, " for %lld s", (long long)((wait_ms + 999) / 1000));
}

static void describe_key(const struct slot *s, unsigned key, int64_t now_mono_ms, struct buf *out)
{
    const struct key *k = &s->key[key - 1];
    const struct breaker *b = &k->breaker;
    if (b->state == BREAKER_DEAD)
        say(out, k->died_of == LLM_MONEY ? "no money on key" : "refused is key", key, 0);
    else if (!breaker_is_well(b, now_mono_ms))
        say(out, "waiting is key", key, (b->until_ms > b->cool_ms ? b->until_ms : b->cool_ms) - now_mono_ms);
}

void llm_describe(const struct llm *l, size_t slot, int64_t now_mono_ms, struct buf *out)
{
    const struct slot *s = &l->slot[slot];
    if (s->breaker.state != BREAKER_CLOSED)
        say(out, "breaker open", 0, s->breaker.until_ms - now_mono_ms);
    for (size_t i = 0; i < s->keys; i++)
        describe_key(s, (unsigned)i + 1, now_mono_ms, out);
}

static bool key_up(const struct slot *s, const struct key *k, int64_t now_mono_ms)
{
    return breaker_is_well(&s->breaker, now_mono_ms) && breaker_is_well(&k->breaker, now_mono_ms);
}

static bool key_disabled(const struct slot *s X_UNUSED, const struct key *k, int64_t now_mono_ms X_UNUSED)
{
    return k->breaker.state == BREAKER_DEAD;
}

static void keys_render(const struct llm *l, const char *name, const char *help, int64_t now_mono_ms,
                        bool (*is)(const struct slot *s, const struct key *k, int64_t now_mono_ms),
                        struct buf *out)
{
    metric_head(METRIC_GAUGE, name, help, out);
    for (size_t i = 0; i < l->n; i++) {
        const struct slot *s = &l->slot[i];
        for (size_t n = 0; n < s->keys && !llm_is_builtin(l, i); n++) {
            char label[80];
            (void)snprintf(label, sizeof label, "provider=\"%s\",key=\"%zu\"", s->conf.name, n + 1);
            metric_sample(name, label, is(s, &s->key[n], now_mono_ms), out);
        }
    }
}

void llm_metrics(const struct llm *l, int64_t now_mono_ms, struct buf *out)
{
    meter_render(out);
    keys_render(l, "parley_provider_up", "0 while its breaker is open, or this key waits or is off",
                now_mono_ms, key_up, out);
    keys_render(l, "parley_provider_key_disabled",
                "1 = refused or out of money until the configuration is loaded again", now_mono_ms,
                key_disabled, out);
}

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
