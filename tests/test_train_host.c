/* test_train_host.c - a host's callbacks in a trainer's step: objectives and gradients. */
#include "expect.h"
#include "game.h"
#include "scratch.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 20, STEPS = 12 };

/* ---- the library's own objectives, written as a host's ---- */

typedef struct figures {
    double loss, slope, probability;
} figures;

static figures cross_entropy(double x, double target)
{
    const double e = exp(-fabs(x));
    const double p = (x < 0 ? e : 1) / (1 + e);

    return (figures){(x < 0 ? 0 : x) - x * target + log1p(e), p - target, p};
}

static void bce_rows(const gan_objective_step *step, gan_objective_rows *r, int real)
{
    const double n = (double)r->n_rows;

    for (size_t i = 0; i < r->n_rows; i++) {
        const double x = (double)r->outputs[i * r->stride];
        const figures f = cross_entropy(x, r->targets[i]);

        r->loss += f.loss;
        r->shown += f.probability;
        r->accuracy += real ? x > 0 : x < 0;
        r->grads[i * r->stride] = (float)(f.slope * (step->share / n));
    }
    if (r->n_rows == 0) return;
    r->loss /= n;
    r->shown /= n;
    r->accuracy /= n;
}

static gan_status bce(void *user, const gan_objective_step *step, gan_objective_rows *real,
                      gan_objective_rows *fake)
{
    ck_assert_ptr_eq(user, &bce_rows);
    ck_assert_uint_eq(step->struct_size, sizeof *step);
    ck_assert_uint_eq(real->struct_size, sizeof *real);
    ck_assert_uint_eq(fake->n_outputs, 1);
    ck_assert_uint_eq(real->n_rows, step->half == GAN_HALF_DISCRIMINATOR ? fake->n_rows : 0);
    bce_rows(step, real, 1);
    bce_rows(step, fake, 0);
    return GAN_OK;
}

/* A pointer that shows it was passed on. */
static void *const user = (void *)(uintptr_t)&bce_rows;

static gan_objective own_bce(void)
{
    return (gan_objective){GAN_OBJECTIVE_INIT, .name = "own_bce", .discriminator = bce,
                           .generator = bce,   .user = user,      .most_target = 1};
}

/* Every option that works with an objective, by the bits of `options`. */
enum { PENALTY = 1, PARTS = 2, AVERAGE = 4, FLIPS = 8, NOISE = 16, ALL_OPTIONS = 32 };

static const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .interval = 2};

static gan_trainer_desc desc_with(int options, size_t threads)
{
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = 5,
                             .n_threads = threads, .d_steps_per_g = 2};

    if (options & PENALTY) desc.penalty = &r1;
    if (options & PARTS) desc.micro_batch = 6;
    if (options & AVERAGE) desc.average_decay = 0.9;
    if (options & FLIPS) desc.label_flip = 0.2;
    if (options & FLIPS) desc.real_target = 0.9;
    if (options & NOISE) desc.instance_noise = 0.1;
    return desc;
}

/* Dropout on both sides; no last sigmoid. */
static const net_layer without_sigmoid[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1),
                                            END};

static void expect_same_run(const game *a, const game *b)
{
    gan_train_stats x = {GAN_TRAIN_STATS_INIT}, y = {GAN_TRAIN_STATS_INIT};

    expect_same_game(a, b);
    if (gan_trainer_average(a->trainer))
        expect_same_weights(gan_trainer_average(a->trainer), gan_trainer_average(b->trainer));
    expect_ok(gan_trainer_stats(a->trainer, &x));
    expect_ok(gan_trainer_stats(b->trainer, &y));
    expect_same_bits(&x, &y, sizeof x);
    ck_assert(x.d_loss > 0 && x.g_loss > 0);
}

TEST_EACH(binary_cross_entropy_of_a_host_has_the_same_bits, 0, 2 * ALL_OPTIONS)
{
    const gan_objective objective = own_bce();
    gan_trainer_desc desc = desc_with(_i / 2, 1);
    const net_layer *d = _i % 2 ? small_d : without_sigmoid;
    game plain = game_begin(small_g, d, adam, &desc);

    desc.objective = &objective;
    for (size_t threads = 1; threads <= 3; threads += 2) {
        game x;

        desc.n_threads = threads;
        x = game_begin(small_g, d, adam, &desc);
        for (uint64_t i = 0; i < STEPS; i++) {
            if (threads == 1) play(&plain, BATCH, i);
            play(&x, BATCH, i);
        }
        expect_same_run(&plain, &x);
        game_end(&x);
    }
    game_end(&plain);
}

static double mean_output(const gan_objective_rows *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->n_rows; i++) sum += (double)r->outputs[i];
    return sum / (double)r->n_rows;
}

/* Least squares of the difference to the other side's mean, which gets its part of the gradient. */
static gan_status relative_squares(void *unused, const gan_objective_step *step,
                                   gan_objective_rows *real, gan_objective_rows *fake)
{
    const int to_real = step->half == GAN_HALF_GENERATOR ? -1 : 1;
    gan_objective_rows *const sides[] = {real, fake};
    const double means[] = {mean_output(real), mean_output(fake)};

    (void)unused;
    ck_assert_uint_gt(real->n_rows, 0);
    for (int k = 0; k < 2; k++) {
        gan_objective_rows *r = sides[k], *other = sides[1 - k];
        const double n = (double)r->n_rows, target = k == 0 ? to_real : -to_real;

        for (size_t i = 0; i < r->n_rows; i++) {
            const double off = (double)r->outputs[i] - means[1 - k] - target;

            r->loss += off * off / n;
            r->grads[i] += (float)(2 * off / n * step->share);
            for (size_t j = 0; j < other->n_rows; j++)
                other->grads[j] -= (float)(2 * off / n * step->share / (double)other->n_rows);
        }
    }
    return GAN_OK;
}

/* The generator's half sees the real samples of the latest discriminator's. */
TEST(a_relative_objective_sees_real_samples_in_both_halves)
{
    const gan_objective objective = {GAN_OBJECTIVE_INIT,
                                     .name = "relative_squares",
                                     .discriminator = relative_squares,
                                     .generator = relative_squares,
                                     .raw_outputs = 1,
                                     .relative = 1};
    gan_trainer_desc desc = desc_with(0, 2);
    game x;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    desc.objective = &objective;
    x = game_begin(small_g, without_sigmoid, adam, &desc);
    expect_fails(gan_train_generator_step(x.trainer, 4, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "relative_squares compares with the real samples");
    for (uint64_t i = 0; i < 4; i++) play(&x, BATCH, i);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert(stats.g_steps == 2 && stats.d_loss > 0 && stats.g_loss > 0);
    game_end(&x);
}

/* ---- several outputs a sample ---- */

static gan_status patches(void *unused, const gan_objective_step *step, gan_objective_rows *real,
                          gan_objective_rows *fake)
{
    gan_objective_rows *const sides[] = {real, fake};

    (void)unused;
    for (int k = 0; k < 2; k++) {
        gan_objective_rows *r = sides[k];
        const double n = (double)(r->n_rows * r->n_outputs);

        ck_assert(r->n_outputs == 4 && r->stride == 4);
        for (size_t i = 0; i < r->n_rows * r->n_outputs; i++) {
            const figures f = cross_entropy((double)r->outputs[i], r->targets[i / 4]);

            r->loss += f.loss / n;
            r->grads[i] = (float)(f.slope / n * step->share);
        }
    }
    return GAN_OK;
}

static const gan_objective patch_objective = {GAN_OBJECTIVE_INIT, .name = "patches",
                                              .discriminator = patches, .generator = patches};

static double pass_bce(gan_pass *pass, const float *in, float target, gan_pass_gradients_kind kind,
                       float *in_grad)
{
    float y[BATCH * 4];
    double loss;

    expect_ok(gan_pass_forward(pass, in, BATCH, y));
    expect_ok(gan_loss_bce_with_logits(y, BATCH * 4, target, &loss, y));
    expect_ok(gan_pass_backward(pass, y, kind, in_grad));
    return loss;
}

/* The gradients that the step subtracts are those of the same loss by passes. */
TEST(patches_are_what_passes_make_of_them)
{
    static const net_layer g_layers[] = {LINEAR(3, 11), LEAKY, LINEAR(11, 6), TANH, END};
    static const net_layer d_layers[] = {LINEAR(6, 13), LEAKY, LINEAR(13, 4), END};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 2,
                             .objective = &patch_objective};
    game x = game_begin(g_layers, d_layers, gradient_taker, &desc);
    float *real = normals(BATCH * 6, 1), *z = normals(BATCH * 3, 2), fake[BATCH * 6];
    float *before, *grad;
    const gan_batch batch = batch_of(&x, real, BATCH);
    gan_pass *g, *d;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    size_t n;
    double loss;

    expect_ok(gan_pass_create(&g, x.g, NULL));
    expect_ok(gan_pass_create(&d, x.d, NULL));
    expect_ok(gan_pass_forward(g, z, BATCH, fake));
    loss = pass_bce(d, real, 1, GAN_PASS_REPLACE, NULL);
    loss += pass_bce(d, fake, 0, GAN_PASS_ACCUMULATE, NULL);
    before = net_weights(x.d, &n);
    expect_ok(gan_train_discriminator_step(x.trainer, &batch, z, NULL, &stats));
    expect_near(stats.d_loss, loss, 1e-6, 0);
    grad = gradient_of(before, x.d);
    expect_norm_close(grad, gan_pass_gradients(d), n, 1e-5);
    free(before), free(grad);
    loss = pass_bce(d, fake, 1, GAN_PASS_KEEP, fake);
    expect_ok(gan_pass_backward(g, fake, GAN_PASS_REPLACE, NULL));
    before = net_weights(x.g, &n);
    expect_ok(gan_train_generator_step(x.trainer, BATCH, z, NULL, &stats));
    expect_near(stats.g_loss, loss, 1e-6, 0);
    grad = gradient_of(before, x.g);
    expect_norm_close(grad, gan_pass_gradients(g), n, 1e-5);
    free(before), free(grad), free(real), free(z);
    gan_pass_destroy(g), gan_pass_destroy(d);
    game_end(&x);
}

/* ---- stopping a step ---- */

/* Stops at a given call. */
typedef struct stopper {
    gan_half half;
    uint64_t step;
    size_t calls; /* in this half of that step, before the one that stops */
    gan_status status;
} stopper;

static gan_status stop(stopper *s, gan_half half, uint64_t step)
{
    if (s->half != half || s->step != step || s->status == GAN_OK || s->calls-- > 0) return GAN_OK;
    s->calls = 0;
    return s->status;
}

static gan_status stopping_bce(void *context, const gan_objective_step *step,
                               gan_objective_rows *real, gan_objective_rows *fake)
{
    bce_rows(step, real, 1);
    bce_rows(step, fake, 0);
    return stop(context, step->half, step->step);
}

static gan_status stopping_gradients(void *context, gan_train_gradients *g)
{
    return stop(context, g->half, g->step);
}

static const gan_status reasons[] = {GAN_ERR_IO, GAN_END, (gan_status)77, GAN_ERR_NONFINITE};

/* A step that was stopped, even after its first micro-batch, has no effect: the run continues as if
 * never stopped. */
static void expect_undone(gan_half half, gan_trainer_desc desc, stopper *s, size_t calls)
{
    game plain = game_begin(small_g, small_d, adam, &desc);
    gan_objective objective = own_bce();
    game x;

    objective.discriminator = objective.generator = stopping_bce;
    objective.user = s;
    if (!desc.on_gradients) desc.objective = &objective;
    x = game_begin(small_g, small_d, adam, &desc);
    for (uint64_t i = 0; i < 6; i++) {
        float *samples = normals(BATCH * 6, i);
        const gan_batch batch = batch_of(&x, samples, BATCH);

        *s = (stopper){half, half == GAN_HALF_DISCRIMINATOR ? i : 2, calls, reasons[i % 4]};
        if (half == GAN_HALF_DISCRIMINATOR)
            expect_status(gan_train_step(x.trainer, &batch, NULL), s->status);
        else if (i == 2)
            expect_status(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL), s->status);
        s->status = GAN_OK;
        play(&x, BATCH, i);
        play(&plain, BATCH, i);
        free(samples);
    }
    expect_same_run(&plain, &x);
    game_end(&x);
    game_end(&plain);
}

TEST_EACH(a_stopped_step_changes_nothing, 0, ALL_OPTIONS)
{
    gan_trainer_desc desc = desc_with(_i, 2);
    stopper s = {0};

    desc.d_steps_per_g = 1;
    expect_undone(GAN_HALF_DISCRIMINATOR, desc, &s, _i & PARTS ? 2 : 0);
    expect_error_says("the objective \"own_bce\" returned GAN_END (1)");
    expect_undone(GAN_HALF_GENERATOR, desc, &s, _i & PARTS ? 1 : 0);
    desc.on_gradients = stopping_gradients;
    desc.on_gradients_user = &s;
    expect_undone(GAN_HALF_DISCRIMINATOR, desc, &s, 0);
    expect_error_says("on_gradients returned GAN_END (1)");
    expect_undone(GAN_HALF_GENERATOR, desc, &s, 0);
}

/* Where diverging steps are skipped, one that a host reports as such is, too. */
TEST(a_host_may_call_a_step_diverged)
{
    gan_trainer_desc desc = desc_with(0, 1);
    stopper s = {GAN_HALF_DISCRIMINATOR, 1, 0, GAN_ERR_NONFINITE};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    game x;

    desc.on_divergence = GAN_DIVERGENCE_SKIP;
    desc.on_gradients = stopping_gradients;
    desc.on_gradients_user = &s;
    x = game_begin(small_g, small_d, adam, &desc);
    for (uint64_t i = 0; i < 3; i++) play(&x, BATCH, i);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert(stats.d_skipped == 2 && stats.d_steps == 1);
    game_end(&x);
}

static gan_status show_nonsense(void *what, const gan_objective_step *step,
                                gan_objective_rows *real, gan_objective_rows *fake)
{
    bce_rows(step, real, 1);
    bce_rows(step, fake, 0);
    if (*(const int *)what == 0) real->shown = (double)NAN;
    if (*(const int *)what == 1) fake->accuracy = 1.5;
    if (*(const int *)what == 2) real->loss = (double)INFINITY;
    if (*(const int *)what == 3) real->grads[0] = NAN;
    return GAN_OK;
}

TEST(figures_that_make_no_sense_are_refused)
{
    static const struct {
        gan_status status;
        const char *says;
    } cases[] = {{GAN_ERR_INVALID, "shows nan"},
                 {GAN_ERR_INVALID, "an accuracy of 1.5 for generated samples"},
                 {GAN_ERR_NONFINITE, "the loss is inf"},
                 {GAN_ERR_NONFINITE, "gradient: value"}};
    int what;
    const gan_objective objective = {GAN_OBJECTIVE_INIT, .name = "nonsense",
                                     .discriminator = show_nonsense, .generator = show_nonsense,
                                     .user = &what};
    gan_trainer_desc desc = desc_with(0, 1);
    float *samples = normals(BATCH * 6, 1);
    game x;
    gan_batch batch;

    desc.objective = &objective;
    x = game_begin(small_g, small_d, adam, &desc);
    batch = batch_of(&x, samples, BATCH);
    for (what = 0; what < 4; what++)
        expect_fails(gan_train_discriminator_step(x.trainer, &batch, NULL, NULL, NULL),
                     cases[what].status, cases[what].says);
    expect_ok(gan_train_discriminator_step(x.trainer, &batch, NULL, NULL, NULL));
    free(samples);
    game_end(&x);
}

/* ---- gradients before an update ---- */

typedef struct watcher {
    size_t calls[2];
    double norm, loss; /* of the latest */
    float scale;       /* 1: only look */
} watcher;

static gan_status watch(void *context, gan_train_gradients *g)
{
    watcher *w = context;
    double squares = 0;

    ck_assert_uint_eq(g->struct_size, sizeof *g);
    ck_assert_uint_eq(g->step, w->calls[g->half]);
    ck_assert_int_eq(g->changed, 0);
    for (size_t i = 0; i < g->count; i++)
        squares += (double)g->gradients[i] * (double)g->gradients[i];
    expect_near(g->norm, sqrt(squares), 1e-6, 0);
    w->calls[g->half]++;
    w->norm = g->norm;
    w->loss = g->loss;
    if (w->scale < 1) {
        for (size_t i = 0; i < g->count; i++) g->gradients[i] *= w->scale;
        g->changed = 1;
    }
    return GAN_OK;
}

TEST_EACH(looking_at_gradients_changes_nothing, 0, ALL_OPTIONS)
{
    gan_trainer_desc desc = desc_with(_i, 1);
    game plain = game_begin(small_g, small_d, adam, &desc), x;
    watcher w = {.scale = 1};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    desc.on_gradients = watch;
    desc.on_gradients_user = &w;
    x = game_begin(small_g, small_d, adam, &desc);
    for (uint64_t i = 0; i < 6; i++) {
        play(&plain, BATCH, i);
        play(&x, BATCH, i);
    }
    expect_same_run(&plain, &x);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert(w.calls[0] == 6 && w.calls[1] == 3);
    expect_same_bits(&w.norm, &stats.g_grad_norm, sizeof w.norm);
    expect_same_bits(&w.loss, &stats.g_loss, sizeof w.loss);
    game_end(&x);
    game_end(&plain);
}

/* With SGD a quarter of the gradient is a quarter of the step; the norm is that of the former. */
TEST_EACH(changed_gradients_are_used, 0, 2)
{
    gan_trainer_desc desc = desc_with(_i ? PARTS : 0, 2);
    game plain = game_begin(small_g, small_d, gradient_taker, &desc), x;
    watcher w = {.scale = 0.25f};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *before, *whole, *quarter;
    size_t n;

    desc.on_gradients = watch;
    desc.on_gradients_user = &w;
    x = game_begin(small_g, small_d, gradient_taker, &desc);
    before = net_weights(x.d, &n);
    play(&plain, BATCH, 1);
    play(&x, BATCH, 1);
    whole = gradient_of(before, plain.d);
    quarter = gradient_of(before, x.d);
    for (size_t i = 0; i < n; i++) whole[i] /= 4;
    expect_norm_close(quarter, whole, n, 1e-5);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    expect_near(stats.d_grad_norm, w.norm / 4, 1e-6, 0);
    free(before), free(whole), free(quarter);
    game_end(&x);
    game_end(&plain);
}

static gan_status spoil(void *unused, gan_train_gradients *g)
{
    (void)unused;
    g->gradients[3] = NAN;
    g->changed = 1;
    return GAN_OK;
}

TEST(changed_gradients_are_looked_at)
{
    gan_trainer_desc desc = desc_with(0, 1);
    float *samples = normals(BATCH * 6, 1);
    game x;
    gan_batch batch;

    desc.on_gradients = spoil;
    x = game_begin(small_g, small_d, adam, &desc);
    batch = batch_of(&x, samples, BATCH);
    expect_fails(gan_train_step(x.trainer, &batch, NULL), GAN_ERR_NONFINITE,
                 "discriminator, step 1: gradient: value 3 of 78 of 0.weight is nan");
    free(samples);
    game_end(&x);
}

/* ---- settings and files ---- */

TEST(objectives_are_checked)
{
    gan_network *g = net_seeded(3, small_g, 1), *d = net_seeded(6, small_d, 2);
    static const net_layer wide[] = {LINEAR(6, 4), END};
    gan_network *wide_d = net_seeded(6, wide, 2);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_objective o = own_bce();
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1, .objective = &o};
    gan_trainer *t;
    char long_name[80];

    memset(long_name, 'x', sizeof long_name);
    long_name[64] = '\0';
    const struct {
        const char *name, *says;
    } names[] = {{NULL, "got NULL"},
                 {"", "1 to 63 bytes"},
                 {"two words", "got two words"},
                 {long_name, "1 to 63"},
                 {"\xc3\xa9", "printable ASCII"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        o.name = names[i].name;
        expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                     names[i].says);
    }
    o = own_bce();
    o.generator = NULL;
    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "no function for the generator");
    o = own_bce();
    o.discriminator = NULL;
    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "no function for the discriminator");
    o = own_bce();
    desc.loss = GAN_LOSS_HINGE;
    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "an objective with the loss 4");
    desc.loss = GAN_LOSS_BCE;
    o.raw_outputs = 1;
    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "the loss own_bce needs the discriminator's raw output");
    o = patch_objective;
    desc.real_target = 0.9;
    expect_fails(gan_trainer_create(&t, g, wide_d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "the loss patches has no targets");
    desc.real_target = 0;
    desc.penalty = &r1;
    expect_fails(gan_trainer_create(&t, g, wide_d, g_opt, d_opt, &desc), GAN_ERR_SHAPE, "it has 4");
    o.struct_size = 0;
    expect_fails(gan_trainer_create(&t, g, wide_d, g_opt, d_opt, &desc), GAN_ERR_INVALID,
                 "objective: struct_size is 0");
    gan_optimizer_destroy(g_opt), gan_optimizer_destroy(d_opt);
    gan_network_destroy(g), gan_network_destroy(d), gan_network_destroy(wide_d);
}

static game game_named(const char *name)
{
    gan_objective o = own_bce();
    gan_trainer_desc desc = desc_with(PENALTY | AVERAGE, 1);
    char gone[16] = "";

    if (name) strcpy(gone, name);
    o.name = gone; /* it is copied */
    if (name) desc.objective = &o;
    return game_begin(small_g, small_d, adam, &desc);
}

TEST(a_checkpoint_names_the_objective)
{
    const char *path = scratch_path("run.safetensors");
    game x = game_named("mine"), same = game_named("mine"), other = game_named("yours"),
         none = game_named(NULL);

    for (uint64_t i = 0; i < 4; i++) play(&x, BATCH, i);
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(other.trainer, NULL, path), GAN_ERR_INVALID,
                 "objective is mine in the file, yours here");
    expect_fails(gan_checkpoint_load(none.trainer, NULL, path), GAN_ERR_INVALID,
                 "loss is host in the file, bce here");
    expect_ok(gan_checkpoint_load(same.trainer, NULL, path));
    for (uint64_t i = 4; i < 8; i++) {
        play(&x, BATCH, i);
        play(&same, BATCH, i);
    }
    expect_same_run(&x, &same);
    expect_ok(gan_checkpoint_save(none.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(other.trainer, NULL, path), GAN_ERR_INVALID,
                 "loss is bce in the file, host here");
    game_end(&x), game_end(&same), game_end(&other), game_end(&none);
}
