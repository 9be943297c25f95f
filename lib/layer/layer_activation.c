/* layer_activation.c - functions of one number, without weights.
 *
 * What they compute stands in kernels_function.c; here is what is a good setting, and whether the
 * slope follows from y, so that they can work in place. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"

#include <math.h>

enum { MAX_SETTINGS = 2 };

/* What a function's loops want to know. */
typedef struct function {
    const gan__function_loops *loops;
    float settings[MAX_SETTINGS];
} function;

static function function_of(const gan__layer_run *run)
{
    const gan__layer_class *class = run->layer->class;
    function f = {&gan__simd_best()->functions[class->function], {0}};

    for (size_t i = 0; i < class->n_settings; i++) f.settings[i] = (float)run->layer->settings[i];
    return f;
}

static void stretch(const gan__layer_run *run, size_t at, size_t n)
{
    const function f = function_of(run);

    f.loops->value(n, f.settings, run->x + at, run->y + at);
}

/* What the slope follows from. */
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

/* ---- settings ---- */

/* With a negative factor y would not tell which side x is on. */
static gan_status check_factor(const gan_layer *layer, const char *what)
{
    const double factor = layer->settings[0];

    if (!(factor >= 0 && isfinite(factor)))
        return gan__fail(GAN_ERR_INVALID, "%s: a finite %s of at least 0 wanted, got %g",
                         layer->class->name, what, factor);
    return GAN_OK;
}

static gan_status check_slope(const gan_layer *layer)
{
    return check_factor(layer, "slope");
}

static gan_status check_alpha(const gan_layer *layer)
{
    return check_factor(layer, "alpha");
}

static gan_status check_softplus(const gan_layer *layer)
{
    const double beta = layer->settings[0];
    const double threshold = layer->settings[1];

    if (!(beta >= 1e-30 && beta <= 1e30))
        return gan__fail(GAN_ERR_INVALID, "softplus: a beta of 1e-30 to 1e30 wanted, got %g", beta);
    if (!isfinite(threshold))
        return gan__fail(GAN_ERR_INVALID, "softplus: a finite threshold wanted, got %g", threshold);
    return GAN_OK;
}

/* ---- the kinds ---- */

#define ACTIVATION(kind, ...)                                                                      \
    const gan__layer_class gan__layer_##kind = {                                                   \
        .name = #kind,                                                                             \
        .function = GAN__FUNCTION_##kind,                                                          \
        .shape = gan__layer_keep_shape,                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .tangent = tangent,                                                                        \
        __VA_ARGS__,                                                                               \
    };

/* Straight ones have no second derivative to look at tangents for. */
#define STRAIGHT_FROM_Y .in_place = 1, .changes = 1, .needs_y = 1
#define SLOPE_FROM_Y STRAIGHT_FROM_Y, .tangent_backward = tangent_backward
#define SLOPE_FROM_X .tangent_backward = tangent_backward

ACTIVATION(relu, STRAIGHT_FROM_Y)
ACTIVATION(leaky_relu, STRAIGHT_FROM_Y, .n_settings = 1, .check = check_slope)
ACTIVATION(tanh, SLOPE_FROM_Y)
ACTIVATION(sigmoid, SLOPE_FROM_Y)
ACTIVATION(elu, SLOPE_FROM_Y, .n_settings = 1, .check = check_alpha)
ACTIVATION(selu, SLOPE_FROM_Y)
ACTIVATION(softplus, SLOPE_FROM_X, .n_settings = 2, .check = check_softplus)
ACTIVATION(gelu, SLOPE_FROM_X)
ACTIVATION(gelu_tanh, SLOPE_FROM_X)
ACTIVATION(silu, SLOPE_FROM_X)

gan_layer *gan_layer_relu(void)
{
    return gan__layer_create(&gan__layer_relu, NULL);
}

gan_layer *gan_layer_leaky_relu(float slope)
{
    return gan__layer_create(&gan__layer_leaky_relu, (const double[]){(double)slope});
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
    return gan__layer_create(&gan__layer_elu, (const double[]){(double)alpha});
}

gan_layer *gan_layer_selu(void)
{
    return gan__layer_create(&gan__layer_selu, NULL);
}

gan_layer *gan_layer_softplus(float beta, float threshold)
{
    return gan__layer_create(&gan__layer_softplus,
                             (const double[]){(double)beta, (double)threshold});
}

gan_layer *gan_layer_gelu(int approximate)
{
    return gan__layer_create(approximate ? &gan__layer_gelu_tanh : &gan__layer_gelu, NULL);
}

gan_layer *gan_layer_silu(void)
{
    return gan__layer_create(&gan__layer_silu, NULL);
}
