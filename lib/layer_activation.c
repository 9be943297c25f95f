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

static size_t size_of(const gan__layer_run *run)
{
    return run->rows * gan_shape_size(run->layer->out);
}

/* ---- leaky_relu ---- */

static gan_status leaky_relu_check(const gan_layer *layer)
{
    const double slope = layer->settings[0];

    if (!(slope >= 0 && isfinite(slope)))
        return gan__fail(GAN_ERR_INVALID, "leaky_relu: a finite slope of at least 0 wanted, got %g", slope);
    return GAN_OK;
}

static void leaky_relu_forward(const gan__layer_run *run)
{
    gan__simd_best()->leaky_relu(size_of(run), (float)run->layer->settings[0], run->x, run->y);
}

static void leaky_relu_backward(const gan__layer_run *run)
{
    gan__simd_best()->leaky_relu_grad(size_of(run), (float)run->layer->settings[0], run->y, run->dy, run->dx);
}

const gan__layer_class gan__layer_leaky_relu = {
    .name = "leaky_relu",
    .n_settings = 1,
    .in_place = 1,
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
    static void kind##_forward(const gan__layer_run *run)                                          \
    {                                                                                              \
        gan__simd_best()->kind(size_of(run), run->x, run->y);                                      \
    }                                                                                              \
    static void kind##_backward(const gan__layer_run *run)                                         \
    {                                                                                              \
        gan__simd_best()->kind##_grad(size_of(run), run->y, run->dy, run->dx);                     \
    }                                                                                              \
    const gan__layer_class gan__layer_##kind = {                                                   \
        .name = #kind,                                                                             \
        .in_place = 1,                                                                             \
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
