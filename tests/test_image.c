/* test_image.c - pictures, and PNG files of every kind. */
#include "budget.h"
#include "expect.h"
#include "pictures.h"

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

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.png");
}

TEST_FIXTURE(make_path, NULL)

/* ---- In memory ---- */

TEST(a_new_picture_is_black_and_of_its_size)
{
    const uint8_t black[7 * 5 * 3] = {0};
    gan_image *image;

    expect_ok(gan_image_create(&image, 7, 5, 3, NULL));
    expect_picture_is(image, 7, 5, 3, black);
    gan_image_destroy(image);
}

TEST(null_pictures_have_nothing)
{
    expect_picture_is(NULL, 0, 0, 0, NULL);
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
    expect_picture_is(back, width, height, channels, gan_image_pixels(image));
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

/* A file as written by another program. */
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
    expect_picture_is(image, KIND_WIDTH, KIND_HEIGHT, channels, NULL);
    for (size_t y = 0; y < KIND_HEIGHT; y++)
        for (size_t x = 0; x < KIND_WIDTH; x++)
            for (size_t c = 0; c < channels; c++) {
                unsigned found = gan_image_pixels(image)[(y * KIND_WIDTH + x) * channels + c];

                ck_assert_msg(found == wanted_of(k, x, y, c),
                              "color %d, depth %d, interlaced %d, transparent %d: pixel (%zu, %zu) "
                              "channel %zu is "
                              "%u, expected %u",
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

/* An interlaced picture of few columns or rows lacks some of the seven passes; a large one
 * allocates its memory in pieces. */
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

/* ---- Other errors ---- */

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
