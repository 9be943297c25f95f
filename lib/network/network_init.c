/* network_init.c - other first weights than the layers' defaults, as in torch.nn.init. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/numeric_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* ---- what is wanted ---- */

static gan_status check(const gan_init_desc *d)
{
    if ((unsigned)d->init > GAN_INIT_ORTHOGONAL)
        return gan__fail(GAN_ERR_INVALID, "init desc: unknown init %d", (int)d->init);
    if (!(d->std > 0 && isfinite(d->std)))
        return gan__fail(GAN_ERR_INVALID, "init desc: a finite std above 0 expected, got %g",
                         d->std);
    if (!(d->gain > 0 && isfinite(d->gain)))
        return gan__fail(GAN_ERR_INVALID, "init desc: a finite gain above 0 expected, got %g",
                         d->gain);
    if (!isfinite(d->slope))
        return gan__fail(GAN_ERR_INVALID, "init desc: a finite slope expected, got %g", d->slope);
    if ((unsigned)d->zero_last > 1 || (unsigned)d->depth_gain > 1)
        return gan__fail(GAN_ERR_INVALID, "init desc: %s is 0 or 1, got %d",
                         (unsigned)d->zero_last > 1 ? "zero_last" : "depth_gain",
                         (unsigned)d->zero_last > 1 ? d->zero_last : d->depth_gain);
    return GAN_OK;
}

/* The size of the first release of the record. */
enum { FIRST_DESC_BYTES = offsetof(gan_init_desc, zero_last) };

static gan_status read_desc(gan_init_desc *out, const gan_init_desc *desc)
{
    gan_status status = GAN_OK;

    *out = (gan_init_desc){GAN_INIT_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, FIRST_DESC_BYTES, desc, "init desc"));
    if (out->std == 0) out->std = 0.02;
    if (out->gain == 0) out->gain = 1;
    GAN_TRY(check(out));

cleanup:
    return status;
}

/* A weight of a product, as a matrix: of the first dimension's rows. */
typedef struct matrix {
    gan_shape shape;
    size_t rows, columns;
    float *data;
    uint64_t position; /* of its first number in the stream */
} matrix;

/* The one that begins this many values after a layer's first. */
static matrix matrix_of(const gan_network *net, size_t i, size_t begin, gan_shape shape)
{
    const size_t at = net->offsets[i] + begin, rows = shape.dim[0];

    return (matrix){shape, rows, gan_shape_size(shape) / rows, net->params + at, at};
}

/* Whether its matrices are drawn by the rule and its vectors are biases. */
static int has_matrices(const gan_layer *layer)
{
    return layer->class->product || layer->class == &gan__layer_projection;
}

/* The standard deviation of independent weights.  The fans are PyTorch's, which takes them from the
 * second and the first dimension, also where a transposed convolution has its outputs second. */
static double deviation_of(const matrix *m, const gan_init_desc *d)
{
    const double size = (double)gan_shape_size(m->shape);
    const double fan_in = size / (double)m->shape.dim[0];
    const double fan_out = size / (double)m->shape.dim[1];

    switch (d->init) {
    case GAN_INIT_XAVIER_UNIFORM:
    case GAN_INIT_XAVIER_NORMAL: return d->gain * sqrt(2 / (fan_in + fan_out));
    case GAN_INIT_KAIMING_UNIFORM:
    case GAN_INIT_KAIMING_NORMAL:
        return sqrt(2 / (1 + d->slope * d->slope)) / sqrt(d->fan_out ? fan_out : fan_in);
    case GAN_INIT_NORMAL:
    case GAN_INIT_ORTHOGONAL:
    default: return d->std;
    }
}

/* ---- residual blocks ---- */

/* The weights in a block's body that belong to no block inside. */
typedef struct body {
    size_t n_weights, last; /* how many layers have some, and which is the last */
} body;

/* The innermost block that has layer k in its body; k itself: there is none. */
static size_t block_of(const gan_network *net, size_t k)
{
    gan__block block;

    for (size_t i = k; i-- > 0;)
        if (gan__network_block(net, i, &block) && k < block.body_end) return i;
    return k;
}

static body body_of(const gan_network *net, size_t i)
{
    body b = {0, 0};
    gan__block block;

    (void)gan__network_block(net, i, &block);
    for (size_t k = i + 1; k < block.body_end; k++)
        if (has_matrices(&net->layers[k]) && block_of(net, k) == i) b = (body){b.n_weights + 1, k};
    return b;
}

static size_t block_count(const gan_network *net)
{
    gan__block block;
    size_t n = 0;

    for (size_t i = 0; i < net->n_layers; i++) n += gan__network_block(net, i, &block) != 0;
    return n;
}

/* The factor of a layer's weights, by its place in a residual block. */
static double factor_of(const gan_network *net, size_t k, const gan_init_desc *d)
{
    const size_t block = d->zero_last || d->depth_gain ? block_of(net, k) : k;
    body b;

    if (block == k) return 1;
    b = body_of(net, block);
    if (d->zero_last && b.last == k) return 0;
    if (!d->depth_gain || b.n_weights < 2) return 1;
    return pow((double)block_count(net), -1 / (2 * (double)b.n_weights - 2));
}

static gan_status check_layers(const gan_network *net, const gan_init_desc *d)
{
    for (size_t k = 0; k < net->n_layers; k++) {
        const gan_layer *layer = &net->layers[k];

        if (layer->spectral && !(factor_of(net, k, d) > 0))
            return gan__fail(GAN_ERR_INVALID,
                             "layer %s (%s): zero_last makes its weights 0, by whose norm "
                             "spectral_norm divides",
                             layer->name, layer->class->name);
    }
    return GAN_OK;
}

/* ---- orthogonal ---- */

/* As many vectors as the matrix's smaller side, each as long as the larger: a matrix whose numbers
 * are independent and normal is made orthogonal by Gram and Schmidt's method, which is the QR
 * decomposition with a positive diagonal. */
static size_t vector_count(const matrix *m)
{
    return m->rows < m->columns ? m->rows : m->columns;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum[4] = {0};

    for (size_t i = 0; i < n; i++) sum[i % 4] += x[i] * y[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Twice is enough to make it exact. */
static void orthogonalize(size_t n, size_t count, double *vectors)
{
    for (size_t i = 0; i < count; i++) {
        double *v = vectors + i * n;
        double norm;

        for (size_t j = 0; j < 2 * i; j++) {
            const double *other = vectors + j % i * n;
            const double along = dot(n, v, other);

            for (size_t k = 0; k < n; k++) v[k] -= along * other[k];
        }
        norm = sqrt(dot(n, v, v));
        for (size_t k = 0; k < n; k++) v[k] /= norm;
    }
}

static void draw_orthogonal(const matrix *m, double gain, uint64_t seed, double *vectors)
{
    const size_t count = vector_count(m);
    const size_t n = m->rows * m->columns / count;
    const int lying = m->rows <= m->columns; /* the vectors are rows */

    gan__rng_normal(seed, GAN__STREAM_INIT, m->position, n * count, m->data);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < n; k++)
            vectors[i * n + k] = (double)m->data[lying ? i * n + k : k * count + i];
    orthogonalize(n, count, vectors);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < n; k++)
            m->data[lying ? i * n + k : k * count + i] = (float)(gain * vectors[i * n + k]);
}

/* Room for the largest matrix. */
static gan_status make_vectors(double **out, const gan_network *net)
{
    size_t most = 0;

    for (size_t i = 0; i < net->n_layers; i++)
        for (size_t j = 0; has_matrices(&net->layers[i]) && j < net->layers[i].n_params; j++) {
            const size_t n = gan_shape_size(net->layers[i].params[j].shape);

            if (n > most) most = n;
        }
    return gan__alloc(out, &net->allocator, most, sizeof **out);
}

/* ---- the draw ---- */

static void draw_normal(uint64_t seed, uint64_t position, size_t n, double mean, double std,
                        float *out)
{
    gan__rng_normal(seed, GAN__STREAM_INIT, position, n, out);
    for (size_t i = 0; i < n; i++) out[i] = (float)(mean + std * (double)out[i]);
}

static void draw_matrix(const matrix *m, const gan_init_desc *d, uint64_t seed, double *vectors)
{
    const size_t n = m->rows * m->columns;
    const double std = deviation_of(m, d);

    if (d->init == GAN_INIT_ORTHOGONAL) {
        draw_orthogonal(m, d->gain, seed, vectors);
    } else if (d->init == GAN_INIT_XAVIER_UNIFORM || d->init == GAN_INIT_KAIMING_UNIFORM) {
        gan__rng_uniform(seed, GAN__STREAM_INIT, m->position, n, m->data);
        for (size_t j = 0; j < n; j++)
            m->data[j] = (float)((2 * (double)m->data[j] - 1) * sqrt(3) * std);
    } else {
        draw_normal(seed, m->position, n, 0, std, m->data);
    }
}

static void scale(const matrix *m, double factor)
{
    for (size_t i = 0; i < m->rows * m->columns; i++)
        m->data[i] = factor > 0 ? (float)(factor * (double)m->data[i]) : 0;
}

static void draw_layer(const gan_network *net, size_t i, const gan_init_desc *d, uint64_t seed,
                       double *vectors)
{
    const gan_layer *layer = &net->layers[i];
    const double factor = factor_of(net, i, d);
    size_t begin = 0;

    for (size_t j = 0; j < layer->n_params; j++) {
        const gan_shape shape = layer->params[j].shape;
        const matrix m = matrix_of(net, i, begin, shape);

        if (shape.rank > 1) {
            draw_matrix(&m, d, seed, vectors);
            scale(&m, factor);
        } else {
            memset(m.data, 0, gan_shape_size(shape) * sizeof *m.data);
        }
        begin += gan_shape_size(shape);
    }
}

static void draw_layers(gan_network *net, uint64_t seed, const gan_init_desc *desc, double *vectors)
{
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t at = net->offsets[i];

        if (has_matrices(layer))
            draw_layer(net, i, desc, seed, vectors);
        else if (desc->init == GAN_INIT_NORMAL && layer->class == &gan__layer_batch_norm)
            draw_normal(seed, at, gan__layer_param_count(layer) / 2, 1, desc->std,
                        net->params + at);
    }
}

gan_status gan_network_initialize_as(gan_network *net, uint64_t seed, const gan_init_desc *desc)
{
    gan_status status = GAN_OK;
    double *vectors = NULL;
    gan_init_desc d;
    gan__numeric numeric;

    GAN_TRY(read_desc(&d, desc));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(check_layers(net, &d));
    if (d.init == GAN_INIT_ORTHOGONAL) GAN_TRY(make_vectors(&vectors, net));
    GAN_TRY(gan_network_initialize(net, seed));
    gan__numeric_enter(&numeric);
    draw_layers(net, seed, &d, vectors);
    gan__numeric_leave(&numeric);

cleanup:
    if (vectors) gan__free(&net->allocator, vectors);
    return status;
}

GAN__DEFINE_INIT(gan_init_desc_init, gan_init_desc, GAN_INIT_DESC_INIT)
