#include "works.h"

enum { NOISE = 100, DCGAN_BASE = 64, CHANNELS = 128, WIDE = 1024 };

static const gan_conv2d_desc plain = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                     .no_bias = 1};
static const gan_conv2d_desc half_biased = {GAN_CONV2D_DESC_INIT, .stride = {2, 2},
                                            .padding = {1, 1}};
static const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}, .no_bias = 1};

static void normalise(gan_network *net, size_t channels)
{
    gan_network_add(net, gan_layer_batch_norm(channels, NULL));
    gan_network_add(net, gan_layer_relu());
}

/* A layer and leaky ReLU, with batch norm over `channels` channels between them, or none. */
static void leak(gan_network *net, gan_layer *layer, size_t channels)
{
    gan_network_add(net, layer);
    if (channels > 0) gan_network_add(net, gan_layer_batch_norm(channels, NULL));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
}

/* ---- linear layers ---- */

static gan_network *linear_discriminator(size_t hidden)
{
    gan_network *net = gan_network_create(gan_shape_1d(IMAGE), NULL);

    leak(net, gan_layer_linear(IMAGE, hidden), 0);
    leak(net, gan_layer_linear(hidden, hidden), 0);
    gan_network_add(net, gan_layer_linear(hidden, 1));
    return net;
}

static gan_network *linear_g(void)
{
    return linear_generator(HIDDEN);
}

static gan_network *linear_d(void)
{
    return linear_discriminator(HIDDEN);
}

static gan_network *wide_g(void)
{
    return linear_generator(WIDE);
}

static gan_network *wide_d(void)
{
    return linear_discriminator(WIDE);
}

/* ---- kernels of 4 by 4, stride 2 ---- */

/* From `most` channels at the smallest size to `base` at the largest, and then to the image's. */
static gan_network *dcgan_generator(size_t side, size_t most, size_t base, size_t out,
                                    const gan_conv2d_desc *last)
{
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, most, side, &plain));
    normalise(net, most);
    for (size_t n = most; n > base; n /= 2) {
        gan_network_add(net, gan_layer_conv_transpose2d(n, n / 2, 4, &half));
        normalise(net, n / 2);
    }
    gan_network_add(net, gan_layer_conv_transpose2d(base, out, 4, last));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *dcgan_discriminator(size_t side, size_t most, size_t base, size_t in,
                                        size_t image, const gan_conv2d_desc *first)
{
    gan_network *net = gan_network_create(gan_shape_3d(in, image, image), NULL);

    leak(net, gan_layer_conv2d(in, base, 4, first), 0);
    for (size_t n = base; n < most; n *= 2) leak(net, gan_layer_conv2d(n, 2 * n, 4, &half), 2 * n);
    gan_network_add(net, gan_layer_conv2d(most, 1, side, &plain));
    return net;
}

static gan_network *dcgan_g(void)
{
    return dcgan_generator(7, 2 * DCGAN_BASE, DCGAN_BASE, 1, &half_biased);
}

static gan_network *dcgan_d(void)
{
    return dcgan_discriminator(7, 2 * DCGAN_BASE, DCGAN_BASE, 1, 28, &half_biased);
}

static gan_network *dcgan64_g(void)
{
    return dcgan_generator(4, 8 * DCGAN_BASE, DCGAN_BASE, 3, &half);
}

static gan_network *dcgan64_d(void)
{
    return dcgan_discriminator(4, 8 * DCGAN_BASE, DCGAN_BASE, 3, 64, &half);
}

/* ---- kernels of 3 by 3 ---- */

static gan_network *conv3x3_g(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, CHANNELS, 8, &plain));
    normalise(net, CHANNELS);
    for (size_t i = 0; i < 2; i++) {
        gan_network_add(net, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
        gan_network_add(net, gan_layer_conv2d(CHANNELS, CHANNELS, 3, &same));
        normalise(net, CHANNELS);
    }
    gan_network_add(net, gan_layer_conv2d(CHANNELS, 3, 3, &same));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *conv3x3_d(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(3, 32, 32), NULL);

    for (size_t i = 0; i < 4; i++) {
        leak(net, gan_layer_conv2d(i > 0 ? CHANNELS : 3, CHANNELS, 3, &same), 0);
        if (i < 2) gan_network_add(net, gan_layer_avg_pool2d(2, NULL));
    }
    gan_network_add(net, gan_layer_conv2d(CHANNELS, 1, 8, NULL));
    return net;
}

const work works[N_WORKS] = {
    {"linear", 100, 50, linear_g, linear_d, 1e-4, 0.9},
    {"dcgan", 64, 3, dcgan_g, dcgan_d, 2e-4, 0.5},
    {"dcgan64", 64, 1, dcgan64_g, dcgan64_d, 2e-4, 0.5},
    {"conv3x3", 64, 1, conv3x3_g, conv3x3_d, 2e-4, 0.5},
    {"wide", 512, 2, wide_g, wide_d, 1e-4, 0.9},
};

run begin_work(const work *w, gan_precision precision, size_t threads)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};

    adam.lr = w->lr;
    adam.beta1 = w->beta1;
    desc.batch_size = w->batch;
    desc.n_threads = threads;
    desc.precision = precision;
    return begin_run_as(w->generator(), w->discriminator(), &adam, &desc);
}
