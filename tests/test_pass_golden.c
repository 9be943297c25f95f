/* test_pass_golden.c - a host's passes against PyTorch: the kinds of layer without a test file of
 * their own, and 20 steps of custom losses. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 20 };

TEST(plain_kinds_are_pytorchs)
{
    golden *g = golden_open("pass.bin");

    expect_layer_golden(g, "linear", gan_shape_1d(7), gan_layer_linear(7, 5), 6, 6);
    expect_layer_golden(g, "leaky_relu", gan_shape_1d(9), gan_layer_leaky_relu(0.2f), 4, 4);
    expect_layer_golden(g, "relu", gan_shape_1d(9), gan_layer_relu(), 4, 4);
    expect_layer_golden(g, "tanh", gan_shape_1d(9), gan_layer_tanh(), 4, 4);
    expect_layer_golden(g, "sigmoid", gan_shape_1d(9), gan_layer_sigmoid(), 4, 4);
    expect_layer_golden(g, "flatten", gan_shape_3d(2, 3, 2), gan_layer_flatten(), 3, 3);
    expect_layer_golden(g, "reshape", gan_shape_1d(12), gan_layer_reshape(gan_shape_3d(3, 2, 2)), 3,
                        3);
    golden_close(g);
}

/* ---- a host's training ---- */

/* Two networks, their optimizers and passes. */
typedef struct host {
    golden *vectors;
    const char *name;
    gan_pool *pool;
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_pass *g_pass, *d_pass;
} host;

static gan_optimizer *adam_for(gan_network *net)
{
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};
    gan_optimizer *opt;

    desc.lr = 2e-3;
    desc.beta1 = 0.5;
    expect_ok(gan_optimizer_create_adam(&opt, &desc));
    expect_ok(gan_optimizer_bind(opt, gan_network_param_count(net)));
    return opt;
}

static gan_pass *pass_for(const host *h, gan_network *net, const char *last_layer)
{
    gan_pass *pass;

    expect_ok(gan_pass_create(&pass, net,
                              &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = 12, .pool = h->pool,
                                               .last_layer = last_layer}));
    return pass;
}

/* Each tensor of the vectors of that name: copied to the network, or compared with it, to 1e-4 of
 * its norm. */
static void each_tensor(const host *h, gan_network *net, const char *when, int compare)
{
    char full[80];

    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;
        const float *wanted;

        expect_ok(gan_network_tensor(&t, net, i));
        snprintf(full, sizeof full, "%s.%s.%s", h->name, when, t.name);
        wanted = golden_get(h->vectors, full, t.size);
        if (compare)
            expect_norm_close(t.data, wanted, t.size, 1e-4);
        else
            memcpy(t.data, wanted, t.size * sizeof *wanted);
    }
}

static host host_begin(const char *name, gan_network *g, gan_network *d, size_t threads)
{
    host h = {.vectors = golden_open("pass.bin"), .name = name, .g = g, .d = d};

    expect_ok(gan_network_build(g));
    expect_ok(gan_network_build(d));
    each_tensor(&h, g, "g_first", 0);
    each_tensor(&h, d, "d_first", 0);
    expect_ok(gan_pool_create(&h.pool, threads, NULL));
    h.g_opt = adam_for(g);
    h.d_opt = adam_for(d);
    h.g_pass = pass_for(&h, g, NULL);
    h.d_pass = pass_for(&h, d, NULL);
    return h;
}

static void host_end(host *h)
{
    each_tensor(h, h->g, "g_last", 1);
    each_tensor(h, h->d, "d_last", 1);
    gan_pass_destroy(h->g_pass);
    gan_pass_destroy(h->d_pass);
    gan_optimizer_destroy(h->g_opt);
    gan_optimizer_destroy(h->d_opt);
    gan_network_destroy(h->g);
    gan_network_destroy(h->d);
    gan_pool_destroy(h->pool);
    golden_close(h->vectors);
}

static const float *vectors_of(const host *h, const char *what, size_t n)
{
    char full[80];

    snprintf(full, sizeof full, "%s.%s", h->name, what);
    return golden_get(h->vectors, full, n);
}

/* Binary cross-entropy of a pass's n outputs, back to the weights and, with `in_grad`, the
 * input. */
static double bce(gan_pass *pass, const float *in, size_t rows, float target,
                  gan_pass_gradients_kind kind, float *in_grad)
{
    const size_t n = rows * gan_shape_size(gan_pass_output_shape(pass));
    float *y = malloc(n * sizeof *y);
    double loss;

    expect_ok(gan_pass_forward(pass, in, rows, y));
    expect_ok(gan_loss_bce_with_logits(y, n, target, &loss, y));
    expect_ok(gan_pass_backward(pass, y, kind, in_grad));
    free(y);
    return loss;
}

/* ---- feature matching ---- */

enum { BATCH = 12, LATENT = 5, SAMPLE = 9, FEATURES = 8 };

static gan_network *matching_g(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(LATENT), NULL);

    gan_network_add(net, gan_layer_linear(LATENT, 16));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_batch_norm(16, NULL));
    gan_network_add(net, gan_layer_linear(16, SAMPLE));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *matching_d(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(SAMPLE), NULL);

    gan_network_add(net, gan_layer_linear(SAMPLE, 14));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(14, FEATURES));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(FEATURES, 1));
    return net;
}

static void mean_features(gan_pass *features, const float *in, double mean[FEATURES])
{
    float y[BATCH * FEATURES];

    expect_ok(gan_pass_forward(features, in, BATCH, y));
    memset(mean, 0, FEATURES * sizeof *mean);
    for (size_t i = 0; i < BATCH * FEATURES; i++) mean[i % FEATURES] += (double)y[i] / BATCH;
}

/* The generator's loss, and its gradient with respect to the generated samples. */
static double match(gan_pass *features, const float *real, const float *fake, float *fake_grad)
{
    double wanted[FEATURES], found[FEATURES], loss = 0;
    float grad[BATCH * FEATURES];

    mean_features(features, real, wanted);
    mean_features(features, fake, found);
    for (size_t i = 0; i < FEATURES; i++) loss += (found[i] - wanted[i]) * (found[i] - wanted[i]);
    for (size_t i = 0; i < BATCH * FEATURES; i++)
        grad[i] = (float)(2 * (found[i % FEATURES] - wanted[i % FEATURES]) / BATCH);
    expect_ok(gan_pass_backward(features, grad, GAN_PASS_KEEP, fake_grad));
    return loss;
}

TEST_EACH(feature_matching_is_pytorchs, 1, 3)
{
    host h = host_begin("matching", matching_g(), matching_d(), (size_t)_i);
    gan_pass *features = pass_for(&h, h.d, "3");
    const float *real = vectors_of(&h, "real", STEPS * BATCH * SAMPLE);
    const float *z = vectors_of(&h, "z", STEPS * 2 * BATCH * LATENT);
    const float *losses = vectors_of(&h, "losses", STEPS * 2);
    float fake[BATCH * SAMPLE];

    for (size_t s = 0; s < STEPS; s++) {
        const float *x = real + s * BATCH * SAMPLE, *noise = z + s * 2 * BATCH * LATENT;
        double loss;

        expect_ok(gan_pass_forward(h.g_pass, noise, BATCH, fake));
        expect_ok(gan_pass_update_buffers(h.g_pass));
        loss = bce(h.d_pass, x, BATCH, 1, GAN_PASS_REPLACE, NULL);
        loss += bce(h.d_pass, fake, BATCH, 0, GAN_PASS_ACCUMULATE, NULL);
        expect_near(loss, losses[2 * s], 1e-4, 0);
        expect_ok(gan_pass_step(h.d_pass, h.d_opt, NULL));
        expect_ok(gan_pass_forward(h.g_pass, noise + BATCH * LATENT, BATCH, fake));
        expect_ok(gan_pass_update_buffers(h.g_pass));
        expect_near(match(features, x, fake, fake), losses[2 * s + 1], 1e-4, 0);
        expect_ok(gan_pass_backward(h.g_pass, fake, GAN_PASS_REPLACE, NULL));
        expect_ok(gan_pass_step(h.g_pass, h.g_opt, NULL));
    }
    gan_pass_destroy(features);
    host_end(&h);
}

/* ---- pix2pix ---- */

enum { PAIRS = 6, AREA = 64, WEIGHT = 10 };

static gan_network *translation_g(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, 8, 8), NULL);
    const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}};
    const gan_conv2d_desc first = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}, .no_bias = 1};

    gan_network_add(net, gan_layer_conv2d(1, 6, 3, &first));
    gan_network_add(net, gan_layer_instance_norm(6, 0, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv2d(6, 1, 3, &same));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *translation_d(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(2, 8, 8), NULL);
    const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}};
    const gan_conv2d_desc halve = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};

    gan_network_add(net, gan_layer_conv2d(2, 5, 4, &halve));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(5, 1, 3, &same));
    return net;
}

/* Two pictures as the channels of one. */
static void pair_up(const float *x, const float *y, float *out)
{
    for (size_t i = 0; i < PAIRS; i++) {
        memcpy(out + 2 * i * AREA, x + i * AREA, AREA * sizeof *x);
        memcpy(out + (2 * i + 1) * AREA, y + i * AREA, AREA * sizeof *y);
    }
}

/* Add the mean absolute error, times WEIGHT, to the discriminator's gradient with respect to the
 * generated pictures. */
static double add_l1(const float *pairs_grad, const float *fake, const float *wanted, float *grad)
{
    double loss = 0;

    for (size_t i = 0; i < PAIRS * AREA; i++) {
        const double off = (double)fake[i] - (double)wanted[i];
        const double slope = (double)WEIGHT / (PAIRS * AREA);

        loss += slope * fabs(off);
        grad[i] = pairs_grad[(2 * (i / AREA) + 1) * AREA + i % AREA] +
                  (float)(off > 0 ? slope : off < 0 ? -slope : 0);
    }
    return loss;
}

TEST_EACH(an_l1_term_is_pytorchs, 1, 3)
{
    host h = host_begin("translation", translation_g(), translation_d(), (size_t)_i);
    const float *all_x = vectors_of(&h, "x", STEPS * PAIRS * AREA);
    const float *all_y = vectors_of(&h, "y", STEPS * PAIRS * AREA);
    const float *losses = vectors_of(&h, "losses", STEPS * 2);
    float fake[PAIRS * AREA], grad[PAIRS * AREA], pairs[2 * PAIRS * AREA];

    for (size_t s = 0; s < STEPS; s++) {
        const float *x = all_x + s * PAIRS * AREA, *y = all_y + s * PAIRS * AREA;
        double loss;

        expect_ok(gan_pass_forward(h.g_pass, x, PAIRS, fake));
        pair_up(x, y, pairs);
        loss = bce(h.d_pass, pairs, PAIRS, 1, GAN_PASS_REPLACE, NULL);
        pair_up(x, fake, pairs);
        loss += bce(h.d_pass, pairs, PAIRS, 0, GAN_PASS_ACCUMULATE, NULL);
        expect_near(loss, losses[2 * s], 1e-4, 0);
        expect_ok(gan_pass_step(h.d_pass, h.d_opt, NULL));
        loss = bce(h.d_pass, pairs, PAIRS, 1, GAN_PASS_KEEP, pairs);
        loss += add_l1(pairs, fake, y, grad);
        expect_near(loss, losses[2 * s + 1], 1e-4, 0);
        expect_ok(gan_pass_backward(h.g_pass, grad, GAN_PASS_REPLACE, NULL));
        expect_ok(gan_pass_step(h.g_pass, h.g_opt, NULL));
    }
    host_end(&h);
}
