/* kernels_simd.c - the loops, compiled once for each instruction set.
 *
 * Written so that the compiler can turn each loop into vectors of any width without changing a bit:
 * no sum is left to it to reorder, choices are selects, integers and floats are exchanged as
 * bits. */
#include "math/kernels_simd_internal.h"

#include <math.h>
#include <string.h>

#ifndef GAN__ISA
#define GAN__ISA base
#endif
#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* A loop whose arrays are either the same or apart: nothing in it waits for another turn of it. */
#ifdef __clang__
#define APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define APART _Pragma("GCC ivdep")
#endif

enum { LANES = 16, BLOCKS = 64 };

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

/* ---- exp, log, sin, cos on reduced arguments ---- */

/* A number added to x and taken away again leaves x rounded; its low bits are then the whole
 * number. */
#define ROUNDER 12582912.0f

/* Split exp(x) for |x| <= 87 into 2^k and exp(r) - 1 with |r| <= ln(2) / 2, the latter by its
 * series. */
static inline float exp_split(float x, float *power)
{
    const float t = x * 1.44269504f + ROUNDER;
    const float k = t - ROUNDER;
    const float r = (x - k * 0.693359375f) -
                    k * -2.12194440e-4f; /* ln 2 in two parts, the first exact times k */
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

static inline float exp_of(float x)
{
    float power;
    const float p = exp_split(clamp(x, 87.0f), &power);

    return power * p + power;
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

/* log x for positive normal x: x = 2^k m with m around 1, log m = 2 artanh((m - 1) / (m + 1)). */
static inline float log_of(float x)
{
    const uint32_t shifted = bits_of(x) - 0x3f3504f3u; /* the bits of sqrt(1/2) */
    const float k = (float)((int32_t)shifted >> 23);
    const float m = float_of((shifted & 0x007fffffu) + 0x3f3504f3u);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float z = s * s;
    const float p = ((z * (2.0f / 9) + 2.0f / 7) * z + 2.0f / 5) * z + 2.0f / 3;

    return k * 0.693147181f + (s * z * p + 2.0f * s);
}

/* ---- random numbers ---- */

static inline void philox_round(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3,
                                uint32_t key0, uint32_t key1)
{
    const uint64_t a = (uint64_t)0xD2511F53u * *c0;
    const uint64_t b = (uint64_t)0xCD9E8D57u * *c2;

    *c0 = (uint32_t)(b >> 32) ^ *c1 ^ key0;
    *c1 = (uint32_t)b;
    *c2 = (uint32_t)(a >> 32) ^ *c3 ^ key1;
    *c3 = (uint32_t)a;
}

/* Philox 4x32-10 on consecutive blocks, so many that the compiler makes vectors of them instead of
 * unrolling. */
static void philox_blocks(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks,
                          uint32_t c[4][BLOCKS])
{
    uint32_t key0 = (uint32_t)seed;
    uint32_t key1 = (uint32_t)(seed >> 32);

    for (size_t i = 0; i < n_blocks; i++) {
        c[0][i] = (uint32_t)(block + i);
        c[1][i] = (uint32_t)((block + i) >> 32);
        c[2][i] = (uint32_t)stream;
        c[3][i] = (uint32_t)(stream >> 32);
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < n_blocks; i++)
            philox_round(&c[0][i], &c[1][i], &c[2][i], &c[3][i], key0, key1);
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

static void philox(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks, uint32_t *out)
{
    uint32_t c[4][BLOCKS];

    for (size_t done = 0; done < n_blocks; done += BLOCKS) {
        const size_t n = n_blocks - done < BLOCKS ? n_blocks - done : BLOCKS;

        philox_blocks(seed, stream, block + done, n, c);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < 4; j++) out[4 * (done + i) + j] = c[j][i];
    }
}

static void uniform(size_t n, const uint32_t *bits, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(int32_t)(bits[i] >> 8) * 0x1p-24f;
}

/* Box-Muller: words 2i and 2i+1 give numbers 2i and 2i+1. */
static void normal(size_t n, const uint32_t *bits, float *out)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        const float u = (float)(int32_t)((bits[i] >> 8) + 1) * 0x1p-24f; /* (0, 1] */
        const float turns = (float)(int32_t)(bits[i + 1] >> 8) * 0x1p-24f;
        const float radius = sqrtf(-2.0f * log_of(u));
        const float t = turns * 4.0f + ROUNDER; /* quarter turns, rounded */
        const uint32_t quarter = bits_of(t);
        const float r =
            (turns * 4.0f - (t - ROUNDER)) * 1.57079633f; /* within an eighth of a turn */
        const float z = r * r;
        const float sine =
            r + r * z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040 + z * (1.0f / 362880))));
        const float cosine =
            1.0f + z * (-0.5f + z * (1.0f / 24 + z * (-1.0f / 720 + z * (1.0f / 40320))));
        const float a = quarter & 1 ? sine : cosine;
        const float b = quarter & 1 ? cosine : sine;
        const uint32_t sign_a = ((quarter + 1) & 2) << 30;
        const uint32_t sign_b = (quarter & 2) << 30;

        out[i] = radius * float_of(bits_of(a) ^ sign_a);
        out[i + 1] = radius * float_of(bits_of(b) ^ sign_b);
    }
}

/* ---- functions of one number ---- */

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

/* The normal distribution's weight beyond a, for 0 <= a <= 14, and its density there.  The ratio of
 * the two times a + 3 is close to a polynomial in (a - 3) / (a + 3), to 6e-8; the square's own
 * rounding is put right, because exp() would multiply it. */
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

/* Numbers below the bound have a value of 0 but for the smallest floats, and infinity times 0 is
 * none. */
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
    return at_least(x, -87.0f) * sigmoid_of(x);
}

/* The slope of x * sigmoid(u(x)) where u has slope `inner`; 1 - sigmoid is taken from what is not yet
 * rounded to 1. */
static inline float gated_slope(float x, float u, float inner)
{
    const float e = exp_of(-u);
    const float s = 1.0f / (1.0f + e);

    return s * (1.0f + x * inner * (e * s));
}

/* The slope's own slope; `bend` is that of `inner`. */
static inline float gated_curve(float x, float u, float inner, float bend)
{
    const float e = exp_of(-u);
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

/* GELU with the distribution replaced by sigmoid(u): u = 2 sqrt(2 / pi) (x + 0.044715 x^3) */
static inline float gelu_tanh_of(float x)
{
    const float v = clamp(x, 10.0f);

    return at_least(x, -10.0f) * sigmoid_of(v * (1.59576912f + 0.0713548163f * (v * v)));
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

/* A function's name, its value by x, its slope and the slope's own slope by v: see
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

/* Its own gradient, too: keep and scale what has bits at or above the threshold. */
static void dropout(size_t n, uint32_t threshold, float scale, const uint32_t *bits, const float *x,
                    float *y)
{
    APART for (size_t i = 0; i < n; i++)
    {
        const float keep = bits[i] >> 8 >= threshold ? scale : 0.0f;

        y[i] = x[i] * keep;
    }
}

/* ---- sums and products ---- */

static float dot(size_t n, const float *x, const float *y)
{
    float sum[4 * LANES] = {0};
    size_t i = 0;

    for (; i + 4 * LANES <= n; i += 4 * LANES)
        for (size_t j = 0; j < 4 * LANES; j++) sum[j] += x[i + j] * y[i + j];
    for (size_t j = 0; i < n; i++, j++) sum[j] += x[i] * y[i];
    for (size_t width = 2 * LANES; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++) sum[j] += sum[j + width];
    return sum[0];
}

static void axpy(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static void scale(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) y[i] = a * x[i];
}

/* In double the sum of floats of about one size is exact, and so what cancels leaves nothing. */
static void column_sums(size_t rows, size_t columns, size_t stride, const float *x, double *sum)
{
    for (size_t i = 0; i < columns; i++) sum[i] = 0;
    for (size_t r = 0; r < rows; r++, x += stride)
        APART for (size_t i = 0; i < columns; i++) sum[i] += (double)x[i];
}

static double sum_squares(size_t n, const float *x)
{
    double sum[LANES] = {0};
    double total = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) sum[j] += (double)x[i + j] * (double)x[i + j];
    for (size_t j = 0; i < n; i++, j++) sum[j] += (double)x[i] * (double)x[i];
    for (size_t j = 0; j < LANES; j++) total += sum[j];
    return total;
}

/* In double from the beginning: gcc 12 is wrong about products that are chosen among in float and
 * then widened. */
static inline double product_below(float x, float y)
{
    const double below = (double)x > 0 ? 0 : (double)x;

    return below * (double)y;
}

static double dot_below(size_t n, const float *x, const float *y)
{
    double sum[LANES] = {0};
    double total = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) sum[j] += product_below(x[i + j], y[i + j]);
    for (size_t j = 0; i < n; i++, j++) sum[j] += product_below(x[i], y[i]);
    for (size_t j = 0; j < LANES; j++) total += sum[j];
    return total;
}

/* ---- normalising ---- */

/* Four rows are added in float before they join the sum: the rounding is that of the numbers
 * themselves, and there is a quarter of the work in double. */
static void column_moments(size_t rows, size_t n, size_t stride, const float *x,
                           const float *center, double *sum, double *squares)
{
    for (; rows >= 4; rows -= 4, x += 4 * stride)
        APART for (size_t i = 0; i < n; i++)
        {
            const float d0 = x[i] - center[i];
            const float d1 = x[stride + i] - center[i];
            const float d2 = x[2 * stride + i] - center[i];
            const float d3 = x[3 * stride + i] - center[i];

            sum[i] += (double)((d0 + d1) + (d2 + d3));
            squares[i] += (double)((d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3));
        }
    for (; rows > 0; rows--, x += stride)
        APART for (size_t i = 0; i < n; i++)
        {
            const float d = x[i] - center[i];

            sum[i] += (double)d;
            squares[i] += (double)(d * d);
        }
}

static void column_products(size_t rows, size_t n, size_t stride, const float *x, const float *dy,
                            const float *center, double *sum, double *products)
{
    for (; rows >= 4; rows -= 4, x += 4 * stride, dy += 4 * stride)
        APART for (size_t i = 0; i < n; i++)
        {
            const float p0 = dy[i] * (x[i] - center[i]);
            const float p1 = dy[stride + i] * (x[stride + i] - center[i]);
            const float p2 = dy[2 * stride + i] * (x[2 * stride + i] - center[i]);
            const float p3 = dy[3 * stride + i] * (x[3 * stride + i] - center[i]);

            sum[i] += (double)((dy[i] + dy[stride + i]) + (dy[2 * stride + i] + dy[3 * stride + i]));
            products[i] += (double)((p0 + p1) + (p2 + p3));
        }
    for (; rows > 0; rows--, x += stride, dy += stride)
        APART for (size_t i = 0; i < n; i++)
        {
            sum[i] += (double)dy[i];
            products[i] += (double)(dy[i] * (x[i] - center[i]));
        }
}

static void column_affine(size_t rows, size_t n, size_t stride, const float *x, const float *center,
                          const float *a, const float *b, float *y)
{
    for (; rows > 0; rows--, x += stride, y += stride)
        APART for (size_t i = 0; i < n; i++) y[i] = (x[i] - center[i]) * a[i] + b[i];
}

static void column_affine_grad(size_t rows, size_t n, size_t stride, const float *x,
                               const float *dy, const float *center, const float *a, const float *b,
                               const float *c, float *dx)
{
    for (; rows > 0; rows--, x += stride, dy += stride, dx += stride)
        APART for (size_t i = 0; i < n; i++)
            dx[i] = (dy[i] * a[i] + (x[i] - center[i]) * b[i]) + c[i];
}

static void normalize(size_t n, float mean, float std, const uint8_t *bytes, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = ((float)bytes[i] / 255.0f - mean) / std;
}

/* ---- optimizers ---- */

static void adam(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(v[i]) * c.root_scale + c.eps));
    }
}

/* The third block is the largest that the second has been. */
static void amsgrad(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];
    float *restrict most = moments[2];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        most[i] = most[i] < v[i] ? v[i] : most[i];
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(most[i]) * c.root_scale + c.eps));
    }
}

static void adabelief(const gan__update *u, size_t n, float *p, const float *g,
                      float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];

    APART for (size_t i = 0; i < n; i++)
    {
        float surprise;

        m[i] = c.decay1 * m[i] + c.gain1 * g[i];
        surprise = g[i] - m[i];
        v[i] = c.decay2 * v[i] + c.gain2 * (surprise * surprise) + c.eps;
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(v[i]) * c.root_scale + c.eps));
    }
}

static void lion(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];

    APART for (size_t i = 0; i < n; i++)
    {
        const float way = c.decay1 * m[i] + c.gain1 * g[i];
        const float sign = way > 0 ? 1.0f : way < 0 ? -1.0f : way; /* NaN stays */

        p[i] = c.shrink * p[i] - c.lr * sign;
        m[i] = c.decay2 * m[i] + c.gain2 * g[i];
    }
}

static void sgd(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];

    if (!m) {
        APART for (size_t i = 0; i < n; i++) p[i] -= c.lr * (g[i] + c.weight_decay * p[i]);
        return;
    }
    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        p[i] -= c.lr * (c.nesterov ? grad + c.decay1 * m[i] : m[i]);
    }
}

/* moments: mean of squares, velocity (NULL without momentum), mean (NULL unless centered) */
static void rmsprop(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict v = moments[0];
    float *restrict velocity = moments[1];
    float *restrict mean = moments[2];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];
        float variance;
        float step;

        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        variance = v[i];
        if (mean) {
            mean[i] = c.decay2 * mean[i] + c.gain2 * grad;
            variance -= mean[i] * mean[i];
            variance = variance < 0.0f ? 0.0f : variance; /* rounding; PyTorch gets NaN here */
        }
        step = grad / (sqrtf(variance) + c.eps);
        if (velocity) step = velocity[i] = c.decay1 * velocity[i] + step;
        p[i] -= c.lr * step;
    }
}

/* kernels_patch.c */
gan__gather_fn JOIN(gan__gather_, GAN__ISA);
gan__scatter_add_fn JOIN(gan__scatter_add_, GAN__ISA);
gan__copy_rows_fn JOIN(gan__copy_rows_, GAN__ISA);
gan__shift_rows_fn JOIN(gan__shift_rows_, GAN__ISA);
gan__copy_segments_fn JOIN(gan__copy_segments_, GAN__ISA);

extern const gan__simd JOIN(gan__simd_, GAN__ISA);
const gan__simd JOIN(gan__simd_, GAN__ISA) = {
    .name = TEXT(GAN__ISA),
    .philox = philox,
    .uniform = uniform,
    .normal = normal,
    .functions = {GAN__FUNCTIONS(LOOPS)},
    .dropout = dropout,
    .dot = dot,
    .axpy = axpy,
    .scale = scale,
    .column_sums = column_sums,
    .sum_squares = sum_squares,
    .column_moments = column_moments,
    .column_products = column_products,
    .column_affine = column_affine,
    .column_affine_grad = column_affine_grad,
    .dot_below = dot_below,
    .normalize = normalize,
    .gather = JOIN(gan__gather_, GAN__ISA),
    .scatter_add = JOIN(gan__scatter_add_, GAN__ISA),
    .copy_rows = JOIN(gan__copy_rows_, GAN__ISA),
    .shift_rows = JOIN(gan__shift_rows_, GAN__ISA),
    .copy_segments = JOIN(gan__copy_segments_, GAN__ISA),
    .adam = adam,
    .amsgrad = amsgrad,
    .adabelief = adabelief,
    .lion = lion,
    .sgd = sgd,
    .rmsprop = rmsprop,
};
