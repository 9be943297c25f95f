/* kernels_pairs_internal.h - products in bfloat16: the part of kernels_gemm.c that rounds and
 * multiplies, in terms of its vectors.
 *
 * A bfloat16 is the upper half of a float: sign, 8 bits of exponent, 7 of mantissa.  Two neighbours
 * along the inner index are a pair, in one word of memory:
 *
 *     bits  31 ... 16   15 ... 0
 *           x[2 l + 1]  x[2 l]          an odd inner dimension is padded with a zero
 *
 * The arithmetic is that of the instruction VDPBF16PS of AVX512-BF16, wherever it runs:
 *
 *     rounding  to the nearest bfloat16, ties to even; subnormal floats are flushed to zeros of
 *               their sign; overflow gives infinity
 *     product   sum = sum + a[2 l + 1] b[2 l + 1], then sum = sum + a[2 l] b[2 l], in float32: each
 *               is rounded once, to nearest, ties to even
 *     sums      that are subnormal are flushed to zeros of their sign
 *
 * AVX2, and AVX-512 without that instruction, take two FMAs, with flush-to-zero set in MXCSR.
 * Others compute element by element. */
#ifndef GAN_KERNELS_PAIRS_INTERNAL_H
#define GAN_KERNELS_PAIRS_INTERNAL_H

#include "math/kernels_vector_internal.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

typedef uint32_t words __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef int32_t integers __attribute__((vector_size(LANES * sizeof(int32_t))));

/* ---- sum + a[1] b[1] + a[0] b[0], for a pair of a and a vector of pairs of b ---- */

#if LANES == 16 && defined(__AVX512BF16__)
static inline vector add_pair(vector sum, const float *a, vector b)
{
    return (vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(*a), (__m512bh)b);
}
#elif LANES >= 8
static inline vector odd_of(vector pairs)
{
    return (vector)((words)pairs & 0xffff0000u);
}

static inline vector even_of(vector pairs)
{
    return (vector)((words)pairs << 16);
}

static inline vector add_pair(vector sum, const float *a, vector b)
{
#if LANES == 16
    const vector both = (vector)_mm512_set1_ps(*a);

    sum = (vector)_mm512_fmadd_ps((__m512)odd_of(both), (__m512)odd_of(b), (__m512)sum);
    return (vector)_mm512_fmadd_ps((__m512)even_of(both), (__m512)even_of(b), (__m512)sum);
#else
    const vector both = (vector)_mm256_set1_ps(*a);

    sum = (vector)_mm256_fmadd_ps((__m256)odd_of(both), (__m256)odd_of(b), (__m256)sum);
    return (vector)_mm256_fmadd_ps((__m256)even_of(both), (__m256)even_of(b), (__m256)sum);
#endif
}
#else
static inline float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x, the rounded sum + a b, flushed to zero if that is tiny.  The instruction detects tininess
 * after rounding to 24 bits: from half a unit below the smallest normal float on a sum is normal.
 * A subnormal x has fewer bits than that takes, so the sum is computed again in double, with its
 * rounding error (TwoSum; Knuth, 1969). */
static inline float flushed_pair(float x, float sum, float a, float b)
{
    const double limit = 0x1p-126 - 0x1p-151;
    const double product = (double)a * (double)b; /* exact */
    const double all = product + (double)sum, rest = all - product;
    const double error = (product - (all - rest)) + ((double)sum - rest);
    const double size = fabs(all), more = all < 0 ? -error : error;

    return size < limit || (size <= limit && more < 0) ? copysignf(0, x) : x;
}

static inline float add_pair_number(float sum, float a, float b)
{
    const float from = fabsf(sum) < FLT_MIN ? copysignf(0, sum) : sum;
    const float x = fmaf(a, b, from);

    return fabsf(x) > FLT_MIN ? x : flushed_pair(x, from, a, b);
}

static inline vector add_pair(vector sum, const float *a, vector b)
{
    uint32_t both;

    memcpy(&both, a, sizeof both);
    for (size_t i = 0; i < LANES; i++) {
        const uint32_t pair = ((words)b)[i];

        sum[i] = add_pair_number(sum[i], float_of(both & 0xffff0000u), float_of(pair & 0xffff0000u));
        sum[i] = add_pair_number(sum[i], float_of(both << 16), float_of(pair << 16));
    }
    return sum;
}
#endif

/* Set flush-to-zero where add_pair() is FMAs; restore it. */
static unsigned begin_pairs(void)
{
#if LANES >= 8 && !defined(__AVX512BF16__)
    enum { FLUSHED = 0x8040 }; /* FTZ of results, DAZ of operands */
    const unsigned before = _mm_getcsr();

    _mm_setcsr(before | FLUSHED);
    return before;
#else
    return 0;
#endif
}

static void end_pairs(unsigned before)
{
#if LANES >= 8 && !defined(__AVX512BF16__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

/* ---- rounding ---- */

/* a where a mask is set, else b. */
static inline words choose(integers mask, words a, words b)
{
    return (a & (words)mask) | (b & ~(words)mask);
}

/* x as bfloat16, in the upper halves of words. */
static inline words rounded(vector x)
{
    const words bits = (words)x, size = bits & 0x7fffffffu;
    words to = bits + 0x7fffu + (bits >> 16 & 1);

    to = choose((integers)size > 0x7f800000, bits | 0x400000u, to); /* NaN */
    to = choose((integers)size < 0x800000, bits & 0x80000000u, to);
    return to & 0xffff0000u;
}

#if LANES == 16 && defined(__AVX512BF16__)
/* Pairs of the elements of two vectors. */
static inline vector join(vector even, vector odd)
{
    const __m512i place = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9,
                                           24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
                                           16, 0);

    return (vector)_mm512_permutexvar_epi16(
        place, (__m512i)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even));
}

/* Pairs of 2 * LANES contiguous numbers. */
static inline vector join_row(const float *x)
{
    return (vector)_mm512_cvtne2ps_pbh((__m512)load(x + LANES), (__m512)load(x));
}
#else
static inline vector join(vector even, vector odd)
{
    return (vector)(rounded(odd) | rounded(even) >> 16);
}

static inline vector join_row(const float *x)
{
    const vector a = load(x), b = load(x + LANES);

#if LANES == 16
    return join(PICK(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
                PICK(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
#elif LANES == 8
    return join(PICK(a, b, 0, 2, 4, 6, 8, 10, 12, 14), PICK(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
#else
    return join(PICK(a, b, 0, 2, 4, 6), PICK(a, b, 1, 3, 5, 7));
#endif
}
#endif

/* n numbers padded with zeros to `width`, which is at most two vectors. */
static inline const float *filled_up(size_t n, size_t width, const float *x, float *line)
{
    if (n == width) return x;
    memset(line, 0, width * sizeof *line);
    memcpy(line, x, n * sizeof *line);
    return line;
}

/* Pairs of k rows of n numbers, one of two rows each, padded with zeros to `width`. */
static void join_rows(size_t n, size_t width, size_t k, const float *from, size_t stride, float *to)
{
    enum { AHEAD_OF = 16 };
    static const float zeros[2 * LANES];
    float lines[2][2 * LANES];

    for (size_t l = 0; l < k; l += 2, from += 2 * stride, to += width) {
        const float *even = filled_up(n, width, from, lines[0]);
        const float *odd = l + 1 < k ? filled_up(n, width, from + stride, lines[1]) : zeros;

        if (l + AHEAD_OF + 1 < k) fetch(from + AHEAD_OF * stride, stride, 2, n);
        for (size_t i = 0; i < width; i += LANES) store(to + i, join(load(even + i), load(odd + i)));
    }
}

/* Pairs along each of n rows of k numbers, padded with rows of zeros to LANES. */
static void join_along_rows(size_t n, size_t k, const float *from, size_t stride, float *to)
{
    for (size_t i = 0; i < LANES; i++, from += stride, to += TRANSPOSED) {
        if (i >= n) {
            memset(to, 0, TRANSPOSED * sizeof *to);
            continue;
        }
        for (size_t l = 0; l < k; l += 2 * LANES) {
            float line[2 * LANES];
            const size_t left = k - l < 2 * LANES ? k - l : 2 * LANES;

            store(to + l / 2, join_row(filled_up(left, 2 * LANES, from + l, line)));
        }
    }
}

#endif
