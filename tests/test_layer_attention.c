/* test_layer_attention.c - self-attention: each pixel attends to all pixels. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"
#include "sequence.h"

#include <gan/network.h>
#include <math.h>

/* Query, key, value channels: SAGAN's block for 16 channels. */
static gan_layer *sagan(void)
{
    gan_network *body = NETWORK(gan_shape_3d(16, 4, 4), gan_layer_conv2d(16, 12, 1, NULL),
                                gan_layer_attention(2, 8, 1), gan_layer_conv2d(8, 16, 1, NULL));

    return gan_layer_residual(body, NULL);
}

TEST(it_is_pytorchs)
{
    golden *g = golden_open("layers_attention.bin");

    expect_layer_golden(g, "alone", gan_shape_3d(7, 3, 4), gan_layer_attention(2, 3, 1), 3, 3);
    expect_layer_golden(g, "scaled", gan_shape_3d(10, 2, 5), gan_layer_attention(4, 2, 0.5), 2, 2);
    expect_layer_golden(g, "point", gan_shape_3d(4, 1, 1), gan_layer_attention(1, 2, 1), 2, 2);
    expect_network_golden(g, "sagan", NETWORK(gan_shape_3d(16, 4, 4), sagan()), 3, 3);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(gan_shape_3d(7, 2, 3), gan_layer_attention(2, 3, 1), 3, 3, NULL);
    expect_network_gradients(NETWORK(gan_shape_3d(16, 4, 4), sagan()), 2, 2);
}

TEST(bits_dont_depend_on_the_cut)
{
    expect_layer_same_bits(gan_shape_3d(20, 9, 8), gan_layer_attention(4, 12, 0.5), 33, 33);
}

/* Keys that are far apart: attention is on one pixel, and the softmax doesn't overflow. */
TEST(a_place_that_fits_best_is_taken)
{
    const float x[3 * 4] = {1, 2, -1, 0, 0, 100, 300, -200, 5, 6, 7, 8};
    const float want[4] = {7, 7, 8, 6.5f}; /* query 0: uniform attention */
    float y[4];
    gan_network *net = gan_network_create(gan_shape_3d(3, 2, 2), NULL);

    expect_ok(gan_network_add(net, gan_layer_attention(1, 1, 3)));
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_close(y, want, 4, 1e-6, 0);
    gan_network_destroy(net);
}

TEST(channels_have_to_be_those_of_its_parts)
{
    gan_network *net = gan_network_create(gan_shape_3d(8, 2, 2), NULL);

    expect_fails(gan_network_add(net, gan_layer_attention(2, 3, 1)), GAN_ERR_SHAPE,
                 "needs 7 channels, gets [8, 2, 2]");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(7), NULL);
    expect_status(gan_network_add(net, gan_layer_attention(2, 3, 1)), GAN_ERR_SHAPE);
    gan_network_destroy(net);
    ck_assert_ptr_null(gan_layer_attention(2, 3, 0));
    expect_error_says("attention: scale is ");
}
