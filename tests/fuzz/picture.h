/* picture.h - any bytes as a picture of one format: an error, or a picture that survives a round
 * trip through PNG, and that can be made a sample. */
#ifndef PICTURE_H
#define PICTURE_H

#include "data/image_internal.h"
#include "input.h"

#include <string.h>

static void make_samples(gan_image *image)
{
    const gan__image_frame frames[] = {{5, 3, 3, 0, {0}},
                                       {1, 1, 3, 0, {0}},
                                       {3, 64, 1, 0, {0}},
                                       {7, 9, 3, 1, {9}},
                                       {2, 8, 4, 1, {0}}};
    uint8_t planes[3 * 3 * 64];

    for (size_t i = 0; i < 5; i++)
        if (frames[i].channels == 4 || image->channels % 2 == 1)
            demand(gan__image_fit(image, &frames[i], planes) == GAN_OK,
                   "a picture that was read can be made a sample");
}

static void write_and_read_again(gan_image *image)
{
    const size_t n = gan_image_width(image) * gan_image_height(image) * gan_image_channels(image);
    gan_writer to = gan_writer_memory(NULL, 0);
    gan_image *again = NULL;
    gan_reader from;

    demand(gan_image_write_to(image, &to) == GAN_ERR_IO, "the size of its file is known");
    to = gan_writer_memory(malloc(to.n_bytes), to.n_bytes);
    if (!to.bytes) return;
    demand(gan_image_write_to(image, &to) == GAN_OK, "a picture that was read can be written");
    from = gan_reader_memory(to.bytes, to.n_bytes);
    demand(gan_image_read_from(&again, &from, NULL) == GAN_OK, "and read again");
    demand(gan_image_width(again) == gan_image_width(image), "it has the same width");
    demand(gan_image_channels(again) == gan_image_channels(image), "it has the same channels");
    demand(gan_image_height(again) == gan_image_height(image), "it has the same height");
    demand(memcmp(gan_image_pixels(again), gan_image_pixels(image), n) == 0,
           "it has the same pixels");
    gan_image_destroy(again);
    free(to.bytes);
}

/* Small, so that -rss_limit_mb can be, too: memory must be proportional to the file's contents. */
static void try_picture(const gan__image_format *format, int keeps_alpha, const uint8_t *bytes,
                        size_t n)
{
    const gan__image_request request = {.max_bytes = 4 << 20,
                                        .setting = "limit",
                                        .only = format,
                                        .keeps_alpha = keeps_alpha,
                                        .is_oriented = 1,
                                        .width = keeps_alpha ? 4 : 0,
                                        .height = keeps_alpha ? 4 : 0};
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_image *image = NULL;
    gan_status status = gan__image_read(&image, (gan__source){.reader = &from}, &request, NULL);

    demand((status == GAN_OK) == (image != NULL), "a picture is returned on success only");
    demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_NOMEM,
           "the status is in the contract");
    if (image && keeps_alpha) make_samples(image);
    if (image)
        demand(gan__image_blend(image, (const uint8_t[]){1, 2, 3}) == GAN_OK, "it can be blended");
    if (image) write_and_read_again(image);
    if (image) make_samples(image);
    gan_image_destroy(image);
}

#endif
