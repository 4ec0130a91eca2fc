/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds, spread and the shape of ids; also as the first libsodium call of many threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include <parley/clock.h>

#include "base/rand.h"

#define ALPHABET "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

static void *first_use(void *out)
{
    rand_bytes(out, 32);
    return NULL;
}

static void rand__first_use_by_many_threads(void **state)
{
    static uint8_t bytes[8][32];
    pthread_t thread[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, first_use, bytes[i]), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(bytes[i], bytes[k], 32);
    }
}

static void rand__bytes_stay_within_their_length(void **state)
{
    uint8_t bytes[16] = { 0 };

    (void)state;
    rand_bytes(bytes + 4, 0);
    rand_bytes(bytes + 4, 8);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    assert_memory_equal(bytes + 12, "\0\0\0\0", 4);
}

static void rand__below_keeps_its_bound(void **state)
{
    static const uint64_t bound[] = {
        1, 2, 3, 1000, (1ULL << 32) - 1, (1ULL << 32) + 1, 1ULL << 63, (1ULL << 63) + 1, UINT64_MAX
    };

    (void)state;
    for (size_t b = 0; b < ARRAY_LEN(bound); b++) {
        for (int i = 0; i < 1000; i++)
            assert_true(rand_below(bound[b]) < bound[b]);
    }
}

/* chi-square with 9 degrees of freedom: over 60 happens less than once in 10^8 runs */
static void rand__below_is_uniform(void **state)
{
    double chi = 0;
    int seen[10] = { 0 };

    (void)state;
    for (int i = 0; i < 20000; i++)
        seen[rand_below(10)]++;
    for (int i = 0; i < 10; i++)
        chi += (seen[i] - 2000.0) * (seen[i] - 2000.0) / 2000.0;
    assert_true(chi < 60);
}

static void ulid__is_26_characters_with_the_time_first(void **state)
{
    char id[27], other[27];

    (void)state;
    /* the example of github.com/ulid/spec: 01ARYZ6S41... is 1469918176385 ms */
    clock_fake(1469918176385, 0);
    ulid_new(id);
    ulid_new(other);
    assert_int_equal(strlen(id), 26);
    assert_int_equal(strspn(id, ALPHABET), 26);
    assert_memory_equal(id, "01ARYZ6S41", 10);
    assert_memory_equal(other, "01ARYZ6S41", 10);
    assert_string_not_equal(id, other);
    clock_fake(1469918176386, 0);
    ulid_new(other);
    assert_true(strcmp(id, other) < 0);
    clock_real();
}

static void ulid__time_fits_48_bits(void **state)
{
    char id[27];

    (void)state;
    clock_fake((1LL << 48) - 1, 0);
    ulid_new(id);
    assert_memory_equal(id, "7ZZZZZZZZZ", 10);
    clock_fake(0, 0);
    ulid_new(id);
    assert_memory_equal(id, "0000000000", 10);
    clock_real();
}

static void ulid__random_part_uses_every_digit(void **state)
{
    bool seen[16][128] = { 0 };
    char id[27];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        ulid_new(id);
        for (int k = 0; k < 16; k++)
            seen[k][id[10 + k] & 127] = true;
    }
    for (int k = 0; k < 16; k++) {
        for (const char *c = ALPHABET; *c; c++)
            assert_true(seen[k][*c & 127]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rand__first_use_by_many_threads),
        cmocka_unit_test(rand__bytes_stay_within_their_length),
        cmocka_unit_test(rand__below_keeps_its_bound),
        cmocka_unit_test(rand__below_is_uniform),
        cmocka_unit_test(ulid__is_26_characters_with_the_time_first),
        cmocka_unit_test(ulid__time_fits_48_bits),
        cmocka_unit_test(ulid__random_part_uses_every_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
