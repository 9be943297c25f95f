/* layer_pool.c - pooling: one number for each window of an image. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Settings; pairs are height and width. */
enum {
    KERNEL,
    STRIDE = KERNEL + 2,
    PADDING = STRIDE + 2,
    MAX_SETTINGS = PADDING + 2,
    COUNT_PAD = MAX_SETTINGS,
    AVG_SETTINGS
};

/* ---- settings and shapes ---- */

static gan_status check(const gan_layer *layer)
{
    static const struct {
        const char *name;
        size_t least;
    } wanted[AVG_SETTINGS] = {{"a kernel_size", 1},    {"a kernel_size", 1}, {"a stride", 1},
                              {"a stride", 1},         {"a padding", 0},     {"a padding", 0},
                              {"count_include_pad", 0}};
    gan_status status = GAN_OK;
    const double *s = layer->settings;

    for (size_t i = 0; i < AVG_SETTINGS; i++) /* max_pool2d's last is 0 */
        GAN_TRY(gan__layer_check_whole(layer, i, wanted[i].name, wanted[i].least));
    for (size_t i = 0; i < 2; i++) /* so that every window has a number of the image */
        if (s[PADDING + i] > s[KERNEL + i] / 2)
            GAN_FAIL(GAN_ERR_INVALID,
                     "%s: a padding of at most half the kernel_size %.0f wanted, got %.0f",
                     layer->class->name, s[KERNEL + i], s[PADDING + i]);

cleanup:
    return status;
}

static gan_status shape(gan_layer *layer)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__layer_check_image(layer));
    layer->out = layer->in;
    for (size_t i = 0; i < 2; i++) {
        const size_t kernel = (size_t)layer->settings[KERNEL + i];
        const size_t padded = layer->in.dim[1 + i] + 2 * (size_t)layer->settings[PADDING + i];

        if (padded < kernel)
            GAN_FAIL(GAN_ERR_SHAPE, "has a kernel of %.0fx%.0f, gets %s", layer->settings[KERNEL],
                     layer->settings[KERNEL + 1], gan__shape_text_of(layer->in).text);
        layer->out.dim[1 + i] = (padded - kernel) / (size_t)layer->settings[STRIDE + i] + 1;
    }
    if (gan_shape_size(layer->out) == 0)
        GAN_FAIL(GAN_ERR_SHAPE, "makes more than %d numbers of %s", INT32_MAX,
                 gan__shape_text_of(layer->in).text);

cleanup:
    return status;
}

/* ---- windows ---- */

/* The settings of one side, height or width, as whole numbers. */
typedef struct side {
    size_t kernel, stride, padding, in, out;
} side;

/* What of a window lies in the image: rows begin[0] .. end[0]-1 and columns begin[1] ..
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
    const double *s = layer->settings;

    return (side){(size_t)s[KERNEL + i], (size_t)s[STRIDE + i], (size_t)s[PADDING + i],
                  layer->in.dim[1 + i], layer->out.dim[1 + i]};
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
    const int count_pad = layer->settings[COUNT_PAD] > 0;
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

const gan__layer_class gan__layer_max_pool2d = {
    .name = "max_pool2d",
    .n_settings = MAX_SETTINGS,
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

static void avg_forward(const gan__layer_run *run)
{
    each_window(run, avg_window);
}

static void avg_backward(const gan__layer_run *run)
{
    zero_gradient(run);
    each_window(run, avg_grad_window);
}

const gan__layer_class gan__layer_avg_pool2d = {
    .name = "avg_pool2d",
    .n_settings = AVG_SETTINGS,
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
    const double kernels[2] = {(double)kernel_size, (double)kernel_size};
    double settings[AVG_SETTINGS];

    if (gan__desc_read(&d, sizeof d, sizeof d, desc, class->name) != GAN_OK ||
        gan__layer_read_pair(settings + KERNEL, d.kernel_size, kernels, class, "kernel_size") !=
            GAN_OK ||
        gan__layer_read_pair(settings + STRIDE, d.stride, settings + KERNEL, class, "stride") !=
            GAN_OK)
        return NULL;
    if (d.exclude_pad && class == &gan__layer_max_pool2d) {
        gan__fail(GAN_ERR_INVALID, "max_pool2d: exclude_pad is for avg_pool2d");
        return NULL;
    }
    gan__layer_read_padding(settings + PADDING, d.padding);
    settings[COUNT_PAD] = !d.exclude_pad;
    return gan__layer_create(class, settings);
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
