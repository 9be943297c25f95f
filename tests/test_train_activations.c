/* test_train_activations.c - steps that reuse memory or recompute: the same bits in less memory.
 *
 * A value that is read after its memory was reused would change the bits. */
#include "budget.h"
#include "conditional.h"
#include "expect.h"
#include "penalty_cases.h"
#include "sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = GAN_ACTIVATIONS_RECOMPUTE + 1, STEPS = 3, BATCH = 8 };

/* ---- the networks ---- */

static gan_layer *up(size_t in, size_t out, size_t side)
{
    gan_network *body =
        NETWORK(gan_shape_3d(in, side, side), gan_layer_batch_norm(in, NULL), gan_layer_relu(),
                gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0), conv(in, out, 3, 1, 1),
                gan_layer_batch_norm(out, NULL), gan_layer_relu(), gan_layer_dropout2d(0.2f),
                conv(out, out, 3, 1, 1));
    gan_network *shortcut =
        NETWORK(gan_shape_3d(in, side, side), gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
                conv(in, out, 1, 1, 0));

    return gan_layer_residual(body, shortcut);
}

static gan_network *up_blocks(size_t base)
{
    return BUILT(gan_shape_1d(5), gan_layer_linear(5, 2 * base * 16),
                 gan_layer_reshape(gan_shape_3d(2 * base, 4, 4)), up(2 * base, base, 4),
                 up(base, base, 8), gan_layer_batch_norm(base, NULL), gan_layer_relu(),
                 conv(base, 3, 3, 1, 1), gan_layer_tanh());
}

static gan_layer *down(size_t in, size_t out, size_t side)
{
    gan_network *body =
        NETWORK(gan_shape_3d(in, side, side), leaky(),
                gan_layer_spectral_norm(conv(in, out, 3, 1, 1)), leaky(), gan_layer_dropout(0.1f),
                gan_layer_spectral_norm(conv(out, out, 3, 1, 1)), gan_layer_avg_pool2d(2, NULL));
    gan_network *shortcut =
        NETWORK(gan_shape_3d(in, side, side), gan_layer_spectral_norm(conv(in, out, 1, 1, 0)),
                gan_layer_avg_pool2d(2, NULL));

    return gan_layer_residual(body, shortcut);
}

static gan_network *down_blocks(size_t base)
{
    return BUILT(gan_shape_3d(3, 16, 16), down(3, base, 16), down(base, 2 * base, 8),
                 down(2 * base, 2 * base, 4), leaky(), gan_layer_flatten(),
                 linear(2 * base * 4, 1));
}

/* A generator and a discriminator with layers of every kind. */
static gan_network *generator_for(const gan_network *d)
{
    const gan_shape sample = gan_network_input_shape(d);
    const size_t n = gan_shape_size(sample), classes = gan_network_class_count(d);
    gan_network *body = NETWORK(gan_shape_1d(12), gan_layer_batch_norm(12, NULL), gan_layer_silu(),
                                gan_layer_dropout(0.25f), linear(12, 12), gan_layer_gelu(0));
    gan_layer *label = classes > 0 ? gan_layer_label_embedding(classes, 3) : gan_layer_tanh();

    return BUILT(gan_shape_1d(5), label, linear(classes > 0 ? 8 : 5, 12), leaky(),
                 gan_layer_residual(body, NULL), gan_layer_layer_norm(gan_shape_1d(12), NULL),
                 gan_layer_prelu(1, 0.25f), linear(12, n), gan_layer_tanh(),
                 gan_layer_reshape(sample));
}

/* ---- a run ---- */

static game begin(gan_network *g, gan_network *d, const gan_trainer_desc *desc)
{
    game x = {.g = g, .d = d, .latent = 5, .sample = gan_shape_size(gan_network_input_shape(d))};

    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

/* Steps on full batches and on smaller ones. */
static void run(game *x, size_t batch, gan_train_stats *stats)
{
    for (size_t s = 0; s < STEPS; s++) {
        const size_t n = s == 1 ? batch - 3 : batch;
        float *samples = normals(n * x->sample, s);
        uint8_t labels[64] = {0};
        gan_batch b = batch_of(x, samples, n);

        for (size_t i = 0; i < n; i++) labels[i] = (uint8_t)(i % 3);
        b.labels = labels;
        *stats = (gan_train_stats){GAN_TRAIN_STATS_INIT};
        expect_ok(gan_train_step(x->trainer, &b, stats));
        free(samples);
    }
}

static void expect_same_average(const game *a, const game *b)
{
    float *z = normals(6 * a->latent, 9), *found, *wanted;
    const uint8_t labels[6] = {0, 1, 2, 0, 1, 2};
    const uint8_t *shown = gan_network_class_count(a->g) > 0 ? labels : NULL;

    found = malloc(6 * a->sample * sizeof *found);
    wanted = malloc(6 * a->sample * sizeof *wanted);
    expect_ok(gan_trainer_sample_labels(a->trainer, z, shown, 6, found));
    expect_ok(gan_trainer_sample_labels(b->trainer, z, shown, 6, wanted));
    expect_same_bits(found, wanted, 6 * a->sample * sizeof *found);
    free(z);
    free(found);
    free(wanted);
}

typedef struct pair {
    gan_network *(*g)(size_t), *(*d)(size_t); /* NULL: those of the case */
    size_t base;                              /* or the case */
} pair;

static game begin_pair(const pair *p, const gan_trainer_desc *desc)
{
    gan_network *d = p->d ? p->d(p->base) : make_case(&penalty_cases[p->base]);

    return begin(p->g ? p->g(p->base) : generator_for(d), d, desc);
}

static void expect_same_in_less(const pair *p, gan_trainer_desc desc)
{
    gan_train_stats stats[KINDS];
    game kept;

    desc.activations = GAN_ACTIVATIONS_KEEP;
    kept = begin_pair(p, &desc);
    run(&kept, desc.batch_size, &stats[0]);
    for (int kind = 1; kind < KINDS; kind++)
        for (size_t threads = 1; threads < 3; threads++) {
            game x;

            desc.activations = (gan_activations)kind;
            desc.n_threads = threads;
            x = begin_pair(p, &desc);
            run(&x, desc.batch_size, &stats[kind]);
            expect_same_bits(&stats[kind], &stats[0], sizeof *stats);
            expect_same_game(&x, &kept);
            expect_same_average(&x, &kept);
            game_end(&x);
        }
    game_end(&kept);
}

/* ---- tests ---- */

/* Layers of every kind, with second derivatives of each kind of penalty. */
TEST_EACH(every_layer_has_the_same_bits, 0, N_CASES)
{
    static const gan_penalty_kind kinds[] = {GAN_PENALTY_R1, GAN_PENALTY_WGAN_GP, GAN_PENALTY_NONE,
                                             GAN_PENALTY_R2, GAN_PENALTY_DRAGAN};

    for (int more = 0; more < 2; more++) {
        const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = kinds[(_i + more) % 5],
                                          .weight = kinds[(_i + more) % 5] ? 2 : 0};
        const gan_trainer_desc desc = {
            GAN_TRAINER_DESC_INIT,  .batch_size = BATCH, .seed = 4,
            .loss = GAN_LOSS_HINGE, .penalty = &penalty, .average_decay = 0.8};

        expect_same_in_less(&(pair){NULL, NULL, (size_t)_i}, desc);
    }
}

TEST_EACH(residual_networks_have_the_same_bits_with_every_option, 0, 8)
{
    const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1,
                                 .interval = 2};
    const gan_trainer_desc descs[] = {
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1, .average_decay = 0.9},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1, .micro_batch = 3},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1, .instance_noise = 0.1},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1, .loss = GAN_LOSS_RELATIVISTIC},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .loss = GAN_LOSS_RELATIVISTIC,
         .micro_batch = 4, .average_decay = 0.5},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .d_steps_per_g = 2,
         .latent = GAN_LATENT_UNIFORM},
        {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1, .micro_batch = 5,
         .instance_noise = 0.2, .average_decay = 0.9},
    };

    expect_same_in_less(&(pair){up_blocks, down_blocks, 4}, descs[_i]);
}

/* Labels in both networks, and an auxiliary classifier. */
TEST_EACH(conditional_runs_have_the_same_bits, 0, RUNS)
{
    gan_trainer_desc desc = every_option(_i);
    game games[KINDS];
    real_batch b;

    for (int kind = 0; kind < KINDS; kind++) {
        desc.activations = (gan_activations)kind;
        games[kind] = conditional_game(_i, 1, adam, &desc);
        make_batch(&b, &games[kind], MOST_ROWS);
        for (size_t s = 0; s < STEPS; s++)
            expect_ok(gan_train_step(games[kind].trainer, &b.batch, NULL));
        expect_same_game(&games[kind], &games[0]);
        free(b.samples);
    }
    for (int kind = 0; kind < KINDS; kind++) game_end(&games[kind]);
}

TEST(frozen_layers_have_the_same_bits)
{
    static const char *const prefixes[] = {"1.", "0.body.1."};
    game games[KINDS];

    for (int kind = 0; kind < KINDS; kind++) {
        const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                       .activations = (gan_activations)kind};
        gan_train_stats stats;
        gan_network *g = up_blocks(3), *d = down_blocks(3);

        for (size_t i = 0; i < 2; i++) expect_ok(gan_network_set_rate(d, prefixes[i], 0));
        expect_ok(gan_network_set_rate(g, "0.", 0));
        expect_ok(gan_network_set_rate(g, "2.body.3.", 0));
        games[kind] = begin(g, d, &desc);
        run(&games[kind], BATCH, &stats);
        expect_same_game(&games[kind], &games[0]);
    }
    for (int kind = 0; kind < KINDS; kind++) game_end(&games[kind]);
}

/* Activations are gone by the time a step fails; the layer is found nevertheless. */
TEST_EACH(the_layer_that_went_wrong_is_named, 0, KINDS)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                   .activations = (gan_activations)_i};
    game x = begin(up_blocks(4), down_blocks(4), &desc), twin;
    float *samples = normals(BATCH * x.sample, 3);
    const gan_batch b = batch_of(&x, samples, BATCH);
    gan_tensor t;

    twin = begin(up_blocks(4), down_blocks(4), &desc);
    for (size_t i = 0; i < 2; i++) {
        expect_ok(gan_network_find(&t, i == 0 ? x.g : twin.g, "2.body.3.weight"));
        for (size_t k = 0; k < gan_shape_size(t.shape); k++) t.data[k] = 3e38f;
    }
    expect_fails(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL), GAN_ERR_NONFINITE,
                 "generator's layer 2.body.3 (conv2d)");
    expect_fails(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL), GAN_ERR_NONFINITE,
                 "generator's layer 2.body.3 (conv2d)");
    expect_same_game(&x, &twin);
    game_end(&twin);
    game_end(&x);
    free(samples);
}

/* The memory that a trainer of this batch size predicts, and takes. */
static size_t bytes_of(size_t batch, const gan_penalty_desc *penalty, gan_activations kind)
{
    budget b;
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = batch, .n_threads = 1,
                                   .penalty = penalty, .activations = kind,
                                   .allocator = &b.allocator};
    gan_network *g = up_blocks(16), *d = down_blocks(16);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t;
    size_t bytes;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_optimizer_bind(g_opt, gan_network_param_count(g)));
    expect_ok(gan_optimizer_bind(d_opt, gan_network_param_count(d)));
    expect_ok(gan_trainer_memory(&bytes, g, d, g_opt, d_opt, &desc));
    expect_ok(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes, bytes);
    gan_trainer_destroy(t);
    ck_assert_uint_eq(b.live_bytes, 0);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    return bytes;
}

static const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};

/* Memory per 24 further samples, as weights take the same: less than half, and for a recomputing
 * trainer less still. */
TEST_EACH(it_takes_less_memory, 0, 2)
{
    size_t more[KINDS];

    for (int kind = 0; kind < KINDS; kind++)
        more[kind] = bytes_of(32, _i ? &r1 : NULL, (gan_activations)kind) -
                     bytes_of(8, _i ? &r1 : NULL, (gan_activations)kind);
    ck_assert_uint_lt(2 * more[GAN_ACTIVATIONS_REUSE], more[GAN_ACTIVATIONS_KEEP]);
    ck_assert_uint_lt(more[GAN_ACTIVATIONS_RECOMPUTE], more[GAN_ACTIVATIONS_REUSE]);
}

/* From 64 MB of activations on. */
TEST(large_trainers_use_memory_again_by_themselves)
{
    ck_assert_uint_eq(bytes_of(128, NULL, GAN_ACTIVATIONS_KEEP),
                      bytes_of(128, NULL, GAN_ACTIVATIONS_REUSE));
}

TEST(what_makes_no_sense_is_refused)
{
    gan_network *g = up_blocks(2), *d = down_blocks(2);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t;

    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt,
                                    &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .activations = 3}),
                 GAN_ERR_INVALID, "activations 3");
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
}

static gan_status make_trainer(void **out, const gan_allocator *allocator, void *user)
{
    const game *x = user;
    gan_trainer *t;
    const gan_status status = gan_trainer_create(
        &t, x->g, x->d, x->g_opt, x->d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .penalty = &r1,
                            .n_threads = 1, .activations = GAN_ACTIVATIONS_RECOMPUTE,
                            .allocator = allocator});

    *out = t;
    return status;
}

static void end_trainer(void *made)
{
    gan_trainer_destroy(made);
}

TEST(a_lack_of_memory_leaves_nothing)
{
    game x = begin(up_blocks(2), down_blocks(2), &(gan_trainer_desc){GAN_TRAINER_DESC_INIT});

    budget_sweep(make_trainer, end_trainer, &x);
    game_end(&x);
}
