/* image_grid.c - samples as the tiles of one picture. */
#include "data/image_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_PADDING = 256 };

/* The geometry of a grid. */
typedef struct grid_plan {
    size_t n_channels, tile_height, tile_width;
    size_t columns, padding;
    size_t height, width;
    float mean[3], std[3];
} grid_plan;

static gan_status check_grid_desc(const gan_grid_desc *d)
{
    if (d->padding > MAX_PADDING)
        return gan__fail(GAN_ERR_INVALID, "grid: padding is %zu, at most %d", d->padding,
                         MAX_PADDING);
    for (size_t c = 0; c < 4; c++)
        if (!isfinite(d->mean[c]) || !isfinite(d->std[c]))
            return gan__fail(GAN_ERR_INVALID,
                             "grid: channel %zu: mean %g and std %g, both must be finite", c,
                             (double)d->mean[c], (double)d->std[c]);
    return GAN_OK;
}

/* Return the square root rounded up; `n` is at most GAN_IMAGE_MAX_SIDE squared. */
static size_t root_up(size_t n)
{
    size_t root = (size_t)sqrt((double)n);

    return root * root < n ? root + 1 : root;
}

static gan_status plan_grid(grid_plan *plan, size_t n, gan_shape shape, const gan_grid_desc *d)
{
    const size_t max = GAN_IMAGE_MAX_SIDE;
    uint64_t height, width, rows;

    if (gan_shape_size(shape) == 0 || shape.rank < 2 || shape.rank > 3 ||
        (shape.rank == 3 && shape.dim[0] != 1 && shape.dim[0] != 3))
        return gan__fail(GAN_ERR_SHAPE,
                         "grid: samples of shape %s, pictures are [h, w], [1, h, w] or [3, h, w]",
                         gan__shape_text_of(shape).text);
    plan->n_channels = shape.rank == 3 ? shape.dim[0] : 1;
    plan->tile_height = shape.dim[shape.rank - 2];
    plan->tile_width = shape.dim[shape.rank - 1];
    plan->padding = d->padding;
    if (n > max * max || plan->tile_height > max || plan->tile_width > max)
        return gan__fail(
            GAN_ERR_SHAPE,
            "grid: %zu samples of shape %s make a picture of more than %zu x %zu pixels", n,
            gan__shape_text_of(shape).text, max, max);
    plan->columns = d->columns ? d->columns : root_up(n);
    if (plan->columns > n) plan->columns = n;
    rows = (n + plan->columns - 1) / plan->columns;
    width = (uint64_t)plan->columns * (plan->tile_width + d->padding) + d->padding;
    height = rows * (plan->tile_height + d->padding) + d->padding;
    if (width > max || height > max)
        return gan__fail(GAN_ERR_SHAPE,
                         "grid: %zu samples of shape %s make a picture of %llu x %llu pixels, a "
                         "side is at most %zu",
                         n, gan__shape_text_of(shape).text, (unsigned long long)width,
                         (unsigned long long)height, max);
    plan->width = (size_t)width;
    plan->height = (size_t)height;
    for (size_t c = 0; c < 3; c++) {
        plan->mean[c] = d->std[c] != 0.0f ? d->mean[c] : 0.5f;
        plan->std[c] = d->std[c] != 0.0f ? d->std[c] : 0.5f;
    }
    return GAN_OK;
}

/* Round to the nearest of 0 .. 255; NaN, which compares false, is black. */
static uint8_t byte_of(float x, float mean, float std)
{
    float value = (x * std + mean) * 255.0f + 0.5f;

    if (!(value > 0.0f)) return 0;
    return value < 255.0f ? (uint8_t)value : 255;
}

/* Write the planes of one sample to the pixels that begin at `to`. */
static void draw_tile(uint8_t *to, const float *sample, const grid_plan *plan)
{
    const size_t n_channels = plan->n_channels;

    for (size_t c = 0; c < n_channels; c++)
        for (size_t y = 0; y < plan->tile_height; y++) {
            uint8_t *row = to + y * plan->width * n_channels + c;

            for (size_t x = 0; x < plan->tile_width; x++)
                row[x * n_channels] = byte_of(*sample++, plan->mean[c], plan->std[c]);
        }
}

gan_status gan_image_create_grid(gan_image **out, const float *samples, size_t n, gan_shape shape,
                                 const gan_grid_desc *desc)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;
    gan_grid_desc d = {GAN_GRID_DESC_INIT};
    grid_plan plan = {0};

    if (!out) return gan__fail(GAN_ERR_INVALID, "grid: out is NULL");
    *out = NULL;
    if (!samples) return gan__fail(GAN_ERR_INVALID, "grid: samples is NULL");
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "grid: 0 samples given, at least 1 expected");
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof(gan_grid_desc), desc, "gan_grid_desc"));
    GAN_TRY(check_grid_desc(&d));
    GAN_TRY(plan_grid(&plan, n, shape, &d));
    GAN_TRY(gan_image_create(&image, plan.width, plan.height, plan.n_channels, d.allocator));
    memset(image->pixels, d.background, plan.width * plan.height * plan.n_channels);
    for (size_t i = 0; i < n; i++) {
        size_t top = i / plan.columns * (plan.tile_height + plan.padding) + plan.padding;
        size_t left = i % plan.columns * (plan.tile_width + plan.padding) + plan.padding;

        draw_tile(image->pixels + (top * plan.width + left) * plan.n_channels,
                  samples + i * gan_shape_size(shape), &plan);
    }
    *out = image;
    image = NULL;

cleanup:
    gan_image_destroy(image);
    return status;
}

gan_status gan_image_write_grid(const char *path, const float *samples, size_t n, gan_shape shape,
                                const gan_grid_desc *desc)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    if (!path) return gan__fail(GAN_ERR_INVALID, "grid: path is NULL");
    GAN_TRY(gan_image_create_grid(&image, samples, n, shape, desc));
    GAN_TRY(gan_image_write(image, path));

cleanup:
    gan_image_destroy(image);
    return status;
}

GAN__DEFINE_INIT(gan_grid_desc_init, gan_grid_desc, GAN_GRID_DESC_INIT)
