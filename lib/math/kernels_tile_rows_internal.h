/* kernels_tile_rows_internal.h - pixels of several rows as vectors of a pixel of each, and back:
 * 4 by 4 transpositions, of which wide vectors have several side by side.
 *
 *     rows in memory                  vectors                          after
 *     r0: a0 b0 c0 d0        0: | a0 b0 c0 d0 | a4 b4 c4 d4 |    | a0 a1 a2 a3 | a4 a5 a6 a7 |
 *     r1: a1 b1 c1 d1        1: | a1 b1 c1 d1 | a5 b5 c5 d5 |    | b0 b1 b2 b3 | b4 b5 b6 b7 |
 *     ...                    2: | a2 b2 c2 d2 | a6 b6 c6 d6 |    | c0 c1 c2 c3 | c4 c5 c6 c7 |
 *     r7: a7 b7 c7 d7        3: | a3 b3 c3 d3 | a7 b7 c7 d7 |    | d0 d1 d2 d3 | d4 d5 d6 d7 | */
#ifndef GAN_KERNELS_TILE_ROWS_INTERNAL_H
#define GAN_KERNELS_TILE_ROWS_INTERNAL_H

#include "math/kernels_tile_internal.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define WIDE 16 /* rows at a time */
#elif defined(__AVX2__)
#define WIDE 8
#else
#define WIDE 4
#endif

/* The name of a function of vectors of WIDE lanes: WIDE_NAME(load_rows, WIDE). */
#define JOIN_NAMES(name, n) name##_##n
#define WIDE_NAME(name, n) JOIN_NAMES(name, n)

INLINE vector_4 load_4(const float *x)
{
    return *(const vector_4 *)x;
}

INLINE void store_4(float *x, vector_4 v)
{
    *(vector_4 *)x = v;
}

/* Four pixels of each fourth row, `set` apart, as a vector. */
INLINE vector_4 gather_4(const float *x, size_t set)
{
    (void)set;
    return load_4(x);
}

INLINE void scatter_4(vector_4 v, float *x, size_t set)
{
    (void)set;
    store_4(x, v);
}

#if WIDE == 8
INLINE vector_8 gather_8(const float *x, size_t set)
{
    return (vector_8)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(x)),
                                          _mm_loadu_ps(x + 4 * set), 1);
}

INLINE void scatter_8(vector_8 v, float *x, size_t set)
{
    _mm_storeu_ps(x, _mm256_castps256_ps128((__m256)v));
    _mm_storeu_ps(x + 4 * set, _mm256_extractf128_ps((__m256)v, 1));
}
#elif WIDE == 16
INLINE vector_16 gather_16(const float *x, size_t set)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(x));

    v = _mm512_insertf32x4(v, _mm_loadu_ps(x + 4 * set), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(x + 8 * set), 2);
    return (vector_16)_mm512_insertf32x4(v, _mm_loadu_ps(x + 12 * set), 3);
}

INLINE void scatter_16(vector_16 v, float *x, size_t set)
{
    _mm_storeu_ps(x, _mm512_castps512_ps128((__m512)v));
    _mm_storeu_ps(x + 4 * set, _mm512_extractf32x4_ps((__m512)v, 1));
    _mm_storeu_ps(x + 8 * set, _mm512_extractf32x4_ps((__m512)v, 2));
    _mm_storeu_ps(x + 12 * set, _mm512_extractf32x4_ps((__m512)v, 3));
}
#endif

/* The elements of two vectors in turn, of the lower and upper half of every four; and pairs. */
#define LOW_4 0, 4, 1, 5
#define HIGH_4 2, 6, 3, 7
#define LOW_PAIRS_4 0, 1, 4, 5
#define HIGH_PAIRS_4 2, 3, 6, 7
#define LOW_8 0, 8, 1, 9, 4, 12, 5, 13
#define HIGH_8 2, 10, 3, 11, 6, 14, 7, 15
#define LOW_PAIRS_8 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_PAIRS_8 2, 3, 10, 11, 6, 7, 14, 15
#define LOW_16 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define HIGH_16 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LOW_PAIRS_16 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_PAIRS_16 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31

/* Transpose each 4 by 4 numbers; read four pixels of each row, so that z[i] has the i-th ones; and
 * write them. */
#define ROWS_OF(n)                                                                                 \
    INLINE void transpose_##n(const vector_##n *x, vector_##n *z)                                  \
    {                                                                                              \
        const vector_##n low_01 = PICK(n, x[0], x[1], LOW_##n);                                    \
        const vector_##n low_23 = PICK(n, x[2], x[3], LOW_##n);                                    \
        const vector_##n high_01 = PICK(n, x[0], x[1], HIGH_##n);                                  \
        const vector_##n high_23 = PICK(n, x[2], x[3], HIGH_##n);                                  \
                                                                                                   \
        z[0] = PICK(n, low_01, low_23, LOW_PAIRS_##n);                                             \
        z[1] = PICK(n, low_01, low_23, HIGH_PAIRS_##n);                                            \
        z[2] = PICK(n, high_01, high_23, LOW_PAIRS_##n);                                           \
        z[3] = PICK(n, high_01, high_23, HIGH_PAIRS_##n);                                          \
    }                                                                                              \
    INLINE void load_rows_##n(const float *x, size_t set, vector_##n *z)                           \
    {                                                                                              \
        vector_##n rows[4];                                                                        \
                                                                                                   \
        for (size_t i = 0; i < 4; i++) rows[i] = gather_##n(x + i * set, set);                     \
        transpose_##n(rows, z);                                                                    \
    }                                                                                              \
    INLINE void store_rows_##n(const vector_##n *z, float *x, size_t set)                          \
    {                                                                                              \
        vector_##n rows[4];                                                                        \
                                                                                                   \
        transpose_##n(z, rows);                                                                    \
        for (size_t i = 0; i < 4; i++) scatter_##n(rows[i], x + i * set, set);                     \
    }
ROWS_OF(4)
#if WIDE == 8
ROWS_OF(8)
#elif WIDE == 16
ROWS_OF(16)
#endif
#undef ROWS_OF

#endif
