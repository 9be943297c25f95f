/* networks_dcgan.c - see networks.h.
 *
 * For 28x28 and base 64 the generator turns 100 numbers into 128 feature maps of 7x7, then 64 of
 * 14x14, then the picture; the discriminator does the reverse, down to one number.  A conditional
 * generator gets a class embedding beside its noise, and has conditional batch_norm layers; its
 * discriminator ends in a projection (Miyato and Koyama, 2018).
 *
 * A deep one adds a convolution to each.  The generator doubles its last hidden maps as well, and
 * makes the picture from 32 maps of its own size; the discriminator halves its maps once more:
 *
 *     dcgan   [latent, 1, 1] -> [128, 7, 7] -> [64, 14, 14] -> picture
 *             picture -> [64, 14, 14] -> [128, 7, 7] -> head
 *     deep    [latent, 1, 1] -> [128, 7, 7] -> [64, 14, 14] -> [32, 28, 28] -> 3x3 -> picture
 *             picture -> [64, 14, 14] -> [128, 7, 7] -> [256, 3, 3] -> head
 *
 * Sides may have any length: halving rounds down, and doubling adds the pixel that was lost.  The
 * shorter side determines the number of halvings, and the first and the last kernel are as large as
 * the smallest feature maps.  For 45 x 30 pixels:
 *
 *     [latent, 1, 1] -> kernel 11x7 -> [2 base, 11, 7] -> [base, 22, 15] -> [channels, 45, 30]
 *                                                  + 0, + 1         + 1, + 0 */
#include "networks.h"

/* Double or halve the sides with a kernel of 4; without a bias, as the following batch_norm has
 * one. */
static gan_conv2d_desc by_two(int before_norm)
{
    gan_conv2d_desc desc = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2), .padding = GAN_BOTH(1)};
    desc.no_bias = before_norm;
    return desc;
}

/* Double them to feature maps of this size. */
static gan_conv2d_desc doubled_to(networks_map size, int before_norm)
{
    gan_conv2d_desc desc = by_two(before_norm);
    desc.output_padding[0] = size.height % 2;
    desc.output_padding[1] = size.width % 2;
    return desc;
}

/* From the latent vector to feature maps of the picture's size, `last` of them. */
static void add_doublings(gan_network *net, const networks_plan *plan, size_t last, int before_norm)
{
    networks_add_first(net, plan, 1);
    for (size_t n = networks_count(plan); n > 0; n--) {
        size_t in = networks_width(plan, n);
        size_t out = n > 1 ? networks_width(plan, n - 1) : last;
        gan_conv2d_desc doubling = doubled_to(networks_halved(plan, n - 1), n > 1 || before_norm);
        networks_add_norm(net, plan, in);
        gan_network_add(net, gan_layer_relu());
        gan_network_add(net, gan_layer_conv_transpose2d(in, out, 4, &doubling));
    }
}

static void add_generator(gan_network *net, const networks_plan *plan)
{
    add_doublings(net, plan, plan->picture.dim[0], 0);
    gan_network_add(net, gan_layer_tanh());
}

static void add_deep_generator(gan_network *net, const networks_plan *plan)
{
    gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1)};
    size_t width = networks_width(plan, 0);

    add_doublings(net, plan, width, 1);
    networks_add_norm(net, plan, width);
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv2d(width, plan->picture.dim[0], 3, &same));
    gan_network_add(net, gan_layer_tanh());
}

/* From the picture, halved n times, to one number. */
static void add_halvings(gan_network *net, const networks_plan *plan, size_t n)
{
    gan_conv2d_desc first = by_two(0), halving = by_two(!plan->plain);

    networks_add_weights(net, plan, gan_layer_conv2d(plan->picture.dim[0], plan->base, 4, &first));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    for (size_t i = 2; i <= n; i++) {
        size_t in = networks_width(plan, i - 1), out = networks_width(plan, i);
        networks_add_weights(net, plan, gan_layer_conv2d(in, out, 4, &halving));
        if (!plan->plain) gan_network_add(net, gan_layer_batch_norm(out, NULL));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    networks_add_head(net, plan, networks_width(plan, n), networks_halved(plan, n));
}

static void add_discriminator(gan_network *net, const networks_plan *plan)
{
    add_halvings(net, plan, networks_count(plan));
}

static void add_deep_discriminator(gan_network *net, const networks_plan *plan)
{
    add_halvings(net, plan, networks_count(plan) + 1);
}

/* The paper draws weights from N(0, 0.02^2). */
const networks_kind networks_dcgan = {
    "dcgan", 0, add_generator, add_discriminator, {GAN_INIT_DESC_INIT}};
const networks_kind networks_deep = {
    "deep", 0, add_deep_generator, add_deep_discriminator, {GAN_INIT_DESC_INIT}};
