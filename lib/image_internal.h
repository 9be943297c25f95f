/* image_internal.h - pictures on their way into a dataset. */
#ifndef GAN_IMAGE_INTERNAL_H
#define GAN_IMAGE_INTERNAL_H

#include <gan/image.h>

struct gan_image {
    size_t width;
    size_t height;
    size_t channels;
    uint8_t *pixels;
    gan_allocator allocator;
};

/* gan_image_read() of a picture that takes at most `max_bytes` in memory; a larger one is
 * GAN_ERR_FORMAT before that memory is taken. */
gan_status gan__image_read(gan_image **out, const char *path, uint64_t max_bytes,
                           const gan_allocator *allocator);

/* Scale a picture until it just covers `width` x `height` pixels, cut out its middle, and write
 * that as planes, one a channel (1 or 3).  A picture that is to be grey is made so in place.
 *
 * This is torchvision's Resize (bilinear, antialias=True) of the side that decides, and CenterCrop;
 * grey is 0.299 R + 0.587 G + 0.114 B.  GAN_ERR_NOMEM, from the picture's allocator. */
gan_status gan__image_fit(gan_image *image, size_t width, size_t height, size_t channels,
                          uint8_t *planes);

#endif
