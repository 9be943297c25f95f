/* test_layer_spectral.c - spectral normalisation: weights divided by their largest singular
 * value. */
#include "budget.h"
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"
#include "layer/layer_internal.h"
#include "network/network_internal.h"
#include "onelayer.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_layer *sn_linear(size_t in, size_t out)
{
    return gan_layer_spectral_norm(gan_layer_linear(in, out));
}

static gan_layer *sn_conv(size_t in, size_t out, size_t kernel, gan_conv2d_desc desc)
{
    return gan_layer_spectral_norm(gan_layer_conv2d(in, out, kernel, &desc));
}

static gan_layer *sn_transposed(size_t in, size_t out, size_t kernel, gan_conv2d_desc desc)
{
    return gan_layer_spectral_norm(gan_layer_conv_transpose2d(in, out, kernel, &desc));
}

#define CONV(...) ((gan_conv2d_desc){GAN_CONV2D_DESC_INIT, __VA_ARGS__})

static gan_network *two_layers(void)
{
    gan_network *net = NETWORK(gan_shape_1d(6), sn_linear(6, 8), gan_layer_tanh(), sn_linear(8, 3));

    expect_ok(gan_network_build(net));
    return net;
}

TEST(it_is_pytorchs)
{
    golden *g = golden_open("layers_spectral.bin");

    expect_layer_golden(g, "linear", gan_shape_1d(7), sn_linear(7, 5), 6, 6);
    expect_layer_golden(g, "linear_one", gan_shape_1d(9), sn_linear(9, 1), 4, 4);
    expect_layer_golden(g, "conv", gan_shape_3d(3, 6, 5),
                        sn_conv(3, 4, 3, CONV(.stride = GAN_BOTH(2), .padding = GAN_BOTH(1))), 3,
                        3);
    expect_layer_golden(g, "conv_groups", gan_shape_3d(4, 5, 5),
                        sn_conv(4, 6, 3, CONV(.groups = 2, .no_bias = 1)), 2, 2);
    expect_layer_golden(g, "transposed", gan_shape_3d(4, 3, 3),
                        sn_transposed(4, 3, 4, CONV(.stride = GAN_BOTH(2), .padding = GAN_BOTH(1))),
                        3, 3);
    expect_layer_golden(g, "transposed_groups", gan_shape_3d(4, 3, 4),
                        sn_transposed(4, 6, 3, CONV(.groups = 2)), 2, 2);
    expect_network_golden(g, "two", two_layers(), 5, 5);
    golden_close(g);
}

/* A discriminator for six numbers, and a game with it. */
typedef struct match {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
} match;

static gan_network *discriminator(void)
{
    gan_network *d =
        NETWORK(gan_shape_1d(6), sn_linear(6, 8), gan_layer_leaky_relu(0.1f), sn_linear(8, 1));

    return d;
}

static match match_begin(double d_lr, size_t n_threads)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    match x = {.d = discriminator()};

    adam.lr = 0.005;
    expect_ok(gan_optimizer_create_adam(&x.g_opt, &adam));
    adam.lr = d_lr;
    expect_ok(gan_optimizer_create_adam(&x.d_opt, &adam));
    x.g = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(x.g, sn_linear(3, 6));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt,
                                 &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 12,
                                                     .loss = GAN_LOSS_HINGE, .average_decay = 0.9,
                                                     .n_threads = n_threads}));
    return x;
}

static void match_end(match *x)
{
    gan_trainer_destroy(x->trainer);
    gan_optimizer_destroy(x->g_opt);
    gan_optimizer_destroy(x->d_opt);
    gan_network_destroy(x->g);
    gan_network_destroy(x->d);
}

static gan_batch waves(float samples[12 * 6], int step)
{
    for (int i = 0; i < 72; i++) samples[i] = sinf(1.7f * (float)(i + 72 * step)) + 0.5f;
    return (gan_batch){GAN_BATCH_INIT, .count = 12, .shape = gan_shape_1d(6), .samples = samples};
}

TEST(u_and_v_move_only_with_their_own_networks_steps)
{
    match x = match_begin(0.005, 2);
    float samples[72], z[36] = {0}, kept[8];
    gan_batch b = waves(samples, 0);
    const gan_tensor d_u = tensor_of(x.d, "0.weight_u"), g_u = tensor_of(x.g, "0.weight_u");

    for (int s = 0; s < 3; s++) {
        memcpy(kept, d_u.data, sizeof kept);
        expect_ok(gan_train_generator_step(x.trainer, 12, NULL, NULL, NULL));
        expect_same_bits(kept, d_u.data, sizeof kept);
        expect_ok(gan_network_forward(x.d, samples, 12, z));
        expect_same_bits(kept, d_u.data, sizeof kept);
        samples[7] = NAN;
        expect_status(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL),
                      GAN_ERR_NONFINITE);
        expect_same_bits(kept, d_u.data, sizeof kept);
        b = waves(samples, s);
        memcpy(kept, g_u.data, g_u.size * sizeof *kept);
        expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
        expect_other_bits(kept, d_u.data, sizeof kept);
        expect_ok(gan_trainer_sample(x.trainer, z, 2, samples));
    }
    match_end(&x);
}

/* With constant weights the power iteration converges to the singular value. */
TEST(sigma_becomes_the_singular_value)
{
    match x = match_begin(0, 1);
    const float orthogonal[4][6] = {{2, 0, 0, 0, 0, 0}, {0, -3, 0, 0, 0, 0}, {0, 0, 0.5f, 0, 0, 0}};
    gan_tensor w = tensor_of(x.d, "0.weight_orig"), u = tensor_of(x.d, "0.weight_u"),
               v = tensor_of(x.d, "0.weight_v");
    float samples[72];
    const gan_batch b = waves(samples, 0);

    ck_assert(w.trainable && !u.trainable && !v.trainable);
    ck_assert(gan_shape_equal(u.shape, gan_shape_1d(8)) &&
              gan_shape_equal(v.shape, gan_shape_1d(6)));
    memset(w.data, 0, w.size * sizeof *w.data);
    memcpy(w.data, orthogonal, sizeof orthogonal);
    for (int s = 0; s < 60; s++)
        expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
    expect_near(fabs((double)u.data[1]), 1, 1e-6, 0);
    expect_near((double)(u.data[1] * v.data[1]), -1, 1e-6, 0);
    match_end(&x);
}

TEST(the_number_of_threads_does_not_show)
{
    match first = match_begin(0.005, 1);
    float samples[72];

    for (int s = 0; s < 9; s++) {
        const gan_batch b = waves(samples, s);

        expect_ok(gan_train_step(first.trainer, &b, NULL));
    }
    for (size_t threads = 2; threads < 5; threads++) {
        match x = match_begin(0.005, threads);

        for (int s = 0; s < 9; s++) {
            const gan_batch b = waves(samples, s);

            expect_ok(gan_train_step(x.trainer, &b, NULL));
        }
        expect_same_weights(x.d, first.d);
        expect_same_weights(x.g, first.g);
        match_end(&x);
    }
    match_end(&first);
}

/* Layers wide enough for several parts and tiles. */
static gan_network *wide(int generator, gan_optimizer **opt)
{
    gan_network *net =
        gan_network_create(generator ? gan_shape_1d(300) : gan_shape_3d(8, 16, 16), NULL);

    if (generator) {
        gan_network_add(net, sn_linear(300, 40 * 8 * 8));
        gan_network_add(net, gan_layer_reshape(gan_shape_3d(40, 8, 8)));
        gan_network_add(
            net, sn_transposed(40, 8, 4, CONV(.stride = GAN_BOTH(2), .padding = GAN_BOTH(1))));
    } else {
        gan_network_add(net, sn_conv(8, 32, 3, CONV(.padding = GAN_BOTH(1))));
        gan_network_add(net, gan_layer_leaky_relu(0.1f));
        gan_network_add(net, sn_conv(32, 1, 16, CONV(.no_bias = 1)));
    }
    expect_ok(gan_optimizer_create_adam(opt, NULL));
    return net;
}

TEST(the_number_of_threads_does_not_show_in_wide_layers)
{
    const size_t threads[] = {1, 2, 3, 8};
    static float samples[24 * 2048];
    const gan_batch b = {GAN_BATCH_INIT, .count = 24, .shape = gan_shape_3d(8, 16, 16),
                         .samples = samples};
    match first = {0};

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        samples[i] = sinf(1.7f * (float)i);
    for (size_t i = 0; i < 4; i++) {
        match x = {0};

        x.g = wide(1, &x.g_opt);
        x.d = wide(0, &x.d_opt);
        expect_ok(gan_trainer_create(
            &x.trainer, x.g, x.d, x.g_opt, x.d_opt,
            &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 24, .n_threads = threads[i]}));
        for (int s = 0; s < 3; s++) expect_ok(gan_train_step(x.trainer, &b, NULL));
        if (i == 0) {
            first = x;
            continue;
        }
        expect_same_weights(x.d, first.d);
        expect_same_weights(x.g, first.g);
        match_end(&x);
    }
    match_end(&first);
}

TEST(a_run_is_resumed)
{
    const char *path = scratch_path("spectral.gan");
    match x = match_begin(0.005, 2), y = match_begin(0.005, 1);
    float samples[72];
    gan_network *g, *d;

    for (int s = 0; s < 9; s++) {
        const gan_batch b = waves(samples, s);

        if (s == 4) {
            expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
            expect_ok(gan_checkpoint_load(y.trainer, NULL, path));
        }
        expect_ok(gan_train_step(x.trainer, &b, NULL));
        expect_ok(gan_train_step(y.trainer, &b, NULL));
    }
    expect_same_weights(x.d, y.d);
    expect_same_weights(x.g, y.g);
    expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(y.trainer));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_networks(&g, &d, path, NULL));
    expect_same_weights(x.d, d);
    expect_same_weights(x.g, g);
    gan_network_destroy(g);
    gan_network_destroy(d);
    remove(path);
    match_end(&x);
    match_end(&y);
}

TEST(a_network_is_saved_and_cloned)
{
    const char *path = scratch_path("spectral.safetensors");
    gan_network *net = gan_network_create(gan_shape_3d(2, 4, 4), NULL), *loaded, *clone;
    const float x[32] = {1, -2, 3, 0.5f, 2.385f};
    float y[2], z[2];

    gan_network_add(net, sn_transposed(2, 3, 4, CONV(.stride = GAN_BOTH(2))));
    gan_network_add(net, sn_conv(3, 2, 10, CONV(.no_bias = 1)));
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&loaded, path, NULL));
    expect_ok(gan_network_clone(&clone, net));
    expect_same_weights(net, loaded);
    expect_same_weights(net, clone);
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_ok(gan_network_forward(loaded, x, 1, z));
    expect_same_bits(y, z, sizeof y);
    expect_ok(gan_network_forward(clone, x, 1, z));
    expect_same_bits(y, z, sizeof y);
    tensor_of(clone, "0.weight_u");
    tensor_of(clone, "1.weight_v");
    gan_network_destroy(net);
    gan_network_destroy(loaded);
    gan_network_destroy(clone);
}

static void write_network(const char *path, const char *layers)
{
    char header[400];
    unsigned char size[8] = {0};
    FILE *f = fopen(path, "wb");
    const int n = snprintf(header, sizeof header,
                           "{\"__metadata__\": {\"libgan.network\": \"{\\\"input\\\": [3], "
                           "\\\"layers\\\": [%s]}\"}}",
                           layers);

    ck_assert_ptr_nonnull(f);
    size[0] = (unsigned char)n;
    size[1] = (unsigned char)(n >> 8);
    fwrite(size, 1, 8, f);
    fwrite(header, 1, (size_t)n, f);
    fclose(f);
}

TEST(a_description_that_makes_no_sense_is_refused)
{
    static const char *const bad[] = {
        "[\\\"spectral_norm\\\"]",
        "[\\\"spectral_norm\\\", 3]",
        "[\\\"spectral_norm\\\", []]",
        "[\\\"spectral_norm\\\", [\\\"tanh\\\"]]",
        "[\\\"spectral_norm\\\", [\\\"linear\\\", 3]]",
        "[\\\"spectral_norm\\\", [\\\"linear\\\", 3, 0]]",
        "[\\\"spectral_norm\\\", [\\\"spectral_norm\\\", [\\\"linear\\\", 3, 2]]]",
        "[\\\"spectral_norm\\\", [\\\"residual\\\", [[\\\"tanh\\\"]], null]]",
    };
    const char *path = scratch_path("bad.safetensors");

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gan_network *net = (gan_network *)&net;

        write_network(path, bad[i]);
        expect_fails(gan_network_open(&net, path, NULL), GAN_ERR_FORMAT, "layer 0");
        ck_assert_ptr_null(net);
    }
}

TEST(other_layers_have_nothing_to_normalise)
{
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL);

    ck_assert_ptr_null(gan_layer_spectral_norm(NULL));
    ck_assert_ptr_null(gan_layer_spectral_norm(gan_layer_tanh()));
    expect_error_says("tanh has no weights");
    ck_assert_ptr_null(gan_layer_spectral_norm(sn_linear(3, 4)));
    expect_error_says("linear has it already");
    expect_fails(gan_network_add(net, gan_layer_spectral_norm(gan_layer_batch_norm(3, NULL))),
                 GAN_ERR_INVALID, "batch_norm");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(3), NULL);
    expect_fails(gan_network_add(net, sn_linear(0, 4)), GAN_ERR_INVALID, "linear: in is 0");
    gan_network_destroy(net);
}

/* PyTorch divides by zero, too; a step that would is refused. */
TEST(weights_of_zero_are_refused_by_a_step)
{
    match x = match_begin(0.005, 1);
    float samples[72];
    const gan_batch b = waves(samples, 0);
    gan_tensor w = tensor_of(x.d, "2.weight_orig");

    memset(w.data, 0, w.size * sizeof *w.data);
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "discriminator");
    for (size_t i = 0; i < w.size; i++) ck_assert(w.data[i] == 0);
    match_end(&x);
}

static gan_status build(void **out, const gan_allocator *allocator, void *user)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .allocator = allocator};
    gan_network *net = gan_network_create(gan_shape_1d(6), &desc);
    gan_status status = GAN_ERR_NOMEM;

    (void)user;
    *out = NULL;
    if (!net) return status;
    gan_network_add(net, sn_linear(6, 8));
    gan_network_add(net, sn_linear(8, 3));
    status = gan_network_build(net);
    if (status == GAN_OK)
        *out = net;
    else
        gan_network_destroy(net);
    return status;
}

static void end(void *net)
{
    gan_network_destroy(net);
}

TEST(building_survives_a_lack_of_memory)
{
    budget_sweep(build, end, NULL);
}
