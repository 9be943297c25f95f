/* kernels_loop_internal.h - what files share whose loops are compiled for each instruction set.
 *
 *     kernels_sum.c  ---- -march=x86-64 ----->  gan__dot_base \
 *                    ---- -march=x86-64-v3 -->  gan__dot_v3    >  kernels_simd.c picks a table
 *                    ---- -march=x86-64-v4 -->  gan__dot_v4   /
 *
 * One source gives vectors of 4, 8 and 16 floats, and each the same bits.  That holds as long as
 *
 *   - a reduction has as many partial sums as the widest vector has lanes, in an order that is
 *     written out (see dot()), so that vectorising changes no order of additions;
 *   - no product is fused into a sum: -ffp-contract=off, and tests/check_fusion.sh looks for it;
 *   - a choice is a select, a ? b : c of values that are computed either way, and no branch;
 *   - functions such as exp() are the library's own polynomials: libm's differ from one system to
 *     the next; only sqrtf() is used, which is correctly rounded everywhere;
 *   - integers are converted to floats only where that is exact. */
#ifndef GAN_KERNELS_LOOP_INTERNAL_H
#define GAN_KERNELS_LOOP_INTERNAL_H

#include "math/kernels_simd_internal.h"

#include "base/build_internal.h"

#include <math.h>
#include <string.h>

#define NAME_OF(name, isa) gan__##name##_##isa
#define NAME(name, isa) NAME_OF(name, isa)

/* The name of what is compiled now for one instruction set: gan__dot_v3 for LOOP(dot). */
#define LOOP(name) NAME(name, GAN__ISA)

#define DECLARE(name, isa) gan__##name##_fn NAME(name, isa);
GAN__LOOPS(DECLARE, GAN__ISA)
extern const gan__function_loops LOOP(functions)[GAN__N_FUNCTIONS];
extern const gan__tile_loops LOOP(tiles)[GAN__N_TILINGS];
#undef DECLARE

/* Before a loop whose arrays are either the same or don't overlap: no iteration reads what another
 * one writes. */
#ifdef __clang__
#define APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define APART _Pragma("GCC ivdep")
#endif

enum { LANES = 16 }; /* floats in the widest vector */

/* Unaligned vectors of n floats, which the compiler maps to the registers that there are. */
#define VECTOR(n)                                                                                  \
    typedef float vector_##n __attribute__((vector_size(4 * n), aligned(4), may_alias));           \
    typedef int places_##n __attribute__((vector_size(4 * n)))
VECTOR(4);
VECTOR(8);
VECTOR(16);

/* A shuffle: the elements with these indices, b's following a's. */
#if defined(__clang__) || __GNUC__ >= 12
#define PICK(n, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(n, a, b, ...) __builtin_shuffle(a, b, (places_##n){__VA_ARGS__})
#endif

static inline float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* 1.5 * 2^23, where floats have no fraction.  Added to x, |x| < 2^22, it rounds x to the nearest
 * integer k, which is in the lowest bits of the sum; subtracting it again gives k as a float:
 *
 *     sign exponent  mantissa, 23 bits
 *     0    10010110  1 0 ... 0 k          the bits of ROUNDER, plus k */
#define ROUNDER 12582912.0f

#endif
