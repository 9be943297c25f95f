/* test_image_fit.c - pictures scaled and cropped, against PyTorch and by properties. */
#include "budget.h"
#include "data/image_internal.h"
#include "expect.h"
#include "golden.h"
#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Against PyTorch ---- */

typedef struct fit_case {
    size_t width, height, channels;
    size_t to_width, to_height;
} fit_case;

static void expect_as_pytorch(const golden *g, const fit_case *c)
{
    const size_t n = c->to_width * c->to_height * c->channels;
    gan_image *image = patterned(c->width, c->height, c->channels);
    uint8_t *planes = malloc(n);
    const float *wanted;
    char name[64];

    snprintf(name, sizeof name, "%zux%zux%zu_to_%zux%zu", c->width, c->height, c->channels,
             c->to_width, c->to_height);
    wanted = golden_get(g, name, n);
    ck_assert_ptr_nonnull(planes);
    expect_ok(gan__image_fit(
        image, &(gan__image_frame){c->to_width, c->to_height, c->channels, 0, {0}}, planes));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs((double)planes[i] - (double)wanted[i]) < 0.5 + 1e-4,
                      "%s: value %zu is %d, PyTorch has %g", name, i, planes[i],
                      (double)wanted[i]);
    free(planes);
    gan_image_destroy(image);
}

TEST(pictures_are_scaled_and_cut_as_by_pytorch)
{
    const fit_case cases[] = {
        {28, 28, 1, 32, 32},  {64, 64, 3, 32, 32},  {178, 218, 3, 40, 40}, {218, 178, 1, 40, 40},
        {101, 37, 1, 16, 16}, {37, 101, 1, 16, 16}, {5, 7, 3, 20, 20},     {33, 32, 1, 32, 32},
        {35, 32, 1, 32, 32},  {37, 32, 1, 32, 32},  {97, 31, 3, 12, 20},   {31, 97, 3, 20, 12},
        {1, 1, 3, 4, 3},      {300, 2, 1, 5, 5},    {2, 300, 1, 5, 5},     {17, 19, 3, 17, 19},
    };
    golden *g = golden_open("images.bin");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_as_pytorch(g, &cases[i]);
    golden_close(g);
}

/* ---- Properties ---- */

TEST(a_picture_of_the_size_keeps_its_bytes)
{
    const size_t width = 23, height = 14;
    uint8_t planes[3 * 23 * 14];
    gan_image *image = patterned(width, height, 3);

    expect_ok(gan__image_fit(image, &(gan__image_frame){width, height, 3, 0, {0}}, planes));
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < width * height; i++)
            ck_assert_uint_eq(planes[c * width * height + i], image->pixels[3 * i + c]);
    gan_image_destroy(image);
}

/* Extreme sizes and others: a constant image stays constant, up to its edges. */
TEST(one_color_stays_one_color)
{
    const size_t max = GAN_IMAGE_MAX_SIDE;
    const fit_case cases[] = {{max, 1, 1, 1, 1},   {1, max, 1, 1, 1},   {1, max, 3, 8, 9},
                              {max, 2, 3, 9, 8},   {1, 1, 1, max, 3},   {3, 1, 3, 2, max},
                              {max, 1, 1, max, 1}, {255, 257, 3, 7, 1}, {640, 481, 1, 63, 65}};
    const uint8_t colors[] = {255, 127, 7};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const fit_case *c = &cases[i];
        const size_t n = c->to_width * c->to_height;
        uint8_t *planes = malloc(3 * n);
        gan_image *image;

        ck_assert_ptr_nonnull(planes);
        expect_ok(gan_image_create(&image, c->width, c->height, c->channels, NULL));
        for (size_t k = 0; k < c->width * c->height * c->channels; k++)
            image->pixels[k] = colors[k % c->channels];
        expect_ok(gan__image_fit(image, &(gan__image_frame){c->to_width, c->to_height, 3, 0, {0}},
                                 planes));
        for (size_t k = 0; k < 3 * n; k++)
            ck_assert_uint_eq(planes[k], colors[c->channels == 3 ? k / n : 0]);
        gan_image_destroy(image);
        free(planes);
    }
}

/* Transposing a picture before or after makes no difference. */
TEST(rows_and_columns_are_treated_alike)
{
    const size_t in[] = {41, 90}, out[] = {13, 11};
    gan_image *image = patterned(in[0], in[1], 1), *turned;
    uint8_t planes[13 * 11], of_turned[13 * 11];

    expect_ok(gan_image_create(&turned, in[1], in[0], 1, NULL));
    for (size_t y = 0; y < in[1]; y++)
        for (size_t x = 0; x < in[0]; x++)
            turned->pixels[x * in[1] + y] = image->pixels[y * in[0] + x];
    expect_ok(gan__image_fit(image, &(gan__image_frame){out[0], out[1], 1, 0, {0}}, planes));
    expect_ok(gan__image_fit(turned, &(gan__image_frame){out[1], out[0], 1, 0, {0}}, of_turned));
    for (size_t y = 0; y < out[1]; y++)
        for (size_t x = 0; x < out[0]; x++)
            ck_assert_int_le(abs(planes[y * out[0] + x] - of_turned[x * out[1] + y]), 1);
    gan_image_destroy(turned);
    gan_image_destroy(image);
}

TEST(grey_is_the_luma_of_rgb_and_rgb_is_grey_three_times)
{
    /* The results of Pillow's convert("L"). */
    const uint8_t rgb[] = {255, 0,   0,   0,   255, 0,  0, 0,   255,
                           255, 255, 255, 200, 100, 50, 3, 250, 77};
    const uint8_t grey[] = {76, 150, 29, 255, 124, 156};
    gan_image *image;
    uint8_t planes[18];

    expect_ok(gan_image_create(&image, 6, 1, 3, NULL));
    memcpy(image->pixels, rgb, sizeof rgb);
    expect_ok(gan__image_fit(image, &(gan__image_frame){6, 1, 1, 0, {0}}, planes));
    expect_same_bits(planes, grey, sizeof grey);
    expect_ok(
        gan__image_fit(image, &(gan__image_frame){6, 1, 3, 0, {0}}, planes)); /* it is grey now */
    for (size_t c = 0; c < 3; c++) expect_same_bits(planes + 6 * c, grey, sizeof grey);
    gan_image_destroy(image);
}

/* ---- Limits ---- */

TEST(fitting_survives_each_lack_of_memory)
{
    uint8_t planes[3 * 8 * 8];
    gan_status status = GAN_ERR_NOMEM;
    gan_image *image;
    size_t taken;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_image_create(&image, 20, 30, 3, &b.allocator));
    for (taken = 0; status == GAN_ERR_NOMEM; taken++) {
        b.left = taken;
        status = gan__image_fit(image, &(gan__image_frame){8, 8, 3, 0, {0}}, planes);
        if (status == GAN_ERR_NOMEM) expect_error_says("memory");
        ck_assert_uint_eq(budget_live(&b), 2);
    }
    expect_ok(status);
    ck_assert_uint_eq(taken - 1, 3);
    gan_image_destroy(image);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(a_picture_beyond_the_limit_is_refused_before_its_memory_is_taken)
{
    const char *path = scratch_path("test_image_fit.png");
    gan_image *image = patterned(100, 50, 3);
    budget b;
    gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .max_bytes = 14999, .allocator = &b.allocator};

    expect_ok(gan_image_write(image, path));
    gan_image_destroy(image);
    budget_init(&b, BUDGET_UNLIMITED);
    expect_fails(gan_image_read(&image, path, &desc), GAN_ERR_FORMAT,
                 "100 x 50 pixels (15000 bytes), at most 14999 bytes are read");
    ck_assert_ptr_null(image);
    ck_assert_uint_eq(b.taken, 0);
    desc.max_bytes = 15000;
    expect_ok(gan_image_read(&image, path, &desc));
    gan_image_destroy(image);
}
