/* layer_dropout.c - dropout.
 *
 * No mask is kept: the random numbers are a function of their position, so backward draws them
 * again. */
#include "kernels_internal.h"
#include "layer_internal.h"
#include "rng_internal.h"
#include "status_internal.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256 };

static gan_status check(const gan_layer *layer)
{
    const double p = layer->settings[0];

    if (!(p >= 0 && p < 1))
        return gan__fail(GAN_ERR_INVALID, "dropout: 0 <= p < 1 wanted, got %g", p);
    return GAN_OK;
}

static gan_status shape(gan_layer *layer)
{
    layer->out = layer->in;
    return GAN_OK;
}

static void apply(const gan__layer_run *run, size_t at, size_t n, const float *x, float *y)
{
    const double p = run->layer->settings[0];
    const uint32_t threshold = (uint32_t)lround(p * 0x1p24);
    const float scale = (float)(1.0 / (1.0 - p));
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
    .n_settings = 1,
    .in_place = 1,
    .changes = 1,
    .random = 1,
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};

gan_layer *gan_layer_dropout(float p)
{
    return gan__layer_create(&gan__layer_dropout, (const double[]){(double)p});
}
