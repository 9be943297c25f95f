/* image_internal.h - pictures on their way into a dataset. */
#ifndef GAN_IMAGE_INTERNAL_H
#define GAN_IMAGE_INTERNAL_H

#include "file/stream_internal.h"
#include "file/text_internal.h"

#include <gan/image.h>

struct gan_image {
    size_t width;
    size_t height;
    size_t channels;
    uint8_t *pixels;
    gan_allocator allocator;
};

/* How many bytes of pixels one picture may have; 0: 2^28. */
typedef struct gan__image_limit {
    size_t max_bytes;
    const char *setting; /* where a host raises it, for the message */
} gan__image_limit;

/* gan_image_read() or gan_image_read_from() with a limit that stands elsewhere. */
gan_status gan__image_read(gan_image **out, gan__source from, const gan__image_limit *limit,
                           const gan_allocator *allocator);

/* Scale a picture until it just covers `width` x `height` pixels, cut out its middle, and write
 * that as planes, one a channel (1 or 3).  A picture that is to be grey is made so in place.
 *
 * This is torchvision's Resize (bilinear, antialias=True) of the side that decides, and CenterCrop;
 * grey is 0.299 R + 0.587 G + 0.114 B.  GAN_ERR_NOMEM, from the picture's allocator. */
gan_status gan__image_fit(gan_image *image, size_t width, size_t height, size_t channels,
                          uint8_t *planes);

/* Put a picture as a PNG file.  GAN_ERR_NOMEM. */
gan_status gan__image_put(gan__text *out, const gan_image *image);

/* A PNG file in memory, of gan__image_put(). */
typedef struct gan__png {
    const char *bytes;
    size_t n;
} gan__png;

/* Put pictures of one size, each shown for so many milliseconds, as an animated PNG that begins
 * again after the last: see image_animation.c.  GAN_ERR_NOMEM. */
gan_status gan__image_put_animation(gan__text *out, const gan__png *frames, size_t n,
                                    unsigned milliseconds);

#endif
