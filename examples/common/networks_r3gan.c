/* networks_r3gan.c - see networks.h.
 *
 * A block, of which there are two at each size, in both networks:
 *
 *     x -> conv 1x1 to twice the channels, leaky -> grouped conv 3x3, leaky -> conv 1x1 back ->(+)
 *     '------------------------------------------------------------------------------------'
 *
 * There is no normalisation.  Instead the last weight of a block is initially 0 and the others are
 * smaller the more blocks there are, so that the network is initially a few plain convolutions.
 * Images are resampled with the filter [1, 2, 1], and the number of channels changes by a
 * convolution of 1x1.  The authors' learned basis for the first feature maps, which the latent
 * vector scales, is a plain transposed convolution here; and the last layer is a tanh. */
#include "networks.h"

enum { BLOCKS = 2, EXPANSION = 2, GROUP = 16 /* channels */ };

static void add_leaky(gan_network *net)
{
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
}

static void add_block(gan_network *net, size_t channels)
{
    size_t wide = EXPANSION * channels;
    gan_conv2d_desc grouped = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1)};
    gan_conv2d_desc back = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
    gan_network *body = gan_network_create(gan_network_output_shape(net), NULL);

    grouped.groups = wide % GROUP == 0 ? wide / GROUP : 1;
    gan_network_add(body, gan_layer_conv2d(channels, wide, 1, NULL));
    add_leaky(body);
    gan_network_add(body, gan_layer_conv2d(wide, wide, 3, &grouped));
    add_leaky(body);
    gan_network_add(body, gan_layer_conv2d(wide, channels, 1, &back));
    gan_network_add(net, gan_layer_residual(body, NULL));
}

static void add_blocks(gan_network *net, size_t channels)
{
    for (int i = 0; i < BLOCKS; i++) add_block(net, channels);
}

static void change_channels(gan_network *net, size_t in, size_t out)
{
    gan_conv2d_desc desc = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
    if (in != out) gan_network_add(net, gan_layer_conv2d(in, out, 1, &desc));
}

static void add_generator(gan_network *net, const networks_plan *plan)
{
    size_t n = networks_count(plan);

    networks_add_first(net, plan, 0);
    for (; n > 0; n--) {
        add_blocks(net, networks_width(plan, n));
        change_channels(net, networks_width(plan, n), networks_width(plan, n - 1));
        gan_network_add(net, gan_layer_blur_upsample2d());
    }
    add_blocks(net, networks_width(plan, 0));
    gan_network_add(net, gan_layer_conv2d(networks_width(plan, 0), plan->picture.dim[0], 1, NULL));
    gan_network_add(net, gan_layer_tanh());
}

static void add_discriminator(gan_network *net, const networks_plan *plan)
{
    size_t n = networks_count(plan), last = networks_width(plan, n);
    gan_conv2d_desc each = networks_whole(networks_halved(plan, n));

    gan_network_add(net, gan_layer_conv2d(plan->picture.dim[0], networks_width(plan, 0), 1, NULL));
    for (size_t i = 0; i < n; i++) {
        add_blocks(net, networks_width(plan, i));
        gan_network_add(net, gan_layer_blur_pool2d(2));
        change_channels(net, networks_width(plan, i), networks_width(plan, i + 1));
    }
    add_blocks(net, last);
    each.groups = last;
    each.no_bias = 1;
    gan_network_add(net, gan_layer_conv2d(last, last, 1, &each)); /* each channel by itself */
    networks_add_head(net, plan, last, (networks_map){1, 1});
}

const networks_kind networks_r3gan = {"r3gan",
                                      1,
                                      add_generator,
                                      add_discriminator,
                                      {GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL,
                                       .slope = 0.2, .zero_last = 1, .depth_gain = 1}};
