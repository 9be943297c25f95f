/* layer_resize.c - larger images: upsampling, by repetition or interpolation, and pixel shuffle. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_image_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- shapes ---- */

/* The output's shape: `channels` channels, both sides `scale` times as long. */
static gan_status enlarge(gan_layer *layer, size_t channels, size_t scale)
{
    const size_t *in = layer->in.dim;
    const double numbers =
        (double)channels * (double)(in[1] * in[2]) * (double)scale * (double)scale;

    if (numbers > INT32_MAX)
        return gan__fail(GAN_ERR_SHAPE, "makes %.0f numbers of %s, at most %d", numbers,
                         gan__shape_text_of(layer->in).text, INT32_MAX);
    layer->out = gan_shape_3d(channels, in[1] * scale, in[2] * scale);
    return GAN_OK;
}

/* ---- upsample ---- */

/* A 1D signal [channels, length] is an image of height 1, which stays 1. */
static gan_shape image_of(gan_shape shape)
{
    return shape.rank == 2 ? gan_shape_3d(shape.dim[0], 1, shape.dim[1]) : shape;
}

typedef struct upsample_settings {
    size_t scale_factor;
    int mode, align_corners;
} upsample_settings;
GAN__LAYER_SETTINGS_OF(upsample_settings)

static const gan__layer_setting upsample_table[] = {
    GAN__SIZE("scale_factor", upsample_settings, scale_factor, 1, INT32_MAX),
    GAN__INT("mode", upsample_settings, mode, GAN_UPSAMPLE_NEAREST, GAN_UPSAMPLE_BILINEAR),
    GAN__INT("align_corners", upsample_settings, align_corners, 0, 1),
};

static size_t scale_of(const gan_layer *layer)
{
    return upsample_settings_of(layer).scale_factor;
}

/* Whether to interpolate; an image that keeps its size is copied, as in PyTorch. */
static int blends(const gan_layer *layer)
{
    return upsample_settings_of(layer).mode == GAN_UPSAMPLE_BILINEAR && scale_of(layer) > 1;
}

static gan_status upsample_check(const gan_layer *layer)
{
    const upsample_settings s = upsample_settings_of(layer);

    if (s.align_corners && s.mode != GAN_UPSAMPLE_BILINEAR)
        return gan__fail(GAN_ERR_INVALID, "upsample: align_corners is for bilinear, mode is %d",
                         s.mode);
    return GAN_OK;
}

static gan_status enlarge_line(gan_layer *layer)
{
    const double n = (double)layer->in.dim[1] * (double)scale_of(layer);

    if ((double)layer->in.dim[0] * n > INT32_MAX)
        return gan__fail(GAN_ERR_SHAPE, "makes %.0f numbers of %s, at most %d",
                         (double)layer->in.dim[0] * n, gan__shape_text_of(layer->in).text,
                         INT32_MAX);
    layer->out = gan_shape_2d(layer->in.dim[0], (size_t)n);
    return GAN_OK;
}

static gan_status upsample_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;

    if (layer->in.rank == 2) return enlarge_line(layer);
    GAN_TRY(gan__layer_check_image(layer));
    GAN_TRY(enlarge(layer, layer->in.dim[0], scale_of(layer)));

cleanup:
    return status;
}

/* The two places of the small image, on one side, that a place of the large one is
 * interpolated from.
 * Both are read even where one has the weight 0, as in PyTorch: its NaN spreads. */
typedef struct tap {
    uint32_t low, high;
    float low_weight, high_weight;
} tap;

enum { TAP_NUMBERS = sizeof(tap) / sizeof(float) };

static tap tap_of(const gan_layer *layer, size_t side, size_t at)
{
    const size_t small = image_of(layer->in).dim[1 + side];
    const size_t large = image_of(layer->out).dim[1 + side];
    double from;
    tap t;

    if (upsample_settings_of(layer).align_corners)
        from = large > 1 ? (double)at * (double)(small - 1) / (double)(large - 1) : 0;
    else
        from = fmax(((double)at + 0.5) / (double)(large / small) - 0.5, 0);
    t.low = (uint32_t)from;
    t.high = t.low + 1 < small ? t.low + 1 : t.low;
    t.high_weight = (float)(from - t.low);
    t.low_weight = 1.0f - t.high_weight;
    return t;
}

/* Those of all columns, in scratch memory. */
static const tap *column_taps(const gan__layer_run *run)
{
    tap *taps = (tap *)(void *)run->scratch;

    for (size_t i = 0; i < image_of(run->layer->out).dim[2]; i++)
        taps[i] = tap_of(run->layer, 1, i);
    return taps;
}

static size_t upsample_scratch(const gan_layer *layer)
{
    return blends(layer) ? gan__size_mul(image_of(layer->out).dim[2], TAP_NUMBERS) : 0;
}

/* Work on one channel of one sample. */
typedef void plane_fn(const gan_layer *layer, const tap *columns, const float *from, float *to);

static void repeat(const gan_layer *layer, const tap *columns, const float *x, float *y)
{
    const gan_shape in = image_of(layer->in);
    const size_t scale = scale_of(layer);
    const size_t copies = image_of(layer->out).dim[1] / in.dim[1];
    const size_t width = in.dim[2];

    (void)columns;
    for (size_t r = 0; r < in.dim[1]; r++, x += width, y += copies * scale * width) {
        for (size_t i = 0; i < width; i++)
            for (size_t j = 0; j < scale; j++) y[i * scale + j] = x[i];
        for (size_t j = 1; j < copies; j++)
            memcpy(y + j * scale * width, y, scale * width * sizeof *y);
    }
}

static void repeat_grad(const gan_layer *layer, const tap *columns, const float *dy, float *dx)
{
    const gan_shape in = image_of(layer->in), out = image_of(layer->out);
    const size_t scale = scale_of(layer);
    const size_t copies = out.dim[1] / in.dim[1];
    const size_t width = in.dim[2];

    (void)columns;
    memset(dx, 0, in.dim[1] * width * sizeof *dx);
    for (size_t r = 0; r < out.dim[1]; r++, dy += scale * width) {
        float *to = dx + r / copies * width;

        for (size_t i = 0; i < width; i++)
            for (size_t j = 0; j < scale; j++) to[i] += dy[i * scale + j];
    }
}

static void blend(const gan_layer *layer, const tap *columns, const float *x, float *y)
{
    const gan_shape out = image_of(layer->out);
    const size_t width = image_of(layer->in).dim[2];

    for (size_t r = 0; r < out.dim[1]; r++) {
        const tap row = tap_of(layer, 0, r);
        const float *low = x + row.low * width;
        const float *high = x + row.high * width;

        for (size_t i = 0; i < out.dim[2]; i++) {
            const tap *c = &columns[i];

            *y++ =
                row.low_weight * (c->low_weight * low[c->low] + c->high_weight * low[c->high]) +
                row.high_weight * (c->low_weight * high[c->low] + c->high_weight * high[c->high]);
        }
    }
}

static void blend_grad(const gan_layer *layer, const tap *columns, const float *dy, float *dx)
{
    const gan_shape in = image_of(layer->in), out = image_of(layer->out);
    const size_t width = in.dim[2];

    memset(dx, 0, in.dim[1] * width * sizeof *dx);
    for (size_t r = 0; r < out.dim[1]; r++) {
        const tap row = tap_of(layer, 0, r);
        float *low = dx + row.low * width;
        float *high = dx + row.high * width;

        for (size_t i = 0; i < out.dim[2]; i++, dy++) {
            const tap *c = &columns[i];

            low[c->low] += row.low_weight * c->low_weight * *dy;
            low[c->high] += row.low_weight * c->high_weight * *dy;
            high[c->low] += row.high_weight * c->low_weight * *dy;
            high[c->high] += row.high_weight * c->high_weight * *dy;
        }
    }
}

static void each_plane(const gan__layer_run *run, plane_fn *work, const float *from,
                       gan_shape from_shape, float *to, gan_shape to_shape)
{
    const tap *taps = blends(run->layer) ? column_taps(run) : NULL;
    const size_t from_size = gan_shape_size(from_shape) / from_shape.dim[0];
    const size_t to_size = gan_shape_size(to_shape) / to_shape.dim[0];

    for (size_t i = 0; i < run->rows * run->layer->in.dim[0]; i++)
        work(run->layer, taps, from + i * from_size, to + i * to_size);
}

static void upsample_forward(const gan__layer_run *run)
{
    const gan_layer *layer = run->layer;

    each_plane(run, blends(layer) ? blend : repeat, run->x, layer->in, run->y, layer->out);
}

static void upsample_backward(const gan__layer_run *run)
{
    const gan_layer *layer = run->layer;

    each_plane(run, blends(layer) ? blend_grad : repeat_grad, run->dy, layer->out, run->dx,
               layer->in);
}

const gan__layer_class gan__layer_upsample = {
    .name = "upsample",
    GAN__SETTINGS(upsample_settings, upsample_table),
    .linear = 1,
    .check = upsample_check,
    .shape = upsample_shape,
    .scratch = upsample_scratch,
    .forward = upsample_forward,
    .backward = upsample_backward,
};

int gan__layer_repeats_twice(const gan_layer *layer)
{
    return layer->class == &gan__layer_upsample && layer->in.rank == 3 && scale_of(layer) == 2 &&
           !blends(layer);
}

gan_layer *gan_layer_upsample(size_t scale_factor, gan_upsample_mode mode, int align_corners)
{
    return gan__layer_create(&gan__layer_upsample,
                             &(upsample_settings){scale_factor, (int)mode, align_corners});
}

/* ---- pixel_shuffle ---- */

typedef struct shuffle_settings {
    size_t upscale_factor;
} shuffle_settings;
GAN__LAYER_SETTINGS_OF(shuffle_settings)

static const gan__layer_setting shuffle_table[] = {
    GAN__SIZE("upscale_factor", shuffle_settings, upscale_factor, 1, INT32_MAX),
};

static gan_status shuffle_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t scale = shuffle_settings_of(layer).upscale_factor;
    const uint64_t tile = (uint64_t)scale * scale; /* a size_t of 32 bits would wrap to 0 */

    GAN_TRY(gan__layer_check_image(layer));
    if (layer->in.dim[0] % tile != 0)
        GAN_FAIL(GAN_ERR_SHAPE, "needs a multiple of %" PRIu64 " channels, gets %s", tile,
                 gan__shape_text_of(layer->in).text);
    GAN_TRY(enlarge(layer, (size_t)(layer->in.dim[0] / tile), scale));

cleanup:
    return status;
}

static void copy_steps(size_t n, const float *from, size_t from_step, float *to, size_t to_step)
{
    for (size_t i = 0; i < n; i++) to[i * to_step] = from[i * from_step];
}

/* Copy all lines of the small images into the large one, or back. */
static void shuffle(const gan__layer_run *run, int back)
{
    const size_t scale = shuffle_settings_of(run->layer).upscale_factor;
    const size_t height = run->layer->in.dim[1];
    const size_t width = run->layer->in.dim[2];
    size_t small = 0; /* where the line begins in each */
    size_t large;

    for (size_t i = 0; i < run->rows * run->layer->out.dim[0]; i++)
        for (size_t j = 0; j < scale * scale; j++)
            for (size_t r = 0; r < height; r++, small += width) {
                large = ((i * height + r) * scale + j / scale) * width * scale + j % scale;
                if (back)
                    copy_steps(width, run->dy + large, scale, run->dx + small, 1);
                else
                    copy_steps(width, run->x + small, 1, run->y + large, scale);
            }
}

static void shuffle_forward(const gan__layer_run *run)
{
    shuffle(run, 0);
}

static void shuffle_backward(const gan__layer_run *run)
{
    shuffle(run, 1);
}

const gan__layer_class gan__layer_pixel_shuffle = {
    .name = "pixel_shuffle",
    GAN__SETTINGS(shuffle_settings, shuffle_table),
    .linear = 1,
    .shape = shuffle_shape,
    .forward = shuffle_forward,
    .backward = shuffle_backward,
};

gan_layer *gan_layer_pixel_shuffle(size_t upscale_factor)
{
    return gan__layer_create(&gan__layer_pixel_shuffle, &(shuffle_settings){upscale_factor});
}
