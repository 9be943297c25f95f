/* kernels_function.c - the functions of one value that activation layers compute, with their first
 * and second derivatives; compiled once for each instruction set.
 *
 * Each function is a line of the list at the end: its value f(x), its derivative f'(x), the
 * "slope", and its second derivative f''(x), the "curve", as expressions from which FUNCTION()
 * makes three loops.  The derivatives are functions of v: the output y where a layer works in place
 * and x is gone (tanh' = 1 - y^2), else x.
 *
 * Far from 0 an argument is clamped where the result no longer changes, so that infinities give the
 * limit instead of inf - inf or 0 * inf; NaN stays NaN, since every comparison with it is false. */
#include "math/kernels_loop_internal.h"

/* ---- exp and functions of it ---- */

/* Split exp(x) = 2^k exp(r) for -88 <= x <= 89, where x = k ln 2 + r with the integer k nearest to
 * x/ln 2, so that |r| <= ln(2) / 2.
 *
 * Return exp(r) - 1 by its Taylor series, r + r^2/2! + ... + r^7/7!, and 2^k as `power`: k + 127 in
 * the eight bits of the exponent; so 2^-127 reads as 0 and 2^128 as infinity.  k ln 2 is subtracted
 * in two parts (Cody and Waite, 1980), the first of which has few enough bits that its product with
 * k is exact: r then has an error of one rounding, not of k of them. */
static inline float exp_split(float x, float *power)
{
    const float t = x * 1.44269504f + ROUNDER;
    const float k = t - ROUNDER;
    const float r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
    float p = 1.0f / 5040;

    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    *power = float_of((bits_of(t) + (127u - bits_of(ROUNDER))) << 23);
    return (p * r) * r + r;
}

static inline float at_least(float x, float bound)
{
    return x < bound ? bound : x; /* NaN stays NaN, here and below */
}

static inline float clamp(float x, float bound)
{
    x = at_least(x, -bound);
    return x > bound ? bound : x;
}

/* exp(x) for -88 <= x <= 88.37 and for 89. */
static inline float exp_within(float x)
{
    float power;
    const float p = exp_split(x, &power);

    return power * p + power;
}

/* exp(x), which is 0 below -87.7, where the smallest normal floats are, and infinite above 88.37.
 * From there on x is replaced by 89, where r > 0: at 88.5, r < 0 would make inf - inf. */
static inline float exp_of(float x)
{
    x = at_least(x, -88.0f);
    return exp_within(x > 88.37f ? 89.0f : x);
}

/* exp(x) - 1 for |x| <= 87, exact near 0 because the 1 is never added there. */
static inline float expm1_of(float x)
{
    float power;
    const float p = exp_split(x, &power);

    return power * p + (power - 1.0f);
}

static inline float sigmoid_of(float x)
{
    return 1.0f / (1.0f + exp_of(-x));
}

/* tanh x = e / (e + 2) with e = exp(2x) - 1 */
static inline float tanh_of(float x)
{
    const float e = expm1_of(clamp(x, 10.0f) * 2.0f);

    return e / (e + 2.0f);
}

/* ---- the functions ---- */

#define SELU_ALPHA 1.67326324f
#define SELU_SCALE 1.05070099f

static inline float elu_of(float x, float alpha, float scale)
{
    return x > 0.0f ? scale * x : scale * alpha * expm1_of(clamp(x, 87.0f));
}

static inline float elu_slope(float y, float alpha, float scale)
{
    return y > 0.0f ? scale : y + scale * alpha;
}

static inline float elu_curve(float y, float alpha, float scale)
{
    return y > 0.0f ? 0.0f : y + scale * alpha;
}

/* log(1 + e) for 0 <= e <= 1, as 2 artanh(e / (2 + e)) */
static inline float log1p_of(float e)
{
    const float s = e / (2.0f + e);
    const float z = s * s;
    float p = 2.0f / 13;

    p = p * z + 2.0f / 11;
    p = p * z + 2.0f / 9;
    p = p * z + 2.0f / 7;
    p = p * z + 2.0f / 5;
    p = p * z + 2.0f / 3;
    return s * z * p + 2.0f * s;
}

static inline float softplus_of(float x, float beta, float threshold)
{
    const float t = beta * x;
    const float y = ((t > 0.0f ? t : 0.0f) + log1p_of(exp_of(-fabsf(t)))) / beta;

    return t > threshold ? x : y;
}

static inline float softplus_slope(float x, float beta, float threshold)
{
    return beta * x > threshold ? 1.0f : sigmoid_of(beta * x);
}

static inline float softplus_curve(float x, float beta, float threshold)
{
    const float e = exp_of(-fabsf(beta * x));
    const float s = 1.0f / (1.0f + e);

    return beta * x > threshold ? 0.0f : beta * (e * s * s);
}

/* The standard normal distribution's upper tail probability 1 - Phi(a), for 0 <= a <= 14, and its
 * density at a.  Their ratio times a + 3 is a polynomial in (a - 3) / (a + 3) to within 6e-8; the
 * rounding error of a^2 is corrected, because exp() would amplify it. */
static inline float normal_tail(float a, float *density)
{
    const float square = a * a;
    const float high = float_of(bits_of(a) & 0xfffff000u);
    const float rest = (high * high - square) + (a + high) * (a - high);
    const float e = exp_of(-0.5f * square) * (1.0f - 0.5f * rest);
    const float t = 1.0f / (a + 3.0f);
    const float s = (a - 3.0f) * t;
    float p = -0.000274843544f;

    p = p * s - 0.000911449383f;
    p = p * s + 0.00108319903f;
    p = p * s + 0.00693069139f;
    p = p * s - 0.0104822728f;
    p = p * s - 0.0472576769f;
    p = p * s + 0.230019653f;
    p = p * s - 0.5093322f;
    p = p * s + 0.729083662f;
    *density = e * 0.398942280f;
    return e * (t * p);
}

/* Below the bound the value is 0 or a subnormal float; without it -inf * 0 would be NaN. */
static inline float gelu_of(float x)
{
    float density;
    const float tail = normal_tail(fabsf(clamp(x, 14.0f)), &density);

    return at_least(x, -14.0f) * (x > 0.0f ? 1.0f - tail : tail);
}

static inline float gelu_slope(float x)
{
    float density;
    const float v = clamp(x, 14.0f);
    const float tail = normal_tail(fabsf(v), &density);

    return (x > 0.0f ? 1.0f - tail : tail) + v * density;
}

static inline float gelu_curve(float x)
{
    const float v = clamp(x, 14.0f);
    float density;

    normal_tail(fabsf(v), &density);
    return density * (2.0f - v * v);
}

static inline float silu_of(float x)
{
    return at_least(x, -89.0f) * sigmoid_of(x);
}

/* The derivative of x * sigmoid(u(x)) where |u| <= 88 and u'(x) is `inner`; 1 - sigmoid is e * s,
 * which is accurate where the sigmoid is rounded to 1. */
static inline float gated_slope(float x, float u, float inner)
{
    const float e = exp_within(-u);
    const float s = 1.0f / (1.0f + e);

    return s * (1.0f + x * inner * (e * s));
}

/* The second derivative; `bend` is u''(x). */
static inline float gated_curve(float x, float u, float inner, float bend)
{
    const float e = exp_within(-u);
    const float s = 1.0f / (1.0f + e);
    const float rest = e * s; /* 1 - s */

    return s * rest * (2.0f * inner + x * ((rest - s) * (inner * inner) + bend));
}

static inline float silu_slope(float x)
{
    const float v = clamp(x, 87.0f);

    return gated_slope(v, v, 1.0f);
}

static inline float silu_curve(float x)
{
    const float v = clamp(x, 87.0f);

    return gated_curve(v, v, 1.0f, 0.0f);
}

/* GELU with Phi(x) approximated by sigmoid(u): u = 2 sqrt(2 / pi) (x + 0.044715 x^3) */
static inline float gelu_tanh_of(float x)
{
    const float v = clamp(x, 10.1f); /* u = -89.6 gives 0 */

    return at_least(x, -10.1f) * sigmoid_of(v * (1.59576912f + 0.0713548163f * (v * v)));
}

static inline float gelu_tanh_slope(float x)
{
    const float v = clamp(x, 10.0f);
    const float square = v * v;

    return gated_slope(v, v * (1.59576912f + 0.0713548163f * square),
                       1.59576912f + 0.214064449f * square);
}

static inline float gelu_tanh_curve(float x)
{
    const float v = clamp(x, 10.0f);
    const float square = v * v;

    return gated_curve(v, v * (1.59576912f + 0.0713548163f * square),
                       1.59576912f + 0.214064449f * square, 0.428128898f * v);
}

/* ---- their loops ---- */

/* A function's name, its value in terms of x, its first and second derivative in terms of v: see
 * gan__function_loops.  a and b are its settings. */
#define FUNCTION(name, value_of, slope_of, curve_of)                                               \
    static void name##_value(size_t n, const float *settings, const float *in, float *out)         \
    {                                                                                              \
        const float a = settings[0], b = settings[1];                                              \
                                                                                                   \
        (void)a, (void)b;                                                                          \
        APART for (size_t i = 0; i < n; i++)                                                       \
        {                                                                                          \
            const float x = in[i];                                                                 \
                                                                                                   \
            out[i] = (value_of);                                                                   \
        }                                                                                          \
    }                                                                                              \
    static void name##_slope_times(size_t n, const float *settings, const float *in,               \
                                   const float *dy, float *dx)                                     \
    {                                                                                              \
        const float a = settings[0], b = settings[1];                                              \
                                                                                                   \
        (void)a, (void)b;                                                                          \
        APART for (size_t i = 0; i < n; i++)                                                       \
        {                                                                                          \
            const float v = in[i];                                                                 \
                                                                                                   \
            dx[i] = dy[i] * (slope_of);                                                            \
        }                                                                                          \
    }                                                                                              \
    static void name##_curve_times(size_t n, const float *settings, const float *in,               \
                                   const float *dy, const float *tx, const float *uy, float *dx)   \
    {                                                                                              \
        const float a = settings[0], b = settings[1];                                              \
                                                                                                   \
        (void)a, (void)b;                                                                          \
        APART for (size_t i = 0; i < n; i++)                                                       \
        {                                                                                          \
            const float v = in[i];                                                                 \
                                                                                                   \
            dx[i] = dy[i] * (slope_of) + tx[i] * uy[i] * (curve_of);                               \
        }                                                                                          \
    }

/* v = y */
FUNCTION(relu, (x < 0.0f ? 0.0f : x), (v > 0.0f ? 1.0f : 0.0f), 0.0f)
FUNCTION(leaky_relu, (x > 0.0f ? x : a * x), (v > 0.0f ? 1.0f : a), 0.0f)
FUNCTION(tanh, tanh_of(x), (1.0f - v * v), (-2.0f * v * (1.0f - v * v)))
FUNCTION(sigmoid, sigmoid_of(x), (v * (1.0f - v)), (v * (1.0f - v) * (1.0f - 2.0f * v)))
FUNCTION(elu, elu_of(x, a, 1.0f), elu_slope(v, a, 1.0f), elu_curve(v, a, 1.0f))
FUNCTION(selu, elu_of(x, SELU_ALPHA, SELU_SCALE), elu_slope(v, SELU_ALPHA, SELU_SCALE),
         elu_curve(v, SELU_ALPHA, SELU_SCALE))
/* v = x */
FUNCTION(softplus, softplus_of(x, a, b), softplus_slope(v, a, b), softplus_curve(v, a, b))
FUNCTION(gelu, gelu_of(x), gelu_slope(v), gelu_curve(v))
FUNCTION(gelu_tanh, gelu_tanh_of(x), gelu_tanh_slope(v), gelu_tanh_curve(v))
FUNCTION(silu, silu_of(x), silu_slope(v), silu_curve(v))

#define LOOPS(name) {name##_value, name##_slope_times, name##_curve_times},

const gan__function_loops LOOP(functions)[GAN__N_FUNCTIONS] = {GAN__FUNCTIONS(LOOPS)};
