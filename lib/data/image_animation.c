/* image_animation.c - animated PNG files, of PNG files of their frames.
 *
 * libpng writes animations only with a patch that distributions don't have; but an animation is
 * only chunks around what libpng writes (PNG specification, third edition, 11.3.6):
 *
 *     frame 0    IHDR        IDAT IDAT IEND
 *     frame 1    IHDR        IDAT      IEND
 *
 *     animation  IHDR acTL   fcTL IDAT IDAT   fcTL fdAT   IEND
 *
 * acTL says how many frames there are, fcTL how large a frame is and how long it is shown.  fdAT is
 * the IDAT of a later frame after a sequence number, which counts fcTL and fdAT.  Programs that
 * don't know animations show the first frame. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/stream_internal.h"

#include <string.h>

enum { SIGNATURE = 8, HEAD = 8, CRC = 4, IHDR_DATA = 13 };

static int take_bytes(void *text, const void *bytes, size_t n)
{
    gan__text *out = text;

    gan__text_put_bytes(out, bytes, n);
    return out->status == GAN_OK;
}

gan_status gan__image_put(gan__text *out, const gan_image *image)
{
    gan_writer to = gan_writer_callback(take_bytes, out);
    const gan_status status = gan_image_write_to(image, &to);

    if (out->status == GAN_OK) return status;
    return gan__fail(out->status, "image: out of memory: a PNG file cannot grow"); /* not a write */
}

static uint32_t number_at(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void set_number(char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++) bytes[i] = (char)(value >> (24 - 8 * i) & 255);
}

/* A chunk, whose data may come in two pieces. */
static void put_chunk(gan__text *out, const char type[5], const char *data, size_t n,
                      const char *more, size_t n_more)
{
    char head[HEAD], crc[CRC];
    uint32_t sum;

    set_number(head, (uint32_t)(n + n_more));
    memcpy(head + 4, type, 4);
    sum = gan__file_sum(gan__file_sum(0, head + 4, 4), data, n);
    set_number(crc, gan__file_sum(sum, more, n_more));
    gan__text_put_bytes(out, head, HEAD);
    gan__text_put_bytes(out, data, n);
    gan__text_put_bytes(out, more, n_more);
    gan__text_put_bytes(out, crc, CRC);
}

/* fcTL: its number, the size from IHDR, no offset, a fraction of a second, the next frame over it. */
static void put_control(gan__text *out, uint32_t *number, const char *ihdr, uint32_t milliseconds)
{
    char data[26] = {0};

    set_number(data, (*number)++);
    memcpy(data + 4, ihdr, 8);
    set_number(data + 20, milliseconds << 16 | 1000);
    put_chunk(out, "fcTL", data, sizeof data, NULL, 0);
}

/* The data of a frame: unchanged for the first, else after a sequence number. */
static void put_frame(gan__text *out, uint32_t *number, const gan__png *png, int first)
{
    for (size_t at = SIGNATURE; at + HEAD + CRC <= png->n;) {
        const char *chunk = png->bytes + at;
        const size_t n = number_at(chunk);
        char sequence[4];

        at += HEAD + n + CRC;
        if (memcmp(chunk + 4, "IDAT", 4) != 0) continue;
        if (first) {
            gan__text_put_bytes(out, chunk, HEAD + n + CRC);
            continue;
        }
        set_number(sequence, (*number)++);
        put_chunk(out, "fdAT", sequence, sizeof sequence, chunk + HEAD, n);
    }
}

gan_status gan__image_put_animation(gan__text *out, const gan__png *frames, size_t n,
                                    uint32_t milliseconds)
{
    const char *ihdr = frames[0].bytes + SIGNATURE + HEAD;
    char control[8] = {0}; /* how many frames, and 0: for ever */
    uint32_t number = 0;

    set_number(control, (uint32_t)n);
    gan__text_put_bytes(out, frames[0].bytes, SIGNATURE + HEAD + IHDR_DATA + CRC);
    put_chunk(out, "acTL", control, sizeof control, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        put_control(out, &number, ihdr, milliseconds);
        put_frame(out, &number, &frames[i], i == 0);
    }
    put_chunk(out, "IEND", NULL, 0, NULL, 0);
    return out->status;
}

/* ---- The host's animations ---- */

static gan_status check_frames(gan_image *const *frames, size_t n, uint32_t milliseconds)
{
    enum { MOST = 65536, LONGEST = 65535 };

    if (!frames) return gan__fail(GAN_ERR_INVALID, "image: frames is NULL");
    if (n < 1 || n > MOST)
        return gan__fail(GAN_ERR_INVALID, "image: 1 to %d frames expected, got %zu", MOST, n);
    if (milliseconds < 1 || milliseconds > LONGEST)
        return gan__fail(GAN_ERR_INVALID, "image: 1 to %d milliseconds a frame expected, got %lu",
                         LONGEST, (unsigned long)milliseconds);
    for (size_t i = 0; i < n; i++) {
        const gan_image *image = frames[i], *first = frames[0];

        if (!image) return gan__fail(GAN_ERR_INVALID, "image: frame %zu is NULL", i);
        if (image->width != first->width || image->height != first->height ||
            image->channels != first->channels)
            return gan__fail(GAN_ERR_SHAPE,
                             "image: frame %zu is %zu x %zu with %zu channels, the first one %zu x "
                             "%zu with %zu",
                             i, image->width, image->height, image->channels, first->width,
                             first->height, first->channels);
    }
    return GAN_OK;
}

/* The files of all frames are written one after the other into one buffer, which may move while it
 * grows, so that `files` is filled at the end. */
static gan_status put_files(gan__text *out, gan__png *files, gan_image *const *frames, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t begin = out->used;
        const gan_status status = gan__image_put(out, frames[i]);

        if (status != GAN_OK) return status;
        files[i].n = out->used - begin;
    }
    for (size_t i = 0; i < n; i++) {
        files[i].bytes = out->bytes + at;
        at += files[i].n;
    }
    return GAN_OK;
}

static gan_status write_animation(gan_image *const *frames, size_t n, uint32_t milliseconds,
                                  gan__target to)
{
    gan_status status = check_frames(frames, n, milliseconds);

    if (status == GAN_OK) status = gan__target_check(to, "image");
    if (status != GAN_OK) return status;
    const gan_allocator *a = &frames[0]->allocator;
    gan__text pngs = {.allocator = a}, animation = {.allocator = a};
    gan__png *files = NULL;

    GAN_TRY(gan__alloc(&files, a, n, sizeof *files));
    GAN_TRY(put_files(&pngs, files, frames, n));
    GAN_TRY(gan__image_put_animation(&animation, files, n, milliseconds));
    GAN_TRY(gan__file_write_whole(to, animation.bytes, animation.used, a));

cleanup:
    gan__text_end(&animation);
    gan__text_end(&pngs);
    gan__free(a, files);
    return status;
}

gan_status gan_image_write_animation(gan_image *const *frames, size_t n, uint32_t milliseconds,
                                     const char *path)
{
    return write_animation(frames, n, milliseconds, (gan__target){.path = path});
}

gan_status gan_image_write_animation_to(gan_image *const *frames, size_t n, uint32_t milliseconds,
                                        gan_writer *to)
{
    return write_animation(frames, n, milliseconds, (gan__target){.writer = to});
}
