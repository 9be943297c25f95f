/* test_train_gradients.c - the update of a step is the gradient of the loss. */
#include "expect.h"
#include "game.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- derivatives ---- */

/* Each activation everywhere: after a linear layer, after and before another activation, first,
 * last. */
static const net_layer g_networks[][9] = {
    {LINEAR(3, 7), LEAKY, LINEAR(7, 5), LEAKY, LINEAR(5, 6), TANH, END},
    {LINEAR(3, 7), RELU, LINEAR(7, 6), END},
    {LINEAR(3, 7), TANH, LINEAR(7, 6), SIGMOID, END},
    {LINEAR(3, 7), SIGMOID, LINEAR(7, 6), RELU, END},
    {LINEAR(3, 7), RELU, SIGMOID, LINEAR(7, 6), LEAKY, END},
    {LINEAR(3, 7), TANH, SIGMOID, LINEAR(7, 6), SIGMOID, TANH, END},
    {LINEAR(3, 7), LEAKY, TANH, FLATTEN, SIGMOID, RELU, LINEAR(7, 6), END},
    {TANH, LINEAR(3, 7), SIGMOID, LEAKY, LINEAR(7, 6), TANH, END},
    {LINEAR(3, 6), END},
    {FLATTEN, LINEAR(3, 7), DROPOUT(0), TANH, DROPOUT(0), LINEAR(7, 6), END},
};
static const net_layer d_networks[][9] = {
    {LINEAR(6, 8), LEAKY, LINEAR(8, 5), LEAKY, LINEAR(5, 1), SIGMOID, END},
    {LINEAR(6, 8), RELU, LINEAR(8, 1), END},
    {LINEAR(6, 8), TANH, LINEAR(8, 1), SIGMOID, END},
    {LINEAR(6, 8), SIGMOID, LINEAR(8, 1), TANH, END},
    {LINEAR(6, 8), RELU, SIGMOID, LINEAR(8, 1), SIGMOID, END},
    {LINEAR(6, 8), TANH, SIGMOID, LINEAR(8, 1), SIGMOID, SIGMOID, END},
    {LINEAR(6, 8), LEAKY, TANH, FLATTEN, SIGMOID, RELU, LINEAR(8, 1), END},
    {TANH, LINEAR(6, 8), SIGMOID, LEAKY, LINEAR(8, 1), SIGMOID, END},
    {LINEAR(6, 1), SIGMOID, END},
    {SIGMOID, FLATTEN, LINEAR(6, 8), DROPOUT(0), TANH, DROPOUT(0), LINEAR(8, 1), END},
};
enum { N_NETWORKS = 10 };

static double norm_of(const float *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

/* Take one half step from the game's weights, return its gradient and put the weights back. */
static float *take_gradient(const game *x, const adversaries *a, int generator, double *loss)
{
    gan_network *net = generator ? x->g : x->d;
    size_t n;
    float *before = net_weights(net, &n), *grad;
    const gan_batch b = batch_of(x, a->real, a->n);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    if (generator)
        expect_ok(gan_train_generator_step(x->trainer, a->n, a->z, NULL, &stats));
    else
        expect_ok(gan_train_discriminator_step(x->trainer, &b, a->z, NULL, &stats));
    grad = gradient_of(before, net);
    expect_near(norm_of(grad, n), generator ? stats.g_grad_norm : stats.d_grad_norm, 1e-5, 0);
    *loss = generator ? stats.g_loss : stats.d_loss;
    net_set_weights(net, before);
    free(before);
    return grad;
}

static void check_both_gradients(const net_layer *g, const net_layer *d, size_t n)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .n_threads = 2};
    game x = game_begin(g, d, gradient_taker, &desc);
    float *real = normals(n * x.sample, 1), *z = normals(n * x.latent, 2);
    adversaries a = {reference_of(x.g, g), reference_of(x.d, d), n, real, z};

    for (int generator = 0; generator < 2; generator++) {
        const adversaries_loss loss = generator ? adversaries_g_loss : adversaries_d_loss;
        double found;
        float *grad = take_gradient(&x, &a, generator, &found);

        expect_near(found, loss(&a), 1e-6, 0);
        gradcheck(loss, &a, generator ? a.g : a.d, grad);
        free(grad);
    }
    reference_free(a.g);
    reference_free(a.d);
    free(real);
    free(z);
    game_end(&x);
}

TEST_EACH(gradients_are_derivatives_for_every_generator, 0, N_NETWORKS)
{
    check_both_gradients(g_networks[_i], d_networks[0], 5);
    check_both_gradients(g_networks[_i], d_networks[3], 17);
}

TEST_EACH(gradients_are_derivatives_for_every_discriminator, 0, N_NETWORKS)
{
    check_both_gradients(g_networks[0], d_networks[_i], 5);
    check_both_gradients(g_networks[2], d_networks[_i], 17);
}

/* The experiment's networks, narrower; along directions in which all weights change. */
TEST(gradients_are_derivatives_along_random_directions)
{
    static const net_layer g[] = {LINEAR(16, 64), LEAKY, LINEAR(64, 64), LEAKY, LINEAR(64, 100),
                                  TANH,           END};
    static const net_layer d[] = {LINEAR(100, 64), LEAKY, LINEAR(64, 64), LEAKY, LINEAR(64, 1),
                                  SIGMOID,         END};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 50, .n_threads = 2};
    game x = game_begin(g, d, gradient_taker, &desc);
    float *real = normals(50 * x.sample, 1), *z = normals(50 * x.latent, 2);
    adversaries a = {reference_of(x.g, g), reference_of(x.d, d), 50, real, z};

    for (int generator = 0; generator < 2; generator++) {
        const adversaries_loss loss = generator ? adversaries_g_loss : adversaries_d_loss;
        reference *by = generator ? a.g : a.d;
        double found;
        float *grad = take_gradient(&x, &a, generator, &found);
        double *direction = malloc(by->n_weights * sizeof *direction);

        for (uint64_t k = 0; k < 3; k++) {
            float *u = normals(by->n_weights, 10 + k);
            double slope = 0, length = norm_of(u, by->n_weights);

            for (size_t i = 0; i < by->n_weights; i++) {
                direction[i] = (double)u[i] / length;
                slope += direction[i] * (double)grad[i];
            }
            expect_near(gradcheck_direction(loss, &a, by->weights, direction, by->n_weights), slope,
                        1e-4, 1e-7);
            ck_assert(fabs(slope) > 1e-5);
            free(u);
        }
        /* Along the gradient the derivative is its norm. */
        for (size_t i = 0; i < by->n_weights; i++)
            direction[i] = (double)grad[i] / norm_of(grad, by->n_weights);
        expect_near(gradcheck_direction(loss, &a, by->weights, direction, by->n_weights),
                    norm_of(grad, by->n_weights), 1e-4, 0);
        free(direction);
        free(grad);
    }
    reference_free(a.g);
    reference_free(a.d);
    free(real);
    free(z);
    game_end(&x);
}

/* ---- dropout, seen through gradients ---- */

static OPTIMIZER(plain_sgd, sgd, d.lr = 1);

static void set_tensor(gan_network *net, const char *name, float value)
{
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, name));
    for (size_t i = 0; i < t.size; i++) t.data[i] = value;
}

enum { DROPPED = 4000 };

/* A real batch of ones and a fake one of zeros, so that the weight gradient of the layer after
 * dropout shows each number's factor.  Writes the change of every weight. */
static void see_masks(const game *x, size_t n, float *change, gan_train_stats *stats)
{
    float *ones = malloc(n * DROPPED * sizeof *ones), *z = normals(n, 1);
    const gan_batch b = batch_of(x, ones, n);
    gan_tensor w;

    for (size_t i = 0; i < n * DROPPED; i++) ones[i] = 1;
    expect_ok(gan_network_find(&w, x->d, "1.weight"));
    memcpy(change, w.data, DROPPED * sizeof *change);
    expect_ok(gan_train_discriminator_step(x->trainer, &b, z, NULL, stats));
    for (size_t i = 0; i < DROPPED; i++) change[i] -= w.data[i];
    free(ones);
    free(z);
}

static game dropout_game(void)
{
    static const net_layer g[] = {LINEAR(1, DROPPED), END};
    static const net_layer d[] = {DROPOUT(0.3f), LINEAR(DROPPED, 1), SIGMOID, END};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 32, .seed = 9,
                                   .n_threads = 1};
    game x = game_begin(g, d, plain_sgd, &desc);

    set_tensor(x.g, "0.weight", 0);
    set_tensor(x.g, "0.bias", 0);
    return x;
}

TEST(dropout_drops_its_share_and_scales_the_rest)
{
    game x = dropout_game();
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float change[DROPPED], before[DROPPED];
    double logit, wanted;
    size_t dropped = 0;
    gan_tensor w, b;

    expect_ok(gan_network_find(&w, x.d, "1.weight"));
    expect_ok(gan_network_find(&b, x.d, "1.bias"));
    memcpy(before, w.data, sizeof before);
    logit = b.data[0];
    see_masks(&x, 1, change, &stats);
    wanted = (stats.d_real - 1) / 0.7;
    for (size_t i = 0; i < DROPPED; i++) {
        if (change[i] == 0)
            dropped++;
        else {
            expect_near(change[i], wanted, 1e-5, 1e-7);
            logit += (double)before[i] / 0.7;
        }
    }
    /* Forward used the same mask. */
    expect_near(stats.d_real, 1 / (1 + exp(-logit)), 1e-5, 0);
    expect_near((double)dropped / DROPPED, 0.3, 0, 4 * sqrt(0.21 / DROPPED));
    game_end(&x);
}

TEST(dropout_draws_anew_for_each_sample_and_step)
{
    game x = dropout_game();
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float first[DROPPED], second[DROPPED], two[DROPPED];
    size_t both = 0, neither = 0;

    see_masks(&x, 1, first, &stats);
    expect_ok(gan_network_initialize(
        x.d, 202)); /* the step was so long that the next would have no gradient */
    see_masks(&x, 1, second, &stats);
    for (size_t i = 0; i < DROPPED; i++) both += first[i] == 0 && second[i] == 0;
    expect_near((double)both / DROPPED, 0.09, 0, 4 * sqrt(0.082 / DROPPED));
    /* Two samples at once: a number is dropped in both as often as in two steps. */
    expect_ok(gan_network_initialize(x.d, 202));
    see_masks(&x, 2, two, &stats);
    for (size_t i = 0; i < DROPPED; i++) neither += two[i] == 0;
    expect_near((double)neither / DROPPED, 0.09, 0, 4 * sqrt(0.082 / DROPPED));
    game_end(&x);
}

/* With weights of zero all samples contribute equally, so the gradient counts the samples in which
 * a value was kept. Masks repeated within the batch would make the counts even. */
TEST(dropout_never_repeats_within_a_batch)
{
    game x = dropout_game();
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float change[DROPPED];
    size_t odd = 0;
    double sum = 0;

    set_tensor(x.d, "1.weight", 0);
    see_masks(&x, 32, change, &stats);
    for (size_t i = 0; i < DROPPED; i++) {
        const double kept = (double)change[i] / ((stats.d_real - 1) / 0.7 / 32);

        expect_near(kept, round(kept), 0, 1e-3);
        odd += fmod(round(kept), 2) == 1;
        sum += kept / 32;
    }
    expect_near((double)odd / DROPPED, 0.5, 0, 4 * sqrt(0.25 / DROPPED));
    expect_near(sum / DROPPED, 0.7, 0, 4 * sqrt(0.21 / 32 / DROPPED));
    game_end(&x);
}

/* linear, tanh, dropout, linear in a generator, a single sample: the second linear layer's gradient
 * shows the mask, and with it the first one's gradient can be worked out. */
TEST(the_gradient_passes_dropout_and_the_activation_before_it)
{
    enum { WIDTH = 40, OUT = 5 };
    static const net_layer g[] = {LINEAR(1, WIDTH), TANH, DROPOUT(0.4f), LINEAR(WIDTH, OUT), END};
    static const net_layer d[] = {LINEAR(OUT, 1), SIGMOID, END};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 1, .seed = 9,
                                   .n_threads = 1};
    game x = game_begin(g, d, gradient_taker, &desc);
    const float z = 1.25f;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_tensor verdict;
    float *before = net_weights(x.g, NULL), *grad;
    const float *w1 = before, *b1 = before + WIDTH, *w2 = before + 2 * WIDTH, *dw1, *dw2;
    double by_logit;
    size_t kept = 0;

    expect_ok(gan_network_find(&verdict, x.d, "0.weight"));
    expect_ok(gan_train_generator_step(x.trainer, 1, &z, NULL, &stats));
    grad = gradient_of(before, x.g);
    dw1 = grad;
    dw2 = grad + 2 * WIDTH;
    by_logit = exp(-stats.g_loss) - 1; /* sigmoid - 1 */
    for (size_t j = 0; j < WIDTH; j++) {
        const double y = tanh((double)w1[j] * (double)z + (double)b1[j]),
                     factor = dw2[j] == 0 ? 0 : 1 / 0.6;
        double back = 0;

        kept += factor > 0;
        for (size_t o = 0; o < OUT; o++) {
            const double by_out = by_logit * (double)verdict.data[o];

            expect_near(dw2[o * WIDTH + j], by_out * y * factor, 2e-5, 1e-8);
            back += by_out * (double)w2[o * WIDTH + j] * factor;
        }
        expect_near(dw1[j], back * (1 - y * y) * (double)z, 2e-5, 1e-7);
    }
    ck_assert(kept > 10 && kept < 38);
    free(before);
    free(grad);
    game_end(&x);
}
