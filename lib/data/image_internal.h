/* image_internal.h - pictures on their way into a dataset. */
#ifndef GAN_IMAGE_INTERNAL_H
#define GAN_IMAGE_INTERNAL_H

#include "file/stream_internal.h"
#include "file/text_internal.h"

#include <gan/image.h>

struct gan_image {
    size_t width;
    size_t height;
    size_t channels; /* 1 grey, 3 RGB; on the way into a dataset 2 and 4 with alpha, too */
    uint8_t *pixels;
    gan_allocator allocator;
};

/* ---- Pictures in memory (image.c) ---- */

int gan__image_is_side(size_t n);

/* Make a picture of pixels, and take ownership of them; NULL: black ones.  After GAN_ERR_NOMEM they
 * remain the caller's. */
gan_status gan__image_wrap(gan_image **out, size_t width, size_t height, size_t channels,
                           uint8_t *pixels, const gan_allocator *memory);

/* Turn a picture upright by its EXIF orientation, 1 to 8. */
gan_status gan__image_orient(gan_image *image, int orientation);

/* Blend a picture with alpha onto a colour, which removes the alpha. */
gan_status gan__image_blend(gan_image *image, const uint8_t background[3]);

/* The orientation that the EXIF data of a picture names, a TIFF header at its beginning; 1 when it
 * names none. */
int gan__exif_orientation(const unsigned char *exif, size_t n);

/* ---- Reading files: image_read.c, and a format a file ---- */

/* How a file is to be read. */
typedef struct gan__image_request {
    size_t max_bytes;                     /* most bytes of pixels; 0: 2^28 */
    const char *setting;                  /* the setting that raises that, for the message */
    const struct gan__image_format *only; /* NULL: any format, recognised by the content */
    int keeps_alpha;                      /* else it is dropped */
    int is_oriented;                      /* EXIF's orientation is applied */
    /* The size to which the picture will be scaled; it may then be decoded at a reduced size, at
     * least twice this one.  0: it is decoded at full size. */
    size_t width, height;
    int pads; /* it is scaled to fit inside, not to cover */
} gan__image_request;

/* Properties read from the beginning of a file. */
typedef struct gan__image_head {
    size_t width, height; /* as stored */
    size_t channels;      /* 1 grey, 3 colour, whether or not there is alpha */
} gan__image_head;

/* A file that is open at its first byte. */
typedef struct gan__image_file {
    const char *path; /* for messages */
    gan__input *input;
    const gan__image_request *request;
    const gan_allocator *allocator;
} gan__image_file;

typedef struct gan__image_format {
    const char *name;
    const char *missing; /* what to install, in a build without it; NULL: it is available */
    int (*is)(const unsigned char *bytes, size_t n); /* whether a file with these first bytes has
                                                        the format */
    gan_status (*examine)(gan__image_head *out, const gan__image_file *file);
    /* Decode the pixels as they are stored; `orientation` is 1 when this returns NULL. */
    gan_status (*decode)(gan_image **out, int *orientation, const gan__image_file *file);
} gan__image_format;

extern const gan__image_format gan__image_png, gan__image_jpeg, gan__image_webp;

/* The names of all formats that are known: "PNG, JPEG, WebP". */
const char *gan__image_format_names(void);

/* Read a picture.  GAN_ERR_IO, GAN_ERR_FORMAT, GAN_ERR_NOMEM. */
gan_status gan__image_read(gan_image **out, gan__source from, const gan__image_request *request,
                           const gan_allocator *allocator);

/* Read the beginning of a file.  `*format` is NULL when the format is unknown, which is not an
 * error; `found` then receives what was recognised instead: "", or ": it is a GIF picture". */
gan_status gan__image_examine(const gan__image_format **format, gan__image_head *head,
                              char found[128], gan__source from, const gan__image_request *request);

/* ---- What formats share (image_format.c) ---- */

/* Memory for pixels that are read row by row grows with them, whatever size the file claims. */
typedef struct gan__image_rows {
    uint8_t *pixels;
    size_t used, room;
    size_t all; /* bytes of the whole picture */
} gan__image_rows;

gan_status gan__image_append(gan__image_rows *rows, const uint8_t *row, size_t n,
                             const gan_allocator *memory);

/* GAN_ERR_FORMAT for more pixels than the request allows; `place` is where the file says so: "byte
 * 16: " or "". */
gan_status gan__image_check_size(const gan__image_file *file, const char *place, size_t width,
                                 size_t height, size_t channels);

/* GAN_ERR_IO for a file that could not be read, GAN_ERR_FORMAT for one that ends after `at` bytes,
 * where `wanted` more are expected. */
gan_status gan__image_fail_read(const gan__image_file *file, uint64_t at, size_t wanted);

/* ---- From a picture to a sample (image_fit.c) ---- */

/* The sample that a picture becomes. */
typedef struct gan__image_frame {
    size_t width, height;
    size_t channels;       /* 1, 3, or 4 with alpha */
    int pads;              /* 0: scaled to cover the frame, and cut; 1: to fit inside */
    uint8_t background[3]; /* around a picture that fits inside; transparent with 4 channels */
} gan__image_frame;

/* Scale a picture until it just covers the frame, cut out its middle, and write that as planes, one
 * a channel.  A picture that is to be grey is made so in place.
 *
 * This is torchvision's Resize (bilinear, antialias=True) of the side that decides, and CenterCrop;
 * grey is 0.299 R + 0.587 G + 0.114 B.  GAN_ERR_NOMEM, from the picture's allocator. */
gan_status gan__image_fit(gan_image *image, const gan__image_frame *frame, uint8_t *planes);

/* ---- Writing ---- */

/* Write a picture as a PNG file.  GAN_ERR_NOMEM. */
gan_status gan__image_put(gan__text *out, const gan_image *image);

/* A PNG file in memory, of gan__image_put(). */
typedef struct gan__png {
    const char *bytes;
    size_t n;
} gan__png;

/* Write pictures of one size, each shown for `milliseconds`, as an animated PNG that repeats: see
 * image_animation.c.  GAN_ERR_NOMEM. */
gan_status gan__image_put_animation(gan__text *out, const gan__png *frames, size_t n,
                                    uint32_t milliseconds);

#endif
