/* SPDX-License-Identifier: Apache-2.0
 *
 * cache_lru: the entries, a list and two tables under one mutex: by key, and by what the question asks. An
 * entry that cannot be linked by the latter (no memory, another has it) is still found by its key.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "pipeline/cache.h"

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
