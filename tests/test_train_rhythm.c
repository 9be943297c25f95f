/* test_train_rhythm.c - discriminator steps per generator step, average, noise, micro-batches, and
 * all combined. */
#include "budget.h"
#include "expect.h"
#include "game.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every setting of a trainer but on_divergence. */
static gan_trainer_desc every_option(void)
{
    gan_trainer_desc desc = plain_desc;

    desc.loss = GAN_LOSS_RELATIVISTIC;
    desc.real_target = 0.9;
    desc.fake_target = 0.05;
    desc.label_flip = 0.1;
    desc.d_steps_per_g = 2;
    desc.micro_batch = 6;
    desc.latent = GAN_LATENT_UNIFORM;
    desc.on_divergence = GAN_DIVERGENCE_REDUCE;
    desc.instance_noise = 0.25;
    desc.instance_noise_steps = 9;
    desc.average_decay = 0.9;
    desc.average_warmup = 4;
    return desc;
}

/* ---- d_steps_per_g ---- */

TEST(the_generator_steps_every_third_time)
{
    gan_trainer_desc desc = small_desc;
    game x, twin = small_game();

    desc.d_steps_per_g = 3;
    x = game_begin(small_g, small_d, adam, &desc);
    for (uint64_t s = 0; s < 8; s++) {
        float *real = normals(20 * x.sample, s);
        const gan_batch b = batch_of(&x, real, 20);
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(gan_train_step(x.trainer, &b, &stats));
        expect_ok(gan_train_discriminator_step(twin.trainer, &b, NULL, NULL, NULL));
        if (s % 3 == 2) expect_ok(gan_train_generator_step(twin.trainer, 20, NULL, NULL, NULL));
        ck_assert_uint_eq(stats.d_steps, s + 1);
        ck_assert_uint_eq(stats.g_steps, (s + 1) / 3);
        expect_same_game(&x, &twin);
        free(real);
    }
    game_end(&x);
    game_end(&twin);
}

/* ---- the average ---- */

TEST(the_average_is_that_of_the_weights)
{
    const uint64_t warmups[] = {0, 1, 10};
    const double decay = 0.75;

    for (int i = 0; i < 3; i++) {
        gan_trainer_desc desc = plain_desc;
        game x;
        double wanted[500] = {0};

        desc.average_decay = decay;
        desc.average_warmup = warmups[i];
        x = plain_game(&desc);
        expect_same_weights(gan_trainer_average(x.trainer), x.g);
        for (uint64_t s = 0; s < 12; s++) {
            const double most = s > 0 ? (double)s / (double)(s + warmups[i]) : 0;
            const double d = most < decay ? most : decay;
            size_t n;
            float *w, *average;

            play(&x, 20, s);
            w = net_weights(x.g, &n);
            average = net_weights(gan_trainer_average(x.trainer), NULL);
            ck_assert_uint_le(n, 500);
            for (size_t j = 0; j < n; j++) {
                wanted[j] = d * wanted[j] + (1 - d) * (double)w[j];
                expect_near((double)average[j], wanted[j], 1e-5, 1e-7);
            }
            free(w);
            free(average);
        }
        game_end(&x);
    }
}

TEST(samples_come_from_the_average)
{
    gan_trainer_desc desc = plain_desc;
    game x, plain = plain_game(&plain_desc);
    float *z = normals(9 * 3, 1), a[9 * 6], b[9 * 6];

    desc.average_decay = 0.99;
    x = plain_game(&desc);
    for (uint64_t s = 0; s < 5; s++) {
        play(&x, 20, s);
        play(&plain, 20, s);
    }
    expect_same_game(&x, &plain); /* training isn't affected */
    ck_assert_ptr_null(gan_trainer_average(plain.trainer));
    ck_assert_ptr_null(gan_trainer_average(NULL));
    expect_ok(gan_trainer_sample(x.trainer, z, 9, a));
    expect_ok(gan_network_forward(gan_trainer_average(x.trainer), z, 9, b));
    expect_close(a, b, 9 * 6, 1e-5, 1e-6);
    expect_ok(gan_trainer_sample(plain.trainer, z, 9, b));
    expect_other_bits(a, b, sizeof a);
    free(z);
    game_end(&x);
    game_end(&plain);
}

/* A generator with batch normalisation. */
static game buffered_game(const gan_trainer_desc *desc)
{
    game x = {.latent = 3, .sample = 6, .g_opt = adam(), .d_opt = adam()};

    x.g = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(x.g, gan_layer_linear(3, 9));
    gan_network_add(x.g, gan_layer_batch_norm(9, NULL));
    gan_network_add(x.g, gan_layer_relu());
    gan_network_add(x.g, gan_layer_linear(9, 6));
    x.d = net_seeded(6, plain_d, 4);
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

TEST(the_average_is_in_the_checkpoint)
{
    const char *path = scratch_path("average.gan");
    gan_trainer_desc desc = plain_desc;
    gan_network *alone = (gan_network *)&desc;
    game x, y, plain = plain_game(&plain_desc);

    desc.average_decay = 0.9;
    x = plain_game(&desc);
    y = plain_game(&desc);
    for (uint64_t s = 0; s < 5; s++) play(&x, 20, s);
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(y.trainer, NULL, path));
    expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(y.trainer));
    expect_ok(gan_checkpoint_average(&alone, path, NULL));
    expect_same_weights(gan_trainer_average(x.trainer), alone);
    gan_network_destroy(alone);
    play(&x, 20, 9);
    play(&y, 20, 9);
    expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(y.trainer));
    expect_fails(gan_checkpoint_load(plain.trainer, NULL, path), GAN_ERR_INVALID, "average");
    expect_ok(gan_checkpoint_save(plain.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(x.trainer, NULL, path), GAN_ERR_INVALID, "average_decay");
    expect_fails(gan_checkpoint_average(&alone, path, NULL), GAN_ERR_INVALID, "no average");
    ck_assert_ptr_null(alone);
    expect_fails(gan_checkpoint_average(NULL, path, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_checkpoint_average(&alone, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_status(gan_checkpoint_average(&alone, "/nowhere/x", NULL), GAN_ERR_IO);
    scratch_write(path, "nothing", 7);
    expect_status(gan_checkpoint_average(&alone, path, NULL), GAN_ERR_FORMAT);
    game_end(&x);
    game_end(&y);
    game_end(&plain);
}

/* ---- latent vectors and instance noise: seen through identity networks ---- */

static const net_layer pass_g[] = {LINEAR(2, 2), END}, pass_d[] = {LINEAR(2, 1), END};

/* G is the identity, D outputs the first value. */
static game glass_game(const gan_trainer_desc *desc)
{
    game x = game_begin(pass_g, pass_d, adam, desc);
    const float identity[6] = {1, 0, 0, 1, 0, 0}, first[3] = {1, 0, 0};

    net_set_weights(x.g, identity);
    net_set_weights(x.d, first);
    expect_ok(gan_optimizer_set_lr(x.g_opt, 0));
    expect_ok(gan_optimizer_set_lr(x.d_opt, 0));
    return x;
}

TEST(uniform_latent_vectors_are_uniform)
{
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                             .batch_size = 4,
                             .seed = 6,
                             .n_threads = 1,
                             .loss = GAN_LOSS_WASSERSTEIN,
                             .latent = GAN_LATENT_UNIFORM};
    game x = glass_game(&desc);
    double sum = 0, squares = 0, least = 2;

    for (int s = 0; s < 2000; s++) {
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(gan_train_generator_step(x.trainer, 1, NULL, NULL, &stats));
        ck_assert(fabs(stats.g_loss) <= 1);
        if (-stats.g_loss < least) least = -stats.g_loss;
        sum += stats.g_loss / 2000;
        squares += stats.g_loss * stats.g_loss / 2000;
    }
    expect_near(sum, 0, 0, 0.05);
    expect_near(squares, 1.0 / 3, 0, 0.03);
    ck_assert(least < -0.98);
    game_end(&x);
}

TEST(instance_noise_is_as_strong_as_it_should_be)
{
    enum { STEPS = 400 };
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                             .batch_size = 4,
                             .seed = 6,
                             .n_threads = 1,
                             .loss = GAN_LOSS_WASSERSTEIN,
                             .instance_noise = 2,
                             .instance_noise_steps = 2 * STEPS};
    game x = glass_game(&desc);
    const float real[2] = {5, 7}, z[2] = {-3, 1};
    const gan_batch b = batch_of(&x, real, 1);
    double real_squares[2] = {0}, fake_squares[2] = {0}, products = 0, g_squares = 0;

    for (int s = 0; s < 2 * STEPS; s++) {
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
        const int half = s >= STEPS;

        expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, &stats));
        if (!half) expect_ok(gan_train_generator_step(x.trainer, 1, z, NULL, &stats));
        real_squares[half] += (stats.d_real - 5) * (stats.d_real - 5) / STEPS;
        fake_squares[half] += (stats.d_fake + 3) * (stats.d_fake + 3) / STEPS;
        products += (stats.d_real - 5) * (stats.d_fake + 3) / STEPS;
        if (!half) g_squares += (stats.g_loss - 3) * (stats.g_loss - 3) / STEPS;
    }
    /* The mean of 4 (1 - w)^2 over w from 0 to 1/2 and from 1/2 to 1. */
    expect_near(real_squares[0], 7.0 / 3, 0.2, 0);
    expect_near(fake_squares[0], 7.0 / 3, 0.2, 0);
    expect_near(g_squares, 7.0 / 3, 0.2, 0);
    expect_near(real_squares[1], 1.0 / 3, 0.25, 0);
    expect_near(fake_squares[1], 1.0 / 3, 0.25, 0);
    expect_near(products, 0, 0, 0.3);
    for (int s = 0; s < 3; s++) { /* it is over */
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, &stats));
        expect_ok(gan_train_generator_step(x.trainer, 1, z, NULL, &stats));
        ck_assert(stats.d_real == 5 && stats.d_fake == -3 && stats.g_loss == 3);
    }
    game_end(&x);
}

/* The samples are then in other memory, so the gradients take another path. */
TEST(noise_too_faint_to_show_changes_nothing)
{
    gan_trainer_desc faint = plain_desc;
    game x, twin = plain_game(&plain_desc);

    faint.instance_noise = 1e-12;
    x = plain_game(&faint);
    for (uint64_t s = 0; s < 5; s++) {
        play(&x, 20, s);
        play(&twin, 20, s);
    }
    expect_same_game(&x, &twin);
    game_end(&x);
    game_end(&twin);
}

/* ---- micro-batches ---- */

TEST(micro_batches_add_up_to_the_batch)
{
    for (size_t micro = 1; micro <= 20; micro += 3) {
        gan_trainer_desc desc = plain_desc;
        game x, twin;
        gan_train_stats a = {GAN_TRAIN_STATS_INIT}, b = a;
        float *real = normals(20 * 6, 3), *found, *wanted;
        gan_batch batch;
        size_t n;

        desc.label_flip = 0.2;
        twin = game_begin(plain_g, plain_d, gradient_taker, &desc);
        desc.micro_batch = micro;
        x = game_begin(plain_g, plain_d, gradient_taker, &desc);
        batch = batch_of(&x, real, 20);
        expect_ok(gan_train_discriminator_step(x.trainer, &batch, NULL, NULL, &a));
        expect_ok(gan_train_discriminator_step(twin.trainer, &batch, NULL, NULL, &b));
        expect_ok(gan_train_generator_step(x.trainer, 17, NULL, NULL, &a));
        expect_ok(gan_train_generator_step(twin.trainer, 17, NULL, NULL, &b));
        for (int i = 0; i < 2; i++) {
            found = net_weights(i ? x.g : x.d, &n);
            wanted = net_weights(i ? twin.g : twin.d, NULL);
            expect_norm_close(found, wanted, n, 1e-5);
            free(found);
            free(wanted);
        }
        expect_near(a.d_loss, b.d_loss, 1e-6, 0);
        expect_near(a.g_loss, b.g_loss, 1e-4, 1e-6);
        expect_near(a.d_real, b.d_real, 1e-6, 0);
        expect_near(a.d_fake_accuracy, b.d_fake_accuracy, 1e-9, 0);
        expect_near(a.d_grad_norm, b.d_grad_norm, 1e-5, 0);
        expect_near(a.g_grad_norm, b.g_grad_norm, 1e-4, 0);
        free(real);
        game_end(&x);
        game_end(&twin);
    }
}

/* A single micro-batch is the batch. */
TEST(a_batch_that_fits_needs_no_parts)
{
    gan_trainer_desc desc = small_desc;
    game x, twin = small_game();

    desc.micro_batch = 10;
    x = game_begin(small_g, small_d, adam, &desc);
    /* Dropout's stream has positions for the maximal batch: only the first step agrees. */
    float *real = normals(10 * 6, 0);
    const gan_batch b = batch_of(&x, real, 10);

    expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
    expect_ok(gan_train_discriminator_step(twin.trainer, &b, NULL, NULL, NULL));
    expect_same_weights(x.d, twin.d);
    free(real);
    game_end(&x);
    game_end(&twin);
}

TEST(buffers_follow_every_part_of_a_step_that_counts)
{
    gan_trainer_desc desc = plain_desc;
    game x, twin;
    float *z = normals(20 * 3, 1), kept;
    gan_tensor mean, other;

    desc.micro_batch = 10;
    x = buffered_game(&desc);
    twin = buffered_game(&plain_desc);
    expect_ok(gan_optimizer_set_lr(twin.g_opt, 0));
    expect_ok(gan_train_generator_step(x.trainer, 20, z, NULL, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, 10, z, NULL, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, 10, z + 30, NULL, NULL));
    mean = tensor_of(x.g, "1.running_mean");
    other = tensor_of(twin.g, "1.running_mean");
    expect_close(mean.data, other.data, mean.size, 1e-6, 1e-8);
    memcpy(other.data, mean.data, mean.size * sizeof *mean.data);
    kept = z[59];
    z[59] = NAN; /* in the last micro-batch */
    expect_status(gan_train_generator_step(x.trainer, 20, z, NULL, NULL), GAN_ERR_NONFINITE);
    expect_same_bits(mean.data, other.data, mean.size * sizeof *mean.data);
    z[59] = kept;
    free(z);
    game_end(&x);
    game_end(&twin);
}

TEST(a_failed_step_in_parts_changes_nothing)
{
    gan_trainer_desc desc = small_desc;
    game x, twin;
    float *real = normals(20 * 6, 4), kept = real[115];
    const gan_batch b = {GAN_BATCH_INIT, .count = 20, .shape = gan_shape_1d(6), .samples = real};

    desc.micro_batch = 7;
    x = game_begin(small_g, small_d, adam, &desc);
    twin = game_begin(small_g, small_d, adam, &desc);
    for (int i = 0; i < 3; i++) {
        real[115] = NAN;
        expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "real sample 19");
        real[115] = kept;
        expect_ok(gan_train_step(x.trainer, &b, NULL));
        expect_ok(gan_train_step(twin.trainer, &b, NULL));
        expect_same_game(&x, &twin);
    }
    free(real);
    game_end(&x);
    game_end(&twin);
}

/* ---- all at once ---- */

TEST(the_number_of_threads_does_not_show_with_every_option)
{
    gan_trainer_desc desc = every_option();
    game first = game_begin(small_g, small_d, adam, &desc);

    for (uint64_t s = 0; s < 12; s++) play(&first, 8 + s, s);
    for (size_t threads = 1; threads < 6; threads += 2) {
        game x;

        desc.n_threads = threads;
        x = game_begin(small_g, small_d, adam, &desc);
        for (uint64_t s = 0; s < 12; s++) play(&x, 8 + s, s);
        expect_same_game(&x, &first);
        expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(first.trainer));
        game_end(&x);
    }
    game_end(&first);
}

TEST(a_run_is_resumed_with_every_option)
{
    const char *path = scratch_path("every-option.gan");
    const gan_trainer_desc desc = every_option();
    const gan_schedule_desc schedule = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE,
                                        .warmup = 2, .period = 9, .factor = 0.1};
    const gan_limits_desc limits = {GAN_LIMITS_DESC_INIT, .grad_norm = 0.5, .grad_value = 0.2,
                                    .weight = 0.3};

    for (uint64_t stop = 0; stop < 6; stop++) {
        game x = game_begin(small_g, small_d, adam, &desc),
             y = game_begin(small_g, small_d, adam, &desc);
        gan_optimizer *opts[] = {x.g_opt, x.d_opt, y.g_opt, y.d_opt};

        for (size_t i = 0; i < 4; i++) {
            expect_ok(gan_optimizer_set_schedule(opts[i], &schedule));
            expect_ok(gan_optimizer_set_limits(opts[i], &limits));
        }
        for (uint64_t s = 0; s < stop; s++) play(&x, 9 + s, s);
        play(&y, 20, 77);
        expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
        expect_ok(gan_checkpoint_load(y.trainer, NULL, path));
        for (uint64_t s = 0; s < 7; s++) {
            play(&x, 12 + s, 50 + s);
            play(&y, 12 + s, 50 + s);
            expect_same_game(&x, &y);
            expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(y.trainer));
        }
        expect_ok(gan_optimizer_set_limits(y.d_opt, NULL));
        expect_fails(gan_checkpoint_load(y.trainer, NULL, path), GAN_ERR_INVALID, "limit_");
        expect_ok(gan_optimizer_set_limits(y.d_opt, &limits));
        expect_ok(gan_optimizer_set_schedule(y.d_opt, NULL));
        expect_fails(gan_checkpoint_load(y.trainer, NULL, path), GAN_ERR_INVALID, "schedule");
        game_end(&x);
        game_end(&y);
    }
}

static gan_status make_trainer(void **out, const gan_allocator *allocator, void *user)
{
    game *x = user;
    gan_trainer_desc desc = every_option();
    gan_trainer *trainer = user;
    gan_status status;

    desc.allocator = allocator;
    status = gan_trainer_create(&trainer, x->g, x->d, x->g_opt, x->d_opt, &desc);
    *out = trainer;
    return status;
}

static void end_trainer(void *made)
{
    gan_trainer_destroy(made);
}

TEST(creation_survives_a_lack_of_memory_with_every_option)
{
    game x = plain_game(&plain_desc);

    budget_sweep(make_trainer, end_trainer, &x);
    game_end(&x);
}

/* The copy of the generator is made with the generator's allocator. */
TEST(an_average_that_has_no_memory_is_reported)
{
    gan_trainer_desc desc = every_option();
    gan_network_desc net_desc = {GAN_NETWORK_DESC_INIT};
    gan_status status = GAN_ERR_NOMEM;
    game x = plain_game(&plain_desc);
    gan_network *g;
    gan_trainer *trainer;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    net_desc.allocator = &b.allocator;
    g = net_make(3, plain_g, &net_desc);
    expect_ok(gan_network_build(g));
    for (size_t allowed = 0; status != GAN_OK; allowed++) {
        const size_t live = budget_live(&b);

        ck_assert_uint_lt(allowed, 50);
        b.left = allowed;
        trainer = (gan_trainer *)&b;
        status = gan_trainer_create(&trainer, g, x.d, x.g_opt, x.d_opt, &desc);
        if (status == GAN_OK) break;
        expect_status(status, GAN_ERR_NOMEM);
        ck_assert_ptr_null(trainer);
        ck_assert_uint_eq(budget_live(&b), live);
    }
    gan_trainer_destroy(trainer);
    gan_network_destroy(g);
    ck_assert_uint_eq(budget_live(&b), 0);
    game_end(&x);
}

TEST(a_step_takes_no_memory_with_every_option)
{
    gan_trainer_desc desc = every_option();
    game x = plain_game(&plain_desc);
    gan_trainer *trainer;
    float *real = normals(20 * 6, 1);
    const gan_batch batch = batch_of(&x, real, 20);
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_trainer_create(&trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    b.left = 0;
    for (int s = 0; s < 4; s++) expect_ok(gan_train_step(trainer, &batch, NULL));
    ck_assert_uint_eq(b.refused, 0);
    gan_trainer_destroy(trainer);
    free(real);
    game_end(&x);
}

#define REFUSED(says, ...)                                                                         \
    do {                                                                                           \
        const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, __VA_ARGS__};                        \
        gan_trainer *made = (gan_trainer *)&made;                                                  \
                                                                                                   \
        expect_fails(gan_trainer_create(&made, x.g, x.d, x.g_opt, x.d_opt, &desc),                 \
                     GAN_ERR_INVALID, says);                                                       \
        ck_assert_ptr_null(made);                                                                  \
    } while (0)

TEST(settings_out_of_range_are_named)
{
    game x = plain_game(&plain_desc);

    REFUSED("latent distribution 2", .latent = (gan_latent)2);
    REFUSED("real_target and fake_target are both 0.5", .real_target = 0.5, .fake_target = 0.5);
    REFUSED("real_target and fake_target are both 1", .fake_target = 1);
    REFUSED("on_divergence 3", .on_divergence = (gan_divergence)3);
    REFUSED("instance_noise of 0 to 1e+06", .instance_noise = -1);
    REFUSED("instance_noise", .instance_noise = NAN);
    REFUSED("average_decay of 0 to below 1 expected, got 1", .average_decay = 1);
    REFUSED("average_decay", .average_decay = NAN);
    game_end(&x);
}
