/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena's source is included, so that its calloc and free can be watched: what is
 * wiped must be seen before it is gone, and memory must be able to run out.
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
static size_t freed, freed_dirty;

static void *spy_calloc(size_t n, size_t each)
{
    return no_memory ? NULL : calloc(n, each);
}

static void spy_free(void *at);

#define calloc spy_calloc
#define free   spy_free
#include "base/arena.c"
#undef calloc
#undef free

static void spy_free(void *at)
{
    struct arena_block *b = at;

    freed++;
    for (size_t i = 0; i < b->size; i++) {
        if (b->at[i]) {
            freed_dirty++;
            break;
        }
    }
    free(at);
}

static void arena__gives_zeroed_aligned_memory(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        if (n)
            memset(p, 0xa5, n);
    }
    arena_wipe(&a);
}

static void arena__keeps_what_was_written_across_blocks(void **state)
{
    struct arena a;
    char *text[2000];

    (void)state;
    arena_init(&a, 4 << 20);
    for (int i = 0; i < 2000; i++)
        text[i] = arena_printf(&a, "value %d of %0*d", i, i % 200, 7);
    for (int i = 0; i < 2000; i++) {
        char want[300];

        (void)snprintf(want, sizeof want, "value %d of %0*d", i, i % 200, 7);
        assert_string_equal(text[i], want);
    }
    arena_wipe(&a);
}

static void arena__cap_fails_the_turn(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 100 * 16);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_alloc(&a, 16));
    assert_false(a.failed);
    assert_int_equal(a.used_bytes, a.cap_bytes);
    assert_null(arena_alloc(&a, 1));
    assert_true(a.failed);
    arena_wipe(&a);
}

static void arena__failure_sticks_until_the_wipe(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1024);
    assert_null(arena_alloc(&a, 1025));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_strdup(&a, "x"));
    assert_null(arena_printf(&a, "x"));
    arena_wipe(&a);
    assert_false(a.failed);
    assert_non_null(arena_alloc(&a, 1024));
    arena_wipe(&a);
}

static void arena__never_holds_more_than_twice_its_cap(void **state)
{
    /* sizes that leave the worst tails behind */
    static const size_t sizes[] = { 16, 8192, 4112, 8000, 131088, 200000, 260000, 48, 262160 };
    const size_t cap = 2 << 20;
    struct arena a;
    size_t held = 0;

    (void)state;
    arena_init(&a, cap);
    for (size_t i = 0; !a.failed; i++)
        (void)arena_alloc(&a, sizes[i % ARRAY_LEN(sizes)]);
    for (struct arena_block *b = a.head; b; b = b->next)
        held += b->size;
    assert_true(a.used_bytes <= cap);
    assert_true(held <= 2 * cap);
    arena_wipe(&a);
}

static void arena__large_allocation_keeps_the_room_of_the_head(void **state)
{
    struct arena a;
    char *first, *large, *second;

    (void)state;
    arena_init(&a, 1 << 20);
    first = arena_alloc(&a, 16);
    large = arena_alloc(&a, 100000);
    second = arena_alloc(&a, 16);
    assert_non_null(large);
    assert_ptr_equal(second, first + 16);
    arena_wipe(&a);
}

static void arena__absurd_sizes_fail_without_overflow(void **state)
{
    static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 31, PTRDIFF_MAX };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct arena a;

        arena_init(&a, SIZE_MAX);
        assert_null(arena_alloc(&a, sizes[i]));
        assert_true(a.failed);
        arena_wipe(&a);
    }
}

static void arena__array_overflow_fails(void **state)
{
    struct arena a;
    int *ints;

    (void)state;
    arena_init(&a, SIZE_MAX);
    assert_null(arena_array(&a, SIZE_MAX / 4 + 2, 8));
    assert_true(a.failed);
    arena_wipe(&a);
    ints = arena_array(&a, 10, sizeof *ints);
    assert_non_null(ints);
    assert_int_equal(ints[9], 0);
    arena_wipe(&a);
}

static void arena__out_of_memory_fails_the_turn(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 20);
    assert_non_null(arena_alloc(&a, 16));
    no_memory = true;
    assert_null(arena_alloc(&a, 9000));
    no_memory = false;
    assert_true(a.failed);
    arena_wipe(&a);
}

static void arena__wipe_clears_before_it_frees(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 20);
    for (int i = 0; i < 1000; i++)
        memset(arena_alloc(&a, 333), 'S', 333);
    freed = freed_dirty = 0;
    arena_wipe(&a);
    assert_true(freed > 3);
    assert_int_equal(freed_dirty, 0);
    assert_null(a.head);
    assert_int_equal(a.used_bytes, 0);
    arena_wipe(&a); /* twice does no harm */
}

static void arena__copies_end_in_nul(void **state)
{
    static const char raw[4] = { 'a', 'b', 'c', 'd' };
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 16);
    assert_string_equal(arena_strdup(&a, "hello"), "hello");
    assert_string_equal(arena_strdup(&a, NULL), "");
    assert_string_equal(arena_strndup(&a, NULL, 5), "");
    assert_string_equal(arena_strndup(&a, raw, 4), "abcd");
    assert_string_equal(arena_strndup(&a, raw, 2), "ab");
    assert_string_equal(arena_strndup(&a, "ab\0cd", 5), "ab");
    assert_string_equal(arena_strndup(&a, "ab", 100), "ab");
    arena_wipe(&a);
}

static void arena__unused_tail_is_poisoned_under_asan(void **state)
{
#ifdef ARENA_ASAN
    struct arena a;
    char *p;

    (void)state;
    arena_init(&a, 1 << 16);
    p = arena_alloc(&a, 20);
    assert_false(__asan_address_is_poisoned(p + 19));
    assert_true(__asan_address_is_poisoned(p + 20));
    assert_true(__asan_address_is_poisoned(p + 32));
    (void)arena_alloc(&a, 8);
    assert_false(__asan_address_is_poisoned(p + 32));
    arena_wipe(&a);
#else
    (void)state;
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena__gives_zeroed_aligned_memory),
        cmocka_unit_test(arena__keeps_what_was_written_across_blocks),
        cmocka_unit_test(arena__cap_fails_the_turn),
        cmocka_unit_test(arena__failure_sticks_until_the_wipe),
        cmocka_unit_test(arena__never_holds_more_than_twice_its_cap),
        cmocka_unit_test(arena__large_allocation_keeps_the_room_of_the_head),
        cmocka_unit_test(arena__absurd_sizes_fail_without_overflow),
        cmocka_unit_test(arena__array_overflow_fails),
        cmocka_unit_test(arena__out_of_memory_fails_the_turn),
        cmocka_unit_test(arena__wipe_clears_before_it_frees),
        cmocka_unit_test(arena__copies_end_in_nul),
        cmocka_unit_test(arena__unused_tail_is_poisoned_under_asan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
