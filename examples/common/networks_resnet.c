/* networks_resnet.c - see networks.h.
 *
 *     generator     x -> norm, relu, double, conv 3x3, norm, relu, conv 3x3 ->(+)     and at the end
 *                   '------------------------ double, conv 1x1 -----------------'     norm, relu, conv
 *
 *     discriminator x -> relu, conv 3x3, relu, conv 3x3, halve ->(+)                  relu, head
 *                   '---------------- conv 1x1, halve -----------'
 *
 * The first block of the discriminator has no relu in front, as pictures have a meaning below 0. */
#include "networks.h"

static const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1)};

/* An empty network for a branch whose input is the output of `net`. */
static gan_network *branch(const gan_network *net)
{
    return gan_network_create(gan_network_output_shape(net), NULL);
}

/* Self-attention is initially the identity; SAGAN uses it at feature maps of medium size. */
static void add_attention(gan_network *net, const networks_plan *plan, int spectral)
{
    gan_shape in = gan_network_output_shape(net);
    size_t c = in.dim[0], keys = c >= 8 ? c / 8 : 1, values = c >= 2 ? c / 2 : 1;
    gan_network *body = branch(net);
    gan_layer *into = gan_layer_conv2d(c, 2 * keys + values, 1, NULL);

    if (!plan->attention || in.dim[1] < 14 || in.dim[1] > 27) {
        gan_layer_destroy(into);
        gan_network_destroy(body);
        return;
    }
    gan_network_add(body, spectral ? gan_layer_spectral_norm(into) : into);
    gan_network_add(body, gan_layer_attention(keys, values, 1));
    gan_network_add(body, gan_layer_conv2d(values, c, 1, NULL));
    gan_network_add(net, gan_layer_residual(body, NULL));
}

static void add_doubling(gan_network *net, const networks_plan *plan, size_t in, size_t out)
{
    gan_network *body = branch(net), *shortcut = branch(net);

    networks_add_norm(body, plan, in);
    gan_network_add(body, gan_layer_relu());
    gan_network_add(body, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
    gan_network_add(body, gan_layer_conv2d(in, out, 3, &same));
    networks_add_norm(body, plan, out);
    gan_network_add(body, gan_layer_relu());
    gan_network_add(body, gan_layer_conv2d(out, out, 3, &same));
    gan_network_add(shortcut, gan_layer_conv2d(in, out, 1, NULL));
    gan_network_add(shortcut, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
    gan_network_add(net, gan_layer_residual(body, shortcut));
    add_attention(net, plan, 0);
}

static void add_generator(gan_network *net, const networks_plan *plan)
{
    size_t n = networks_count(plan);

    networks_add_first(net, plan, 0);
    for (; n > 0; n--)
        add_doubling(net, plan, networks_width(plan, n), networks_width(plan, n - 1));
    networks_add_norm(net, plan, networks_width(plan, 0));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv2d(networks_width(plan, 0), plan->picture.dim[0], 3, &same));
    gan_network_add(net, gan_layer_tanh());
}

static void add_halving(gan_network *net, const networks_plan *plan, size_t in, size_t out,
                        int first)
{
    gan_network *body = branch(net), *shortcut = branch(net);

    if (!first) gan_network_add(body, gan_layer_relu());
    networks_add_weights(body, plan, gan_layer_conv2d(in, out, 3, &same));
    gan_network_add(body, gan_layer_relu());
    networks_add_weights(body, plan, gan_layer_conv2d(out, out, 3, &same));
    gan_network_add(body, gan_layer_avg_pool2d(2, NULL));
    gan_network_add(shortcut, gan_layer_avg_pool2d(2, NULL));
    networks_add_weights(shortcut, plan, gan_layer_conv2d(in, out, 1, NULL));
    gan_network_add(net, gan_layer_residual(body, shortcut));
    add_attention(net, plan, plan->spectral_norm);
}

static void add_discriminator(gan_network *net, const networks_plan *plan)
{
    size_t n = networks_count(plan), channels = plan->picture.dim[0];

    for (size_t i = 1; i <= n; i++) {
        size_t out = networks_width(plan, i);
        add_halving(net, plan, channels, out, i == 1);
        channels = out;
    }
    gan_network_add(net, gan_layer_relu());
    networks_add_head(net, plan, channels, networks_halved(plan, n));
}

const networks_kind networks_resnet = {"resnet",
                                       1,
                                       add_generator,
                                       add_discriminator,
                                       {GAN_INIT_DESC_INIT, .init = GAN_INIT_XAVIER_UNIFORM}};
