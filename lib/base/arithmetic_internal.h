/* arithmetic_internal.h - the floating-point arithmetic that the library needs; every source
 * includes it, directly or not.
 *
 * A compiler that may reorder sums or assume that NaN never occurs removes the checks for NaN, and
 * one that keeps floats in wider registers gives different bits on each machine: both must be a
 * compile-time error. */
#ifndef GAN_ARITHMETIC_INTERNAL_H
#define GAN_ARITHMETIC_INTERNAL_H

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||     \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "libgan needs IEEE arithmetic to find NaN: compile without -ffast-math, -Ofast and their parts"
#endif

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "libgan needs floats that are rounded to float: add -msse2 -mfpmath=sse (x86) or -fexcess-precision=fast (s390x)"
#endif

#endif
