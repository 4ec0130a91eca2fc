/* SPDX-License-Identifier: Apache-2.0
 *
 * A distribution builds for the oldest x86-64, which has four lanes and no fused multiply-add; nearly every
 * processor in use has eight and both. So the faster one is compiled beside the other and taken
 * when the processor says it can: reading the vectors is then what a scan costs.
 */
#include "vindex/dot.h"

#define LANES 8 /* independent sums: lets the compiler vectorise without -ffast-math */

float dot_product_plain(const float *a, const float *b, size_t n)
{
    float lane[LANES] = { 0 };
    float sum = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (size_t j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

#ifdef __x86_64__
#include <immintrin.h>

#define SUMS 4 /* hides the latency of one multiply-add behind the next */

__attribute__((target("avx2,fma"))) static float dot_avx2(const float *a, const float *b, size_t n)
{
    __m256 sum[SUMS] = { _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps() };
    float lane[LANES];
    size_t i = 0;

    for (; i + SUMS * LANES <= n; i += SUMS * LANES)
        for (size_t j = 0; j < SUMS; j++)
            sum[j] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + j * LANES), _mm256_loadu_ps(b + i + j * LANES),
                                     sum[j]);
    sum[0] = _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3]));
    _mm256_storeu_ps(lane, sum[0]);
    return dot_product_plain(a + i, b + i, n - i) + (lane[0] + lane[1] + lane[2] + lane[3]) +
           (lane[4] + lane[5] + lane[6] + lane[7]);
}

float dot_product(const float *a, const float *b, size_t n)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? dot_avx2(a, b, n)
                                                                           : dot_product_plain(a, b, n);
}
#else
float dot_product(const float *a, const float *b, size_t n)
{
    return dot_product_plain(a, b, n);
}
#endif
