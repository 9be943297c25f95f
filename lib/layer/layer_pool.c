/* layer_pool.c - pooling: one number for each window of an image. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_image_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- settings and shapes ---- */

static gan_status check(const gan_layer *layer)
{
    const gan__pool_settings s = gan__pool_settings_of(layer);

    for (size_t i = 0; i < 2; i++) /* so that every window has a number of the image */
        if (s.padding[i] > s.kernel[i] / 2)
            return gan__fail(GAN_ERR_INVALID,
                             "%s: padding is %zu, at most half the kernel_size %zu expected",
                             layer->class->name, s.padding[i], s.kernel[i]);
    return GAN_OK;
}

static gan_status shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const gan__pool_settings s = gan__pool_settings_of(layer);

    GAN_TRY(gan__layer_check_image(layer));
    layer->out = layer->in;
    for (size_t i = 0; i < 2; i++) {
        const size_t padded = layer->in.dim[1 + i] + 2 * s.padding[i];

        if (padded < s.kernel[i])
            GAN_FAIL(GAN_ERR_SHAPE, "has a kernel of %zux%zu, gets %s", s.kernel[0], s.kernel[1],
                     gan__shape_text_of(layer->in).text);
        layer->out.dim[1 + i] = (padded - s.kernel[i]) / s.stride[i] + 1;
    }
    if (gan_shape_size(layer->out) == 0)
        GAN_FAIL(GAN_ERR_SHAPE, "makes more than %d numbers of %s", INT32_MAX,
                 gan__shape_text_of(layer->in).text);

cleanup:
    return status;
}

/* ---- windows ---- */

/* Settings and shapes of one side, height or width. */
typedef struct side {
    size_t kernel, stride, padding, in, out;
} side;

/* The part of a window that lies in the image: rows begin[0] .. end[0]-1 and columns begin[1] ..
 * end[1]-1. */
typedef struct window {
    size_t begin[2], end[2];
    size_t line;  /* numbers in a row of the image */
    size_t image; /* where in x and dx the image begins */
    size_t at;    /* where in y and dy the window's number is */
    float weight; /* of each number in a mean */
} window;

static side side_of(const gan_layer *layer, size_t i)
{
    const gan__pool_settings s = gan__pool_settings_of(layer);

    return (side){s.kernel[i], s.stride[i], s.padding[i], layer->in.dim[1 + i],
                  layer->out.dim[1 + i]};
}

/* Place a window for number `at` of the output. */
static inline void place(window *w, size_t i, const side *s, size_t at)
{
    const size_t from = at * s->stride;
    const size_t to = from + s->kernel - s->padding;

    w->begin[i] = from > s->padding ? from - s->padding : 0;
    w->end[i] = to < s->in ? to : s->in;
}

static inline float weight_of(const window *w, const side *high, const side *wide, int count_pad)
{
    const size_t n = count_pad ? high->kernel * wide->kernel
                               : (w->end[0] - w->begin[0]) * (w->end[1] - w->begin[1]);

    return 1.0f / (float)n;
}

typedef void window_fn(const gan__layer_run *run, const window *w);

static inline void each_window(const gan__layer_run *run, window_fn *work)
{
    const gan_layer *layer = run->layer;
    const side high = side_of(layer, 0);
    const side wide = side_of(layer, 1);
    const int count_pad = gan__pool_settings_of(layer).count_include_pad;
    window w = {.line = wide.in};

    for (size_t i = 0; i < run->rows * layer->in.dim[0]; i++, w.image += high.in * wide.in)
        for (size_t y = 0; y < high.out; y++) {
            place(&w, 0, &high, y);
            for (size_t x = 0; x < wide.out; x++, w.at++) {
                place(&w, 1, &wide, x);
                w.weight = weight_of(&w, &high, &wide, count_pad);
                work(run, &w);
            }
        }
}

static void zero_gradient(const gan__layer_run *run)
{
    memset(run->dx, 0, run->rows * gan_shape_size(run->layer->in) * sizeof *run->dx);
}

/* ---- max_pool2d ---- */

/* Where the largest number is: the first of several, but the last NaN. */
static inline size_t place_of_max(const gan__layer_run *run, const window *w)
{
    size_t best = w->image + w->begin[0] * w->line + w->begin[1];

    for (size_t r = w->begin[0]; r < w->end[0]; r++) {
        const size_t line = w->image + r * w->line;

        for (size_t at = line + w->begin[1]; at < line + w->end[1]; at++)
            if (run->x[at] > run->x[best] || isnan(run->x[at])) best = at;
    }
    return best;
}

static inline void max_window(const gan__layer_run *run, const window *w)
{
    run->y[w->at] = run->x[place_of_max(run, w)];
}

static inline void max_tangent_window(const gan__layer_run *run, const window *w)
{
    run->ty[w->at] = run->tx[place_of_max(run, w)];
}

static inline void max_grad_window(const gan__layer_run *run, const window *w)
{
    run->dx[place_of_max(run, w)] += run->dy[w->at];
}

static void max_forward(const gan__layer_run *run)
{
    each_window(run, max_window);
}

static void max_backward(const gan__layer_run *run)
{
    zero_gradient(run);
    each_window(run, max_grad_window);
}

static void max_tangent(const gan__layer_run *run)
{
    each_window(run, max_tangent_window);
}

/* max_pool2d has all but the last. */
static const gan__layer_setting settings[] = {
    GAN__SIZE("kernel_size", gan__pool_settings, kernel, 1, INT32_MAX),
    GAN__SIZE("stride", gan__pool_settings, stride, 1, INT32_MAX),
    GAN__SIZE("padding", gan__pool_settings, padding, 0, INT32_MAX),
    GAN__INT("count_include_pad", gan__pool_settings, count_include_pad, 0,
             INT32_MAX), /* not 0: 1 */
};

const gan__layer_class gan__layer_max_pool2d = {
    .name = "max_pool2d",
    .settings = settings,
    .n_settings = 3,
    .settings_size = sizeof(gan__pool_settings),
    .check = check,
    .shape = shape,
    .forward = max_forward,
    .backward = max_backward,
    .tangent = max_tangent,
};

/* ---- avg_pool2d ---- */

static inline void avg_window(const gan__layer_run *run, const window *w)
{
    float sum = 0;

    for (size_t r = w->begin[0]; r < w->end[0]; r++) {
        const float *line = run->x + w->image + r * w->line;

        for (size_t c = w->begin[1]; c < w->end[1]; c++) sum += line[c];
    }
    run->y[w->at] = sum * w->weight;
}

static inline void avg_grad_window(const gan__layer_run *run, const window *w)
{
    const float share = run->dy[w->at] * w->weight;

    for (size_t r = w->begin[0]; r < w->end[0]; r++) {
        float *line = run->dx + w->image + r * w->line;

        for (size_t c = w->begin[1]; c < w->end[1]; c++) line[c] += share;
    }
}

/* Windows of 2 by 2 side by side, which most networks have, go by rows: the same sums without a
 * window's bounds to be found. */
static int halves(const gan_layer *layer)
{
    const gan__pool_settings s = gan__pool_settings_of(layer);
    int so = 1;

    for (size_t i = 0; i < 2; i++) so &= s.kernel[i] == 2 && s.stride[i] == 2 && s.padding[i] == 0;
    return so;
}

typedef struct pair_of_rows {
    size_t n;          /* windows */
    size_t line;       /* numbers in a row of the image */
    const float *from; /* where the pair begins, or the windows' numbers do */
    float *to;         /* and the other of these */
} pair_of_rows;

static void halve_row(const pair_of_rows *p)
{
    const float *a = p->from, *b = p->from + p->line;
    const size_t n = p->n;
    float *to = p->to;

    for (size_t i = 0; i < n; i++)
        to[i] = (0.0f + a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1]) * 0.25f;
}

static void spread_row(const pair_of_rows *p)
{
    float *a = p->to, *b = p->to + p->line;
    const float *from = p->from;
    const size_t n = p->n;

    for (size_t i = 0; i < n; i++) {
        const float share = 0.0f + from[i] * 0.25f;

        a[2 * i] = a[2 * i + 1] = share;
        b[2 * i] = b[2 * i + 1] = share;
    }
    if (p->line > 2 * n) a[2 * n] = b[2 * n] = 0;
}

static void halve(const gan__layer_run *run)
{
    const gan_shape in = run->layer->in, out = run->layer->out;
    pair_of_rows p = {out.dim[2], in.dim[2], run->x, run->y};

    for (size_t i = 0; i < run->rows * in.dim[0]; i++, p.from += in.dim[1] % 2 * p.line)
        for (size_t r = 0; r < out.dim[1]; r++, p.from += 2 * p.line, p.to += p.n) halve_row(&p);
}

static void spread_halves(const gan__layer_run *run)
{
    const gan_shape in = run->layer->in, out = run->layer->out;
    pair_of_rows p = {out.dim[2], in.dim[2], run->dy, run->dx};

    for (size_t i = 0; i < run->rows * in.dim[0]; i++) {
        for (size_t r = 0; r < out.dim[1]; r++, p.from += p.n, p.to += 2 * p.line) spread_row(&p);
        memset(p.to, 0, in.dim[1] % 2 * p.line * sizeof *p.to);
        p.to += in.dim[1] % 2 * p.line;
    }
}

static void avg_forward(const gan__layer_run *run)
{
    if (halves(run->layer))
        halve(run);
    else
        each_window(run, avg_window);
}

static void avg_backward(const gan__layer_run *run)
{
    if (halves(run->layer)) {
        spread_halves(run);
        return;
    }
    zero_gradient(run);
    each_window(run, avg_grad_window);
}

const gan__layer_class gan__layer_avg_pool2d = {
    .name = "avg_pool2d",
    GAN__SETTINGS(gan__pool_settings, settings),
    .linear = 1,
    .check = check,
    .shape = shape,
    .forward = avg_forward,
    .backward = avg_backward,
};

/* ---- constructors ---- */

static gan_layer *make(const gan__layer_class *class, size_t kernel_size,
                       const gan_pool2d_desc *desc)
{
    gan_pool2d_desc d = {GAN_POOL2D_DESC_INIT};
    const size_t kernels[2] = {kernel_size, kernel_size};
    gan__pool_settings s = {.count_include_pad = 0};

    if (gan__desc_read(&d, sizeof d, sizeof d, desc, class->name) != GAN_OK ||
        gan__layer_read_pair(s.kernel, d.kernel_size, kernels, class, "kernel_size") != GAN_OK ||
        gan__layer_read_pair(s.stride, d.stride, s.kernel, class, "stride") != GAN_OK)
        return NULL;
    if (d.exclude_pad && class == &gan__layer_max_pool2d) {
        gan__fail(GAN_ERR_INVALID, "max_pool2d: exclude_pad is for avg_pool2d");
        return NULL;
    }
    for (size_t i = 0; i < 2; i++) s.padding[i] = gan__layer_padding(d.padding[i]);
    s.count_include_pad = !d.exclude_pad;
    return gan__layer_create(class, &s);
}

gan_layer *gan_layer_max_pool2d(size_t kernel_size, const gan_pool2d_desc *desc)
{
    return make(&gan__layer_max_pool2d, kernel_size, desc);
}

gan_layer *gan_layer_avg_pool2d(size_t kernel_size, const gan_pool2d_desc *desc)
{
    return make(&gan__layer_avg_pool2d, kernel_size, desc);
}

GAN__DEFINE_INIT(gan_pool2d_desc_init, gan_pool2d_desc, GAN_POOL2D_DESC_INIT)
