/* test_layer_resize.c - upsample and pixel_shuffle. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static gan_layer *nearest(size_t scale)
{
    return gan_layer_upsample(scale, GAN_UPSAMPLE_NEAREST, 0);
}

static gan_layer *bilinear(size_t scale)
{
    return gan_layer_upsample(scale, GAN_UPSAMPLE_BILINEAR, 0);
}

static gan_layer *corners(size_t scale)
{
    return gan_layer_upsample(scale, GAN_UPSAMPLE_BILINEAR, 1);
}

static const struct {
    const char *name;
    gan_layer *(*make)(size_t scale);
} kinds[] = {{"nearest", nearest},
             {"bilinear", bilinear},
             {"corners", corners},
             {"shuffle", gan_layer_pixel_shuffle}};

enum { N_KINDS = 4 };

/* ---- values ---- */

TEST(they_are_pytorchs)
{
    golden *g = golden_open("layers_misc.bin");

    for (size_t i = 0; i < N_KINDS; i++)
        for (size_t scale = 2; scale < 4; scale++) {
            char name[32];

            snprintf(name, sizeof name, "%s_%zu", kinds[i].name, scale);
            expect_layer_golden(g, name,
                                kinds[i].make == gan_layer_pixel_shuffle
                                    ? gan_shape_3d(2 * scale * scale, 2, 3)
                                    : gan_shape_3d(2, 3, 4),
                                kinds[i].make(scale), 2, 2);
        }
    expect_layer_golden(g, "bilinear_thin", gan_shape_3d(1, 1, 5), bilinear(4), 2, 2);
    expect_layer_golden(g, "corners_point", gan_shape_3d(2, 1, 1), corners(1), 2, 2);
    golden_close(g);
}

TEST(gradients_are_adjoint)
{
    for (size_t i = 0; i < N_KINDS; i++)
        for (size_t scale = 1; scale < 4; scale++) {
            expect_layer_adjoint(gan_shape_3d(36, 5, 3), kinds[i].make(scale), 3);
            expect_layer_adjoint(gan_shape_3d(36, 1, 4), kinds[i].make(scale), 3);
        }
}

enum { SIDE = 7 };

/* Run the layer; on an image of zeros but for a one its output is that pixel's weights. */
static void run_layer(gan_layer *layer, const float *in, float *out)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_forward(net, in, 1, out));
    gan_network_destroy(net);
}

static void expect_only_seen_where_it_counts(gan_layer *(*make)(size_t), size_t scale,
                                             float rubbish)
{
    const size_t n = SIDE * SIDE * scale * scale;
    float in[SIDE * SIDE] = {0}, *weights = malloc(n * sizeof *weights);
    float *out = malloc(n * sizeof *out);

    for (size_t i = 0; i < SIDE * SIDE; i++) {
        in[i] = 1;
        run_layer(make(scale), in, weights);
        in[i] = rubbish;
        run_layer(make(scale), in, out);
        in[i] = 0;
        for (size_t j = 0; j < n; j++)
            if (weights[j] == 0)
                ck_assert_msg(out[j] == 0, "scale %zu, %zu from %zu: %g", scale, j, i,
                              (double)out[j]);
            else
                ck_assert(isnan(rubbish) ? isnan(out[j]) : out[j] == rubbish);
    }
    free(weights), free(out);
}

TEST(bits_dont_depend_on_the_cut)
{
    for (size_t i = 0; i < N_KINDS; i++)
        expect_layer_same_bits(gan_shape_3d(8, 11, 9), kinds[i].make(2), 50, 50);
}

/* An image that keeps its size is copied, and a NaN doesn't spread. */
TEST(a_scale_of_1_copies)
{
    const float rubbish[] = {NAN, INFINITY, -INFINITY};

    for (size_t align = 0; align < 2; align++)
        for (size_t r = 0; r < 3; r++)
            expect_only_seen_where_it_counts(align ? corners : bilinear, 1, rubbish[r]);
}

/* A larger one isn't: the last row and column are interpolated with a neighbour of weight 0, whose
 * NaN propagates, as in PyTorch. */
TEST(a_neighbour_of_weight_0_is_read)
{
    float in[SIDE * SIDE] = {0}, out[4 * SIDE * SIDE];

    in[1] = NAN;
    run_layer(corners(2), in, out);
    ck_assert(isnan(out[0]));
}

/* ---- settings and shapes ---- */

static void expect_no_layer(gan_layer *layer, const char *part)
{
    ck_assert_ptr_null(layer);
    expect_error_says(part);
}

static void expect_misfit(gan_shape in, gan_layer *layer, const char *part)
{
    gan_network *net = gan_network_create(in, NULL);

    expect_fails(gan_network_add(net, layer), GAN_ERR_SHAPE, part);
    gan_network_destroy(net);
}

TEST(wrong_settings_are_refused)
{
    for (size_t i = 0; i < 3; i++) {
        expect_no_layer(kinds[i].make(0), "upsample: scale_factor is ");
        expect_no_layer(kinds[i].make(SIZE_MAX), "upsample: scale_factor is ");
    }
    expect_no_layer(gan_layer_pixel_shuffle(0), "pixel_shuffle: upscale_factor is ");
    expect_no_layer(gan_layer_upsample(2, (gan_upsample_mode)2, 0), "mode is 2");
    expect_no_layer(gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 1), "align_corners is for bilinear");
    expect_no_layer(gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 2), "align_corners is 2");
}

TEST(images_have_to_fit)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        expect_misfit(gan_shape_1d(16), kinds[i].make(2), "needs an image");
        expect_misfit(gan_shape_3d(1 << 20, 16, 16), kinds[i].make(3),
                      i < 3 ? "makes 2415919104 numbers" : "a multiple of 9 channels");
    }
    expect_misfit(gan_shape_3d(3, 4, 4), bilinear(INT32_MAX), "numbers of [3, 4, 4], at most");
    expect_misfit(gan_shape_3d(3, 4, 4), gan_layer_pixel_shuffle(INT32_MAX), "a multiple of");
    expect_misfit(gan_shape_3d(6, 4, 4), gan_layer_pixel_shuffle(2),
                  "needs a multiple of 4 channels, gets [6, 4, 4]");
}
