/* test_train_learns.c - training reaches the distribution of the data. */
#include "expect.h"
#include "game.h"

#include <math.h>
#include <stdlib.h>

static OPTIMIZER(quick_adam, adam, d.lr = 0.001, d.beta1 = 0.5);

typedef void (*draw_sample)(gan_rng *rng, float *out);

static game learn(const net_layer *g, const net_layer *d, draw_sample draw, size_t steps,
                  uint64_t seed)
{
    enum { BATCH = 128 };
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = seed,
                                   .n_threads = 1};
    game x = game_begin(g, d, quick_adam, &desc);
    float real[BATCH * 2];
    gan_rng *rng;

    if (under_sanitizer())
        steps = 50; /* which are slow, and check other things than convergence */
    expect_ok(gan_network_initialize(x.g, 1000 + seed));
    expect_ok(gan_network_initialize(x.d, 2000 + seed));
    expect_ok(gan_rng_create(&rng, seed, 77, NULL));
    for (size_t s = 0; s < steps; s++) {
        const gan_batch b = batch_of(&x, real, BATCH);

        for (size_t i = 0; i < BATCH; i++) draw(rng, real + i * x.sample);
        /* The usual remedy for oscillation of discriminator and generator: a lower learning rate at
         * the end. */
        if (s == steps / 2 || s == steps * 3 / 4) {
            expect_ok(gan_optimizer_set_lr(x.g_opt, gan_optimizer_lr(x.g_opt) / 4));
            expect_ok(gan_optimizer_set_lr(x.d_opt, gan_optimizer_lr(x.d_opt) / 4));
        }
        expect_ok(gan_train_step(x.trainer, &b, NULL));
    }
    gan_rng_destroy(rng);
    return x;
}

static void draw_gaussian(gan_rng *rng, float *out)
{
    gan_rng_normal(rng, 1, out);
    *out = 2.385f + 0.5f * *out;
}

TEST_EACH(it_learns_a_gaussian, 0, 3)
{
    static const net_layer g[] = {LINEAR(4, 32), LEAKY, LINEAR(32, 32), LEAKY, LINEAR(32, 1), END};
    static const net_layer d[] = {LINEAR(1, 32), LEAKY, LINEAR(32, 32), LEAKY, LINEAR(32, 1),
                                  SIGMOID,       END};
    enum { N = 2000 };
    game x = learn(g, d, draw_gaussian, 2000, (uint64_t)_i + 1);
    float *z = normals(N * x.latent, 5), y[N];
    double mean = 0, variance = 0;

    expect_ok(gan_trainer_sample(x.trainer, z, N, y));
    for (size_t i = 0; i < N; i++) mean += (double)y[i] / N;
    for (size_t i = 0; i < N; i++) variance += ((double)y[i] - mean) * ((double)y[i] - mean) / N;
    if (!under_sanitizer()) {
        expect_near(mean, 2.385, 0, 0.25);
        expect_near(sqrt(variance), 0.5, 0, 0.2);
    }
    free(z);
    game_end(&x);
}

static void draw_ring(gan_rng *rng, float *out)
{
    const double angle = gan_rng_below(rng, 8) * acos(-1) / 4;

    gan_rng_normal(rng, 2, out);
    out[0] = (float)(cos(angle) + 0.05 * (double)out[0]);
    out[1] = (float)(sin(angle) + 0.05 * (double)out[1]);
}

TEST_EACH(it_covers_a_ring_of_eight, 0, 3)
{
    static const net_layer g[] = {LINEAR(8, 64), LEAKY, LINEAR(64, 64), LEAKY, LINEAR(64, 2), END};
    static const net_layer d[] = {LINEAR(2, 64), LEAKY, LINEAR(64, 64), LEAKY, LINEAR(64, 1),
                                  SIGMOID,       END};
    enum { N = 2000 };
    game x = learn(g, d, draw_ring, 4000, (uint64_t)_i + 1);
    float *z = normals(N * x.latent, 5), y[2 * N];
    size_t near[8] = {0}, close = 0, covered = 0;

    expect_ok(gan_trainer_sample(x.trainer, z, N, y));
    for (size_t i = 0; i < N; i++)
        for (size_t m = 0; m < 8; m++)
            if (hypot((double)y[2 * i] - cos((double)m * acos(-1) / 4),
                      (double)y[2 * i + 1] - sin((double)m * acos(-1) / 4)) < 0.2)
                near[m]++, close++;
    for (size_t m = 0; m < 8; m++) covered += near[m] > N / 80; /* a tenth of the expected share */
    if (!under_sanitizer()) {
        ck_assert_uint_eq(covered, 8);
        ck_assert_msg(close > N * 6 / 10, "only %zu of %d samples are close to a mode", close, N);
    }
    free(z);
    game_end(&x);
}
