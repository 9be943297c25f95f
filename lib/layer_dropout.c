/* layer_dropout.c - dropout.
 *
 * No mask is kept: the random numbers are a function of their position, so backward draws them again. */
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

    if (!(p >= 0 && p < 1)) return gan__fail(GAN_ERR_INVALID, "dropout: 0 <= p < 1 wanted, got %g", p);
    return GAN_OK;
}

static gan_status shape(gan_layer *layer)
{
    layer->out = layer->in;
    return GAN_OK;
}

static void apply(const gan__layer_run *run, const float *x, float *y)
{
    const double p = run->layer->settings[0];
    const uint32_t threshold = (uint32_t)lround(p * 0x1p24);
    const float scale = (float)(1.0 / (1.0 - p));
    const size_t n = run->rows * gan_shape_size(run->layer->out);
    uint32_t bits[CHUNK];

    if (!run->training) {
        if (x != y) memcpy(y, x, n * sizeof *y);
        return;
    }
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t m = n - i < CHUNK ? n - i : CHUNK;

        gan__rng_fill_bits(run->seed, run->stream, run->position + i, m, bits);
        gan__simd_best()->dropout(m, threshold, scale, bits, x + i, y + i);
    }
}

static void forward(const gan__layer_run *run)
{
    apply(run, run->x, run->y);
}

static void backward(const gan__layer_run *run)
{
    apply(run, run->dy, run->dx);
}

const gan__layer_class gan__layer_dropout = {
    .name = "dropout",
    .n_settings = 1,
    .in_place = 1,
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
