/* features_random.c - two convolutions with fixed random weights.
 *
 *     sample -> conv 4x4, stride 2, leaky ReLU -> conv 4x4, stride 2, leaky ReLU
 *                      32 channels |                    32 channels |
 *                                  v                                v
 *                        mean and maximum of each channel: 4 * 32 features
 *
 * Samplers run them, so that a sample's features have the same bits whatever else is in its
 * batch. */
#include "judge/features_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/pool_internal.h"

#include <gan/layer.h>
#include <gan/network.h>
#include <gan/sampler.h>
#include <stdio.h>

enum { LAYERS = 2, CHANNELS = 32, LEAST_SIDE = 8 };

/* Buffers of one thread. */
typedef struct desk {
    gan_sampler_workspace *run[LAYERS];
    float *out[LAYERS]; /* of one sample */
} desk;

typedef struct convolutions {
    gan_sampler *layer[LAYERS];
    size_t area[LAYERS]; /* of a channel of its output */
    desk *desks;
    size_t n_desks;
} convolutions;

static void put_channels(const float *x, size_t area, float *out)
{
    for (size_t c = 0; c < CHANNELS; c++, x += area) {
        double sum = 0;
        float most = x[0];

        for (size_t i = 0; i < area; i++) {
            sum += (double)x[i];
            if (x[i] > most) most = x[i];
        }
        out[c] = (float)(sum / (double)area);
        out[CHANNELS + c] = most;
    }
}

static gan_status compute(const gan_features *f, const float *samples, size_t n, float *out,
                          size_t worker)
{
    const convolutions *c = f->state;
    const desk *d = &c->desks[worker];
    gan_status status = GAN_OK;

    for (size_t i = 0; i < n; i++) {
        const float *x = samples + i * f->size;

        for (int l = 0; l < LAYERS; l++) {
            GAN_TRY(gan_sampler_draw(d->run[l], x, NULL, 1, d->out[l]));
            x = d->out[l];
            put_channels(x, c->area[l], out + i * f->count + (size_t)(2 * l * CHANNELS));
        }
    }

cleanup:
    return status;
}

static void end(gan_features *f)
{
    convolutions *c = f->state;

    for (size_t i = 0; c->desks && i < c->n_desks; i++)
        for (int l = 0; l < LAYERS; l++) {
            gan__free(&f->allocator, c->desks[i].out[l]);
            gan_sampler_workspace_destroy(c->desks[i].run[l]);
        }
    gan__free(&f->allocator, c->desks);
    for (int l = 0; l < LAYERS; l++) gan_sampler_destroy(c->layer[l]);
}

static const gan__features_kind kind = {.compute = compute, .end = end};

/* Add a network's weights to the hash. */
static gan_status hash_weights(gan_features *f, gan_network *net)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor tensor;

        GAN_TRY(gan_network_tensor(&tensor, net, i));
        f->hash = gan__features_hash_numbers(f->hash, tensor.data, gan_shape_size(tensor.shape));
    }

cleanup:
    return status;
}

/* One convolution of pictures [c, h, w]; `in` becomes the shape of its output. */
static gan_status make_layer(gan_features *f, int l, gan_shape *in, uint64_t seed)
{
    gan_status status = GAN_OK;
    convolutions *c = f->state;
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .allocator = &f->allocator};
    const gan_sampler_desc sampler = {GAN_SAMPLER_DESC_INIT, .versions = 2,
                                      .allocator = &f->allocator};
    const gan_conv2d_desc conv = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    const gan_init_desc init = {GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL, .slope = 0.2};
    gan_network *net = gan_network_create(*in, &desc);

    if (!net) return gan_last_status();
    (void)gan_network_add(net, gan_layer_conv2d(in->dim[0], CHANNELS, 4, &conv));
    (void)gan_network_add(net, gan_layer_leaky_relu(0.2f));
    /* Returns the first failure so far. */
    GAN_TRY(gan_network_initialize_as(net, seed + (uint64_t)l, &init));
    GAN_TRY(hash_weights(f, net));
    GAN_TRY(gan_sampler_create(&c->layer[l], net, &sampler));
    *in = gan_network_output_shape(net);
    c->area[l] = in->dim[1] * in->dim[2];

cleanup:
    gan_network_destroy(net);
    return status;
}

static gan_status make_desks(gan_features *f)
{
    gan_status status = GAN_OK;
    convolutions *c = f->state;
    const gan_sampler_workspace_desc desc = {GAN_SAMPLER_WORKSPACE_DESC_INIT, .rows = 1,
                                             .allocator = &f->allocator};

    c->n_desks = gan_pool_thread_count(f->pool);
    GAN_TRY(gan__alloc(&c->desks, &f->allocator, c->n_desks, sizeof *c->desks));
    for (size_t i = 0; i < c->n_desks; i++)
        for (int l = 0; l < LAYERS; l++) {
            desk *d = &c->desks[i];

            GAN_TRY(gan_sampler_workspace_create(&d->run[l], c->layer[l], &desc));
            GAN_TRY(
                gan__alloc(&d->out[l], &f->allocator, CHANNELS * c->area[l], sizeof *d->out[l]));
        }

cleanup:
    return status;
}

gan_status gan_features_create_random(gan_features **out, gan_shape sample, uint64_t seed,
                                      const gan_features_desc *desc)
{
    gan_features *f;
    size_t sides[3];
    gan_shape shape;
    gan_status status = gan__features_begin(out, &kind, sample, sizeof(convolutions), desc);

    if (status != GAN_OK) return status;
    f = *out;
    gan__features_sides(sample, sides);
    if (sides[1] < LEAST_SIDE || sides[2] < LEAST_SIDE)
        GAN_FAIL(GAN_ERR_SHAPE, "features: pictures of %dx%d pixels or more expected, got %zux%zu",
                 LEAST_SIDE, LEAST_SIDE, sides[1], sides[2]);
    f->count = 2 * LAYERS * CHANNELS;
    snprintf(f->name, sizeof f->name, "random convolutions %zux%zux%zu seed %llu", sides[0],
             sides[1], sides[2], (unsigned long long)seed);
    f->hash = gan__features_hash_text(f->name);
    shape = gan_shape_3d(sides[0], sides[1], sides[2]);
    for (int l = 0; l < LAYERS; l++) GAN_TRY(make_layer(f, l, &shape, seed));
    GAN_TRY(make_desks(f));
    return GAN_OK;

cleanup:
    gan_features_destroy(f);
    *out = NULL;
    return status;
}
