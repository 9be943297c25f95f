/* test_kernels.c - loops of all instruction sets against the portable ones, products against their
 * definitions. */
#include "expect.h"
#include "math/kernels_internal.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Not a multiple of any vector width, so that every loop has a remainder. */
enum { N = 1003, VARIANTS = 4 /* of loops and products */ };

static float x[N], y[N];
static uint32_t bits[N + 1];

static void fill(void)
{
    gan__simd_variant(0)->philox(7, 8, 0, N / 4, bits);
    for (size_t i = 0; i < N; i++) {
        x[i] = 9.5f * sinf(1.7f * (float)i);
        y[i] = cosf(2.385f * (float)i);
    }
    x[5] = 0.0f;
    x[6] = -0.0f;
    x[7] = 1e30f;
    x[8] = -1e30f;
    x[9] = 3e-39f; /* subnormal */
    x[10] = NAN;
}

/* ---- every table has the portable one's bits ---- */

#define SAME(...)                                                                                  \
    do {                                                                                           \
        float a[N + 1] = {0}, b[N + 1] = {0}, *out = a;                                            \
        const gan__simd *s = gan__simd_variant(0);                                                 \
        {                                                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        out = b, s = gan__simd_variant((size_t)_i);                                                \
        if (!s) return; /* not on this CPU */                                                      \
        {                                                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        expect_same_bits(a, b, sizeof a);                                                          \
    } while (0)

TEST_EACH(functions_have_the_same_bits, 1, 3)
{
    const float settings[2] = {0.7f, 6};

    fill();
    x[10] = 1; /* a NaN's sign and payload are not guaranteed */
    for (size_t f = 0; f < GAN__N_FUNCTIONS; f++) {
        SAME(s->functions[f].value(N, settings, x, out));
        SAME(s->functions[f].slope_times(N, settings, x, y, out));
        SAME(s->functions[f].curve_times(N, settings, x, y, x, y, out));
        SAME(memcpy(out, x, sizeof x); s->functions[f].value(N, settings, out, out));
    }
    SAME(s->dropout(N, 1 << 22, 1.25f, bits, x, out));
}

TEST_EACH(random_numbers_have_the_same_bits, 1, 3)
{
    fill();
    SAME(s->uniform(N, bits, out));
    SAME(s->normal(N - 1, bits, out));
    SAME(uint32_t words[256]; s->philox(3, 4, 1u << 31, 61, words); memcpy(out, words, 61 * 16));
}

TEST_EACH(sums_have_the_same_bits, 1, 3)
{
    const uint8_t *bytes = (const uint8_t *)bits;

    fill();
    x[10] = 1;
    for (size_t n = 0; n < 200; n++) SAME(out[0] = s->dot(n, x + 11, y));
    SAME(memcpy(out, y, sizeof y); s->axpy(N, 0.3f, x, out));
    SAME(s->scale(N, 0.3f, x, out));
    SAME(double sums[71] = {1, -2}; s->column_sums(10, 71, 100, x, sums); memcpy(out, sums, sizeof sums));
    SAME(const double sum = s->sum_squares(N, y); memcpy(out, &sum, sizeof sum));
    SAME(const double sum = s->dot_below(N - 11, x + 11, y); memcpy(out, &sum, sizeof sum));
    SAME(s->normalize(N, 0.45f, 0.23f, bytes, out));
}

TEST_EACH(normalising_has_the_same_bits, 1, 3)
{
    const float *const from = x + 11;

    fill();
    /* 1 to 9 rows of 100 and fewer columns, which overlap. */
    for (size_t rows = 1; rows < 10; rows++) {
        const size_t n = 101 - rows;

        SAME(double sums[2][100] = {{0}}; s->column_moments(rows, n, 70, from, y, sums[0], sums[1]);
             memcpy(out, sums, sizeof sums));
        SAME(double sums[2][100] = {{0}};
             s->column_products(rows, n, 70, from, x + 100, y, sums[0], sums[1]);
             memcpy(out, sums, sizeof sums));
        SAME(s->column_affine(rows, n, 100, from, y, y + 100, y + 200, out));
        SAME(s->column_affine_grad(rows, n, 100, from, from, y, y + 100, y + 200, y + 300, out));
    }
}

TEST_EACH(updates_have_the_same_bits, 1, 3)
{
    const gan__update u = {.lr = 1e-3f,
                           .decay1 = 0.9f,
                           .gain1 = 0.1f,
                           .decay2 = 0.999f,
                           .gain2 = 0.001f,
                           .root_scale = 1.7f,
                           .eps = 1e-8f,
                           .weight_decay = 0.01f,
                           .shrink = 0.999f,
                           .nesterov = 1};
    static float m[3][N];

    fill();
    x[7] = x[8] = x[10] = 0.5f;
#define UPDATE(rule)                                                                               \
    SAME(memcpy(out, y, sizeof y); for (size_t i = 0; i < 3; i++) memset(m[i], 0, sizeof m[i]);    \
         for (size_t i = 0; i < 5; i++) s->rule(&u, N, out, x, (float *[]){m[0], m[1], m[2]}));
    UPDATE(adam)
    UPDATE(amsgrad)
    UPDATE(adabelief)
    UPDATE(lion)
    UPDATE(sgd)
    UPDATE(rmsprop)
}

/* Reference implementations in double; derivatives take the loops' argument, x or y. */

static const double SQRT_HALF = 0.70710678118654752, ALPHA = 1.6732632423543772,
                    SCALE = 1.0507009873554805;

static double sigmoid(double v)
{
    return 1 / (1 + exp(-v));
}

static double normal(double v)
{
    return 0.5 * erfc(-v * SQRT_HALF);
}

/* The argument of gelu_tanh's tanh. */
static double inner(double v)
{
    return 0.79788456080286536 * (v + 0.044715 * v * v * v);
}

static double value(gan__function f, double v)
{
    switch (f) {
    case GAN__FUNCTION_relu: return v > 0 ? v : 0;
    case GAN__FUNCTION_leaky_relu: return v > 0 ? v : 0.5 * v;
    case GAN__FUNCTION_tanh: return tanh(v);
    case GAN__FUNCTION_sigmoid: return sigmoid(v);
    case GAN__FUNCTION_elu: return v > 0 ? v : 0.5 * expm1(v);
    case GAN__FUNCTION_selu: return SCALE * (v > 0 ? v : ALPHA * expm1(v));
    case GAN__FUNCTION_softplus: return 0.5 * v > 20 ? v : log1p(exp(0.5 * v)) / 0.5;
    case GAN__FUNCTION_gelu: return v * normal(v);
    case GAN__FUNCTION_gelu_tanh: return v * sigmoid(2 * inner(v));
    case GAN__FUNCTION_silu: return v * sigmoid(v);
    case GAN__N_FUNCTIONS: break;
    }
    return 0;
}

static double slope(gan__function f, double v)
{
    const double s = sigmoid(2 * inner(v));

    switch (f) {
    case GAN__FUNCTION_relu: return v > 0;
    case GAN__FUNCTION_leaky_relu: return v > 0 ? 1 : 0.5;
    case GAN__FUNCTION_tanh: return 1 - v * v;
    case GAN__FUNCTION_sigmoid: return v * (1 - v);
    case GAN__FUNCTION_elu: return v > 0 ? 1 : v + 0.5;
    case GAN__FUNCTION_selu: return v > 0 ? SCALE : v + SCALE * ALPHA;
    case GAN__FUNCTION_softplus: return 0.5 * v > 20 ? 1 : sigmoid(0.5 * v);
    case GAN__FUNCTION_gelu: return normal(v) + v * exp(-v * v / 2) * 0.39894228040143268;
    case GAN__FUNCTION_gelu_tanh:
        return s + v * s * (1 - s) * 2 * 0.79788456080286536 * (1 + 3 * 0.044715 * v * v);
    case GAN__FUNCTION_silu: return sigmoid(v) + v * sigmoid(v) * sigmoid(-v);
    case GAN__N_FUNCTIONS: break;
    }
    return 0;
}

/* The second derivative with respect to x, numerically; v is y up to selu, and not at a kink. */
static double curve(gan__function f, double v)
{
    const double step = 1e-5;
    const double by_v = (slope(f, v + step) - slope(f, v - step)) / (2 * step);

    return f < GAN__FUNCTION_softplus ? by_v * slope(f, v) : by_v;
}

/* The tanh approximation rounds four times on the way to an exponent, and exp() multiplies that by
 * the exponent. */
static double tolerance(gan__function f, double v)
{
    return 5e-7 + (f == GAN__FUNCTION_gelu_tanh ? 4 * 0x1p-24 * fabs(2 * inner(v)) : 0);
}

TEST_EACH(functions_are_right_to_a_few_units_in_the_last_place, 0, 3)
{
    const float settings[2] = {0.5f, 20};
    const gan__simd *s = gan__simd_variant((size_t)_i);
    float out[N], ones[N], zeros[N] = {0};

    if (!s) return;
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)(sinh(((double)i - 501) / 100)); /* -75 to 75, dense near 0 */
        ones[i] = 1;
    }
    for (int f = 0; f < GAN__N_FUNCTIONS; f++) {
        s->functions[f].value(N, settings, x, out);
        for (size_t i = 0; i < N; i++)
            expect_near((double)out[i], value((gan__function)f, (double)x[i]),
                        tolerance((gan__function)f, (double)x[i]), 2e-36);
        s->functions[f].slope_times(N, settings, x, ones, out);
        for (size_t i = 0; i < N; i++)
            expect_near((double)out[i], slope((gan__function)f, (double)x[i]), 5e-7, 3e-7);
        s->functions[f].curve_times(N, settings, x, zeros, ones, ones, out);
        for (size_t i = 0; i < N; i++)
            if (fabs((double)x[i]) > 2e-5 && fabs(0.5 * (double)x[i] - 20) > 2e-5)
                expect_near((double)out[i], curve((gan__function)f, (double)x[i]), 2e-6, 5e-7);
        s->functions[f].value(1, settings, (const float[1]){NAN}, out);
        ck_assert(isnan(out[0]));
    }
}

TEST_EACH(products_below_zero_are_summed, 0, 3)
{
    const gan__simd *s = gan__simd_variant((size_t)_i);

    if (!s) return;
    fill();
    for (size_t n = 0; n < 100; n++) {
        double sum = 0;

        for (size_t i = 11; i < 11 + n; i++) sum += x[i] > 0 ? 0 : (double)x[i] * (double)y[i];
        expect_near(s->dot_below(n, x + 11, y + 11), sum, 1e-6, 1e-5);
    }
}

/* ---- products, whole and in columns ---- */

static float scratch[GAN__GEMM_SCRATCH] __attribute__((aligned(64)));
static float rows_scratch[GAN__GEMM_ROWS] __attribute__((aligned(64)));

static float *series(size_t n, double step)
{
    float *out = calloc(n + 1, sizeof *out);

    for (size_t i = 0; i < n; i++) out[i] = (float)sin(step * (double)(i + 1));
    return out;
}

static const size_t shapes[][3] = {{1, 1, 1},    {1, 5, 3},   {7, 3, 1},    {7, 1, 5},
                                   {13, 17, 11}, {3, 33, 6},  {32, 64, 40}, {15, 70, 49},
                                   {16, 300, 2}, {5, 550, 34}};

enum { N_SHAPES = sizeof shapes / sizeof *shapes };

typedef struct sizes {
    size_t rows, in, out;
} sizes;

static sizes sizes_of(int i)
{
    return (sizes){shapes[i][0], shapes[i][1], shapes[i][2]};
}

TEST_EACH(linear_is_its_definition, 0, N_SHAPES)
{
    const sizes n = sizes_of(_i);
    float *a = series(n.rows * n.in, 1.7), *w = series(n.out * n.in, 2.385),
          *b = series(n.out, 0.7);
    float *found = series(n.rows * n.out, 0);
    const size_t cut = n.out / 2;

    gan__kernels_linear(GAN__BY_SPEED, n.rows, n.in, n.out, 0, cut, a, w, n.in, b, found, scratch);
    gan__kernels_linear(GAN__BY_SPEED, n.rows, n.in, n.out, cut, n.out, a, w, n.in, b, found, scratch);
    for (size_t r = 0; r < n.rows; r++)
        for (size_t o = 0; o < n.out; o++) {
            double sum = (double)b[o];

            for (size_t i = 0; i < n.in; i++)
                sum += (double)a[r * n.in + i] * (double)w[o * n.in + i];
            expect_near((double)found[r * n.out + o], sum, 1e-5, 1e-5);
        }
    free(a), free(w), free(b), free(found);
}

TEST_EACH(input_gradient_is_its_definition, 0, N_SHAPES)
{
    const sizes n = sizes_of(_i);
    float *dy = series(n.rows * n.out, 1.7), *w = series(n.out * n.in, 2.385),
          *dx = series(n.rows * n.in, 0.5);
    const size_t cut = n.in / 3;

    gan__kernels_linear_input_grad(GAN__BY_SPEED, n.rows, n.in, n.out, cut, n.in, dy, w, n.in, dx, scratch);
    gan__kernels_linear_input_grad(GAN__BY_SPEED, n.rows, n.in, n.out, 0, cut, dy, w, n.in, dx, scratch);
    for (size_t r = 0; r < n.rows; r++)
        for (size_t i = 0; i < n.in; i++) {
            double sum = 0;

            for (size_t o = 0; o < n.out; o++)
                sum += (double)dy[r * n.out + o] * (double)w[o * n.in + i];
            expect_near((double)dx[r * n.in + i], sum, 1e-5, 1e-5);
        }
    free(dy), free(w), free(dx);
}

TEST_EACH(weight_gradient_is_its_definition, 0, N_SHAPES)
{
    const sizes n = sizes_of(_i);
    float *dy = series(n.rows * n.out, 1.7), *a = series(n.rows * n.in, 2.385);
    float *dw = series(n.out * n.in, 0.5);
    const size_t cut = n.out / 2;

    gan__kernels_linear_weight_grad(GAN__BY_SPEED, n.rows, n.in, n.out, cut, n.out, a, dy, n.in, dw, scratch);
    if (cut > 0)
        gan__kernels_linear_weight_grad(GAN__BY_SPEED, n.rows, n.in, n.out, 0, cut, a, dy, n.in, dw, scratch);
    for (size_t o = 0; o < n.out; o++)
        for (size_t i = 0; i < n.in; i++) {
            double sum = 0;

            for (size_t r = 0; r < n.rows; r++)
                sum += (double)dy[r * n.out + o] * (double)a[r * n.in + i];
            expect_near((double)dw[o * n.in + i], sum, 1e-5, 1e-5);
        }
    free(dy), free(a), free(dw);
}

/* The first columns of x and w, then the others: for samples that are stored in two places. */
TEST_EACH(an_input_in_two_pieces_is_as_one, 0, N_SHAPES)
{
    const sizes n = sizes_of(_i);
    const size_t in = 2 * n.in; /* the pieces are the same numbers, the weights are not */
    float *a = series(n.rows * n.in, 1.7), *dy = series(n.rows * n.out, 0.9),
          *w = series(n.out * in, 2.385), *b = series(n.out, 0.7);
    float *found = series(n.rows * n.out, 0), *dx = series(n.rows * n.in, 0),
          *dw = series(n.out * in, 0.5);

    gan__kernels_linear(GAN__BY_SPEED, n.rows, n.in, n.out, 0, n.out, a, w, in, b, found, scratch);
    gan__kernels_linear_add(GAN__BY_SPEED, n.rows, n.in, n.out, 0, n.out, a, w + n.in, in, found, scratch);
    gan__kernels_linear_input_grad(GAN__BY_SPEED, n.rows, n.in, n.out, 0, n.in, dy, w + n.in, in, dx, scratch);
    gan__kernels_linear_weight_grad(GAN__BY_SPEED, n.rows, n.in, n.out, 0, n.out, a, dy, in, dw + n.in, scratch);
    for (size_t r = 0; r < n.rows; r++)
        for (size_t o = 0; o < n.out; o++) {
            double sum = (double)b[o];

            for (size_t i = 0; i < in; i++)
                sum += (double)a[r * n.in + i % n.in] * (double)w[o * in + i];
            expect_near((double)found[r * n.out + o], sum, 1e-5, 2e-5);
        }
    for (size_t r = 0; r < n.rows; r++)
        for (size_t i = 0; i < n.in; i++) {
            double sum = 0;

            for (size_t o = 0; o < n.out; o++)
                sum += (double)dy[r * n.out + o] * (double)w[o * in + n.in + i];
            expect_near((double)dx[r * n.in + i], sum, 1e-5, 1e-5);
        }
    for (size_t o = 0; o < n.out; o++)
        for (size_t i = 0; i < in; i++) {
            double sum = i < n.in ? sin(0.5 * (double)(o * in + i + 1)) : 0; /* it stays */

            for (size_t r = 0; r < n.rows && i >= n.in; r++)
                sum += (double)dy[r * n.out + o] * (double)a[r * n.in + i - n.in];
            expect_near((double)dw[o * in + i], sum, 1e-5, 1e-5);
        }
    free(a), free(dy), free(w), free(b), free(found), free(dx), free(dw);
}

enum {
    A_TRANSPOSED = 1,
    B_TRANSPOSED = 2,
    PACKED = 4,
    BIASED = 8,
    ADDED = 16,
    WAYS = 24
}; /* not both of the last two */

/* The library's products, and CBLAS, against sums in double: all layouts of a and b, with a bias,
 * without, or accumulating, into a larger matrix whose other values must not change. */
static void check_product(gan__gemm_fn *multiply, sizes n, int how)
{
    const int a_transposed = how & A_TRANSPOSED, b_transposed = how & B_TRANSPOSED,
              biased = how & BIASED;
    const size_t m = n.rows, k = n.in, columns = n.out, c_stride = columns + 5;
    float *a = series(m * k, 1.7), *b = series(k * columns, 2.385), *bias = series(columns, 0.7);
    float *c = series(m * c_stride, 0.3);
    const gan__gemm_args args = {.m = m,
                                 .n = columns,
                                 .k = k,
                                 .a = a,
                                 .a_row = a_transposed ? 1 : k,
                                 .a_column = a_transposed ? m : 1,
                                 .b = b,
                                 .b_stride = b_transposed ? k : columns,
                                 .b_transposed = b_transposed,
                                 .c = c,
                                 .c_stride = c_stride,
                                 .bias = biased ? bias : NULL,
                                 .accumulate = how & ADDED,
                                 .scratch = scratch,
                                 .rows = how & PACKED ? rows_scratch : NULL};

    multiply(&args);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < c_stride; j++) {
            const double before = sin(0.3 * (double)(i * c_stride + j + 1));
            double sum = j >= columns || how & ADDED ? before : biased ? (double)bias[j] : 0;

            for (size_t l = 0; l < k && j < columns; l++)
                sum += (double)a[i * args.a_row + l * args.a_column] *
                       (double)b[b_transposed ? j * k + l : l * columns + j];
            expect_near((double)c[i * c_stride + j], sum, 1e-5, 2e-5);
        }
    free(a), free(b), free(bias), free(c);
}

/* The library's products for an instruction set; NULL if this CPU lacks it. */
static const gan__products *products_of(size_t i)
{
    const gan__simd *simd = gan__simd_variant(i);

    return simd ? simd->products : NULL;
}

TEST_EACH(products_are_their_definition, 0, N_SHAPES)
{
    for (int how = 0; how < WAYS; how++) {
        check_product(gan__kernels_gemm_blas, sizes_of(_i), how);
        for (size_t v = 0; v < VARIANTS; v++)
            if (products_of(v))
                check_product(products_of(v)->gemm, sizes_of(_i), how);
    }
}

/* The exact bits of each value of one of the library's products: each block of rows and vectors is
 * separate code, in which a compiler might contract or split multiply-adds differently. */
static float next_sum(int fused, float a, float b, float sum)
{
    const volatile float product = a * b;

    return fused ? fmaf(a, b, sum) : product + sum;
}

TEST_EACH(own_products_are_chains_of_sums, 0, VARIANTS)
{
    const gan__products *own = products_of((size_t)_i);
    enum { MOST = 15, COLUMNS = 40, K = 300 };
    float *a = series(MOST * K, 1.7), *b = series(K * COLUMNS, 2.385), *bias = series(COLUMNS, 0.7);
    float *found = series(MOST * COLUMNS, 0.5), *wanted = series(MOST * COLUMNS, 0.5);

    for (size_t m = 1; own && m <= MOST; m++)
        for (size_t n = 1; n <= COLUMNS; n += n < 4 ? 1 : 4) {
            own->gemm(&(gan__gemm_args){.m = m,
                                            .n = n,
                                            .k = K,
                                            .a = a,
                                            .a_row = K,
                                            .a_column = 1,
                                            .b = b,
                                            .b_stride = COLUMNS,
                                            .c = found,
                                            .c_stride = n,
                                            .bias = bias,
                                            .scratch = scratch});
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++) {
                    float sum = bias[j];

                    for (size_t l = 0; l < K; l++)
                        sum = next_sum(own->fused, a[i * K + l], b[l * COLUMNS + j], sum);
                    wanted[i * n + j] = sum;
                }
            expect_same_bits(found, wanted, m * n * sizeof *found);
        }
    free(a), free(b), free(bias), free(found), free(wanted);
}

/* Several chunks of rows and of inner indices, both with a remainder, and blocks of all sizes. */
TEST_EACH(packing_rows_changes_no_bit, 0, VARIANTS)
{
    enum { MOST = 600, COLUMNS = 40, K = 1030 };
    const gan__products *own = products_of((size_t)_i);
    float *a = series(MOST * K, 1.7), *b = series(K * COLUMNS, 2.385), *bias = series(COLUMNS, 0.7);
    float *found = series(MOST * COLUMNS, 0.5), *wanted = series(MOST * COLUMNS, 0.5);

    for (size_t m = 1; own && m <= MOST; m += m < 60 ? 1 : 77)
        for (int transposed = 0; transposed < 2; transposed++) {
            gan__gemm_args args = {.m = m,
                                   .n = COLUMNS - m % 9,
                                   .k = m % 2 ? K : 37,
                                   .a = a,
                                   .a_row = transposed ? 1 : K,
                                   .a_column = transposed ? m : 1,
                                   .b = b,
                                   .b_stride = COLUMNS,
                                   .c = wanted,
                                   .c_stride = COLUMNS,
                                   .bias = m % 3 ? bias : NULL,
                                   .scratch = scratch};

            own->gemm(&args);
            args.c = found;
            args.rows = rows_scratch;
            own->gemm(&args);
            expect_same_bits(found, wanted, m * COLUMNS * sizeof *found);
        }
    free(a), free(b), free(bias), free(found), free(wanted);
}

/* However a product is divided, each of its values is the same chain of sums. */
TEST_EACH(own_products_have_the_same_bits_however_cut, 0, VARIANTS)
{
    enum { M = 61, COLUMNS = 97, K = 530 };
    float *a = series(M * K, 1.7), *b = series(K * COLUMNS, 2.385);
    float *whole = series(M * COLUMNS, 0.5), *parts = series(M * COLUMNS, 0.6);
    gan__gemm_args args = {.m = M,
                           .n = COLUMNS,
                           .k = K,
                           .a = a,
                           .a_row = K,
                           .a_column = 1,
                           .b = b,
                           .b_stride = K,
                           .b_transposed = 1,
                           .c = whole,
                           .c_stride = COLUMNS,
                           .scratch = scratch};
    const gan__products *own = products_of((size_t)_i);

    if (own) own->gemm(&args);
    for (size_t cut = 1; own && cut < COLUMNS; cut += 19)
        for (int part = 0; part < 4; part++) {
            gan__gemm_args p = args;
            const size_t row = part & 1 ? cut % M : 0, column = part & 2 ? cut : 0;

            p.m = part & 1 ? M - row : cut % M;
            p.n = part & 2 ? COLUMNS - cut : cut;
            p.a = a + row * K;
            p.b = b + column * K;
            p.c = parts + row * COLUMNS + column;
            p.rows = cut % 2 ? rows_scratch : NULL;
            if (p.m > 0) own->gemm(&p);
            if (part == 3) expect_same_bits(whole, parts, M * COLUMNS * sizeof *whole);
        }
    free(a), free(b), free(whole), free(parts);
}

/* Shards of different sizes, each with rows in one place or in two. */
static void check_tree(const gan__products *products, const gan__shard_rows *shards, sizes n)
{
    enum { GAP = 5 };
    const size_t half = shards->again > 0 ? shards->again : n.rows, c_stride = n.in + GAP;
    const size_t panel = products->panels.width * n.rows;
    float *dy = series(n.rows * n.out, 1.7), *a = series(n.rows * n.in, 2.385);
    float *found = series(n.out * c_stride, 0.3), *stack = series(7 * n.out * c_stride, 0);
    float *room = aligned_alloc(64, (panel * sizeof *room + 63) / 64 * 64);
    gan__gemm_args args = {.m = n.out,
                           .n = n.in,
                           .k = n.rows,
                           .a = dy,
                           .a_row = 1,
                           .a_column = n.out,
                           .b = a,
                           .b_stride = n.in,
                           .c = found,
                           .c_stride = c_stride,
                           .scratch = room,
                           .shards = shards};
    size_t row = 0;

    products->gemm_tree(&args);
    args.scratch = scratch;
    for (size_t i = 0; i < shards->n; row = shards->ends[i++]) {
        args.k = shards->ends[i] - row;
        args.c = gan__tree_at(stack, n.out * c_stride, i);
        for (size_t from = row; from < n.rows; from += half) {
            args.a = dy + from * n.out;
            args.b = a + from * n.in;
            args.accumulate = from > row;
            products->gemm(&args);
        }
        gan__tree_put(stack, n.out * c_stride, i);
    }
    for (size_t i = 0; i < n.out; i++) {
        expect_same_bits(stack + i * c_stride, found + i * c_stride, n.in * sizeof *found);
        for (size_t j = n.in; j < c_stride; j++)
            expect_near((double)found[i * c_stride + j], sin(0.3 * (double)(i * c_stride + j + 1)),
                        1e-6, 1e-6);
    }
    free(dy), free(a), free(found), free(stack), free(room);
}

TEST_EACH(a_tree_of_products_has_the_bits_of_their_sum, 0, VARIANTS)
{
    static const size_t ends[] = {3, 5, 9, 10, 14, 20, 23, 600};
    const gan__products *products = products_of((size_t)_i);

    for (size_t n = 1; products && n <= 8; n *= 2)
        for (int i = 0; i < N_SHAPES; i++) {
            const sizes s = sizes_of(i);

            check_tree(products, &(gan__shard_rows){n, ends, 0},
                       (sizes){ends[n - 1], s.in, s.out});
            check_tree(products, &(gan__shard_rows){n, ends, ends[n - 1]},
                       (sizes){2 * ends[n - 1], s.in, s.out});
        }
}

/* The two instruction sets with fused multiply-add have the same bits. */
TEST(fused_products_have_the_same_bits)
{
    enum { M = 31, COLUMNS = 50, K = 300 };
    float *a = series(M * K, 1.7), *b = series(K * COLUMNS, 2.385);
    float *c[VARIANTS];

    for (size_t v = 0; v < VARIANTS; v++) {
        c[v] = series(M * COLUMNS, 0.5);
        if (!products_of(v)) continue;
        products_of(v)->gemm(&(gan__gemm_args){.m = M,
                                                             .n = COLUMNS,
                                                             .k = K,
                                                             .a = a,
                                                             .a_row = K,
                                                             .a_column = 1,
                                                             .b = b,
                                                             .b_stride = COLUMNS,
                                                             .c = c[v],
                                                             .c_stride = COLUMNS,
                                                             .scratch = scratch});
    }
    if (products_of(1) && products_of(2))
        expect_same_bits(c[1], c[2], M * COLUMNS * sizeof **c);
    for (size_t v = 0; v < VARIANTS; v++) free(c[v]);
    free(a), free(b);
}

/* A packed matrix gives the same bits, transposed or not, and has the announced size. */
TEST_EACH(packed_products_have_the_same_bits, 0, VARIANTS)
{
    const gan__products *own = products_of((size_t)_i);
    const sizes of[] = {{1, 64, 256}, {1, 600, 784}, {3, 7, 5}, {20, 257, 33}, {2, 1, 1}};

    for (size_t i = 0; own && i < sizeof of / sizeof *of; i++)
        for (int transposed = 0; transposed < 2; transposed++) {
            const size_t m = of[i].rows, k = of[i].in, n = of[i].out;
            const size_t size = gan__gemm_packed_columns(own, n) * k;
            float *a = series(m * k, 1.7), *b = series(k * n, 2.385), *bias = series(n, 0.7);
            float *found = series(m * n, 0.5), *wanted = series(m * n, 0.6), *packed = series(size + 1, 0.1);
            const float behind = packed[size];
            gan__gemm_args args = {.m = m,
                                   .n = n,
                                   .k = k,
                                   .a = a,
                                   .a_row = k,
                                   .a_column = 1,
                                   .b = b,
                                   .b_stride = transposed ? k : n,
                                   .b_transposed = transposed,
                                   .c = wanted,
                                   .c_stride = n,
                                   .bias = bias,
                                   .scratch = scratch};

            own->gemm(&args);
            own->pack(&args, packed);
            expect_same_bits(&packed[size], &behind, sizeof behind);
            args.packed = packed;
            args.b = args.scratch = NULL;
            args.c = found;
            own->gemm(&args);
            expect_same_bits(found, wanted, m * n * sizeof *found);
            free(a), free(b), free(bias), free(found), free(wanted), free(packed);
        }
}

/* ---- what the BLAS says about itself ---- */

static void *ask_often(void *argument)
{
    size_t *others = argument;
    char first[160], text[160];

    gan__blas_describe(first, sizeof first);
    for (int i = 0; i < 20000; i++) {
        gan__blas_describe(text, sizeof text);
        *others += strcmp(first, text) != 0;
    }
    return NULL;
}

TEST(all_threads_are_told_the_same_of_the_blas)
{
    pthread_t threads[4];
    size_t others[4] = {0};
    char text[4];

    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &others[i]), 0);
    for (size_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 4; i++) ck_assert_uint_eq(others[i], 0);
    gan__blas_describe(text, sizeof text);
    ck_assert_uint_eq(strlen(text), sizeof text - 1); /* truncated to fit */
}
