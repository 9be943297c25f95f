/* layer_prelu.c - a ReLU whose slope below 0 is a weight. */
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"

#include <float.h>

typedef struct prelu_settings {
    size_t slopes;
    double init;
} prelu_settings;
GAN__LAYER_SETTINGS_OF(prelu_settings)

static const gan__layer_setting settings[] = {
    GAN__SIZE("num_parameters", prelu_settings, slopes, 1, INT32_MAX),
    GAN__REAL("init", prelu_settings, init, -(double)FLT_MAX, (double)FLT_MAX),
};

static size_t slopes_of(const gan_layer *layer)
{
    return prelu_settings_of(layer).slopes;
}

static gan_status shape(gan_layer *layer)
{
    const size_t slopes = slopes_of(layer);

    if (slopes > 1 && layer->in.dim[0] != slopes)
        return gan__fail(GAN_ERR_SHAPE, "needs %zu channels, gets %s", slopes,
                         gan__shape_text_of(layer->in).text);
    layer->out = layer->in;
    layer->params[0] = (gan__layer_param){"weight", gan_shape_1d(slopes)};
    layer->n_params = 1;
    return GAN_OK;
}

static void init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position)
{
    (void)seed, (void)stream, (void)position; /* nothing is drawn */
    for (size_t i = 0; i < slopes_of(layer); i++) params[i] = (float)prelu_settings_of(layer).init;
}

/* Call `each` for every stretch of numbers that share a slope: those of one sample's channel. */
static void for_channels(const gan__layer_run *run,
                         void (*each)(const gan__layer_run *run, const float *slope, size_t at,
                                      size_t n))
{
    const size_t slopes = slopes_of(run->layer);
    const size_t n = gan_shape_size(run->layer->in) / slopes;

    for (size_t i = 0; i < run->rows * slopes; i++)
        each(run, (const float[2]){run->params[i % slopes]}, i * n, n);
}

static void stretch(const gan__layer_run *run, const float *slope, size_t at, size_t n)
{
    gan__simd_best()->functions[GAN__FUNCTION_leaky_relu].value(n, slope, run->x + at, run->y + at);
}

static void grad_stretch(const gan__layer_run *run, const float *slope, size_t at, size_t n)
{
    gan__simd_best()->functions[GAN__FUNCTION_leaky_relu].slope_times(n, slope, run->x + at,
                                                                      run->dy + at, run->dx + at);
}

static void tangent_stretch(const gan__layer_run *run, const float *slope, size_t at, size_t n)
{
    gan__simd_best()->functions[GAN__FUNCTION_leaky_relu].slope_times(n, slope, run->x + at,
                                                                      run->tx + at, run->ty + at);
}

static void forward(const gan__layer_run *run)
{
    for_channels(run, stretch);
}

static void backward(const gan__layer_run *run)
{
    for_channels(run, grad_stretch);
}

static void tangent(const gan__layer_run *run)
{
    for_channels(run, tangent_stretch);
}

/* By channels, so that no sum is split. */
static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    const size_t tiles = gan__layer_cut(rows, gan_shape_size(layer->in)).rows;

    return tiles < slopes_of(layer) ? tiles : slopes_of(layer);
}

/* The sum of uy * tx where x is not above 0: the slope is in ty there, too. */
static double tangent_sum(const gan__layer_run *run, size_t at, size_t n)
{
    double sum = 0;

    for (size_t i = at; i < at + n; i++)
        if (!(run->x[i] > 0)) sum += (double)run->tx[i] * (double)run->uy[i];
    return sum;
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t slopes = slopes_of(run->layer);
    const size_t n = gan_shape_size(run->layer->in) / slopes;
    double squares = 0;

    for (size_t i = slopes * part / parts; i < slopes * (part + 1) / parts; i++) {
        double sum = 0;

        for (size_t at = i * n, r = 0; r < run->rows; r++, at += slopes * n) {
            sum += gan__simd_best()->dot_below(n, run->x + at, run->dy + at);
            if (run->tx) sum += tangent_sum(run, at, n);
        }
        grads[i] = (float)sum;
        squares += (double)grads[i] * (double)grads[i];
    }
    return squares;
}

const gan__layer_class gan__layer_prelu = {
    .name = "prelu",
    GAN__SETTINGS(prelu_settings, settings),
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .grad_parts = grad_parts,
    .grad = grad,
    .tangent = tangent,
};

gan_layer *gan_layer_prelu(size_t num_parameters, float init_slope)
{
    return gan__layer_create(&gan__layer_prelu,
                             &(prelu_settings){num_parameters, (double)init_slope});
}
