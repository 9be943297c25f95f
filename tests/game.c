/* game.c - two small networks, their optimizers and a trainer. */
#include "expect.h"
#include "game.h"

#include <stdlib.h>

OPTIMIZER(adam, adam, d.lr = 0.002);
OPTIMIZER(gradient_taker, sgd, d.lr = GRADIENT_SCALE);

float *gradient_of(const float *before, gan_network *net)
{
    size_t n;
    float *grad = net_weights(net, &n);

    for (size_t i = 0; i < n; i++)
        grad[i] = (float)(((double)before[i] - (double)grad[i]) / GRADIENT_SCALE);
    return grad;
}

static size_t width_in(const net_layer *layers)
{
    size_t more = 0; /* width that an embedding appends */

    for (; layers->kind != NET_LINEAR; layers++)
        if (layers->kind == NET_EMBEDDING) more += layers->out;
    return layers->in - more;
}

game game_begin(const net_layer *g, const net_layer *d, opt_maker make_opt,
                const gan_trainer_desc *desc)
{
    game x = {.g_layers = g, .d_layers = d, .latent = width_in(g), .sample = width_in(d)};

    x.g = net_seeded(x.latent, g, 101);
    x.d = net_seeded(x.sample, d, 202);
    x.g_opt = make_opt();
    x.d_opt = make_opt();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

void game_end(game *x)
{
    gan_trainer_destroy(x->trainer);
    gan_optimizer_destroy(x->g_opt);
    gan_optimizer_destroy(x->d_opt);
    gan_network_destroy(x->g);
    gan_network_destroy(x->d);
}

void expect_same_game(const game *a, const game *b)
{
    expect_same_weights(a->g, b->g);
    expect_same_weights(a->d, b->d);
    ck_assert_uint_eq(gan_optimizer_steps(a->g_opt), gan_optimizer_steps(b->g_opt));
    ck_assert_uint_eq(gan_optimizer_steps(a->d_opt), gan_optimizer_steps(b->d_opt));
}

gan_batch batch_of(const game *x, const float *samples, size_t n)
{
    return (gan_batch){GAN_BATCH_INIT, .count = n, .shape = gan_shape_1d(x->sample),
                       .samples = samples};
}

float *normals(size_t n, uint64_t which)
{
    float *x = malloc((n + 1) * sizeof *x);
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 2385, which, NULL));
    gan_rng_normal(rng, n, x);
    gan_rng_destroy(rng);
    return x;
}

void play(const game *x, size_t n, uint64_t which)
{
    float *samples = normals(n * x->sample, which);
    const gan_batch b = batch_of(x, samples, n);

    expect_ok(gan_train_step(x->trainer, &b, NULL));
    free(samples);
}

const net_layer small_g[] = {LINEAR(3, 11), LEAKY, DROPOUT(0.2f), LINEAR(11, 6), TANH, END};
const net_layer small_d[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1), SIGMOID, END};
const gan_trainer_desc small_desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .seed = 5,
                                     .n_threads = 2};

game small_game(void)
{
    return game_begin(small_g, small_d, adam, &small_desc);
}

const net_layer plain_g[] = {LINEAR(3, 7), LEAKY, LINEAR(7, 6), TANH, END};
const net_layer plain_d[] = {LINEAR(6, 8), LEAKY, LINEAR(8, 1), END};
const gan_trainer_desc plain_desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .seed = 5,
                                     .n_threads = 2};

game plain_game(const gan_trainer_desc *desc)
{
    return game_begin(plain_g, plain_d, adam, desc);
}
