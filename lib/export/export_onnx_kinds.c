/* export_onnx_kinds.c - each kind of layer as operators of ONNX, of opset 17.
 *
 * Where ONNX has an operator with PyTorch's definition, that one is used; else several that
 * together compute the same.
 *
 * No call has two arguments that write nodes: the order of evaluation is unspecified, and files
 * must have the same bytes with any compiler. */
#include "base/tensor_internal.h"
#include "export/export_onnx_internal.h"

#include <math.h>
#include <string.h>

typedef gan__onnx_name name;

/* How a kind of layer is written. */
typedef struct kind {
    const char *name;
    void (*write)(gan__onnx *o, const struct kind *k);
    const char *op;
    const char *attribute, *setting; /* of a function with a number: what it is here and there */
} kind;

#define IN GAN__ONNX_IN

/* ---- what they share ---- */

static name x_of(const gan__onnx *o)
{
    return gan__onnx_value(o, o->step->x);
}

static name y_of(const gan__onnx *o)
{
    return gan__onnx_value(o, o->step->y);
}

static const gan_shape *in_of(const gan__onnx *o)
{
    return &o->step->layer->in;
}

static name nothing(void)
{
    return (name){""};
}

/* y = op(a, b), or a new value. */
static name binary(gan__onnx *o, const char *op, name a, name b)
{
    return gan__onnx_apply(o, op, IN(a, b));
}

static name unary(gan__onnx *o, const char *op, name a)
{
    return gan__onnx_apply(o, op, IN(a));
}

static void make_y(gan__onnx *o, const char *op, name a, name b)
{
    gan__onnx_make(o, op, y_of(o), IN(a, b));
}

static void make_node_of_axis(gan__onnx *o, const char *op, name out, const name *in, size_t n,
                              int64_t axis)
{
    const size_t node = gan__onnx_begin(o, op, out, in, n);

    gan__onnx_put_int(o, "axis", axis);
    gan__onnx_end(o, node);
}

/* A sample as a vector. */
static name flat(gan__onnx *o)
{
    name out;

    if (in_of(o)->rank == 1) return x_of(o);
    out = gan__onnx_part(o, "Flatten");
    make_node_of_axis(o, "Flatten", out, IN(x_of(o)), 1);
    return out;
}

/* A number for each channel, which broadcasts to [N, channels, ...]. */
static gan_shape of_channels(const gan__onnx *o, size_t channels)
{
    gan_shape shape = {in_of(o)->rank, {channels, 1, 1, 1}};

    return shape;
}

/* Numbers of a whole shape; or the same one everywhere. */
static name numbers(gan__onnx *o, const char *what, gan_shape shape, const float *values)
{
    return gan__onnx_floats(o, what, shape, values, gan_shape_size(shape));
}

static name filled(gan__onnx *o, const char *what, gan_shape shape, float value)
{
    return gan__onnx_floats(o, what, shape, &value, 1);
}

/* Parameter i; spectral norm is part of it. */
static name param(gan__onnx *o, size_t i)
{
    const gan_layer *layer = o->step->layer;
    const char *what = layer->spectral && i == 0 ? "weight" : layer->params[i].name;

    return numbers(o, what, layer->params[i].shape, o->step->params[i]);
}

/* The bias of a product; it may come from a folded batch normalisation. */
static name bias(gan__onnx *o)
{
    const gan_shape out = o->step->layer->out;

    if (!o->step->params[1]) return nothing();
    return numbers(o, "bias", gan_shape_1d(out.dim[0]), o->step->params[1]);
}

/* ---- shapes ---- */

static void write_flatten(gan__onnx *o, const kind *k)
{
    make_node_of_axis(o, k->op, y_of(o), IN(x_of(o)), 1);
}

static void write_reshape(gan__onnx *o, const kind *k)
{
    (void)k;
    gan__onnx_reshape(o, y_of(o), x_of(o), "shape", o->step->layer->out);
}

static void write_add(gan__onnx *o, const kind *k)
{
    make_y(o, k->op, x_of(o), gan__onnx_value(o, o->step->other));
}

/* ---- functions of one number ---- */

static void write_function(gan__onnx *o, const kind *k)
{
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o)));

    if (k->attribute)
        gan__onnx_put_float(o, k->attribute, gan__export_setting(o->step, k->setting, 0));
    gan__onnx_end(o, node);
}

/* x / 2 (1 + r), r being what is between -1 and 1. */
static void make_gelu(gan__onnx *o, name r)
{
    const name sum = binary(o, "Add", r, gan__onnx_float(o, "one", 1));
    const name half = binary(o, "Mul", sum, gan__onnx_float(o, "half", 0.5));

    make_y(o, "Mul", x_of(o), half);
}

static void write_gelu(gan__onnx *o, const kind *k)
{
    const name root = gan__onnx_float(o, "root_half", 0.70710678118654752);

    make_gelu(o, unary(o, k->op, binary(o, "Mul", x_of(o), root)));
}

static void write_gelu_tanh(gan__onnx *o, const kind *k)
{
    const name x = x_of(o), cube = binary(o, "Mul", binary(o, "Mul", x, x), x);
    const name share = binary(o, "Mul", cube, gan__onnx_float(o, "share", 0.044715));
    const name root = gan__onnx_float(o, "root", 0.79788456080286536); /* of 2 / pi */

    make_gelu(o, unary(o, k->op, binary(o, "Mul", binary(o, "Add", x, share), root)));
}

static void write_silu(gan__onnx *o, const kind *k)
{
    make_y(o, "Mul", x_of(o), unary(o, k->op, x_of(o)));
}

static void write_softplus(gan__onnx *o, const kind *k)
{
    const name beta = gan__onnx_float(o, "beta", gan__export_setting(o->step, "beta", 0));
    const name threshold =
        gan__onnx_float(o, "threshold", gan__export_setting(o->step, "threshold", 0));
    const name scaled = binary(o, "Mul", x_of(o), beta);
    const name soft = binary(o, "Div", unary(o, k->op, scaled), beta);
    const name beyond = binary(o, "Greater", scaled, threshold);

    gan__onnx_make(o, "Where", y_of(o), IN(beyond, x_of(o), soft));
}

static void write_prelu(gan__onnx *o, const kind *k)
{
    const size_t n = gan_shape_size(o->step->layer->params[0].shape);
    const gan_shape shape = of_channels(o, n);

    make_y(o, k->op, x_of(o), numbers(o, "weight", shape, o->step->params[0]));
}

/* ---- products ---- */

static void write_linear(gan__onnx *o, const kind *k)
{
    const name x = flat(o), weight = param(o, 0);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x, weight, bias(o)));

    gan__onnx_put_int(o, "transB", 1);
    gan__onnx_end(o, node);
}

/* A setting with a number for each side of an image, or one for a 1D signal, repeated `times`. */
static void put_sides(gan__onnx *o, const char *attribute, const char *setting, size_t times)
{
    const size_t sides = in_of(o)->rank - 1;
    int64_t values[2 * GAN_SHAPE_MAX_RANK];

    for (size_t i = 0; i < times * sides; i++)
        values[i] = (int64_t)gan__export_size(o->step, setting, i % sides);
    gan__onnx_put_ints(o, attribute, values, times * sides);
}

/* Padding is the beginnings of all sides, then their ends. */
static void put_window(gan__onnx *o)
{
    put_sides(o, "kernel_shape", "kernel_size", 1);
    put_sides(o, "strides", "stride", 1);
    put_sides(o, "pads", "padding", 2);
}

static void write_conv(gan__onnx *o, const kind *k)
{
    const name weight = param(o, 0);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), weight, bias(o)));

    put_window(o);
    put_sides(o, "dilations", "dilation", 1);
    if (k->setting) put_sides(o, k->attribute, k->setting, 1);
    gan__onnx_put_int(o, "group", (int64_t)gan__export_size(o->step, "groups", 0));
    gan__onnx_end(o, node);
}

/* ---- pools, other sizes ---- */

static void write_pool(gan__onnx *o, const kind *k)
{
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o)));

    put_window(o);
    if (k->setting)
        gan__onnx_put_int(o, k->attribute, gan__export_setting(o->step, k->setting, 0) != 0);
    gan__onnx_end(o, node);
}

static void write_upsample(gan__onnx *o, const kind *k)
{
    const int linear = gan__export_size(o->step, "mode", 0) == GAN_UPSAMPLE_BILINEAR;
    const int align = gan__export_setting(o->step, "align_corners", 0) != 0;
    const float f = (float)gan__export_size(o->step, "scale_factor", 0);
    const gan_shape dims = gan_shape_1d(1 + in_of(o)->rank);
    const name scales = numbers(o, "scales", dims, (const float[]){1, 1, f, f});
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), nothing(), scales));

    gan__onnx_put_string(o, "mode", linear ? "linear" : "nearest");
    gan__onnx_put_string(o, "coordinate_transformation_mode",
                         !linear ? "asymmetric"
                         : align ? "align_corners"
                                 : "half_pixel");
    if (!linear) gan__onnx_put_string(o, "nearest_mode", "floor");
    gan__onnx_end(o, node);
}

static void write_pixel_shuffle(gan__onnx *o, const kind *k)
{
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o)));

    gan__onnx_put_int(o, "blocksize", (int64_t)gan__export_size(o->step, "upscale_factor", 0));
    gan__onnx_put_string(o, "mode", "CRD");
    gan__onnx_end(o, node);
}

/* [1, 2, 1] in both directions, times `gain`, for each channel: groups of one channel. */
static name filter(gan__onnx *o, float gain)
{
    const size_t channels = in_of(o)->dim[0];
    const float kernel[] = {gain,     2 * gain, gain,     2 * gain, 4 * gain,
                            2 * gain, gain,     2 * gain, gain};
    const gan_shape shape = {4, {channels, 1, 3, 3}};

    return gan__onnx_floats(o, "kernel", shape, kernel, 9);
}

static void put_filter_window(gan__onnx *o, int64_t stride)
{
    gan__onnx_put_ints(o, "kernel_shape", (const int64_t[]){3, 3}, 2);
    gan__onnx_put_ints(o, "strides", (const int64_t[]){stride, stride}, 2);
    gan__onnx_put_ints(o, "pads", (const int64_t[]){1, 1, 1, 1}, 4);
    gan__onnx_put_int(o, "group", (int64_t)in_of(o)->dim[0]);
}

static void write_blur_pool(gan__onnx *o, const kind *k)
{
    const name kernel = filter(o, 1.0f / 16);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), kernel));

    put_filter_window(o, (int64_t)gan__export_size(o->step, "stride", 0));
    gan__onnx_end(o, node);
}

static void write_blur_upsample(gan__onnx *o, const kind *k)
{
    const name kernel = filter(o, 1.0f / 4);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), kernel));

    put_filter_window(o, 2);
    gan__onnx_put_ints(o, "output_padding", (const int64_t[]){1, 1}, 2);
    gan__onnx_end(o, node);
}

/* ---- attention ---- */

/* Some channels of [N, channels, places]. */
static name slice(gan__onnx *o, name x, name begin, name end, name axis)
{
    return gan__onnx_apply(o, "Slice", IN(x, begin, end, axis));
}

static name transposed(gan__onnx *o, name x)
{
    const name out = gan__onnx_part(o, "Transpose");
    const size_t node = gan__onnx_begin(o, "Transpose", out, IN(x));

    gan__onnx_put_ints(o, "perm", (const int64_t[]){0, 2, 1}, 3);
    gan__onnx_end(o, node);
    return out;
}

static name bound(gan__onnx *o, const char *what, size_t channel)
{
    return gan__onnx_ints(o, what, (const int64_t[]){(int64_t)channel}, 1);
}

/* The weights of all places, [N, places, places]. */
static name weights_of(gan__onnx *o, const char *op, name query, name key)
{
    const name across = transposed(o, query), product = binary(o, "MatMul", across, key);
    const name factor = gan__onnx_float(o, "scale", gan__export_setting(o->step, "scale", 0));
    const name scaled = binary(o, "Mul", product, factor), out = gan__onnx_part(o, op);

    make_node_of_axis(o, op, out, IN(scaled), -1);
    return out;
}

static void write_attention(gan__onnx *o, const kind *k)
{
    const gan_shape in = *in_of(o);
    const size_t keys = gan__export_size(o->step, "key_channels", 0);
    const name x = gan__onnx_part(o, "Reshape"), axis = bound(o, "axis", 1);
    const name b0 = bound(o, "queries", 0), b1 = bound(o, "keys", keys);
    const name b2 = bound(o, "values", 2 * keys), b3 = bound(o, "end", in.dim[0]);
    name query, key, value, weights;

    gan__onnx_reshape(o, x, x_of(o), "places", gan_shape_2d(in.dim[0], in.dim[1] * in.dim[2]));
    query = slice(o, x, b0, b1, axis);
    key = slice(o, x, b1, b2, axis);
    value = slice(o, x, b2, b3, axis);
    weights = transposed(o, weights_of(o, k->op, query, key));
    gan__onnx_reshape(o, y_of(o), binary(o, "MatMul", value, weights), "shape",
                      o->step->layer->out);
}

/* ---- normalisation ---- */

/* "weight" or "bias", which the layer may lack. */
static name scale_or_shift(gan__onnx *o, size_t i, gan_shape shape)
{
    if (o->step->layer->n_params > 0) return param(o, i);
    return filled(o, i == 0 ? "weight" : "bias", shape, i == 0 ? 1 : 0);
}

static void put_epsilon(gan__onnx *o)
{
    gan__onnx_put_float(o, "epsilon", gan__export_setting(o->step, "eps", 0));
}

static void write_batch_norm(gan__onnx *o, const kind *k)
{
    const gan_shape shape = gan_shape_1d(in_of(o)->dim[0]);
    const name weight = scale_or_shift(o, 0, shape), shift = scale_or_shift(o, 1, shape);
    const name mean = numbers(o, "running_mean", shape, o->step->buffers[0]);
    const name var = numbers(o, "running_var", shape, o->step->buffers[1]);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), weight, shift, mean, var));

    put_epsilon(o);
    gan__onnx_end(o, node);
}

static void write_instance_norm(gan__onnx *o, const kind *k)
{
    const gan_shape shape = gan_shape_1d(in_of(o)->dim[0]);
    const name weight = scale_or_shift(o, 0, shape), shift = scale_or_shift(o, 1, shape);
    const size_t node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), weight, shift));

    put_epsilon(o);
    gan__onnx_end(o, node);
}

static void write_layer_norm(gan__onnx *o, const kind *k)
{
    gan_shape shape = {0, {0, 0, 0, 0}};
    name weight, shift;
    size_t node;

    while (shape.rank < GAN_SHAPE_MAX_RANK &&
           gan__export_size(o->step, "normalized_shape", shape.rank) > 0) {
        shape.dim[shape.rank] = gan__export_size(o->step, "normalized_shape", shape.rank);
        shape.rank++;
    }
    weight = scale_or_shift(o, 0, shape);
    shift = scale_or_shift(o, 1, shape);
    node = gan__onnx_begin(o, k->op, y_of(o), IN(x_of(o), weight, shift));
    gan__onnx_put_int(o, "axis", -(int64_t)shape.rank);
    put_epsilon(o);
    gan__onnx_end(o, node);
}

/* Each group as one channel of an instance normalisation; weights are of the channels. */
static void write_group_norm(gan__onnx *o, const kind *k)
{
    const size_t groups = gan__export_size(o->step, "num_groups", 0);
    const gan_shape each = gan_shape_1d(groups), channels = of_channels(o, in_of(o)->dim[0]);
    const int64_t cut[] = {0, (int64_t)groups, -1};
    const name grouped = binary(o, "Reshape", x_of(o), gan__onnx_ints(o, "groups", cut, 3));
    const name one = filled(o, "one", each, 1), zero = filled(o, "zero", each, 0);
    const name normal = gan__onnx_part(o, k->op);
    const size_t node = gan__onnx_begin(o, k->op, normal, IN(grouped, one, zero));
    const int affine = o->step->layer->n_params > 0;
    name whole;

    put_epsilon(o);
    gan__onnx_end(o, node);
    whole = affine ? gan__onnx_part(o, "Reshape") : y_of(o);
    gan__onnx_reshape(o, whole, normal, "shape", *in_of(o));
    if (!affine) return;
    whole = binary(o, "Mul", whole, numbers(o, "weight", channels, o->step->params[0]));
    make_y(o, "Add", whole, numbers(o, "bias", channels, o->step->params[1]));
}

/* ---- the samples of a batch ---- */

/* [N, N]: 1 where two samples are of the same group, which begin after another. */
static name same_group(gan__onnx *o)
{
    const size_t size = gan__export_size(o->step, "group_size", 0);
    const name zero = gan__onnx_int(o, "zero", 0), one = gan__onnx_int(o, "one", 1);
    const name n = binary(o, "Gather", unary(o, "Shape", x_of(o)), zero);
    const name range = gan__onnx_apply(o, "Range", IN(zero, n, one));
    const name group = binary(o, "Div", range, gan__onnx_int(o, "group_size", (int64_t)size));
    const name down = gan__onnx_ints(o, "down", (const int64_t[]){-1, 1}, 2);
    const name across = gan__onnx_ints(o, "across", (const int64_t[]){1, -1}, 2);
    const name column = binary(o, "Reshape", group, down);
    const name line = binary(o, "Reshape", group, across);
    const name same = binary(o, "Equal", column, line), out = gan__onnx_part(o, "Cast");
    const size_t node = gan__onnx_begin(o, "Cast", out, IN(same));

    gan__onnx_put_int(o, "to", GAN__ONNX_FLOAT);
    gan__onnx_end(o, node);
    return out;
}

/* Means over groups are products by that matrix over the groups' sizes; then the mean of deviations
 * over a sample, [N, 1]. */
static name mean_deviation(gan__onnx *o)
{
    const name same = same_group(o), x = flat(o);
    const name axis = gan__onnx_ints(o, "axis", (const int64_t[]){1}, 1);
    const name count = gan__onnx_apply(o, "ReduceSum", IN(same, axis));
    const name mean = binary(o, "Div", binary(o, "MatMul", same, x), count);
    const name off = binary(o, "Sub", x, mean), square = binary(o, "Mul", off, off);
    const name variance = binary(o, "Div", binary(o, "MatMul", same, square), count);
    const name eps = gan__onnx_float(o, "eps", 1e-8);
    const name deviation = unary(o, "Sqrt", binary(o, "Add", variance, eps));
    const name out = gan__onnx_part(o, "ReduceMean");
    const size_t node = gan__onnx_begin(o, "ReduceMean", out, IN(deviation));

    gan__onnx_put_ints(o, "axes", (const int64_t[]){1}, 1);
    gan__onnx_end(o, node);
    return out;
}

/* [N, n] repeated over n channels of an image. */
static name spread(gan__onnx *o, name value, size_t n)
{
    const gan_shape in = *in_of(o);
    const name column = gan__onnx_part(o, "Reshape");
    int64_t whole[1 + GAN_SHAPE_MAX_RANK] = {1, (int64_t)n};

    if (in.rank == 1) return value;
    gan__onnx_reshape(o, column, value, "column", of_channels(o, n));
    for (size_t i = 1; i < in.rank; i++) whole[i + 1] = (int64_t)in.dim[i];
    return binary(o, "Expand", column, gan__onnx_ints(o, "whole", whole, in.rank + 1));
}

static void write_minibatch_stddev(gan__onnx *o, const kind *k)
{
    make_node_of_axis(o, k->op, y_of(o), IN(x_of(o), spread(o, mean_deviation(o), 1)), 1);
}

/* ---- labels ---- */

static name label_of(const gan__onnx *o)
{
    name label;

    strcpy(label.text, o->label);
    return label;
}

/* The row of parameter i that belongs to each sample's class. */
static name row_of_class(gan__onnx *o, size_t i)
{
    return binary(o, "Gather", param(o, i), label_of(o));
}

/* y is x with a vector appended; an image stays an image for the following convolution. */
static void append_vector(gan__onnx *o, const char *op, name vector)
{
    const gan_shape out = o->step->layer->out;
    const name x = flat(o);
    name longer = y_of(o);

    if (out.rank > 1) longer = gan__onnx_part(o, op);
    make_node_of_axis(o, op, longer, IN(x, vector), 1);
    if (out.rank > 1) gan__onnx_reshape(o, y_of(o), longer, "shape", out);
}

static void write_label_embedding(gan__onnx *o, const kind *k)
{
    append_vector(o, k->op, row_of_class(o, 0));
}

static void write_one_hot(gan__onnx *o, const kind *k)
{
    const size_t n = o->step->layer->n_classes;
    const name depth = gan__onnx_int(o, "num_classes", (int64_t)n);
    const name values = numbers(o, "values", gan_shape_1d(2), (const float[]){0, 1});
    const name hot = gan__onnx_apply(o, "OneHot", IN(label_of(o), depth, values));

    if (in_of(o)->rank != 3)
        append_vector(o, k->op, hot);
    else
        make_node_of_axis(o, k->op, y_of(o), IN(x_of(o), spread(o, hot, n)), 1);
}

static void write_label_map(gan__onnx *o, const kind *k)
{
    make_node_of_axis(o, k->op, y_of(o), IN(x_of(o), row_of_class(o, 0)), 1);
}

static name of_class(gan__onnx *o, size_t i, const char *what)
{
    const name own = row_of_class(o, i), out = gan__onnx_part(o, "Reshape");

    gan__onnx_reshape(o, out, own, what, of_channels(o, in_of(o)->dim[0]));
    return out;
}

static void write_class_affine(gan__onnx *o, const kind *k)
{
    const name scaled = binary(o, "Mul", x_of(o), of_class(o, 0, "scale_shape"));

    make_y(o, k->op, scaled, of_class(o, 1, "shift_shape"));
}

static void write_projection(gan__onnx *o, const kind *k)
{
    const name x = flat(o), out = gan__onnx_part(o, k->op), weight = param(o, 0);
    const size_t node = gan__onnx_begin(o, k->op, out, IN(x, weight, param(o, 1)));
    const name axis = gan__onnx_ints(o, "axis", (const int64_t[]){1}, 1);
    name along;

    gan__onnx_put_int(o, "transB", 1);
    gan__onnx_end(o, node);
    along = binary(o, "Mul", row_of_class(o, 2), x);
    make_y(o, "Add", out, gan__onnx_apply(o, "ReduceSum", IN(along, axis)));
}

/* ---- all kinds ---- */

static const kind kinds[] = {
    {"flatten", write_flatten, "Flatten", 0, 0},
    {"reshape", write_reshape, "Reshape", 0, 0},
    {"add", write_add, "Add", 0, 0},
    {"leaky_relu", write_function, "LeakyRelu", "alpha", "slope"},
    {"relu", write_function, "Relu", 0, 0},
    {"tanh", write_function, "Tanh", 0, 0},
    {"sigmoid", write_function, "Sigmoid", 0, 0},
    {"elu", write_function, "Elu", "alpha", "alpha"},
    {"selu", write_function, "Selu", 0, 0},
    {"gelu", write_gelu, "Erf", 0, 0},
    {"gelu_tanh", write_gelu_tanh, "Tanh", 0, 0},
    {"silu", write_silu, "Sigmoid", 0, 0},
    {"softplus", write_softplus, "Softplus", 0, 0},
    {"prelu", write_prelu, "PRelu", 0, 0},
    {"linear", write_linear, "Gemm", 0, 0},
    {"conv2d", write_conv, "Conv", 0, 0},
    {"conv1d", write_conv, "Conv", 0, 0},
    {"conv_transpose2d", write_conv, "ConvTranspose", "output_padding", "output_padding"},
    {"conv_transpose1d", write_conv, "ConvTranspose", "output_padding", "output_padding"},
    {"max_pool2d", write_pool, "MaxPool", 0, 0},
    {"max_pool1d", write_pool, "MaxPool", 0, 0},
    {"avg_pool2d", write_pool, "AveragePool", "count_include_pad", "count_include_pad"},
    {"avg_pool1d", write_pool, "AveragePool", "count_include_pad", "count_include_pad"},
    {"upsample", write_upsample, "Resize", 0, 0},
    {"pixel_shuffle", write_pixel_shuffle, "DepthToSpace", 0, 0},
    {"blur_pool2d", write_blur_pool, "Conv", 0, 0},
    {"blur_upsample2d", write_blur_upsample, "ConvTranspose", 0, 0},
    {"attention", write_attention, "Softmax", 0, 0},
    {"batch_norm", write_batch_norm, "BatchNormalization", 0, 0},
    {"instance_norm", write_instance_norm, "InstanceNormalization", 0, 0},
    {"layer_norm", write_layer_norm, "LayerNormalization", 0, 0},
    {"group_norm", write_group_norm, "InstanceNormalization", 0, 0},
    {"minibatch_stddev", write_minibatch_stddev, "Concat", 0, 0},
    {"label_embedding", write_label_embedding, "Concat", 0, 0},
    {"one_hot", write_one_hot, "Concat", 0, 0},
    {"label_map", write_label_map, "Concat", 0, 0},
    {"class_affine", write_class_affine, "Add", 0, 0},
    {"projection", write_projection, "Gemm", 0, 0},
};

gan_status gan__onnx_write_step(gan__onnx *o, const gan__export_step *step)
{
    o->step = step;
    o->n_parts = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, step->layer->class->name) == 0) {
            kinds[i].write(o, &kinds[i]);
            return GAN_OK;
        }
    return gan__export_refuse(step, "there are no operators of ONNX for it");
}
