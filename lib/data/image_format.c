/* image_format.c - what formats of pictures share. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <string.h>

enum {
    MAX_BYTES = 1 << 28, /* of pixels, by default */
    FIRST_ROOM = 1 << 20 /* of pixels that are allocated before the file has shown that it has as
                            many */
};

gan_status gan__image_append(gan__image_rows *rows, const uint8_t *row, size_t n,
                             const gan_allocator *memory)
{
    gan_status status = GAN_OK;

    if (n > rows->room - rows->used)
        status =
            gan__alloc_grow(&rows->pixels, &rows->room, rows->used, FIRST_ROOM, rows->all, memory);
    if (status != GAN_OK) return status;
    memcpy(rows->pixels + rows->used, row, n);
    rows->used += n;
    return GAN_OK;
}

gan_status gan__image_check_size(const gan__image_file *file, const char *place, size_t width,
                                 size_t height, size_t channels)
{
    const uint64_t n = (uint64_t)width * channels * height;
    const size_t most = file->request->max_bytes ? file->request->max_bytes : MAX_BYTES;

    if (n <= most) return GAN_OK;
    return gan__fail(
        GAN_ERR_FORMAT, "%s: %s%zu x %zu pixels (%llu bytes), at most %zu bytes are read; raise %s",
        file->path, place, width, height, (unsigned long long)n, most, file->request->setting);
}

gan_status gan__image_fail_read(const gan__image_file *file, uint64_t at, size_t wanted)
{
    const int error = file->input->error;

    if (error)
        return gan__fail(gan__errno_status(error), "%s: byte %llu: cannot be read: %s", file->path,
                         (unsigned long long)at, gan__errno_text_of(error).text);
    return gan__fail(GAN_ERR_FORMAT, "%s: byte %llu: %zu more bytes of %s expected, the file ends",
                     file->path, (unsigned long long)at, wanted, "a picture");
}
