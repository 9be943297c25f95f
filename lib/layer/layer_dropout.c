/* layer_dropout.c - dropout, of numbers and of whole channels.
 *
 * No mask is kept: the random numbers are a function of their position, so backward draws them
 * again. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256 };

typedef struct dropout_settings {
    double p; /* the share that is dropped */
} dropout_settings;
GAN__LAYER_SETTINGS_OF(dropout_settings)

static const gan__layer_setting settings[] = {
    GAN__REAL_BELOW("p", dropout_settings, p, 0, 1),
};

/* A number is kept where its random bits, without the lowest 8, are not below this. */
static uint32_t threshold_of(const gan_layer *layer)
{
    return (uint32_t)lround(dropout_settings_of(layer).p * 0x1p24);
}

static float scale_of(const gan_layer *layer)
{
    return (float)(1.0 / (1.0 - dropout_settings_of(layer).p));
}

/* ---- dropout ---- */

static void apply(const gan__layer_run *run, size_t at, size_t n, const float *x, float *y)
{
    const uint32_t threshold = threshold_of(run->layer);
    const float scale = scale_of(run->layer);
    uint32_t bits[CHUNK];

    if (!run->training) {
        if (x != y) memcpy(y + at, x + at, n * sizeof *y);
        return;
    }
    for (const size_t stop = at + n; at < stop; at += CHUNK) {
        const size_t m = stop - at < CHUNK ? stop - at : CHUNK;

        gan__rng_fill_bits(run->seed, run->stream, run->position + at, m, bits);
        gan__simd_best()->dropout(m, threshold, scale, bits, x + at, y + at);
    }
}

static void stretch(const gan__layer_run *run, size_t at, size_t n)
{
    apply(run, at, n, run->x, run->y);
}

static void grad_stretch(const gan__layer_run *run, size_t at, size_t n)
{
    apply(run, at, n, run->dy, run->dx);
}

static void forward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, stretch);
}

static void backward(const gan__layer_run *run)
{
    gan__layer_for_stretches(run, grad_stretch);
}

const gan__layer_class gan__layer_dropout = {
    .name = "dropout",
    GAN__SETTINGS(dropout_settings, settings),
    .in_place = 1,
    .changes = 1,
    .random = 1,
    .linear = 1,
    .shape = gan__layer_keep_shape,
    .forward = forward,
    .backward = backward,
};

gan_layer *gan_layer_dropout(float p)
{
    return gan__layer_create(&gan__layer_dropout, &(dropout_settings){(double)p});
}

/* ---- dropout2d ---- */

static gan_status channels_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__layer_check_image(layer));
    layer->out = layer->in;

cleanup:
    return status;
}

/* What a channel's numbers are multiplied by, 0 or 1 / (1 - p); its random number is the one at
 * `place` of the output. */
static float factor_of(const gan__layer_run *run, size_t place)
{
    if (!run->training) return 1.0f;
    return gan__rng_bits(run->seed, run->stream, run->position + place) >> 8 <
                   threshold_of(run->layer)
               ? 0.0f
               : scale_of(run->layer);
}

static void apply_to_channels(const gan__layer_run *run, const float *x, float *y)
{
    const size_t width = gan_shape_size(run->layer->in);
    const size_t plane = width / run->layer->in.dim[0];

    for (size_t r = 0; r < run->rows; r++)
        for (size_t begin = run->begin, end; begin < run->end; begin = end) {
            const size_t channel = begin / plane;
            const size_t at = r * width + begin;

            end = (channel + 1) * plane < run->end ? (channel + 1) * plane : run->end;
            gan__simd_best()->scale(end - begin, factor_of(run, r * width + channel), x + at,
                                    y + at);
        }
}

static void channels_forward(const gan__layer_run *run)
{
    apply_to_channels(run, run->x, run->y);
}

static void channels_backward(const gan__layer_run *run)
{
    apply_to_channels(run, run->dy, run->dx);
}

const gan__layer_class gan__layer_dropout2d = {
    .name = "dropout2d",
    GAN__SETTINGS(dropout_settings, settings),
    .in_place = 1,
    .changes = 1,
    .random = 1,
    .linear = 1,
    .shape = channels_shape,
    .forward = channels_forward,
    .backward = channels_backward,
};

gan_layer *gan_layer_dropout2d(float p)
{
    return gan__layer_create(&gan__layer_dropout2d, &(dropout_settings){(double)p});
}
