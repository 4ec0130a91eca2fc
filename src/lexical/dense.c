/* SPDX-License-Identifier: Apache-2.0
 *
 * Common words, eight passages at a time: a distribution's build knows no AVX2, so it is compiled beside the
 * plain loop and taken when the processor has it. Both give the same sums.
 */
#include "lexical/lexical_impl.h"

void lex_add_dense_plain(uint32_t *sum, const uint8_t *impact, uint32_t n, uint32_t weight, uint32_t flag)
{
    for (uint32_t i = 0; i < n; i++)
        sum[i] = (sum[i] + weight * impact[i]) | (impact[i] ? flag : 0);
}

#ifdef __x86_64__
#include <immintrin.h>

#define LANES 8

__attribute__((target("avx2"))) static void add_avx2(uint32_t *sum, const uint8_t *impact, uint32_t n,
                                                     uint32_t weight, uint32_t flag)
{
    const __m256i w = _mm256_set1_epi32((int)weight), f = _mm256_set1_epi32((int)flag);
    const __m256i none = _mm256_setzero_si256();
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        __m256i part = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(impact + i)));
        __m256i flags = _mm256_andnot_si256(_mm256_cmpeq_epi32(part, none), f);
        __m256i all =
            _mm256_add_epi32(_mm256_loadu_si256((const void *)(sum + i)), _mm256_mullo_epi32(part, w));

        _mm256_storeu_si256((void *)(sum + i), _mm256_or_si256(all, flags));
    }
    lex_add_dense_plain(sum + i, impact + i, n - i, weight, flag);
}

void lex_add_dense(uint32_t *sum, const uint8_t *impact, uint32_t n, uint32_t weight, uint32_t flag)
{
    if (__builtin_cpu_supports("avx2"))
        add_avx2(sum, impact, n, weight, flag);
    else
        lex_add_dense_plain(sum, impact, n, weight, flag);
}
#else
void lex_add_dense(uint32_t *sum, const uint8_t *impact, uint32_t n, uint32_t weight, uint32_t flag)
{
    lex_add_dense_plain(sum, impact, n, weight, flag);
}
#endif
