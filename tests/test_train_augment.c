/* test_train_augment.c - augmentation in both halves of a step: gradients, penalties, exact resume,
 * the same bits, memory, refusals. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "math/rng_internal.h"
#include "scratch.h"
#include "sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, SIZE = SIDE * SIDE, LATENT = 3, HIDDEN = 6, ROWS = 7, SEED = 31, ALL = 63 };

static const net_layer g_layers[] = {LINEAR(LATENT, HIDDEN), TANH, LINEAR(HIDDEN, SIZE), TANH, END};
static const net_layer d_layers[] = {FLATTEN, LINEAR(SIZE, HIDDEN), TANH, LINEAR(HIDDEN, 1), END};
/* The augmentation of one sample, an affine map, and the discriminator. */
static const net_layer shown_layers[] = {LINEAR(SIZE, SIZE), LINEAR(SIZE, HIDDEN), TANH,
                                         LINEAR(HIDDEN, 1), END};

static const gan_augment_desc every = {GAN_AUGMENT_DESC_INIT, ALL, 0.75, -0.5};

static game begin(opt_maker make_opt, const gan_trainer_desc *desc)
{
    game x = {.latent = LATENT, .sample = SIZE};

    x.g = net_seeded(LATENT, g_layers, 101);
    x.d = BUILT(gan_shape_3d(1, SIDE, SIDE), gan_layer_flatten(), gan_layer_linear(SIZE, HIDDEN),
                gan_layer_tanh(), gan_layer_linear(HIDDEN, 1));
    x.g_opt = make_opt();
    x.d_opt = make_opt();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

/* ---- the reference ---- */

/* A case. */
static gan_penalty_desc tried;

/* Write the matrix and the offset of sample number i's augmentation. */
static void read_map(uint64_t i, double *weights)
{
    float columns[SIZE + 1][SIZE] = {{0}};

    for (size_t k = 0; k < SIZE; k++) columns[k][k] = 1;
    for (size_t k = 0; k <= SIZE; k++)
        expect_ok(gan_augment_samples(&every, gan_shape_3d(1, SIDE, SIDE), SEED, i, 1, columns[k]));
    for (size_t row = 0; row < SIZE; row++) {
        const double constant = (double)columns[SIZE][row];

        for (size_t k = 0; k < SIZE; k++)
            weights[row * SIZE + k] = (double)columns[k][row] - constant;
        weights[SIZE * SIZE + row] = constant;
    }
}

/* The discriminator after sample number i's augmentation. */
static reference *shown(const adversaries *a, uint64_t i)
{
    const size_t map = SIZE * SIZE + SIZE;
    reference *ref = calloc(1, sizeof *ref);

    *ref = (reference){shown_layers, SIZE, 1, map + a->d->n_weights, NULL};
    ref->weights = malloc(ref->n_weights * sizeof *ref->weights);
    read_map(i, ref->weights);
    memcpy(ref->weights + map, a->d->weights, a->d->n_weights * sizeof *ref->weights);
    return ref;
}

/* Sample i of the batch, real or generated. */
static void make_sample(const adversaries *a, size_t i, int fake, double *x)
{
    double z[LATENT];

    for (size_t k = 0; k < LATENT; k++) z[k] = (double)a->z[i * LATENT + k];
    if (fake) reference_forward(a->g, z, 1, 0, x);
    for (size_t k = 0; k < SIZE && !fake; k++) x[k] = (double)a->real[i * SIZE + k];
}

/* The logit of sample i, whose augmentation has another number, and the norm of its gradient. */
static double see(const adversaries *a, size_t i, int fake, uint64_t number, double *norm)
{
    reference *d = shown(a, number);
    double x[SIZE], logit;

    make_sample(a, i, fake, x);
    reference_forward(d, x, 1, 1, &logit);
    reference_slopes(d, x, 1, norm);
    reference_free(d);
    return logit;
}

static double d_loss(const adversaries *a)
{
    double loss = 0, norm;

    for (size_t i = 0; i < a->n; i++) {
        const double real = see(a, i, 0, i, &norm), fake = see(a, i, 1, a->n + i, &norm);

        loss += (reference_bce(&real, 1, 1) + reference_bce(&fake, 1, 0)) / (double)a->n;
    }
    return loss;
}

static double g_loss(const adversaries *a)
{
    double loss = 0, norm;

    for (size_t i = 0; i < a->n; i++) {
        const double fake = see(a, i, 1, i, &norm);

        loss += reference_bce(&fake, 1, 1) / (double)a->n;
    }
    return loss;
}

/* WGAN-GP's norm, at interpolated augmented samples. */
static double mixed_norm(const adversaries *a, size_t i)
{
    double mixed[SIZE] = {0}, norm;
    float share;

    gan__rng_uniform(SEED, GAN__STREAM_PENALTY, i, 1, &share);
    for (int fake = 0; fake < 2; fake++) {
        double x[SIZE], map[SIZE * SIZE + SIZE];
        const double weight = fake ? 1 - (double)share : (double)share;

        make_sample(a, i, fake, x);
        read_map(fake ? a->n + i : i, map);
        for (size_t row = 0; row < SIZE; row++) {
            double y = map[SIZE * SIZE + row];

            for (size_t k = 0; k < SIZE; k++) y += map[row * SIZE + k] * x[k];
            mixed[row] += weight * y;
        }
    }
    reference_slopes(a->d, mixed, 1, &norm);
    return norm;
}

static double penalty(const adversaries *a)
{
    double sum = 0, norm;

    for (size_t i = 0; i < a->n; i++) {
        if (tried.kind == GAN_PENALTY_WGAN_GP) {
            norm = mixed_norm(a, i);
            sum += tried.weight * (norm - 1) * (norm - 1) / (double)a->n;
            continue;
        }
        see(a, i, tried.kind == GAN_PENALTY_R2, tried.kind == GAN_PENALTY_R2 ? a->n + i : i, &norm);
        sum += tried.weight / 2 * norm * norm / (double)a->n;
    }
    return sum;
}

static double whole_d_loss(const adversaries *a)
{
    return d_loss(a) + (tried.kind == GAN_PENALTY_NONE ? 0 : penalty(a));
}

/* ---- gradients ---- */

static adversaries adversaries_of(const game *x, const float *real, const float *z)
{
    return (adversaries){reference_of(x->g, g_layers), reference_of(x->d, d_layers), ROWS, real, z};
}

/* The whole batch at once, and in micro-batches. */
TEST_EACH(the_discriminator_follows_augmented_samples_and_their_penalty, 0, 8)
{
    static const gan_penalty_kind kinds[] = {GAN_PENALTY_NONE, GAN_PENALTY_R1, GAN_PENALTY_R2,
                                             GAN_PENALTY_WGAN_GP};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                                   .batch_size = 10,
                                   .seed = SEED,
                                   .n_threads = 2,
                                   .augment = &every,
                                   .penalty = &tried,
                                   .micro_batch = _i / 4 ? 3 : 0};
    float *real = normals(ROWS * SIZE, 1), *z = normals(ROWS * LATENT, 2), *before, *grad;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_batch batch;
    adversaries a;
    game x;

    tried = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, .kind = kinds[_i % 4],
                               .weight = _i % 4 ? 2.5 : 0};
    x = begin(gradient_taker, &desc);
    a = adversaries_of(&x, real, z);
    batch = batch_of(&x, real, ROWS);
    before = net_weights(x.d, NULL);
    expect_ok(gan_train_discriminator_step(x.trainer, &batch, z, NULL, &stats));
    grad = gradient_of(before, x.d);
    expect_near(stats.d_loss, d_loss(&a), 1e-6, 0);
    if (_i % 4) expect_near(stats.penalty, penalty(&a), 1e-5, 0);
    gradcheck(whole_d_loss, &a, a.d, grad);
    reference_free(a.g);
    reference_free(a.d);
    free(real), free(z), free(before), free(grad);
    game_end(&x);
}

TEST_EACH(the_generator_learns_through_the_augmentation, 0, 2)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 10,
                                   .seed = SEED,          .n_threads = 2,
                                   .augment = &every,     .micro_batch = _i ? 3 : 0};
    float *z = normals(ROWS * LATENT, 2), *before, *grad;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    game x = begin(gradient_taker, &desc);
    adversaries a = adversaries_of(&x, NULL, z);

    before = net_weights(x.g, NULL);
    expect_ok(gan_train_generator_step(x.trainer, ROWS, z, NULL, &stats));
    grad = gradient_of(before, x.g);
    expect_near(stats.g_loss, g_loss(&a), 1e-6, 0);
    gradcheck(g_loss, &a, a.g, grad);
    reference_free(a.g);
    reference_free(a.d);
    free(z), free(before), free(grad);
    game_end(&x);
}

/* ---- random numbers ---- */

/* The discriminator's loss on the same samples, from the same weights. */
static double loss_from(game *x, const float *weights, float *real, const float *z)
{
    const gan_batch b = batch_of(x, real, ROWS);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    net_set_weights(x->d, weights);
    expect_ok(gan_train_discriminator_step(x->trainer, &b, z, NULL, &stats));
    return stats.d_loss;
}

TEST(random_numbers_are_fresh_after_a_half_that_counts)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 10, .seed = SEED,
                                   .n_threads = 1, .augment = &every};
    float *real = normals(ROWS * SIZE, 1), *z = normals(ROWS * LATENT, 2);
    float *bad = normals(ROWS * SIZE, 1);
    double losses[3][4];

    for (size_t i = 0; i < SIZE; i++) bad[i] = NAN;
    for (size_t i = 0; i < 3; i++) {
        game x = begin(gradient_taker, &desc);
        const gan_batch b = batch_of(&x, bad, ROWS);
        float *weights = net_weights(x.d, NULL);

        for (size_t s = 0; s < 4; s++) {
            if (i == 1)
                expect_status(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL),
                              GAN_ERR_NONFINITE);
            if (i == 2) expect_ok(gan_train_generator_step(x.trainer, 2, NULL, NULL, NULL));
            losses[i][s] = loss_from(&x, weights, real, z);
        }
        free(weights);
        game_end(&x);
    }
    for (size_t s = 0; s < 4; s++) {
        ck_assert(losses[0][s] == losses[1][s]);
        ck_assert(losses[0][s] != losses[0][(s + 1) % 4]);
        ck_assert(losses[0][s] != losses[2][s]);
    }
    free(real), free(z), free(bad);
}

/* ---- whole runs ---- */

static const gan_penalty_desc lazy = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1,
                                      .interval = 2};
static const gan_augment_desc adaptive = {GAN_AUGMENT_DESC_INIT, ALL,           0.25,         -1,
                                          .target = 0.1,         .images = 200, .interval = 3};

/* Other options of an augmented run. */
static gan_trainer_desc every_option(int i)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT,
                              .batch_size = 10,
                              .seed = SEED,
                              .n_threads = 1,
                              .loss = i % 2 ? GAN_LOSS_RELATIVISTIC : GAN_LOSS_HINGE,
                              .augment = &adaptive,
                              .penalty = &lazy,
                              .instance_noise = i % 3 ? 0.2 : 0,
                              .average_decay = 0.8,
                              .micro_batch = i > 1 ? 4 : 0,
                              .activations =
                                  i == 3 ? GAN_ACTIVATIONS_RECOMPUTE : GAN_ACTIVATIONS_KEEP};
}

static void run_steps(const game *x, size_t begin_at, size_t end)
{
    for (size_t s = begin_at; s < end; s++) play(x, s % 3 ? 10 : 9, s);
}

TEST_EACH(a_run_has_the_same_bits_on_any_number_of_threads, 0, 4)
{
    static const size_t threads[] = {2, 3, 8};
    gan_trainer_desc desc = every_option(_i);
    game alone = begin(adam, &desc);

    run_steps(&alone, 0, 12);
    for (size_t i = 0; i < 3; i++) {
        game x;

        desc.n_threads = threads[i];
        x = begin(adam, &desc);
        run_steps(&x, 0, 12);
        expect_same_game(&alone, &x);
        game_end(&x);
    }
    game_end(&alone);
}

/* Stopped after this number of steps, which is between two updates of the probability, or at
 * one. */
TEST_EACH(a_run_goes_on_with_the_same_bits, 0, 12)
{
    const size_t stop = 3 + (size_t)_i / 4;
    const char *path = scratch_path("run.gan");
    const gan_trainer_desc desc = every_option(_i % 4);
    game whole = begin(adam, &desc), half = begin(adam, &desc), resumed = begin(adam, &desc);
    gan_train_stats a = {GAN_TRAIN_STATS_INIT}, b = {GAN_TRAIN_STATS_INIT};

    run_steps(&whole, 0, 9);
    run_steps(&half, 0, stop);
    expect_ok(gan_checkpoint_save(half.trainer, NULL, path));
    run_steps(&resumed, 20, 22);
    expect_ok(gan_checkpoint_load(resumed.trainer, NULL, path));
    expect_ok(gan_trainer_stats(half.trainer, &a));
    expect_ok(gan_trainer_stats(resumed.trainer, &b));
    expect_same_bits(&a, &b, sizeof a);
    run_steps(&resumed, stop, 9);
    expect_same_game(&whole, &resumed);
    expect_ok(gan_trainer_stats(whole.trainer, &a));
    expect_ok(gan_trainer_stats(resumed.trainer, &b));
    expect_same_bits(&a, &b, sizeof a);
    ck_assert(a.augment_probability != adaptive.probability);
    game_end(&whole);
    game_end(&half);
    game_end(&resumed);
}

TEST(a_run_does_not_go_on_with_another_augmentation)
{
    static const struct {
        gan_augment_desc desc;
        const char *says;
    } others[] = {{{GAN_AUGMENT_DESC_INIT}, "augment"},
                  {{GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_COLOR, 0.75, -0.5},
                   "augment is flip,brightness,saturation,contrast,translation,cutout in the file"},
                  {{GAN_AUGMENT_DESC_INIT, ALL, 0.5, -0.5}, "augment_probability"},
                  {{GAN_AUGMENT_DESC_INIT, ALL, 0.75, 0.5}, "augment_fill"},
                  {{GAN_AUGMENT_DESC_INIT, ALL, 0.75, -0.5, .target = 0.6}, "augment_"}};
    const char *path = scratch_path("run.gan");
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1, .augment = &every};
    game x = begin(adam, &desc);

    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    game_end(&x);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        gan_status status;

        desc.augment = &others[i].desc;
        x = begin(adam, &desc);
        status = gan_checkpoint_load(x.trainer, NULL, path);
        ck_assert_msg(status < 0 && strstr(gan_last_error(), others[i].says), "case %zu: %s", i,
                      gan_last_error());
        game_end(&x);
    }
}

/* With adopt it may; its state is reset. */
TEST(a_run_adopts_another_augmentation)
{
    const char *path = scratch_path("run.gan"), *const names[] = {"augment"};
    const gan_augment_desc color = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_COLOR};
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    const gan_checkpoint_resume_desc resume = {GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = names,
                                               .n_adopt = 1, .report = &report};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1};
    game x = begin(adam, &desc);

    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    game_end(&x);
    desc.augment = &color;
    x = begin(adam, &desc);
    expect_ok(gan_checkpoint_resume(x.trainer, NULL, path, &resume));
    ck_assert_uint_eq(report.n_changes, 1);
    run_steps(&x, 0, 2);
    game_end(&x);
}

/* An adaptive probability rises if a discriminator overfits a few samples. */
TEST(the_probability_rises_as_the_discriminator_overfits)
{
    static const gan_augment_desc rising = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_BRIGHTNESS,
                                            .target = 0.6, .images = 2000};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 10, .n_threads = 1,
                                   .augment = &rising};
    game x = begin(adam, &desc);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *real = normals(10 * SIZE, 1);
    const gan_batch b = batch_of(&x, real, 10);
    double highest = 0;

    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert(stats.augment_probability == 0);
    for (size_t s = 0; s < 400; s++) {
        expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, &stats));
        ck_assert(stats.augment_probability <= 0.8);
        highest = fmax(highest, stats.augment_probability);
    }
    ck_assert(highest > 0.5 && stats.augment_sign > 0.6);
    free(real);
    game_end(&x);
}

/* ---- memory ---- */

TEST(no_step_takes_memory_and_what_a_trainer_takes_is_told)
{
    budget b;
    gan_trainer_desc desc = every_option(2);
    game x;
    size_t bytes, taken;

    budget_init(&b, BUDGET_UNLIMITED);
    x = begin(adam, &desc);
    desc.allocator = &b.allocator;
    gan_trainer_destroy(x.trainer);
    desc.average_decay = 0; /* its memory is the network's allocator's */
    expect_ok(gan_trainer_memory(&bytes, x.g, x.d, x.g_opt, x.d_opt, &desc));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes, bytes);
    taken = b.taken;
    run_steps(&x, 0, 5);
    ck_assert_uint_eq(b.taken, taken);
    game_end(&x);
    ck_assert_uint_eq(b.live_bytes, 0);
}

/* ---- refusals ---- */

TEST(what_is_wrong_is_reported_by_the_trainer)
{
    const gan_augment_desc bad = {GAN_AUGMENT_DESC_INIT, .operations = 1, .probability = 2};
    game x = begin(adam, NULL);
    gan_network *flat = net_seeded(SIZE, d_layers, 1);
    gan_trainer *t = x.trainer;

    expect_fails(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt,
                                    &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .augment = &bad}),
                 GAN_ERR_INVALID, "augment: probability of 0 to 1 expected, got 2");
    ck_assert_ptr_null(t);
    expect_fails(gan_trainer_create(&t, x.g, flat, x.g_opt, x.d_opt,
                                    &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .augment = &every}),
                 GAN_ERR_SHAPE,
                 "augment: images, [channels, height, width], expected; the samples "
                 "are [16]");
    ck_assert_ptr_null(t);
    gan_network_destroy(flat);
    game_end(&x);
}
