/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage that asks the cache, and the copy on disk. A key covers everything the answer may depend on: bot,
 * language, policies, the answer's settings, knowledge generation, normalised question. With cache.semantic
 * a miss is followed by a second look under the same circumstances: what the question asks (semantic.h)
 * instead of its words. Off, that costs nothing; the file has no second look.
 */
#include "pipeline/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/hash.h"
#include "base/utf.h"
#include "pipeline/cache_text.h"
#include "pipeline/semantic.h"
#include "pipeline/stages.h"

/* ---- the copy on disk ---- */

struct flush {
    struct job job;
    struct cache_file *file;
};

static void flush_run(struct job *j, struct worker *w X_UNUSED)
{
    cache_file_flush(CONTAINER_OF(j, struct flush, job)->file, clock_wall_ms());
}

static void flush_free(struct job *j)
{
    free(CONTAINER_OF(j, struct flush, job));
}

/* What the pool cannot take now goes with the next batch. */
static void flush_begin(struct pipeline *p)
{
    struct flush *f = calloc(1, sizeof *f);
    if (!f)
        return;
    *f = (struct flush){ .job = { .run = flush_run, .done = flush_free }, .file = p->cache_file };
    if (pool_submit(p->pool, &f->job))
        free(f);
}

void cache_keep(struct turn *t)
{
    struct pipeline *p = t->pipeline;
    struct buf value = BUF_INIT(4U * CACHE_ENTRY_MAX);
    cache_put(p->cache, t->cache.key, t, clock_mono_ms());
    if (!p->cache_file)
        return;
    cache_encode(t, &value);
    if (!value.failed &&
        cache_file_put(p->cache_file, t->cache.key, buf_text(&value), clock_wall_ms() + CACHE_FILE_TTL_MS))
        flush_begin(p);
    buf_free(&value);
}

/* On a worker. A hit goes into memory too. */
static bool from_file(struct turn *t)
{
    struct pipeline *p = t->pipeline;
    const char *json;
    if (!p->cache_file ||
        cache_file_get(p->cache_file, t->cache.key, clock_wall_ms(), &t->arena, &json) != 0 ||
        cache_decode(json, t) != 0)
        return false;
    cache_put(p->cache, t->cache.key, t, clock_mono_ms());
    return true;
}

/* Case and runs of white space do not make another question. */
static struct str normalised(struct turn *t)
{
    const char *text = t->redaction.text;
    size_t len = strlen(text), n = 0, pos = 0;
    char *out = arena_alloc(&t->arena, len * 3 + 1); /* an invalid byte becomes U+FFFD: three */
    bool gap = false;
    while (out && pos < len) {
        uint32_t cp = utf8_next(text, len, &pos);
        if (utf_is_space(cp)) {
            gap = n > 0;
            continue;
        }
        if (gap)
            out[n++] = ' ';
        gap = false;
        n += utf8_put(out + n, utf_lower(cp));
    }
    return (struct str){ out, out ? n : 0 };
}

static void set_like(struct turn *t, const char *context)
{
    struct semantic s;
    if (!t->snap->config->cache.semantic || !semantic_read(&s, t->redaction.text, t->identity.language))
        return;
    struct str part[] = { str_of(context), STR("like"), { s.meaning, s.len } };
    hmac_hex(t->cache.like, t->pipeline->keys.identity, part, ARRAY_LEN(part));
}

/* The same question in other words, asked under the same circumstances. */
static bool from_similar(struct turn *t)
{
    struct cache *c = t->pipeline->cache;
    char key[KEY_BYTES];
    const char *question;
    if (!t->cache.like[0] || cache_find_like(c, t->cache.like, key, &question, &t->arena, clock_mono_ms()))
        return false;
    int near = semantic_nearness(question, t->redaction.text);
    if (near < t->snap->config->cache.semantic_threshold || cache_get(c, key, t, clock_mono_ms()))
        return false;
    turn_warn(t, "similar_question");
    log_info("cache.similar", "turn=%s near=%d", t->id, near);
    return true;
}

static bool from_memory(struct turn *t)
{
    return cache_get(t->pipeline->cache, t->cache.key, t, clock_mono_ms()) == 0;
}

enum verdict stage_cache(struct turn *t, struct worker *w)
{
    const struct worker_kit *kit = w->state;
    struct knowledge_stats docs;
    if (t->memory.len || t->redaction.found || t->screen.flagged)
        return NEXT;
    if (knowledge_stats(kit->knowledge, &docs, &t->err))
        return NEXT; /* retrieve will say what is wrong */
    const struct config *c = t->snap->config;
    char *context =
        arena_printf(&t->arena, "%s|%s|%s|%d|%d|%d|%llx|%lld|", t->msg.bot, t->identity.language,
                     policies_version(t->snap->policies), c->answer.footer, (int)c->answer.grounding,
                     c->knowledge.top_k, (long long)docs.incarnation, (long long)docs.generation);
    struct str question = normalised(t);
    if (!context || !question.at)
        return turn_fail(t, -ENOMEM, "cache");
    struct str part[] = { str_of(context), question };
    hmac_hex(t->cache.key, t->pipeline->keys.identity, part, ARRAY_LEN(part));
    bool hit = from_memory(t);
    if (!hit) {
        set_like(t, context);
        hit = from_file(t) || from_similar(t);
    }
    if (!hit)
        return t->arena.failed ? turn_fail(t, -ENOMEM, "cache") : NEXT;
    t->answer.cached = true;
    t->answer.tokens_in = t->answer.tokens_out = t->answer.cost_nusd = 0; /* no model was asked */
    return DONE;
}
