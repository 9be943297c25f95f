/* penalty_cases.c - the networks of make_penalties.py. */
#include "penalty_cases.h"

#include "expect.h"
#include "sequence.h"

gan_layer *leaky(void)
{
    return gan_layer_leaky_relu(0.2f);
}

static gan_layer *elu(void)
{
    return gan_layer_elu(0.5f);
}

static gan_layer *softplus(void)
{
    return gan_layer_softplus(2, 3);
}

static gan_layer *gelu(void)
{
    return gan_layer_gelu(0);
}

static gan_layer *gelu_tanh(void)
{
    return gan_layer_gelu(1);
}

static gan_layer *prelu(void)
{
    return gan_layer_prelu(9, 0.25f);
}

gan_layer *linear(size_t in, size_t out)
{
    return gan_layer_linear(in, out);
}

/* A convolution with these numbers of inputs and outputs, kernel, stride and padding. */
gan_layer *conv(size_t in, size_t out, size_t kernel, size_t stride, size_t padding)
{
    return gan_layer_conv2d(in, out, kernel,
                            &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(stride),
                                               .padding = GAN_BOTH(padding)});
}

static gan_network *row(void)
{
    return BUILT(gan_shape_1d(5), gan_layer_tanh(), gan_layer_silu(), linear(5, 9),
                 gan_layer_sigmoid(), gan_layer_tanh(), leaky(), linear(9, 1), softplus(),
                 gan_layer_tanh());
}

gan_network *dcgan(void)
{
    return BUILT(gan_shape_3d(2, 8, 8), conv(2, 4, 4, 2, 1), gan_layer_silu(),
                 gan_layer_conv2d(4, 6, 4,
                                  &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                                     .padding = GAN_BOTH(1), .no_bias = 1}),
                 leaky(), conv(6, 1, 2, 1, 0));
}

static gan_network *groups(void)
{
    const gan_conv2d_desc uneven = {GAN_CONV2D_DESC_INIT, .kernel_size = {3, 2}, .stride = {1, 2},
                                    .padding = {1, 0}, .groups = 2};
    const gan_conv2d_desc dilated = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1),
                                     .dilation = GAN_BOTH(2)};

    return BUILT(gan_shape_3d(4, 5, 6), gan_layer_conv2d(4, 6, 0, &uneven), gan_layer_tanh(),
                 gan_layer_conv2d(6, 3, 3, &dilated), softplus(), gan_layer_flatten(),
                 linear(9, 1));
}

static gan_network *transposed(void)
{
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                   .padding = GAN_BOTH(1)};

    return BUILT(gan_shape_3d(3, 4, 4), gan_layer_conv_transpose2d(3, 4, 4, &twice), elu(),
                 gan_layer_conv_transpose2d(4, 2, 3, NULL), gan_layer_tanh(), conv(2, 1, 10, 1, 0));
}

static gan_network *pooled(void)
{
    const gan_pool2d_desc wide = {GAN_POOL2D_DESC_INIT, .stride = GAN_BOTH(2),
                                  .padding = GAN_BOTH(1)};

    return BUILT(gan_shape_3d(2, 6, 6), conv(2, 4, 3, 1, 1), gan_layer_silu(),
                 gan_layer_max_pool2d(2, NULL), conv(4, 8, 3, 1, 1), gan_layer_sigmoid(),
                 gan_layer_pixel_shuffle(2), gan_layer_avg_pool2d(3, &wide),
                 gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0),
                 gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0), gan_layer_flatten(),
                 linear(2 * 12 * 12, 1));
}

static gan_network *stddev(void)
{
    return BUILT(gan_shape_3d(2, 6, 6), conv(2, 4, 4, 2, 1), gan_layer_silu(),
                 gan_layer_minibatch_stddev(3), conv(5, 3, 3, 1, 0), gan_layer_tanh(),
                 gan_layer_minibatch_stddev(4), conv(4, 1, 1, 1, 0));
}

static const gan_norm_desc plain = {GAN_NORM_DESC_INIT, .no_affine = 1};

static gan_network *batch_norm(void)
{
    return BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_batch_norm(9, NULL), gan_layer_tanh(),
                 linear(9, 1));
}

static gan_network *batch_norm_first(void)
{
    return BUILT(gan_shape_3d(2, 4, 4), gan_layer_batch_norm(2, NULL), conv(2, 4, 4, 2, 1),
                 gan_layer_batch_norm(4, &plain), gan_layer_silu(), conv(4, 1, 2, 1, 0));
}

static gan_network *layer_norm(void)
{
    return BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_layer_norm(gan_shape_1d(9), NULL),
                 gan_layer_tanh(), linear(9, 1));
}

static gan_network *layer_norm_image(void)
{
    return BUILT(gan_shape_3d(2, 4, 4), gan_layer_layer_norm(gan_shape_2d(4, 4), NULL),
                 conv(2, 4, 4, 2, 1), gan_layer_layer_norm(gan_shape_3d(4, 2, 2), &plain),
                 gan_layer_silu(), conv(4, 1, 2, 1, 0));
}

static gan_network *group_norm(void)
{
    return BUILT(gan_shape_3d(4, 4, 4), gan_layer_group_norm(2, 4, NULL), conv(4, 6, 4, 2, 1),
                 gan_layer_group_norm(3, 6, NULL), gan_layer_sigmoid(), conv(6, 1, 2, 1, 0));
}

static gan_network *instance_norm(void)
{
    return BUILT(gan_shape_3d(2, 6, 6), gan_layer_instance_norm(2, 1, NULL), conv(2, 4, 4, 2, 1),
                 gan_layer_instance_norm(4, 0, NULL), gelu(), conv(4, 1, 3, 1, 0));
}

static gan_network *residual(void)
{
    gan_network *body =
        NETWORK(gan_shape_1d(9), gan_layer_tanh(), linear(9, 9), gan_layer_sigmoid());
    gan_network *narrow =
        NETWORK(gan_shape_1d(9), gan_layer_silu(), linear(9, 4), gan_layer_tanh());
    gan_network *shortcut =
        NETWORK(gan_shape_1d(9), gan_layer_tanh(), linear(9, 4), gan_layer_tanh());

    return BUILT(gan_shape_1d(6), linear(6, 9), gan_layer_tanh(), gan_layer_residual(body, NULL),
                 leaky(), gan_layer_residual(narrow, shortcut), softplus(), linear(4, 1));
}

static gan_network *resnet(void)
{
    const gan_shape in = gan_shape_3d(4, 6, 6);
    gan_network *body =
        NETWORK(in, conv(4, 4, 3, 1, 1), elu(), conv(4, 6, 3, 1, 1), gan_layer_avg_pool2d(2, NULL));
    gan_network *shortcut = NETWORK(in, gan_layer_avg_pool2d(2, NULL), conv(4, 6, 1, 1, 0));

    return BUILT(gan_shape_3d(2, 6, 6), conv(2, 4, 3, 1, 1), gan_layer_residual(body, shortcut),
                 gan_layer_tanh(), conv(6, 1, 3, 1, 0));
}

static gan_network *spectral(void)
{
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                   .padding = GAN_BOTH(1)};

    return BUILT(gan_shape_3d(2, 6, 6), gan_layer_spectral_norm(conv(2, 4, 4, 2, 1)), leaky(),
                 gan_layer_spectral_norm(gan_layer_conv_transpose2d(4, 3, 4, &twice)),
                 gan_layer_tanh(), gan_layer_flatten(), gan_layer_spectral_norm(linear(108, 9)),
                 gan_layer_silu(), linear(9, 1));
}

static gan_network *embedding(void)
{
    return BUILT(gan_shape_1d(5), gan_layer_label_embedding(3, 4), linear(9, 7), gan_layer_tanh(),
                 gan_layer_one_hot(3), linear(10, 1));
}

static gan_network *projection(void)
{
    return BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_tanh(), gan_layer_projection(9, 3));
}

static gan_network *projection_alone(void)
{
    return BUILT(gan_shape_1d(5), gan_layer_projection(5, 3));
}

static gan_network *projection_inside(void)
{
    return BUILT(gan_shape_1d(5), gan_layer_projection(5, 3), gan_layer_tanh(), linear(1, 4),
                 gan_layer_silu(), linear(4, 1));
}

static gan_network *affine(void)
{
    return BUILT(gan_shape_1d(5), gan_layer_class_affine(5, 3), linear(5, 8), gan_layer_silu(),
                 gan_layer_class_affine(8, 3), gan_layer_sigmoid(), linear(8, 1));
}

static gan_network *map(void)
{
    return BUILT(gan_shape_3d(2, 6, 6), gan_layer_label_map(3, 2), conv(4, 6, 4, 2, 1),
                 gan_layer_silu(), gan_layer_one_hot(3), conv(9, 4, 3, 1, 0), gan_layer_tanh(),
                 gan_layer_label_embedding(3, 2), conv(6, 1, 1, 1, 0));
}

static gan_network *conditional_norm(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(2, 4, 4), NULL);

    expect_ok(gan_network_add_conditional_batch_norm(net, 2, 3, NULL));
    expect_ok(gan_network_add(net, conv(2, 4, 4, 2, 1)));
    expect_ok(gan_network_add_conditional_batch_norm(net, 4, 3, NULL));
    expect_ok(gan_network_add(net, gan_layer_silu()));
    expect_ok(gan_network_add(net, gan_layer_projection(16, 3)));
    return built(net);
}

static gan_network *labelled_block(void)
{
    const gan_shape in = gan_shape_3d(4, 3, 3);
    gan_network *body =
        NETWORK(in, gan_layer_class_affine(4, 3), gan_layer_tanh(), conv(4, 6, 3, 1, 1));
    gan_network *shortcut =
        NETWORK(in, gan_layer_label_map(3, 1), conv(5, 6, 1, 1, 0), gan_layer_class_affine(6, 3));

    return BUILT(in, gan_layer_residual(body, shortcut), softplus(), gan_layer_projection(54, 3));
}

static gan_network *attention(void)
{
    return BUILT(gan_shape_3d(2, 4, 4), conv(2, 7, 3, 1, 1), gan_layer_attention(2, 3, 0.7),
                 gan_layer_silu(), conv(3, 1, 4, 1, 0));
}

static gan_network *attention_first(void)
{
    return BUILT(gan_shape_3d(5, 2, 3), gan_layer_attention(1, 3, 1), gan_layer_tanh(),
                 conv(3, 5, 1, 1, 0), gan_layer_attention(2, 1, 2), gan_layer_flatten(),
                 linear(6, 1));
}

static gan_network *blur(void)
{
    return BUILT(gan_shape_3d(2, 6, 5), conv(2, 4, 3, 1, 1), gan_layer_silu(),
                 gan_layer_blur_pool2d(2), conv(4, 3, 3, 1, 1), gan_layer_tanh(),
                 gan_layer_blur_upsample2d(), gan_layer_blur_pool2d(1), gan_layer_flatten(),
                 linear(108, 1));
}

static gan_network *sagan(void)
{
    gan_network *body = NETWORK(gan_shape_3d(8, 4, 4), conv(8, 6, 1, 1, 0),
                                gan_layer_attention(1, 4, 1), conv(4, 8, 1, 1, 0));

    return BUILT(gan_shape_3d(2, 4, 4), conv(2, 8, 3, 1, 1), leaky(),
                 gan_layer_residual(body, NULL), leaky(), conv(8, 1, 4, 1, 0));
}

const penalty_case penalty_cases[N_CASES] = {
    {"penalties_activations.bin", "relu", gan_layer_relu, NULL},
    {"penalties_activations.bin", "leaky_relu", leaky, NULL},
    {"penalties_activations.bin", "tanh", gan_layer_tanh, NULL},
    {"penalties_activations.bin", "sigmoid", gan_layer_sigmoid, NULL},
    {"penalties_activations.bin", "elu", elu, NULL},
    {"penalties_activations.bin", "selu", gan_layer_selu, NULL},
    {"penalties_activations.bin", "softplus", softplus, NULL},
    {"penalties_activations.bin", "gelu", gelu, NULL},
    {"penalties_activations.bin", "gelu_tanh", gelu_tanh, NULL},
    {"penalties_activations.bin", "silu", gan_layer_silu, NULL},
    {"penalties_activations.bin", "prelu", prelu, NULL},
    {"penalties_activations.bin", "row", NULL, row},
    {"penalties_images.bin", "dcgan", NULL, dcgan},
    {"penalties_images.bin", "groups", NULL, groups},
    {"penalties_images.bin", "transposed", NULL, transposed},
    {"penalties_images.bin", "pooled", NULL, pooled},
    {"penalties_images.bin", "stddev", NULL, stddev},
    {"penalties_blocks.bin", "residual", NULL, residual},
    {"penalties_blocks.bin", "resnet", NULL, resnet},
    {"penalties_blocks.bin", "spectral", NULL, spectral},
    {"penalties_labels.bin", "embedding", NULL, embedding},
    {"penalties_labels.bin", "projection", NULL, projection},
    {"penalties_labels.bin", "projection_alone", NULL, projection_alone},
    {"penalties_labels.bin", "projection_inside", NULL, projection_inside},
    {"penalties_labels.bin", "affine", NULL, affine},
    {"penalties_labels.bin", "map", NULL, map},
    {"penalties_labels.bin", "conditional_norm", NULL, conditional_norm},
    {"penalties_labels.bin", "block", NULL, labelled_block},
    {"penalties_norms.bin", "batch_norm", NULL, batch_norm},
    {"penalties_norms.bin", "batch_norm_first", NULL, batch_norm_first},
    {"penalties_norms.bin", "layer_norm", NULL, layer_norm},
    {"penalties_norms.bin", "layer_norm_image", NULL, layer_norm_image},
    {"penalties_norms.bin", "group_norm", NULL, group_norm},
    {"penalties_norms.bin", "instance_norm", NULL, instance_norm},
    {"penalties_attention.bin", "attention", NULL, attention},
    {"penalties_attention.bin", "attention_first", NULL, attention_first},
    {"penalties_attention.bin", "blur", NULL, blur},
    {"penalties_attention.bin", "sagan", NULL, sagan},
};
gan_network *make_case(const penalty_case *c)
{
    if (c->make) return c->make();
    if (c->activation == prelu) return BUILT(gan_shape_1d(5), linear(5, 9), prelu(), linear(9, 1));
    return BUILT(gan_shape_1d(5), linear(5, 9), c->activation(), linear(9, 7), c->activation(),
                 linear(7, 1));
}
