/* layer_activation.c - functions of one number. */
#include "kernels_internal.h"
#include "layer_internal.h"
#include "status_internal.h"

#include <math.h>

static gan_status keep_shape(gan_layer *layer)
{
    layer->out = layer->in;
    return GAN_OK;
}

/* ---- leaky_relu ---- */

static gan_status leaky_relu_check(const gan_layer *layer)
{
    const double slope = layer->settings[0];

    if (!(slope >= 0 && isfinite(slope)))
        return gan__fail(GAN_ERR_INVALID, "leaky_relu: a finite slope of at least 0 wanted, got %g",
                         slope);
    return GAN_OK;
}

static void leaky_relu_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    gan__simd_best()->leaky_relu(n, (float)run->layer->settings[0], run->x + at, run->y + at);
}

static void leaky_relu_grad_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    gan__simd_best()->leaky_relu_grad(n, (float)run->layer->settings[0], run->y + at, run->dy + at,
                                      run->dx + at);
}

static void leaky_relu_forward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, leaky_relu_stretch);
}

static void leaky_relu_backward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, leaky_relu_grad_stretch);
}

const gan__layer_class gan__layer_leaky_relu = {
    .name = "leaky_relu",
    .n_settings = 1,
    .in_place = 1,
    .changes = 1,
    .needs_y = 1,
    .check = leaky_relu_check,
    .shape = keep_shape,
    .forward = leaky_relu_forward,
    .backward = leaky_relu_backward,
};

gan_layer *gan_layer_leaky_relu(float slope)
{
    return gan__layer_create(&gan__layer_leaky_relu, (const double[]){(double)slope});
}

/* ---- relu, tanh, sigmoid: alike but for the loops ---- */

#define PLAIN_ACTIVATION(kind)                                                                     \
    static void kind##_stretch(const gan__layer_run *run, size_t at, size_t n)                     \
    {                                                                                              \
        gan__simd_best()->kind(n, run->x + at, run->y + at);                                       \
    }                                                                                              \
    static void kind##_grad_stretch(const gan__layer_run *run, size_t at, size_t n)                \
    {                                                                                              \
        gan__simd_best()->kind##_grad(n, run->y + at, run->dy + at, run->dx + at);                 \
    }                                                                                              \
    static void kind##_forward(const gan__layer_run *run)                                          \
    {                                                                                              \
        gan__layer_for_stretches(run, kind##_stretch);                                             \
    }                                                                                              \
    static void kind##_backward(const gan__layer_run *run)                                         \
    {                                                                                              \
        gan__layer_for_stretches(run, kind##_grad_stretch);                                        \
    }                                                                                              \
    const gan__layer_class gan__layer_##kind = {                                                   \
        .name = #kind,                                                                             \
        .in_place = 1,                                                                             \
        .changes = 1,                                                                              \
        .needs_y = 1,                                                                              \
        .shape = keep_shape,                                                                       \
        .forward = kind##_forward,                                                                 \
        .backward = kind##_backward,                                                               \
    };                                                                                             \
    gan_layer *gan_layer_##kind(void)                                                              \
    {                                                                                              \
        return gan__layer_create(&gan__layer_##kind, NULL);                                        \
    }

PLAIN_ACTIVATION(relu)
PLAIN_ACTIVATION(tanh)
PLAIN_ACTIVATION(sigmoid)
