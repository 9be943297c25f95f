/* layer_batch_norm.c - batch normalisation.
 *
 * A channel is H * W columns of all rows of a batch.  The work goes by blocks of columns: first the
 * statistics of as many channels as stay in cache, then these are normalised, so that numbers come
 * from memory once. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "layer/layer_norm_internal.h"
#include "math/kernels_internal.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 512,            /* columns at a time */
    CACHED = 1 << 16,       /* numbers that stay in cache */
    WORTH_A_TILE = 1 << 16, /* numbers */
    MAX_TILES = 64,
};

/* What is saved of a channel: the mean and the variance, biased, of x, and of other numbers v the
 * means of v and of v * (x - mean).  Those of dy are NaN until they are known.  In evaluation mean
 * and variance are the running ones. */
enum { X, DY, TX, UY, N_MEASURED };
typedef struct moments {
    double of[N_MEASURED][2];
    double both; /* the mean of uy * (tx - its mean) */
} moments;

/* Rows that are normalised together. */
typedef struct batch {
    const gan__layer_run *run;
    size_t row, rows;
    moments *channels; /* NULL in evaluation without gradients */
    int which;         /* what is projected: DY or TX */
} batch;

/* Columns of a batch: whole channels, or a part of one. */
typedef struct block {
    size_t begin, n;
    size_t channel; /* the first */
    size_t width;   /* columns of each channel */
} block;

static const gan__layer_setting settings[] = {
    GAN__NORM_SETTINGS(GAN__REAL_ABOVE("momentum", gan__norm_settings, momentum, 0, 1)),
    GAN__SIZE("num_features", gan__norm_settings, channels, 1, INT32_MAX),
};

static size_t channels_of(const gan_layer *layer)
{
    return gan__norm_settings_of(layer).channels;
}

/* Numbers of a channel in one sample. */
static size_t area_of(const gan_layer *layer)
{
    return gan_shape_size(layer->in) / channels_of(layer);
}

static gan_status shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const gan_shape each = gan_shape_1d(channels_of(layer));

    GAN_TRY(gan__norm_shape_channels(layer));
    layer->buffers[0] = (gan__layer_param){"running_mean", each};
    layer->buffers[1] = (gan__layer_param){"running_var", each};
    layer->n_buffers = 2;

cleanup:
    return status;
}

static void init_buffers(const gan_layer *layer, float *buffers)
{
    const size_t n = channels_of(layer);

    for (size_t i = 0; i < 2 * n; i++) buffers[i] = i < n ? 0.0f : 1.0f;
}

static size_t saved(const gan_layer *layer, size_t rows, size_t batches)
{
    (void)rows;
    return gan__size_mul(gan__size_mul(batches, channels_of(layer)),
                         sizeof(moments) / sizeof(float));
}

/* By channels; at least a cache line of each row. */
static gan__cut cut_of(const gan_layer *layer, size_t rows)
{
    const size_t columns = gan_shape_size(layer->in);
    const size_t unit = area_of(layer) > 1 ? area_of(layer) : 16;
    size_t tiles = rows * columns / WORTH_A_TILE;

    if (tiles > columns / unit) tiles = columns / unit;
    if (tiles > MAX_TILES) tiles = MAX_TILES;
    return (gan__cut){1, tiles > 0 ? tiles : 1, unit};
}

/* ---- blocks ---- */

typedef void block_fn(const batch *b, const block *k);

static void for_blocks(const batch *b, size_t begin, size_t end, block_fn *each)
{
    const size_t area = area_of(b->run->layer);
    const size_t step = area < BLOCK ? BLOCK / area * area : BLOCK;
    block k = {.begin = begin * area};

    for (; k.begin < end * area; k.begin += k.n) {
        k.channel = k.begin / area;
        k.n = (area < BLOCK ? end : k.channel + 1) * area - k.begin;
        if (k.n > step) k.n = step;
        k.width = area < k.n ? area : k.n;
        each(b, &k);
    }
}

/* Where the block's part begins in the run's rows of x, dy, y or dx. */
static size_t place_of(const batch *b, const block *k)
{
    return b->row * gan_shape_size(b->run->layer->in) + k->begin;
}

/* The sum of a channel's columns: four partial sums, always added in the same order. */
static double total(const double *x, size_t n)
{
    double sum[4] = {0};

    for (size_t i = 0; i < n; i++) sum[i % 4] += x[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void fill(float *out, size_t n, float value)
{
    for (size_t i = 0; i < n; i++) out[i] = value;
}

/* ---- statistics ---- */

/* Add the sums of columns to those of their channels, which are to become moments. */
static void add_totals(const block *k, const double *sum, const double *products, moments *channels,
                       int which)
{
    for (size_t i = 0; i < k->n; i += k->width) {
        double *sums = channels[k->channel + i / k->width].of[which];

        sums[0] += total(sum + i, k->width);
        sums[1] += total(products + i, k->width);
    }
}

/* What is subtracted from a channel's numbers before they are summed: any one of them is near
 * enough to their mean to keep the sums of squares accurate. */
static float origin_of(const batch *b, size_t channel)
{
    const gan_layer *layer = b->run->layer;

    return b->run->x[b->row * gan_shape_size(layer->in) + channel * area_of(layer)];
}

static void add_moments(const batch *b, const block *k)
{
    float center[BLOCK];
    double sum[BLOCK] = {0};
    double squares[BLOCK] = {0};

    for (size_t i = 0; i < k->n; i += k->width)
        fill(center + i, k->width, origin_of(b, k->channel + i / k->width));
    gan__simd_best()->column_moments(b->rows, k->n, gan_shape_size(b->run->layer->in),
                                     b->run->x + place_of(b, k), center, sum, squares);
    add_totals(k, sum, squares, b->channels, X);
}

static void take_running(const batch *b, size_t begin, size_t end)
{
    const float *mean = b->run->buffers;
    const float *variance = mean + channels_of(b->run->layer);

    for (size_t c = begin; c < end; c++) {
        b->channels[c].of[X][0] = (double)mean[c];
        b->channels[c].of[X][1] = (double)variance[c];
    }
}

static void measure(const batch *b, size_t begin, size_t end)
{
    const double n = (double)(b->rows * area_of(b->run->layer));

    for (size_t c = begin; c < end; c++)
        b->channels[c] = (moments){.of[DY] = {(double)NAN, (double)NAN}};
    if (!b->run->training) {
        take_running(b, begin, end);
        return;
    }
    for_blocks(b, begin, end, add_moments);
    for (size_t c = begin; c < end; c++) {
        double *x = b->channels[c].of[X];
        const double mean = x[0] / n;

        x[1] = fmax(x[1] / n - mean * mean, 0);
        x[0] = (double)origin_of(b, c) + mean;
    }
}

/* The numbers whose moments are computed, and which are projected. */
static const float *numbers_of(const batch *b)
{
    return b->which == TX ? b->run->tx : b->run->dy;
}

/* The means of a channel's columns in a block, as floats. */
static void fill_means(const batch *b, const block *k, int which, float *out)
{
    for (size_t i = 0; i < k->n; i += k->width)
        fill(out + i, k->width, (float)b->channels[k->channel + i / k->width].of[which][0]);
}

static void add_products(const batch *b, const block *k)
{
    const size_t at = place_of(b, k);
    float center[BLOCK];
    double sum[BLOCK] = {0};
    double products[BLOCK] = {0};

    fill_means(b, k, X, center);
    gan__simd_best()->column_products(b->rows, k->n, gan_shape_size(b->run->layer->in),
                                      b->run->x + at, numbers_of(b) + at, center, sum, products);
    add_totals(k, sum, products, b->channels, b->which);
}

/* What rounding to a float takes from a mean. */
static double rest_of(double mean)
{
    return mean - (double)(float)mean;
}

static void measure_grads(const batch *b, size_t begin, size_t end)
{
    const double n = (double)(b->rows * area_of(b->run->layer));

    for (size_t c = begin; c < end; c++)
        b->channels[c].of[b->which][0] = b->channels[c].of[b->which][1] = 0;
    for_blocks(b, begin, end, add_products);
    for (size_t c = begin; c < end; c++) {
        double *v = b->channels[c].of[b->which];

        v[1] = (v[1] - rest_of(b->channels[c].of[X][0]) * v[0]) / n;
        v[0] /= n;
    }
}

static void add_both(const batch *b, const block *k)
{
    const size_t at = place_of(b, k);
    float center[BLOCK];
    double sum[BLOCK] = {0};
    double products[BLOCK] = {0};

    fill_means(b, k, TX, center);
    gan__simd_best()->column_products(b->rows, k->n, gan_shape_size(b->run->layer->in),
                                      b->run->tx + at, b->run->uy + at, center, sum, products);
    for (size_t i = 0; i < k->n; i += k->width)
        b->channels[k->channel + i / k->width].both += total(products + i, k->width);
}

/* What measure_grads() finds here are the moments of uy; those of dy are still to come. */
static void measure_tangents(const batch *b, size_t begin, size_t end)
{
    const double n = (double)(b->rows * area_of(b->run->layer));

    measure_grads(b, begin, end);
    for (size_t c = begin; c < end; c++) {
        moments *m = &b->channels[c];

        memcpy(m->of[UY], m->of[DY], sizeof m->of[UY]);
        m->of[DY][0] = m->of[DY][1] = (double)NAN;
        m->both = 0;
    }
    for_blocks(b, begin, end, add_both);
    for (size_t c = begin; c < end; c++) {
        moments *m = &b->channels[c];

        m->both = m->both / n - rest_of(m->of[TX][0]) * m->of[UY][0];
    }
}

/* ---- normalising ---- */

static double inverse_deviation(const gan_layer *layer, double variance)
{
    return 1 / sqrt(variance + gan__norm_settings_of(layer).eps);
}

static double weight_of(const gan__layer_run *run, size_t channel)
{
    return run->layer->n_params > 0 ? (double)run->params[channel] : 1;
}

static double bias_of(const gan__layer_run *run, size_t channel)
{
    const size_t at = channels_of(run->layer) + channel;

    return run->layer->n_params > 0 ? (double)run->params[at] : 0;
}

/* The terms include what rounding takes from the mean, so that large means lose nothing. */
static void normalize(const batch *b, const block *k)
{
    const gan__layer_run *run = b->run;
    const size_t at = place_of(b, k);
    float center[BLOCK];
    float factor[BLOCK];
    float term[BLOCK];

    for (size_t i = 0; i < k->n; i += k->width) {
        const size_t c = k->channel + i / k->width;
        const double mean = b->channels ? b->channels[c].of[X][0] : (double)run->buffers[c];
        const double variance = b->channels ? b->channels[c].of[X][1]
                                            : (double)run->buffers[channels_of(run->layer) + c];
        const double f = weight_of(run, c) * inverse_deviation(run->layer, variance);

        fill(center + i, k->width, (float)mean);
        fill(factor + i, k->width, (float)f);
        fill(term + i, k->width, (float)(bias_of(run, c) - rest_of(mean) * f));
    }
    gan__simd_best()->column_affine(b->rows, k->n, gan_shape_size(run->layer->in), run->x + at,
                                    center, factor, term, run->y + at);
}

/* dx = f (dy - mean of dy - (x - mean) / deviation^2 * mean of dy (x - mean)); or ty from tx, the
 * matrix of that being symmetric.  Running statistics don't depend on x: then dx = f dy. */
static void normalize_grads(const batch *b, const block *k)
{
    const gan__layer_run *run = b->run;
    const size_t at = place_of(b, k);
    float center[BLOCK];
    float dy_factor[BLOCK];
    float x_factor[BLOCK];
    float term[BLOCK];

    for (size_t i = 0; i < k->n; i += k->width) {
        const size_t c = k->channel + i / k->width;
        const moments *m = &b->channels[c];
        const double inverse = inverse_deviation(run->layer, m->of[X][1]);
        const double f = weight_of(run, c) * inverse;
        const double along = run->training ? f : 0;
        const double g = -along * inverse * inverse * m->of[b->which][1];

        fill(center + i, k->width, (float)m->of[X][0]);
        fill(dy_factor + i, k->width, (float)f);
        fill(x_factor + i, k->width, (float)g);
        fill(term + i, k->width, (float)(-along * m->of[b->which][0] - g * rest_of(m->of[X][0])));
    }
    gan__simd_best()->column_affine_grad(b->rows, k->n, gan_shape_size(run->layer->in), run->x + at,
                                         numbers_of(b) + at, center, dy_factor, x_factor, term,
                                         (b->which == TX ? run->ty : run->dx) + at);
}

/* How a change of x changes the sum of uy ty, over the numbers of a channel with weight w:
 *
 *     sum of uy ty = n w (both - A B) / deviation
 *
 * A and B being the means of uy and tx times the normalized x.  Its derivative with respect to x is
 *
 *     -w / deviation^2 * (B (uy - mean) + A (tx - mean) + (both - 3 A B) (x - mean) / deviation) */
static double mixed(const moments *m, double inverse, double *a, double *b)
{
    *a = inverse * m->of[UY][1];
    *b = inverse * m->of[TX][1];
    return m->both - *a * *b;
}

/* Add this to what normalize_grads() makes of dy. */
static void curve(const batch *b, const block *k)
{
    const gan__layer_run *run = b->run;
    const gan__simd *simd = gan__simd_best();
    const size_t at = place_of(b, k);
    const size_t stride = gan_shape_size(run->layer->in);
    float *dx = run->dx + at;
    float ones[BLOCK], zeros[BLOCK] = {0}, center[BLOCK];
    float uy_factor[BLOCK], tx_factor[BLOCK], x_factor[BLOCK], term[BLOCK];

    normalize_grads(b, k);
    fill(ones, k->n, 1);
    for (size_t i = 0; i < k->n; i += k->width) {
        const size_t c = k->channel + i / k->width;
        const moments *m = &b->channels[c];
        const double inverse = inverse_deviation(run->layer, m->of[X][1]);
        const double f = -weight_of(run, c) * inverse * inverse;
        double along_u, along_t;
        const double g =
            f * inverse * (mixed(m, inverse, &along_u, &along_t) - 2 * along_u * along_t);

        fill(uy_factor + i, k->width, (float)(f * along_t));
        fill(tx_factor + i, k->width, (float)(f * along_u));
        fill(x_factor + i, k->width, (float)g);
        fill(term + i, k->width,
             (float)(-f * along_t * m->of[UY][0] - f * along_u * rest_of(m->of[TX][0]) -
                     g * rest_of(m->of[X][0])));
    }
    fill_means(b, k, X, center);
    simd->column_affine_grad(b->rows, k->n, stride, run->x + at, dx, center, ones, x_factor, term,
                             dx);
    fill_means(b, k, TX, center);
    simd->column_affine_grad(b->rows, k->n, stride, run->tx + at, dx, center, ones, tx_factor,
                             zeros, dx);
    simd->column_affine_grad(b->rows, k->n, stride, run->uy + at, dx, zeros, ones, uy_factor, zeros,
                             dx);
}

/* ---- the class ---- */

/* The i-th batch of a run. */
static batch batch_of(const gan__layer_run *run, size_t i)
{
    void *channels = run->saved;
    const size_t rows = run->training ? run->group : run->rows;

    return (batch){run, i * rows, rows,
                   run->gradients ? (moments *)channels + i * channels_of(run->layer) : NULL, DY};
}

static size_t batch_count(const gan__layer_run *run)
{
    return run->training ? run->rows / run->group : 1;
}

typedef void measure_fn(const batch *b, size_t begin, size_t end);

/* Compute the statistics of all batches of a run and normalise them, some channels at a time. */
static void work(const gan__layer_run *run, measure_fn *measure_some, block_fn *change, int which)
{
    const size_t area = area_of(run->layer);

    for (size_t i = 0; i < batch_count(run); i++) {
        batch b = batch_of(run, i);
        const size_t step = CACHED / (b.rows * area) + 1;

        b.which = which;
        for (size_t c = run->begin / area; c < run->end / area; c += step) {
            const size_t end = c + step < run->end / area ? c + step : run->end / area;

            if (b.channels) measure_some(&b, c, end);
            for_blocks(&b, c, end, change);
        }
    }
}

static void forward(const gan__layer_run *run)
{
    work(run, measure, normalize, X);
}

static void backward(const gan__layer_run *run)
{
    work(run, measure_grads, normalize_grads, DY);
}

static void tangent(const gan__layer_run *run)
{
    work(run, measure_tangents, normalize_grads, TX);
}

static void tangent_backward(const gan__layer_run *run)
{
    work(run, measure_grads, curve, DY);
}

static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    return layer->n_params > 0 ? cut_of(layer, rows).columns : 0;
}

/* The mean over a channel's numbers of their part in the weight's gradient. */
static double weight_slope(const gan__layer_run *run, const moments *m)
{
    const double inverse = inverse_deviation(run->layer, m->of[X][1]);
    double a, b;

    return inverse * (m->of[DY][1] + (run->tx ? mixed(m, inverse, &a, &b) : 0));
}

/* The sums are those of backward(), which was not called where this is a network's first layer. */
static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t n = channels_of(run->layer);
    const double numbers = (double)(run->group * area_of(run->layer));
    double squares = 0;

    for (size_t c = n * part / parts; c < n * (part + 1) / parts; c++) {
        double weight = 0;
        double bias = 0;

        for (size_t i = 0; i < batch_count(run); i++) {
            const batch b = batch_of(run, i);
            const moments *m = &b.channels[c];

            if (isnan(m->of[DY][0])) measure_grads(&b, c, c + 1);
            weight += numbers * weight_slope(run, m);
            bias += numbers * m->of[DY][0];
        }
        grads[c] = (float)weight;
        grads[n + c] = (float)bias;
        squares +=
            (double)grads[c] * (double)grads[c] + (double)grads[n + c] * (double)grads[n + c];
    }
    return squares;
}

/* A single number would become 0, and has no unbiased variance. */
static size_t least_rows(const gan_layer *layer)
{
    return area_of(layer) > 1 ? 1 : 2;
}

/* The running variance follows the unbiased one. */
static void settle(const gan__layer_run *run, double momentum, float *buffers)
{
    const size_t n = channels_of(run->layer);
    const double way = momentum > 0 ? momentum : gan__norm_settings_of(run->layer).momentum;
    const double numbers = (double)(run->group * area_of(run->layer));
    const double unbiased = numbers / (numbers - 1);

    for (size_t i = 0; i < batch_count(run); i++) {
        const batch b = batch_of(run, i);

        for (size_t c = 0; c < n; c++) {
            const double *x = b.channels[c].of[X];
            float *mean = &buffers[c];
            float *variance = &buffers[n + c];

            *mean = (float)((1 - way) * (double)*mean + way * x[0]);
            *variance = (float)((1 - way) * (double)*variance + way * unbiased * x[1]);
        }
    }
}

const gan__layer_class gan__layer_batch_norm = {
    .name = "batch_norm",
    GAN__SETTINGS(gan__norm_settings, settings),
    .shape = shape,
    .init = gan__norm_init,
    .init_buffers = init_buffers,
    .saved = saved,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
    .forward_cut = cut_of,
    .backward_cut = cut_of,
    .grad_parts = grad_parts,
    .grad = grad,
    .least_rows = least_rows,
    .settle = settle,
};

gan_layer *gan_layer_batch_norm(size_t num_features, const gan_norm_desc *desc)
{
    return gan__norm_create(&gan__layer_batch_norm, desc,
                            (gan__norm_settings){.affine = 1, .channels = num_features});
}
