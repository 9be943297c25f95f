/* layer_norm.c - layers that normalise within a sample: layer_norm, group_norm, instance_norm.
 *
 * A sample is cut into segments that are normalised each by itself.  What differs is how many there
 * are, and which weight belongs to a number: by its place in the segment, or by its channel. */
#include "layer/layer_norm_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/kernels_internal.h"

#include <math.h>
#include <string.h>

/* ---- what all have in common, batch_norm too ---- */

gan_layer *gan__norm_create(const gan__layer_class *class, const gan_norm_desc *desc,
                            gan__norm_settings own)
{
    gan_norm_desc d = {GAN_NORM_DESC_INIT};

    if (gan__desc_read(&d, sizeof d, sizeof d, desc, "norm desc") != GAN_OK) return NULL;
    if (d.momentum != 0 && !class->settle) { /* it has no running statistics */
        gan__fail(GAN_ERR_INVALID, "%s: momentum %g is for batch_norm", class->name, d.momentum);
        return NULL;
    }
    own.eps = d.eps == 0 ? 1e-5 : d.eps;
    own.momentum = d.momentum == 0 ? 0.1 : d.momentum;
    if (d.no_affine) own.affine = 0;
    return gan__layer_create(class, &own);
}

void gan__norm_shape(gan_layer *layer, gan_shape each)
{
    layer->out = layer->in;
    layer->params[0] = (gan__layer_param){"weight", each};
    layer->params[1] = (gan__layer_param){"bias", each};
    layer->n_params = gan__norm_settings_of(layer).affine ? 2 : 0;
}

gan_status gan__norm_shape_channels(gan_layer *layer)
{
    const size_t channels = gan__norm_settings_of(layer).channels;

    if (layer->in.dim[0] != channels)
        return gan__fail(GAN_ERR_SHAPE, "needs %zu channels, gets %s", channels,
                         gan__shape_text_of(layer->in).text);
    gan__norm_shape(layer, gan_shape_1d(channels));
    return GAN_OK;
}

void gan__norm_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                    uint64_t position)
{
    const size_t n = gan__layer_param_count(layer);

    (void)seed;
    (void)stream;
    (void)position;
    for (size_t i = 0; i < n; i++) params[i] = i < n / 2 ? 1.0f : 0.0f;
}

/* ---- segments ---- */

enum { BLOCK = 256, LANES = 64 };

/* Of numbers v that belong to those of a segment, such as their gradients. */
typedef struct products {
    double mean;
    double product; /* the mean of v (x - mean of x) */
} products;

/* What is saved of a segment. */
typedef struct moments {
    double mean;
    double inverse; /* of the deviation: 1 / sqrt(variance + eps) */
    products tx;
} moments;

/* How a layer cuts a sample. */
typedef struct geometry {
    size_t size;      /* numbers of a sample */
    size_t segments;  /* in it */
    size_t segment;   /* numbers of one */
    size_t n_weights; /* what they would be with affine */
    size_t area;      /* consecutive numbers with the same weight; the next `area` have the next
                         weight, and after the last weight comes the first again */
} geometry;

static geometry geometry_of(const gan_layer *layer)
{
    geometry g = {.size = gan_shape_size(layer->in), .area = 1};
    const gan__norm_settings s = gan__norm_settings_of(layer);

    if (layer->class == &gan__layer_layer_norm) {
        g.n_weights = gan_shape_size(s.shape);
        g.segments = g.size / g.n_weights;
    } else {
        g.n_weights = s.channels;
        g.area = g.size / g.n_weights;
        g.segments = layer->class == &gan__layer_group_norm ? s.groups : g.n_weights;
    }
    g.segment = g.size / g.segments;
    return g;
}

static size_t saved(const gan_layer *layer, size_t rows, size_t batches)
{
    (void)batches;
    return gan__size_mul(gan__size_mul(rows, geometry_of(layer).segments),
                         sizeof(moments) / sizeof(float));
}

/* A weight and a bias, or a gradient, for each number of a sample, and zeros. */
static size_t scratch(const gan_layer *layer)
{
    return gan__size_mul(3, gan_shape_size(layer->in));
}

static moments *saved_of(const gan__layer_run *run, const geometry *g, size_t row)
{
    void *first = run->saved;

    return (moments *)first + (run->first + row) * g->segments;
}

/* Repeat weights or biases for all numbers of a sample. */
static void spread(const geometry *g, const float *weights, float without, float *out)
{
    for (size_t at = 0, w = 0; at < g->size; at += g->area, w = (w + 1) % g->n_weights)
        for (size_t i = 0; i < g->area; i++) out[at + i] = weights ? weights[w] : without;
}

/* ---- one segment: as a matrix of LANES columns, and the rest as its last row ---- */

static void fill(float *out, float value)
{
    for (size_t i = 0; i < LANES; i++) out[i] = value;
}

static double total(const double *lanes)
{
    double sum[4] = {0};

    for (size_t i = 0; i < LANES; i++) sum[i % 4] += lanes[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static moments measure(size_t n, const float *x, double eps)
{
    const gan__simd *simd = gan__simd_best();
    const size_t whole = n / LANES * LANES;
    float center[LANES];
    double sum[LANES] = {0};
    double squares[LANES] = {0};
    double mean;
    double variance;

    fill(center, x[0]);
    simd->column_moments(n / LANES, LANES, LANES, x, center, sum, squares);
    simd->column_moments(1, n - whole, 0, x + whole, center, sum, squares);
    mean = total(sum) / (double)n;
    variance = fmax(total(squares) / (double)n - mean * mean, 0);
    return (moments){(double)x[0] + mean, 1 / sqrt(variance + eps), {0, 0}};
}

/* y = (x - mean) / deviation */
static void standardize(size_t n, const moments *m, const float *x, float *y)
{
    const gan__simd *simd = gan__simd_best();
    const size_t whole = n / LANES * LANES;
    float center[LANES];
    float factor[LANES];
    float term[LANES];

    fill(center, (float)m->mean);
    fill(factor, (float)m->inverse);
    fill(term, (float)(((double)(float)m->mean - m->mean) * m->inverse));
    simd->column_affine(n / LANES, LANES, LANES, x, center, factor, term, y);
    simd->column_affine(1, n - whole, 0, x + whole, center, factor, term, y + whole);
}

/* What rounding to a float takes from a mean. */
static double rest_of(double mean)
{
    return mean - (double)(float)mean;
}

/* The mean of v, and that of v (x - mean of x). */
static products measure_products(size_t n, double x_mean, const float *x, const float *v)
{
    const gan__simd *simd = gan__simd_best();
    const size_t whole = n / LANES * LANES;
    float center[LANES];
    double sum[LANES] = {0};
    double both[LANES] = {0};
    double mean;

    fill(center, (float)x_mean);
    simd->column_products(n / LANES, LANES, LANES, x, v, center, sum, both);
    simd->column_products(1, n - whole, 0, x + whole, v + whole, center, sum, both);
    mean = total(sum) / (double)n;
    return (products){mean, total(both) / (double)n - rest_of(x_mean) * mean};
}

/* out = a v + b (x - mean of x) + c; it may be v */
static void combine(size_t n, double a, const float *v, double b, double x_mean, const float *x,
                    double c, float *out)
{
    const gan__simd *simd = gan__simd_best();
    const size_t whole = n / LANES * LANES;
    float center[LANES];
    float v_factor[LANES];
    float x_factor[LANES];
    float term[LANES];

    fill(center, (float)x_mean);
    fill(v_factor, (float)a);
    fill(x_factor, (float)b);
    fill(term, (float)(c - b * rest_of(x_mean)));
    simd->column_affine_grad(n / LANES, LANES, LANES, x, v, center, v_factor, x_factor, term, out);
    simd->column_affine_grad(1, n - whole, 0, x + whole, v + whole, center, v_factor, x_factor,
                             term, out + whole);
}

/* From v make in `out`, which may be v:
 * (v - mean of v - (x - mean) / deviation^2 * mean of v (x - mean)) / deviation */
static void project(size_t n, const moments *m, const products *p, const float *x, const float *v,
                    float *out)
{
    const double factor = p->product * (-m->inverse * m->inverse * m->inverse);

    combine(n, m->inverse, v, factor, m->mean, x, -m->inverse * p->mean, out);
}

/* From dy, the gradient with respect to the standardized numbers, make dx in its place. */
static void standardize_grad(size_t n, const moments *m, const float *x, float *dy)
{
    const products p = measure_products(n, m->mean, x, dy);

    project(n, m, &p, x, dy, dy);
}

/* Add to dx how a change of x changes the sum of uy ty, uy being by the standardized numbers:
 *
 *     sum of uy ty = n (both - A B) / deviation
 *
 * `both` being the mean of uy (tx - mean), A and B those of uy and tx times the standardized x.
 * Its derivative with respect to x is
 *
 *     -(B (uy - mean) + A (tx - mean) + (both - 3 A B) (x - mean) / deviation) / deviation^2 */
static void add_curve(size_t n, const moments *m, const float *x, const float *tx, const float *uy,
                      float *dx)
{
    const products u = measure_products(n, m->mean, x, uy);
    const double both = measure_products(n, m->tx.mean, tx, uy).product;
    const double along_u = m->inverse * u.product;
    const double along_t = m->inverse * m->tx.product;
    const double f = -m->inverse * m->inverse;

    combine(n, 1, dx, f * m->inverse * (both - 3 * along_u * along_t), m->mean, x, 0, dx);
    combine(n, 1, dx, f * along_u, m->tx.mean, tx, 0, dx);
    combine(n, 1, dx, f * along_t, u.mean, uy, 0, dx);
}

/* ---- all of them ---- */

static void forward(const gan__layer_run *run)
{
    const gan_layer *layer = run->layer;
    const geometry g = geometry_of(layer);
    const float *params = layer->n_params > 0 ? run->params : NULL;
    float *weights = run->scratch;
    float *biases = weights + g.size;
    float *zeros = biases + g.size;

    spread(&g, params, 1, weights);
    spread(&g, params ? params + g.n_weights : NULL, 0, biases);
    memset(zeros, 0, g.size * sizeof *zeros);
    for (size_t r = 0; r < run->rows; r++)
        for (size_t s = 0; s < g.segments; s++) {
            const float *x = run->x + r * g.size + s * g.segment;
            float *y = run->y + r * g.size + s * g.segment;
            const moments m = measure(g.segment, x, gan__norm_settings_of(layer).eps);

            if (run->gradients) saved_of(run, &g, r)[s] = m;
            standardize(g.segment, &m, x, y);
            gan__simd_best()->column_affine(1, g.segment, 0, y, zeros, weights + s * g.segment,
                                            biases + s * g.segment, y);
        }
}

static void backward(const gan__layer_run *run)
{
    const geometry g = geometry_of(run->layer);
    float *weights = run->scratch;
    float *zeros = weights + g.size;

    spread(&g, run->layer->n_params > 0 ? run->params : NULL, 1, weights);
    memset(zeros, 0, g.size * sizeof *zeros);
    for (size_t r = 0; r < run->rows; r++)
        for (size_t s = 0; s < g.segments; s++) {
            const size_t at = r * g.size + s * g.segment;

            gan__simd_best()->column_affine(1, g.segment, 0, run->dy + at, zeros,
                                            weights + s * g.segment, zeros, run->dx + at);
            standardize_grad(g.segment, &saved_of(run, &g, r)[s], run->x + at, run->dx + at);
        }
}

static void tangent(const gan__layer_run *run)
{
    const geometry g = geometry_of(run->layer);
    float *weights = run->scratch;
    float *zeros = weights + g.size;

    spread(&g, run->layer->n_params > 0 ? run->params : NULL, 1, weights);
    memset(zeros, 0, g.size * sizeof *zeros);
    for (size_t r = 0; r < run->rows; r++)
        for (size_t s = 0; s < g.segments; s++) {
            const size_t at = r * g.size + s * g.segment;
            moments *m = &saved_of(run, &g, r)[s];

            m->tx = measure_products(g.segment, m->mean, run->x + at, run->tx + at);
            project(g.segment, m, &m->tx, run->x + at, run->tx + at, run->ty + at);
            gan__simd_best()->column_affine(1, g.segment, 0, run->ty + at, zeros,
                                            weights + s * g.segment, zeros, run->ty + at);
        }
}

static void tangent_backward(const gan__layer_run *run)
{
    const geometry g = geometry_of(run->layer);
    float *weights = run->scratch;
    float *zeros = weights + g.size;
    float *uy = zeros + g.size;

    backward(run);
    spread(&g, run->layer->n_params > 0 ? run->params : NULL, 1, weights);
    memset(zeros, 0, g.size * sizeof *zeros);
    for (size_t r = 0; r < run->rows; r++)
        for (size_t s = 0; s < g.segments; s++) {
            const size_t at = r * g.size + s * g.segment;

            gan__simd_best()->column_affine(1, g.segment, 0, run->uy + at, zeros,
                                            weights + s * g.segment, zeros, uy);
            add_curve(g.segment, &saved_of(run, &g, r)[s], run->x + at, run->tx + at, uy,
                      run->dx + at);
        }
}

static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    const geometry g = geometry_of(layer);
    const size_t parts = gan__layer_cut(rows, g.size).rows;

    if (layer->n_params == 0) return 0;
    return parts < g.n_weights ? parts : g.n_weights;
}

/* The columns begin .. end-1 of a row, standardized; or what becomes of tx then. */
static void standardize_columns(const gan__layer_run *run, const geometry *g, size_t row,
                                size_t begin, size_t end, const float *tx, float *out)
{
    const float *x = run->x + row * g->size;

    for (size_t at = begin; at < end;) {
        const size_t s = at / g->segment;
        const size_t stop = (s + 1) * g->segment < end ? (s + 1) * g->segment : end;
        const moments *m = &saved_of(run, g, row)[s];

        if (tx)
            project(stop - at, m, &m->tx, x + at, tx + row * g->size + at, out + (at - begin));
        else
            standardize(stop - at, m, x + at, out + (at - begin));
        at = stop;
    }
}

/* Add the columns begin .. end-1, at most BLOCK, of dy and dy * (standardized x); to the latter
 * also uy * (tx standardized with it). */
static void add_columns(const gan__layer_run *run, const geometry *g, size_t begin, size_t end,
                        double *sum, double *both)
{
    const gan__simd *simd = gan__simd_best();
    const float zeros[BLOCK] = {0};
    float standard[BLOCK];
    double unused[BLOCK] = {0};

    for (size_t r = 0; r < run->rows; r++) {
        const size_t at = r * g->size + begin;

        standardize_columns(run, g, r, begin, end, NULL, standard);
        simd->column_products(1, end - begin, 0, standard, run->dy + at, zeros, sum, both);
        if (!run->tx) continue;
        standardize_columns(run, g, r, begin, end, run->tx, standard);
        simd->column_products(1, end - begin, 0, standard, run->uy + at, zeros, unused, both);
    }
}

/* The gradients of the weights begin .. end-1, whose columns fill a block, or of one. */
static void add_weights(const gan__layer_run *run, const geometry *g, size_t begin, size_t end,
                        double *bias, double *weight)
{
    const size_t period = g->n_weights * g->area;

    for (size_t from = begin * g->area; from < g->size; from += period) {
        const size_t to = from + (end - begin) * g->area;

        for (size_t at = from; at < to; at += BLOCK) {
            const size_t stop = at + BLOCK < to ? at + BLOCK : to;
            double sum[BLOCK] = {0};
            double both[BLOCK] = {0};

            add_columns(run, g, at, stop, sum, both);
            for (size_t i = at; i < stop; i++) {
                bias[(i - from) / g->area] += sum[i - at];
                weight[(i - from) / g->area] += both[i - at];
            }
        }
    }
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const geometry g = geometry_of(run->layer);
    const size_t begin = g.n_weights * part / parts;
    const size_t end = g.n_weights * (part + 1) / parts;
    const size_t step = g.area < BLOCK ? BLOCK / g.area : 1;

    for (size_t w = begin; w < end; w += step) {
        const size_t stop = w + step < end ? w + step : end;
        double bias[BLOCK] = {0};
        double weight[BLOCK] = {0};

        add_weights(run, &g, w, stop, bias, weight);
        for (size_t i = w; i < stop; i++) {
            grads[i] = (float)weight[i - w];
            grads[g.n_weights + i] = (float)bias[i - w];
        }
    }
    return gan__simd_best()->sum_squares(end - begin, grads + begin) +
           gan__simd_best()->sum_squares(end - begin, grads + g.n_weights + begin);
}

/* ---- the classes ---- */

/* A class of layers that differ in settings and shapes only. */
#define NORM_CLASS(kind, shape_fn, ...)                                                            \
    const gan__layer_class gan__layer_##kind = {                                                   \
        .name = #kind,                                                                             \
        GAN__SETTINGS(gan__norm_settings, kind##_settings),                                        \
        .shape = shape_fn,                                                                         \
        .init = gan__norm_init,                                                                    \
        .saved = saved,                                                                            \
        .scratch = scratch,                                                                        \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .tangent = tangent,                                                                        \
        .tangent_backward = tangent_backward,                                                      \
        .grad_parts = grad_parts,                                                                  \
        .grad = grad,                                                                              \
        __VA_ARGS__}

/* Files have one, which is not used. */
#define MOMENTUM GAN__REAL("momentum", gan__norm_settings, momentum, -DBL_MAX, DBL_MAX)

/* A single number would become 0. */
static gan_status check_segment(const gan_layer *layer)
{
    if (geometry_of(layer).segment < 2)
        return gan__fail(GAN_ERR_SHAPE, "needs 2 numbers to normalize together, of %s it gets 1",
                         gan__shape_text_of(layer->in).text);
    return GAN_OK;
}

static gan_status layer_norm_shape(gan_layer *layer)
{
    const gan_shape in = layer->in;
    const gan_shape each = gan__norm_settings_of(layer).shape;
    gan_shape tail = {each.rank, {0, 0, 0, 0}};

    for (size_t i = 0; i < each.rank && each.rank <= in.rank; i++)
        tail.dim[i] = in.dim[in.rank - each.rank + i];
    if (!gan_shape_equal(each, tail))
        return gan__fail(GAN_ERR_SHAPE, "needs a shape that ends as %s, gets %s",
                         gan__shape_text_of(each).text, gan__shape_text_of(in).text);
    gan__norm_shape(layer, each);
    return check_segment(layer);
}

static const gan__layer_setting layer_norm_settings[] = {
    GAN__NORM_SETTINGS(MOMENTUM),
    GAN__SHAPE("normalized_shape", gan__norm_settings, shape),
};
NORM_CLASS(layer_norm, layer_norm_shape, .check = NULL);

gan_layer *gan_layer_layer_norm(gan_shape normalized_shape, const gan_norm_desc *desc)
{
    return gan__norm_create(&gan__layer_layer_norm, desc,
                            (gan__norm_settings){.affine = 1, .shape = normalized_shape});
}

/* Also of instance_norm. */
static gan_status channels_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__norm_shape_channels(layer));
    GAN_TRY(check_segment(layer));

cleanup:
    return status;
}

static gan_status group_norm_check(const gan_layer *layer)
{
    const gan__norm_settings s = gan__norm_settings_of(layer);

    if (s.channels % s.groups > 0)
        return gan__fail(GAN_ERR_INVALID, "group_norm: %zu channels can't be cut into %zu groups",
                         s.channels, s.groups);
    return GAN_OK;
}

static const gan__layer_setting group_norm_settings[] = {
    GAN__NORM_SETTINGS(MOMENTUM),
    GAN__SIZE("num_channels", gan__norm_settings, channels, 1, INT32_MAX),
    GAN__SIZE("num_groups", gan__norm_settings, groups, 1, INT32_MAX),
};
NORM_CLASS(group_norm, channels_shape, .check = group_norm_check);

gan_layer *gan_layer_group_norm(size_t num_groups, size_t num_channels, const gan_norm_desc *desc)
{
    return gan__norm_create(
        &gan__layer_group_norm, desc,
        (gan__norm_settings){.affine = 1, .channels = num_channels, .groups = num_groups});
}

static const gan__layer_setting instance_norm_settings[] = {
    GAN__NORM_SETTINGS(MOMENTUM),
    GAN__SIZE("num_features", gan__norm_settings, channels, 1, INT32_MAX),
};
NORM_CLASS(instance_norm, channels_shape, .check = NULL);

gan_layer *gan_layer_instance_norm(size_t num_features, int affine, const gan_norm_desc *desc)
{
    return gan__norm_create(&gan__layer_instance_norm, desc,
                            (gan__norm_settings){.affine = affine != 0, .channels = num_features});
}

GAN__DEFINE_INIT(gan_norm_desc_init, gan_norm_desc, GAN_NORM_DESC_INIT)
