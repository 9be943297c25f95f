/* test_train_recipes.c - additions to a loss: several penalties, regularisation, top-k, fresh real
 * samples, schedules.  Against PyTorch; the same bits, exact resume, out of memory; refusals. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "golden.h"
#include "scratch.h"
#include "sequence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 4,
    SIZE = SIDE * SIDE,
    LATENT = 3,
    HIDDEN = 6,
    BATCH = 7,
    STEPS = 6,
    SEED = 31,
    ALL = 63
};

static const net_layer g_layers[] = {LINEAR(LATENT, HIDDEN), TANH, LINEAR(HIDDEN, SIZE), TANH, END};

/* ---- the recipes of make_recipes.py ---- */

/* One recipe's descriptors, which point at each other. */
typedef struct recipe {
    const char *name;
    gan_trainer_desc trainer;
    gan_augment_desc augment, transform;
    gan_penalty_desc r1, r2;
    gan_lecam_desc lecam;
    gan_consistency_desc consistency;
    gan_schedule_desc p, gamma, rate, beta2, average;
    int adam, beside; /* else SGD; fresh real samples in the generator's half */
} recipe;

static gan_schedule_desc schedule(gan_schedule kind, uint64_t period, double factor, int rising)
{
    return (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, kind, .period = period, .factor = factor,
                               .rising = rising};
}

static void make_r3gan(recipe *r)
{
    r->name = "r3gan";
    r->adam = r->beside = 1;
    r->trainer.loss = GAN_LOSS_RELATIVISTIC_PAIRED;
    r->rate = schedule(GAN_SCHEDULE_LINEAR, 5, 0.25, 0);
    r->beta2 = schedule(GAN_SCHEDULE_COSINE, 4, 1.1, 0);
    r->gamma = schedule(GAN_SCHEDULE_COSINE, 5, 0.1, 0);
    r->p = schedule(GAN_SCHEDULE_COSINE, 4, 0, 1);
    r->average = schedule(GAN_SCHEDULE_LINEAR, 4, 0, 1);
    r->augment = (gan_augment_desc){GAN_AUGMENT_DESC_INIT, ALL, 0.55, -1};
    r->r1 = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_R1, 0.5, .schedule = &r->gamma};
    r->r2 = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_R2, 0.25, .schedule = &r->gamma};
    r->trainer.augment = &r->augment;
    r->trainer.augment_schedule = &r->p;
    r->trainer.penalty = &r->r1;
    r->trainer.second_penalty = &r->r2;
    r->trainer.average_half_life = 20;
    r->trainer.average_schedule = &r->average;
}

static void make_lecam(recipe *r)
{
    r->name = "lecam";
    r->trainer.loss = GAN_LOSS_HINGE;
    r->lecam = (gan_lecam_desc){GAN_LECAM_DESC_INIT, 0.75, 0.9, 2};
    r->trainer.lecam = &r->lecam;
    r->trainer.top_k = 0.6;
}

static void make_cr(recipe *r)
{
    r->name = "cr";
    r->consistency = (gan_consistency_desc){GAN_CONSISTENCY_DESC_INIT, 2.5};
    r->trainer.consistency = &r->consistency;
}

static void make_bcr(recipe *r)
{
    make_cr(r);
    r->name = "bcr";
    r->transform = (gan_augment_desc){GAN_AUGMENT_DESC_INIT, ALL, 0.75, -0.5};
    r->consistency.fake_weight = 1.5;
    r->consistency.augment = &r->transform;
    r->augment = (gan_augment_desc){GAN_AUGMENT_DESC_INIT,
                                    GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT, 1, -1};
    r->trainer.augment = &r->augment;
}

static void (*const recipes[])(recipe *r) = {make_r3gan, make_lecam, make_cr, make_bcr};
enum { RECIPES = sizeof recipes / sizeof *recipes };

/* The i-th, in static memory. */
static recipe *make_recipe(recipe *r, int i)
{
    *r = (recipe){
        .trainer = {GAN_TRAINER_DESC_INIT, .batch_size = 10, .seed = SEED, .n_threads = 2}};
    recipes[i](r);
    return r;
}

static OPTIMIZER(slow_sgd, sgd, d.lr = 0.05);
static OPTIMIZER(quick_adam, adam, d.lr = 0.002, d.beta1 = 0, d.beta2 = 0.9);

static game begin(const recipe *r)
{
    game x = {.latent = LATENT, .sample = SIZE};

    x.g = net_seeded(LATENT, g_layers, 101);
    x.d = BUILT(gan_shape_3d(1, SIDE, SIDE), gan_layer_flatten(), gan_layer_linear(SIZE, HIDDEN),
                gan_layer_tanh(), gan_layer_linear(HIDDEN, 1));
    x.g_opt = r->adam ? quick_adam() : slow_sgd();
    x.d_opt = r->adam ? quick_adam() : slow_sgd();
    for (int d = 0; d < 2 && r->adam; d++) {
        gan_optimizer *opt = d ? x.d_opt : x.g_opt;

        expect_ok(gan_optimizer_set_schedule(opt, &r->rate));
        expect_ok(gan_optimizer_schedule_setting(opt, "beta2", &r->beta2));
    }
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &r->trainer));
    return x;
}

/* A step on the given inputs or, for NULL, random ones. */
static void step(const game *x, const recipe *r, const float *real, const float *fresh,
                 const float *z_d, const float *z_g, gan_train_stats *stats)
{
    const gan_batch batch = batch_of(x, real, BATCH), other = batch_of(x, fresh, BATCH);

    expect_ok(gan_train_discriminator_step(x->trainer, &batch, z_d, NULL, stats));
    if (r->beside)
        expect_ok(gan_train_generator_step_beside(x->trainer, &other, z_g, NULL, stats));
    else
        expect_ok(gan_train_generator_step(x->trainer, BATCH, z_g, NULL, stats));
}

/* ---- PyTorch ---- */

static const float *vector_of(const golden *g, const recipe *r, const char *what, size_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%s.%s", r->name, what);
    return golden_get(g, name, n);
}

static void expect_weights(gan_network *net, const float *wanted, const char *whose)
{
    size_t n;
    float *found = net_weights(net, &n);

    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs((double)found[i] - (double)wanted[i]) < 2e-5, "%s: weight %zu is %g, %g",
                      whose, i, (double)found[i], (double)wanted[i]);
    free(found);
}

TEST_EACH(training_is_pytorchs, 0, 2 * RECIPES)
{
    enum { G = HIDDEN * (LATENT + 1) + SIZE * (HIDDEN + 1), D = HIDDEN * (SIZE + 1) + HIDDEN + 1 };
    recipe r;
    golden *g = golden_open("recipes.bin");
    const size_t n = STEPS * BATCH;
    const float *real = golden_get(g, "real", n * SIZE), *fresh = golden_get(g, "real_g", n * SIZE);
    const float *z_d = golden_get(g, "z_d", n * LATENT), *z_g = golden_get(g, "z_g", n * LATENT);
    const float *wanted;
    game x;

    make_recipe(&r, _i % RECIPES);
    if (_i >= RECIPES) r.trainer.activations = GAN_ACTIVATIONS_RECOMPUTE;
    x = begin(&r);
    wanted = vector_of(g, &r, "figures", 4 * STEPS);
    net_set_weights(x.g, golden_get(g, "first_g", G));
    net_set_weights(x.d, golden_get(g, "first_d", D));
    for (size_t s = 0; s < STEPS; s++) {
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        step(&x, &r, real + s * BATCH * SIZE, fresh + s * BATCH * SIZE, z_d + s * BATCH * LATENT,
             z_g + s * BATCH * LATENT, &stats);
        expect_near(stats.d_loss, (double)wanted[4 * s], 1e-5, 1e-6);
        expect_near(stats.g_loss, (double)wanted[4 * s + 1], 1e-5, 1e-6);
        expect_near(stats.penalty + stats.lecam + stats.consistency, (double)wanted[4 * s + 2],
                    1e-4, 1e-6);
        expect_near(stats.second_penalty, (double)wanted[4 * s + 3], 1e-4, 1e-6);
    }
    expect_weights(x.d, vector_of(g, &r, "d", D), "d");
    expect_weights(x.g, vector_of(g, &r, "g", G), "g");
    if (r.trainer.average_half_life > 0)
        expect_weights(gan_trainer_average(x.trainer), vector_of(g, &r, "average", G), "average");
    game_end(&x);
    golden_close(g);
}

/* ---- whole runs ---- */

static void run_steps(const game *x, const recipe *r, size_t begin_at, size_t end)
{
    for (size_t s = begin_at; s < end; s++) {
        float *real = normals(BATCH * SIZE, 2 * s), *fresh = normals(BATCH * SIZE, 2 * s + 1);

        step(x, r, real, fresh, NULL, NULL, NULL);
        free(real), free(fresh);
    }
}

/* Micro-batches, too, and everything at once. */
static recipe *make_run(recipe *r, int i)
{
    make_recipe(r, i % RECIPES);
    if (i < RECIPES) return r;
    r->trainer.micro_batch = 3;
    if (i < 2 * RECIPES) return r;
    make_bcr(r);
    make_lecam(r);
    make_r3gan(r);
    r->trainer.top_k_schedule = &r->gamma;
    r->trainer.instance_noise = 0.25;
    r->trainer.instance_noise_schedule = &r->rate;
    return r;
}
enum { RUNS = 2 * RECIPES + 1 };

TEST_EACH(a_run_has_the_same_bits_on_any_number_of_threads, 0, RUNS)
{
    static const size_t threads[] = {1, 3, 8};
    recipe r;
    game first = begin(make_run(&r, _i));

    run_steps(&first, &r, 0, 6);
    for (size_t i = 0; i < 3; i++) {
        game x;

        r.trainer.n_threads = threads[i];
        x = begin(&r);
        run_steps(&x, &r, 0, 6);
        expect_same_game(&first, &x);
        game_end(&x);
    }
    game_end(&first);
}

static void expect_same_stats(const game *a, const game *b)
{
    gan_train_stats x = {GAN_TRAIN_STATS_INIT}, y = {GAN_TRAIN_STATS_INIT};

    expect_ok(gan_trainer_stats(a->trainer, &x));
    expect_ok(gan_trainer_stats(b->trainer, &y));
    expect_same_bits(&x, &y, sizeof x);
}

TEST_EACH(a_run_goes_on_with_the_same_bits, 0, 3 * RUNS)
{
    const size_t stop = 1 + (size_t)_i / RUNS;
    const char *path = scratch_path("run.gan");
    recipe r;
    game whole = begin(make_run(&r, _i % RUNS)), half = begin(&r), resumed = begin(&r);

    run_steps(&whole, &r, 0, 6);
    run_steps(&half, &r, 0, stop);
    expect_ok(gan_checkpoint_save(half.trainer, NULL, path));
    run_steps(&resumed, &r, 20, 22);
    expect_ok(gan_checkpoint_load(resumed.trainer, NULL, path));
    expect_same_stats(&half, &resumed);
    run_steps(&resumed, &r, stop, 6);
    expect_same_game(&whole, &resumed);
    expect_same_stats(&whole, &resumed);
    if (gan_trainer_average(whole.trainer))
        expect_same_weights(gan_trainer_average(whole.trainer),
                            gan_trainer_average(resumed.trainer));
    game_end(&whole);
    game_end(&half);
    game_end(&resumed);
}

/* Settings of a recipe that a checkpoint compares, by the name in the message. */
static void expect_other_refused(recipe *r, const char *says)
{
    const char *path = scratch_path("run.gan");
    game x = begin(r);
    const gan_status status = gan_checkpoint_load(x.trainer, NULL, path);

    ck_assert_msg(status < 0 && strstr(gan_last_error(), says), "%s: %s", says, gan_last_error());
    game_end(&x);
}

#define OTHER(which, change, says)                                                                 \
    do {                                                                                           \
        recipe r;                                                                                  \
                                                                                                   \
        make_recipe(&r, which);                                                                    \
        change;                                                                                    \
        expect_other_refused(&r, says);                                                            \
    } while (0)

static void save_recipe(int i)
{
    recipe r;
    game x = begin(make_recipe(&r, i));

    expect_ok(gan_checkpoint_save(x.trainer, NULL, scratch_path("run.gan")));
    game_end(&x);
}

TEST(a_run_does_not_go_on_with_other_settings)
{
    save_recipe(0);
    OTHER(0, r.r2.weight = 1, "second_penalty_weight");
    OTHER(0, r.gamma.factor = 0.2, "schedule_factor");
    OTHER(0, r.trainer.second_penalty = NULL, "second_penalty");
    OTHER(0, r.trainer.average_half_life = 30, "average_half_life");
    OTHER(0, r.average.rising = 0, "average_schedule");
    OTHER(0, r.p.period = 9, "augment_schedule_period");
    OTHER(0, r.beta2.period = 8, "beta2_schedule_period");
    OTHER(0, r.trainer.loss = GAN_LOSS_RELATIVISTIC, "loss");
    save_recipe(1);
    OTHER(1, r.lecam.decay = 0.5, "lecam_decay");
    OTHER(1, r.trainer.top_k = 0.5, "top_k");
    OTHER(1, r.trainer.lecam = NULL, "lecam");
    save_recipe(3);
    OTHER(3, r.consistency.real_weight = 1, "consistency");
    OTHER(3, r.consistency.fake_weight = 1, "consistency_fake");
    OTHER(3, r.transform.fill = 1, "consistency_augment_fill");
}

TEST_EACH(no_step_takes_memory_and_what_a_trainer_takes_is_told, 0, RUNS)
{
    budget b;
    recipe r;
    game x = begin(make_run(&r, _i));
    size_t bytes, taken;

    budget_init(&b, BUDGET_UNLIMITED);
    gan_trainer_destroy(x.trainer);
    r.trainer.allocator = &b.allocator;
    r.trainer.n_threads = 1;
    r.trainer.average_half_life = 0; /* its memory is the network's allocator's */
    r.trainer.average_schedule = NULL;
    expect_ok(gan_trainer_memory(&bytes, x.g, x.d, x.g_opt, x.d_opt, &r.trainer));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &r.trainer));
    ck_assert_uint_eq(b.live_bytes, bytes);
    taken = b.taken;
    run_steps(&x, &r, 0, 3);
    ck_assert_uint_eq(b.taken, taken);
    game_end(&x);
    ck_assert_uint_eq(b.live_bytes, 0);
}

typedef struct creation {
    game game;
    recipe recipe;
} creation;

static gan_status make_trainer(void **out, const gan_allocator *allocator, void *user)
{
    const creation *c = user;
    gan_trainer_desc desc = c->recipe.trainer;
    gan_trainer *t;
    gan_status status;

    desc.allocator = allocator;
    desc.n_threads = 1;
    status = gan_trainer_create(&t, c->game.g, c->game.d, c->game.g_opt, c->game.d_opt, &desc);
    *out = t;
    return status;
}

static void end_trainer(void *made)
{
    gan_trainer_destroy(made);
}

TEST(a_lack_of_memory_leaves_nothing)
{
    creation c;

    make_run(&c.recipe, RUNS - 1);
    c.game = begin(&c.recipe);
    budget_sweep(make_trainer, end_trainer, &c);
    game_end(&c.game);
}

/* ---- top-k ---- */

/* Top k of n samples, and at least one. */
TEST(the_generator_learns_from_the_share_that_is_wanted)
{
    static const struct {
        double top_k;
        size_t k;
    } cases[] = {{0.6, 4}, {0.5, 4}, {0.49, 3}, {0.01, 1}, {1, 7}};
    float *z = normals(BATCH * LATENT, 1);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recipe r;
        game x;
        float samples[BATCH * SIZE], logits[BATCH];
        double best = 0;
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        make_recipe(&r, 1);
        r.trainer.top_k = cases[i].top_k;
        x = begin(&r);
        expect_ok(gan_network_forward(x.g, z, BATCH, samples));
        expect_ok(gan_network_forward(x.d, samples, BATCH, logits));
        for (size_t k = 0; k < cases[i].k; k++) {
            size_t at = 0;

            for (size_t j = 1; j < BATCH; j++)
                if (logits[j] > logits[at]) at = j;
            best += (double)logits[at] / (double)cases[i].k;
            logits[at] = -1e30f;
        }
        expect_ok(gan_train_generator_step(x.trainer, BATCH, z, NULL, &stats));
        expect_near(stats.g_loss, -best, 1e-5, 1e-6);
        game_end(&x);
    }
    free(z);
}

/* ---- fresh real samples ---- */

TEST(with_a_loss_that_is_not_relativistic_the_batch_is_not_looked_at)
{
    recipe r;
    game x, twin;
    float *real = normals(BATCH * SIZE, 1), *z = normals(BATCH * LATENT, 2);
    gan_batch batch;

    make_recipe(&r, 1);
    x = begin(&r), twin = begin(&r);
    batch = batch_of(&x, real, BATCH);
    expect_ok(gan_train_generator_step_beside(x.trainer, &batch, z, NULL, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, BATCH, z, NULL, NULL));
    expect_same_game(&x, &twin);
    game_end(&x);
    game_end(&twin);
    free(real), free(z);
}

TEST(a_wrong_batch_changes_nothing)
{
    recipe r;
    game x, twin;
    float *real = normals(BATCH * SIZE, 1);
    gan_batch batch;

    make_recipe(&r, 0);
    x = begin(&r), twin = begin(&r);
    batch = batch_of(&x, real, BATCH);
    expect_fails(gan_train_generator_step_beside(NULL, &batch, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "trainer: is NULL");
    expect_fails(gan_train_generator_step_beside(x.trainer, NULL, NULL, NULL, NULL),
                 GAN_ERR_INVALID, "the batch is NULL");
    batch.count = 11;
    expect_fails(gan_train_generator_step_beside(x.trainer, &batch, NULL, NULL, NULL),
                 GAN_ERR_SHAPE, "a batch of 11 samples, created for at most 10");
    batch.count = BATCH;
    real[3] = NAN;
    expect_fails(gan_train_generator_step_beside(x.trainer, &batch, NULL, NULL, NULL),
                 GAN_ERR_NONFINITE, "value 3 of real sample 0");
    expect_same_game(&x, &twin);
    game_end(&x);
    game_end(&twin);
    free(real);
}

/* Calls to the trainer during a step. */
typedef struct second_call {
    gan_trainer *trainer;
    gan_batch batch;
    gan_status status, answer;
} second_call;

static gan_status call_again(void *user, gan_train_gradients *gradients)
{
    second_call *c = user;

    (void)gradients;
    c->status = gan_train_generator_step_beside(c->trainer, &c->batch, NULL, NULL, NULL);
    return c->answer;
}

TEST(a_second_call_is_told_and_a_host_may_stop_the_step)
{
    recipe r;
    second_call call = {.answer = (gan_status)-77};
    game x;
    float *real = normals(BATCH * SIZE, 1);

    make_recipe(&r, 0);
    r.trainer.on_gradients = call_again;
    r.trainer.on_gradients_user = &call;
    x = begin(&r);
    call.trainer = x.trainer;
    call.batch = batch_of(&x, real, BATCH);
    ck_assert_int_eq(gan_train_generator_step_beside(x.trainer, &call.batch, NULL, NULL, NULL),
                     -77);
    expect_status(call.status, GAN_ERR_BUSY);
    call.answer = GAN_OK;
    expect_ok(gan_train_generator_step_beside(x.trainer, &call.batch, NULL, NULL, NULL));
    game_end(&x);
    free(real);
}

/* ---- refusals ---- */

#define REFUSED(which, change, status, says)                                                       \
    do {                                                                                           \
        recipe r;                                                                                  \
        game x = begin(make_recipe(&r, which));                                                    \
        gan_trainer *t = x.trainer;                                                                \
                                                                                                   \
        change;                                                                                    \
        expect_fails(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt, &r.trainer), status,       \
                     says);                                                                        \
        ck_assert_ptr_null(t);                                                                     \
        game_end(&x);                                                                              \
    } while (0)

TEST(what_makes_no_sense_is_refused)
{
    const gan_augment_desc none = {GAN_AUGMENT_DESC_INIT};
    const gan_augment_desc adaptive = {GAN_AUGMENT_DESC_INIT, ALL, .target = 0.6};
    const gan_schedule_desc bad = {GAN_SCHEDULE_DESC_INIT, GAN_SCHEDULE_LINEAR};

    REFUSED(1, r.lecam.weight = -1, GAN_ERR_INVALID, "lecam: weight of 0 to 1e+06 expected");
    REFUSED(1, r.lecam.decay = 1, GAN_ERR_INVALID, "lecam: decay above 0 and below 1 expected");
    REFUSED(1, r.lecam.struct_size = 3, GAN_ERR_INVALID, "lecam desc: struct_size is 3");
    REFUSED(1, r.trainer.top_k = 1.5, GAN_ERR_INVALID, "top_k above 0, to 1, expected, got 1.5");
    REFUSED(1, r.trainer.top_k_schedule = &bad, GAN_ERR_INVALID, "linear without a period");
    REFUSED(3, r.consistency.real_weight = -1, GAN_ERR_INVALID, "real_weight of 0 to 1e+06");
    REFUSED(3, r.consistency.fake_weight = 1e7, GAN_ERR_INVALID, "fake_weight of 0 to 1e+06");
    REFUSED(3, r.consistency.augment = &none, GAN_ERR_INVALID, "an augmentation with operations");
    REFUSED(3, r.consistency.augment = &adaptive, GAN_ERR_INVALID, "and without a target");
    REFUSED(3, r.consistency.struct_size = 3, GAN_ERR_INVALID, "consistency desc: struct_size");
    REFUSED(0, r.trainer.penalty = NULL, GAN_ERR_INVALID, "second_penalty without a penalty");
    REFUSED(0, (r.r2.kind = GAN_PENALTY_NONE, r.r2.weight = 0), GAN_ERR_INVALID,
            "penalty: a schedule without a kind");
    REFUSED(0, r.r1.schedule = &bad, GAN_ERR_INVALID, "linear without a period");
    REFUSED(0, r.augment.target = 0.6, GAN_ERR_INVALID, "augment_schedule without");
    REFUSED(0, r.trainer.augment = NULL, GAN_ERR_INVALID, "augment_schedule without");
    REFUSED(0, r.trainer.average_decay = 0.9, GAN_ERR_INVALID, "with average_decay 0.9");
    REFUSED(0, r.trainer.average_half_life = -1, GAN_ERR_INVALID, "at least 0 expected, got -1");
    REFUSED(0, r.trainer.average_half_life = 0, GAN_ERR_INVALID,
            "average_schedule without an average_half_life");
    REFUSED(0, r.trainer.instance_noise_schedule = &r.rate, GAN_ERR_INVALID,
            "instance_noise_schedule with instance_noise 0");
}

/* Hosts built when these descriptors were shorter. */
TEST(descriptors_of_before_are_read)
{
    recipe r;
    game x, twin;

    make_recipe(&r, 0);
    r.r1.schedule = r.r2.schedule = NULL;
    r.rate = schedule(GAN_SCHEDULE_COSINE, 5, 0.5, 0);
    twin = begin(&r);
    r.r1.struct_size = r.r2.struct_size = offsetof(gan_penalty_desc, schedule);
    r.r1.schedule = r.r2.schedule = &r.gamma;
    r.rate.struct_size = offsetof(gan_schedule_desc, rising);
    r.rate.rising = 1;
    x = begin(&r);
    run_steps(&x, &r, 0, 4);
    run_steps(&twin, &r, 0, 4);
    expect_same_game(&x, &twin);
    game_end(&x);
    game_end(&twin);
}

TEST(consistency_wants_images)
{
    gan_network *g = net_seeded(LATENT, g_layers, 1);
    gan_network *d = BUILT(gan_shape_1d(SIZE), gan_layer_linear(SIZE, 1));
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    const gan_consistency_desc consistency = {GAN_CONSISTENCY_DESC_INIT};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .consistency = &consistency};
    gan_trainer *t;

    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_SHAPE,
                 "augment: images, [channels, height, width], expected");
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
}
