/* export_onnx_node.c - nodes and constants of a graph of ONNX, and their names. */
#include "base/tensor_internal.h"
#include "export/export_onnx_internal.h"
#include "file/protobuf_internal.h"
#include "file/safetensors_format_internal.h"

#include <stdio.h>
#include <string.h>

/* Kinds of attribute, of onnx.proto. */
enum { IS_FLOAT = 1, IS_INT = 2, IS_STRING = 3, IS_INTS = 7 };

/* ---- names ---- */

static gan__onnx_name name_of(const char *text)
{
    gan__onnx_name name;

    snprintf(name.text, sizeof name.text, "%s", text);
    return name;
}

gan__onnx_name gan__onnx_value(const gan__onnx *o, size_t value)
{
    if (value == o->export_->output && !o->reshaped) return name_of(o->output);
    return name_of(value == 0 ? o->input : o->export_->steps[value - 1].layer->name);
}

gan__onnx_name gan__onnx_part(gan__onnx *o, const char *op)
{
    gan__onnx_name name;

    snprintf(name.text, sizeof name.text, "%.*s.%.24s_%zu", GAN__LAYER_NAME_BYTES,
             o->step->layer->name, op, o->n_parts++);
    return name;
}

static gan__onnx_name constant_name(const gan__onnx *o, const char *what)
{
    gan__onnx_name name;

    snprintf(name.text, sizeof name.text, "%.*s.%.32s", GAN__LAYER_NAME_BYTES, o->step->layer->name,
             what);
    return name;
}

/* ---- constants ---- */

/* Begin one, up to its numbers. */
static size_t begin_constant(gan__onnx *o, gan__onnx_name name, int type, const size_t *dims,
                             size_t rank)
{
    const size_t begin = gan__protobuf_begin(&o->constants, GAN__ONNX_GRAPH_INITIALIZER);

    for (size_t i = 0; i < rank; i++)
        gan__protobuf_put_whole(&o->constants, GAN__ONNX_TENSOR_DIMS, dims[i]);
    gan__protobuf_put_whole(&o->constants, GAN__ONNX_TENSOR_DATA_TYPE, (uint64_t)type);
    gan__protobuf_put_string(&o->constants, GAN__ONNX_TENSOR_NAME, name.text);
    return begin;
}

/* Their bytes are little-endian. */
static void put_floats(gan__text *out, const float *numbers, size_t n)
{
    float swapped[256];

    for (size_t done = 0, chunk; done < n; done += chunk) {
        chunk = n - done < 256 ? n - done : 256;
        memcpy(swapped, numbers + done, chunk * sizeof *swapped);
        gan__swap_on_big_endian(swapped, chunk);
        gan__text_put_bytes(out, (const char *)swapped, chunk * sizeof *swapped);
    }
}

/* A shape of rank 0 has one number. */
gan__onnx_name gan__onnx_floats(gan__onnx *o, const char *what, gan_shape shape,
                                const float *numbers, size_t n)
{
    const gan__onnx_name name = constant_name(o, what);
    const size_t begin = begin_constant(o, name, GAN__ONNX_FLOAT, shape.dim, shape.rank);
    const size_t raw = gan__protobuf_begin(&o->constants, GAN__ONNX_TENSOR_RAW_DATA);
    const size_t all = shape.rank > 0 ? gan_shape_size(shape) : 1;

    for (size_t done = 0; done < all; done += n) put_floats(&o->constants, numbers, n);
    gan__protobuf_end(&o->constants, raw);
    gan__protobuf_end(&o->constants, begin);
    return name;
}

gan__onnx_name gan__onnx_float(gan__onnx *o, const char *what, double number)
{
    const float one = (float)number;

    return gan__onnx_floats(o, what, (gan_shape){0, {0, 0, 0, 0}}, &one, 1);
}

static gan__onnx_name put_ints(gan__onnx *o, const char *what, const int64_t *numbers, size_t n,
                               size_t rank)
{
    const gan__onnx_name name = constant_name(o, what);
    const size_t begin = begin_constant(o, name, GAN__ONNX_INT64, &n, rank);
    const size_t raw = gan__protobuf_begin(&o->constants, GAN__ONNX_TENSOR_RAW_DATA);

    for (size_t i = 0; i < n; i++)
        gan__protobuf_put_fixed(&o->constants, (uint64_t)numbers[i], sizeof *numbers);
    gan__protobuf_end(&o->constants, raw);
    gan__protobuf_end(&o->constants, begin);
    return name;
}

gan__onnx_name gan__onnx_ints(gan__onnx *o, const char *what, const int64_t *numbers, size_t n)
{
    return put_ints(o, what, numbers, n, 1);
}

gan__onnx_name gan__onnx_int(gan__onnx *o, const char *what, int64_t number)
{
    return put_ints(o, what, &number, 1, 0);
}

/* ---- nodes ---- */

size_t gan__onnx_begin(gan__onnx *o, const char *op, gan__onnx_name out, const gan__onnx_name *in,
                       size_t n)
{
    const size_t begin = gan__protobuf_begin(&o->nodes, GAN__ONNX_GRAPH_NODE);

    while (n > 0 && in[n - 1].text[0] == '\0') n--;
    for (size_t i = 0; i < n; i++)
        gan__protobuf_put_string(&o->nodes, GAN__ONNX_NODE_INPUT, in[i].text);
    gan__protobuf_put_string(&o->nodes, GAN__ONNX_NODE_OUTPUT, out.text);
    gan__protobuf_put_string(&o->nodes, GAN__ONNX_NODE_NAME, out.text);
    gan__protobuf_put_string(&o->nodes, GAN__ONNX_NODE_OP_TYPE, op);
    return begin;
}

void gan__onnx_end(gan__onnx *o, size_t begin)
{
    gan__protobuf_end(&o->nodes, begin);
}

void gan__onnx_make(gan__onnx *o, const char *op, gan__onnx_name out, const gan__onnx_name *in,
                    size_t n)
{
    gan__onnx_end(o, gan__onnx_begin(o, op, out, in, n));
}

gan__onnx_name gan__onnx_apply(gan__onnx *o, const char *op, const gan__onnx_name *in, size_t n)
{
    const gan__onnx_name out = gan__onnx_part(o, op);

    gan__onnx_make(o, op, out, in, n);
    return out;
}

static size_t begin_attribute(gan__onnx *o, const char *name)
{
    const size_t begin = gan__protobuf_begin(&o->nodes, GAN__ONNX_NODE_ATTRIBUTE);

    gan__protobuf_put_string(&o->nodes, GAN__ONNX_ATTRIBUTE_NAME, name);
    return begin;
}

static void end_attribute(gan__onnx *o, size_t begin, uint64_t type)
{
    gan__protobuf_put_whole(&o->nodes, GAN__ONNX_ATTRIBUTE_TYPE, type);
    gan__protobuf_end(&o->nodes, begin);
}

void gan__onnx_put_float(gan__onnx *o, const char *attribute, double value)
{
    const size_t begin = begin_attribute(o, attribute);

    gan__protobuf_put_float(&o->nodes, GAN__ONNX_ATTRIBUTE_F, (float)value);
    end_attribute(o, begin, IS_FLOAT);
}

void gan__onnx_put_int(gan__onnx *o, const char *attribute, int64_t value)
{
    const size_t begin = begin_attribute(o, attribute);

    gan__protobuf_put_whole(&o->nodes, GAN__ONNX_ATTRIBUTE_I, (uint64_t)value);
    end_attribute(o, begin, IS_INT);
}

void gan__onnx_put_string(gan__onnx *o, const char *attribute, const char *value)
{
    const size_t begin = begin_attribute(o, attribute);

    gan__protobuf_put_string(&o->nodes, GAN__ONNX_ATTRIBUTE_S, value);
    end_attribute(o, begin, IS_STRING);
}

void gan__onnx_put_ints(gan__onnx *o, const char *attribute, const int64_t *values, size_t n)
{
    const size_t begin = begin_attribute(o, attribute);

    for (size_t i = 0; i < n; i++)
        gan__protobuf_put_whole(&o->nodes, GAN__ONNX_ATTRIBUTE_INTS, (uint64_t)values[i]);
    end_attribute(o, begin, IS_INTS);
}

void gan__onnx_reshape(gan__onnx *o, gan__onnx_name out, gan__onnx_name in, const char *what,
                       gan_shape shape)
{
    int64_t dims[1 + GAN_SHAPE_MAX_RANK] = {-1};

    for (size_t i = 0; i < shape.rank; i++) dims[i + 1] = (int64_t)shape.dim[i];
    gan__onnx_make(o, "Reshape", out,
                   GAN__ONNX_IN(in, gan__onnx_ints(o, what, dims, shape.rank + 1)));
}
