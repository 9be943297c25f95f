/* kernels_vector_internal.h - vectors of the instruction set that products are compiled for: the
 * base of kernels_gemm.c and of its parts, kernels_pairs_internal.h and kernels_tree_internal.h. */
#ifndef GAN_KERNELS_VECTOR_INTERNAL_H
#define GAN_KERNELS_VECTOR_INTERNAL_H

#include <stddef.h>

/* The instruction set is set by the compiler's options: see the Makefile. */
#if defined(__AVX512F__) && defined(__FMA__)
#include <immintrin.h>
#define LANES 16
#define BLOCK_ROWS 14 /* 28 of 32 registers for the block */
#define FUSED 1
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define LANES 8
#define BLOCK_ROWS 6 /* 12 of 16 */
#define FUSED 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define LANES 4
#define BLOCK_ROWS 8 /* 16 of 32: gcc takes a register per element of a; 24 leave too few */
#define FUSED 1
#else
#define LANES 4 /* generic vectors, which the compiler maps to the registers that there are */
#define BLOCK_ROWS 6
#define FUSED 0
#endif

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef float anywhere
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias)); /* in memory */

static inline vector load(const float *x)
{
    return *(const anywhere *)x;
}

static inline void store(float *x, vector v)
{
    *(anywhere *)x = v;
}

/* A shuffle: the elements with these indices, b's following a's. */
#if defined(__clang__) || __GNUC__ >= 12
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int places __attribute__((vector_size(LANES * sizeof(int))));
#define PICK(a, b, ...) __builtin_shuffle(a, b, (places){__VA_ARGS__})
#endif

/* What is read next was often just written by another core and is still in its cache, from where a
 * cache line takes long; prefetching many at once and ahead of time hides that latency. */
static void fetch(const float *x, size_t stride, size_t rows, size_t width)
{
    enum { LINE = 16 };

    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i += LINE) __builtin_prefetch(x + r * stride + i);
}

/* sum + a b, rounded once where the instruction set has FMA.  By intrinsics, because compilers that
 * may choose split some FMAs again, where their cost tables say that a chain of them is slow. */
static inline vector add_product(vector sum, float a, vector b)
{
#if LANES == 16
    return _mm512_fmadd_ps(_mm512_set1_ps(a), b, sum);
#elif LANES == 8
    return _mm256_fmadd_ps(_mm256_set1_ps(a), b, sum);
#elif FUSED
    return (vector)vfmaq_n_f32((float32x4_t)sum, (float32x4_t)b, a);
#else
    return sum + (vector){a, a, a, a} * b;
#endif
}

#endif
