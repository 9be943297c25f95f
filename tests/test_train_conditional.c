/* test_train_conditional.c - training with labels: against PyTorch, on any number of threads, and
 * each network alone. */
#include "budget.h"
#include "conditional.h"
#include "expect.h"
#include "golden.h"
#include "math/rng_internal.h"
#include "sequence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 10, BATCH = 7, FIGURES = 10 };

/* ---- against PyTorch ---- */

static const float *of_run(golden *v, int run, const char *name, size_t n)
{
    char key[160];

    snprintf(key, sizeof key, "%s.%s", runs[run].name, name);
    return golden_get(v, key, n);
}

static void labels_of_run(uint8_t *labels, golden *v, int run, const char *name)
{
    const float *numbers = of_run(v, run, name, STEPS * BATCH);

    for (size_t i = 0; i < STEPS * BATCH; i++) labels[i] = (uint8_t)numbers[i];
}

static const float *of_tensor(golden *v, int run, const char *group, const gan_tensor *t)
{
    char name[80];

    snprintf(name, sizeof name, "%s.%s", group, t->name);
    return of_run(v, run, name, t->size);
}

static void load(gan_network *net, golden *v, int run, const char *group)
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        memcpy(t.data, of_tensor(v, run, group, &t), t.size * sizeof *t.data);
    }
}

/* To `tol` of the norm; zeros must be smaller than that. */
static void expect_tensor(const float *found, const float *wanted, size_t n, double tol)
{
    size_t zeros = 0;

    while (zeros < n && wanted[zeros] == 0) zeros++;
    if (zeros == n)
        expect_close(found, wanted, n, 0, tol);
    else
        expect_norm_close(found, wanted, n, tol);
}

/* Each tensor of the network, buffers, too; or of gradients with the same layout. */
static void expect_tensors(gan_network *net, const float *grads, golden *v, int run,
                           const char *group, double tol)
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        if (!grads || t.trainable)
            expect_tensor(grads ? grads : t.data, of_tensor(v, run, group, &t), t.size, tol);
        if (grads) grads += t.size;
    }
}

typedef struct pytorchs {
    golden *v;
    const float *real, *z_d, *z_g, *figures;
    uint8_t y_real[STEPS * BATCH], y_d[STEPS * BATCH], y_g[STEPS * BATCH];
} pytorchs;

static game begin_golden(pytorchs *p, int run, opt_maker make_opt, const gan_trainer_desc *desc)
{
    game x = conditional_game(run, 1, make_opt, desc);

    p->v = golden_open("conditional.bin");
    p->real = of_run(p->v, run, "real", STEPS * BATCH * x.sample);
    p->z_d = of_run(p->v, run, "z_d", STEPS * BATCH * LATENT);
    p->z_g = of_run(p->v, run, "z_g", STEPS * BATCH * LATENT);
    p->figures = of_run(p->v, run, "figures", STEPS * FIGURES);
    labels_of_run(p->y_real, p->v, run, "y_real");
    labels_of_run(p->y_d, p->v, run, "y_d");
    labels_of_run(p->y_g, p->v, run, "y_g");
    load(x.g, p->v, run, "g_first");
    load(x.d, p->v, run, "d_first");
    return x;
}

static void golden_step(const game *x, const pytorchs *p, size_t step, gan_train_stats *stats)
{
    const size_t at = step * BATCH;
    gan_batch b = batch_of(x, p->real + at * x->sample, BATCH);

    b.labels = p->y_real + at;
    expect_ok(
        gan_train_discriminator_step(x->trainer, &b, p->z_d + at * LATENT, p->y_d + at, stats));
}

static void expect_figures(const gan_train_stats *stats, const float *wanted)
{
    const double found[FIGURES] = {stats->d_loss,
                                   stats->g_loss,
                                   stats->d_grad_norm,
                                   stats->g_grad_norm,
                                   stats->d_real,
                                   stats->d_fake,
                                   stats->d_class_loss,
                                   stats->d_real_class_accuracy,
                                   stats->d_fake_class_accuracy,
                                   stats->g_class_loss};

    for (size_t i = 0; i < FIGURES; i++) expect_near(found[i], (double)wanted[i], 1e-4, 1e-6);
}

TEST_EACH(ten_steps_are_pytorchs, 0, RUNS)
{
    const gan_trainer_desc desc = desc_of(_i);
    pytorchs p;
    game x = begin_golden(&p, _i, runs[_i].make_opt, &desc);
    float *samples = malloc(BATCH * x.sample * sizeof *samples);

    for (size_t s = 0; s < STEPS; s++) {
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        golden_step(&x, &p, s, &stats);
        expect_ok(gan_train_generator_step(x.trainer, BATCH, p.z_g + s * BATCH * LATENT,
                                           p.y_g + s * BATCH, &stats));
        expect_figures(&stats, p.figures + s * FIGURES);
    }
    expect_tensors(x.g, NULL, p.v, _i, "g_last", 1e-4);
    expect_tensors(x.d, NULL, p.v, _i, "d_last", 1e-4);
    expect_ok(gan_trainer_sample_labels(x.trainer, p.z_g, p.y_g, BATCH, samples));
    expect_norm_close(samples, of_run(p.v, _i, "samples", BATCH * x.sample), BATCH * x.sample,
                      1e-4);
    free(samples);
    game_end(&x);
    golden_close(p.v);
}

/* Of the discriminator without a penalty and with two, and then of the generator. */
TEST_EACH(first_gradients_are_pytorchs, 0, RUNS)
{
    static const struct {
        gan_penalty_kind kind;
        const char *group;
    } kinds[] = {
        {GAN_PENALTY_NONE, "d_grad"}, {GAN_PENALTY_R1, "d_grad_r1"}, {GAN_PENALTY_R2, "d_grad_r2"}};

    for (size_t i = 0; i < 3; i++) {
        const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = kinds[i].kind};
        gan_trainer_desc desc = desc_of(_i);
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
        float *first, *grad;
        pytorchs p;
        game x;

        desc.penalty = &penalty;
        x = begin_golden(&p, _i, gradient_taker, &desc);
        first = net_weights(x.d, NULL);
        golden_step(&x, &p, 0, &stats);
        grad = gradient_of(first, x.d);
        expect_tensors(x.d, grad, p.v, _i, kinds[i].group, 1e-5);
        if (i > 0)
            expect_near(stats.penalty, (double)of_run(p.v, _i, "penalties", 2)[i - 1], 1e-5, 0);
        free(grad);
        net_set_weights(x.d, first);
        free(first);
        first = net_weights(x.g, NULL);
        expect_ok(gan_train_generator_step(x.trainer, BATCH, p.z_g, p.y_g, NULL));
        grad = gradient_of(first, x.g);
        expect_tensors(x.g, grad, p.v, _i, "g_grad", 1e-5);
        free(first);
        free(grad);
        game_end(&x);
        golden_close(p.v);
    }
}

/* ---- guarantees ---- */

/* Wide enough that products are divided, with a smaller last batch. */
TEST_EACH(bits_are_the_same_on_any_number_of_threads, 0, 2 * RUNS)
{
    static const size_t threads[] = {1, 2, 3, 8};
    gan_trainer_desc desc = _i < RUNS ? desc_of(_i) : every_option(_i - RUNS);
    game x[4];
    real_batch b;

    for (size_t i = 0; i < 4; i++) {
        desc.n_threads = threads[i];
        x[i] = conditional_game(_i % RUNS, 12, adam, &desc);
        if (i == 0) make_batch(&b, &x[0], 40);
        for (size_t s = 0; s < 4; s++) {
            b.batch.count = s == 3 ? 17 : 40;
            expect_ok(gan_train_step(x[i].trainer, &b.batch, NULL));
        }
        expect_same_game(&x[i], &x[0]);
    }
    for (size_t i = 0; i < 4; i++) game_end(&x[i]);
    free(b.samples);
}

/* An embedding after a layer without labels, before a linear one, which reads it from separate
 * memory; or with an identity layer between that needs it contiguous. */
static gan_network *with_embedding(size_t in, size_t out, int spectral, int in_one_piece)
{
    gan_layer *second = gan_layer_linear(33 + 3, out);
    gan_network *net = NETWORK(gan_shape_1d(in), gan_layer_linear(in, 33), gan_layer_tanh(),
                               gan_layer_label_embedding(CLASSES, 3));

    if (in_one_piece) gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, spectral ? gan_layer_spectral_norm(second) : second);
    expect_ok(gan_network_initialize(net, 7));
    return net;
}

TEST_EACH(an_embedding_apart_trains_as_in_one_piece, 0, 4)
{
    gan_trainer_desc desc = desc_of(LINEAR_RUN);
    float *samples[2];
    real_batch b;
    game x[2];

    if (_i % 2) desc.micro_batch = 15;
    for (int i = 0; i < 2; i++) {
        x[i] = (game){.latent = LATENT, .sample = 20, .g_opt = adam(), .d_opt = adam()};
        x[i].g = with_embedding(LATENT, 20, 0, i);
        x[i].d = with_embedding(20, 1, _i / 2, i);
        expect_ok(gan_trainer_create(&x[i].trainer, x[i].g, x[i].d, x[i].g_opt, x[i].d_opt, &desc));
        if (i == 0) make_batch(&b, &x[0], 40);
        for (int s = 0; s < 3; s++) expect_ok(gan_train_step(x[i].trainer, &b.batch, NULL));
        samples[i] = malloc(40 * 20 * sizeof *samples[i]);
        expect_ok(gan_trainer_sample_labels(x[i].trainer, b.samples, b.labels, 40, samples[i]));
    }
    expect_norm_close(samples[0], samples[1], 40 * 20, 1e-5);
    for (int k = 0; k < 2; k++) {
        float *apart = net_weights(k ? x[0].d : x[0].g, NULL);
        float *whole = net_weights(k ? x[1].d : x[1].g, NULL);

        expect_norm_close(apart, whole, gan_network_param_count(k ? x[0].d : x[0].g), 1e-5);
        free(apart);
        free(whole);
    }
    for (int i = 0; i < 2; i++) {
        free(samples[i]);
        game_end(&x[i]);
    }
    free(b.samples);
}

/* And not the embedding, whose values are in the same memory. */
TEST(a_bad_layer_before_an_embedding_is_named)
{
    const gan_trainer_desc desc = desc_of(LINEAR_RUN);
    game x = {.latent = LATENT, .sample = 20, .g_opt = adam(), .d_opt = adam()};
    gan_layer *layers[] = {gan_layer_linear(20, 33), gan_layer_label_embedding(CLASSES, 3),
                           gan_layer_linear(36, 1)};
    float *weights;
    real_batch b;

    x.g = linear_g(1);
    x.d = gan_network_create(gan_shape_1d(20), NULL);
    for (size_t i = 0; i < 3; i++) gan_network_add(x.d, layers[i]);
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    make_batch(&b, &x, 8);
    weights = net_weights(x.d, NULL);
    for (size_t i = 0; i < 20; i++) weights[i] = 3e38f;
    net_set_weights(x.d, weights);
    for (size_t i = 0; i < 20; i++) b.samples[i] = 1;
    expect_status(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, NULL),
                  GAN_ERR_NONFINITE);
    ck_assert_msg(strstr(gan_last_error(), "layer 0 (linear)"), "%s", gan_last_error());
    free(weights);
    free(b.samples);
    game_end(&x);
}

/* Without and with an auxiliary classifier.  Random draws are the same, too. */
TEST_EACH(a_batch_in_parts_has_the_gradient_of_the_whole, 0, 2)
{
    const int run = _i == 0 ? LINEAR_RUN : AUXILIARY_RUN;
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R2};
    float *grads[2][2];
    size_t n[2];

    for (size_t i = 0; i < 2; i++) {
        gan_trainer_desc desc = desc_of(run);
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
        real_batch b;
        float *g, *d;
        game x;

        desc.penalty = &penalty;
        desc.micro_batch = i == 0 ? 0 : 7;
        x = conditional_game(run, 1, gradient_taker, &desc);
        make_batch(&b, &x, 33);
        d = net_weights(x.d, NULL);
        g = net_weights(x.g, NULL);
        expect_ok(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, &stats));
        grads[i][0] = gradient_of(d, x.d);
        net_set_weights(x.d, d);
        expect_ok(gan_train_generator_step(x.trainer, 33, NULL, NULL, &stats));
        grads[i][1] = gradient_of(g, x.g);
        n[0] = gan_network_param_count(x.d);
        n[1] = gan_network_param_count(x.g);
        ck_assert((stats.d_class_loss > 0.1) == (runs[run].auxiliary_weight > 0));
        free(g);
        free(d);
        free(b.samples);
        game_end(&x);
    }
    for (size_t i = 0; i < 2; i++) {
        expect_norm_close(grads[1][i], grads[0][i], n[i], 1e-5);
        free(grads[0][i]);
        free(grads[1][i]);
    }
}

TEST_EACH(a_half_step_leaves_the_other_network_alone, 0, RUNS)
{
    const gan_trainer_desc desc = every_option(_i);
    game x = conditional_game(_i, 2, adam, &desc), twin = conditional_game(_i, 2, adam, &desc);
    gan_network *g, *d;
    real_batch b;

    make_batch(&b, &x, 40);
    for (int s = 0; s < 2; s++) {
        expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
        expect_ok(gan_train_step(twin.trainer, &b.batch, NULL));
    }
    expect_ok(gan_network_clone(&g, x.g));
    expect_ok(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, NULL));
    expect_same_weights(x.g, g);
    expect_ok(gan_network_clone(&d, x.d));
    expect_ok(gan_trainer_sample_labels(x.trainer, b.samples, b.labels, 40,
                                        (float[40 * 64]){0})); /* training isn't affected */
    expect_ok(gan_train_generator_step(x.trainer, 40, NULL, NULL, NULL));
    expect_same_weights(x.d, d);
    expect_ok(gan_train_step(twin.trainer, &b.batch, NULL));
    expect_same_game(&x, &twin);
    gan_network_destroy(g);
    gan_network_destroy(d);
    free(b.samples);
    game_end(&x);
    game_end(&twin);
}

/* Labels from a stream of their own, continued from the previous step; failed steps and steps with
 * given labels don't advance it. */
TEST_EACH(labels_are_drawn_by_their_weights, 0, RUNS)
{
    gan_trainer_desc desc = desc_of(_i);
    game x, twin;
    real_batch b;
    uint16_t labels[40];
    uint64_t position = 0;

    if (_i % 2 == 0) desc.class_weights = class_weights;
    if (_i % 2 == 0) desc.n_class_weights = CLASSES;
    x = conditional_game(_i, 1, adam, &desc);
    twin = conditional_game(_i, 1, adam, &desc);
    make_batch(&b, &x, 40);
    for (int h = 0; h < 6; h++, position += 40) {
        const float kept = b.samples[3];

        gan__rng_labels(desc.seed, GAN__STREAM_CLASS, position, CLASSES, desc.class_weights, 40,
                        labels);
        if (h % 2) {
            expect_ok(gan_train_generator_step(x.trainer, 40, NULL, NULL, NULL));
            expect_ok(gan_train_generator_step_labels16(twin.trainer, 40, NULL, labels, NULL));
            continue;
        }
        b.samples[3] = NAN;
        expect_status(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, NULL),
                      GAN_ERR_NONFINITE);
        b.samples[3] = kept;
        expect_ok(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, NULL));
        expect_ok(
            gan_train_discriminator_step_labels16(twin.trainer, &b.batch, NULL, labels, NULL));
    }
    expect_same_game(&x, &twin);
    gan__rng_labels(desc.seed, GAN__STREAM_CLASS, 0, CLASSES, desc.class_weights, 40, labels);
    expect_ok(gan_train_generator_step_labels16(x.trainer, 40, NULL, labels, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, 40, NULL, NULL, NULL)); /* it never drew */
    expect_same_game(&x, &twin);
    free(b.samples);
    game_end(&x);
    game_end(&twin);
}

TEST_EACH(a_step_takes_no_memory, 0, RUNS)
{
    gan_trainer_desc desc = every_option(_i);
    float *z = normals(40 * LATENT, 2), *out = malloc(40 * runs[_i].sample * sizeof *out);
    size_t taken;
    real_batch b;
    budget memory;
    game x;

    budget_init(&memory, BUDGET_UNLIMITED);
    desc.allocator = &memory.allocator;
    x = conditional_game(_i, 2, adam, &desc);
    make_batch(&b, &x, 40);
    taken = memory.taken;
    memory.left = 0;
    for (int s = 0; s < 20; s++) {
        expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
        expect_ok(gan_train_discriminator_step(x.trainer, &b.batch, z, b.labels, NULL));
        expect_ok(gan_train_generator_step(x.trainer, 40, z, b.labels, NULL));
        expect_ok(gan_trainer_sample_labels(x.trainer, z, b.labels, 40, out));
    }
    ck_assert_uint_eq(memory.taken, taken);
    ck_assert_uint_eq(memory.refused, 0);
    free(z);
    free(out);
    free(b.samples);
    game_end(&x);
    ck_assert_uint_eq(budget_live(&memory), 0);
}

static gan_status make_trainer(void **out, const gan_allocator *allocator, void *user)
{
    game *x = user;
    gan_trainer_desc desc = every_option(AUXILIARY_RUN);
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

TEST(creation_survives_a_lack_of_memory)
{
    const gan_trainer_desc desc = desc_of(AUXILIARY_RUN);
    game x = conditional_game(AUXILIARY_RUN, 1, adam, &desc);

    budget_sweep(make_trainer, end_trainer, &x);
    game_end(&x);
}
