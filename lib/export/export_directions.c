/* export_directions.c - the directions of the latent space along which pictures change most.
 *
 * They are the principal components of the output of the first layer with a matrix W for random
 * latent vectors (Haerkoenen et al., GANSpace, 2020).  For z with independent components of
 * deviation 1, W z has the covariance W W'; in terms of z its principal components are the
 * eigenvectors of W' W, so no samples are drawn, and the result is exact. */
#include "export/export_page_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <string.h>

/* The matrix of the first layer that has one: weight i of input k is first[i * step + k * stride]. */
typedef struct weights {
    const float *first;
    size_t n, step, stride;
} weights;

/* An embedding appends its numbers to those of z, so that z is the first inputs. */
static int find_matrix(weights *out, const gan__export *e)
{
    const size_t latent = gan_shape_size(e->net->input);

    for (size_t i = 0; i < e->n_steps; i++) {
        const gan_layer *layer = e->steps[i].layer;
        const size_t inputs = gan_shape_size(layer->in);

        if (!layer->class->product) continue;
        const size_t numbers = gan_shape_size(layer->params[0].shape);
        const int pixel =
            layer->class->transposed && layer->in.rank == 3 && layer->in.dim[0] == inputs;
        const int row = layer->params[0].shape.rank == 2 && layer->params[0].shape.dim[1] == inputs;

        if (inputs < latent || (!pixel && !row)) return 0;
        *out = pixel ? (weights){e->steps[i].params[0], numbers / inputs, 1, numbers / inputs}
                     : (weights){e->steps[i].params[0], numbers / inputs, inputs, 1};
        return 1;
    }
    return 0;
}

/* W' W of the first n inputs. */
static void multiply(double *out, const weights *m, size_t n)
{
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c <= r; c++) {
            double sum = 0;

            for (size_t i = 0; i < m->n; i++)
                sum += (double)m->first[i * m->step + r * m->stride] *
                       (double)m->first[i * m->step + c * m->stride];
            out[r * n + c] = out[c * n + r] = sum;
        }
}

/* Rotate rows p and q of a matrix of n columns. */
static void turn(double *rows, size_t n, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < n; k++) {
        const double a = rows[p * n + k], b = rows[q * n + k];

        rows[p * n + k] = c * a - s * b;
        rows[q * n + k] = s * a + c * b;
    }
}

/* The same for columns. */
static void turn_columns(double *matrix, size_t n, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < n; k++) {
        const double a = matrix[k * n + p], b = matrix[k * n + q];

        matrix[k * n + p] = c * a - s * b;
        matrix[k * n + q] = s * a + c * b;
    }
}

/* Jacobi's method: each rotation makes one number off the diagonal 0, and sweeps over all of them
 * leave the eigenvalues on the diagonal; the rows of `vectors`, at first those of the unit matrix,
 * are rotated along. */
static void diagonalize(double *matrix, double *vectors, size_t n)
{
    enum { SWEEPS = 30 };

    for (size_t i = 0; i < n; i++) vectors[i * n + i] = 1;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double beside = 0, diagonal = 0;

        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                const double off = matrix[p * n + q];

                beside += off * off;
                if (fabs(off) < 1e-300) continue;
                const double t = (matrix[q * n + q] - matrix[p * n + p]) / (2 * off);
                const double tangent = copysign(1, t) / (fabs(t) + sqrt(t * t + 1));
                const double c = 1 / sqrt(tangent * tangent + 1), s = c * tangent;

                turn(matrix, n, p, q, c, s);
                turn_columns(matrix, n, p, q, c, s);
                turn(vectors, n, p, q, c, s);
            }
        for (size_t i = 0; i < n; i++) diagonal += matrix[i * n + i] * matrix[i * n + i];
        if (beside <= 1e-24 * diagonal) return;
    }
}

/* The largest eigenvalue that has not been taken; the largest component of its vector is made
 * positive, so that the sign is unique. */
static void take_largest(gan__export_direction *out, double *matrix, const double *vectors,
                         size_t n, double sum)
{
    size_t best = 0, top = 0;

    for (size_t i = 1; i < n; i++)
        if (matrix[i * n + i] > matrix[best * n + best]) best = i;
    for (size_t k = 1; k < n; k++)
        if (fabs(vectors[best * n + k]) > fabs(vectors[best * n + top])) top = k;
    for (size_t k = 0; k < n; k++)
        out->vector[k] =
            (float)(vectors[best * n + top] < 0 ? -vectors[best * n + k] : vectors[best * n + k]);
    out->share = sum > 0 ? matrix[best * n + best] / sum : 0;
    matrix[best * n + best] = -1;
}

gan_status gan__export_find_directions(gan__export_direction *out, size_t *count,
                                       const gan__export *e)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &e->allocator;
    const size_t n = gan_shape_size(e->net->input);
    double *memory = NULL, sum = 0;
    weights m;

    if (*count > n) *count = n;
    if (!find_matrix(&m, e)) *count = 0;
    if (*count == 0) return GAN_OK;
    GAN_TRY(gan__alloc(&memory, a, gan__size_mul(2, gan__size_mul(n, n)), sizeof *memory));
    multiply(memory, &m, n);
    diagonalize(memory, memory + n * n, n);
    for (size_t i = 0; i < n; i++) sum += memory[i * n + i];
    for (size_t i = 0; i < *count; i++) take_largest(&out[i], memory, memory + n * n, n, sum);

cleanup:
    if (memory) gan__free(a, memory);
    return status;
}
