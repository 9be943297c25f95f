/* layer_activation.c - elementwise activation functions without weights.
 *
 * The functions are in kernels_function.c; here are the bounds of their settings,
 * and whether the derivative follows from y alone, so that they can work in place. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"

#include <float.h>

/* Of leaky_relu, elu and softplus, in the order in which the loops of kernels_function.c have
 * them. */
typedef struct slope_settings {
    double slope;
} slope_settings;

typedef struct softplus_settings {
    double beta, threshold;
} softplus_settings;

/* Not negative: backward() reads the sign of x from y. */
static const gan__layer_setting slope_table[] = {
    GAN__REAL("slope", slope_settings, slope, 0, (double)FLT_MAX)};
static const gan__layer_setting alpha_table[] = {
    GAN__REAL("alpha", slope_settings, slope, 0, (double)FLT_MAX)};
static const gan__layer_setting softplus_table[] = {
    GAN__REAL("beta", softplus_settings, beta, 1e-30, 1e30),
    GAN__REAL("threshold", softplus_settings, threshold, -(double)FLT_MAX, (double)FLT_MAX)};

enum { MOST_NUMBERS = 2 };

/* A function's loops, and its settings as they take them. */
typedef struct function {
    const gan__function_loops *loops;
    float settings[MOST_NUMBERS];
} function;

static function function_of(const gan__layer_run *run)
{
    const gan__layer_class *class = run->layer->class;
    function f = {&gan__simd_best()->functions[class->function], {0}};

    for (size_t i = 0; i < class->n_settings; i++)
        f.settings[i] = (float)gan__layer_number(run->layer, i);
    return f;
}

static void stretch(const gan__layer_run *run, size_t at, size_t n)
{
    const function f = function_of(run);

    f.loops->value(n, f.settings, run->x + at, run->y + at);
}

/* What the derivative is computed from. */
static const float *slope_from(const gan__layer_run *run)
{
    return run->layer->class->in_place ? run->y : run->x;
}

static void grad_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    const function f = function_of(run);

    f.loops->slope_times(n, f.settings, slope_from(run) + at, run->dy + at, run->dx + at);
}

static void tangent_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    const function f = function_of(run);

    f.loops->slope_times(n, f.settings, slope_from(run) + at, run->tx + at, run->ty + at);
}

static void tangent_grad_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    const function f = function_of(run);

    f.loops->curve_times(n, f.settings, slope_from(run) + at, run->dy + at, run->tx + at,
                         run->uy + at, run->dx + at);
}

static void forward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, stretch);
}

static void backward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, grad_stretch);
}

static void tangent(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, tangent_stretch);
}

static void tangent_backward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, tangent_grad_stretch);
}

/* ---- the kinds ---- */

#define ACTIVATION(kind, ...)                                                                      \
    const gan__layer_class gan__layer_##kind = {                                                   \
        .name = #kind,                                                                             \
        .apart = 1,                                                                                \
        .function = GAN__FUNCTION_##kind,                                                          \
        .shape = gan__layer_keep_shape,                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .tangent = tangent,                                                                        \
        __VA_ARGS__,                                                                               \
    };

/* Piecewise linear ones have a second derivative of 0, so that tangents change nothing. */
#define STRAIGHT_FROM_Y .in_place = 1, .changes = 1, .needs_y = 1
#define SLOPE_FROM_Y STRAIGHT_FROM_Y, .tangent_backward = tangent_backward
#define SLOPE_FROM_X .tangent_backward = tangent_backward

ACTIVATION(relu, STRAIGHT_FROM_Y)
ACTIVATION(leaky_relu, STRAIGHT_FROM_Y, GAN__SETTINGS(slope_settings, slope_table))
ACTIVATION(tanh, SLOPE_FROM_Y)
ACTIVATION(sigmoid, SLOPE_FROM_Y)
ACTIVATION(elu, SLOPE_FROM_Y, GAN__SETTINGS(slope_settings, alpha_table))
ACTIVATION(selu, SLOPE_FROM_Y)
ACTIVATION(softplus, SLOPE_FROM_X, GAN__SETTINGS(softplus_settings, softplus_table))
ACTIVATION(gelu, SLOPE_FROM_X)
ACTIVATION(gelu_tanh, SLOPE_FROM_X)
ACTIVATION(silu, SLOPE_FROM_X)

gan_layer *gan_layer_relu(void)
{
    return gan__layer_create(&gan__layer_relu, NULL);
}

gan_layer *gan_layer_leaky_relu(float slope)
{
    return gan__layer_create(&gan__layer_leaky_relu, &(slope_settings){(double)slope});
}

gan_layer *gan_layer_tanh(void)
{
    return gan__layer_create(&gan__layer_tanh, NULL);
}

gan_layer *gan_layer_sigmoid(void)
{
    return gan__layer_create(&gan__layer_sigmoid, NULL);
}

gan_layer *gan_layer_elu(float alpha)
{
    return gan__layer_create(&gan__layer_elu, &(slope_settings){(double)alpha});
}

gan_layer *gan_layer_selu(void)
{
    return gan__layer_create(&gan__layer_selu, NULL);
}

gan_layer *gan_layer_softplus(float beta, float threshold)
{
    return gan__layer_create(&gan__layer_softplus,
                             &(softplus_settings){(double)beta, (double)threshold});
}

gan_layer *gan_layer_gelu(int approximate)
{
    return gan__layer_create(approximate ? &gan__layer_gelu_tanh : &gan__layer_gelu, NULL);
}

gan_layer *gan_layer_silu(void)
{
    return gan__layer_create(&gan__layer_silu, NULL);
}
