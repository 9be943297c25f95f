/* games.c - the networks and settings of runs on several processes. */
#include "games.h"

#include <string.h>

enum { LATENT = 64, CLASSES = 10 };

static gan_network *with(gan_shape in, uint64_t seed, gan_layer *const *layers, size_t n)
{
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(in, &desc);

    for (size_t i = 0; i < n; i++) gan_network_add(net, layers[i]);
    return net;
}
#define WITH(in, seed, ...)                                                                        \
    with(in, seed, (gan_layer *const[]){__VA_ARGS__},                                              \
         sizeof((gan_layer *const[]){__VA_ARGS__}) / sizeof(gan_layer *))

static void make_linear(game *t)
{
    t->g = WITH(gan_shape_1d(LATENT), 1, gan_layer_linear(LATENT, 256), gan_layer_leaky_relu(0.2f),
                gan_layer_linear(256, 256), gan_layer_leaky_relu(0.2f), gan_layer_linear(256, 784),
                gan_layer_tanh());
    t->d = WITH(gan_shape_1d(784), 2, gan_layer_linear(784, 256), gan_layer_leaky_relu(0.2f),
                gan_layer_linear(256, 256), gan_layer_leaky_relu(0.2f), gan_layer_linear(256, 1));
    t->sample = gan_shape_1d(784);
    t->desc.batch_size = 100;
}

static void make_dcgan(game *t)
{
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                   .padding = GAN_BOTH(1)};

    t->g = WITH(gan_shape_1d(LATENT), 1, gan_layer_linear(LATENT, 64 * 7 * 7),
                gan_layer_reshape(gan_shape_3d(64, 7, 7)), gan_layer_batch_norm(64, NULL),
                gan_layer_relu(), gan_layer_conv_transpose2d(64, 32, 4, &twice),
                gan_layer_batch_norm(32, NULL), gan_layer_relu(),
                gan_layer_conv_transpose2d(32, 1, 4, &twice), gan_layer_tanh());
    t->d = WITH(gan_shape_3d(1, 28, 28), 2, gan_layer_conv2d(1, 32, 4, &twice),
                gan_layer_leaky_relu(0.2f), gan_layer_conv2d(32, 64, 4, &twice),
                gan_layer_batch_norm(64, NULL), gan_layer_leaky_relu(0.2f), gan_layer_flatten(),
                gan_layer_spectral_norm(gan_layer_linear(64 * 7 * 7, 1)));
    t->sample = gan_shape_3d(1, 28, 28);
    t->desc.batch_size = 64;
}

static void make_conditional(game *t)
{
    t->g = WITH(gan_shape_1d(LATENT), 1, gan_layer_label_embedding(CLASSES, 16),
                gan_layer_linear(LATENT + 16, 128), gan_layer_leaky_relu(0.2f),
                gan_layer_linear(128, 784), gan_layer_tanh());
    t->d = WITH(gan_shape_1d(784), 2, gan_layer_label_embedding(CLASSES, 16),
                gan_layer_linear(784 + 16, 128), gan_layer_leaky_relu(0.2f),
                gan_layer_dropout(0.3f), gan_layer_linear(128, 1));
    t->sample = gan_shape_1d(784);
    t->penalty = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_WGAN_GP, 10};
    t->desc.batch_size = 64;
    t->desc.loss = GAN_LOSS_WASSERSTEIN;
    t->desc.penalty = &t->penalty;
    t->desc.average_decay = 0.99;
}

static const struct {
    const char *name;
    void (*make)(game *t);
} games[] = {{"linear", make_linear}, {"dcgan", make_dcgan}, {"conditional", make_conditional}};

int game_make(game *out, const char *name)
{
    *out = (game){.desc = {GAN_TRAINER_DESC_INIT, .seed = 3}};
    for (size_t i = 0; i < sizeof games / sizeof *games; i++)
        if (strcmp(games[i].name, name) == 0) games[i].make(out);
    return out->g != NULL;
}

void game_optimizers(gan_optimizer **g, gan_optimizer **d, void (*must)(gan_status status))
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};

    adam.lr = 0.0002;
    adam.beta1 = 0.5;
    must(gan_optimizer_create_adam(g, &adam));
    must(gan_optimizer_create_adam(d, &adam));
}
