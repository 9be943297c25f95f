/* export_c_measure.c - samples of an exported network by the library: for its test, and to measure
 * the error of rounding the weights to fewer bits. */
#include "export/export_c_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

/* ---- rounded weights ---- */

static float half_value(float value)
{
    const unsigned half = gan__export_half(value);
    const int exponent = (int)(half >> 10 & 31);
    const float rest = (float)(half & 1023);
    const float size = exponent == 0 ? ldexpf(rest, -24) : ldexpf(1024 + rest, exponent - 25);

    return half & 0x8000u ? -size : size;
}

/* Every `step`-th column of `n` numbers that share a factor: those of an output. */
typedef struct output {
    const gan_layer *layer;
    float *weights;
    size_t index, share, outer, rows, n;
} output;

static void each_number(const output *o, void (*visit)(float *number, float *factor), float *factor)
{
    for (size_t a = 0; a < o->outer; a++)
        for (size_t h = o->index; h < o->rows; h += o->share)
            for (size_t i = 0; i < o->n; i++)
                visit(&o->weights[(a * o->rows + h) * o->n + i], factor);
}

static void visit_most(float *number, float *most)
{
    *most = fmaxf(*most, fabsf(*number) / 127);
}

static void visit_round(float *number, float *factor)
{
    *number = *factor > 0 ? *factor * nearbyintf(*number / *factor) : 0;
}

/* As in the program, outputs at the same position of each group share a factor. */
static void round_int8(const gan_layer *layer, float *weights)
{
    const gan_shape s = layer->params[0].shape;
    const int transposed = layer->class->transposed;
    output o = {.layer = layer,
                .weights = weights,
                .outer = transposed ? s.dim[0] : 1,
                .rows = transposed ? s.dim[1] : s.dim[0]};

    o.n = gan_shape_size(s) / o.outer / o.rows;
    o.share = o.rows;
    if (!transposed && s.rank > 2) o.share = o.rows * s.dim[1] / layer->in.dim[0];
    for (o.index = 0; o.index < o.share; o.index++) {
        float factor = 0;

        each_number(&o, visit_most, &factor);
        each_number(&o, visit_round, &factor);
    }
}

static void round_layer(const gan_layer *layer, float *weights, gan_export_type type)
{
    const size_t n = gan_shape_size(layer->params[0].shape);

    if (type == GAN_EXPORT_INT8) round_int8(layer, weights);
    for (size_t k = 0; type == GAN_EXPORT_FLOAT16 && k < n; k++)
        weights[k] = half_value(weights[k]);
}

/* The weights that are written, and rounded, are divided by their singular value.  They replace the
 * layer's own, and u is scaled so that the singular value becomes 1. */
static void round_spectral(const gan_layer *layer, float *weights, float *buffers,
                           gan_export_type type, float *memory)
{
    const float *sigma = memory + gan__spectral_count(layer) - 1;

    gan__spectral_prepare(layer, weights, buffers, 0, memory);
    memcpy(weights, memory, gan_shape_size(layer->params[0].shape) * sizeof *weights);
    round_layer(layer, weights, type);
    gan__spectral_prepare(layer, weights, buffers, 0, memory);
    for (size_t i = 0; i < layer->buffers[0].shape.dim[0]; i++) buffers[i] /= *sigma;
}

static gan_status round_weights(gan_network *net, gan_export_type type, const gan_allocator *a)
{
    gan_status status = GAN_OK;
    float *memory = NULL;

    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        float *weights = net->params + net->offsets[i];

        if (layer->spectral) {
            GAN_TRY(gan__alloc(&memory, a, gan__spectral_count(layer), sizeof *memory));
            round_spectral(layer, weights, net->buffers + net->buffer_offsets[i], type, memory);
            gan__free(a, memory);
        } else if (layer->class->product)
            round_layer(layer, weights, type);
    }

cleanup:
    return status;
}

/* ---- samples ---- */

static void draw(gan__export_c *c, gan_latent latent)
{
    const gan_network *net = c->program.network.net;
    const size_t n = gan__size_mul(c->n_samples, gan_shape_size(net->input));

    gan__rng_normal(1, GAN__STREAM_NOISE, 0, n, c->z);
    if (latent == GAN_LATENT_UNIFORM) {
        gan__rng_uniform(1, GAN__STREAM_NOISE, 0, n, c->z);
        for (size_t i = 0; i < n; i++) c->z[i] = 2 * c->z[i] - 1;
    }
    for (size_t i = 0; i < c->n_samples; i++)
        c->labels[i] = (uint16_t)(net->n_classes > 0 ? i % net->n_classes : 0);
}

/* One sample at a time: in a batch some layers add in another order. */
static gan_status run(const gan__export_c *c, gan_network *net, float *out)
{
    gan_status status = GAN_OK;
    const size_t in = gan_shape_size(net->input);
    const size_t size = gan_shape_size(gan_network_output_shape(net));

    for (size_t i = 0; i < c->n_samples; i++)
        GAN_TRY(gan_network_forward_labels16(
            net, c->z + i * in, net->n_classes > 0 ? c->labels + i : NULL, 1, out + i * size));

cleanup:
    return status;
}

static void compare(gan__export_c *c, const float *exact, size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n; i++) {
        const double apart = fabs((double)c->images[i] - (double)exact[i]);

        c->most = fmax(c->most, apart);
        squares += apart * apart;
    }
    c->rms = sqrt(squares / (double)n);
}

gan_status gan__export_c_measure(gan__export_c *c, gan_network *net, const gan_allocator *a)
{
    gan_status status = GAN_OK;
    const int rounds = c->desc.weights != GAN_EXPORT_FLOAT32;
    const size_t size = gan_shape_size(gan_network_output_shape(net));
    gan_network *copy = NULL;
    float *exact = NULL;

    c->n_samples = rounds ? GAN__EXPORT_LOSS_SAMPLES : GAN__EXPORT_SAMPLES;
    GAN_TRY(gan__alloc(&c->z, a, c->n_samples, gan_shape_size(net->input) * sizeof *c->z));
    GAN_TRY(gan__alloc(&c->images, a, c->n_samples, size * sizeof *c->images));
    GAN_TRY(gan__alloc(&c->labels, a, c->n_samples, sizeof *c->labels));
    GAN_TRY(gan_network_clone(&copy, net));
    draw(c, net->latent);
    if (rounds) {
        GAN_TRY(gan__alloc(&exact, a, c->n_samples, size * sizeof *exact));
        GAN_TRY(run(c, copy, exact));
        GAN_TRY(round_weights(copy, c->desc.weights, a));
    }
    GAN_TRY(run(c, copy, c->images));
    if (rounds) compare(c, exact, c->n_samples * size);

cleanup:
    gan_network_destroy(copy);
    if (exact) gan__free(a, exact);
    return status;
}
