/* image.h - images in memory and as PNG files. */
#ifndef GAN_IMAGE_H
#define GAN_IMAGE_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * An image of 8-bit grey (1 channel) or RGB (3 channels) pixels, row by row from the top left, the
 * channels of a pixel together.
 *
 * Created by gan_image_create() or gan_image_read(), destroyed by gan_image_destroy().  One thread
 * at a time.
 */
typedef struct gan_image gan_image;

/** The largest width and height of an image. */
#define GAN_IMAGE_MAX_SIDE 32768

/**
 * Create a black image.
 *
 * @param[out] out            Receives the image, yours to destroy; NULL on failure.
 * @param[in]  width, height  In pixels, 1 to GAN_IMAGE_MAX_SIDE.
 * @param[in]  channels       1 or 3.
 * @param[in]  allocator      Memory functions, or NULL for malloc's.
 *
 * @retval GAN_OK           `*out` is the image.
 * @retval GAN_ERR_INVALID  `out` is NULL, a number is out of range, or `allocator` lacks a
 *                          function.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_create(gan_image **out, size_t width, size_t height,
                                                   size_t channels, const gan_allocator *allocator);

/** Settings of gan_image_read(); start from GAN_IMAGE_DESC_INIT. */
typedef struct gan_image_desc {
    size_t struct_size; /**< set by GAN_IMAGE_DESC_INIT */
    size_t max_bytes;   /**< limit for the pixels in bytes, width * height * channels; 0: 2^28.
                             0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    /**
     * 1: also read JPEG and WebP files, detected by content, and apply the EXIF orientation.  0:
     * PNG only, pixels as stored.  0
     */
    int any_format;
} gan_image_desc;
#define GAN_IMAGE_DESC_INIT GAN_SIZED_INIT(gan_image_desc, 0, 0, 0)

/** GAN_IMAGE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_image_desc_init(gan_image_desc *desc, size_t struct_size);

/**
 * Read a PNG file; with `any_format` of gan_image_desc a JPEG or WebP file, too.
 *
 * Every kind of PNG is read: palettes and 16 bits become 8-bit grey or RGB, an alpha channel is
 * dropped.  So is every JPEG of 8 bits that libjpeg-turbo decodes (baseline, progressive, grey,
 * RGB, CMYK), and every WebP of a single image.  A JPEG whose pixels are damaged or missing is an
 * error, not an image with grey parts.
 *
 * @param[out] out   Receives the image, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the image.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO       The file could not be opened or read, or is a directory, a pipe or a
 *                          device.
 * @retval GAN_ERR_FORMAT   It is not a PNG (the message says what it is, if known), is damaged,
 *                          wider or higher than GAN_IMAGE_MAX_SIDE, or larger than `max_bytes`; or,
 *                          with `any_format`, of a format that libgan was built without, which
 *                          names what to install.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: a few bytes of a file may claim a large image; its memory grows as pixels are decoded.
 * Meanwhile up to 1.5 times their size is held, for an interlaced image twice.  libpng,
 * libjpeg and libwebp take further memory from malloc: libjpeg up to 6 times the pixels for a
 * progressive file, libwebp the whole image.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_read(gan_image **out, const char *path,
                                                 const gan_image_desc *desc);

/**
 * Read a PNG file as gan_image_read() does, from memory or through a callback.
 *
 * @param[out] out   Receives the image, yours to destroy; NULL on failure.
 * @param[in]  from  The reader.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the image.
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither memory nor a callback,
 *                          or `desc` is invalid.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval GAN_ERR_FORMAT   As of gan_image_read(); or more bytes than the reader allows.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_read_from(gan_image **out, const gan_reader *from,
                                                      const gan_image_desc *desc);

/**
 * Write an image as a PNG file.
 *
 * The file is written to a temporary file beside `path` and renamed, so that a viewer never sees a
 * partial image.  A symbolic link is followed, and its target is replaced.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  `image` or `path` is NULL.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write(const gan_image *image, const char *path);

/**
 * Write an image as a PNG file to memory or through a callback.
 *
 * @param[in]     image  The image.
 * @param[in,out] to     The writer; its n_bytes is set to the size of the file.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  `image` or `to` is NULL, or the writer has neither memory nor a
 *                          callback.
 * @retval GAN_ERR_IO       The callback failed, or the memory is too small; `to->n_bytes` is then
 *                          the size needed.  Discard the bytes that were written: they are the
 *                          beginning of a file.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_to(const gan_image *image, gan_writer *to);

/**
 * Write images as an animated PNG file (APNG), which begins again after its last frame.
 *
 * Browsers show the animation; programs without support for it show the first frame.  The file is replaced
 * whole, as by gan_image_write().
 *
 * @param[in] frames        `n` images of one size and number of channels.
 * @param[in] n             1 to 65536.
 * @param[in] milliseconds  How long each frame is shown, 1 to 65535.
 * @param[in] path          The PNG file.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  `frames`, one of the images or `path` is NULL, or a number is out of
 *                          range.
 * @retval GAN_ERR_SHAPE    The images differ in size or channels.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory: twice the size of the file is taken during the call, from the
 *                          first image's allocator.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_animation(gan_image *const *frames, size_t n,
                                                            uint32_t milliseconds,
                                                            const char *path);

/** Write images as gan_image_write_animation() does, to memory or through a callback, with the
 * results of gan_image_write_to() in the place of GAN_ERR_IO.  @since 0.1 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_animation_to(gan_image *const *frames, size_t n,
                                                               uint32_t milliseconds,
                                                               gan_writer *to);

/** Destroy an image.  NULL is allowed.  @since 0.1 */
GAN_API void gan_image_destroy(gan_image *image);

/** Return the width in pixels; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_width(const gan_image *image);

/** Return the height in pixels; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_height(const gan_image *image);

/** Return the number of channels, 1 or 3; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_channels(const gan_image *image);

/** Return the pixels, width * height * channels bytes that live as long as the image; NULL for
 * NULL.  @since 0.1 */
GAN_API uint8_t *gan_image_pixels(gan_image *image);

/** Settings of a grid; start from GAN_GRID_DESC_INIT. */
typedef struct gan_grid_desc {
    size_t struct_size; /**< set by GAN_GRID_DESC_INIT */
    size_t columns;     /**< samples per row; 0: the square root of their number, rounded up.  0 */
    size_t padding;     /**< pixels between and around samples, at most 256.  0 */
    uint8_t background; /**< grey level of the padding.  0 */
    /**
     * Each value x of channel c is shown as x * std[c] + mean[c], clamped to 0 (black) to 1
     * (white).  A std of 0 means mean 0.5 and std 0.5, for samples in the range -1 to 1.
     */
    float mean[4];
    float std[4];                   /**< finite; see mean */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_grid_desc;
#define GAN_GRID_DESC_INIT GAN_SIZED_INIT(gan_grid_desc, 0, 0, 0, {0, 0, 0, 0}, {0, 0, 0, 0}, 0)

/** GAN_GRID_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_grid_desc_init(gan_grid_desc *desc, size_t struct_size);

/**
 * Arrange samples in a grid as one image (torchvision's make_grid).
 *
 * @param[out] out      Receives the image, yours to destroy; NULL on failure.
 * @param[in]  samples  `n` samples, one after the other.  NaN is shown black.
 * @param[in]  n        How many, at least 1.
 * @param[in]  shape    Of one sample: [1, h, w] or [h, w] grey, [3, h, w] RGB.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the image.
 * @retval GAN_ERR_INVALID  `out` or `samples` is NULL, `n` is 0, or a setting is out of range.
 * @retval GAN_ERR_SHAPE    `shape` is not that of an image, or the grid would be too large.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_create_grid(gan_image **out, const float *samples,
                                                        size_t n, gan_shape shape,
                                                        const gan_grid_desc *desc);

/**
 * Arrange samples as gan_image_create_grid() does and write the image as gan_image_write() does.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  `path` or `samples` is NULL, `n` is 0, or a setting is out of range.
 * @retval GAN_ERR_SHAPE    `shape` is not that of an image, or the grid would be too large.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_grid(const char *path, const float *samples,
                                                       size_t n, gan_shape shape,
                                                       const gan_grid_desc *desc);

GAN_END_DECLS

#endif
