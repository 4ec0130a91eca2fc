/* SPDX-License-Identifier: Apache-2.0
 *
 * The entries of the answer cache: who stays, for how long, what a copy holds, who is found by what, many
 * threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "tests/unit/pipeline/cache_kit.h"

#define THREADS 4

static void put(struct stage_kit *k, struct cache *c, const char *key, const char *redacted, int64_t now)
{
    char full[KEY_BYTES] = "";
    stage_kit_turn(k);
    answer(&k->turn, redacted);
    strncat(full, key, sizeof full - 1);
    cache_put(c, full, &k->turn, now);
}

static const char *got(struct stage_kit *k, struct cache *c, const char *key, int64_t now)
{
    stage_kit_turn(k);
    int rc = cache_get(c, key, &k->turn, now);
    assert_true(rc == 0 || rc == X_E_NOT_FOUND);
    return rc ? NULL : k->turn.answer.redacted;
}

static void cache__gives_a_whole_copy(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(4);
    char text[] = "An answer [1].";
    put(k, c, "a", text, 0);
    memset(text, 'x', sizeof text - 1); /* the entry has its own */
    assert_string_equal(got(k, c, "a", 1), "An answer [1].");
    const struct turn *t = &k->turn;
    assert_string_equal(t->answer.code, "ok");
    assert_string_equal(t->answer.provider, "openai");
    assert_int_equal(t->answer.sources, 1);
    assert_string_equal(t->answer.source[0].title, "Title");
    assert_string_equal(t->answer.source[0].excerpt, "An excerpt");
    assert_int_equal(t->validation.confidence, 80);
    assert_true(t->validation.is_safe);
    assert_null(t->answer.text); /* restored for each person anew */
    cache_close(c);              /* the turn's copy outlives the cache */
    assert_string_equal(t->answer.source[0].source, "a.md");
}

static void cache__evicts_what_was_used_longest_ago(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(3);
    put(k, c, "a", "A", 0);
    put(k, c, "b", "B", 0);
    put(k, c, "c", "C", 0);
    assert_non_null(got(k, c, "a", 1)); /* used: b is the oldest now */
    put(k, c, "d", "D", 1);
    assert_null(got(k, c, "b", 1));
    assert_string_equal(got(k, c, "a", 1), "A");
    assert_string_equal(got(k, c, "c", 1), "C");
    assert_string_equal(got(k, c, "d", 1), "D");
    put(k, c, "e", "E", 1);
    put(k, c, "f", "F", 1);
    put(k, c, "g", "G", 1);
    assert_null(got(k, c, "a", 1));
    assert_null(got(k, c, "d", 1));
    assert_string_equal(got(k, c, "e", 1), "E");
    cache_close(c);
}

static void cache__forgets_after_its_lifetime_however_often_used(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(4);
    put(k, c, "a", "A", 500);
    for (int64_t now = 500; now < 500 + TTL; now += 99)
        assert_non_null(got(k, c, "a", now));
    assert_non_null(got(k, c, "a", 500 + TTL - 1));
    assert_null(got(k, c, "a", 500 + TTL));
    put(k, c, "a", "again", 500 + TTL);
    assert_string_equal(got(k, c, "a", 500 + TTL), "again");
    cache_close(c);
}

static void cache__the_first_of_two_answers_stays(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(1);
    put(k, c, "a", "first", 0);
    put(k, c, "a", "second", 0);
    assert_string_equal(got(k, c, "a", 1), "first");
    cache_close(c);
}

static void cache__without_entries_keeps_nothing(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(0);
    put(k, c, "a", "A", 0);
    assert_null(got(k, c, "a", 0));
    cache_close(c);
    cache_close(NULL);
}

static void cache__a_large_answer_is_not_kept(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(4);
    char *large = malloc(CACHE_ENTRY_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', CACHE_ENTRY_MAX);
    large[CACHE_ENTRY_MAX] = '\0';
    put(k, c, "a", large, 0);
    assert_null(got(k, c, "a", 0));
    large[CACHE_ENTRY_MAX / 2] = '\0';
    put(k, c, "a", large, 0);
    assert_string_equal(got(k, c, "a", 0), large);
    free(large);
    cache_close(c);
}

static void cache__a_turn_without_memory_is_left_as_it_was(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(4);
    put(k, c, "a", "A", 0);
    stage_kit_turn(k);
    k->turn.arena.cap_bytes = 8;
    assert_int_equal(cache_get(c, "a", &k->turn, 0), X_E_NOT_FOUND);
    assert_null(k->turn.answer.code);
    assert_int_equal(k->turn.validation.warnings, 0);
    cache_close(c);
}

static void cache__warnings_about_the_answer_travel_those_about_the_person_do_not(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(4);
    stage_kit_turn(k);
    answer(&k->turn, "A");
    turn_warn(&k->turn, "privacy_notice");
    turn_warn(&k->turn, "ungrounded");
    char key[KEY_BYTES] = "a";
    cache_put(c, key, &k->turn, 0);
    assert_non_null(got(k, c, "a", 0));
    assert_true(stage_kit_warned(k, "ungrounded"));
    assert_false(stage_kit_warned(k, "privacy_notice")); /* that was for the one who asked first */
    stage_kit_turn(k);
    turn_warn(&k->turn, "privacy_notice");
    assert_int_equal(cache_get(c, "a", &k->turn, 0), 0);
    assert_true(stage_kit_warned(k, "privacy_notice")); /* and this one is for us */
    assert_true(stage_kit_warned(k, "ungrounded"));
    assert_int_equal(k->turn.validation.warnings, 2);
    cache_close(c);
}

/* ---- found by what is asked ---- */

static void put_like(struct stage_kit *k, struct cache *c, const char *key, const char *like, int64_t now)
{
    char full[KEY_BYTES] = "";
    stage_kit_turn(k);
    stage_kit_say(k, key);
    answer(&k->turn, key);
    strncat(full, key, sizeof full - 1);
    strncat(k->turn.cache.like, like, KEY_BYTES - 1);
    cache_put(c, full, &k->turn, now);
}

static const char *found_like(struct stage_kit *k, struct cache *c, const char *like, int64_t now)
{
    static char key[KEY_BYTES];
    const char *question = NULL;
    stage_kit_turn(k);
    if (cache_find_like(c, like, key, &question, &k->turn.arena, now))
        return NULL;
    assert_string_equal(question, key); /* put_like says the key */
    return key;
}

static void cache__a_like_goes_with_its_entry(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(2);
    put_like(k, c, "a", "one", 0);
    put_like(k, c, "b", "", 0);
    assert_string_equal(found_like(k, c, "one", 1), "a");
    assert_null(found_like(k, c, "", 1));
    assert_null(found_like(k, c, "two", 1));
    put_like(k, c, "c", "two", 1); /* evicts a */
    assert_null(found_like(k, c, "one", 1));
    assert_string_equal(found_like(k, c, "two", TTL), "c");
    assert_null(found_like(k, c, "two", 1 + TTL));
    assert_null(got(k, c, "c", 1)); /* gone, not only hidden */
    put_like(k, c, "d", "one", 2);
    assert_string_equal(found_like(k, c, "one", 3), "d");
    cache_close(c);
}

static void cache__of_two_alike_the_first_is_found(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(2);
    put_like(k, c, "a", "one", 0);
    put_like(k, c, "b", "one", 0);
    assert_string_equal(found_like(k, c, "one", 1), "a");
    assert_non_null(got(k, c, "b", 1));
    put_like(k, c, "c", "", 0); /* evicts a, with the like; b never had it */
    assert_null(found_like(k, c, "one", 1));
    put_like(k, c, "d", "one", 0);
    assert_string_equal(found_like(k, c, "one", 1), "d");
    cache_close(c);
}

static void cache__a_like_without_memory_is_not_found(void **state)
{
    struct stage_kit *k = *state;
    struct cache *c = opened(2);
    char key[KEY_BYTES];
    const char *question;
    put_like(k, c, "a", "one", 0);
    stage_kit_turn(k);
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(cache_find_like(c, "one", key, &question, &k->turn.arena, 1), X_E_NOT_FOUND);
    cache_close(c);
}

struct visitor {
    pthread_t thread;
    struct cache *cache;
    unsigned seed;
    size_t hits, wrong;
};

/* Puts and gets over more keys than fit; an answer must be its key's. */
static void *visit(void *arg)
{
    struct visitor *v = arg;
    static _Thread_local struct turn t;
    for (int i = 0; i < 4000; i++) {
        char key[KEY_BYTES] = "", text[32];
        unsigned n = (v->seed = v->seed * 1103515245U + 12345U) >> 16 & 31;
        snprintf(key, sizeof key, "k%u", n);
        snprintf(text, sizeof text, "answer %u", n);
        memset(&t, 0, sizeof t);
        arena_init(&t.arena, 65536);
        if (cache_get(v->cache, key, &t, i) == 0) {
            v->hits++;
            v->wrong += strcmp(t.answer.redacted, text) != 0;
        } else {
            answer(&t, text);
            t.redaction.text = text;
            memcpy(t.cache.like, key, sizeof key);
            cache_put(v->cache, key, &t, i);
        }
        char found[KEY_BYTES];
        const char *question;
        if (cache_find_like(v->cache, key, found, &question, &t.arena, i) == 0)
            v->wrong += strcmp(found, key) != 0 || strcmp(question, text) != 0;
        arena_wipe(&t.arena);
    }
    return NULL;
}

static void cache__serves_many_threads(void **state X_UNUSED)
{
    struct cache *c = opened(16);
    struct visitor v[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        v[i] = (struct visitor){ .cache = c, .seed = i + 1 };
        assert_int_equal(pthread_create(&v[i].thread, NULL, visit, &v[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(v[i].thread, NULL);
        assert_int_equal(v[i].wrong, 0);
        assert_true(v[i].hits > 0);
    }
    cache_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(cache__gives_a_whole_copy),
        STAGE_CASE(cache__evicts_what_was_used_longest_ago),
        STAGE_CASE(cache__forgets_after_its_lifetime_however_often_used),
        STAGE_CASE(cache__the_first_of_two_answers_stays),
        STAGE_CASE(cache__without_entries_keeps_nothing),
        STAGE_CASE(cache__a_large_answer_is_not_kept),
        STAGE_CASE(cache__a_turn_without_memory_is_left_as_it_was),
        STAGE_CASE(cache__warnings_about_the_answer_travel_those_about_the_person_do_not),
        STAGE_CASE(cache__a_like_goes_with_its_entry),
        STAGE_CASE(cache__of_two_alike_the_first_is_found),
        STAGE_CASE(cache__a_like_without_memory_is_not_found),
        STAGE_CASE(cache__serves_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
