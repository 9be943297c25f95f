/* test_layer_1d.c - 1D convolutions, pooling and upsampling of [channels, length]. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"
#include "scratch.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stdint.h>
#include <string.h>

static const gan_conv1d_desc all = {GAN_CONV1D_DESC_INIT, .stride = 2, .padding = 2, .dilation = 2,
                                    .groups = 2};
static const gan_conv1d_desc all_transposed = {GAN_CONV1D_DESC_INIT, .stride = 3,
                                               .padding = 2,         .dilation = 2,
                                               .output_padding = 2,  .groups = 2};
static const gan_pool1d_desc padded = {GAN_POOL1D_DESC_INIT, .stride = 2, .padding = 2};
static const gan_pool1d_desc uneven = {GAN_POOL1D_DESC_INIT, .stride = 3, .padding = 2};
static const gan_pool1d_desc inside = {GAN_POOL1D_DESC_INIT, .stride = 3, .padding = 2,
                                       .exclude_pad = 1};

static gan_shape line(size_t channels, size_t length)
{
    return gan_shape_2d(channels, length);
}

/* ---- values ---- */

TEST(convolutions_are_pytorchs)
{
    const gan_conv1d_desc bare = {GAN_CONV1D_DESC_INIT, .padding = 2, .no_bias = 1};
    golden *g = golden_open("layers_line.bin");

    expect_layer_golden(g, "conv", line(3, 11), gan_layer_conv1d(3, 5, 4, NULL), 4, 4);
    expect_layer_golden(g, "conv_all", line(4, 13), gan_layer_conv1d(4, 6, 3, &all), 3, 3);
    expect_layer_golden(g, "conv_bare", line(2, 16), gan_layer_conv1d(2, 7, 5, &bare), 4, 4);
    expect_layer_golden(g, "conv_whole", line(3, 9), gan_layer_conv1d(3, 4, 9, NULL), 4, 4);
    expect_layer_golden(g, "transposed", line(3, 6), gan_layer_conv_transpose1d(3, 5, 4, NULL), 4,
                        4);
    expect_layer_golden(g, "transposed_all", line(4, 7),
                        gan_layer_conv_transpose1d(4, 6, 3, &all_transposed), 3, 3);
    golden_close(g);
}

TEST(pools_are_pytorchs)
{
    golden *g = golden_open("layers_line.bin");

    expect_layer_golden(g, "max", line(3, 9), gan_layer_max_pool1d(2, NULL), 3, 3);
    expect_layer_golden(g, "max_padded", line(2, 12), gan_layer_max_pool1d(5, &padded), 3, 3);
    expect_layer_golden(g, "avg", line(3, 10), gan_layer_avg_pool1d(3, NULL), 3, 3);
    expect_layer_golden(g, "avg_padded", line(2, 12), gan_layer_avg_pool1d(4, &uneven), 3, 3);
    expect_layer_golden(g, "avg_inside", line(2, 12), gan_layer_avg_pool1d(4, &inside), 3, 3);
    golden_close(g);
}

TEST(lines_are_enlarged_as_by_pytorch)
{
    golden *g = golden_open("layers_line.bin");

    expect_layer_golden(g, "nearest", line(2, 5), gan_layer_upsample(3, GAN_UPSAMPLE_NEAREST, 0), 3,
                        3);
    expect_layer_golden(g, "linear", line(2, 5), gan_layer_upsample(3, GAN_UPSAMPLE_BILINEAR, 0), 3,
                        3);
    expect_layer_golden(g, "corners", line(2, 5), gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 1),
                        3, 3);
    golden_close(g);
    expect_layer_adjoint(line(3, 8), gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0), 4);
    expect_layer_adjoint(line(3, 8), gan_layer_avg_pool1d(4, &padded), 4);
}

static gan_network *network(void)
{
    const gan_conv1d_desc half = {GAN_CONV1D_DESC_INIT, .stride = 2, .padding = 2, .no_bias = 1};
    const gan_conv1d_desc twice = {GAN_CONV1D_DESC_INIT, .stride = 2, .padding = 1};

    return NETWORK(line(2, 16), gan_layer_conv1d(2, 8, 5, &half), gan_layer_batch_norm(8, NULL),
                   gan_layer_leaky_relu(0.2f), gan_layer_conv_transpose1d(8, 4, 4, &twice),
                   gan_layer_avg_pool1d(2, NULL), gan_layer_flatten(), gan_layer_linear(32, 3));
}

TEST(networks_of_them_are_pytorchs)
{
    golden *g = golden_open("layers_line.bin");

    expect_network_golden(g, "network", network(), 6, 6);
    golden_close(g);
}

TEST(large_ones_have_the_same_bits_on_any_number_of_threads)
{
    const gan_conv1d_desc same = {GAN_CONV1D_DESC_INIT, .padding = 12};

    expect_layer_same_bits(line(16, 400), gan_layer_conv1d(16, 32, 25, &same), 24, 24);
    expect_layer_same_bits(
        line(16, 100), gan_layer_spectral_norm(gan_layer_conv_transpose1d(16, 8, 4, NULL)), 24, 24);
}

/* As images of height 1: the same initial weights, and the same bits. */
TEST(lines_are_images_of_height_1)
{
    gan_network *of_lines = BUILT(line(3, 20), gan_layer_conv1d(3, 6, 5, NULL));
    gan_network *of_images = BUILT(
        gan_shape_3d(3, 1, 20),
        gan_layer_conv2d(3, 6, 5, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .kernel_size = {1, 5}}));
    float x[4 * 60], a[4 * 96], b[4 * 96];
    gan_tensor w;

    for (size_t i = 0; i < 4 * 60; i++) x[i] = 2.385f * (float)(i % 17) - 9;
    expect_ok(gan_network_forward(of_lines, x, 4, a));
    expect_ok(gan_network_forward(of_images, x, 4, b));
    expect_same_bits(a, b, sizeof a);
    ck_assert(gan_shape_equal(gan_network_output_shape(of_lines), line(6, 16)));
    expect_ok(gan_network_tensor(&w, of_lines, 0));
    ck_assert_str_eq(w.name, "0.weight");
    ck_assert(gan_shape_equal(w.shape, gan_shape_3d(6, 3, 5))); /* as nn.Conv1d's */
    gan_network_destroy(of_lines);
    gan_network_destroy(of_images);
}

/* ---- files ---- */

TEST(they_are_saved_and_opened)
{
    gan_network *net = built(network()), *opened;
    const char *path = scratch_path("line.safetensors");
    float x[3 * 32];

    for (size_t i = 0; i < 3 * 32; i++) x[i] = (float)(i % 11) - 4.5f;
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_network(opened, net, x, 3);
    gan_network_destroy(opened);
    gan_network_destroy(net);
}

/* ---- what is refused ---- */

static void expect_layer_refused(gan_layer *layer, const char *part)
{
    ck_assert_ptr_null(layer);
    expect_error_says(part);
}

TEST(wrong_settings_are_refused_and_named)
{
    expect_layer_refused(gan_layer_conv1d(0, 1, 1, NULL), "conv1d: in_channels");
    expect_layer_refused(gan_layer_conv1d(1, 1, 0, NULL), "conv1d: kernel_size is 0");
    expect_layer_refused(gan_layer_conv1d(3, 4, 2, &all), "conv1d: 2 groups don't divide 3");
    expect_layer_refused(gan_layer_conv1d(4, 4, 2, &all_transposed),
                         "conv1d: output_padding is for conv_transpose1d");
    expect_layer_refused(
        gan_layer_conv_transpose1d(
            1, 1, 2, &(gan_conv1d_desc){GAN_CONV1D_DESC_INIT, .stride = 2, .output_padding = 2}),
        "conv_transpose1d: output_padding 2 is not smaller");
    expect_layer_refused(gan_layer_max_pool1d(0, NULL), "max_pool1d: kernel_size is 0");
    expect_layer_refused(gan_layer_max_pool1d(4, &inside), "exclude_pad is for avg_pool1d");
    expect_layer_refused(gan_layer_avg_pool1d(3, &uneven),
                         "avg_pool1d: padding is 2, at most half");
    expect_layer_refused(gan_layer_conv1d(1, 1, 1, &(gan_conv1d_desc){.struct_size = 8}),
                         "struct_size is 8");
    expect_layer_refused(gan_layer_avg_pool1d(1, &(gan_pool1d_desc){.struct_size = 8}),
                         "struct_size is 8");
}

static void expect_input_refused(gan_shape in, gan_layer *layer, const char *part)
{
    gan_network *net = NETWORK(in, layer);

    expect_fails(gan_network_build(net), GAN_ERR_SHAPE, part);
    gan_network_destroy(net);
}

TEST(what_is_no_line_is_refused)
{
    expect_input_refused(gan_shape_3d(2, 1, 8), gan_layer_conv1d(2, 1, 3, NULL),
                         "needs a sequence [channels, length], gets [2, 1, 8]");
    expect_input_refused(gan_shape_1d(8), gan_layer_max_pool1d(2, NULL), "needs a sequence");
    expect_input_refused(line(3, 8), gan_layer_conv1d(2, 1, 3, NULL),
                         "needs a sequence of 2 channels, gets [3, 8]");
    expect_input_refused(line(2, 2), gan_layer_conv1d(2, 1, 3, NULL), "makes");
    expect_input_refused(line(2, 2), gan_layer_max_pool1d(3, NULL), "kernel of 1x3");
    expect_input_refused(line(2, 1 << 20), gan_layer_upsample(1 << 20, GAN_UPSAMPLE_NEAREST, 0),
                         "makes");
    expect_input_refused(gan_shape_1d(8), gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
                         "needs an image");
}
