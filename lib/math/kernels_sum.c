/* kernels_sum.c - sums, products and statistics of columns; compiled once for each instruction set.
 *
 * A sum along a vector has a fixed number of partial sums, whatever the SIMD width:
 *
 *     x[0]  x[1]  ...  x[15]        partial sum j adds x[j], x[j + 16], x[j + 32] ...:
 *     x[16] x[17] ...  x[31]        a row is one vector of 16, two of 8 or four of 4
 *      ...
 *     sum[0]  ...  sum[15]          these are added in a fixed order
 *
 * A sum down the columns of a matrix needs none of that: each column is a sum by itself. */
#include "math/kernels_loop_internal.h"

/* ---- sums and products ---- */

/* Four vectors of partial sums, to hide the latency of dependent additions; they are then added
 * pairwise: 64, 32 ... 1. */
float LOOP(dot)(size_t n, const float *x, const float *y)
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

void LOOP(axpy)(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

void LOOP(scale)(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) y[i] = a * x[i];
}

/* In double, sums of floats of similar magnitude are exact, so what cancels leaves exactly 0. */
void LOOP(column_sums)(size_t rows, size_t columns, size_t stride, const float *x, double *sum)
{
    for (size_t r = 0; r < rows; r++, x += stride)
        APART for (size_t i = 0; i < columns; i++) sum[i] += (double)x[i];
}

double LOOP(sum_squares)(size_t n, const float *x)
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

/* In double from the beginning: gcc 12 miscompiles products that are selected in float and then
 * widened. */
static inline double product_below(float x, float y)
{
    const double below = (double)x > 0 ? 0 : (double)x;

    return below * (double)y;
}

double LOOP(dot_below)(size_t n, const float *x, const float *y)
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

/* ---- normalisation: statistics of columns ---- */

/* The sums of x - center and of its square for each column.  The center is close to the mean,
 * against cancellation in the variance.  Four rows are added in float before they join the sum in
 * double: the rounding error is like that of the values, for a quarter of the work in double. */
void LOOP(column_moments)(size_t rows, size_t n, size_t stride, const float *x,
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

/* The sums for the backward pass of a normalisation: of dy and of dy (x - center). */
void LOOP(column_products)(size_t rows, size_t n, size_t stride, const float *x, const float *dy,
                            const float *center, double *sum, double *products)
{
    for (; rows >= 4; rows -= 4, x += 4 * stride, dy += 4 * stride)
        APART for (size_t i = 0; i < n; i++)
        {
            const float p0 = dy[i] * (x[i] - center[i]);
            const float p1 = dy[stride + i] * (x[stride + i] - center[i]);
            const float p2 = dy[2 * stride + i] * (x[2 * stride + i] - center[i]);
            const float p3 = dy[3 * stride + i] * (x[3 * stride + i] - center[i]);

            sum[i] +=
                (double)((dy[i] + dy[stride + i]) + (dy[2 * stride + i] + dy[3 * stride + i]));
            products[i] += (double)((p0 + p1) + (p2 + p3));
        }
    for (; rows > 0; rows--, x += stride, dy += stride)
        APART for (size_t i = 0; i < n; i++)
        {
            sum[i] += (double)dy[i];
            products[i] += (double)(dy[i] * (x[i] - center[i]));
        }
}

void LOOP(column_affine)(size_t rows, size_t n, size_t stride, const float *x, const float *center,
                          const float *a, const float *b, float *y)
{
    for (; rows > 0; rows--, x += stride, y += stride)
        APART for (size_t i = 0; i < n; i++) y[i] = (x[i] - center[i]) * a[i] + b[i];
}

void LOOP(column_affine_grad)(size_t rows, size_t n, size_t stride, const float *x,
                               const float *dy, const float *center, const float *a, const float *b,
                               const float *c, float *dx)
{
    for (; rows > 0; rows--, x += stride, dy += stride, dx += stride)
        APART for (size_t i = 0; i < n; i++)
            dx[i] = (dy[i] * a[i] + (x[i] - center[i]) * b[i]) + c[i];
}

void LOOP(normalize)(size_t n, float mean, float std, const uint8_t *bytes, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = ((float)bytes[i] / 255.0f - mean) / std;
}
