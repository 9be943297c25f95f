/* layer_blur.c - downsampling and upsampling images by the filter [1, 2, 1] in both directions.
 *
 * The two are each other's adjoint, but for the size: with s the stride, and zeros outside,
 *
 *     small[i] = 1/4 large[s i - 1] + 2/4 large[s i] + 1/4 large[s i + 1]
 *
 * along each side, and upsampling distributes each number of `small` over the three that it is the
 * mean of.  Twice the weights then leave an even area as it is: large[2 i] = small[i], large[2 i +
 * 1] = (small[i] + small[i + 1]) / 2. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <stdint.h>
#include <string.h>

typedef struct blur_settings {
    size_t stride;
} blur_settings;
GAN__LAYER_SETTINGS_OF(blur_settings)

static const gan__layer_setting pool_table[] = {
    GAN__SIZE("stride", blur_settings, stride, 1, 2),
};

/* Of an image: its sides, and what the filter is multiplied by. */
typedef struct plane {
    const size_t *large, *small; /* height and width */
    size_t stride;
    float gain;
} plane;

/* ---- one channel of one sample ---- */

/* The sum of the rows above, at and below `at`, the middle one twice, times the gain; with a zero
 * at both ends. */
static void blend_rows(const plane *p, const float *large, size_t at, float *line)
{
    const size_t width = p->large[1];
    const float *row = large + at * width;
    const float *above = at > 0 ? row - width : NULL;
    const float *below = at + 1 < p->large[0] ? row + width : NULL;

    line[0] = line[width + 1] = 0;
    for (size_t i = 0; i < width; i++) line[1 + i] = 2 * row[i];
    for (size_t i = 0; above && i < width; i++) line[1 + i] += above[i];
    for (size_t i = 0; below && i < width; i++) line[1 + i] += below[i];
    for (size_t i = 0; i < width; i++) line[1 + i] *= p->gain;
}

static void shrink(const plane *p, const float *large, float *small, float *line)
{
    const size_t width = p->small[1];

    for (size_t r = 0; r < p->small[0]; r++, small += width) {
        blend_rows(p, large, r * p->stride, line);
        for (size_t i = 0; i < width; i++) {
            const float *at = line + i * p->stride;

            small[i] = (at[0] + 2 * at[1]) + at[2];
        }
    }
}

static void add_row(size_t n, float factor, const float *line, float *row)
{
    for (size_t i = 0; i < n; i++) row[i] += factor * line[i];
}

static void enlarge(const plane *p, const float *small, float *large, float *line)
{
    const size_t width = p->large[1];

    memset(large, 0, p->large[0] * width * sizeof *large);
    for (size_t r = 0; r < p->small[0]; r++, small += p->small[1]) {
        const size_t at = r * p->stride;
        float *row = large + at * width;

        memset(line, 0, (width + 2) * sizeof *line);
        for (size_t i = 0; i < p->small[1]; i++) {
            float *to = line + i * p->stride;
            const float value = p->gain * small[i];

            to[0] += value;
            to[1] += 2 * value;
            to[2] += value;
        }
        if (at > 0) add_row(width, 1, line + 1, row - width);
        add_row(width, 2, line + 1, row);
        if (at + 1 < p->large[0]) add_row(width, 1, line + 1, row + width);
    }
}

/* ---- both layers ---- */

typedef void plane_fn(const plane *p, const float *from, float *to, float *line);

static void each_plane(const gan__layer_run *run, plane_fn *work, const plane *p, const float *from,
                       float *to)
{
    const size_t large = p->large[0] * p->large[1], small = p->small[0] * p->small[1];

    for (size_t i = 0; i < run->rows * run->layer->in.dim[0]; i++)
        if (work == shrink)
            work(p, from + i * large, to + i * small, run->scratch);
        else
            work(p, from + i * small, to + i * large, run->scratch);
}

/* A line of the larger image with both ends; the output's may be a pixel shorter. */
static size_t scratch(const gan_layer *layer)
{
    const size_t in = layer->in.dim[2], out = layer->out.dim[2];

    return gan__size_add(in > out ? in : out, 2);
}

/* ---- smaller ---- */

static gan_status pool_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t stride = blur_settings_of(layer).stride, *in = layer->in.dim;

    GAN_TRY(gan__layer_check_image(layer));
    layer->out = gan_shape_3d(in[0], (in[1] - 1) / stride + 1, (in[2] - 1) / stride + 1);

cleanup:
    return status;
}

static plane pool_plane(const gan_layer *layer)
{
    return (plane){layer->in.dim + 1, layer->out.dim + 1, blur_settings_of(layer).stride,
                   1.0f / 16};
}

static void pool_forward(const gan__layer_run *run)
{
    const plane p = pool_plane(run->layer);

    each_plane(run, shrink, &p, run->x, run->y);
}

static void pool_backward(const gan__layer_run *run)
{
    const plane p = pool_plane(run->layer);

    each_plane(run, enlarge, &p, run->dy, run->dx);
}

const gan__layer_class gan__layer_blur_pool2d = {
    .name = "blur_pool2d",
    GAN__SETTINGS(blur_settings, pool_table),
    .linear = 1,
    .shape = pool_shape,
    .scratch = scratch,
    .forward = pool_forward,
    .backward = pool_backward,
};

gan_layer *gan_layer_blur_pool2d(size_t stride)
{
    return gan__layer_create(&gan__layer_blur_pool2d, &(blur_settings){stride});
}

/* ---- larger ---- */

static gan_status upsample_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t *in = layer->in.dim;

    GAN_TRY(gan__layer_check_image(layer));
    if (4.0 * (double)in[0] * (double)in[1] * (double)in[2] > INT32_MAX)
        GAN_FAIL(GAN_ERR_SHAPE, "makes %.0f numbers of %s, at most %d",
                 4.0 * (double)in[0] * (double)in[1] * (double)in[2],
                 gan__shape_text_of(layer->in).text, INT32_MAX);
    layer->out = gan_shape_3d(in[0], 2 * in[1], 2 * in[2]);

cleanup:
    return status;
}

static plane upsample_plane(const gan_layer *layer)
{
    return (plane){layer->out.dim + 1, layer->in.dim + 1, 2, 1.0f / 4};
}

static void upsample_forward(const gan__layer_run *run)
{
    const plane p = upsample_plane(run->layer);

    each_plane(run, enlarge, &p, run->x, run->y);
}

static void upsample_backward(const gan__layer_run *run)
{
    const plane p = upsample_plane(run->layer);

    each_plane(run, shrink, &p, run->dy, run->dx);
}

const gan__layer_class gan__layer_blur_upsample2d = {
    .name = "blur_upsample2d",
    .linear = 1,
    .shape = upsample_shape,
    .scratch = scratch,
    .forward = upsample_forward,
    .backward = upsample_backward,
};

gan_layer *gan_layer_blur_upsample2d(void)
{
    return gan__layer_create(&gan__layer_blur_upsample2d, NULL);
}
