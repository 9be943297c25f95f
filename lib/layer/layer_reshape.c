/* layer_reshape.c - other shapes for the same numbers. */
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <string.h>

/* Sharing memory is the usual case; only a network's first layer copies. */
static void stretch(const gan__layer_run *run, size_t at, size_t n)
{
    if (run->x != run->y) memcpy(run->y + at, run->x + at, n * sizeof *run->y);
}

static void grad_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    if (run->dx != run->dy) memcpy(run->dx + at, run->dy + at, n * sizeof *run->dx);
}

static void forward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, stretch);
}

static void backward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, grad_stretch);
}

/* ---- flatten ---- */

static gan_status flatten_shape(gan_layer *layer)
{
    layer->out = gan_shape_1d(gan_shape_size(layer->in));
    return GAN_OK;
}

const gan__layer_class gan__layer_flatten = {
    .name = "flatten",
    .in_place = 1,
    .linear = 1,
    .apart = 1,
    .shape = flatten_shape,
    .forward = forward,
    .backward = backward,
};

gan_layer *gan_layer_flatten(void)
{
    return gan__layer_create(&gan__layer_flatten, NULL);
}

/* ---- reshape ---- */

typedef struct reshape_settings {
    gan_shape shape;
} reshape_settings;
GAN__LAYER_SETTINGS_OF(reshape_settings)

static const gan__layer_setting settings[] = {GAN__SHAPE("shape", reshape_settings, shape)};

static gan_status reshape_shape(gan_layer *layer)
{
    layer->out = reshape_settings_of(layer).shape;
    if (gan_shape_size(layer->out) != gan_shape_size(layer->in))
        return gan__fail(GAN_ERR_SHAPE, "needs %zu numbers for %s, gets %zu",
                         gan_shape_size(layer->out), gan__shape_text_of(layer->out).text,
                         gan_shape_size(layer->in));
    return GAN_OK;
}

const gan__layer_class gan__layer_reshape = {
    .name = "reshape",
    GAN__SETTINGS(reshape_settings, settings),
    .in_place = 1,
    .linear = 1,
    .apart = 1,
    .shape = reshape_shape,
    .forward = forward,
    .backward = backward,
};

gan_layer *gan_layer_reshape(gan_shape shape)
{
    return gan__layer_create(&gan__layer_reshape, &(reshape_settings){shape});
}
