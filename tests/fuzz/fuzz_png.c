/* fuzz_png.c - any bytes as a PNG file, as they are and with the sums put right: an error, or a
 * picture that survives being written, and that fits a sample. */
#include "data/image_internal.h"
#include "file/file_internal.h"
#include "input.h"

#include <string.h>

/* So small that -rss_limit_mb can be, too, which shows that memory follows what a file holds. */
static const gan__image_request limit = {
    .max_bytes = 4 << 20, .setting = "limit", .only = &gan__image_png};

static void make_samples(gan_image *image)
{
    const size_t sizes[][2] = {{5, 3}, {1, 1}, {3, 64}};
    uint8_t planes[3 * 3 * 64];

    for (size_t i = 0; i < 3; i++)
        demand(gan__image_fit(image, &(gan__image_frame){sizes[i][0], sizes[i][1], i == 2 ? 1 : 3, 0, {0}}, planes) == GAN_OK,
               "a picture that was read fits a sample");
}

static void write_and_read_again(gan_image *image)
{
    const size_t n = gan_image_width(image) * gan_image_height(image) * gan_image_channels(image);
    gan_writer to = gan_writer_memory(NULL, 0);
    gan_image *again = NULL;
    gan_reader from;

    demand(gan_image_write_to(image, &to) == GAN_ERR_IO, "the size of its file can be asked");
    to = gan_writer_memory(malloc(to.n_bytes), to.n_bytes);
    if (!to.bytes) return;
    demand(gan_image_write_to(image, &to) == GAN_OK, "a picture that was read can be written");
    from = gan_reader_memory(to.bytes, to.n_bytes);
    demand(gan_image_read_from(&again, &from, NULL) == GAN_OK, "and read again");
    demand(gan_image_width(again) == gan_image_width(image), "it is as wide");
    demand(gan_image_channels(again) == gan_image_channels(image), "it has the same channels");
    demand(gan_image_height(again) == gan_image_height(image), "it is as high");
    demand(memcmp(gan_image_pixels(again), gan_image_pixels(image), n) == 0,
           "it has the same pixels");
    gan_image_destroy(again);
    free(to.bytes);
}

static void try(const uint8_t *bytes, size_t n)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_image *image = NULL;
    gan_status status = gan__image_read(&image, (gan__source){.reader = &from}, &limit, NULL);

    demand((status == GAN_OK) == (image != NULL), "a picture comes with success alone");
    demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_NOMEM,
           "the status is in the contract");
    if (image) write_and_read_again(image);
    if (image) make_samples(image);
    gan_image_destroy(image);
}

static uint32_t read_32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Put the sum right that each chunk ends in: length, name, that many bytes, sum. */
static void seal(uint8_t *bytes, size_t n)
{
    for (size_t at = 8; n - at >= 12;) {
        const size_t length = read_32(bytes + at);
        uint32_t sum;

        if (length > n - at - 12) return;
        sum = gan__file_sum(0, bytes + at + 4, length + 4);
        for (size_t i = 0; i < 4; i++) bytes[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *sealed = malloc(n > 0 ? n : 1);

    try(bytes, n);
    if (sealed && n >= 8) {
        memcpy(sealed, bytes, n);
        seal(sealed, n);
        if (memcmp(sealed, bytes, n) != 0) try(sealed, n);
    }
    free(sealed);
    return 0;
}
