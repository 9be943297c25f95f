/* layer_spectral.c - weights divided by their largest singular value.
 *
 * A layer of a normal kind computes with weights that a pass has made from the trained ones: see
 * pass.c.  As in torch.nn.utils.spectral_norm, one step of the power iteration per training run
 * brings u and v nearer to the singular vectors, sigma = u W v is used as the singular value, and
 * the gradient goes through sigma, but not through u and v. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

/* The weights as a matrix with a row for each output, whose number (a, b) of row h is at
 * (a * rows + h) * n + b: transposed convolutions have their outputs second. */
typedef struct matrix {
    size_t outer, rows, n;
} matrix;

static matrix matrix_of(const gan_layer *layer)
{
    const gan_shape s = layer->params[0].shape;
    const int transposed = layer->class->transposed;
    const size_t outer = transposed ? s.dim[0] : 1;
    const size_t rows = transposed ? s.dim[1] : s.dim[0];

    return (matrix){outer, rows, gan_shape_size(s) / outer / rows};
}

gan_layer *gan_layer_spectral_norm(gan_layer *layer)
{
    if (!layer) return NULL; /* its constructor has said why */
    if (layer->class->product && !layer->spectral) {
        layer->spectral = 1;
        return layer;
    }
    gan__fail(GAN_ERR_INVALID, "spectral_norm: %s has %s", layer->class->name,
              layer->spectral ? "it already" : "no weights to be normalised");
    gan_layer_destroy(layer);
    return NULL;
}

void gan__spectral_shape(gan_layer *layer)
{
    const matrix m = matrix_of(layer);

    layer->params[0].name = "weight_orig";
    layer->buffers[0] = (gan__layer_param){"weight_u", gan_shape_1d(m.rows)};
    layer->buffers[1] = (gan__layer_param){"weight_v", gan_shape_1d(m.outer * m.n)};
    layer->n_buffers = 2;
}

/* ---- the singular value ---- */

/* Scale a vector to length 1. */
static void normalize(size_t n, float *x)
{
    const double norm = sqrt(gan__simd_best()->sum_squares(n, x));

    gan__simd_best()->scale(n, (float)(1 / fmax(norm, 1e-12)), x, x);
}

/* v from u. */
static void multiply_transposed(const matrix *m, const float *w, const float *u, float *v)
{
    memset(v, 0, m->outer * m->n * sizeof *v);
    for (size_t a = 0; a < m->outer; a++)
        for (size_t h = 0; h < m->rows; h++)
            gan__simd_best()->axpy(m->n, u[h], w + (a * m->rows + h) * m->n, v + a * m->n);
}

/* Number h of the matrix times v. */
static double row_times(const matrix *m, size_t h, const float *w, const float *v)
{
    double sum = 0;

    for (size_t a = 0; a < m->outer; a++)
        sum += (double)gan__simd_best()->dot(m->n, w + (a * m->rows + h) * m->n, v + a * m->n);
    return sum;
}

void gan__spectral_init(const gan_layer *layer, float *buffers)
{
    const matrix m = matrix_of(layer);
    const size_t n = m.outer * m.n;

    gan__rng_normal(0, GAN__STREAM_SPECTRAL, 0, m.rows + n, buffers);
    normalize(m.rows, buffers);
    normalize(n, buffers + m.rows);
}

/* ---- in a pass ---- */

/* What a pass has in place of the weights: normalised ones, other parameters, u, v, sigma. */
typedef struct block {
    float *weight, *u, *v, *sigma;
} block;

static block block_of(const gan_layer *layer, float *memory)
{
    const size_t n = gan__layer_param_count(layer);

    return (block){memory, memory + n, memory + n + layer->buffers[0].shape.dim[0],
                   memory + n + gan__layer_buffer_count(layer)};
}

size_t gan__spectral_count(const gan_layer *layer)
{
    return gan__layer_param_count(layer) + gan__layer_buffer_count(layer) + 1;
}

void gan__spectral_prepare(const gan_layer *layer, const float *params, const float *buffers,
                           int training, float *memory)
{
    const matrix m = matrix_of(layer);
    const size_t n = gan_shape_size(layer->params[0].shape);
    const block b = block_of(layer, memory);
    double sigma = 0;

    memcpy(b.u, buffers, gan__layer_buffer_count(layer) * sizeof *b.u);
    if (training) {
        multiply_transposed(&m, params, b.u, b.v);
        normalize(m.outer * m.n, b.v);
        for (size_t h = 0; h < m.rows; h++) b.u[h] = (float)row_times(&m, h, params, b.v);
        normalize(m.rows, b.u);
    }
    for (size_t h = 0; h < m.rows; h++) sigma += (double)b.u[h] * row_times(&m, h, params, b.v);
    *b.sigma = (float)sigma;
    gan__simd_best()->scale(n, (float)(1 / sigma), params, b.weight);
    memcpy(b.weight + n, params + n, (gan__layer_param_count(layer) - n) * sizeof *params);
}

/* By the quotient rule: the gradient with respect to W is (G - <G, W / sigma> u v) / sigma. */
double gan__spectral_grad(const gan_layer *layer, float *memory, float *grads)
{
    const gan__simd *simd = gan__simd_best();
    const matrix m = matrix_of(layer);
    const size_t n = gan_shape_size(layer->params[0].shape);
    const block b = block_of(layer, memory);
    double along = 0;

    for (size_t i = 0; i < n; i += m.n) along += (double)simd->dot(m.n, grads + i, b.weight + i);
    for (size_t a = 0; a < m.outer; a++)
        for (size_t h = 0; h < m.rows; h++)
            simd->axpy(m.n, (float)(-along * (double)b.u[h]), b.v + a * m.n,
                       grads + (a * m.rows + h) * m.n);
    simd->scale(n, (float)(1 / (double)*b.sigma), grads, grads);
    return simd->sum_squares(gan__layer_param_count(layer), grads);
}

void gan__spectral_settle(const gan_layer *layer, float *memory, float *buffers)
{
    memcpy(buffers, block_of(layer, memory).u, gan__layer_buffer_count(layer) * sizeof *buffers);
}
