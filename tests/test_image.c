/* test_image.c - pictures, PNG files of every kind, hostile ones, and grids. */
#include "budget.h"
#include "expect.h"

#include <gan/image.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.png");
}

TEST_FIXTURE(make_path, NULL)

/* Pixels that repeat nowhere nearby. */
static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 37 + i * i / 11 + 13);
}

static gan_image *patterned(size_t width, size_t height, size_t channels)
{
    gan_image *image;

    expect_ok(gan_image_create(&image, width, height, channels, NULL));
    for (size_t i = 0; i < width * height * channels; i++) gan_image_pixels(image)[i] = pattern(i);
    return image;
}

/* ---- In memory ---- */

TEST(a_new_picture_is_black_and_of_its_size)
{
    const uint8_t black[7 * 5 * 3] = {0};
    gan_image *image;

    expect_ok(gan_image_create(&image, 7, 5, 3, NULL));
    ck_assert_uint_eq(gan_image_width(image), 7);
    ck_assert_uint_eq(gan_image_height(image), 5);
    ck_assert_uint_eq(gan_image_channels(image), 3);
    expect_same_bits(gan_image_pixels(image), black, sizeof black);
    gan_image_destroy(image);
}

TEST(null_pictures_have_nothing)
{
    ck_assert_uint_eq(gan_image_width(NULL), 0);
    ck_assert_uint_eq(gan_image_height(NULL), 0);
    ck_assert_uint_eq(gan_image_channels(NULL), 0);
    ck_assert_ptr_null(gan_image_pixels(NULL));
    gan_image_destroy(NULL);
}

TEST(sizes_out_of_range_are_refused)
{
    const size_t max = GAN_IMAGE_MAX_SIDE;
    gan_allocator half = {0};
    gan_image *image;
    budget b;

    expect_fails(gan_image_create(NULL, 1, 1, 1, NULL), GAN_ERR_INVALID, "out");
    image = (gan_image *)&b;
    expect_fails(gan_image_create(&image, 0, 5, 1, NULL), GAN_ERR_INVALID, "0 x 5");
    ck_assert_ptr_null(image);
    expect_fails(gan_image_create(&image, 5, 0, 1, NULL), GAN_ERR_INVALID, "5 x 0");
    expect_fails(gan_image_create(&image, max + 1, 1, 1, NULL), GAN_ERR_INVALID, "32769 x 1");
    expect_fails(gan_image_create(&image, 1, max + 1, 1, NULL), GAN_ERR_INVALID, "1 x 32769");
    expect_fails(gan_image_create(&image, SIZE_MAX, SIZE_MAX, 3, NULL), GAN_ERR_INVALID, "pixels");
    for (size_t channels = 0; channels < 6; channels++)
        if (channels != 1 && channels != 3)
            expect_fails(gan_image_create(&image, 2, 2, channels, NULL), GAN_ERR_INVALID,
                         "channels");
    expect_fails(gan_image_create(&image, 2, 2, 1, &half), GAN_ERR_INVALID, "allocator");
    budget_init(&b, 1);
    expect_status(gan_image_create(&image, max, max, 3, &b.allocator), GAN_ERR_NOMEM);
    ck_assert_ptr_null(image);
    ck_assert_uint_eq(budget_live(&b), 0);
    expect_ok(gan_image_create(&image, max, 1, 3, NULL));
    gan_image_destroy(image);
}

/* ---- PNG files ---- */

static void expect_round_trip(size_t width, size_t height, size_t channels)
{
    gan_image *image = patterned(width, height, channels), *back;

    expect_ok(gan_image_write(image, path));
    expect_ok(gan_image_read(&back, path, NULL));
    ck_assert_uint_eq(gan_image_width(back), width);
    ck_assert_uint_eq(gan_image_height(back), height);
    ck_assert_uint_eq(gan_image_channels(back), channels);
    expect_same_bits(gan_image_pixels(back), gan_image_pixels(image), width * height * channels);
    gan_image_destroy(back);
    gan_image_destroy(image);
}

TEST(what_is_written_is_read)
{
    for (size_t channels = 1; channels <= 3; channels += 2) {
        expect_round_trip(1, 1, channels);
        expect_round_trip(28, 28, channels);
        expect_round_trip(17, 131, channels);
        expect_round_trip(GAN_IMAGE_MAX_SIDE, 1, channels);
        expect_round_trip(1, GAN_IMAGE_MAX_SIDE, channels);
    }
}

TEST(the_same_picture_gives_the_same_file)
{
    static uint8_t first[4096], second[4096];
    gan_image *image = patterned(21, 12, 3);
    size_t n;

    expect_ok(gan_image_write(image, path));
    n = scratch_read(path, first, sizeof first);
    expect_ok(gan_image_write(image, path));
    ck_assert_uint_eq(scratch_read(path, second, sizeof second), n);
    expect_same_bits(second, first, n);
    gan_image_destroy(image);
}

TEST(another_reader_sees_the_same_pixels)
{
    const size_t width = 19, height = 7;

    if (system("command -v pngtopnm >/dev/null 2>&1") != 0) return;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        gan_image *image = patterned(width, height, channels);
        const size_t n = width * height * channels;
        char command[1100], magic[3] = "";
        unsigned w = 0, h = 0, max = 0;
        uint8_t found[19 * 7 * 3];
        FILE *pipe;

        expect_ok(gan_image_write(image, path));
        snprintf(command, sizeof command, "pngtopnm '%s'", path);
        pipe = popen(command, "r");
        ck_assert_ptr_nonnull(pipe);
        ck_assert_int_eq(fscanf(pipe, "%2s %u %u %u", magic, &w, &h, &max), 4);
        fgetc(pipe);
        ck_assert_str_eq(magic, channels == 1 ? "P5" : "P6");
        ck_assert_uint_eq(w, width);
        ck_assert_uint_eq(h, height);
        ck_assert_uint_eq(max, 255);
        ck_assert_uint_eq(fread(found, 1, sizeof found, pipe), n);
        ck_assert_int_eq(pclose(pipe), 0);
        expect_same_bits(found, gan_image_pixels(image), n);
        gan_image_destroy(image);
    }
}

/* A file as another program would write it. */
typedef struct png_kind {
    int color, depth, interlaced, transparent;
} png_kind;

enum { KIND_WIDTH = 13, KIND_HEIGHT = 11 };

static size_t channels_in_file(int color)
{
    return color == PNG_COLOR_TYPE_RGBA  ? 4
           : color == PNG_COLOR_TYPE_RGB ? 3
           : color == PNG_COLOR_TYPE_GA  ? 2
                                         : 1;
}

static unsigned sample_of(const png_kind *k, size_t i)
{
    unsigned wide = (unsigned)(i * 7919 + i * i * 31) % 65536;

    return wide % (1u << k->depth);
}

static void set_colors(png_structp png, png_infop info, const png_kind *k)
{
    png_color palette[256];
    png_byte alphas[256];
    png_color_16 hidden = {1, 2, 3, 4, 1};

    for (unsigned i = 0; i < 256; i++) {
        palette[i] = (png_color){pattern(i), pattern(i + 300), pattern(i + 700)};
        alphas[i] = (png_byte)(255 - i);
    }
    if (k->color == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 1 << k->depth);
    if (!k->transparent) return;
    if (k->color == PNG_COLOR_TYPE_PALETTE)
        png_set_tRNS(png, info, alphas, 1 << k->depth, NULL);
    else
        png_set_tRNS(png, info, NULL, 0, &hidden);
}

static void write_kind(const png_kind *k)
{
    const size_t n = KIND_WIDTH * channels_in_file(k->color), bytes = k->depth == 16 ? 2 : 1;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *f = fopen(path, "wb");
    int n_passes;

    ck_assert_ptr_nonnull(f);
    png_init_io(png, f);
    png_set_IHDR(png, info, KIND_WIDTH, KIND_HEIGHT, k->depth, k->color,
                 k->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    set_colors(png, info, k);
    png_write_info(png, info);
    png_set_packing(png);
    n_passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < n_passes; pass++)
        for (size_t y = 0; y < KIND_HEIGHT; y++) {
            png_byte row[KIND_WIDTH * 4 * 2];

            for (size_t i = 0; i < n; i++) {
                unsigned v = sample_of(k, y * n + i);

                if (bytes == 2) row[2 * i] = (png_byte)(v >> 8);
                row[bytes * i + bytes - 1] = (png_byte)v;
            }
            png_write_row(png, row);
        }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(f);
}

static unsigned wanted_of(const png_kind *k, size_t x, size_t y, size_t c)
{
    size_t n = channels_in_file(k->color);
    unsigned v =
        sample_of(k, (y * KIND_WIDTH + x) * n + (k->color == PNG_COLOR_TYPE_PALETTE ? 0 : c));

    if (k->color == PNG_COLOR_TYPE_PALETTE) return pattern(v + (c == 1 ? 300 : c == 2 ? 700 : 0));
    return (unsigned)floor(v * 255.0 / ((1u << k->depth) - 1) + 0.5);
}

static void expect_kind(const png_kind *k)
{
    const int grey = k->color == PNG_COLOR_TYPE_GRAY || k->color == PNG_COLOR_TYPE_GA;
    const size_t channels = grey ? 1 : 3;
    gan_image *image;

    write_kind(k);
    expect_ok(gan_image_read(&image, path, NULL));
    ck_assert_uint_eq(gan_image_width(image), KIND_WIDTH);
    ck_assert_uint_eq(gan_image_height(image), KIND_HEIGHT);
    ck_assert_uint_eq(gan_image_channels(image), channels);
    for (size_t y = 0; y < KIND_HEIGHT; y++)
        for (size_t x = 0; x < KIND_WIDTH; x++)
            for (size_t c = 0; c < channels; c++) {
                unsigned found = gan_image_pixels(image)[(y * KIND_WIDTH + x) * channels + c];

                ck_assert_msg(found == wanted_of(k, x, y, c),
                              "color %d, depth %d, interlaced %d, transparent %d: pixel (%zu, %zu) "
                              "channel %zu is "
                              "%u, wanted %u",
                              k->color, k->depth, k->interlaced, k->transparent, x, y, c, found,
                              wanted_of(k, x, y, c));
            }
    gan_image_destroy(image);
}

TEST(every_kind_of_png_is_read)
{
    static const struct {
        int color, depths[6];
    } colors[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                  {PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}},
                  {PNG_COLOR_TYPE_RGB, {8, 16}},
                  {PNG_COLOR_TYPE_GA, {8, 16}},
                  {PNG_COLOR_TYPE_RGBA, {8, 16}}};
    size_t n = 0;

    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++)
        for (const int *depth = colors[i].depths; *depth; depth++)
            for (int variant = 0; variant < 4; variant++, n++) {
                png_kind k = {colors[i].color, *depth, variant & 1, variant >> 1};

                if (k.transparent && (k.color & PNG_COLOR_MASK_ALPHA)) continue;
                expect_kind(&k);
            }
    ck_assert_uint_eq(n, 60);
}

/* An interlaced picture of few columns or rows lacks some of the seven small ones; a large one takes
 * its memory in pieces. */
static void expect_interlaced(size_t width, size_t height)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *f = fopen(path, "wb");
    gan_image *wanted = patterned(width, height, 3), *image;
    const size_t n = width * 3;
    int n_passes;

    ck_assert_ptr_nonnull(f);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_ADAM7, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    n_passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < n_passes; pass++)
        for (size_t y = 0; y < height; y++) png_write_row(png, gan_image_pixels(wanted) + y * n);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(f);
    expect_ok(gan_image_read(&image, path, NULL));
    ck_assert_uint_eq(gan_image_width(image), width);
    expect_same_bits(gan_image_pixels(image), gan_image_pixels(wanted), n * height);
    gan_image_destroy(image);
    gan_image_destroy(wanted);
}

TEST(interlaced_pictures_of_all_sizes_are_read)
{
    for (size_t width = 1; width <= 9; width++)
        for (size_t height = 1; height <= 9; height++) expect_interlaced(width, height);
    expect_interlaced(1000, 1100);
    expect_interlaced(3, 2000);
}

TEST(large_pictures_take_their_memory_in_pieces)
{
    gan_image *image = patterned(1500, 1100, 3), *back;
    gan_image_desc desc = {GAN_IMAGE_DESC_INIT};
    budget b;

    expect_ok(gan_image_write(image, path));
    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_image_read(&back, path, &desc));
    expect_same_bits(gan_image_pixels(back), gan_image_pixels(image), 1500 * 1100 * 3);
    ck_assert_uint_lt(b.peak_bytes, 1500 * 1100 * 3 * 2);
    gan_image_destroy(back);
    gan_image_destroy(image);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(empty_pictures_compress_to_the_limit_and_are_read)
{
    gan_image *image, *back;
    struct stat info;

    expect_ok(gan_image_create(&image, 2048, 2048, 1, NULL));
    expect_ok(gan_image_write(image, path));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_lt(info.st_size, 2048 * 2048 / 900);
    expect_ok(gan_image_read(&back, path, NULL));
    expect_same_bits(gan_image_pixels(back), gan_image_pixels(image), 2048 * 2048);
    gan_image_destroy(back);
    gan_image_destroy(image);
}

/* ---- Hostile PNG files ---- */

/* A file made chunk by chunk, with sums that are right. */
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

/* The file is long enough to hold what it claims, but what makes it long is no pixels. */
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
    expect_refused("byte 11: no PNG file");
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
                 "byte 0: no PNG file: 0x89 expected, 0x50 found");
    scratch_write(path, "\xff\xd8\xff\xe0\0\x10JFIF", 10);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT,
                 "no PNG file: 0x89 expected, 0xff found: it is a JPEG picture");
    scratch_write(path, "RIFF\x24\0\0\0WEBPVP8 ", 16);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT, "it is a WebP picture");
    scratch_write(path, "", 0);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_FORMAT,
                 "byte 0: a PNG's first 24 bytes expected");
}

/* ---- What else can go wrong ---- */

TEST(what_cannot_be_opened_is_an_io_error)
{
    gan_image *image = (gan_image *)&image;
    gan_allocator half = {0};

    remove(path);
    expect_fails(gan_image_read(&image, path, NULL), GAN_ERR_IO, "No such file or directory");
    expect_error_says(path);
    ck_assert_ptr_null(image);
    expect_fails(gan_image_read(&image, "/", NULL), GAN_ERR_IO, "directory");
    expect_fails(gan_image_read(&image, NULL, NULL), GAN_ERR_INVALID, "path");
    expect_fails(gan_image_read(NULL, path, NULL), GAN_ERR_INVALID, "out");
    expect_fails(
        gan_image_read(&image, path, &(gan_image_desc){GAN_IMAGE_DESC_INIT, .allocator = &half}),
        GAN_ERR_INVALID, "allocator");
}

TEST(what_cannot_be_written_is_an_io_error)
{
    gan_image *image = patterned(4, 4, 1);

    expect_fails(gan_image_write(NULL, path), GAN_ERR_INVALID, "image is NULL");
    expect_fails(gan_image_write(image, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_image_write(image, "/none/a.png"), GAN_ERR_IO, "/none/a.png");
    expect_fails(gan_image_write(image, "/dev/full"), GAN_ERR_IO, "device");
    gan_image_destroy(image);
}

TEST(a_full_disk_leaves_the_old_picture)
{
    uint8_t before[1024], after[1024];
    gan_image *small = patterned(4, 4, 1), *large = patterned(200, 200, 3);
    struct rlimit limit, old;
    gan_status status;
    size_t n;

    expect_ok(gan_image_write(small, path));
    n = scratch_read(path, before, sizeof before);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 5000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = gan_image_write(large, path);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_error_says(path);
    ck_assert_uint_eq(scratch_read(path, after, sizeof after), n);
    expect_same_bits(after, before, n);
    gan_image_destroy(small);
    gan_image_destroy(large);
}

static gan_status try_create(void **out, const gan_allocator *allocator, void *user)
{
    (void)user;
    return gan_image_create((gan_image **)out, 7, 5, 3, allocator);
}

static gan_status try_read(void **out, const gan_allocator *allocator, void *user)
{
    (void)user;
    return gan_image_read((gan_image **)out, path,
                          &(gan_image_desc){GAN_IMAGE_DESC_INIT, .allocator = allocator});
}

static gan_status try_grid(void **out, const gan_allocator *allocator, void *user)
{
    const gan_grid_desc desc = {GAN_GRID_DESC_INIT, .allocator = allocator};

    return gan_image_create_grid((gan_image **)out, user, 2, gan_shape_2d(1, 2), &desc);
}

static void destroy_image(void *image)
{
    gan_image_destroy(image);
}

TEST(without_memory_nothing_is_made)
{
    float samples[4] = {2.385f, 0.1f, -0.7f, 0.3f};
    gan_image *image = patterned(4, 4, 3);

    expect_ok(gan_image_write(image, path));
    gan_image_destroy(image);
    ck_assert_uint_eq(budget_sweep(try_create, destroy_image, NULL), 2);
    ck_assert_uint_eq(budget_sweep(try_read, destroy_image, NULL), 3);
    ck_assert_uint_eq(budget_sweep(try_grid, destroy_image, samples), 2);
}

TEST(without_memory_nothing_is_written)
{
    gan_status status = GAN_ERR_NOMEM;
    gan_image *image;
    budget b;
    size_t n = 0;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_image_create(&image, 5, 4, 1, &b.allocator));
    remove(path);
    for (; status == GAN_ERR_NOMEM; n++) {
        b.left = n;
        status = gan_image_write(image, path);
        ck_assert_uint_eq(budget_live(&b), 2);
        ck_assert_int_eq(access(path, F_OK), status == GAN_OK ? 0 : -1);
    }
    expect_ok(status);
    ck_assert_uint_gt(n, 1);
    gan_image_destroy(image);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* ---- Grids ---- */

/* The bytes of one row of samples, one pixel each. */
static void expect_bytes(const float *x, size_t n, const gan_grid_desc *desc, const uint8_t *wanted)
{
    gan_image *image;

    expect_ok(gan_image_create_grid(&image, x, 1, gan_shape_3d(1, 1, n), desc));
    expect_same_bits(gan_image_pixels(image), wanted, n);
    gan_image_destroy(image);
}

TEST(values_are_rounded_and_cut)
{
    const gan_grid_desc plain = {GAN_GRID_DESC_INIT, .std = {1, 1, 1, 1}};
    const gan_grid_desc shifted = {GAN_GRID_DESC_INIT, .mean = {0.25f}, .std = {-0.125f}};
    const float x[] = {-1, 1, 0, 0.2f, -0.5f, 2.385f, -2.385f, NAN, INFINITY, -INFINITY};
    const uint8_t centred[] = {0, 255, 128, 153, 64, 255, 0, 0, 255, 0};
    const uint8_t as_is[] = {0, 255, 0, 51, 0, 255, 0, 0, 255, 0};
    const uint8_t turned[] = {96, 32, 64, 57, 80, 0, 140, 0, 0, 255};

    expect_bytes(x, 10, NULL, centred);
    expect_bytes(x, 10, &plain, as_is);
    expect_bytes(x, 10, &shifted, turned);
    for (unsigned k = 0; k < 255; k++) {
        const float near[] = {(float)k / 255, ((float)k + 0.49f) / 255, ((float)k + 0.51f) / 255};
        const uint8_t wanted[] = {(uint8_t)k, (uint8_t)k, (uint8_t)(k + 1)};

        expect_bytes(near, 3, &plain, wanted);
    }
}

TEST(tiles_lie_as_in_make_grid)
{
    const gan_grid_desc desc = {GAN_GRID_DESC_INIT, .columns = 3, .padding = 2, .background = 77,
                                .std = {1, 1, 1, 1}};
    float samples[5 * 2 * 3];
    uint8_t wanted[10 * 17];
    gan_image *image;

    for (size_t i = 0; i < 30; i++) samples[i] = (float)(100 + i) / 255;
    memset(wanted, 77, sizeof wanted);
    for (size_t i = 0; i < 5; i++)
        for (size_t y = 0; y < 2; y++)
            for (size_t x = 0; x < 3; x++)
                wanted[(i / 3 * 4 + 2 + y) * 17 + i % 3 * 5 + 2 + x] =
                    (uint8_t)(100 + i * 6 + y * 3 + x);
    expect_ok(gan_image_create_grid(&image, samples, 5, gan_shape_3d(1, 2, 3), &desc));
    ck_assert_uint_eq(gan_image_width(image), 17);
    ck_assert_uint_eq(gan_image_height(image), 10);
    ck_assert_uint_eq(gan_image_channels(image), 1);
    expect_same_bits(gan_image_pixels(image), wanted, sizeof wanted);
    ck_assert_uint_eq(gan_image_pixels(image)[2 * 17 + 2], 100);  /* first of the first */
    ck_assert_uint_eq(gan_image_pixels(image)[2 * 17 + 12], 112); /* first of the third */
    ck_assert_uint_eq(gan_image_pixels(image)[7 * 17 + 9], 129);  /* last of the fifth */
    ck_assert_uint_eq(gan_image_pixels(image)[7 * 17 + 12], 77);  /* where a sixth would be */
    gan_image_destroy(image);
}

TEST(colours_are_interleaved_and_shown_each_by_its_own_mean_and_std)
{
    const gan_grid_desc desc = {GAN_GRID_DESC_INIT, .mean = {0.1f, 9, 0.3f},
                                .std = {0.5f, 0, 0.25f}};
    const float samples[2 * 3 * 2] = {0.2f, 0.4f, 0.2f, 0.4f, 0.2f, 0.4f, 1, -1, 1, -1, 1, -1};
    const uint8_t wanted[2 * 2 * 3] = {51, 153, 89, 77, 179, 102, 153, 255, 140, 0, 0, 13};
    gan_image *image;

    expect_ok(gan_image_create_grid(&image, samples, 2, gan_shape_3d(3, 1, 2), &desc));
    ck_assert_uint_eq(gan_image_width(image), 4);
    ck_assert_uint_eq(gan_image_height(image), 1);
    ck_assert_uint_eq(gan_image_channels(image), 3);
    expect_same_bits(gan_image_pixels(image), wanted, sizeof wanted);
    gan_image_destroy(image);
}

TEST(columns_are_the_square_root_rounded_up)
{
    static const size_t cases[][4] = {/* n, columns asked, wanted columns, rows */
                                      {1, 0, 1, 1},     {2, 0, 2, 1},     {4, 0, 2, 2},
                                      {5, 0, 3, 2},     {9, 0, 3, 3},     {10, 0, 4, 3},
                                      {100, 0, 10, 10}, {101, 0, 11, 10}, {3, 8, 3, 1},
                                      {7, 7, 7, 1},     {7, 1, 1, 7},     {7, SIZE_MAX, 7, 1}};
    float samples[101 * 6] = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gan_grid_desc desc = {GAN_GRID_DESC_INIT, .columns = cases[i][1], .padding = 1};
        gan_image *image;

        expect_ok(gan_image_create_grid(&image, samples, cases[i][0], gan_shape_2d(2, 3), &desc));
        ck_assert_uint_eq(gan_image_width(image), cases[i][2] * 4 + 1);
        ck_assert_uint_eq(gan_image_height(image), cases[i][3] * 3 + 1);
        gan_image_destroy(image);
    }
}

TEST(impossible_grids_are_refused)
{
    const float x[4] = {0.5f};
    const gan_shape four = {4, {1, 1, 2, 2}};
    const gan_shape pixel = gan_shape_2d(1, 1);
    const gan_grid_desc padded = {GAN_GRID_DESC_INIT, .padding = 257};
    const gan_grid_desc not_finite = {GAN_GRID_DESC_INIT, .std = {1, 1, NAN, 1}};
    const gan_grid_desc endless = {GAN_GRID_DESC_INIT, .mean = {INFINITY}};
    const gan_grid_desc row = {GAN_GRID_DESC_INIT, .columns = SIZE_MAX};
    const gan_grid_desc short_one = {.struct_size = sizeof(size_t)};
    gan_image *image = (gan_image *)made;

    expect_fails(gan_image_create_grid(NULL, x, 1, pixel, NULL), GAN_ERR_INVALID, "out");
    expect_fails(gan_image_create_grid(&image, NULL, 1, pixel, NULL), GAN_ERR_INVALID, "samples");
    ck_assert_ptr_null(image);
    expect_fails(gan_image_create_grid(&image, x, 0, pixel, NULL), GAN_ERR_INVALID, "0 samples");
    expect_fails(gan_image_create_grid(&image, x, 1, pixel, &padded), GAN_ERR_INVALID, "257");
    expect_fails(gan_image_create_grid(&image, x, 1, pixel, &not_finite), GAN_ERR_INVALID,
                 "channel 2");
    expect_fails(gan_image_create_grid(&image, x, 1, pixel, &endless), GAN_ERR_INVALID,
                 "channel 0");
    expect_fails(gan_image_create_grid(&image, x, 1, pixel, &short_one), GAN_ERR_INVALID,
                 "struct_size");
    expect_fails(gan_image_create_grid(&image, x, 1, gan_shape_1d(4), NULL), GAN_ERR_SHAPE, "[4]");
    expect_fails(gan_image_create_grid(&image, x, 1, gan_shape_3d(2, 1, 2), NULL), GAN_ERR_SHAPE,
                 "[2, 1, 2]");
    expect_fails(gan_image_create_grid(&image, x, 1, four, NULL), GAN_ERR_SHAPE, "[1, 1, 2, 2]");
    expect_fails(gan_image_create_grid(&image, x, 1, gan_shape_2d(0, 2), NULL), GAN_ERR_SHAPE,
                 "[0, 2]");
    expect_fails(gan_image_create_grid(&image, x, 1, gan_shape_2d(1, 32769), NULL), GAN_ERR_SHAPE,
                 "32768");
    expect_fails(gan_image_create_grid(&image, x, SIZE_MAX, pixel, NULL), GAN_ERR_SHAPE, "32768");
    expect_fails(gan_image_create_grid(&image, x, 32769, pixel, &row), GAN_ERR_SHAPE, "32769 x 1");
    ck_assert_ptr_null(image);
}

TEST(a_grid_is_written_as_a_file)
{
    const float x[4] = {-1, -0.2f, 0.2f, 1};
    const uint8_t wanted[4] = {0, 102, 153, 255};
    const gan_shape pixel = gan_shape_2d(1, 1);
    const gan_grid_desc padded = {GAN_GRID_DESC_INIT, .padding = 257};
    gan_image *image;
    budget b;

    expect_ok(gan_image_write_grid(path, x, 4, pixel, NULL));
    expect_ok(gan_image_read(&image, path, NULL));
    ck_assert_uint_eq(gan_image_width(image), 2);
    ck_assert_uint_eq(gan_image_height(image), 2);
    expect_same_bits(gan_image_pixels(image), wanted, 4);
    gan_image_destroy(image);
    expect_fails(gan_image_write_grid(NULL, x, 4, pixel, NULL), GAN_ERR_INVALID, "path");
    expect_fails(gan_image_write_grid(path, NULL, 4, pixel, NULL), GAN_ERR_INVALID, "samples");
    expect_fails(gan_image_write_grid(path, x, 0, pixel, NULL), GAN_ERR_INVALID, "0 samples");
    expect_fails(gan_image_write_grid(path, x, 4, pixel, &padded), GAN_ERR_INVALID, "257");
    expect_fails(gan_image_write_grid(path, x, 4, gan_shape_1d(1), NULL), GAN_ERR_SHAPE, "[1]");
    expect_fails(gan_image_write_grid("/none/a.png", x, 4, pixel, NULL), GAN_ERR_IO, "/none/a.png");
    for (size_t n = 0; n < 4; n++) {
        gan_grid_desc desc = {GAN_GRID_DESC_INIT, .allocator = &b.allocator};

        budget_init(&b, n);
        expect_fails(gan_image_write_grid(path, x, 4, pixel, &desc), GAN_ERR_NOMEM, "memory");
        ck_assert_uint_eq(budget_live(&b), 0);
    }
}
