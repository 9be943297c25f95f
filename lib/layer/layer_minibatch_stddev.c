/* layer_minibatch_stddev.c - the standard deviation over a group of samples, as one more channel.
 *
 * The statistic of a group: for each number of a sample the standard deviation over the group, then
 * the mean of these.
 *
 * In double precision, in which the mean of equal numbers is exact: a number that is the same in
 * the whole group has deviation 0 and gradient 0, where a mean that is off by a last bit would be
 * divided by the root of EPS. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_GROUP = 1024, CHUNK = 128 };

#define EPS 1e-8 /* added to the variance */

typedef struct stddev_settings {
    size_t group_size;
} stddev_settings;
GAN__LAYER_SETTINGS_OF(stddev_settings)

static const gan__layer_setting settings[] = {
    GAN__SIZE("group_size", stddev_settings, group_size, 1, MAX_GROUP),
};

static size_t together(const gan_layer *layer)
{
    return stddev_settings_of(layer).group_size;
}

static gan_status shape(gan_layer *layer)
{
    layer->out = layer->in;
    layer->out.dim[0]++;
    if (gan_shape_size(layer->out) == 0)
        return gan__fail(GAN_ERR_SHAPE, "makes more than %d numbers", INT32_MAX);
    return GAN_OK;
}

/* Everything is one tile: it is small work, and groups are not known when it is cut. */
static gan__cut cut(const gan_layer *layer, size_t rows)
{
    (void)layer, (void)rows;
    return (gan__cut){1, 1, 0};
}

/* ---- groups ---- */

/* A group's samples, from row `first` of the run on. */
typedef struct group {
    size_t first, rows;
    size_t in, out; /* numbers of a sample without and with the channel */
} group;

/* The group that begins at a row: they stay within their batch, so its last may be smaller. */
static group group_at(const gan__layer_run *run, size_t first)
{
    const size_t batch = run->training ? run->group : run->rows;
    const size_t left = batch - first % batch;
    const size_t size = together(run->layer);

    return (group){first, left < size ? left : size, gan_shape_size(run->layer->in),
                   gan_shape_size(run->layer->out)};
}

/* Some of the numbers of each sample: means over the group and standard deviations. */
typedef struct chunk {
    size_t begin, n;
    double mean[CHUNK], std[CHUNK];
} chunk;

static void measure(chunk *c, const group *g, size_t begin, const float *x)
{
    c->begin = begin;
    c->n = g->in - begin < CHUNK ? g->in - begin : CHUNK;
    memset(c->mean, 0, sizeof c->mean);
    memset(c->std, 0, sizeof c->std);
    x += g->first * g->in + begin;
    for (size_t r = 0; r < g->rows; r++)
        for (size_t i = 0; i < c->n; i++) c->mean[i] += (double)x[r * g->in + i];
    for (size_t i = 0; i < c->n; i++) c->mean[i] /= (double)g->rows;
    for (size_t r = 0; r < g->rows; r++)
        for (size_t i = 0; i < c->n; i++) {
            const double d = (double)x[r * g->in + i] - c->mean[i];

            c->std[i] += d * d;
        }
    for (size_t i = 0; i < c->n; i++) c->std[i] = sqrt(c->std[i] / (double)g->rows + EPS);
}

static float statistic(const group *g, const float *x)
{
    double sum = 0;
    chunk c;

    for (size_t begin = 0; begin < g->in; begin += CHUNK) {
        measure(&c, g, begin, x);
        for (size_t i = 0; i < c.n; i++) sum += c.std[i];
    }
    return (float)(sum / (double)g->in);
}

static void lay_group(const group *g, const float *x, float value, float *y)
{
    for (size_t r = g->first; r < g->first + g->rows; r++) {
        memcpy(y + r * g->out, x + r * g->in, g->in * sizeof *y);
        for (size_t i = g->in; i < g->out; i++) y[r * g->out + i] = value;
    }
}

static void forward(const gan__layer_run *run)
{
    group g;

    for (size_t first = 0; first < run->rows; first += g.rows) {
        g = group_at(run, first);
        lay_group(&g, run->x, statistic(&g, run->x), run->y);
    }
}

/* The rate at which the statistic changes as x moves along tx: the mean over numbers of their
 * deviations' derivatives, which are mean of tx (x - mean) / deviation. */
static void measure_slopes(const chunk *c, const group *g, const gan__layer_run *run, double *mean,
                           double *slope)
{
    memset(mean, 0, CHUNK * sizeof *mean);
    memset(slope, 0, CHUNK * sizeof *slope);
    for (size_t r = g->first; r < g->first + g->rows; r++) {
        const float *x = run->x + r * g->in + c->begin;
        const float *tx = run->tx + r * g->in + c->begin;

        for (size_t i = 0; i < c->n; i++) {
            mean[i] += (double)tx[i];
            slope[i] += (double)tx[i] * ((double)x[i] - c->mean[i]);
        }
    }
    for (size_t i = 0; i < c->n; i++) {
        mean[i] /= (double)g->rows;
        slope[i] /= (double)g->rows * c->std[i];
    }
}

static float statistic_slope(const group *g, const gan__layer_run *run)
{
    double mean[CHUNK];
    double slope[CHUNK];
    double sum = 0;
    chunk c;

    for (size_t begin = 0; begin < g->in; begin += CHUNK) {
        measure(&c, g, begin, run->x);
        measure_slopes(&c, g, run, mean, slope);
        for (size_t i = 0; i < c.n; i++) sum += slope[i];
    }
    return (float)(sum / (double)g->in);
}

/* The gradient with respect to the statistic, for each of the numbers it is the mean of, over the
 * group's size. */
static double share_of(const group *g, const float *dy)
{
    double sum = 0;

    for (size_t r = g->first; r < g->first + g->rows; r++)
        for (size_t i = g->in; i < g->out; i++) sum += (double)dy[r * g->out + i];
    return sum / (double)g->in / (double)g->rows;
}

static void chunk_grad(const chunk *c, const group *g, double share, const gan__layer_run *run)
{
    for (size_t r = g->first; r < g->first + g->rows; r++) {
        const float *x = run->x + r * g->in + c->begin;
        const float *dy = run->dy + r * g->out + c->begin;
        float *dx = run->dx + r * g->in + c->begin;

        for (size_t i = 0; i < c->n; i++)
            dx[i] = (float)((double)dy[i] + share * (((double)x[i] - c->mean[i]) / c->std[i]));
    }
}

/* What a change of x changes in the slopes of the deviations. */
static void chunk_curve(const chunk *c, const group *g, double share, const gan__layer_run *run)
{
    double mean[CHUNK];
    double slope[CHUNK];

    measure_slopes(c, g, run, mean, slope);
    for (size_t r = g->first; r < g->first + g->rows; r++) {
        const float *x = run->x + r * g->in + c->begin;
        const float *tx = run->tx + r * g->in + c->begin;
        float *dx = run->dx + r * g->in + c->begin;

        for (size_t i = 0; i < c->n; i++)
            dx[i] += (float)(share * (((double)tx[i] - mean[i] -
                                       ((double)x[i] - c->mean[i]) * slope[i] / c->std[i]) /
                                      c->std[i]));
    }
}

static void tangent(const gan__layer_run *run)
{
    group g;

    for (size_t first = 0; first < run->rows; first += g.rows) {
        g = group_at(run, first);
        lay_group(&g, run->tx, statistic_slope(&g, run), run->ty);
    }
}

static void tangent_backward(const gan__layer_run *run)
{
    group g;
    chunk c;

    for (size_t first = 0; first < run->rows; first += g.rows) {
        double share;
        double tx_share;

        g = group_at(run, first);
        share = share_of(&g, run->dy);
        tx_share = share_of(&g, run->uy);
        for (size_t begin = 0; begin < g.in; begin += CHUNK) {
            measure(&c, &g, begin, run->x);
            chunk_grad(&c, &g, share, run);
            chunk_curve(&c, &g, tx_share, run);
        }
    }
}

static void backward(const gan__layer_run *run)
{
    group g;
    chunk c;

    for (size_t first = 0; first < run->rows; first += g.rows) {
        double share;

        g = group_at(run, first);
        share = share_of(&g, run->dy);
        for (size_t begin = 0; begin < g.in; begin += CHUNK) {
            measure(&c, &g, begin, run->x);
            chunk_grad(&c, &g, share, run);
        }
    }
}

const gan__layer_class gan__layer_minibatch_stddev = {
    .name = "minibatch_stddev",
    GAN__SETTINGS(stddev_settings, settings),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
    .forward_cut = cut,
    .backward_cut = cut,
    .together = together,
};

gan_layer *gan_layer_minibatch_stddev(size_t group_size)
{
    return gan__layer_create(&gan__layer_minibatch_stddev, &(stddev_settings){group_size});
}
