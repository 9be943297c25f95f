/* arithmetic_internal.h - what the library's numbers rest on; every source includes it in the end.
 *
 * A compiler that may reorder sums or assume that NaN never occurs takes out the checks for NaN,
 * and one that keeps floats in wider registers gives other bits on each machine: neither may
 * compile the library without a word. */
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
