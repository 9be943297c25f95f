/* test_train.c - the adversarial step: statistics, no side effects, same bits, failures. */
#include "expect.h"
#include "game.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Without dropout, as the reference in gradcheck.h is. */
static const net_layer deep_g[] = {LINEAR(3, 7), LEAKY, LINEAR(7, 5), LEAKY,
                                   LINEAR(5, 6), TANH,  END};
static const net_layer deep_d[] = {LINEAR(6, 8), LEAKY,   LINEAR(8, 5), LEAKY,
                                   LINEAR(5, 1), SIGMOID, END};

/* ---- statistics ---- */

TEST(the_figures_are_those_of_the_step)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .n_threads = 2};
    enum { N = 19 };
    game x = game_begin(deep_g, deep_d, adam, &desc);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    double real_logits[N], fake_logits[N];

    for (uint64_t s = 0; s < 3; s++) {
        float *real = normals(N * x.sample, 10 + s), *z = normals(N * x.latent, 20 + s);
        adversaries a = {reference_of(x.g, x.g_layers), reference_of(x.d, x.d_layers), N, real, z};
        const gan_batch b = batch_of(&x, real, N);
        double d_real = 0, d_fake = 0, real_right = 0, fake_right = 0;

        adversaries_logits(&a, real_logits, fake_logits);
        for (size_t i = 0; i < N; i++) {
            d_real += 1 / (1 + exp(-real_logits[i])) / N;
            d_fake += 1 / (1 + exp(-fake_logits[i])) / N;
            real_right += (double)(real_logits[i] > 0) / N;
            fake_right += (double)(fake_logits[i] < 0) / N;
        }
        expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, &stats));
        expect_near(stats.d_loss, adversaries_d_loss(&a), 1e-6, 0);
        expect_near(stats.d_real, d_real, 1e-6, 0);
        expect_near(stats.d_fake, d_fake, 1e-6, 0);
        expect_near(stats.d_real_accuracy, real_right, 1e-9, 0);
        expect_near(stats.d_fake_accuracy, fake_right, 1e-9, 0);
        ck_assert_uint_eq(stats.d_steps, s + 1);
        ck_assert_uint_eq(stats.g_steps, s);
        reference_free(a.d);
        a.d = reference_of(x.d, x.d_layers);
        expect_ok(gan_train_generator_step(x.trainer, N, z, NULL, &stats));
        expect_near(stats.g_loss, adversaries_g_loss(&a), 1e-6, 0);
        ck_assert_uint_eq(stats.g_steps, s + 1);
        reference_free(a.g);
        reference_free(a.d);
        free(real);
        free(z);
    }
    game_end(&x);
}

TEST(a_half_step_keeps_the_other_halfs_figures)
{
    game x = small_game();
    float *real = normals(20 * x.sample, 1);
    const gan_batch b = batch_of(&x, real, 20);
    gan_train_stats whole = {GAN_TRAIN_STATS_INIT}, half;

    expect_ok(gan_train_step(x.trainer, &b, &whole));
    half = whole;
    expect_ok(gan_train_generator_step(x.trainer, 20, NULL, NULL, &half));
    ck_assert(half.d_loss == whole.d_loss && half.d_grad_norm == whole.d_grad_norm &&
              half.g_loss != whole.g_loss);
    ck_assert(half.d_steps == 1 && half.g_steps == 2);
    whole = half;
    expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, &half));
    ck_assert(half.g_loss == whole.g_loss && half.g_grad_norm == whole.g_grad_norm &&
              half.d_loss != whole.d_loss);
    ck_assert(half.d_steps == 2 && half.g_steps == 2 && half.struct_size == sizeof half);
    free(real);
    game_end(&x);
}

TEST(figures_fit_the_hosts_record)
{
    game x = small_game(), twin = small_game();
    float *real = normals(20 * x.sample, 1);
    const gan_batch b = batch_of(&x, real, 20);
    struct {
        gan_train_stats known;
        double later;
    } longer = {{GAN_TRAIN_STATS_INIT}, 2.385};
    gan_train_stats none = {0};

    longer.known.struct_size = sizeof longer;
    expect_fails(gan_train_step(x.trainer, &b, &none), GAN_ERR_INVALID, "struct_size");
    expect_status(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, &none), GAN_ERR_INVALID);
    expect_status(gan_train_generator_step(x.trainer, 20, NULL, NULL, &none), GAN_ERR_INVALID);
    expect_same_game(&x, &twin);
    expect_ok(gan_train_step(x.trainer, &b, &longer.known));
    expect_ok(gan_train_step(twin.trainer, &b, NULL));
    expect_same_game(&x, &twin);
    ck_assert(longer.known.d_steps == 1 && longer.later == 2.385 &&
              longer.known.struct_size == sizeof longer);
    free(real);
    game_end(&x);
    game_end(&twin);
}

/* ---- no side effects ---- */

TEST(a_half_step_leaves_the_other_network_and_its_optimizer)
{
    game x = small_game(), twin = small_game();
    float *real = normals(20 * x.sample, 1), *z = normals(20 * x.latent, 2);
    const gan_batch b = batch_of(&x, real, 20);
    size_t n;

    for (int s = 0; s < 3; s++) {
        float *before = net_weights(x.g, &n), *after;

        for (int k = 0; k < 3; k++)
            expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL));
        after = net_weights(x.g, NULL);
        expect_same_bits(after, before, n * sizeof *after);
        ck_assert_uint_eq(gan_optimizer_steps(x.g_opt), (unsigned)s);
        free(before);
        free(after);
        before = net_weights(x.d, &n);
        expect_ok(gan_train_generator_step(x.trainer, 20, z, NULL, NULL));
        after = net_weights(x.d, NULL);
        expect_same_bits(after, before, n * sizeof *after);
        ck_assert_uint_eq(gan_optimizer_steps(x.d_opt), 3u * (unsigned)(s + 1));
        free(before);
        free(after);
    }
    free(real);
    free(z);
    game_end(&x);
    game_end(&twin);
}

/* Steps of one half must not touch the other half's moments: a restored generator makes the same
 * step with the same discriminator. */
TEST(the_other_optimizers_moments_stay)
{
    game x = game_begin(deep_g, deep_d, adam, &small_desc);
    game twin = game_begin(deep_g, deep_d, adam, &small_desc);
    float *real = normals(20 * x.sample, 1), *z = normals(20 * x.latent, 2), *d;
    const gan_batch b = batch_of(&x, real, 20);

    for (int s = 0; s < 3; s++) {
        expect_ok(gan_train_generator_step(x.trainer, 20, z, NULL, NULL));
        expect_ok(gan_train_generator_step(twin.trainer, 20, z, NULL, NULL));
        expect_same_weights(x.g, twin.g);
        d = net_weights(x.d, NULL);
        for (int k = 0; k < 5; k++)
            expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL));
        net_set_weights(x.d, d);
        free(d);
    }
    free(real);
    free(z);
    game_end(&x);
    game_end(&twin);
}

TEST(sampling_leaves_training_as_it_was)
{
    game x = small_game(), twin = small_game();
    float *z = normals(333 * x.latent, 3), *a = malloc(333 * x.sample * sizeof *a),
          *b = malloc(333 * x.sample * sizeof *b);

    for (uint64_t s = 0; s < 4; s++) {
        play(&x, 20, s);
        play(&twin, 20, s);
        expect_ok(gan_trainer_sample(x.trainer, z, 1 + 110 * s, a));
        expect_ok(gan_trainer_sample(x.trainer, z, 7, a));
        expect_same_game(&x, &twin);
    }
    /* Sampling is the generator in evaluation mode: no dropout, and deterministic. */
    expect_ok(gan_trainer_sample(x.trainer, z, 333, a));
    expect_ok(gan_trainer_sample(x.trainer, z, 333, b));
    expect_same_bits(a, b, 333 * x.sample * sizeof *a);
    expect_ok(gan_network_forward(x.g, z, 333, b));
    expect_close(a, b, 333 * x.sample, 1e-5, 1e-6);
    expect_ok(gan_trainer_sample(x.trainer, NULL, 0, NULL));
    free(z);
    free(a);
    free(b);
    game_end(&x);
    game_end(&twin);
}

TEST(networks_can_run_while_they_are_trained)
{
    game x = small_game(), twin = small_game();
    float *z = normals(50 * x.latent, 3), *a = malloc(50 * x.sample * sizeof *a), verdict[50];

    for (uint64_t s = 0; s < 4; s++) {
        play(&x, 20, s);
        play(&twin, 20, s);
        expect_ok(gan_network_forward(x.g, z, 50, a));
        expect_ok(gan_network_forward(x.d, a, 50, verdict));
        for (int i = 0; i < 50; i++) ck_assert(verdict[i] > 0 && verdict[i] < 1);
        expect_same_game(&x, &twin);
    }
    free(z);
    free(a);
    game_end(&x);
    game_end(&twin);
}

/* ---- same bits ---- */

TEST(a_step_is_its_two_halves)
{
    game x = small_game(), twin = small_game();

    for (uint64_t s = 0; s < 3; s++) {
        float *real = normals(17 * x.sample, s);
        const gan_batch b = batch_of(&x, real, 17);
        gan_train_stats whole = {GAN_TRAIN_STATS_INIT}, halves = {GAN_TRAIN_STATS_INIT};

        expect_ok(gan_train_step(x.trainer, &b, &whole));
        expect_ok(gan_train_discriminator_step(twin.trainer, &b, NULL, NULL, &halves));
        expect_ok(gan_train_generator_step(twin.trainer, 17, NULL, NULL, &halves));
        expect_same_game(&x, &twin);
        expect_same_bits(&whole, &halves, sizeof whole);
        free(real);
    }
    game_end(&x);
    game_end(&twin);
}

static game deep_game(uint64_t seed)
{
    gan_trainer_desc desc = small_desc;

    desc.seed = seed;
    return game_begin(deep_g, deep_d, adam, &desc);
}

/* The mean D(G(z)) of a step; the weights are restored. */
static double fake_verdict(const game *x, const gan_batch *batch)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *d = net_weights(x->d, NULL);

    expect_ok(gan_train_discriminator_step(x->trainer, batch, NULL, NULL, &stats));
    net_set_weights(x->d, d);
    free(d);
    return stats.d_fake;
}

/* The same for the generator's loss. */
static double generator_loss(const game *x)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *g = net_weights(x->g, NULL);

    expect_ok(gan_train_generator_step(x->trainer, 20, NULL, NULL, &stats));
    net_set_weights(x->g, g);
    free(g);
    return stats.g_loss;
}

TEST(noise_follows_the_seed_and_is_fresh_for_each_half_step)
{
    game a = deep_game(5), b = deep_game(5), other = deep_game(6), c = deep_game(5);
    float *real = normals(20 * a.sample, 1);
    const gan_batch batch = batch_of(&a, real, 20);
    const double first = fake_verdict(&a, &batch), loss = generator_loss(&c);

    ck_assert(fake_verdict(&b, &batch) == first);
    ck_assert(fake_verdict(&other, &batch) != first);
    ck_assert(fake_verdict(&a, &batch) != first);
    /* The generator's noise differs from the discriminator's before it, and from its own last. */
    ck_assert(generator_loss(&b) != loss);
    ck_assert(generator_loss(&c) != loss);
    free(real);
    game_end(&a);
    game_end(&b);
    game_end(&c);
    game_end(&other);
}

/* Layers wide enough to be cut into several parts and slices, and batches that are cut unevenly. */
static const net_layer wide_g[] = {LINEAR(7, 400), LEAKY,           DROPOUT(0.3f), LINEAR(400, 380),
                                   TANH,           LINEAR(380, 50), TANH,          END};
static const net_layer wide_d[] = {
    LINEAR(50, 390), LEAKY, DROPOUT(0.3f), LINEAR(390, 400), RELU, LINEAR(400, 1), SIGMOID, END};

TEST(the_number_of_threads_does_not_show)
{
    const size_t threads[] = {1, 2, 3, 5, 8, 16};
    game first = {0};

    for (size_t i = 0; i < 6; i++) {
        const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 37, .seed = 3,
                                       .n_threads = threads[i]};
        game x = game_begin(wide_g, wide_d, adam, &desc);

        for (uint64_t s = 0; s < 8; s++) play(&x, s % 3 == 2 ? 30 : 37, s);
        if (i == 0)
            first = x;
        else {
            expect_same_game(&x, &first);
            game_end(&x);
        }
    }
    game_end(&first);
}

TEST(three_hundred_steps_give_the_same_bits_on_any_team)
{
    const size_t threads[] = {1, 2, 3, 5, 8, 16};
    game first = {0};

    for (size_t i = 0; i < 7; i++) {
        gan_trainer_desc desc = small_desc;
        gan_pool *pool = NULL;
        game x;

        desc.n_threads = i < 6 ? threads[i] : 1025; /* which is ignored when there is a pool */
        if (i == 6) expect_ok(gan_pool_create(&pool, 4, NULL));
        desc.pool = pool;
        x = game_begin(small_g, small_d, adam, &desc);
        for (uint64_t s = 0; s < 300; s++) play(&x, 1 + s % 20, s);
        if (i == 0)
            first = x;
        else {
            expect_same_game(&x, &first);
            game_end(&x);
        }
        gan_pool_destroy(pool);
    }
    game_end(&first);
}

typedef struct run_alone {
    game game;
    pthread_barrier_t *start;
} run_alone;

static void *play_long(void *argument)
{
    const run_alone *r = argument;

    if (r->start) pthread_barrier_wait(r->start);
    for (uint64_t s = 0; s < 40; s++) play(&r->game, 20, s);
    return NULL;
}

TEST(two_trainers_on_two_host_threads_are_as_if_alone)
{
    pthread_barrier_t start;
    run_alone alone = {small_game(), NULL}, a = {small_game(), &start}, b = {small_game(), &start};
    pthread_t thread_a, thread_b;

    ck_assert_int_eq(pthread_barrier_init(&start, NULL, 2), 0);
    play_long(&alone);
    ck_assert_int_eq(pthread_create(&thread_a, NULL, play_long, &a), 0);
    ck_assert_int_eq(pthread_create(&thread_b, NULL, play_long, &b), 0);
    ck_assert_int_eq(pthread_join(thread_a, NULL), 0);
    ck_assert_int_eq(pthread_join(thread_b, NULL), 0);
    pthread_barrier_destroy(&start);
    expect_same_game(&a.game, &alone.game);
    expect_same_game(&b.game, &alone.game);
    game_end(&alone.game);
    game_end(&a.game);
    game_end(&b.game);
}

TEST(two_trainers_share_one_pool)
{
    gan_trainer_desc desc = small_desc;
    pthread_t thread;
    run_alone alone = {small_game(), NULL}, a, b;

    expect_ok(gan_pool_create(&desc.pool, 3, NULL));
    a = (run_alone){game_begin(small_g, small_d, adam, &desc), NULL};
    b = (run_alone){game_begin(small_g, small_d, adam, &desc), NULL};
    play_long(&alone);
    ck_assert_int_eq(pthread_create(&thread, NULL, play_long, &a), 0);
    play_long(&b);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    expect_same_game(&a.game, &alone.game);
    expect_same_game(&b.game, &alone.game);
    game_end(&alone.game);
    game_end(&a.game);
    game_end(&b.game);
    gan_pool_destroy(desc.pool);
}

/* ---- batches ---- */

TEST(a_batch_may_be_smaller_than_the_largest)
{
    const gan_trainer_desc roomy = {GAN_TRAINER_DESC_INIT, .batch_size = 64, .n_threads = 2};
    const gan_trainer_desc tight = {GAN_TRAINER_DESC_INIT, .batch_size = 17, .n_threads = 2};
    game x = game_begin(deep_g, deep_d, adam, &roomy);
    game twin = game_begin(deep_g, deep_d, adam, &tight);

    for (uint64_t s = 0; s < 17; s++) {
        play(&x, 17 - s, s);
        play(&twin, 17 - s, s);
        expect_same_game(&x, &twin);
    }
    game_end(&x);
    game_end(&twin);
}

TEST(the_default_batch_is_a_hundred)
{
    game x = game_begin(small_g, small_d, adam, NULL);
    float *real = normals(101 * x.sample, 1);
    gan_batch b = batch_of(&x, real, 101);

    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_SHAPE, "101");
    expect_error_says("100");
    b.count = 100;
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    free(real);
    game_end(&x);
}

TEST(samples_of_another_rank_are_as_good)
{
    static const net_layer d[] = {FLATTEN, LINEAR(6, 5), TANH, LINEAR(5, 1), END};
    game x = game_begin(deep_g, d, adam, &small_desc),
         twin = game_begin(deep_g, d, adam, &small_desc);
    float *real = normals(20 * 6, 1);
    gan_batch b = batch_of(&x, real, 20);

    expect_ok(gan_train_step(x.trainer, &b, NULL));
    b.shape = gan_shape_3d(1, 2, 3);
    expect_ok(gan_train_step(twin.trainer, &b, NULL));
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

TEST(a_wrong_batch_changes_nothing)
{
    game x = small_game(), twin = small_game();
    float *real = normals(21 * x.sample, 1);
    const gan_batch good = batch_of(&x, real, 20);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT}, untouched = {GAN_TRAIN_STATS_INIT};
    gan_batch b;

    expect_status(gan_train_step(NULL, &good, &stats), GAN_ERR_INVALID);
    expect_status(gan_train_discriminator_step(NULL, &good, NULL, NULL, &stats), GAN_ERR_INVALID);
    expect_status(gan_train_generator_step(NULL, 20, NULL, NULL, &stats), GAN_ERR_INVALID);
    expect_status(gan_train_step(x.trainer, NULL, &stats), GAN_ERR_INVALID);
    expect_status(gan_train_discriminator_step(x.trainer, NULL, NULL, NULL, &stats),
                  GAN_ERR_INVALID);
    for (int half = 0; half < 2; half++) {
#define STEP(batch)                                                                                \
    (half ? gan_train_discriminator_step(x.trainer, batch, NULL, NULL, &stats)                     \
          : gan_train_step(x.trainer, batch, &stats))
        b = good;
        b.samples = NULL;
        expect_status(STEP(&b), GAN_ERR_INVALID);
        b = good;
        b.count = 0;
        expect_status(STEP(&b), GAN_ERR_INVALID);
        b = good;
        b.count = 21;
        expect_fails(STEP(&b), GAN_ERR_SHAPE, "21");
        expect_error_says("20");
        b = good;
        b.shape = gan_shape_1d(7);
        expect_fails(STEP(&b), GAN_ERR_SHAPE, "[7]");
        expect_error_says("[6]");
        b.shape = (gan_shape){0, {0}};
        expect_status(STEP(&b), GAN_ERR_SHAPE);
#undef STEP
    }
    expect_status(gan_train_generator_step(x.trainer, 0, NULL, NULL, &stats), GAN_ERR_INVALID);
    expect_fails(gan_train_generator_step(x.trainer, 21, NULL, NULL, &stats), GAN_ERR_SHAPE, "21");
    expect_status(gan_trainer_sample(NULL, real, 1, real), GAN_ERR_INVALID);
    expect_status(gan_trainer_sample(x.trainer, NULL, 1, real), GAN_ERR_INVALID);
    expect_status(gan_trainer_sample(x.trainer, real, 1, NULL), GAN_ERR_INVALID);
    expect_same_bits(&stats, &untouched, sizeof stats);
    for (uint64_t s = 0; s < 3; s++) {
        play(&x, 20, s);
        play(&twin, 20, s);
    }
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

/* ---- NaN and infinity ---- */

TEST(nan_in_the_data_changes_nothing)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};
    game x = small_game(), twin = small_game();
    float *real = normals(20 * x.sample, 1), *z = normals(20 * x.latent, 2);
    const gan_batch b = batch_of(&x, real, 20);

    for (uint64_t s = 0; s < 6; s++) {
        const size_t at = (size_t)s * 19;
        const float kept = real[at];

        play(&x, 20, s);
        play(&twin, 20, s);
        real[at] = bad[s % 3];
        expect_status(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE);
        expect_status(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL),
                      GAN_ERR_NONFINITE);
        expect_same_game(&x, &twin);
        real[at] = kept;
    }
    real[3 * x.sample + 2] = NAN;
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "discriminator");
    expect_error_says("value 2");
    expect_error_says("sample 3");
    z[5] = NAN;
    expect_fails(gan_train_generator_step(x.trainer, 20, z, NULL, NULL), GAN_ERR_NONFINITE,
                 "generator");
    real[3 * x.sample + 2] = 0;
    expect_status(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL), GAN_ERR_NONFINITE);
    play(&x, 20, 99);
    play(&twin, 20, 99);
    expect_same_game(&x, &twin);
    free(real);
    free(z);
    game_end(&x);
    game_end(&twin);
}

TEST(nan_in_the_weights_is_named)
{
    game x = small_game();
    float *real = normals(20 * x.sample, 1), keep;
    const gan_batch b = batch_of(&x, real, 20);
    gan_tensor t;

    expect_ok(gan_network_find(&t, x.d, "3.weight"));
    keep = t.data[4];
    t.data[4] = NAN;
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "3.weight");
    t.data[4] = keep;
    expect_ok(gan_network_find(&t, x.g, "0.bias"));
    keep = t.data[1];
    t.data[1] = INFINITY;
    expect_fails(gan_train_generator_step(x.trainer, 20, NULL, NULL, NULL), GAN_ERR_NONFINITE,
                 "0.bias");
    t.data[1] = keep;
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    free(real);
    game_end(&x);
}

TEST(a_rate_that_is_too_high_is_refused_before_it_ruins_anything)
{
    game x = game_begin(small_g, small_d, gradient_taker, &small_desc);
    game twin = game_begin(small_g, small_d, gradient_taker, &small_desc);
    float *real = normals(20 * x.sample, 1);
    const gan_batch b = batch_of(&x, real, 20);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    for (size_t i = 0; i < 2; i++) {
        expect_ok(gan_optimizer_set_lr(i ? x.g_opt : x.d_opt, 0.01));
        expect_ok(gan_optimizer_set_lr(i ? twin.g_opt : twin.d_opt, 0.01));
    }
    for (size_t i = 0; i < b.count * x.sample; i++) real[i] *= 100;
    expect_ok(gan_optimizer_set_lr(x.d_opt, 3e38));
    expect_fails(gan_train_step(x.trainer, &b, &stats), GAN_ERR_NONFINITE, "discriminator");
    expect_same_game(&x, &twin);
    ck_assert_uint_eq(stats.d_steps, 0);
    expect_ok(gan_optimizer_set_lr(x.d_opt, 0.01));
    expect_ok(gan_train_step(x.trainer, &b, &stats));
    expect_ok(gan_train_step(twin.trainer, &b, NULL));
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

TEST(a_generator_that_fails_leaves_a_discriminator_that_has_stepped)
{
    game x = small_game(), twin = small_game();
    float *real = normals(20 * x.sample, 1);
    const gan_batch b = batch_of(&x, real, 20);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    play(&x, 20, 1);
    play(&twin, 20, 1);
    expect_ok(gan_optimizer_set_lr(x.g_opt, 1e300));
    expect_fails(gan_train_step(x.trainer, &b, &stats), GAN_ERR_NONFINITE, "generator");
    ck_assert_uint_eq(stats.d_steps, 2);
    ck_assert_uint_eq(stats.g_steps, 1);
    expect_ok(gan_train_discriminator_step(twin.trainer, &b, NULL, NULL, NULL));
    expect_same_game(&x, &twin);
    expect_ok(gan_optimizer_set_lr(x.g_opt, 0.002));
    expect_ok(gan_train_generator_step(x.trainer, 20, NULL, NULL, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, 20, NULL, NULL, NULL));
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}
