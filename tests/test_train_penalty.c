/* test_train_penalty.c - penalties in the discriminator's step. */
#include "expect.h"
#include "game.h"
#include "math/rng_internal.h"
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 31, BATCH = 17 };

/* A case. */
static gan_penalty_desc tried;

static const net_layer g_layers[] = {LINEAR(3, 7), TANH, LINEAR(7, 6), END};
static const net_layer d_layers[] = {LINEAR(6, 8), TANH,    LINEAR(8, 5), LEAKY,
                                     LINEAR(5, 1), SIGMOID, END};

/* ---- the gradient of a whole step ---- */

static double deviation_of(const float *x, size_t n)
{
    double mean = 0, squares = 0;

    for (size_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += pow((double)x[i] - mean, 2) / (double)n;
    return sqrt(squares);
}

/* The samples at which the gradient is taken, in a trainer's first step. */
static void lay_samples(const adversaries *a, double *out)
{
    const size_t size = a->d->in, n = a->n * size;
    double *z = malloc(a->n * a->g->in * sizeof *z), *fake = malloc(n * sizeof *fake);
    float *share = malloc(a->n * sizeof *share), *noise = malloc(n * sizeof *noise);

    for (size_t i = 0; i < a->n * a->g->in; i++) z[i] = (double)a->z[i];
    reference_forward(a->g, z, a->n, 0, fake);
    gan__rng_uniform(SEED, GAN__STREAM_PENALTY, 0, a->n, share);
    gan__rng_uniform(SEED, GAN__STREAM_PENALTY, a->n, n, noise);
    for (size_t i = 0; i < n; i++) {
        const double real = (double)a->real[i], e = (double)share[i / size];
        const double far = real + 0.5 * deviation_of(a->real, n) * (double)noise[i];

        out[i] = tried.kind == GAN_PENALTY_R1        ? real
                 : tried.kind == GAN_PENALTY_R2      ? fake[i]
                 : tried.kind == GAN_PENALTY_WGAN_GP ? e * real + (1 - e) * fake[i]
                                                     : e * real + (1 - e) * far;
    }
    free(z);
    free(fake);
    free(share);
    free(noise);
}

static int is_r(void)
{
    return tried.kind == GAN_PENALTY_R1 || tried.kind == GAN_PENALTY_R2;
}

/* The penalty and the mean norm, ignoring the interval. */
static double penalty_of(const adversaries *a, double *norm)
{
    const double weight = (tried.weight > 0 ? tried.weight : 10) / (is_r() ? 2 : 1);
    const double center = is_r() || tried.zero_centered ? 0 : 1;
    double *x = malloc(a->n * a->d->in * sizeof *x), *norms = malloc(a->n * sizeof *norms);
    double sum = 0;

    *norm = 0;
    lay_samples(a, x);
    reference_slopes(a->d, x, a->n, norms);
    for (size_t i = 0; i < a->n; i++) {
        sum += weight * pow(norms[i] - center, 2) / (double)a->n;
        *norm += norms[i] / (double)a->n;
    }
    free(x);
    free(norms);
    return sum;
}

static double whole_loss(const adversaries *a)
{
    double norm;

    return adversaries_d_loss(a) +
           penalty_of(a, &norm) * (tried.interval > 0 ? (double)tried.interval : 1);
}

static void check_gradient(size_t micro_batch)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH + 3,
                                   .seed = SEED,          .n_threads = 2,
                                   .penalty = &tried,     .micro_batch = micro_batch};
    game x = game_begin(g_layers, d_layers, gradient_taker, &desc);
    float *real = normals(BATCH * x.sample, 1), *z = normals(BATCH * x.latent, 2);
    adversaries a = {reference_of(x.g, g_layers), reference_of(x.d, d_layers), BATCH, real, z};
    const gan_batch b = batch_of(&x, real, BATCH);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *before = net_weights(x.d, NULL), *grad;
    double norm, squares = 0;

    expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, &stats));
    grad = gradient_of(before, x.d);
    expect_near(stats.penalty, penalty_of(&a, &norm), 1e-6, 0);
    expect_near(stats.penalty_norm, norm, 1e-6, 0);
    expect_near(stats.d_loss, adversaries_d_loss(&a), 1e-6, 0);
    for (size_t i = 0; i < a.d->n_weights; i++) squares += pow((double)grad[i], 2);
    expect_near(stats.d_grad_norm, sqrt(squares), 1e-5, 0);
    gradcheck(whole_loss, &a, a.d, grad);
    reference_free(a.g);
    reference_free(a.d);
    free(before);
    free(grad);
    free(real);
    free(z);
    game_end(&x);
}

TEST_EACH(the_step_follows_loss_and_penalty, GAN_PENALTY_WGAN_GP, GAN_PENALTY_DRAGAN + 1)
{
    tried = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)_i};
    check_gradient(0);
    /* In three micro-batches; DRAGAN uses the standard deviation of each. */
    if (tried.kind != GAN_PENALTY_DRAGAN) check_gradient(7);
    if (tried.kind == GAN_PENALTY_NONE) return;
    tried.weight = 0.75;
    tried.interval = 4;
    tried.zero_centered = 1;
    check_gradient(0);
}

/* ---- the interval ---- */

/* The change of all weights by a discriminator step from the same weights. */
static float *change_of(game *x, const float *from, const gan_batch *b, const float *z)
{
    float *change;

    net_set_weights(x->d, from);
    expect_ok(gan_train_discriminator_step(x->trainer, b, z, NULL, NULL));
    change = gradient_of(from, x->d);
    return change;
}

TEST(it_is_the_turn_of_every_third_step_and_counts_three_times)
{
    const gan_penalty_desc lazy = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .interval = 3};
    const gan_penalty_desc each = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1};
    const gan_penalty_desc *const descs[] = {NULL, &each, &lazy};
    float *change[3][7], *real = normals(BATCH * 6, 1), *z = normals(BATCH * 3, 2);
    size_t n = 0;

    for (size_t i = 0; i < 3; i++) {
        const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 1,
                                       .penalty = descs[i]};
        game x = game_begin(g_layers, d_layers, gradient_taker, &desc);
        const gan_batch b = batch_of(&x, real, BATCH);
        float *from = net_weights(x.d, &n);

        for (size_t s = 0; s < 7; s++) change[i][s] = change_of(&x, from, &b, z);
        free(from);
        game_end(&x);
    }
    for (size_t s = 0; s < 7; s++) {
        double most = 0;

        if (s % 3 > 0) expect_same_bits(change[2][s], change[0][s], n * sizeof(float));
        for (size_t i = 0; s % 3 == 0 && i < n; i++) {
            const double penalty = (double)change[1][s][i] - (double)change[0][s][i];

            expect_near((double)change[2][s][i], (double)change[0][s][i] + 3 * penalty, 0, 1e-5);
            most = fmax(most, fabs(penalty));
        }
        ck_assert(s % 3 > 0 || most > 1e-3);
        for (size_t i = 0; i < 3; i++) free(change[i][s]);
    }
    free(real);
    free(z);
}

/* ---- random numbers ---- */

/* The penalty of a step from these weights, with the same samples each time. */
static double penalty_from(game *x, const float *weights, float *real, const float *z)
{
    const gan_batch b = batch_of(x, real, BATCH);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    net_set_weights(x->d, weights);
    expect_ok(gan_train_discriminator_step(x->trainer, &b, z, NULL, &stats));
    return stats.penalty;
}

/* The interpolation of samples, and dropout masks. */
TEST_EACH(random_numbers_are_fresh_after_a_step_that_counts, 0, 2)
{
    static const net_layer dropping[] = {LINEAR(6, 8), DROPOUT(0.4f), TANH, LINEAR(8, 1), END};
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT,
                                      .kind = _i ? GAN_PENALTY_R1 : GAN_PENALTY_WGAN_GP};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = SEED,
                                   .n_threads = 1, .penalty = &penalty};
    float *real = normals(BATCH * 6, 1), *z = normals(BATCH * 3, 2), *bad = normals(BATCH * 6, 1);
    double values[2][3];

    bad[8] = NAN;
    for (size_t i = 0; i < 2; i++) {
        game x = game_begin(g_layers, _i ? dropping : d_layers, gradient_taker, &desc);
        const gan_batch b = batch_of(&x, bad, BATCH);
        float *weights = net_weights(x.d, NULL);

        for (size_t s = 0; s < 3; s++) {
            if (i == 1)
                expect_status(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL),
                              GAN_ERR_NONFINITE);
            values[i][s] = penalty_from(&x, weights, real, z);
        }
        free(weights);
        game_end(&x);
    }
    ck_assert(values[0][0] != values[0][1] && values[0][1] != values[0][2]);
    for (size_t s = 0; s < 3; s++) ck_assert(values[0][s] == values[1][s]);
    free(real);
    free(bad);
    free(z);
}

/* ---- whole runs ---- */

static const gan_penalty_desc lazy_gp = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP,
                                         .interval = 3};

static run run_with(const gan_penalty_desc *penalty, size_t n_threads)
{
    run_choice c = usual_choice();

    c.trainer.penalty = penalty;
    c.trainer.n_threads = n_threads;
    return run_of(&c);
}

TEST_EACH(a_run_has_the_same_bits_on_any_number_of_threads, GAN_PENALTY_NONE, GAN_PENALTY_DRAGAN + 1)
{
    static const size_t threads[] = {2, 3, 8};
    const gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)_i};
    run alone = run_with(&desc, 1);

    run_steps(&alone, 20);
    for (size_t i = 0; i < 3; i++) {
        run r = run_with(&desc, threads[i]);

        run_steps(&r, 20);
        expect_same_game(&alone.game, &r.game);
        run_end(&r);
    }
    run_end(&alone);
}

/* Stopped after this number of steps, which is between two steps with the penalty, or at one. */
TEST_EACH(a_run_goes_on_with_the_same_bits, 0, 9)
{
    const gan_penalty_desc dragan = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_DRAGAN,
                                     .interval = 3};
    const gan_penalty_desc *penalty = _i % 2 ? &dragan : &lazy_gp;
    static run_bytes whole_bytes, resumed_bytes;
    run whole = run_with(penalty, 2), half = run_with(penalty, 3), resumed = run_with(penalty, 1);

    run_folder_begin();
    run_steps(&whole, 16);
    run_steps(&half, (size_t)_i);
    expect_ok(save_run(&half));
    run_steps(&resumed, 2);
    expect_ok(load_run(&resumed));
    run_steps(&resumed, 16 - (size_t)_i);
    read_run(&whole_bytes, &whole);
    read_run(&resumed_bytes, &resumed);
    expect_same_bytes(&whole_bytes, &resumed_bytes);
    run_end(&whole);
    run_end(&half);
    run_end(&resumed);
    run_folder_end();
}

TEST(a_run_does_not_go_on_with_another_penalty)
{
    const gan_penalty_desc others[] = {
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .interval = 3},
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP, .interval = 2},
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP, .interval = 3, .weight = 9},
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP, .interval = 3, .zero_centered = 1}};
    static const char *const says[] = {"penalty", "penalty_interval", "penalty_weight",
                                       "penalty_center"};
    run r = run_with(&lazy_gp, 1);

    run_folder_begin();
    expect_ok(save_run(&r));
    run_end(&r);
    for (size_t i = 0; i < 4; i++) {
        r = run_with(&others[i], 1);
        expect_fails(load_run(&r), GAN_ERR_INVALID, says[i]);
        run_end(&r);
    }
    r = run_with(NULL, 1);
    ck_assert(load_run(&r) != GAN_OK);
    run_end(&r);
    run_folder_end();
}

/* ---- failures ---- */

TEST(a_gradient_that_is_not_finite_changes_nothing)
{
    const gan_penalty_desc heavy = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1e300};
    run r = run_with(&heavy, 1);
    float *before = net_weights(r.game.d, NULL), *after;
    size_t n;
    const gan_batch *batch;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    expect_ok(gan_iterator_next(r.it, &batch));
    expect_fails(gan_train_step(r.game.trainer, batch, &stats), GAN_ERR_NONFINITE,
                 "discriminator, step 1: gradient");
    after = net_weights(r.game.d, &n);
    expect_same_bits(before, after, n * sizeof *before);
    ck_assert(stats.penalty == 0 && stats.d_steps == 0);
    free(before);
    free(after);
    run_end(&r);
}

TEST(a_penalty_that_is_wrong_is_reported_by_the_trainer)
{
    const gan_penalty_desc bad = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = -1};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .penalty = &bad};
    gan_network *g = net_seeded(3, g_layers, 1), *d = net_seeded(6, d_layers, 2);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t = (gan_trainer *)&t;

    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "penalty: a finite weight above 0 expected, got -1");
    ck_assert_ptr_null(t);
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
}
