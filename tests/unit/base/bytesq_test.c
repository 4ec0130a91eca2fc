/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring against a flat model, at its edges and out of memory. The source is included
 * so that malloc can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory;

static void *spy_malloc(size_t bytes)
{
    return no_memory ? NULL : malloc(bytes);
}

#define malloc spy_malloc
#include "base/bytesq.c"
#undef malloc

static void bytesq__empty_has_nothing_to_peek(void **state)
{
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    bytesq_init(&q, 100);
    assert_int_equal(bytesq_peek(&q, &at), 0);
    assert_int_equal(bytesq_push(&q, NULL, 0), 0);
    bytesq_pop(&q, 10);
    assert_int_equal(bytesq_peek(&q, &at), 0);
    assert_null(q.ring);
    bytesq_free(&q);
}

static void bytesq__push_is_all_or_nothing(void **state)
{
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    bytesq_init(&q, 8);
    assert_int_equal(bytesq_push(&q, "123456", 6), 0);
    assert_int_equal(bytesq_push(&q, "abc", 3), X_E_FULL);
    assert_int_equal(bytesq_push(&q, "abc", SIZE_MAX), X_E_FULL);
    assert_int_equal(bytesq_peek(&q, &at), 6);
    assert_memory_equal(at, "123456", 6);
    assert_int_equal(bytesq_push(&q, "ab", 2), 0);
    assert_int_equal(bytesq_peek(&q, &at), 8);
    assert_int_equal(bytesq_push(&q, "c", 1), X_E_FULL);
    bytesq_free(&q);
}

static void bytesq__wraps_without_growing(void **state)
{
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    bytesq_init(&q, 8);
    assert_int_equal(bytesq_push(&q, "12345678", 8), 0);
    bytesq_pop(&q, 5);
    assert_int_equal(bytesq_push(&q, "abcde", 5), 0);
    assert_int_equal(q.cap, 8);
    assert_int_equal(bytesq_peek(&q, &at), 3);
    assert_memory_equal(at, "678", 3);
    bytesq_pop(&q, 3);
    assert_int_equal(bytesq_peek(&q, &at), 5);
    assert_memory_equal(at, "abcde", 5);
    bytesq_free(&q);
}

static void bytesq__growing_straightens_a_wrapped_ring(void **state)
{
    static uint8_t first[4096], second[3000];
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    memset(first, 'f', sizeof first);
    memset(second, 's', sizeof second);
    bytesq_init(&q, 20000);
    assert_int_equal(bytesq_push(&q, first, sizeof first), 0);
    bytesq_pop(&q, 4000);
    assert_int_equal(bytesq_push(&q, second, sizeof second), 0); /* wraps */
    assert_int_equal(bytesq_push(&q, second, sizeof second), 0); /* grows */
    assert_int_equal(bytesq_peek(&q, &at), 96 + 6000);
    assert_memory_equal(at, first, 96);
    assert_memory_equal(at + 96, second, 3000);
    assert_memory_equal(at + 3096, second, 3000);
    bytesq_free(&q);
}

static void bytesq__growth_stops_at_max(void **state)
{
    static uint8_t bytes[10000];
    struct bytesq q;

    (void)state;
    bytesq_init(&q, 10000);
    assert_int_equal(bytesq_push(&q, bytes, 4097), 0);
    assert_int_equal(q.cap, 8192);
    assert_int_equal(bytesq_push(&q, bytes, 10000 - 4097), 0);
    assert_int_equal(q.cap, 10000);
    assert_int_equal(bytesq_push(&q, bytes, 1), X_E_FULL);
    bytesq_free(&q);
    assert_int_equal(bytesq_push(&q, bytes, 10000), 0); /* usable after free, same max */
    bytesq_free(&q);
}

static void bytesq__popping_too_much_empties_it(void **state)
{
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    bytesq_init(&q, 8);
    assert_int_equal(bytesq_push(&q, "1234", 4), 0);
    bytesq_pop(&q, SIZE_MAX);
    assert_int_equal(bytesq_peek(&q, &at), 0);
    assert_int_equal(bytesq_push(&q, "12345678", 8), 0);
    assert_int_equal(bytesq_peek(&q, &at), 8);
    bytesq_free(&q);
}

static void bytesq__above_is_strictly_above(void **state)
{
    struct bytesq q;

    (void)state;
    bytesq_init(&q, 8);
    assert_false(bytesq_above(&q, 0));
    assert_int_equal(bytesq_push(&q, "1234", 4), 0);
    assert_true(bytesq_above(&q, 3));
    assert_false(bytesq_above(&q, 4));
    bytesq_free(&q);
}

static void bytesq__out_of_memory_changes_nothing(void **state)
{
    static uint8_t bytes[5000];
    struct bytesq q;
    const uint8_t *at;

    (void)state;
    bytesq_init(&q, 100000);
    no_memory = true;
    assert_int_equal(bytesq_push(&q, "x", 1), -ENOMEM);
    no_memory = false;
    assert_int_equal(bytesq_push(&q, "keep", 4), 0);
    no_memory = true;
    assert_int_equal(bytesq_push(&q, bytes, sizeof bytes), -ENOMEM);
    no_memory = false;
    assert_int_equal(bytesq_peek(&q, &at), 4);
    assert_memory_equal(at, "keep", 4);
    bytesq_free(&q);
}

/* 200,000 random steps: each byte that comes out must be the next of an endless counter. */
static void bytesq__random_steps_keep_order(void **state)
{
    static uint8_t chunk[9000];
    uint32_t lcg = 20261120, in = 0, out = 0;
    struct bytesq q;

    (void)state;
    bytesq_init(&q, 30000);
    for (int step = 0; step < 200000; step++) {
        const uint8_t *at;
        size_t n, run;

        lcg = lcg * 1664525 + 1013904223;
        n = (lcg >> 8) % ((lcg >> 28) ? 300 : sizeof chunk);
        if (lcg & 0x80) {
            for (size_t i = 0; i < n; i++)
                chunk[i] = (uint8_t)((in + i) * 2654435761U >> 24);
            if (bytesq_push(&q, chunk, n) == 0)
                in += (uint32_t)n;
        } else {
            run = bytesq_peek(&q, &at);
            n = n < run ? n : run;
            for (size_t i = 0; i < n; i++)
                assert_int_equal(at[i], (uint8_t)((out + i) * 2654435761U >> 24));
            bytesq_pop(&q, n);
            out += (uint32_t)n;
        }
        assert_int_equal(q.len, in - out);
    }
    assert_true(out > 1000000);
    bytesq_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytesq__empty_has_nothing_to_peek),
        cmocka_unit_test(bytesq__push_is_all_or_nothing),
        cmocka_unit_test(bytesq__wraps_without_growing),
        cmocka_unit_test(bytesq__growing_straightens_a_wrapped_ring),
        cmocka_unit_test(bytesq__growth_stops_at_max),
        cmocka_unit_test(bytesq__popping_too_much_empties_it),
        cmocka_unit_test(bytesq__above_is_strictly_above),
        cmocka_unit_test(bytesq__out_of_memory_changes_nothing),
        cmocka_unit_test(bytesq__random_steps_keep_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
