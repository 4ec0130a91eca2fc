/* SPDX-License-Identifier: Apache-2.0
 *
 * The hashing embedder: unit length, determinism, and that likeness of texts is likeness of vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>

#include <parley/embedder.h>

#include "base/str.h"

#define DIM 1024

static struct embedder *embedder;

static void embed(const char *text, float *out)
{
    struct str one = str_of(text);

    assert_int_equal(embedder_hash.embed(embedder, &one, 1, out, NULL), 0);
}

static double dot(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIM; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static double likeness(const char *x, const char *y)
{
    float a[DIM], b[DIM];

    embed(x, a);
    embed(y, b);
    return dot(a, b);
}

static int open_it(void **state)
{
    (void)state;
    return embedder_hash.open(&embedder, NULL);
}

static int close_it(void **state)
{
    (void)state;
    embedder_hash.close(embedder);
    return 0;
}

static void hash_embed__rows_have_length_one(void **state)
{
    const struct str text[] = { str_of("How do I stake ETH?"), str_of("a"),
                                str_of("\xe6\xbc\xa2\xe5\xad\x97"), str_of("the of and") };
    float out[ARRAY_LEN(text) * DIM];

    (void)state;
    assert_int_equal(embedder_hash.dim(embedder), DIM);
    assert_int_equal(embedder_hash.embed(embedder, text, ARRAY_LEN(text), out, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_true(fabs(dot(out + i * DIM, out + i * DIM) - 1) < 1e-5);
}

static void hash_embed__text_without_words_is_zero(void **state)
{
    float out[DIM];

    (void)state;
    embed("?!  \n", out);
    assert_true(dot(out, out) == 0);
    embed("", out);
    assert_true(dot(out, out) == 0);
}

static void hash_embed__each_row_stands_alone(void **state)
{
    const struct str text[] = { str_of("first text"), str_of(""), str_of("How do I stake ETH?") };
    float out[ARRAY_LEN(text) * DIM], alone[DIM];

    (void)state;
    assert_int_equal(embedder_hash.embed(embedder, text, ARRAY_LEN(text), out, NULL), 0);
    embed("How do I stake ETH?", alone);
    assert_memory_equal(out + 2 * DIM, alone, sizeof alone);
}

static void hash_embed__other_forms_and_typing_errors_are_near(void **state)
{
    (void)state;
    assert_true(likeness("stake", "staking") > 0.6);
    assert_true(likeness("hardware wallet", "hardwear walet") >
                likeness("hardware wallet", "gas fees") + 0.2);
    assert_true(likeness("Wallets!", "wallet") > 0.9);
    assert_true(fabs(likeness("validator slashing", "cherry pie")) < 0.15);
    assert_true(likeness("\xe6\x9a\x97\xe5\x8f\xb7\xe9\x80\x9a\xe8\xb2\xa8", "\xe6\x9a\x97\xe5\x8f\xb7") >
                0.4);
}

static void hash_embed__function_words_matter_little(void **state)
{
    (void)state;
    assert_true(likeness("stake", "how do I stake the") > 0.8);
}

static void hash_embed__a_very_long_text_is_taken(void **state)
{
    size_t len = 1U << 20;
    char *text = malloc(len);
    struct str one = { text, len };
    float out[DIM];

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i % 7 == 6 ? ' ' : 'a' + (i * i >> 3) % 26);
    assert_int_equal(embedder_hash.embed(embedder, &one, 1, out, NULL), 0);
    assert_true(fabs(dot(out, out) - 1) < 1e-4);
    free(text);
}

static void *embed_many(void *arg)
{
    float want[DIM], got[DIM];

    embed("How do I stake ETH?", want);
    for (int i = 0; i < 200; i++) {
        embed("something else in between", got);
        embed("How do I stake ETH?", got);
        if (memcmp(want, got, sizeof want) != 0)
            return arg;
    }
    return NULL;
}

static void hash_embed__any_thread_may_embed(void **state)
{
    pthread_t t[3];
    void *failed;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        assert_int_equal(pthread_create(&t[i], NULL, embed_many, t), 0);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        assert_int_equal(pthread_join(t[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_embed__rows_have_length_one),
        cmocka_unit_test(hash_embed__text_without_words_is_zero),
        cmocka_unit_test(hash_embed__each_row_stands_alone),
        cmocka_unit_test(hash_embed__other_forms_and_typing_errors_are_near),
        cmocka_unit_test(hash_embed__function_words_matter_little),
        cmocka_unit_test(hash_embed__a_very_long_text_is_taken),
        cmocka_unit_test(hash_embed__any_thread_may_embed),
    };

    return cmocka_run_group_tests(tests, open_it, close_it);
}
