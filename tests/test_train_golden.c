/* test_train_golden.c - twenty training steps of the experiment against PyTorch. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"

#include <gan/train.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 20, FIGURES = 8 };

static const struct {
    const char *name;
    size_t latent, hidden, image, batch;
    double lr;
} runs[] = {{"train_slow", 8, 16, 36, 10, 1e-4}, {"train_fast", 7, 19, 45, 13, 2e-3}};

/* The experiment's networks. */
static gan_network *load(int run, int generator, const char *when)
{
    const size_t latent = runs[run].latent, hidden = runs[run].hidden, image = runs[run].image;
    const net_layer g[] = {{NET_LINEAR, latent, hidden, 0},
                           {NET_LEAKY_RELU, 0, 0, 0.2f},
                           {NET_LINEAR, hidden, hidden, 0},
                           {NET_LEAKY_RELU, 0, 0, 0.2f},
                           {NET_LINEAR, hidden, image, 0},
                           {NET_TANH, 0, 0, 0},
                           {NET_END, 0, 0, 0}};
    const net_layer d[] = {{NET_LINEAR, image, hidden, 0},
                           {NET_LEAKY_RELU, 0, 0, 0.2f},
                           {NET_LINEAR, hidden, hidden, 0},
                           {NET_LEAKY_RELU, 0, 0, 0.2f},
                           {NET_LINEAR, hidden, 1, 0},
                           {NET_SIGMOID, 0, 0, 0},
                           {NET_END, 0, 0, 0}};
    gan_network *net = net_make(generator ? latent : image, generator ? g : d, NULL);
    char name[80];

    snprintf(name, sizeof name, "%s_%c_%s.safetensors", runs[run].name, generator ? 'g' : 'd',
             when);
    expect_ok(gan_network_load(net, golden_path(name), NULL));
    return net;
}

static gan_optimizer *adam(double lr)
{
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};
    gan_optimizer *opt;

    desc.lr = lr;
    expect_ok(gan_optimizer_create_adam(&opt, &desc));
    return opt;
}

/* All tensors to 1e-5 of their norm, and each number to 1e-5 with 1e-7 for those near zero; and the
 * change from the initial weights, which is far smaller than they are, to 1e-3. */
static void expect_same_end(gan_network *found, gan_network *wanted, gan_network *first)
{
    size_t n;
    float *a = net_weights(found, &n), *b = net_weights(wanted, NULL),
          *start = net_weights(first, NULL);

    expect_close(a, b, n, 1e-5, 1e-7);
    for (size_t i = 0; i < gan_network_tensor_count(found); i++) {
        gan_tensor t, u;

        expect_ok(gan_network_tensor(&t, found, i));
        expect_ok(gan_network_tensor(&u, wanted, i));
        ck_assert_str_eq(t.name, u.name);
        expect_norm_close(t.data, u.data, t.size, 1e-5);
    }
    for (size_t i = 0; i < n; i++) {
        a[i] -= start[i];
        b[i] -= start[i];
    }
    expect_norm_close(a, b, n, 1e-3);
    free(a);
    free(b);
    free(start);
}

static void expect_figures(const gan_train_stats *stats, const float *wanted)
{
    expect_near(stats->d_loss, wanted[0], 1e-5, 0);
    expect_near(stats->g_loss, wanted[1], 1e-5, 0);
    expect_near(stats->d_real, wanted[2], 1e-5, 0);
    expect_near(stats->d_fake, wanted[3], 1e-5, 0);
    expect_near(stats->d_real_accuracy, wanted[4], 1e-6, 0);
    expect_near(stats->d_fake_accuracy, wanted[5], 1e-6, 0);
    expect_near(stats->d_grad_norm, wanted[6], 1e-5, 0);
    expect_near(stats->g_grad_norm, wanted[7], 1e-5, 0);
}

TEST_EACH(twenty_steps_are_pytorchs, 0, 2)
{
    const size_t latent = runs[_i].latent, image = runs[_i].image, batch = runs[_i].batch;
    char name[80];
    golden *vectors;
    const float *real, *z_d, *z_g, *figures;
    gan_network *g = load(_i, 1, "first"), *d = load(_i, 0, "first");
    gan_optimizer *g_opt = adam(runs[_i].lr), *d_opt = adam(runs[_i].lr);
    gan_trainer *trainer;
    gan_network *others[4] = {load(_i, 1, "last"), load(_i, 1, "first"), load(_i, 0, "last"),
                              load(_i, 0, "first")};

    snprintf(name, sizeof name, "%s.bin", runs[_i].name);
    vectors = golden_open(name);
    real = golden_get(vectors, "real", STEPS * batch * image);
    z_d = golden_get(vectors, "z_d", STEPS * batch * latent);
    z_g = golden_get(vectors, "z_g", STEPS * batch * latent);
    figures = golden_get(vectors, "figures", STEPS * FIGURES);
    expect_ok(gan_trainer_create(
        &trainer, g, d, g_opt, d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = batch, .n_threads = 2}));
    for (size_t s = 0; s < STEPS; s++) {
        const gan_batch b = {GAN_BATCH_INIT, .count = batch, .shape = gan_shape_1d(image),
                             .samples = real + s * batch * image};
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(
            gan_train_discriminator_step(trainer, &b, z_d + s * batch * latent, NULL, &stats));
        expect_ok(gan_train_generator_step(trainer, batch, z_g + s * batch * latent, NULL, &stats));
        ck_assert_uint_eq(stats.d_steps, s + 1);
        ck_assert_uint_eq(stats.g_steps, s + 1);
        expect_figures(&stats, figures + s * FIGURES);
    }
    expect_same_end(g, others[0], others[1]);
    expect_same_end(d, others[2], others[3]);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    for (int i = 0; i < 4; i++) gan_network_destroy(others[i]);
    golden_close(vectors);
}
