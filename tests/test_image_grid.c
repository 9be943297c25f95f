/* test_image_grid.c - many samples as one picture. */
#include "budget.h"
#include "expect.h"
#include "pictures.h"

#include <gan/image.h>
#include <math.h>
#include <string.h>

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.png");
}

TEST_FIXTURE(make_path, NULL)

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
    expect_picture_is(image, 17, 10, 1, wanted);
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
    expect_picture_is(image, 4, 1, 3, wanted);
    gan_image_destroy(image);
}

TEST(columns_are_the_square_root_rounded_up)
{
    static const size_t cases[][4] = {/* n, columns requested, columns expected, rows */
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
    gan_image *image = (gan_image *)&image;

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
