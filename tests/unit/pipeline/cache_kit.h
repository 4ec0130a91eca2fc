/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the answer cache share: a cache, and an answer to put into it.
 */
#ifndef TESTS_UNIT_PIPELINE_CACHE_KIT_H
#define TESTS_UNIT_PIPELINE_CACHE_KIT_H

#include "tests/support/stage_kit.h"

#define TTL 1000

static inline struct cache *opened(size_t entries)
{
    struct cache *c = NULL;
    assert_int_equal(cache_open(&c, entries, TTL, NULL), 0);
    return c;
}

/* An answer as record leaves it, with one source. */
static inline void answer(struct turn *t, const char *redacted)
{
    t->answer.code = "ok";
    t->answer.redacted = t->answer.text = redacted;
    t->answer.provider = "openai";
    t->answer.model = "m";
    t->answer.tokens_in = 12;
    t->answer.source[0] = (struct source){ 1, "Title", "a.md", "An excerpt", 0.5 };
    t->answer.sources = 1;
    t->validation.is_safe = true;
    t->validation.confidence = 80;
}

#endif
