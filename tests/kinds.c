/* kinds.c - networks that together have every kind of layer. */
#include "kinds.h"

#include "expect.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 3 };

/* ---- shorthands for layers ---- */

#define CONV2D(in, out, size, ...)                                                                 \
    gan_layer_conv2d(in, out, size, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, __VA_ARGS__})
#define UP2D(in, out, size, ...)                                                                   \
    gan_layer_conv_transpose2d(in, out, size, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, __VA_ARGS__})
#define CONV1D(in, out, size, ...)                                                                 \
    gan_layer_conv1d(in, out, size, &(gan_conv1d_desc){GAN_CONV1D_DESC_INIT, __VA_ARGS__})
#define UP1D(in, out, size, ...)                                                                   \
    gan_layer_conv_transpose1d(in, out, size, &(gan_conv1d_desc){GAN_CONV1D_DESC_INIT, __VA_ARGS__})
#define POOL2D(what, size, ...)                                                                    \
    gan_layer_##what##_pool2d(size, &(gan_pool2d_desc){GAN_POOL2D_DESC_INIT, __VA_ARGS__})
#define POOL1D(what, size, ...)                                                                    \
    gan_layer_##what##_pool1d(size, &(gan_pool1d_desc){GAN_POOL1D_DESC_INIT, __VA_ARGS__})

static const gan_norm_desc plain = {GAN_NORM_DESC_INIT, .no_affine = 1};
static const gan_norm_desc coarse = {GAN_NORM_DESC_INIT, .eps = 0.01};

/* ---- activations, products ---- */

static gan_network *activations(void)
{
    return NETWORK(
        gan_shape_1d(6), gan_layer_linear(6, 8), gan_layer_leaky_relu(0.2f), gan_layer_linear(8, 8),
        gan_layer_prelu(8, 0.25f), gan_layer_linear(8, 8), gan_layer_elu(0.7f),
        gan_layer_linear(8, 8), gan_layer_softplus(2, 5), gan_layer_linear(8, 8), gan_layer_selu(),
        gan_layer_linear(8, 8), gan_layer_gelu(0), gan_layer_linear(8, 8), gan_layer_gelu(1),
        gan_layer_linear(8, 8), gan_layer_silu(), gan_layer_linear(8, 8), gan_layer_prelu(1, 0.1f),
        gan_layer_linear(8, 8), gan_layer_relu(), gan_layer_linear(8, 8), gan_layer_sigmoid(),
        gan_layer_linear(8, 5), gan_layer_tanh());
}

/* A threshold that some inputs exceed, where the function jumps. */
static gan_network *softplus(void)
{
    return NETWORK(gan_shape_1d(8), gan_layer_softplus(1, 20), gan_layer_linear(8, 8),
                   gan_layer_softplus(1.5f, 0.5f));
}

static gan_network *shapes(void)
{
    return NETWORK(gan_shape_1d(24), gan_layer_dropout(0.5f),
                   gan_layer_reshape(gan_shape_3d(4, 3, 2)), gan_layer_dropout2d(0.5f),
                   gan_layer_prelu(4, 0.3f), gan_layer_linear(24, 12),
                   gan_layer_reshape(gan_shape_2d(3, 4)), gan_layer_reshape(gan_shape_3d(2, 2, 3)),
                   gan_layer_flatten(), gan_layer_reshape(gan_shape_1d(12)));
}

static gan_network *conv2d(void)
{
    return NETWORK(
        gan_shape_3d(4, 9, 7), CONV2D(4, 6, 3, .stride = {2, 1}, .padding = {1, 2}, .groups = 2),
        CONV2D(6, 5, 2, .kernel_size = {3, 2}, .dilation = {1, 2}, .no_bias = 1), gan_layer_tanh());
}

static gan_network *conv_transpose2d(void)
{
    return NETWORK(
        gan_shape_3d(4, 3, 4), UP2D(4, 6, 4, .stride = {2, 3}, .padding = {1, 0}, .groups = 2),
        UP2D(6, 2, 3, .stride = {2, 2}, .dilation = {2, 1}, .output_padding = {1, 0}, .no_bias = 1),
        gan_layer_tanh());
}

static gan_network *lines(void)
{
    return NETWORK(gan_shape_2d(4, 11), CONV1D(4, 6, 3, .stride = 2, .padding = 1, .groups = 2),
                   gan_layer_batch_norm(6, NULL), gan_layer_leaky_relu(0.1f),
                   UP1D(6, 4, 4, .stride = 2, .padding = 1, .output_padding = 1, .dilation = 2),
                   POOL1D(max, 3, .stride = 2, .padding = 1),
                   gan_layer_upsample(3, GAN_UPSAMPLE_BILINEAR, 0),
                   POOL1D(avg, 2, .stride = 1, .padding = 1), gan_layer_instance_norm(4, 1, NULL),
                   gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
                   POOL1D(avg, 3, .padding = 1, .exclude_pad = 1),
                   gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 1));
}

static gan_network *pools(void)
{
    return NETWORK(gan_shape_3d(3, 13, 11), gan_layer_prelu(3, 0.2f),
                   POOL2D(max, 3, .stride = {2, 1}, .padding = {1, 0}),
                   POOL2D(avg, 2, .kernel_size = {2, 3}, .stride = {1, 2}, .padding = {1, 1}),
                   gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
                   POOL2D(avg, 3, .padding = {1, 1}, .exclude_pad = 1));
}

static gan_network *resizing(void)
{
    return NETWORK(gan_shape_3d(8, 3, 4), gan_layer_prelu(1, 0.2f),
                   gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0), gan_layer_pixel_shuffle(2),
                   gan_layer_upsample(3, GAN_UPSAMPLE_BILINEAR, 1),
                   gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
}

static gan_network *blurring(void)
{
    return NETWORK(gan_shape_3d(2, 5, 4), gan_layer_blur_pool2d(1), gan_layer_blur_upsample2d(),
                   CONV2D(2, 3, 3, .padding = {1, 1}), gan_layer_blur_pool2d(2), gan_layer_tanh());
}

static gan_network *attention(void)
{
    return NETWORK(gan_shape_3d(3, 4, 5), CONV2D(3, 9, 1), gan_layer_attention(2, 5, 1),
                   CONV2D(5, 8, 1), gan_layer_attention(3, 2, 0.57));
}

/* ---- normalisation ---- */

static gan_network *batch_norm(void)
{
    return NETWORK(gan_shape_1d(12), gan_layer_batch_norm(12, &coarse), gan_layer_linear(12, 24),
                   gan_layer_batch_norm(24, &plain), gan_layer_leaky_relu(0.2f),
                   gan_layer_reshape(gan_shape_3d(4, 2, 3)), UP2D(4, 6, 3, .stride = {2, 2}),
                   gan_layer_batch_norm(6, NULL), gan_layer_relu(), CONV2D(6, 2, 3, .no_bias = 1),
                   gan_layer_batch_norm(2, NULL));
}

/* Without layers in between, rounding errors would grow, in the library as well. */
static gan_network *layer_norms(void)
{
    return NETWORK(
        gan_shape_3d(6, 4, 5), gan_layer_layer_norm(gan_shape_1d(5), &coarse), CONV2D(6, 6, 1),
        gan_layer_layer_norm(gan_shape_3d(6, 4, 5), NULL), gan_layer_tanh(), CONV2D(6, 6, 1),
        gan_layer_layer_norm(gan_shape_2d(4, 5), &plain), gan_layer_linear(120, 6),
        gan_layer_tanh(), gan_layer_linear(6, 6), gan_layer_layer_norm(gan_shape_1d(6), NULL));
}

static gan_network *group_norms(void)
{
    return NETWORK(gan_shape_3d(6, 4, 5), gan_layer_group_norm(3, 6, NULL), CONV2D(6, 6, 1),
                   gan_layer_tanh(), gan_layer_group_norm(2, 6, &plain), gan_layer_linear(120, 24),
                   gan_layer_group_norm(2, 24, NULL));
}

static gan_network *instance_norms(void)
{
    return NETWORK(gan_shape_3d(6, 4, 5), gan_layer_instance_norm(6, 1, &coarse), gan_layer_tanh(),
                   CONV2D(6, 4, 1), gan_layer_instance_norm(4, 0, NULL));
}

static gan_network *spectral_norm(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_spectral_norm(gan_layer_linear(6, 24)),
                   gan_layer_leaky_relu(0.2f), gan_layer_reshape(gan_shape_3d(6, 2, 2)),
                   gan_layer_spectral_norm(UP2D(6, 4, 3, .stride = {2, 2})),
                   gan_layer_spectral_norm(CONV2D(4, 6, 2, .no_bias = 1)),
                   gan_layer_reshape(gan_shape_2d(6, 16)),
                   gan_layer_spectral_norm(CONV1D(6, 4, 3, .stride = 2)),
                   gan_layer_spectral_norm(UP1D(4, 2, 3, .stride = 2)));
}

static gan_network *minibatch_stddev(void)
{
    return NETWORK(gan_shape_1d(12), gan_layer_minibatch_stddev(4), gan_layer_linear(13, 12),
                   gan_layer_reshape(gan_shape_3d(3, 2, 2)), gan_layer_minibatch_stddev(2),
                   CONV2D(4, 5, 2, .stride = {1, 1}));
}

/* ---- labels ---- */

/* A generator: the class is concatenated to the latent vector, and in every normalisation. */
static gan_network *label_embedding(void)
{
    gan_network *net = NETWORK(gan_shape_3d(5, 1, 1), gan_layer_label_embedding(CLASSES, 3),
                               UP2D(8, 6, 3, .no_bias = 1));

    gan_network_add_conditional_batch_norm(net, 6, CLASSES, NULL);
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_label_embedding(CLASSES, 2));
    gan_network_add(net, gan_layer_class_affine(56, CLASSES));
    gan_network_add(net, gan_layer_one_hot(CLASSES));
    return net;
}

/* A discriminator. */
static gan_network *label_map(void)
{
    return NETWORK(gan_shape_3d(2, 5, 4), gan_layer_label_map(CLASSES, 2),
                   gan_layer_one_hot(CLASSES), CONV2D(7, 4, 3, .padding = {1, 1}),
                   gan_layer_leaky_relu(0.2f), gan_layer_projection(80, CLASSES));
}

/* ---- blocks ---- */

static gan_network *residual(void)
{
    const gan_shape small = gan_shape_3d(4, 4, 4), large = gan_shape_3d(4, 8, 8);
    gan_layer *inner = gan_layer_residual(
        NETWORK(small, gan_layer_leaky_relu(0.1f), CONV2D(4, 4, 3, .padding = {1, 1})), NULL);

    return NETWORK(
        gan_shape_1d(64), gan_layer_reshape(small), gan_layer_relu(),
        gan_layer_residual(NETWORK(small, gan_layer_batch_norm(4, NULL), gan_layer_relu(), inner,
                                   gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0)),
                           NETWORK(small, UP2D(4, 4, 2, .stride = {2, 2}))),
        gan_layer_residual(NETWORK(large, gan_layer_tanh()), NULL), gan_layer_pixel_shuffle(2));
}

static gan_network *residual_labels(void)
{
    const gan_shape in = gan_shape_3d(2, 4, 4);

    return NETWORK(in,
                   gan_layer_residual(NETWORK(in, gan_layer_tanh(), gan_layer_label_map(CLASSES, 1),
                                              CONV2D(3, 3, 3, .padding = {1, 1})),
                                      NETWORK(in, gan_layer_one_hot(CLASSES),
                                              CONV2D(2 + CLASSES, 3, 1, .no_bias = 1))),
                   gan_layer_residual(NETWORK(gan_shape_3d(3, 4, 4), gan_layer_relu(),
                                              gan_layer_spectral_norm(CONV2D(3, 3, 1))),
                                      NULL));
}

/* ---- whole generators ---- */

static gan_network *mlp(void)
{
    return NETWORK(gan_shape_1d(16), gan_layer_linear(16, 24), gan_layer_leaky_relu(0.2f),
                   gan_layer_dropout(0.3f), gan_layer_linear(24, 49), gan_layer_tanh());
}

static gan_network *images(void)
{
    return NETWORK(
        gan_shape_1d(12), gan_layer_reshape(gan_shape_3d(12, 1, 1)),
        gan_layer_conv_transpose2d(12, 8, 4, NULL), gan_layer_batch_norm(8, NULL), gan_layer_relu(),
        gan_layer_spectral_norm(UP2D(8, 6, 3, .stride = {2, 3}, .padding = {1, 1},
                                     .output_padding = {1, 0}, .groups = 2)),
        gan_layer_prelu(6, 0.1f), gan_layer_dropout2d(0.2f), gan_layer_group_norm(3, 6, NULL),
        gan_layer_spectral_norm(CONV2D(6, 12, 3, .kernel_size = {3, 2}, .dilation = {2, 1},
                                       .padding = {2, 1}, .groups = 3)),
        gan_layer_instance_norm(12, 1, NULL), gan_layer_leaky_relu(0.1f),
        gan_layer_pixel_shuffle(2),
        POOL2D(max, 2, .kernel_size = {3, 2}, .stride = {2, 2}, .padding = {1, 0}),
        gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
        POOL2D(avg, 3, .stride = {2, 2}, .padding = {1, 1}),
        gan_layer_upsample(3, GAN_UPSAMPLE_BILINEAR, 0),
        POOL2D(avg, 3, .stride = {1, 1}, .padding = {1, 1}, .exclude_pad = 1),
        gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 1),
        CONV2D(3, 3, 3, .stride = {2, 2}, .padding = {1, 1}, .no_bias = 1), gan_layer_tanh());
}

/* Label layers of every kind; the classes have names. */
static gan_network *conditional(void)
{
    static const char *const names[] = {"shirt", "a \"boot\"?\?/", "\xc3\xa9t\xc3\xa9"};
    gan_network *net =
        NETWORK(gan_shape_1d(6), gan_layer_label_embedding(CLASSES, 5), gan_layer_one_hot(CLASSES),
                gan_layer_linear(14, 32), gan_layer_reshape(gan_shape_3d(2, 4, 4)),
                gan_layer_label_map(CLASSES, 2), gan_layer_one_hot(CLASSES),
                CONV2D(7, 4, 3, .padding = {1, 1}));

    expect_ok(gan_network_add_conditional_batch_norm(net, 4, CLASSES, NULL));
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_add(net, gan_layer_conv2d(4, 3, 1, NULL)));
    expect_ok(gan_network_add(net, gan_layer_sigmoid()));
    expect_ok(gan_network_set_class_names(net, names, CLASSES));
    return net;
}

/* An in-place layer right at the input, which isn't the network's to change. */
static gan_network *bare(void)
{
    return NETWORK(gan_shape_1d(5), gan_layer_tanh(),
                   gan_layer_residual(NETWORK(gan_shape_1d(5), gan_layer_sigmoid()), NULL),
                   gan_layer_reshape(gan_shape_2d(1, 5)));
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    gan_network *(*make)(void);
} cases[] = {
    {"activations", activations},
    {"softplus", softplus},
    {"shapes", shapes},
    {"conv2d", conv2d},
    {"conv_transpose2d", conv_transpose2d},
    {"lines", lines},
    {"pools", pools},
    {"resizing", resizing},
    {"blurring", blurring},
    {"attention", attention},
    {"batch_norm", batch_norm},
    {"layer_norms", layer_norms},
    {"group_norms", group_norms},
    {"instance_norms", instance_norms},
    {"spectral_norm", spectral_norm},
    {"minibatch_stddev", minibatch_stddev},
    {"label_embedding", label_embedding},
    {"label_map", label_map},
    {"residual", residual},
    {"residual_labels", residual_labels},
    {"mlp", mlp},
    {"images", images},
    {"conditional", conditional},
    {"bare", bare},
};

size_t kinds_count(void)
{
    return sizeof cases / sizeof *cases;
}

const char *kinds_name(size_t i)
{
    return cases[i].name;
}

int kinds_couple_samples(size_t i)
{
    return cases[i].make == minibatch_stddev;
}

float *kinds_inputs(const gan_network *net, size_t n, unsigned seed)
{
    const size_t size = n * gan_shape_size(gan_network_input_shape(net));
    float *in = malloc(size * sizeof *in);
    gan_rng *rng = NULL;

    ck_assert_ptr_nonnull(in);
    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    gan_rng_normal(rng, size, in);
    gan_rng_destroy(rng);
    return in;
}

uint16_t *kinds_labels(const gan_network *net, size_t n)
{
    const size_t classes = gan_network_class_count(net);
    uint16_t *labels = classes > 0 ? malloc(n * sizeof *labels) : NULL;

    for (size_t i = 0; i < n && labels; i++) labels[i] = (uint16_t)((2 * i + 1) % classes);
    return labels;
}

/* Perturb scales and biases, which are initially ones and zeros. */
static void move_constant(const gan_tensor *t, gan_rng *rng)
{
    for (size_t i = 1; i < t->size; i++)
        if (t->data[i] < t->data[0] || t->data[i] > t->data[0]) return;
    for (size_t i = 0; i < t->size && t->trainable; i++) {
        float by;

        expect_ok(gan_rng_uniform(rng, 1, &by));
        t->data[i] += by / 2;
    }
}

/* Re-estimate statistics and singular vectors for the new weights. */
static void train(gan_network *net, unsigned seed)
{
    enum { INPUTS = 256 };
    float *in = kinds_inputs(net, INPUTS, seed);
    uint16_t *labels = kinds_labels(net, INPUTS);
    gan_rng *rng = NULL;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor tensor;

        expect_ok(gan_network_tensor(&tensor, net, i));
        move_constant(&tensor, rng);
    }
    gan_rng_destroy(rng);
    expect_ok(gan_network_estimate_statistics_labels16(
        net, in, labels, INPUTS,
        &(gan_statistics_desc){GAN_STATISTICS_DESC_INIT, .batch_size = 8}));
    free(in), free(labels);
}

gan_network *kinds_network(size_t i)
{
    gan_network *net = built(cases[i].make());

    train(net, (unsigned)i + 1);
    return net;
}

gan_network *kinds_named(const char *name)
{
    size_t i = 0;

    while (i < kinds_count() && strcmp(kinds_name(i), name) != 0) i++;
    ck_assert_msg(i < kinds_count(), "there is no network %s", name);
    return kinds_network(i);
}

float *kinds_outputs(gan_network *net, const float *in, const uint16_t *labels, size_t n,
                     size_t batch)
{
    const size_t from = gan_shape_size(gan_network_input_shape(net));
    const size_t size = gan_shape_size(gan_network_output_shape(net));
    float *out = malloc(n * size * sizeof *out);

    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < n; i += batch)
        expect_ok(gan_network_forward_labels16(net, in + i * from, labels ? labels + i : NULL,
                                               batch, out + i * size));
    return out;
}
