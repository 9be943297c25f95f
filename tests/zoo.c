/* zoo.c - networks that have every kind of layer between them. */
#include "zoo.h"

#include "expect.h"
#include "sequence.h"

#include <gan/rng.h>
#include <stdlib.h>
#include <string.h>

#define CONV(...) (&(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, __VA_ARGS__})
#define LINE(...) (&(gan_conv1d_desc){GAN_CONV1D_DESC_INIT, __VA_ARGS__})
#define POOL(...) (&(gan_pool2d_desc){GAN_POOL2D_DESC_INIT, __VA_ARGS__})

static gan_network *make_mlp(void)
{
    return NETWORK(gan_shape_1d(16), gan_layer_linear(16, 24), gan_layer_leaky_relu(0.2f),
                   gan_layer_dropout(0.3f), gan_layer_linear(24, 49), gan_layer_tanh());
}

static gan_network *make_activations(void)
{
    return NETWORK(gan_shape_1d(8), gan_layer_linear(8, 20), gan_layer_elu(0.7f),
                   gan_layer_linear(20, 20), gan_layer_selu(), gan_layer_linear(20, 20),
                   gan_layer_softplus(2, 5), gan_layer_linear(20, 20), gan_layer_gelu(0),
                   gan_layer_linear(20, 20), gan_layer_gelu(1), gan_layer_linear(20, 20),
                   gan_layer_silu(), gan_layer_linear(20, 20), gan_layer_relu(),
                   gan_layer_linear(20, 20), gan_layer_prelu(1, 0.25f), gan_layer_linear(20, 20),
                   gan_layer_sigmoid());
}

static gan_network *make_images(void)
{
    return NETWORK(
        gan_shape_1d(12), gan_layer_reshape(gan_shape_3d(12, 1, 1)),
        gan_layer_conv_transpose2d(12, 8, 4, NULL), gan_layer_batch_norm(8, NULL), gan_layer_relu(),
        gan_layer_spectral_norm(gan_layer_conv_transpose2d(
            8, 6, 3,
            CONV(.stride = {2, 3}, .padding = {1, 1}, .output_padding = {1, 0}, .groups = 2))),
        gan_layer_prelu(6, 0.1f), gan_layer_dropout2d(0.2f), gan_layer_group_norm(3, 6, NULL),
        gan_layer_spectral_norm(gan_layer_conv2d(
            6, 12, 3,
            CONV(.kernel_size = {3, 2}, .dilation = {2, 1}, .padding = {2, 1}, .groups = 3))),
        gan_layer_instance_norm(12, 1, NULL), gan_layer_leaky_relu(0.1f),
        gan_layer_pixel_shuffle(2),
        gan_layer_max_pool2d(2, POOL(.kernel_size = {3, 2}, .stride = {2, 2}, .padding = {1, 0})),
        gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
        gan_layer_avg_pool2d(3, POOL(.stride = {2, 2}, .padding = {1, 1})),
        gan_layer_upsample(3, GAN_UPSAMPLE_BILINEAR, 0),
        gan_layer_avg_pool2d(3, POOL(.stride = {1, 1}, .padding = {1, 1}, .exclude_pad = 1)),
        gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 1),
        gan_layer_conv2d(3, 3, 3, CONV(.stride = {2, 2}, .padding = {1, 1}, .no_bias = 1)),
        gan_layer_tanh());
}

/* What normalises vectors and whole images, without weights, too.  One after the other they would make
 * rounding errors larger, in the library as well. */
static gan_network *make_norms(void)
{
    const gan_norm_desc plain = {GAN_NORM_DESC_INIT, .no_affine = 1, .eps = 1e-3};

    return NETWORK(gan_shape_1d(9), gan_layer_batch_norm(9, &plain), gan_layer_linear(9, 64),
                   gan_layer_layer_norm(gan_shape_1d(64), NULL), gan_layer_silu(),
                   gan_layer_linear(64, 64), gan_layer_reshape(gan_shape_3d(4, 4, 4)),
                   gan_layer_group_norm(2, 4, &plain), gan_layer_tanh(), gan_layer_flatten(),
                   gan_layer_spectral_norm(gan_layer_linear(64, 10)), gan_layer_tanh());
}

static gan_network *make_image_norms(void)
{
    const gan_norm_desc plain = {GAN_NORM_DESC_INIT, .no_affine = 1};

    return NETWORK(gan_shape_3d(2, 6, 6), gan_layer_layer_norm(gan_shape_2d(6, 6), NULL),
                   gan_layer_conv2d(2, 4, 3, NULL), gan_layer_instance_norm(4, 0, NULL),
                   gan_layer_tanh(), gan_layer_conv2d(4, 4, 1, NULL),
                   gan_layer_layer_norm(gan_shape_3d(4, 4, 4), &plain), gan_layer_sigmoid());
}

static gan_network *make_lines(void)
{
    return NETWORK(
        gan_shape_1d(10), gan_layer_linear(10, 24), gan_layer_reshape(gan_shape_2d(4, 6)),
        gan_layer_conv_transpose1d(4, 6, 4, LINE(.stride = 2, .padding = 1, .groups = 2)),
        gan_layer_batch_norm(6, NULL), gan_layer_elu(1),
        gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
        gan_layer_conv1d(6, 5, 5, LINE(.padding = 4, .dilation = 2)),
        gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0),
        gan_layer_max_pool1d(3,
                             &(gan_pool1d_desc){GAN_POOL1D_DESC_INIT, .stride = 2, .padding = 1}),
        gan_layer_avg_pool1d(2, NULL), gan_layer_conv1d(5, 2, 3, NULL), gan_layer_tanh());
}

static gan_network *make_residual(void)
{
    const gan_shape image = gan_shape_3d(4, 5, 5);
    gan_network *inner =
        NETWORK(image, gan_layer_relu(), gan_layer_conv2d(4, 4, 3, CONV(.padding = {1, 1})));
    gan_network *body = NETWORK(image, gan_layer_residual(inner, NULL), gan_layer_leaky_relu(0.3f),
                                gan_layer_conv2d(4, 6, 3, CONV(.padding = {1, 1})));
    gan_network *shortcut = NETWORK(image, gan_layer_conv2d(4, 6, 1, NULL));
    gan_network *same = NETWORK(gan_shape_3d(6, 5, 5), gan_layer_silu(), gan_layer_dropout(0.5f));

    return NETWORK(gan_shape_1d(7), gan_layer_linear(7, 100), gan_layer_reshape(image),
                   gan_layer_residual(body, shortcut), gan_layer_relu(),
                   gan_layer_residual(same, NULL), gan_layer_flatten(), gan_layer_linear(150, 12));
}

/* Attention and resampling by [1, 2, 1]. */
static gan_network *make_attention(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_linear(6, 60),
                   gan_layer_reshape(gan_shape_3d(4, 3, 5)), gan_layer_blur_upsample2d(),
                   gan_layer_conv2d(4, 7, 1, NULL), gan_layer_attention(2, 3, 0.7f),
                   gan_layer_blur_pool2d(2), gan_layer_tanh(), gan_layer_blur_pool2d(1));
}

/* Tables of every kind; a network of 3 classes that have names. */
static gan_network *make_conditional(void)
{
    static const char *const names[] = {"shirt", "a \"boot\"?\?/", "\xc3\xa9t\xc3\xa9"};
    gan_network *net =
        NETWORK(gan_shape_1d(6), gan_layer_label_embedding(3, 5), gan_layer_one_hot(3),
                gan_layer_linear(14, 32), gan_layer_reshape(gan_shape_3d(2, 4, 4)),
                gan_layer_label_map(3, 2), gan_layer_one_hot(3),
                gan_layer_conv2d(7, 4, 3, CONV(.padding = {1, 1})));

    expect_ok(gan_network_add_conditional_batch_norm(net, 4, 3, NULL));
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_add(net, gan_layer_conv2d(4, 3, 1, NULL)));
    expect_ok(gan_network_add(net, gan_layer_sigmoid()));
    expect_ok(gan_network_set_class_names(net, names, 3));
    return net;
}

static gan_network *make_critic(void)
{
    return NETWORK(gan_shape_3d(1, 8, 8),
                   gan_layer_conv2d(1, 6, 4, CONV(.stride = {2, 2}, .padding = {1, 1})),
                   gan_layer_leaky_relu(0.2f), gan_layer_flatten(), gan_layer_projection(96, 4));
}

/* What has nowhere to work but in the input, which is not its own. */
static gan_network *make_bare(void)
{
    return NETWORK(gan_shape_1d(5), gan_layer_tanh(),
                   gan_layer_residual(NETWORK(gan_shape_1d(5), gan_layer_sigmoid()), NULL),
                   gan_layer_reshape(gan_shape_2d(1, 5)));
}

static gan_network *make_shape(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_dropout(0.5f), gan_layer_reshape(gan_shape_2d(2, 3)));
}

static const struct animal {
    const char *name;
    gan_network *(*make)(void);
} zoo[] = {
    {"mlp", make_mlp},
    {"activations", make_activations},
    {"images", make_images},
    {"norms", make_norms},
    {"image_norms", make_image_norms},
    {"lines", make_lines},
    {"residual", make_residual},
    {"attention", make_attention},
    {"conditional", make_conditional},
    {"critic", make_critic},
    {"bare", make_bare},
    {"shape", make_shape},
};

size_t zoo_count(void)
{
    return sizeof zoo / sizeof *zoo;
}

const char *zoo_name(size_t i)
{
    return zoo[i].name;
}

float *zoo_inputs(const gan_network *net, size_t n, unsigned seed)
{
    const size_t size = n * gan_shape_size(gan_network_input_shape(net));
    float *in = malloc(size * sizeof *in);
    gan_rng *rng = NULL;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    gan_rng_normal(rng, size, in);
    gan_rng_destroy(rng);
    return in;
}

uint16_t *zoo_labels(const gan_network *net, size_t n)
{
    const size_t classes = gan_network_class_count(net);
    uint16_t *labels = classes > 0 ? malloc(n * sizeof *labels) : NULL;

    for (size_t i = 0; i < n && labels; i++) labels[i] = (uint16_t)(i % classes);
    return labels;
}

/* First weights are ones and zeros where a layer only scales: move them, and then let statistics and
 * singular vectors follow. */
static void train(gan_network *net, unsigned seed)
{
    enum { INPUTS = 256 };
    float *in = zoo_inputs(net, INPUTS, seed);
    uint16_t *labels = zoo_labels(net, INPUTS);
    gan_rng *rng = NULL;
    gan_tensor t;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        expect_ok(gan_network_tensor(&t, net, i));
        for (size_t k = 0; k < t.size && t.shape.rank == 1 && t.trainable; k++) {
            float by;

            expect_ok(gan_rng_uniform(rng, 1, &by));
            t.data[k] += by / 2;
        }
    }
    gan_rng_destroy(rng);
    expect_ok(gan_network_estimate_statistics_labels16(
        net, in, labels, INPUTS,
        &(gan_statistics_desc){GAN_STATISTICS_DESC_INIT, .batch_size = 8}));
    free(in), free(labels);
}

gan_network *zoo_make(size_t i)
{
    gan_network *net = built(zoo[i].make());

    train(net, (unsigned)i + 1);
    return net;
}

float *zoo_outputs(gan_network *net, const float *in, const uint16_t *labels, size_t n)
{
    const size_t from = gan_shape_size(gan_network_input_shape(net));
    const size_t size = gan_shape_size(gan_network_output_shape(net));
    float *out = malloc(n * size * sizeof *out);

    for (size_t i = 0; i < n; i++)
        expect_ok(gan_network_forward_labels16(net, in + i * from, labels ? labels + i : NULL, 1,
                                               out + i * size));
    return out;
}
