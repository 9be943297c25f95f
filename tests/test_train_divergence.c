/* test_train_divergence.c - steps that diverge: named, skipped, or with a lower learning rate. */
#include "expect.h"
#include "game.h"

#include <math.h>
#include <stdlib.h>

static gan_batch spoilt(const game *x, float *real)
{
    real[7] = NAN;
    return batch_of(x, real, 20);
}

TEST(a_step_that_diverges_is_skipped)
{
    gan_trainer_desc desc = small_desc;
    float *real = normals(20 * 6, 1);
    game x, twin = small_game();
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_batch b;

    desc.on_divergence = GAN_DIVERGENCE_SKIP;
    x = game_begin(small_g, small_d, adam, &desc);
    b = spoilt(&x, real);
    for (uint64_t s = 0; s < 3; s++) {
        expect_ok(gan_train_step(x.trainer, &b, &stats)); /* the generator's half too */
        ck_assert(stats.d_skipped == s + 1 && stats.g_skipped == 0);
        ck_assert(stats.d_steps == 0 && stats.g_steps == 0);
        expect_same_game(&x, &twin);
    }
    ck_assert(gan_optimizer_lr(x.d_opt) == gan_optimizer_lr(twin.d_opt));
    play(&x, 20, 1);
    expect_ok(gan_optimizer_set_lr(x.g_opt, 1e300));
    expect_ok(gan_train_generator_step(x.trainer, 20, NULL, NULL, &stats));
    ck_assert(stats.g_skipped == 1 && stats.d_steps == 1 && stats.g_steps == 1);
    free(real);
    game_end(&x);
    game_end(&twin);
}

/* Other noise may succeed. */
TEST(a_skipped_step_is_followed_by_other_random_numbers)
{
    gan_trainer_desc desc = plain_desc;
    game x, twin = plain_game(&plain_desc);
    gan_train_stats a = {GAN_TRAIN_STATS_INIT}, b = {GAN_TRAIN_STATS_INIT};

    desc.on_divergence = GAN_DIVERGENCE_SKIP;
    x = plain_game(&desc);
    for (int i = 0; i < 2; i++) { /* the first one is skipped in x and lost in its twin */
        const double lr = i ? 0.002 : 1e300;

        expect_ok(gan_optimizer_set_lr(x.g_opt, lr));
        expect_ok(gan_optimizer_set_lr(twin.g_opt, i ? lr : 0));
        expect_ok(gan_train_generator_step(x.trainer, 20, NULL, NULL, &a));
        expect_ok(gan_train_generator_step(twin.trainer, 20, NULL, NULL, &b));
    }
    ck_assert(a.g_loss == b.g_loss && a.g_steps == 1 && b.g_steps == 2);
    game_end(&x);
    game_end(&twin);
}

TEST(a_rate_that_is_too_high_comes_down)
{
    gan_trainer_desc desc = plain_desc;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    game x;
    float *real = normals(20 * 6, 1);
    gan_batch b;

    desc.on_divergence = GAN_DIVERGENCE_REDUCE;
    x = game_begin(plain_g, plain_d, gradient_taker, &desc);
    b = batch_of(&x, real, 20);
    expect_ok(gan_optimizer_set_lr(x.d_opt, 1e41));
    expect_ok(gan_optimizer_set_lr(x.g_opt, 1e-3));
    while (stats.d_steps == 0) {
        ck_assert_uint_lt(stats.d_skipped, 20);
        expect_ok(gan_train_step(x.trainer, &b, &stats));
        expect_near(gan_optimizer_lr(x.d_opt), 1e41 / exp2((double)stats.d_skipped), 1e-12, 0);
    }
    ck_assert(stats.d_skipped > 2);
    ck_assert(gan_optimizer_lr(x.g_opt) == 1e-3 / exp2((double)stats.g_skipped));
    free(real);
    game_end(&x);
}

TEST(skipped_steps_are_counted_on_after_a_checkpoint)
{
    const char *path = scratch_path("skipped.gan");
    gan_trainer_desc desc = plain_desc;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *real = normals(20 * 6, 1);
    game x, y;
    gan_batch b;

    desc.on_divergence = GAN_DIVERGENCE_REDUCE;
    x = plain_game(&desc);
    y = plain_game(&desc);
    b = spoilt(&x, real);
    for (int i = 0; i < 3; i++) expect_ok(gan_train_step(x.trainer, &b, &stats));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(y.trainer, NULL, path));
    ck_assert(gan_optimizer_lr(y.d_opt) == gan_optimizer_lr(x.d_opt));
    expect_ok(gan_train_step(y.trainer, &b, &stats));
    ck_assert_uint_eq(stats.d_skipped, 4);
    free(real);
    game_end(&x);
    game_end(&y);
}

/* Then no step can help. */
TEST(weights_that_are_none_stop_in_any_case)
{
    for (int policy = GAN_DIVERGENCE_STOP; policy <= GAN_DIVERGENCE_REDUCE; policy++) {
        gan_trainer_desc desc = plain_desc;
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
        float *real = normals(20 * 6, 1);
        game x;
        gan_batch b;

        desc.on_divergence = (gan_divergence)policy;
        x = plain_game(&desc);
        b = batch_of(&x, real, 20);
        tensor_of(x.d, "2.weight").data[3] = NAN;
        expect_fails(gan_train_step(x.trainer, &b, &stats), GAN_ERR_NONFINITE, "2.weight");
        ck_assert(stats.d_skipped == 0 && gan_optimizer_lr(x.d_opt) == 0.002);
        free(real);
        game_end(&x);
    }
}

/* Finite, but their products are not. */
TEST(huge_weights_are_named)
{
    game x = plain_game(&plain_desc), twin = plain_game(&plain_desc);
    float *real = normals(20 * 6, 1);
    const gan_batch b = batch_of(&x, real, 20);
    gan_network *nets[] = {x.d, twin.d};

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const gan_tensor t = tensor_of(nets[i], j ? "2.weight" : "0.weight");

            for (size_t k = 0; k < t.size; k++) t.data[k] = 1e30f;
        }
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "discriminator, step 1:");
    expect_error_says("discriminator's layer 2 (linear)");
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

TEST(a_bad_output_is_that_of_its_layer)
{
    game x = plain_game(&plain_desc);
    float *z = normals(20 * 3, 1), *real = normals(20 * 6, 2);
    const gan_batch b = batch_of(&x, real, 20);

    z[5] = NAN;
    expect_fails(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL), GAN_ERR_NONFINITE,
                 "discriminator, step 1: the loss is");
    expect_error_says("generator's layer 1 (leaky_relu)"); /* which is in place after layer 0 */
    expect_fails(gan_train_generator_step(x.trainer, 20, z, NULL, NULL), GAN_ERR_NONFINITE,
                 "generator, step 1: the loss is");
    expect_error_says("generator's layer 1 (leaky_relu)");
    free(z);
    free(real);
    game_end(&x);
}

/* A learning rate of 10: outputs grow until they overflow. */
TEST(a_rate_of_ten_ends_with_a_name_and_good_weights)
{
    gan_trainer_desc desc = plain_desc;
    gan_status status = GAN_OK;
    float *real = normals(20 * 6, 1), *g = NULL, *d = NULL, *after;
    gan_batch b;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    game x;
    size_t n;

    desc.loss = GAN_LOSS_LEAST_SQUARES;
    x = game_begin(plain_g, plain_d, gradient_taker, &desc);
    b = batch_of(&x, real, 20);
    expect_ok(gan_optimizer_set_lr(x.d_opt, 10));
    expect_ok(gan_optimizer_set_lr(x.g_opt, 10));
    while (status == GAN_OK) {
        ck_assert_uint_lt(stats.d_steps, 500);
        free(g);
        free(d);
        g = net_weights(x.g, NULL);
        d = net_weights(x.d, &n);
        status = gan_train_discriminator_step(x.trainer, &b, NULL, NULL, &stats);
    }
    expect_status(status, GAN_ERR_NONFINITE);
    expect_error_says("discriminator");
    after = net_weights(x.d, NULL);
    expect_same_bits(after, d, n * sizeof *d);
    for (size_t i = 0; i < n; i++) ck_assert(isfinite(d[i]));
    free(after);
    after = net_weights(x.g, &n);
    expect_same_bits(after, g, n * sizeof *g);
    free(after);
    free(real);
    free(g);
    free(d);
    game_end(&x);
}

TEST(a_weight_that_would_leave_the_numbers_is_named)
{
    game x = game_begin(plain_g, plain_d, gradient_taker, &plain_desc);
    float *real = normals(20 * 6, 1);
    const gan_batch b = batch_of(&x, real, 20);

    for (size_t i = 0; i < 120; i++) real[i] *= 100;
    expect_ok(gan_optimizer_set_lr(x.d_opt, 3e38));
    expect_fails(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL), GAN_ERR_NONFINITE,
                 "discriminator, 0.weight: sgd: step 1:");
    expect_error_says("would not stay finite");
    free(real);
    game_end(&x);
}
