/* test_alloc_measure.c - memory that is predicted equals the requests to an allocator. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "suite.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static gan_network *image_network(const gan_allocator *allocator, size_t base, size_t side)
{
    gan_network *net = gan_network_create(
        gan_shape_3d(3, side, side),
        &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};

    expect_ok(gan_network_add(net, gan_layer_spectral_norm(gan_layer_conv2d(3, base, 4, &half))));
    expect_ok(gan_network_add(net, gan_layer_leaky_relu(0.2f)));
    expect_ok(gan_network_add(net, gan_layer_flatten()));
    expect_ok(gan_network_add(net, gan_layer_linear(base * side * side / 4, 1)));
    return net;
}

static gan_network *generator(const gan_allocator *allocator, size_t base, size_t side)
{
    gan_network *net = gan_network_create(
        gan_shape_1d(10), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    expect_ok(gan_network_add(net, gan_layer_linear(10, base * side * side)));
    expect_ok(gan_network_add(net, gan_layer_reshape(gan_shape_3d(base, side, side))));
    expect_ok(gan_network_add(net, gan_layer_batch_norm(base, NULL)));
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_add(
        net, gan_layer_conv2d(base, 3, 3, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .padding = {1, 1}})));
    return net;
}

static gan_optimizer *optimizer(const gan_allocator *allocator)
{
    gan_optimizer *opt = NULL;

    expect_ok(gan_optimizer_create_adam(
        &opt, &(gan_adam_desc){sizeof(gan_adam_desc), 1e-3, 0.5, 0.9, 1e-8, 0, 0, allocator}));
    return opt;
}

TEST(a_network_is_measured)
{
    budget b;
    gan_network *net;
    size_t before, bytes = 0, again = 0;

    budget_init(&b, BUDGET_UNLIMITED);
    net = image_network(&b.allocator, 8, 16);
    before = b.live_bytes;
    expect_ok(gan_network_memory(&bytes, net));
    ck_assert_uint_eq(b.live_bytes, before);
    expect_ok(gan_network_build(net));
    ck_assert_uint_eq(b.live_bytes - before, bytes);
    expect_ok(gan_network_memory(&again, net)); /* the same for a built network */
    ck_assert_uint_eq(again, bytes);
    gan_network_destroy(net);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(samplers_workspaces_and_passes_are_measured)
{
    gan_network *net = generator(NULL, 8, 16);
    gan_sampler *sampler = NULL;
    gan_sampler_workspace *w = NULL;
    gan_pass *pass = NULL;
    size_t before, bytes = 0;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    {
        const gan_sampler_desc desc = {GAN_SAMPLER_DESC_INIT, .versions = 5, .allocator = &b.allocator};
        const gan_sampler_workspace_desc w_desc = {GAN_SAMPLER_WORKSPACE_DESC_INIT, .rows = 9,
                                                   .allocator = &b.allocator};
        const gan_pass_desc p_desc = {GAN_PASS_DESC_INIT, .rows = 11, .allocator = &b.allocator};

        expect_ok(gan_sampler_memory(&bytes, net, &desc));
        ck_assert_uint_eq(b.taken, 0);
        expect_ok(gan_sampler_create(&sampler, net, &desc));
        ck_assert_uint_eq(b.live_bytes, bytes);
        before = b.live_bytes;
        expect_ok(gan_sampler_workspace_memory(&bytes, sampler, &w_desc));
        expect_ok(gan_sampler_workspace_create(&w, sampler, &w_desc));
        ck_assert_uint_eq(b.live_bytes - before, bytes);
        before = b.live_bytes;
        expect_ok(gan_pass_memory(&bytes, net, &p_desc));
        expect_ok(gan_pass_create(&pass, net, &p_desc));
        ck_assert_uint_eq(b.live_bytes - before, bytes);
    }
    gan_pass_destroy(pass);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_network_destroy(net);
}

/* With weight averaging, a penalty, micro-batches, noise; on its own threads. */
TEST_EACH(trainers_are_measured, 0, 8)
{
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};
    budget b;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 12, .n_threads = 1 + (size_t)_i % 3,
                             .average_decay = _i & 1 ? 0.9 : 0, .micro_batch = _i & 2 ? 4 : 0,
                             .penalty = _i & 4 ? &penalty : NULL,
                             .instance_noise = _i == 5 ? 0.1 : 0, .allocator = &b.allocator};
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t = NULL;
    size_t before, bytes = 0;

    budget_init(&b, BUDGET_UNLIMITED);
    g = generator(&b.allocator, 6, 8);
    d = image_network(&b.allocator, 5, 8);
    expect_ok(gan_network_build(g));
    expect_ok(gan_network_build(d));
    g_opt = optimizer(&b.allocator);
    d_opt = optimizer(&b.allocator);
    if (_i == 6) expect_ok(gan_optimizer_bind(g_opt, gan_network_param_count(g)));
    before = b.live_bytes;
    expect_ok(gan_trainer_memory(&bytes, g, d, g_opt, d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes, before);
    expect_ok(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes - before, bytes);
    gan_trainer_destroy(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* With and without an optimizer, with the sample or an earlier layer as features. */
TEST_EACH(classifiers_are_measured, 0, 8)
{
    budget b;
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = 7 + (size_t)_i,
                                      .feature_layers = _i & 1, .n_threads = 1 + (size_t)_i % 3,
                                      .allocator = &b.allocator};
    gan_network *net;
    gan_optimizer *opt;
    gan_classifier *c = NULL;
    size_t before, bytes = 0;

    budget_init(&b, BUDGET_UNLIMITED);
    net = image_network(&b.allocator, 5, 8);
    expect_ok(gan_network_add(net, gan_layer_linear(1, 3)));
    expect_ok(gan_network_build(net));
    opt = optimizer(&b.allocator);
    if (_i == 6) expect_ok(gan_optimizer_bind(opt, gan_network_param_count(net)));
    before = b.live_bytes;
    expect_ok(gan_classifier_memory(&bytes, net, _i & 2 ? opt : NULL, &desc));
    ck_assert_uint_eq(b.live_bytes, before);
    expect_ok(gan_classifier_create(&c, net, _i & 2 ? opt : NULL, &desc));
    ck_assert_uint_eq(b.live_bytes - before, bytes);
    gan_classifier_destroy(c);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* The memory of a trainer of tens of gigabytes is computed without allocating it. */
TEST(what_does_not_fit_is_measured_all_the_same)
{
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    struct rusage usage;
    size_t bytes = 0;

    if (sizeof(void *) < 8 || under_sanitizer() || under_emulator()) return;
    g = generator(NULL, 16, 128);
    d = image_network(NULL, 64, 128);
    g_opt = optimizer(NULL);
    d_opt = optimizer(NULL);
    expect_ok(gan_trainer_memory(&bytes, g, d, g_opt, d_opt,
                                 &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 8000,
                                                     .n_threads = 1}));
    ck_assert_uint_gt(bytes >> 20, 20 * 1024); /* MiB */
    getrusage(RUSAGE_SELF, &usage);
    ck_assert_int_lt(usage.ru_maxrss, 1 << 20); /* KiB */
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
}

/* Activations of 2^24 samples of 2^23 numbers overflow a size_t. */
TEST(more_than_there_are_addresses_is_refused)
{
    gan_network *net = gan_network_create(gan_shape_3d(2, 2, 2), NULL);
    gan_optimizer *opt = optimizer(NULL);
    size_t bytes = 7;

    expect_ok(gan_network_add(net, gan_layer_upsample(1024, GAN_UPSAMPLE_NEAREST, 0)));
    expect_ok(gan_network_add(net, gan_layer_avg_pool2d(2048, NULL)));
    expect_ok(gan_network_add(net, gan_layer_flatten()));
    expect_ok(gan_network_add(net, gan_layer_linear(2, 2)));
    expect_fails(gan_classifier_memory(&bytes, net, opt,
                                       &(gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT,
                                                              .batch_size = 1 << 24,
                                                              .n_threads = 1}),
                 GAN_ERR_NOMEM, "bytes requested");
    ck_assert_uint_eq(bytes, 7);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
}

TEST(what_makes_no_sense_is_refused)
{
    game x = small_game();
    gan_sampler *sampler = NULL;
    gan_network *empty = gan_network_create(gan_shape_1d(3), NULL);
    size_t bytes = 7;

    expect_ok(gan_sampler_create(&sampler, x.g, NULL));
    expect_fails(gan_network_memory(NULL, x.g), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_network_memory(&bytes, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_network_memory(&bytes, empty), GAN_ERR_INVALID, "has no layer");
    expect_fails(gan_sampler_memory(NULL, x.g, NULL), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_sampler_memory(&bytes, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_sampler_workspace_memory(NULL, sampler, NULL), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_sampler_workspace_memory(&bytes, NULL, NULL), GAN_ERR_INVALID, "sampler is NULL");
    expect_fails(gan_pass_memory(NULL, x.g, NULL), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_pass_memory(&bytes, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_trainer_memory(NULL, x.g, x.d, x.g_opt, x.d_opt, NULL), GAN_ERR_INVALID,
                 "bytes is NULL");
    expect_fails(gan_trainer_memory(&bytes, NULL, x.d, x.g_opt, x.d_opt, NULL), GAN_ERR_INVALID,
                 "generator is NULL");
    expect_fails(gan_trainer_memory(&bytes, x.g, x.d, x.g_opt, x.g_opt, NULL), GAN_ERR_INVALID,
                 "one optimizer for both");
    expect_fails(gan_trainer_memory(&bytes, x.g, x.d, x.g_opt, x.d_opt,
                                    &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .label_flip = 2}),
                 GAN_ERR_INVALID, "label_flip");
    expect_fails(gan_classifier_memory(NULL, x.g, NULL, NULL), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_classifier_memory(&bytes, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "network is NULL");
    expect_fails(gan_classifier_memory(&bytes, x.g, x.g_opt,
                                       &(gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT,
                                                              .label_smoothing = 2}),
                 GAN_ERR_INVALID, "label_smoothing");
    expect_fails(gan_classifier_memory(&bytes, x.d, NULL, NULL), GAN_ERR_SHAPE, "classes expected");
    expect_fails(gan_classifier_memory(&bytes, x.g, x.d_opt, NULL), GAN_ERR_SHAPE, "bound");
    ck_assert_uint_eq(bytes, 7);
    gan_sampler_destroy(sampler);
    gan_network_destroy(empty);
    game_end(&x);
}
