/* image_webp.c - WebP files.  The only file that uses libwebp. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <stdlib.h>
#include <string.h>

static int is_webp(const unsigned char *bytes, size_t n)
{
    return n >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0;
}

#ifndef GAN__HAVE_WEBP

const gan__image_format gan__image_webp = {
    .name = "WebP", .missing = "libwebp (Debian: libwebp-dev)", .is = is_webp};

#else

#include <webp/decode.h>

enum { HEAD_BYTES = 64, FILE_HEAD = 12, CHUNK_HEAD = 8 };

/* ---- Before the pixels ---- */

static gan_status fail(const gan__image_file *file, VP8StatusCode code)
{
    if (code == VP8_STATUS_OUT_OF_MEMORY)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory in libwebp", file->path);
    return gan__fail(GAN_ERR_FORMAT, "%s: damaged WebP: %s", file->path,
                     code == VP8_STATUS_NOT_ENOUGH_DATA ? "the file ends too early"
                     : code == VP8_STATUS_UNSUPPORTED_FEATURE
                         ? "it has a feature that libwebp does not know"
                         : "libwebp cannot decode it");
}

static gan_status check(const gan__image_file *file, VP8StatusCode code,
                        const WebPBitstreamFeatures *features)
{
    if (code != VP8_STATUS_OK) return fail(file, code);
    if (features->has_animation)
        return gan__fail(GAN_ERR_FORMAT, "%s: one WebP picture expected, found an animation",
                         file->path);
    return gan__image_check_size(file, "", (size_t)features->width, (size_t)features->height,
                                 features->has_alpha && file->request->keeps_alpha ? 4 : 3);
}

/* WebP has no grey format: grey pictures are colour files. */
static gan_status examine(gan__image_head *out, const gan__image_file *file)
{
    uint8_t head[HEAD_BYTES];
    const size_t n = gan__input_read(file->input, head, sizeof head);
    WebPBitstreamFeatures features;
    gan_status status;

    if (n < sizeof head && file->input->error) return gan__image_fail_read(file, n, 1);
    status = check(file, WebPGetFeatures(head, n, &features), &features);
    if (status == GAN_OK)
        *out = (gan__image_head){(size_t)features.width, (size_t)features.height, 3};
    return status;
}

static uint32_t little_endian_32(const uint8_t *b)
{
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* The file is a list of chunks, each a name, a length and that many bytes, padded to an even
 * number; one of them may be EXIF data. */
static int orientation_of(const uint8_t *bytes, size_t n)
{
    for (size_t at = FILE_HEAD; n - at >= CHUNK_HEAD;) {
        const size_t length = little_endian_32(bytes + at + 4), left = n - at - CHUNK_HEAD;
        const uint8_t *data = bytes + at + CHUNK_HEAD;

        if (length > left) break;
        if (memcmp(bytes + at, "EXIF", 4) == 0) {
            const size_t prefix = length > 6 && memcmp(data, "Exif\0\0", 6) == 0 ? 6 : 0;

            return gan__exif_orientation(data + prefix, length - prefix);
        }
        if (length == left) break;
        at += CHUNK_HEAD + length + length % 2;
        if (at > n) break;
    }
    return 1;
}

/* ---- The pixels ---- */

/* libwebp decodes bytes in memory. */
static gan_status read_all(uint8_t **out, size_t *n, const gan__image_file *file)
{
    gan_status status;

    *n = file->input->n_bytes < SIZE_MAX ? (size_t)file->input->n_bytes : SIZE_MAX;
    status = gan__alloc(out, file->allocator, *n, 1);
    if (status != GAN_OK) return status;
    if (gan__input_read(file->input, *out, *n) == *n) return GAN_OK;
    return gan__image_fail_read(file, 0, *n);
}

/* libwebp 1.5 reports a damaged alpha channel as a lack of memory, too.  It has no more than some
 * rows of pixels and the alpha channel at a time, or a lossless picture with as much again. */
static int has_memory(const gan_image *image)
{
    const size_t pixels = gan__size_mul(image->width, image->height);
    void *memory = malloc(gan__size_add(gan__size_mul(8, pixels), 1 << 20));
    const int has = memory != NULL;

    free(memory);
    return has;
}

static gan_status decode_into(gan_image *image, const uint8_t *bytes, size_t n,
                              const gan__image_file *file)
{
    WebPDecoderConfig config;
    VP8StatusCode code;

    if (!WebPInitDecoderConfig(&config))
        return gan__fail(GAN_ERR_FORMAT, "%s: libwebp is of another release than its headers",
                         file->path);
    config.output.colorspace = image->channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image->pixels;
    config.output.u.RGBA.stride = (int)(image->width * image->channels);
    config.output.u.RGBA.size = image->width * image->channels * image->height;
    code = WebPDecode(bytes, n, &config);
    if (code == VP8_STATUS_OUT_OF_MEMORY && has_memory(image)) code = VP8_STATUS_BITSTREAM_ERROR;
    return code == VP8_STATUS_OK ? GAN_OK : fail(file, code);
}

static gan_status decode(gan_image **out, int *orientation, const gan__image_file *file)
{
    WebPBitstreamFeatures features;
    gan_status status = GAN_OK;
    gan_image *image = NULL;
    uint8_t *bytes = NULL;
    size_t n, channels;

    GAN_TRY(read_all(&bytes, &n, file));
    GAN_TRY(check(file, WebPGetFeatures(bytes, n, &features), &features));
    channels = features.has_alpha && file->request->keeps_alpha ? 4 : 3;
    GAN_TRY(gan__image_wrap(&image, (size_t)features.width, (size_t)features.height, channels, NULL,
                            file->allocator));
    GAN_TRY(decode_into(image, bytes, n, file));
    *orientation = orientation_of(bytes, n);
    *out = image;
    image = NULL;

cleanup:
    gan_image_destroy(image);
    gan__free(file->allocator, bytes);
    return status;
}

const gan__image_format gan__image_webp = {
    .name = "WebP", .is = is_webp, .examine = examine, .decode = decode};

#endif
