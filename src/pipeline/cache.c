/* SPDX-License-Identifier: Apache-2.0
 *
 * The LRU (list + table under one mutex) and the stage that asks it. A key covers everything the answer may
 * depend on: bot, language, policies, the answer's settings, knowledge generation, normalised question. With
 * cache.semantic a miss is followed by a second look under the same circumstances: what the question asks
 * (semantic.h) instead of its words. Off, that costs nothing; the file has no second look.
 */
#include "pipeline/cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/hash.h"
#include "base/table.h"
#include "base/utf.h"
#include "pipeline/cache_text.h"
#include "pipeline/semantic.h"
#include "pipeline/stages.h"

struct entry {
    struct table_link link, alike;
    struct entry *newer, *older;
    char key[KEY_BYTES];
    char like[KEY_BYTES]; /* "" = not in `alike` */
    const char *question; /* in `words`; of those that are */
    int64_t until_ms;
    struct turn_answer answer; /* strings in `words` */
    struct turn_validation validation;
    struct arena words;
};

struct cache {
    pthread_mutex_t lock;
    struct table table, alike;
    struct entry *newest, *oldest;
    size_t entries, max;
    int64_t ttl_ms;
};

int cache_open(struct cache **out, size_t entries, int64_t ttl_ms, struct err *err)
{
    struct cache *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, -ENOMEM, "answer cache: out of memory");
    pthread_mutex_init(&c->lock, NULL);
    table_init(&c->table);
    table_init(&c->alike);
    c->max = entries;
    c->ttl_ms = ttl_ms;
    *out = c;
    return 0;
}

static void unlink_entry(struct cache *c, struct entry *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void make_newest(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void evict(struct cache *c, struct entry *e)
{
    unlink_entry(c, e);
    table_drop(&c->table, &e->link);
    if (e->like[0])
        table_drop(&c->alike, &e->alike);
    arena_wipe(&e->words);
    free(e);
    c->entries--;
}

void cache_close(struct cache *c)
{
    if (!c)
        return;
    while (c->oldest)
        evict(c, c->oldest);
    table_free(&c->table);
    table_free(&c->alike);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* The parts of an answer a cache may keep, with strings in `a`. */
static bool copy_answer(struct arena *a, struct turn_answer *to, const struct turn_answer *from)
{
    *to = *from;
    to->code = arena_strdup(a, from->code);
    to->redacted = arena_strdup(a, from->redacted);
    to->text = NULL;
    to->provider = arena_strdup(a, from->provider);
    to->model = arena_strdup(a, from->model);
    to->details_json = NULL;
    for (size_t i = 0; i < from->sources; i++) {
        to->source[i].title = arena_strdup(a, from->source[i].title);
        to->source[i].source = arena_strdup(a, from->source[i].source);
        to->source[i].excerpt = arena_strdup(a, from->source[i].excerpt);
    }
    return !a->failed;
}

/* Warnings are constants of the program (turn_warn). What was said about the person who asked first is not
 * kept, so that it cannot be said about the next one. */
static void keep_validation(struct turn_validation *to, const struct turn_validation *from)
{
    to->is_safe = from->is_safe;
    to->confidence = from->confidence;
    for (size_t i = 0; i < from->warnings; i++)
        if (strcmp(from->warning[i], "privacy_notice") != 0)
            to->warning[to->warnings++] = from->warning[i];
}

static void add_validation(struct turn *t, const struct turn_validation *from)
{
    t->validation.is_safe = from->is_safe;
    t->validation.confidence = from->confidence;
    for (size_t i = 0; i < from->warnings; i++)
        turn_warn(t, from->warning[i]);
}

int cache_get(struct cache *c, const char *key, struct turn *t, int64_t now_mono_ms)
{
    pthread_mutex_lock(&c->lock);
    struct table_link *l = table_get(&c->table, key);
    struct entry *e = l ? CONTAINER_OF(l, struct entry, link) : NULL;
    int rc = X_E_NOT_FOUND;
    if (e && now_mono_ms >= e->until_ms)
        evict(c, e);
    else if (e) {
        unlink_entry(c, e);
        make_newest(c, e);
        struct turn_answer answer;
        if (copy_answer(&t->arena, &answer, &e->answer)) {
            t->answer = answer;
            add_validation(t, &e->validation);
            rc = 0;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

int cache_find_like(struct cache *c, const char *like, char key[KEY_BYTES], const char **question,
                    struct arena *a, int64_t now_mono_ms)
{
    pthread_mutex_lock(&c->lock);
    struct table_link *l = table_get(&c->alike, like);
    struct entry *e = l ? CONTAINER_OF(l, struct entry, alike) : NULL;
    int rc = X_E_NOT_FOUND;
    if (e && now_mono_ms < e->until_ms) {
        memcpy(key, e->key, KEY_BYTES);
        *question = arena_strdup(a, e->question);
        rc = *question ? 0 : X_E_NOT_FOUND;
    } else if (e) {
        evict(c, e);
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

/* When it fails the entry is found by its key only. */
static void link_like(struct cache *c, struct entry *e, const struct turn *t)
{
    if (!t->cache.like[0])
        return;
    memcpy(e->like, t->cache.like, sizeof e->like);
    e->question = arena_strdup(&e->words, t->redaction.text);
    if (!e->question || table_put(&c->alike, &e->alike, e->like))
        e->like[0] = '\0';
}

void cache_put(struct cache *c, const char *key, const struct turn *t, int64_t now_mono_ms)
{
    struct entry *e = c->max ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return;
    arena_init(&e->words, CACHE_ENTRY_MAX);
    memcpy(e->key, key, sizeof e->key);
    e->until_ms = now_mono_ms + c->ttl_ms;
    keep_validation(&e->validation, &t->validation);
    pthread_mutex_lock(&c->lock);
    if (!copy_answer(&e->words, &e->answer, &t->answer) || table_put(&c->table, &e->link, e->key)) {
        arena_wipe(&e->words);
        free(e);
    } else {
        make_newest(c, e);
        link_like(c, e, t);
        if (++c->entries > c->max)
            evict(c, c->oldest);
    }
    pthread_mutex_unlock(&c->lock);
}

/* ---- the copy on disk ---- */

struct flush {
    struct job job;
    struct cache_file *file;
};

static void flush_run(struct job *j, struct worker *w X_UNUSED)
{
    cache_file_flush(CONTAINER_OF(j, struct flush, job)->file);
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
    int64_t generation = 0;
    if (t->memory.len || t->redaction.found || t->screen.flagged)
        return NEXT;
    if (knowledge_generation(kit->knowledge, &generation, &t->err))
        return NEXT; /* retrieve will say what is wrong */
    const struct config *c = t->snap->config;
    char *context = arena_printf(&t->arena, "%s|%s|%s|%d|%d|%d|%lld|", t->msg.bot, t->identity.language,
                                 policies_version(t->snap->policies), c->answer.footer,
                                 (int)c->answer.grounding, c->knowledge.top_k, (long long)generation);
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
