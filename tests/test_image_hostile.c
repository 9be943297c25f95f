/* test_image_hostile.c - PNG files with false sizes, or made to exhaust memory, are refused. */
#include "budget.h"
#include "expect.h"
#include "pictures.h"

#include <gan/image.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.png");
}

TEST_FIXTURE(make_path, NULL)

/* A file made chunk by chunk, with correct CRCs. */
static uint8_t made[1 << 19];
static size_t n_made;

static void begin_png(void)
{
    memcpy(made, "\x89PNG\r\n\x1a\n", 8);
    n_made = 8;
}

static void put_32(uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) made[n_made++] = (uint8_t)(v >> shift);
}

static void put_chunk(const char *type, const void *bytes, size_t n)
{
    put_32((uint32_t)n);
    memcpy(made + n_made, type, 4);
    if (n > 0) memcpy(made + n_made + 4, bytes, n);
    n_made += 4 + n;
    put_32((uint32_t)crc32(0, made + n_made - 4 - n, (uInt)(4 + n)));
}

static void put_head(uint32_t width, uint32_t height, uint8_t depth, uint8_t color)
{
    uint8_t head[13] = {0, 0, 0, 0, 0, 0, 0, 0, depth, color, 0, 0, 0};

    for (int i = 0; i < 4; i++) {
        head[i] = (uint8_t)(width >> (24 - 8 * i));
        head[4 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    put_chunk("IHDR", head, sizeof head);
}

static void put_data(const char *type, const void *prefix, size_t n_prefix, const void *raw,
                     size_t n)
{
    static uint8_t packed[1 << 15];
    uLongf n_packed = sizeof packed - n_prefix;

    if (n_prefix > 0) memcpy(packed, prefix, n_prefix);
    ck_assert_int_eq(compress(packed + n_prefix, &n_packed, raw, n), Z_OK);
    put_chunk(type, packed, n_prefix + n_packed);
}

static void expect_refused(const char *message)
{
    gan_image *image = (gan_image *)made;

    scratch_write(path, made, n_made);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT, message);
    expect_error_says(path);
    ck_assert_ptr_null(image);
}

TEST(a_few_bytes_cannot_claim_many_pixels)
{
    const uint8_t rows[64] = {0};
    budget b;
    gan_image *image;

    begin_png();
    put_head(32768, 32768, 8, 2);
    put_data("IDAT", NULL, 0, rows, sizeof rows);
    put_chunk("IEND", NULL, 0);
    expect_refused("32768 x 32768 pixels");
    budget_init(&b, BUDGET_UNLIMITED);
    expect_status(gan_image_read(&image, path,
                                 &(gan_image_desc){GAN_IMAGE_DESC_INIT, .allocator = &b.allocator}),
                  GAN_ERR_FORMAT);
    ck_assert_uint_eq(b.taken, 0);
}

/* The file is long enough for the size it claims, but what makes it long are not pixels. */
TEST(memory_follows_the_pixels_that_are_there)
{
    static uint8_t nothing[140000], rows[4 * 4097];
    static const uint8_t colors[2 * 3] = {1, 2, 3, 4, 5, 6};

    for (uint8_t interlaced = 0; interlaced < 2; interlaced++) {
        gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .max_bytes = SIZE_MAX};
        gan_image *image;
        budget b;

        begin_png();
        put_head(32768, 32768, 1, 3);
        made[28] = interlaced;
        n_made -= 4;
        put_32((uint32_t)crc32(0, made + 12, 4 + 13));
        put_chunk("PLTE", colors, sizeof colors);
        put_chunk("teSt", nothing, sizeof nothing);
        put_data("IDAT", NULL, 0, rows, sizeof rows);
        put_chunk("IEND", NULL, 0);
        expect_refused("at most 268435456 bytes are read; raise max_bytes of gan_image_desc");
        budget_init(&b, BUDGET_UNLIMITED);
        desc.allocator = &b.allocator;
        expect_fails(gan_image_read(&image, path, &desc), GAN_ERR_FORMAT, "damaged PNG");
        ck_assert_uint_lt(b.peak_bytes, 2 << 20);
        ck_assert_uint_eq(budget_live(&b), 0);
    }
}

TEST(more_bytes_than_the_host_allows_are_refused)
{
    gan_image *image = patterned(5, 4, 3), *back;
    gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .max_bytes = 59};

    expect_ok(gan_image_write(image, path));
    expect_fails(gan_image_read(&back, path, &desc), GAN_ERR_FORMAT,
                 "5 x 4 pixels (60 bytes), at most 59 bytes are read; raise max_bytes");
    desc.max_bytes = 60;
    expect_ok(gan_image_read(&back, path, &desc));
    gan_image_destroy(back);
    gan_image_destroy(image);
}

TEST(sides_beyond_the_limit_are_refused)
{
    const uint32_t bad[][2] = {
        {0, 5}, {5, 0}, {32769, 1}, {1, 32769}, {0x7fffffff, 0x7fffffff}, {0xffffffff, 1}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin_png();
        put_head(bad[i][0], bad[i][1], 8, 0);
        put_chunk("IEND", NULL, 0);
        expect_refused("a side may be 1 to 32768");
    }
}

TEST(impossible_kinds_and_missing_parts_are_refused)
{
    const uint8_t rows[6] = {0, 1, 2, 0, 3, 4};

    begin_png();
    put_head(2, 2, 3, 0); /* no such depth */
    expect_refused("IHDR");
    begin_png();
    put_head(2, 2, 8, 3); /* no palette */
    put_data("IDAT", NULL, 0, rows, sizeof rows);
    put_chunk("IEND", NULL, 0);
    expect_refused("damaged PNG");
    begin_png();
    put_head(2, 2, 8, 0); /* no pixels */
    put_chunk("IEND", NULL, 0);
    expect_refused("damaged PNG");
    begin_png();
    put_head(2, 2, 8, 0); /* a row is missing */
    put_data("IDAT", NULL, 0, rows, 3);
    put_chunk("IEND", NULL, 0);
    expect_refused("damaged PNG");
    begin_png();
    put_head(2, 2, 8, 0); /* no such filter */
    put_data("IDAT", NULL, 0, "\x09zzzzz", 6);
    put_chunk("IEND", NULL, 0);
    expect_refused("damaged PNG");
    begin_png();
    put_chunk("IDAT", rows, 6);
    expect_refused("byte 11: not a PNG file");
}

TEST(texts_and_profiles_are_skipped_not_unpacked)
{
    const uint8_t rows[6] = {0, 10, 20, 0, 30, 40}, wanted[4] = {10, 20, 30, 40};
    const size_t n = 8 << 20;
    uint8_t *bomb = calloc(n, 1);
    gan_image *image;

    begin_png();
    put_head(2, 2, 8, 0);
    put_data("zTXt", "k\0", 3, bomb, n);
    put_data("iCCP", "k\0", 3, bomb, n);
    put_chunk("abCd", "?", 1);
    put_data("IDAT", NULL, 0, rows, sizeof rows);
    put_chunk("tIME", "wrong", 5);
    put_chunk("IEND", NULL, 0);
    free(bomb);
    scratch_write(path, made, n_made);
    expect_ok(gan_image_read(&image, path, NULL));
    expect_same_bits(gan_image_pixels(image), wanted, sizeof wanted);
    gan_image_destroy(image);
}

TEST(no_beginning_of_a_file_is_a_file)
{
    uint8_t whole[1024];
    gan_image *image = patterned(6, 5, 3);
    size_t n;

    expect_ok(gan_image_write(image, path));
    gan_image_destroy(image);
    n = scratch_read(path, whole, sizeof whole);
    ck_assert(n > 60 && n < sizeof whole);
    for (size_t length = 0; length < n; length++) {
        scratch_write(path, whole, length);
        image = (gan_image *)whole;
        expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT, path);
        ck_assert_ptr_null(image);
    }
    scratch_write(path, whole, n);
    expect_ok(gan_image_read(&image, path, NULL));
    gan_image_destroy(image);
}

static void flip_every_byte(const uint8_t *whole, size_t n, const uint8_t *pixels, size_t n_pixels)
{
    static const uint8_t flips[] = {0x01, 0x20, 0x80, 0xff};
    uint8_t changed[1024];
    size_t n_refused = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < sizeof flips; f++) {
            gan_image *image;

            memcpy(changed, whole, n);
            changed[i] ^= flips[f];
            scratch_write(path, changed, n);
            if (gan_image_read(&image, path, NULL) == GAN_OK) {
                expect_same_bits(gan_image_pixels(image), pixels,
                                 n_pixels); /* something that does not matter */
                gan_image_destroy(image);
            } else {
                ck_assert_ptr_null(image);
                expect_error_says(path);
                n_refused++;
            }
        }
    ck_assert_uint_gt(n_refused, n * 3);
}

TEST(flipped_bytes_are_found_by_the_sums)
{
    uint8_t whole[1024];
    gan_image *image = patterned(6, 5, 3);

    expect_ok(gan_image_write(image, path));
    flip_every_byte(whole, scratch_read(path, whole, sizeof whole), gan_image_pixels(image),
                    6 * 5 * 3);
    gan_image_destroy(image);
}

TEST(other_files_are_no_png)
{
    gan_image *image;

    scratch_write(path, "P6 2 2 255 ............ and more", 32);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT,
                 "byte 0: not a PNG file: 0x89 expected, 0x50 found");
    scratch_write(path, "\xff\xd8\xff\xe0\0\x10JFIF", 10);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT,
                 "not a PNG file: 0x89 expected, 0xff found: it is a JPEG picture");
    scratch_write(path, "RIFF\x24\0\0\0WEBPVP8 ", 16);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT, "it is a WebP picture");
    scratch_write(path, "", 0);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT,
                 "byte 0: a PNG's first 24 bytes expected");
}
