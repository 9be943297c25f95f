/* image.h - pictures in memory and as PNG files. */
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
 * A picture of 8-bit grey (1 channel) or RGB (3 channels) pixels, row by row from the top left,
 * the channels of a pixel together.
 *
 * Made by gan_image_create() or gan_image_read(), ended by gan_image_destroy().  One thread at a
 * time.
 */
typedef struct gan_image gan_image;

/** The largest width and height of a picture. */
#define GAN_IMAGE_MAX_SIDE 32768

/**
 * Make a black picture.
 *
 * @param[out] out            Receives the picture, yours to destroy; NULL on failure.
 * @param[in]  width, height  In pixels, 1 to GAN_IMAGE_MAX_SIDE.
 * @param[in]  channels       1 or 3.
 * @param[in]  allocator      Memory functions, or NULL for malloc's.
 *
 * @retval GAN_OK           `*out` is the picture.
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
    size_t max_bytes;   /**< most bytes of pixels, width * height * channels; 0: 2^28.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    /**
     * 1: read JPEG and WebP files, too, told by their content, and turn pictures upright that
     * their EXIF data says to turn.  0: PNG alone, pixels as they are stored.  0
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
 * dropped.  So is every JPEG of 8 bits that libjpeg-turbo decodes (baseline, progressive, grey, RGB,
 * CMYK), and every WebP of a single picture.  A JPEG whose pixels are damaged or missing is an
 * error, not a picture with grey parts.
 *
 * @param[out] out   Receives the picture, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the picture.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO       The file could not be opened or read, or is a directory, a pipe or a
 *                          device.
 * @retval GAN_ERR_FORMAT   It is no PNG (what it is instead is named if known), a damaged one,
 *                          wider or higher than GAN_IMAGE_MAX_SIDE, or larger than `max_bytes`; or,
 *                          with `any_format`, of a format that libgan was built without, which
 *                          names what to install.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: a few bytes of a file may claim a large picture; its memory is taken as pixels come.
 * While they do, up to 1.5 times of them are held, of an interlaced picture twice.  libpng, libjpeg
 * and libwebp take what they need besides from malloc: libjpeg up to 6 times the pixels for a
 * progressive file, libwebp the whole picture.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_read(gan_image **out, const char *path,
                                                 const gan_image_desc *desc);

/**
 * Read a PNG file as gan_image_read() does, from memory or by a function of the host.
 *
 * @param[out] out   Receives the picture, yours to destroy; NULL on failure.
 * @param[in]  from  The reader.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the picture.
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither memory nor function, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The reader's function failed.
 * @retval GAN_ERR_FORMAT   As of gan_image_read(); or more bytes than the reader allows.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_read_from(gan_image **out, const gan_reader *from,
                                                      const gan_image_desc *desc);

/**
 * Write a picture as a PNG file.
 *
 * The file is written beside `path` and renamed, so that a viewer never sees half a picture.  A
 * symbolic link stays, and its target is replaced.
 *
 * @retval GAN_OK           The file is there.
 * @retval GAN_ERR_INVALID  `image` or `path` is NULL.
 * @retval GAN_ERR_IO       The file could not be written; what stood at `path` still does.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write(const gan_image *image, const char *path);

/**
 * Write a picture as a PNG file to memory or by a function of the host.
 *
 * @param[in]     image  The picture.
 * @param[in,out] to     The writer; its n_bytes tells how many bytes the file has.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  `image` or `to` is NULL, or the writer has neither memory nor function.
 * @retval GAN_ERR_IO       The function failed, or the memory is too small; `to->n_bytes` then
 *                          tells how many bytes it takes.  Discard the bytes that were
 *                          written: they are the beginning of a file.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_to(const gan_image *image, gan_writer *to);

/** End a picture.  NULL is allowed.  @since 0.1 */
GAN_API void gan_image_destroy(gan_image *image);

/** Return the width in pixels; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_width(const gan_image *image);

/** Return the height in pixels; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_height(const gan_image *image);

/** Return the number of channels, 1 or 3; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_image_channels(const gan_image *image);

/** Return the pixels, width * height * channels bytes that live as long as the picture; NULL for
 * NULL.  @since 0.1 */
GAN_API uint8_t *gan_image_pixels(gan_image *image);

/** Settings of a grid; start from GAN_GRID_DESC_INIT. */
typedef struct gan_grid_desc {
    size_t struct_size; /**< set by GAN_GRID_DESC_INIT */
    size_t columns;     /**< samples a row; 0: the square root of their number, rounded up.  0 */
    size_t padding;     /**< pixels between and around samples, at most 256.  0 */
    uint8_t background; /**< grey of the padding.  0 */
    /**
     * Each number x of channel c is shown as x * std[c] + mean[c], 0 black to 1 white, cut there.
     * A std of 0 stands for mean 0.5 and std 0.5, which shows what reaches from -1 to 1.
     */
    float mean[4];
    float std[4];                   /**< finite; see mean */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_grid_desc;
#define GAN_GRID_DESC_INIT GAN_SIZED_INIT(gan_grid_desc, 0, 0, 0, {0, 0, 0, 0}, {0, 0, 0, 0}, 0)

/** GAN_GRID_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_grid_desc_init(gan_grid_desc *desc, size_t struct_size);

/**
 * Lay out samples as the tiles of one picture (torchvision's make_grid).
 *
 * @param[out] out      Receives the picture, yours to destroy; NULL on failure.
 * @param[in]  samples  `n` samples, one after the other.  NaN is shown black.
 * @param[in]  n        How many, at least 1.
 * @param[in]  shape    Of one sample: [1, h, w] or [h, w] grey, [3, h, w] RGB.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the picture.
 * @retval GAN_ERR_INVALID  `out` or `samples` is NULL, `n` is 0, or a setting is out of range.
 * @retval GAN_ERR_SHAPE    `shape` is not that of a picture, or the grid would be too large.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_create_grid(gan_image **out, const float *samples,
                                                        size_t n, gan_shape shape,
                                                        const gan_grid_desc *desc);

/**
 * Lay out samples as by gan_image_create_grid() and write the picture as by gan_image_write().
 *
 * @retval GAN_OK           The file is there.
 * @retval GAN_ERR_INVALID  `path` or `samples` is NULL, `n` is 0, or a setting is out of range.
 * @retval GAN_ERR_SHAPE    `shape` is not that of a picture, or the grid would be too large.
 * @retval GAN_ERR_IO       The file could not be written; what stood at `path` still does.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_image_write_grid(const char *path, const float *samples,
                                                       size_t n, gan_shape shape,
                                                       const gan_grid_desc *desc);

GAN_END_DECLS

#endif
