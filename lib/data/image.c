/* image.c - pictures in memory. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

/* ---- Pictures in memory ---- */

int gan__image_is_side(size_t n)
{
    return n >= 1 && n <= GAN_IMAGE_MAX_SIDE;
}

gan_status gan__image_wrap(gan_image **out, size_t width, size_t height, size_t channels,
                           uint8_t *pixels, const gan_allocator *memory)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    GAN_TRY(gan__alloc(&image, memory, 1, sizeof *image));
    image->allocator = *memory;
    image->width = width;
    image->height = height;
    image->channels = channels;
    if (!pixels)
        GAN_TRY(gan__alloc(&image->pixels, memory, gan__size_mul(width, channels), height));
    if (pixels) image->pixels = pixels;
    *out = image;
    image = NULL;

cleanup:
    gan_image_destroy(image);
    return status;
}

gan_status gan_image_create(gan_image **out, size_t width, size_t height, size_t channels,
                            const gan_allocator *allocator)
{
    gan_allocator memory;
    gan_status status;

    if (!out) return gan__fail(GAN_ERR_INVALID, "image: out is NULL");
    *out = NULL;
    if (!gan__image_is_side(width) || !gan__image_is_side(height))
        return gan__fail(GAN_ERR_INVALID, "image: %zu x %zu pixels requested, a side is 1 to %d",
                         width, height, GAN_IMAGE_MAX_SIDE);
    if (channels != 1 && channels != 3)
        return gan__fail(GAN_ERR_INVALID, "image: %zu channels requested, images have 1 or 3",
                         channels);
    status = gan__alloc_init(&memory, allocator);
    return status == GAN_OK ? gan__image_wrap(out, width, height, channels, NULL, &memory) : status;
}

void gan_image_destroy(gan_image *image)
{
    gan_allocator memory;

    if (!image) return;
    memory = image->allocator;
    gan__free(&memory, image->pixels);
    gan__free(&memory, image);
}

size_t gan_image_width(const gan_image *image)
{
    return image ? image->width : 0;
}

size_t gan_image_height(const gan_image *image)
{
    return image ? image->height : 0;
}

size_t gan_image_channels(const gan_image *image)
{
    return image ? image->channels : 0;
}

uint8_t *gan_image_pixels(gan_image *image)
{
    return image ? image->pixels : NULL;
}

/* ---- Orientation ---- */

/* EXIF's orientations are the symmetries of a rectangle.  Pixel (x, y) of the upright picture is
 * pixel (x, y) of the stored one, or (y, x) from the fifth on, counted from the right or from below:
 *
 *     1  as stored           2  mirrored left to right
 *     3  turned by 180       4  mirrored top to bottom
 *     5  transposed          6  stored turned left, to be turned right
 *     7  transposed the      8  stored turned right, to be turned left
 *        other way                                                         */
typedef struct orientation {
    int swaps, from_right, from_below;
} orientation;

static const orientation orientations[] = {{0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1},
                                           {1, 0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 1, 0}};

gan_status gan__image_orient(gan_image *image, int number)
{
    const orientation *o = &orientations[number - 1];
    const size_t n = image->channels, stored_width = image->width, stored_height = image->height;
    const size_t width = o->swaps ? stored_height : stored_width;
    const size_t height = o->swaps ? stored_width : stored_height;
    gan_status status = GAN_OK;
    uint8_t *turned, *to;

    if (number == 1) return GAN_OK;
    status = gan__alloc(&turned, &image->allocator, width * n, height);
    if (status != GAN_OK) return status;
    to = turned;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++, to += n) {
            size_t column = o->swaps ? y : x, row = o->swaps ? x : y;

            if (o->from_right) column = stored_width - 1 - column;
            if (o->from_below) row = stored_height - 1 - row;
            memcpy(to, image->pixels + (row * stored_width + column) * n, n);
        }
    gan__free(&image->allocator, image->pixels);
    image->pixels = turned;
    image->width = width;
    image->height = height;
    return GAN_OK;
}

/* ---- Alpha ---- */

/* A grey picture that is blended onto a colour becomes RGB. */
gan_status gan__image_blend(gan_image *image, const uint8_t background[3])
{
    const size_t n = image->width * image->height, channels = image->channels;
    const int is_grey = background[0] == background[1] && background[1] == background[2];
    const size_t out = channels == 2 && is_grey ? 1 : 3;
    gan_status status = GAN_OK;
    const uint8_t *from = image->pixels;
    uint8_t *blended, *to;

    if (channels != 2 && channels != 4) return GAN_OK;
    status = gan__alloc(&blended, &image->allocator, n, out);
    if (status != GAN_OK) return status;
    to = blended;
    for (size_t i = 0; i < n; i++, from += channels)
        for (size_t c = 0; c < out; c++) {
            const unsigned alpha = from[channels - 1], own = from[channels == 4 ? c : 0];

            *to++ = (uint8_t)((2 * (own * alpha + background[c] * (255 - alpha)) + 255) / 510);
        }
    gan__free(&image->allocator, image->pixels);
    image->pixels = blended;
    image->channels = out;
    return GAN_OK;
}
