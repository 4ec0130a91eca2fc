/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer to the cache file and back, and what a foreign file may not do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/cache_text.h"

static struct turn *fresh(void)
{
    struct turn *t = calloc(1, sizeof *t);
    arena_init(&t->arena, TURN_ARENA_BYTES);
    return t;
}

static void done(struct turn *t)
{
    arena_wipe(&t->arena);
    free(t);
}

static void cache_text__comes_back_as_it_went(void **state X_UNUSED)
{
    struct turn *a = fresh(), *b = fresh();
    struct buf text = BUF_INIT(65536);
    a->answer = (struct turn_answer){
        .redacted = "Gas \"is\" a fee [1].\n\xE2\x82\xBF", .provider = "openai", .model = "m", .sources = 2
    };
    a->answer.source[0] = (struct source){ 1, "Gas", "gas.md", "Gas is", 1.0 };
    a->answer.source[1] = (struct source){ 2, "Fees", "fees.md", "Fees are", 0.25 };
    a->validation.confidence = 87;
    turn_warn(a, "no_citations");
    turn_warn(a, "privacy_notice");
    cache_encode(a, &text);
    assert_false(text.failed);
    assert_int_equal(cache_decode(buf_text(&text), b), 0);
    assert_string_equal(b->answer.redacted, a->answer.redacted);
    assert_string_equal(b->answer.code, "ok");
    assert_string_equal(b->answer.provider, "openai");
    assert_null(b->answer.text); /* restore makes it for the person who asks now */
    assert_int_equal(b->answer.sources, 2);
    assert_string_equal(b->answer.source[1].title, "Fees");
    assert_true(b->answer.source[1].score == 0.25);
    assert_int_equal(b->validation.confidence, 87);
    assert_int_equal(b->validation.warnings,
                     1); /* what was said to the person who asked first stays theirs */
    assert_string_equal(b->validation.warning[0], "no_citations");
    assert_true(b->validation.is_safe);
    buf_free(&text);
    done(a);
    done(b);
}

static void cache_text__refuses_what_is_not_ours(void **state X_UNUSED)
{
    static const char *const text[] = {
        "", "{", "[]", "null", "{\"text\":7}", "{}", "{\"text\":\"\"}", "{\"sources\":[{}]}"
    };
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        struct turn *t = fresh();
        assert_int_equal(cache_decode(text[i], t), X_E_INVALID);
        assert_null(t->answer.redacted);
        done(t);
    }
}

static void cache_text__takes_no_more_sources_than_fit(void **state X_UNUSED)
{
    struct buf text = BUF_INIT(65536);
    buf_adds(&text, "{\"text\":\"x\",\"warnings\":[7,\"evil\",null],\"sources\":[");
    for (int i = 0; i < 3 * TURN_PASSAGES_MAX; i++)
        buf_printf(&text, "%s{\"n\":%d,\"title\":9}", i ? "," : "", i);
    buf_adds(&text, "]}");
    struct turn *t = fresh();
    assert_int_equal(cache_decode(buf_text(&text), t), 0);
    assert_int_equal(t->answer.sources, TURN_PASSAGES_MAX);
    assert_string_equal(t->answer.source[3].title, "");
    assert_int_equal(t->validation.warnings, 0);
    buf_free(&text);
    done(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_text__comes_back_as_it_went),
        cmocka_unit_test(cache_text__refuses_what_is_not_ours),
        cmocka_unit_test(cache_text__takes_no_more_sources_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
