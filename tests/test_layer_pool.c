/* test_layer_pool.c - max_pool2d and avg_pool2d. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>

/* A layer's output for some samples in evaluation mode. */
static void apply(gan_shape in, gan_layer *layer, const float *x, size_t n, float *y)
{
    gan_network *net = gan_network_create(in, NULL);

    ck_assert_ptr_nonnull(net);
    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_forward(net, x, n, y));
    gan_network_destroy(net);
}

typedef gan_layer *constructor(size_t kernel_size, const gan_pool2d_desc *desc);

static constructor *const kinds[2] = {gan_layer_max_pool2d, gan_layer_avg_pool2d};

static const gan_pool2d_desc overlapping = {GAN_POOL2D_DESC_INIT, .stride = GAN_BOTH(2),
                                            .padding = GAN_BOTH(1)};
static const gan_pool2d_desc uneven = {GAN_POOL2D_DESC_INIT, .kernel_size = {3, 2},
                                       .stride = {1, 3}, .padding = {1, 0}};
static const gan_pool2d_desc dense = {GAN_POOL2D_DESC_INIT, .stride = GAN_BOTH(1),
                                      .padding = GAN_BOTH(1)};
static const gan_pool2d_desc inside = {GAN_POOL2D_DESC_INIT, .kernel_size = {4, 3},
                                       .stride = {2, 1}, .padding = {2, 1}, .exclude_pad = 1};

/* ---- values ---- */

TEST(they_are_pytorchs)
{
    static const char *const names[2] = {"max", "avg"};
    golden *g = golden_open("layers_misc.bin");

    for (size_t i = 0; i < 2; i++) {
        char name[32];

        expect_layer_golden(g, names[i], gan_shape_3d(3, 6, 5), kinds[i](2, NULL), 2, 2);
        snprintf(name, sizeof name, "%s_overlapping", names[i]);
        expect_layer_golden(g, name, gan_shape_3d(2, 7, 6), kinds[i](3, &overlapping), 3, 3);
        snprintf(name, sizeof name, "%s_uneven", names[i]);
        expect_layer_golden(g, name, gan_shape_3d(2, 4, 9), kinds[i](7, &uneven), 2, 2);
    }
    expect_layer_golden(g, "max_ties", gan_shape_3d(1, 6, 6), gan_layer_max_pool2d(3, &dense), 3,
                        3);
    expect_layer_golden(g, "avg_inside", gan_shape_3d(2, 5, 4), gan_layer_avg_pool2d(1, &inside), 2,
                        2);
    golden_close(g);
}

TEST(means_and_their_gradients_are_adjoint)
{
    expect_layer_adjoint(gan_shape_3d(3, 8, 6), gan_layer_avg_pool2d(2, NULL), 4);
    expect_layer_adjoint(gan_shape_3d(3, 7, 5), gan_layer_avg_pool2d(2, NULL), 4);
    expect_layer_adjoint(gan_shape_3d(3, 9, 7), gan_layer_avg_pool2d(3, &overlapping), 4);
    expect_layer_adjoint(gan_shape_3d(2, 5, 8), gan_layer_avg_pool2d(2, &uneven), 4);
    expect_layer_adjoint(gan_shape_3d(2, 5, 8), gan_layer_avg_pool2d(2, &inside), 4);
}

TEST(bits_dont_depend_on_the_cut)
{
    for (size_t i = 0; i < 2; i++) {
        expect_layer_same_bits(gan_shape_3d(8, 14, 14), kinds[i](2, NULL), 40, 40);
        expect_layer_same_bits(gan_shape_3d(8, 15, 14), kinds[i](3, &dense), 41, 41);
    }
}

TEST(a_window_with_nan_has_nan)
{
    const float x[6] = {NAN, 1, 2, -INFINITY, 3, 4};
    float y[6];
    const gan_pool2d_desc pairs = {GAN_POOL2D_DESC_INIT, .kernel_size = {1, 2}, .stride = {1, 1}};

    for (size_t i = 0; i < 2; i++) {
        apply(gan_shape_3d(1, 1, 6), kinds[i](1, &pairs), x, 1, y);
        ck_assert(isnan(y[0]) && y[4] >= 3.5f && y[4] <= 4);
    }
    apply(gan_shape_3d(1, 2, 3), gan_layer_max_pool2d(2, NULL), x, 1, y);
    ck_assert(isnan(y[0]));
}

/* Padding is not a value: the maximum of negative values is negative. */
TEST(padding_is_never_the_largest)
{
    const float x[4] = {-3, -1, -2, -4};
    const float wanted[9] = {-3, -1, -1, -2, -1, -1, -2, -2, -4};
    const gan_pool2d_desc d = {GAN_POOL2D_DESC_INIT, .stride = GAN_BOTH(1), .padding = GAN_BOTH(1)};
    float y[9];

    apply(gan_shape_3d(1, 2, 2), gan_layer_max_pool2d(2, &d), x, 1, y);
    expect_close(y, wanted, 9, 0, 0);
}

/* ---- settings and shapes ---- */

static void expect_shape(gan_layer *layer, gan_shape in, size_t height, size_t width)
{
    gan_network *net = gan_network_create(in, NULL);

    expect_ok(gan_network_add(net, layer));
    ck_assert_int_eq(
        gan_shape_equal(gan_network_output_shape(net), gan_shape_3d(in.dim[0], height, width)), 1);
    gan_network_destroy(net);
}

TEST(settings_have_pytorchs_defaults)
{
    const gan_pool2d_desc wide = {GAN_POOL2D_DESC_INIT, .kernel_size = {2, 3}};
    const gan_pool2d_desc low = {GAN_POOL2D_DESC_INIT, .kernel_size = {2, 3},
                                 .stride = GAN_BOTH(1)};
    const gan_pool2d_desc flat = {GAN_POOL2D_DESC_INIT, .padding = {1, 0}};

    for (size_t i = 0; i < 2; i++) {
        expect_shape(kinds[i](3, NULL), gan_shape_3d(2, 9, 11), 3, 3);
        expect_shape(kinds[i](9, &wide), gan_shape_3d(2, 9, 11), 4, 3);
        expect_shape(kinds[i](9, &low), gan_shape_3d(2, 9, 11), 8, 9);
        expect_shape(kinds[i](3, &flat), gan_shape_3d(2, 9, 11), 3, 3);
        expect_shape(kinds[i](3, &flat), gan_shape_3d(2, 10, 11), 4, 3);
        expect_shape(kinds[i](3, &overlapping), gan_shape_3d(2, 9, 11), 5, 6);
        expect_shape(kinds[i](5, NULL), gan_shape_3d(2, 5, 5), 1, 1);
    }
}

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
    gan_pool2d_desc d = {GAN_POOL2D_DESC_INIT, .exclude_pad = 1};

    expect_no_layer(gan_layer_max_pool2d(2, &d), "max_pool2d: exclude_pad is for avg_pool2d");
    d.exclude_pad = 0;
    for (size_t i = 0; i < 2; i++) {
        expect_no_layer(kinds[i](0, NULL), "_pool2d: kernel_size is ");
        expect_no_layer(kinds[i](SIZE_MAX, NULL), "_pool2d: kernel_size is ");
        d.stride[0] = d.stride[1] = (size_t)1 << 31;
        expect_no_layer(kinds[i](2, &d), "_pool2d: stride is ");
        d.stride[0] = 0;
        d.stride[1] = 2;
        expect_no_layer(kinds[i](2, &d), "_pool2d: stride is {0, 2}: height and width expected");
        d.stride[1] = 0;
        d.padding[1] = 2;
        expect_no_layer(kinds[i](3, &d), "padding is 2, at most half the kernel_size 3 expected");
        d.padding[1] = 0;
        d.struct_size = 1;
        expect_no_layer(kinds[i](3, &d), "_pool2d: struct_size is 1");
        d.struct_size = sizeof d;
    }
}

TEST(images_have_to_fit)
{
    const gan_pool2d_desc wider = {GAN_POOL2D_DESC_INIT, .stride = GAN_BOTH(1),
                                   .padding = GAN_BOTH(1)};

    for (size_t i = 0; i < 2; i++) {
        expect_misfit(gan_shape_1d(16), kinds[i](2, NULL), "needs an image");
        expect_misfit(gan_shape_3d(1, 8, 2), kinds[i](3, NULL),
                      "has a kernel of 3x3, gets [1, 8, 2]");
        expect_misfit(gan_shape_3d(1, 1 << 30, 1), kinds[i](2, &wider), "makes more than");
    }
}
