/* export_kinds.c - how a program computes each kind of layer: the function, with its arguments and
 * its weights in the order in which it reads them.
 *
 * A new kind is a row at the end, and perhaps a function in text/c_functions.txt and
 * text/page_functions.txt. */
#include "export/export_program_internal.h"

#include "base/status_internal.h"

#include <math.h>
#include <string.h>

typedef gan__export_call call;
typedef gan__export_step step;

/* ---- arguments ---- */

static void put_numbers(call *c, const size_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) c->arguments[c->n_arguments++] = (double)numbers[i];
}

#define NUMBERS(c, ...)                                                                            \
    put_numbers(c, (const size_t[]){__VA_ARGS__},                                                  \
                sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void put_real(call *c, double value)
{
    c->real[c->n_arguments] = 1;
    c->arguments[c->n_arguments++] = (double)(float)value;
}

static size_t size_in(const step *s)
{
    return gan_shape_size(s->layer->in);
}

static size_t size_out(const step *s)
{
    return gan_shape_size(s->layer->out);
}

/* Numbers of a channel. */
static size_t area_in(const step *s)
{
    return size_in(s) / s->layer->in.dim[0];
}

/* A shape as channels, height, width: a 1D signal has the height 1. */
static const size_t *sides(size_t out[3], gan_shape shape)
{
    out[0] = shape.dim[0];
    out[1] = shape.rank == 3 ? shape.dim[1] : 1;
    out[2] = shape.rank == 3 ? shape.dim[2] : shape.dim[1];
    return out;
}

/* Rows' and columns' number of a setting; of lines, that have one of columns only, `height`. */
static void put_pair(call *c, const step *s, const char *setting, size_t height)
{
    const int line = s->layer->in.rank == 2;

    NUMBERS(c, line ? height : gan__export_size(s, setting, 0),
            gan__export_size(s, setting, line ? 0 : 1));
}

/* ---- products ---- */

static float first_bias(const step *s, size_t block, size_t i)
{
    (void)block;
    return s->params[1] ? s->params[1][i] : 0;
}

static float linear_weight(const step *s, size_t row, size_t column)
{
    return s->params[0][column * size_in(s) + row];
}

static void linear(call *c, const step *s)
{
    NUMBERS(c, size_in(s), size_out(s));
    c->n_vector = c->columns = size_out(s);
    c->vector = first_bias;
    c->rows = size_in(s);
    c->rows_read = 1;
    c->matrix = linear_weight;
}

/* Row (tap, input), column output of the input's group; params[0] is [out, in of a group, taps], of
 * transposed ones [in, out of a group, taps]. */
static float conv_weight(const step *s, size_t row, size_t column)
{
    const size_t in = s->layer->in.dim[0], out = s->layer->out.dim[0];
    const size_t groups = gan__export_size(s, "groups", 0);
    const size_t taps = gan_shape_size(s->layer->params[0].shape) / (in * out / groups);
    const size_t tap = row / in, i = row % in, group = i / (in / groups);

    if (s->layer->class->transposed)
        return s->params[0][(i * (out / groups) + column) * taps + tap];
    return s
        ->params[0][((group * (out / groups) + column) * (in / groups) + i % (in / groups)) * taps +
                    tap];
}

static void convolution(call *c, const step *s)
{
    const size_t groups = gan__export_size(s, "groups", 0);
    size_t in[3], out[3];

    put_numbers(c, sides(in, s->layer->in), 3);
    put_numbers(c, sides(out, s->layer->out), 3);
    put_pair(c, s, "kernel_size", 1);
    put_pair(c, s, "stride", 1);
    put_pair(c, s, "padding", 0);
    put_pair(c, s, "dilation", 1);
    NUMBERS(c, groups, s->layer->class->transposed ? 1 : 0);
    c->n_vector = out[0];
    c->vector = first_bias;
    c->columns = out[0] / groups;
    c->rows = gan_shape_size(s->layer->params[0].shape) / c->columns;
    c->rows_read = in[0];
    c->matrix = conv_weight;
    c->sums = out[0] * out[2];
}

/* ---- what normalises ---- */

/* Centers, factors and terms. */
static float batch_norm_vector(const step *s, size_t block, size_t i)
{
    const size_t n = s->layer->in.dim[0], channel = i % n;
    const double eps = gan__export_setting(s, "eps", 0);
    const double weight = s->params[0] ? (double)s->params[0][channel] : 1;

    (void)block;
    switch (i / n) {
    case 0: return s->buffers[0][channel];
    case 1: return (float)(weight / sqrt((double)s->buffers[1][channel] + eps));
    default: return s->params[1] ? s->params[1][channel] : 0;
    }
}

/* The same of a class: its center is 0. */
static float class_affine_vector(const step *s, size_t block, size_t i)
{
    const size_t n = s->layer->in.dim[0];

    return i < n ? 0 : s->params[i / n - 1][block * n + i % n];
}

static void affine(call *c, const step *s)
{
    NUMBERS(c, s->layer->in.dim[0], area_in(s));
    c->n_vector = 3 * s->layer->in.dim[0];
    c->vector = s->layer->n_classes > 0 ? class_affine_vector : batch_norm_vector;
}

static size_t norm_weights(const step *s)
{
    const int by_place = strcmp(s->layer->class->name, "layer_norm") == 0;
    size_t n = 1;

    if (!by_place) return s->layer->in.dim[0];
    for (size_t i = 0; i < GAN_SHAPE_MAX_RANK; i++) {
        const size_t side = gan__export_size(s, "normalized_shape", i);

        if (side > 0) n *= side;
    }
    return n;
}

static float norm_vector(const step *s, size_t block, size_t i)
{
    const size_t n = norm_weights(s);

    (void)block;
    if (s->layer->n_params == 0) return i < n ? 1 : 0;
    return s->params[i / n][i % n];
}

static void normalize(call *c, const step *s, size_t segments, size_t area)
{
    NUMBERS(c, segments, size_in(s) / segments, norm_weights(s), area);
    put_real(c, gan__export_setting(s, "eps", 0));
    c->n_vector = 2 * norm_weights(s);
    c->vector = norm_vector;
}

static void layer_norm(call *c, const step *s)
{
    normalize(c, s, size_in(s) / norm_weights(s), 1);
}

static void group_norm(call *c, const step *s)
{
    normalize(c, s, gan__export_size(s, "num_groups", 0), area_in(s));
}

static void instance_norm(call *c, const step *s)
{
    normalize(c, s, s->layer->in.dim[0], area_in(s));
}

/* ---- labels ---- */

static float table_vector(const step *s, size_t block, size_t i)
{
    return s->params[0][block * (size_out(s) - size_in(s)) + i];
}

static void append(call *c, const step *s)
{
    NUMBERS(c, size_in(s), size_out(s) - size_in(s));
    c->n_vector = size_out(s) - size_in(s);
    c->vector = table_vector;
}

static void one_hot(call *c, const step *s)
{
    const size_t classes = s->layer->n_classes;

    NUMBERS(c, size_in(s), classes, (size_out(s) - size_in(s)) / classes);
    c->takes_label = 1;
}

static float projection_vector(const step *s, size_t block, size_t i)
{
    const size_t in = size_in(s);

    return i == 0 ? s->params[1][0] : s->params[0][i - 1] + s->params[2][block * in + i - 1];
}

static void projection(call *c, const step *s)
{
    NUMBERS(c, size_in(s));
    c->n_vector = size_in(s) + 1;
    c->vector = projection_vector;
}

/* ---- images ---- */

static void pool(call *c, const step *s, size_t mode)
{
    size_t in[3], out[3];

    NUMBERS(c, mode);
    put_numbers(c, sides(in, s->layer->in), 3);
    put_numbers(c, sides(out, s->layer->out) + 1, 2);
    put_pair(c, s, "kernel_size", 1);
    put_pair(c, s, "stride", 1);
    put_pair(c, s, "padding", 0);
}

static void max_pool(call *c, const step *s)
{
    pool(c, s, 0);
}

static void avg_pool(call *c, const step *s)
{
    pool(c, s, gan__export_setting(s, "count_include_pad", 0) != 0 ? 2 : 1);
}

static void upsample(call *c, const step *s)
{
    size_t in[3], out[3];
    const int blends = gan__export_setting(s, "mode", 0) == (double)GAN_UPSAMPLE_BILINEAR;

    put_numbers(c, sides(in, s->layer->in), 3);
    put_numbers(c, sides(out, s->layer->out) + 1, 2);
    if (!blends || in[2] == out[2]) return;
    c->function = "bilinear";
    NUMBERS(c, gan__export_size(s, "align_corners", 0));
}

static void pixel_shuffle(call *c, const step *s)
{
    size_t in[3];

    sides(in, s->layer->in);
    NUMBERS(c, s->layer->out.dim[0], in[1], in[2], gan__export_size(s, "upscale_factor", 0));
}

/* The same 3 x 3 numbers around each, [1, 2, 1] of both sides; the larger image has a quarter of each. */
static void blur(call *c, const step *s)
{
    const int larger = strcmp(s->layer->class->name, "blur_upsample2d") == 0;
    const size_t *in = s->layer->in.dim, *out = s->layer->out.dim;

    NUMBERS(c, in[0], in[1], in[2], out[1], out[2], larger ? 2 : gan__export_size(s, "stride", 0),
            larger ? 1 : 0);
    put_real(c, larger ? 1.0 / 4 : 1.0 / 16);
}

static void attention(call *c, const step *s)
{
    NUMBERS(c, gan__export_size(s, "key_channels", 0), gan__export_size(s, "value_channels", 0),
            area_in(s));
    put_real(c, gan__export_setting(s, "scale", 0));
    c->sums = area_in(s);
}

/* ---- one number at a time ---- */

static float slope_vector(const step *s, size_t block, size_t i)
{
    (void)block;
    return s->params[0][i];
}

static void prelu(call *c, const step *s)
{
    const size_t slopes = gan__export_size(s, "num_parameters", 0);

    NUMBERS(c, slopes, size_in(s) / slopes);
    c->n_vector = slopes;
    c->vector = slope_vector;
}

/* Activation functions without weights: their settings are a and b. */
static void each(call *c, const step *s)
{
    NUMBERS(c, size_in(s));
    for (size_t i = 0; i < 2; i++)
        put_real(c, i < s->layer->class->n_settings ? gan__layer_number(s->layer, i) : 0);
}

static void add(call *c, const step *s)
{
    NUMBERS(c, size_in(s));
    c->takes_other = 1;
}

/* ---- the table ---- */

static const struct kind {
    const char *kind, *function;
    void (*describe)(call *c, const step *s);
    int in_place;
} kinds[] = {
    {"linear", "linear", linear, 0},
    {"conv1d", "convolution", convolution, 0},
    {"conv2d", "convolution", convolution, 0},
    {"conv_transpose1d", "convolution", convolution, 0},
    {"conv_transpose2d", "convolution", convolution, 0},
    {"batch_norm", "affine", affine, 1},
    {"class_affine", "affine", affine, 1},
    {"layer_norm", "normalize", layer_norm, 1},
    {"group_norm", "normalize", group_norm, 1},
    {"instance_norm", "normalize", instance_norm, 1},
    {"label_embedding", "append", append, 0},
    {"label_map", "append", append, 0},
    {"one_hot", "one_hot", one_hot, 0},
    {"projection", "projection", projection, 0},
    {"max_pool1d", "pool", max_pool, 0},
    {"max_pool2d", "pool", max_pool, 0},
    {"avg_pool1d", "pool", avg_pool, 0},
    {"avg_pool2d", "pool", avg_pool, 0},
    {"upsample", "upsample", upsample, 0},
    {"blur_pool2d", "blur", blur, 0},
    {"blur_upsample2d", "blur", blur, 0},
    {"attention", "attention", attention, 0},
    {"pixel_shuffle", "pixel_shuffle", pixel_shuffle, 0},
    {"prelu", "prelu", prelu, 1},
    {"relu", "each_relu", each, 1},
    {"leaky_relu", "each_leaky_relu", each, 1},
    {"tanh", "each_tanh", each, 1},
    {"sigmoid", "each_sigmoid", each, 1},
    {"elu", "each_elu", each, 1},
    {"selu", "each_selu", each, 1},
    {"softplus", "each_softplus", each, 1},
    {"gelu", "each_gelu", each, 1},
    {"gelu_tanh", "each_gelu_tanh", each, 1},
    {"silu", "each_silu", each, 1},
    {"add", "add", add, 1},
};

gan_status gan__export_describe(gan__export_call *out, const gan__export_step *s)
{
    const gan_layer *layer = s->layer;

    if (layer->class->together)
        return gan__export_refuse(s, "compares the samples of a batch, and an exported network "
                                     "has one sample at a time");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, layer->class->name) == 0) {
            *out = (call){.step = s,
                          .function = kinds[i].function,
                          .changes_place = kinds[i].in_place,
                          .n_blocks = layer->n_classes > 0 ? layer->n_classes : 1};
            kinds[i].describe(out, s);
            return GAN_OK;
        }
    return gan__export_refuse(s, "there is no exported function for this kind of layer");
}
